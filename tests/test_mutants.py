"""The tests fail for every planted mistake (`tests/mutants.py`); on demand: ``pytest -m slow tests/test_mutants.py -k scan``.

Each mistake is made while its module is imported, in a process of its own, which runs the tests that must notice.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests import mutants_alarms, mutants_composite, mutants_pattern, mutants_rooms, mutants_scan
from tests.mutants import Mutant

ROOT = Path(__file__).parent.parent
TABLES = (mutants_pattern, mutants_alarms, mutants_composite, mutants_rooms, mutants_scan)
PLANTED = [
    (mutant, tests) for table in TABLES for tests, mutants in table.ROOMS.items() for mutant in mutants
]
NAMES = [f"{mutant.module.removeprefix('detector.')}: {mutant.name}" for mutant, _ in PLANTED]
QUIETLY = ("-x", "-q", "-n0", "-p", "no:cacheprovider", "-m", "not slow and not browser")
FAILED = 1
"""pytest's exit code for tests that ran and failed; a module that cannot be imported has another one."""


class Wrong(SourceFileLoader):
    """Loads a module as a mutant has it."""

    def __init__(self, mutant: Mutant, path: str) -> None:
        super().__init__(mutant.module, path)
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the same
        source = Path(self.path).read_text("utf-8").replace(self.mutant.old, self.mutant.new)
        return self.source_to_code(source.encode(), self.path)


class Finder(MetaPathFinder):
    """Finds one module: the one with the mistake."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, name: str, path: Sequence[str] | None, _: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self.mutant.module:
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec
        assert spec.origin
        spec.loader = Wrong(self.mutant, spec.origin)
        return spec


def main(number: str) -> int:
    """Run the tests that must notice a mistake; exit code of pytest."""
    mutant, tests = PLANTED[int(number)]
    sys.meta_path.insert(0, Finder(mutant))
    return int(pytest.main([*QUIETLY, *(str(ROOT / "tests" / name) for name in tests)]))


def test_every_mistake_has_one_place_and_tests() -> None:
    for mutant, tests in PLANTED:
        path = ROOT.joinpath(*mutant.module.split(".")).with_suffix(".py")
        assert path.read_text("utf-8").count(mutant.old) == 1, mutant.name
        assert mutant.old != mutant.new
        assert [name for name in tests if not (ROOT / "tests" / name).exists()] == []
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PLANTED)), ids=NAMES)
def test_a_mistake_is_caught(number: int) -> None:
    code = f"import sys; from tests.test_mutants import main; sys.exit(main('{number}'))"
    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=ROOT,
        env=os.environ | {"HYPOTHESIS_PROFILE": "ci"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == FAILED, done.stdout[-2_000:]
