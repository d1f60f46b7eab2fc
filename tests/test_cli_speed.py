"""A run that is slower than it has to be says so: files that are not read natively, once, where they are many."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from detector import native
from detector.__main__ import main
from detector.scan import processes
from tests import scans
from tests.cli_archives import burst, write

MANY = "detector: {} of 8 files could not be read natively and were decoded in Python; the answer is the same, but takes longer"
NAMES = [
    f"111122223333_CloudTrail_eu-west-1_20260901T12{minute:02}Z_0123456789abcdef.json.gz"
    for minute in range(8)
]

pytestmark = pytest.mark.skipif(
    not getattr(native.part(native.SCAN).module, "INFLATER", ""), reason="the native part reads no files"
)


@pytest.mark.parametrize(
    ("odd", "options", "said"),
    [
        (8, [], True),
        (5, [], True),
        (4, [], False),
        (4, ["--verbose"], True),
        (0, ["--verbose"], False),
        (8, ["--quiet"], False),
        (8, ["--strict"], False),
    ],
)
def test_files_that_are_not_read_natively_are_counted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    odd: int,
    options: list[str],
    said: bool,
) -> None:
    monkeypatch.setattr(processes, "SMALL", 0)
    for minute, name in enumerate(NAMES):
        path = Path(write(tmp_path / name, burst(minute, 6)))
        if minute < odd:  # a second member of gzip is not for the native part
            path.write_bytes(path.read_bytes() + gzip.compress(b"\n"))
    assert main(["match", '{ $.errorCode = "AccessDenied" }', str(tmp_path), "--count", *options]) == 0
    out, err = capsys.readouterr()
    assert out == "48\n"
    assert (MANY.format(odd) in err) == said
    assert err.count("natively") == said


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_one_odd_file_costs_no_other_its_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(processes, "SMALL", 0)
    for minute, name in enumerate(NAMES):
        path = Path(write(tmp_path / name, burst(minute, 6)))
        if minute == 5:  # an eventID that is spelled with an escape
            text = gzip.decompress(path.read_bytes()).replace(b'"eventID":"', b'"eventID":"\\u0030')
            path.write_bytes(gzip.compress(text))
    filters, plan = scans.plan('{ $.errorCode = "AccessDenied" }', paths=(str(tmp_path),))
    found = processes.scan(filters, plan, plan.locate().files, jobs=jobs)
    assert (len(found.hits[0].matches), found.unanswered) == (48, 1)
