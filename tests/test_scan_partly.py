"""Filters that need more than a match are scanned in part, and found what the plain scan finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.archive import Clock, Selection, Source
from tests import scans
from tests.scans import log_file, metric_filter, record

HIT = '{ $.eventName = "StopLogging" }'
ASKED = {
    "a default": (metric_filter(HIT, default=0.0),),
    "two defaults": (metric_filter(HIT, default=0.0), metric_filter('{ $.x = "y" }', name="x", default=2.0)),
    "one default of two": (metric_filter(HIT, default=0.0), metric_filter(HIT, name="x", value="$.n")),
    "a value": (metric_filter(HIT, value="$.n"),),
    "any key": (metric_filter("{ $.* = StopLogging }"),),
    "a text": (metric_filter("StopLogging"),),
    "a text and a default": (metric_filter("StopLogging", default=1.0), metric_filter(HIT)),
    "a text with a default": (metric_filter("StopLogging", default=1.0),),
    "a text beside others": (metric_filter("StartLogging"), metric_filter(HIT)),
    "a last field": (metric_filter('[..., last = "*StopLogging*"]'),),
    "everything": (metric_filter("", value="3"), metric_filter(HIT)),
    "a dimension": (metric_filter(HIT, dimensions={"n": "$.n"}), metric_filter(HIT, value="$.eventTime")),
    "any key and a default": (metric_filter("{ $.* = StopLogging }", default=1.0), metric_filter(HIT)),
}
PLANS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "deduped": {"dedupe": True},
    "delayed": {"delay": 130},
    "by delivery": {"clock": Clock.DELIVERY},
    "another account": {"selection": Selection(accounts=frozenset({"444455556666"}))},
    "from a time on": {"selection": Selection(start=scans.DELIVERED - 240)},
}


def archive(folder: Path) -> list[Source]:
    """Matches between others, an eventID twice, records without one or without a time, and a file that is no JSON."""
    hit = {"eventName": "StopLogging", "n": 3}
    contents = [
        log_file(*(record(number, **(hit if number % 4 == 1 else {})) for number in range(12))),
        log_file(record(1, **hit), record(1), record(2), record(2, x="y"), {**record(3), "eventID": None}),
        log_file(*(record(number) for number in range(3))),
        log_file(record(5, **hit), record(6, eventTime="never"), record(7)),
        log_file(record(8, **hit), {**record(9), "eventID": ["list"]}),
        b'{"Records":[{"eventName":"StopLogging"}',
        log_file(*(record(number, eventID=name) for name in "ab" for number in (40, 30, 40))),
        log_file(record(1, **hit), {"x": "y"}, record(2)),
    ]
    return [
        *scans.stored(folder, contents),
        *scans.stored(folder / "later", contents[:1], delivered=scans.DELIVERED + 7200),
        *scans.stored(folder / "last", contents[2:3], delivered=scans.DELIVERED + 14400),
        *scans.stored(folder / "loose", contents[:2], delivered=None, account=None, region=None),
    ]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("asked", ASKED)
def test_in_part_is_what_the_plain_scan_finds(tmp_path: Path, asked: str, plan: str) -> None:
    files = archive(tmp_path)
    question = scans.plan(*ASKED[asked], **PLANS[plan])
    scans.agree(question, files)
    # None of these keeps a batch from being taken as a whole; in the last one is a record that is none of CloudTrail's.
    for some in ([*files[:3], files[8]], files[7:8]):
        scans.agree(question, some)


def test_a_record_without_a_time_has_the_number_that_it_has_in_its_file(tmp_path: Path) -> None:
    members = (*map(record, range(3)), record(3, x="StopLogging", eventTime="never"))
    for asked in (ASKED["any key"], ASKED["a text"]):
        _, found = scans.agree(scans.plan(*asked), scans.stored(tmp_path, [log_file(*members)]))
        assert [one.reason for one in found.problems] == ["record 3: no valid eventTime"]
