"""A detection's result does not depend on its company: each filter alone, and beside any others, on every container."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.archive import Clock, Event, Plan, Problem, ProblemKind, walk
from detector.metrics.filter import MetricFilter
from detector.metrics.matches import Hits
from detector.scan import fast, plain
from tests import scans
from tests.scans import log_file, record

MS = 1_688_990_400_000
MESSAGES = [
    '{"eventName":"StopLogging","eventTime":"2023-07-10T12:00:00Z","eventID":"a","x":1}',
    "ERROR in plain text",
    '{"eventName":"GetObject","eventTime":"2023-07-10T12:01:00Z","eventID":"b"}',
    "[1, 2]",
    '{"eventName":"StopLogging","eventTime":"never","eventID":"c"}',
    '{"eventName": cut off',
]
OBJECTS = [MESSAGES[0], MESSAGES[2], MESSAGES[4]]


def stream(key: str, **around: Any) -> bytes:
    members = [{"timestamp": MS + 1000 * i, "message": text} for i, text in enumerate(MESSAGES)]
    return json.dumps({**around, key: members}).encode()


CONTAINERS: dict[str, bytes] = {
    "log file": log_file(*map(json.loads, OBJECTS), record(3), 7),
    "indented log file": json.dumps({"Records": [json.loads(one) for one in OBJECTS]}, indent=1).encode(),
    "subscription": stream("logEvents", messageType="DATA_MESSAGE"),
    "control message": stream("logEvents", messageType="CONTROL_MESSAGE"),
    "filter-log-events": stream("events"),
    "one log event": json.dumps({"timestamp": MS, "message": MESSAGES[1]}).encode(),
    "event bridge": json.dumps({"detail-type": "x", "detail": json.loads(MESSAGES[0])}).encode(),
    "array": json.dumps([json.loads(MESSAGES[0]), 7, {"timestamp": MS, "message": MESSAGES[1]}]).encode(),
    "lines": "\n".join(MESSAGES).encode(),
    "export": "\n".join(f"2023-07-10T12:00:0{i}.000Z {text}" for i, text in enumerate(MESSAGES)).encode(),
    "one record": MESSAGES[0].encode(),
    "broken": b'{"Records":[{"eventName":"StopLogging"',
}
FILTERS: dict[str, MetricFilter] = {
    "json": scans.metric_filter("{ $.eventName = StopLogging }"),
    "json with a default": scans.metric_filter("{ $.eventName = StopLogging }", default=0),
    "json value with a default": scans.metric_filter("{ $.eventName = * }", value="$.x", default=2),
    "json that is rare": scans.metric_filter("{ $.eventName = DeleteTrail }"),
    "json with dimensions": scans.metric_filter("{ $.eventName = * }", dimensions={"call": "$.eventName"}),
    "text": scans.metric_filter("ERROR"),
    "text with a default": scans.metric_filter("ERROR", default=5),
    "space": scans.metric_filter("[level = ERROR, ...]"),
    "everything": scans.metric_filter(""),
}
SETTINGS: list[dict[str, Any]] = [
    {},
    {"clock": Clock.DELIVERY},
    {"dedupe": True},
    {"selection": detector.Selection(start=MS // 1000, end=MS // 1000 + 60)},
    {"selection": detector.Selection(accounts=frozenset({scans.ACCOUNT}))},
]
PLACES: dict[str, dict[str, Any]] = {
    "in the layout": {},
    "loose": {"account": None, "region": None, "delivered": None},
}
SCANS: dict[str, Callable[..., Any]] = {"plain": plain.scan, "fast": fast.scan}


def store_at(folder: Path, data: bytes, place: str) -> Path:
    """A file in a folder to be searched, with a name that tells what `PLACES` say."""
    path = folder / (
        f"{scans.DAY}/{scans.ACCOUNT}_CloudTrail_{scans.REGION}_20230710T1205Z_0123456789abcdef.json.gz"
        if PLACES[place] == {}
        else "loose.json.gz"
    )
    scans.store(path, data)
    return folder


def result(hits: Hits) -> tuple[Any, ...]:
    return sorted(map(repr, hits.matches)), dict(hits.misses), hits.missed


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("place", PLACES)
def test_a_filter_finds_the_same_in_any_company(tmp_path: Path, name: str, place: str) -> None:
    source = scans.store(tmp_path / "a.json.gz", CONTAINERS[name], **PLACES[place])
    for settings, scan in itertools.product(SETTINGS, SCANS.values()):
        plan = Plan(**settings)
        alone = {key: result(scan([one], plan, [source]).hits[0]) for key, one in FILTERS.items()}
        companies = [*itertools.combinations(FILTERS, 2), tuple(FILTERS), tuple(reversed(FILTERS))]
        for company in companies:
            found = scan([FILTERS[key] for key in company], plan, [source])
            for key, hits in zip(company, found.hits, strict=True):
                assert result(hits) == alone[key], (company, key, settings)


def test_a_log_event_that_is_not_json_publishes_the_default_of_a_json_filter(tmp_path: Path) -> None:
    # By the service's rule it is an event that does not match.
    source = scans.store(tmp_path / "a.json", CONTAINERS["export"], delivered=None)
    for company in (["json with a default"], ["json with a default", "text"]):
        found = plain.scan([FILTERS[key] for key in company], Plan(), [source])
        assert sum(found.hits[0].misses.values()) == 3 + 1
        assert len(found.hits[0].matches) == 1
        assert found.records == 5
        # It is named where nobody could look at it.
        kinds = {problem.kind for problem in found.problems}
        assert (ProblemKind.NOT_JSON in kinds) is (company == ["json with a default"])
        assert ProblemKind.NO_TIME in kinds


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_walk_gives_what_the_scan_counts(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(CONTAINERS[name]))
    for settings in SETTINGS:
        plan = Plan(paths=(str(tmp_path),), **settings)
        found = plain.scan([FILTERS["everything"], FILTERS["text"]], plan, plan.locate().files)
        items = list(walk(plan))
        assert sum(isinstance(item, Event) for item in items) == found.records
        assert [item for item in items if isinstance(item, Problem)] == found.problems
