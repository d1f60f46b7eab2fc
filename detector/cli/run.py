"""What was typed in, exit code out: the verb is run, and nothing that a user can cause is a traceback.

Exit codes: 0 done; 1 nothing matched (match) or something not valid (check); 2 usage error, or an input
that could not be read; 130 interrupted. A closed pipe is no error, and takes no verdict away from a verb that
prints within `unless_closed`.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from detector.cli import verbs
from detector.errors import DetectorError
from detector.render.printable import printable
from detector.scan.standby import Standby, likely

INTERRUPTED = 130
FAILED = 2
SIGNED = frozenset(
    {
        "--time-zone",
        "--threshold",
        "--period",
        "--datapoints",
        "--statistic",
        "--max-pages-per-week",
        "--max-delay",
        "--grace",
        "--delay",
        "--rows",
    }
)
"""Options whose value may begin with a minus: such a value is looked at, or refused in words of its own."""


class UsageError(DetectorError):
    """What was typed cannot be meant."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program on ``argv`` (default: what was typed) and return its exit code."""
    _speak_utf8()
    try:
        args = verbs.parser().parse_args(_joined(sys.argv[1:] if argv is None else argv))
        with _standby(args) as args.standby:
            # A verb's module is imported only when the verb runs: it may need polars.
            code = int(importlib.import_module(f"detector.cli.{args.verb}").run(args))
        sys.stdout.flush()
    except SystemExit as done:  # argparse has printed help, version or error
        return int(done.code or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence(sys.stdout)
        return 0
    except DetectorError as error:
        complain(str(error))
        return FAILED
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror or error}")
        return FAILED
    else:
        return code


def _standby(args: argparse.Namespace) -> Standby:
    """Workers for a verb that scans an archive, before anything else is imported."""
    return Standby(likely(args.paths or [], args.jobs) if "jobs" in args else 0)


def _joined(argv: Sequence[str]) -> list[str]:
    """``--time-zone -03:00`` as one word, since argparse would take the zone for an option."""
    words = list(argv)
    end = words.index("--") if "--" in words else len(words)
    for i in range(end - 2, -1, -1):
        if words[i] in SIGNED and re.match(r"-\.?\d", words[i + 1]):
            words[i : i + 2] = [f"{words[i]}={words[i + 1]}"]
    return words


def complain(message: str) -> None:
    """One line on stderr, ``detector: …``; a message of several lines keeps those below it."""
    lines = [printable(line, 2000) for line in message.split("\n")]
    with unless_closed(sys.stderr):
        sys.stderr.write("\n".join([f"detector: {lines[0]}", *lines[1:]]) + "\n")


@contextmanager
def unless_closed(stream: TextIO) -> Iterator[None]:
    """Print inside of it; where nobody reads ``stream`` any more, the rest of the block is left out."""
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        _silence(stream)


def _speak_utf8() -> None:
    """The report has arrows and blocks, and names from anywhere: no encoding of the locale may stop it."""
    if sys.stdout is None:  # closed by the shell: nobody wants to read
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it lives as long as we do
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - the same
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _silence(stream: TextIO) -> None:
    """Nobody reads any more: what is still buffered must not raise again when Python exits."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # a stream that is no file
        return
