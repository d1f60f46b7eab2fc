"""Inputs to begin with, from the generators of the tests and of the benchmarks: a few hundred small files.

Out: a folder for each target, and a dictionary of the tokens that matter. They are made anew for each run, by seed, and are
in no repository.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "benchmarks")]

from awkward import Packer  # noqa: E402 - found there

from tests import scans  # noqa: E402 - the same
from tests import test_scan_odd_files as odd  # noqa: E402 - the same
from tests import test_scan_record_prefilter as records  # noqa: E402 - the same
from tests import test_scan_spoilt_files as spoilt  # noqa: E402 - the same

LARGEST = 4_000
SEPARATOR = b"\n--file--\n"
TOKENS = (
    b'{"Records":[{', b"}]}", b'"StopLogging"', b"a/b", b'"Access', b'Operation"', b'\\"', b"\\u00", b"\\/", b"null", b"true",
    b"1e9", b"-0.", b"[[[[[[[[", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\x1f\x8b\x08", SEPARATOR.strip(),
)  # fmt: skip


def texts() -> Iterator[bytes]:
    """The contents of log files, sound and not."""
    yield from odd.WHOLE.values()
    yield from (records.file_of(text) for text in records.RECORDS)
    yield from records.SKIPPING
    yield from spoilt.texts()


def stored() -> Iterator[bytes]:
    """Log files as bytes."""
    random = Random(1)
    yield from odd.RAW.values()
    yield from (gzip.compress(text, mtime=0) for text in texts())
    for number in range(100):
        lines = [(0, json.dumps(scans.record(number + i))) for i in range(2)]
        yield Packer(Random(number)).pack(lines).data
        yield spoilt.packed(random, random.choice(spoilt.texts()[:9]))


def write(folder: Path) -> None:
    """The corpora of all targets, below ``folder``."""
    files = [data for data in stored() if len(data) <= LARGEST]
    batches = [SEPARATOR.join(files[place : place + 3]) for place in range(0, len(files), 3)]
    for target, inputs in {"content": texts(), "gzip": files, "batch": batches, "evidence": texts()}.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            if 0 < len(data) <= 3 * LARGEST:
                (folder / target / f"seed-{number:04}").write_bytes(data)
    lines = ("".join(f"\\x{byte:02x}" for byte in token) for token in TOKENS)
    (folder / "tokens.dict").write_text("".join(f'"{line}"\n' for line in lines), "ascii")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
