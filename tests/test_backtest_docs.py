"""The tutorial and the guides, typed as a new user would; the reference page of the backtest.

A block of the page is one session of a shell: ``$`` is typed, ``>`` goes on, the rest is printed, and ``…`` stands
for lines left out.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from detector.__main__ import main
from detector.detections.schema import SECTIONS
from detector.jobs.backtest.result import COLUMNS

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "backtest.md"
SESSIONS = {
    "choosing-a-threshold": 6,
    "first-ten-minutes": 9,
    "from-archive-to-terraform": 9,
    "investigating-an-alarm": 5,
    "noise": 2,
    "notifications": 3,
    "validating-an-edit": 5,
}
"""Pages, and how many sessions each has at least."""
LONG = {"from-archive-to-terraform", "investigating-an-alarm", "validating-an-edit"}
"""Guides of some ten seconds each; most of their commands are also those of other tests."""
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\$ (.*\n(?:>.*\n)*)", re.MULTILINE)
AUTHOR = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
LEFT_OUT = "…\n"
SAMPLES = pytest.mark.skipif(not (ROOT / "samples").exists(), reason="samples/ are not beside the package")


def blocks(page: str) -> list[list[tuple[str, str]]]:
    """For each block, what is typed and what is printed."""
    found = []
    for block in BLOCK.findall((ROOT / "docs" / f"{page}.md").read_text("utf-8")):
        _, *parts = TYPED.split(block)
        found.append(
            [
                (re.sub(r"(?m)^> ?", "", typed), printed)
                for typed, printed in zip(parts[::2], parts[1::2], strict=True)
            ]
        )
    return found


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with the samples and the patterns, and the program and its Python on the path."""
    for name in ("samples", "patterns"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "bin").mkdir()
    for name, words in (("detector", "-m detector"), ("python3", "")):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def answers(commands: list[str], folder: Path) -> Iterator[str]:
    """What each command of a session prints, on either stream; ``$?`` is that of the one before."""
    environment = {**os.environ, **AUTHOR, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    code, printed = 0, folder / "bin" / "printed"
    for command in commands:
        with printed.open("wb") as stream:
            if plain := _plain(command):
                code = _here(plain, folder, stream)
            else:
                script = ["sh", "-c", f"(exit {code})\n{command}"]
                code = subprocess.run(
                    script, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT, check=False
                ).returncode
        yield printed.read_text("utf-8")


def _plain(command: str) -> list[str]:
    """The words of a command that is the program's alone; none where a shell has something to do."""
    words = shlex.split(command)
    is_plain = words[0] == "detector" and not re.search(r"[|&><*$;]", re.sub(r"'[^']*'", "", command))
    return words[1:] if is_plain else []


def _here(words: list[str], folder: Path, stream: IO[bytes]) -> int:
    """Run the program in this process, which costs less than one of its own."""
    kept = os.dup(1), os.dup(2)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            for place, name in enumerate(("stdout", "stderr"), 1):
                os.dup2(stream.fileno(), place)
                patch.setattr(sys, name, open(place, "w", encoding="utf-8", closefd=False))  # noqa: SIM115 - no path
            try:
                return main(words)
            finally:
                sys.stdout.close()
                sys.stderr.close()
    finally:
        for place, old in enumerate(kept, 1):
            os.dup2(old, place)
            os.close(old)


def in_order(printed: str, answer: str) -> bool:
    """Whether the parts of what the page shows follow each other in the answer, and begin and end it."""
    parts = [re.escape(part) for part in printed.split(LEFT_OUT)]
    return re.fullmatch("(?:.*\n)*?".join(parts), answer) is not None


@SAMPLES
@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] if page in LONG else []) for page in SESSIONS]
)
def test_the_page_shows_what_is_printed(shell: Path, page: str) -> None:
    sessions = blocks(page)
    assert len(sessions) >= SESSIONS[page]
    typed = [one for session in sessions for one, _ in session]
    printed = [text for session in sessions for _, text in session]
    for command, text, answer in zip(typed, printed, answers(typed, shell), strict=True):
        assert in_order(text, answer), f"$ {command}{answer}"


def test_a_wrong_page_is_noticed() -> None:
    assert in_order("a\n…\nc\n", "a\nb\nc\n")
    assert in_order("a\n…\n", "a\nb\nc\n")
    assert not in_order("a\n…\nd\n", "a\nb\nc\n")
    assert not in_order("a\nc\n", "a\nb\nc\n")
    assert not in_order("a\n", "a\nb\n")


def test_the_reference_names_every_field_option_and_key() -> None:
    page = REFERENCE.read_text("utf-8")
    named = set(re.findall(r"`([a-z_-]+)`", page))
    assert set(COLUMNS) <= named
    assert set(SECTIONS["backtest"]) <= named


def test_the_fields_of_the_reference_are_in_order() -> None:
    section = REFERENCE.read_text("utf-8").split("## The fields of a row")[1].split("\n## ")[0]
    rows = re.findall(r"(?m)^\| `([a-z_]+)` \| (\w+)", section)
    kinds = {"String": "string", "Int64": "integer", "Float64": "number", "Boolean": "boolean"}
    assert rows == [(name, kinds[str(kind)]) for name, kind in COLUMNS.items()]
