"""Every verb on terminals of several widths: no line is wider but for data that cannot be broken."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from detector.__main__ import main

HERE = Path(__file__).parent.parent
LAB, DEPLOYED = "lab/unauthorized-api-calls", "lab/unauthorized-api-calls-as-deployed"
EVENT = (
    '{"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"No"},"userIdentity":{"type":"IAMUser"}}'
)
COMMANDS = [
    ("replay", "samples", "-d", LAB),
    ("replay", "samples", "-d", DEPLOYED),
    ("replay", "samples", "-d", "cis", "--brief"),
    ("replay", "samples", "-d", "samples/sign-in-and-denied.toml", "--mute", "samples/maintenance.toml"),
    ("backtest", "samples", "-d", LAB, "--threshold", "1..12", "--incidents", "samples/incidents.toml"),
    ("noise", "samples", "-d", "cis/cloudwatch-2", "--incidents", "samples/incidents.toml"),
    ("compare", DEPLOYED, LAB, "samples"),
    ("compare", "cis", "lab"),
    ("explain", "cis/cloudwatch-3", EVENT),
    ("explain", "cis/cloudwatch-2", "samples/AWSLogs/111122223333/CloudTrail/eu-west-1"),
    ("explain", "-d", "cis", "-d", "lab", EVENT),
    ("coverage", "samples", "-d", "cis", "-d", "lab"),
    ("check", "cis/cloudwatch-2", DEPLOYED),
    ("check", "--rule", "D"),
    ("audit", DEPLOYED, LAB),
    ("test", "cis/cloudwatch-2", "--coverage"),
    ("match", LAB, "samples"),
    ("match", "--help"),
    ("verify", "--help"),
    ("cache", "--help"),
]
UNBREAKABLE = re.compile(
    r"^only |^both |^usage: |^  (?:gunzip|detector) |^         but not |^The records do have "
)


def on_a_terminal(words: tuple[str, ...], width: int) -> str:
    """What a command prints on a terminal of this width, without its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    with ThreadPoolExecutor(1) as reader, pytest.MonkeyPatch.context() as patch:
        said = reader.submit(_read, ours)
        for name in ("COLUMNS", "NO_COLOR"):
            patch.delenv(name, raising=False)
        patch.setenv("TERM", "xterm")
        patch.chdir(HERE)
        with open(theirs, "w", encoding="utf-8") as terminal, open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123 - one is no path
            for name, stream in (("stdin", nothing), ("stdout", terminal), ("__stdout__", terminal)):
                patch.setattr(sys, name, stream)
            main(words)
    os.close(ours)
    return re.sub(r"\x1b\[[\d;]*m", "", said.result().decode().replace("\r\n", "\n"))


def _read(terminal: int) -> bytes:
    said = b""
    try:
        while block := os.read(terminal, 65_536):
            said += block
    except OSError:  # how the end of a terminal shows on Linux
        pass
    return said


@pytest.mark.parametrize(
    ("words", "width"),
    [*((words, 80) for words in COMMANDS), *((words, 200) for words in COMMANDS[::3])],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else part,
)
def test_no_line_is_wider_than_the_terminal(words: tuple[str, ...], width: int) -> None:
    lines = on_a_terminal(words, width).splitlines()
    assert lines
    assert [line for line in lines if len(line) > width and not UNBREAKABLE.match(line)] == []


def test_a_wide_terminal_is_used() -> None:
    lines = on_a_terminal(COMMANDS[0], 200).splitlines()
    assert max(map(len, lines)) > 190
    assert max(len(line) for line in lines if "┤" in line) > 120
