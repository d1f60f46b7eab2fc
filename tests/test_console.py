"""Every command in a console block of the README gives the output that is printed there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
PAGES = [HERE / "README.md"]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
SKIPPED = "…"


def blocks() -> list[tuple[str, str, str]]:
    """(page, command, printed), one for each console block."""
    found = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            command, _, printed = block.partition("\n")
            found.append((page.name, command.removeprefix("$ "), printed))
    return found


def test_there_are_console_blocks() -> None:
    assert len(blocks()) >= 2


@pytest.mark.parametrize(("page", "command", "printed"), blocks())
def test_the_page_shows_what_the_command_prints(page: str, command: str, printed: str) -> None:
    program, *words = shlex.split(command)
    assert program == "detector", page
    done = subprocess.run(
        [sys.executable, "-m", "detector", *words], cwd=HERE, capture_output=True, check=False
    )
    rest = done.stdout.decode().splitlines()
    for part in printed.split(f"{SKIPPED}\n"):
        wanted = part.splitlines()
        place = next((i for i in range(len(rest)) if rest[i : i + len(wanted)] == wanted), None)
        assert place is not None, f"{page}: not in the output of `{command}`:\n{part}"
        rest = rest[place + len(wanted) :]
