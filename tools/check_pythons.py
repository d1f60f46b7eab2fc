# ruff: noqa: INP001 - a script, no package
"""Run the tests with each Python that the package is meant for: ``make check-pythons``.

In: the interpreters on PATH, such as ``python3.13``. Out: what pytest says of each, and a sentence about those that are
missing. Each has an environment of its own, ``.venv-3.13``, with the locked dependencies. Exit code 1 where tests fail,
2 where there is none of these interpreters.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ("-n", "2", "-q", "-m", "not slow and not browser", "-p", "no:cacheprovider")
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
"""Those of the workflow; pyproject.toml names the ones on which all tests have passed."""


def main(tests: list[str]) -> int:
    """The tests of the suite, or those that are named."""
    found = [version for version in VERSIONS if shutil.which(f"python{version}")]
    said = {version: run(version, tests) for version in found}
    for version, (_, last) in said.items():
        print(f"Python {version}: {last}")  # noqa: T201 - a script
    missing = [f"python{version}" for version in VERSIONS if version not in found]
    if missing:
        print(  # noqa: T201 - a script
            f"Not tried, because not on PATH: {', '.join(missing)}; Debian unstable has 3.13 and 3.14, and "
            "tools/debian_pythons.sh runs this there"
        )
    return 2 if not said else int(any(code for code, _ in said.values()))


def run(version: str, tests: list[str]) -> tuple[int, str]:
    """Exit code and the last line of pytest, all of whose lines are shown; or of the step before it that failed."""
    folder = ROOT / f".venv-{version}"
    python = folder / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    for step in (
        (f"python{version}", "-m", "venv", folder),
        (*pip, "-r", "requirements-dev.lock"),
        (*pip, "--no-deps", "--no-build-isolation", "--editable", "."),
    ):
        if subprocess.run(step, cwd=ROOT, check=False).returncode:  # noqa: S603 - our own commands
            return 1, f"cannot be set up: {' '.join(map(str, step[1:]))}"
    last = ""
    with subprocess.Popen(  # noqa: S603 - the same
        (python, "-m", "pytest", *TESTS, *tests), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as pytest:
        for line in pytest.stdout or ():
            sys.stdout.write(line)
            last = line.strip() or last
    return pytest.returncode, last


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
