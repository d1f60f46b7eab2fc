"""The tests of a room fail for every mistake that is planted in it (`tests/mutants_rooms.py`); on demand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutants import Mutant
from tests.mutants_rooms import MUTANTS

ROOT = Path(__file__).parent.parent
QUIETLY = ("-x", "-q", "-n0", "-p", "no:cacheprovider", "-m", "not slow")
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
    """Run the tests of a room with one mistake; exit code of pytest."""
    mutant, tests = MUTANTS[int(number)]
    sys.meta_path.insert(0, Finder(mutant))
    return int(pytest.main([*QUIETLY, *(str(ROOT / "tests" / name) for name in tests)]))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(MUTANTS)), ids=[mutant.name for mutant, _ in MUTANTS])
def test_a_mistake_is_caught(number: int) -> None:
    code = f"import sys; from tests.test_mutants_rooms import main; sys.exit(main('{number}'))"
    done = subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == FAILED, done.stdout[-2_000:]
