"""What a verb and its user exchange besides the report: exit codes, errors, and output that nobody reads.

In: exit codes, messages, streams. Out: lines on stderr, each beginning with ``detector:``, with attacker-controlled
characters made harmless.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TextIO

from detector.errors import DetectorError
from detector.render.kit.printable import printable


class Exit(IntEnum):
    """Every exit code; `EXITS` says what they mean."""

    DONE = 0
    NO = 1
    FAILED = 2
    INTERRUPTED = 130


EXITS = """\
exit codes of every verb:
  0    done, and where there is a question the answer is yes
  1    the answer is no: nothing matched (match), something is not valid or a finding is as bad as
       --severity (check), a test failed (test), an expectation is not met (compare), a budget is
       broken (backtest, noise), a control is below --level (audit), a command failed (replay --exec),
       a change of state does not agree (reconcile), something that was kept is spoilt (cache),
       an archive is not as it was delivered (verify archive), an answer of AWS differs (verify aws)
  2    no answer: a usage error, an input that does not exist or could not be read, or no record
       that is asked for; it goes before 1, after all that could be done is done
  130  ended by Ctrl-C; 143 by SIGTERM, 129 by SIGHUP
"""


class UsageError(DetectorError):
    """The arguments contradict each other, or lack something."""


def complain(message: str) -> None:
    """Print ``detector: message`` on stderr; further lines of the message follow as they are."""
    first, *rest = (printable(line, 2000) for line in message.split("\n"))
    with unless_closed(sys.stderr):
        sys.stderr.write("\n".join([f"detector: {first}", *rest]) + "\n")


@contextmanager
def unless_closed(stream: TextIO) -> Iterator[None]:
    """Print inside of it: if the reader of ``stream`` has gone away, the rest of the block is skipped.

    A verb that prints this way keeps its exit code although its output went to ``| head``. What cannot be said on
    stderr, for whatever reason, cannot be said.
    """
    try:
        yield
        stream.flush()
    except OSError as error:
        if stream is not sys.stderr and not isinstance(error, BrokenPipeError):
            raise
        silence(stream)


def silence(stream: TextIO) -> None:
    """Send what is still buffered to nowhere, so that Python does not raise again when it exits."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # a stream that is not a file
        return
