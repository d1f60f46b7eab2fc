"""The process that scans batches for `workers`: pickled requests on stdin, pickled answers on stdout.

In: first the filters, a `Plan` and whether to be strict, then batches of sources, until stdin ends. Out: "ready" once,
then a `Found` for each batch. It ignores Ctrl-C, which a terminal sends to all: its parent ends it.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import sys
from typing import Any, BinaryIO

READY = "ready"
_LENGTH = struct.Struct("<Q")


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message: its length, then its pickle."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message; EOFError when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - only parent and child of one program talk here


def main() -> None:
    """Serve until the parent closes its side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not disturb the answers
    gc.disable()  # what a scan makes has no cycles
    from detector.scan import fast  # noqa: PLC0415 - after the signal is set

    filters, plan, strict = receive(requests)
    send(answers, READY)
    while True:
        try:
            batch = receive(requests)
        except EOFError:
            return
        send(answers, fast.scan(filters, plan, batch, strict=strict))


def run() -> None:
    """`main`, and a quiet end when the parent has gone."""
    try:
        main()
    except (EOFError, BrokenPipeError):
        sys.exit(1)
