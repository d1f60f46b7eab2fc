"""Workers are forked: whatever a verb needs, it has neither a thread nor polars before its scan begins."""

from __future__ import annotations

import subprocess
import sys

import pytest

VERBS = (
    ("replay", "samples", "-d", "lab/unauthorized-api-calls", "--html", "page.html"),
    ("replay", "samples", "-d", "samples/sign-in-and-denied.toml"),
    ("match", "lab/unauthorized-api-calls", "samples"),
    ("match", "lab/unauthorized-api-calls", "samples", "--count"),
    ("match", "lab/unauthorized-api-calls", "samples", "--episode", "1"),
    ("compare", "lab/unauthorized-api-calls", "lab/unauthorized-api-calls-as-deployed", "samples"),
    ("noise", "samples", "-d", "lab/unauthorized-api-calls"),
    ("backtest", "samples", "-d", "lab/unauthorized-api-calls"),
)
RUN = """
import os, sys
from detector import __main__
from detector.scan import processes

def asked():
    told = f"{len(os.listdir('/proc/self/task'))} thread, polars: {'polars' in sys.modules}"
    os.write(2, f"{told}\\n".encode())
    os._exit(0)

processes.may_fork = asked
processes.SMALL = -1
for words in VERBS:
    if not os.fork():
        __main__.main([*words, "--jobs", "1"])
        os.write(2, f"{words}: no scan in processes\\n".encode())
        os._exit(1)
    os.wait()
"""
"""The verbs one after the other, each a copy of one process, up to where its workers would be forked."""


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux")
def test_every_verb_may_fork_its_workers() -> None:
    run = subprocess.run(
        [sys.executable, "-c", RUN.replace("VERBS", repr(VERBS))], capture_output=True, text=True, check=True
    )
    assert run.stderr.splitlines() == ["1 thread, polars: False"] * len(VERBS)
