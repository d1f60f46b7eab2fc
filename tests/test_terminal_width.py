"""Every verb on terminals of several widths: no line is wider but for data that cannot be broken."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

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
    environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "detector", *words],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        cwd=HERE,
        env=environ | {"TERM": "xterm"},
    )
    os.close(theirs)
    said = b""
    try:
        while block := os.read(ours, 65_536):
            said += block
    except OSError:  # how the end of a terminal shows on Linux
        pass
    os.close(ours)
    process.wait()
    return re.sub(r"\x1b\[[\d;]*m", "", said.decode().replace("\r\n", "\n"))


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
