"""A million spoilt log files: the native part of the scan answers as the plain scan does, or that it does not know.

In: small log files in many spellings, spoilt before they are compressed or after. Claim: a batch of them is scanned by
`fast`, with whatever native part there is, as by `plain`; a file that is skipped costs its records, nothing else.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from detector.archive import Source
from detector.scan import fast, plain, record_prefilter
from detector.scan.found import Found
from tests import scans
from tests.scans import log_file, record
from tests.strategies import Speller

pytestmark = pytest.mark.skipif(
    not getattr(record_prefilter.native, "INFLATER", ""), reason="the native part reads no files"
)
PATTERNS = ("{ $.eventName = StopLogging }", '{ $.errorCode = "Access*" || $.errorCode = "*Operation" }')
ASKED = scans.plan(*PATTERNS)
NAMES = ("GetObject", "StopLogging", "Größe", 'a"b\n')
CODES = ("AccessDenied", "Client.UnauthorizedOperation", "None", "")
PIECES = (
    *(bytes([byte]) for byte in (*b'"\\{}[]:,/0-+.eEu \t\n', 0, 31, 127, 128, 192, 224, 237, 244, 255)),
)
PIECES += (
    b"\\u0053",
    b"\\/",
    b'"StopLogging"',
    b"\xc3\xbc",
    b"\xed\xa0\x80",
    b"null",
    b"1e400",
    b'{"a":',
    b"[[[[",
    b"]}",
)
FILES = 24
"""As many as go into one native call."""


def texts() -> list[bytes]:
    """Log files to spoil, each with its records in another order and spelling."""
    random = Random(1)  # noqa: S311 - no secret
    made = []
    for number in range(60):
        speller = Speller(Random(number))  # noqa: S311 - the same
        records = [
            record(i, eventName=random.choice(NAMES), errorCode=random.choice(CODES), x=[{"y": number}])
            for i in range(random.randint(1, 3))
        ]
        spelled = f'{{"Records":[{",".join(map(speller.text, records))}]}}'.encode("utf-8", "surrogatepass")
        made.append(spelled if number % 3 else log_file(*records))
        if number % 3 == 1:
            made.append(json.dumps({"Records": records}, separators=(",", ":"), ensure_ascii=False).encode())
    return made


def spoilt(random: Random, data: bytes) -> bytes:
    """Up to three places where bytes are replaced, left out, put in or doubled."""
    for _ in range(random.choice((1, 1, 2, 3))):
        place = random.randrange(len(data) + 1)
        piece = random.choice(PIECES) if random.random() < 0.8 else data[place : place + random.randrange(40)]
        data = data[:place] + piece + data[place + random.choice((0, 1, 1, len(piece), 20)) :]
    return data


def packed(random: Random, text: bytes) -> bytes:
    """The bytes of a file: most are spoilt in their text, others in their gzip stream, some not at all."""
    how = random.random()
    if how < 0.6:
        return gzip.compress(spoilt(random, text), 1, mtime=0)
    data = gzip.compress(text, 1, mtime=0)
    if how < 0.85:
        return spoilt(random, data)
    cut = random.randrange(len(text))
    return random.choice(
        (
            data,
            data[:cut],
            data + b"\0" * cut,
            gzip.compress(text[:cut]) + gzip.compress(text[cut:]),
            spoilt(random, text),
        )
    )


def batches(folder: Path, seed: int, count: int) -> Iterator[list[Source]]:
    """Files that are written over again for each batch."""
    random, whole = Random(seed), texts()  # noqa: S311 - no secret
    for _ in range(-(-count // FILES)):
        batch = []
        for number in range(FILES):
            path, data = folder / str(number), packed(random, random.choice(whole))
            path.write_bytes(data)
            batch.append(
                Source(str(path), len(data), scans.ACCOUNT, scans.REGION, scans.DELIVERED, number=number)
            )
        yield batch


def check(folder: Path, seed: int, count: int) -> int:
    """How many of the files the native part knows; of these both scans find the same, together and one by one."""
    scanner = fast.Scanner(*ASKED, strict=False)
    assert scanner.record_prefilter
    read = 0
    for batch in batches(folder, seed, count):
        answer = scanner.record_prefilter.of_files(batch)
        known = [*answer.walked, *answer.skipped]
        for files in [known] if read % 2 else [[one] for one in known]:
            found = Found.empty(len(PATTERNS))
            scanner.scan_batch(files, found)
            with named(files):
                scans.assert_costs_only_skips(found, plain.scan(*ASKED, files))
        read += len(known)
    return read


@contextmanager
def named(files: list[Source]) -> Iterator[None]:
    """A mistake is told with the bytes that show it."""
    try:
        yield
    except AssertionError as error:
        error.add_note(repr([Path(source.path).read_bytes() for source in files]))
        raise


def test_spoilt_files(tmp_path: Path) -> None:
    assert 500 < check(tmp_path, 0, 2_400) < 2_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_a_million_spoilt_files(tmp_path: Path, seed: int) -> None:
    check(tmp_path, seed, 125_000)
