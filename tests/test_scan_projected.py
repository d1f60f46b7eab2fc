"""Counting from parts of records equals counting the events of the walk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from detector.archive import Clock, Plan, Selection, Source, walk
from detector.jobs.counting import count, read
from detector.pattern import compile as compile_pattern
from detector.scan.projected import Rows
from tests.drawing import examples
from tests.scans import DELIVERED, log_file, record, store, stored

PATTERNS = tuple(
    map(
        compile_pattern,
        (
            '{ ($.errorCode = "*Denied*") || ($.userIdentity.type != IAMUser) }',
            "{ ($.readOnly IS TRUE) && ($.n = 1) && ($.userIdentity NOT EXISTS) }",
            "{ ($.a.b.c = 1) || ($.eventNane = x) || ($.a IS NULL) || ($.l[1] = 2) }",
        ),
    )
)
ODD: list[dict[str, Any]] = [
    {"errorCode": "AccessDenied", "a": None},
    {"errorCode": 5, "a": {"b": {"c": 1}}, "l": [1, 2]},
    {"readOnly": True, "n": 1, "userIdentity": {"type": "Root"}},
    {"readOnly": 1, "n": True, "userIdentity": "x", "a": {"b": [1]}},
    {"eventName": None, "eventTime": "2023-07-10 12:00:00"},
    {"eventTime": "never", "userIdentity": {"type": 7}},
    {"eventName": "é", "l": []},
]
PLANS = (
    Plan(),
    Plan(timed=False),
    Plan(clock=Clock.DELIVERY),
    Plan(delay=70),
    Plan(selection=Selection(start=DELIVERED - 240, end=DELIVERED)),
    Plan(selection=Selection(start=DELIVERED - 240), clock=Clock.DELIVERY),
    Plan(selection=Selection(regions=frozenset({"eu-west-1"}))),
    Plan(selection=Selection(accounts=frozenset({"444455556666"}))),
)


def assert_same(plan: Plan, sources: list[Source]) -> None:
    expected = count(PATTERNS, walk(plan, sources, asked=PATTERNS))
    assert count(PATTERNS, read(PATTERNS, plan, sources)) == expected


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(ODD)), max_size=5), max_size=4),
    plan=st.sampled_from(PLANS),
)
def test_the_counts_are_those_of_the_walk(
    tmp_path: Path, files: list[list[tuple[int, dict[str, Any]]]], plan: Plan
) -> None:
    contents = [log_file(*(record(number, **odd) for number, odd in file)) for file in files]
    assert_same(plan, stored(tmp_path, contents))
    assert_same(plan, stored(tmp_path / "loose", contents, delivered=None, account=None, region=None))


@pytest.mark.parametrize(
    "content",
    [
        b'{"Records":[{"x":1},{"x":2}]}',
        b'{"Records":[{"eventTime":"2023-07-10T12:00:00Z","x":"\xff"},{}]}',
        b'{"Records":[7,{}]}',
        b'{"Records":[{"eventName":"a"},{"eventName":"b"}]',
        b'{"logEvents":[]}',
        b"",
    ],
)
def test_odd_files_are_walked(tmp_path: Path, content: bytes) -> None:
    for delivered in (None, DELIVERED):
        assert_same(Plan(), [store(tmp_path / f"{delivered}.json", content, delivered=delivered)])


def test_a_file_of_cloudtrail_is_not_decoded_whole(tmp_path: Path) -> None:
    sources = stored(tmp_path, [log_file(*map(record, range(9)))])
    [rows] = read(PATTERNS, Plan(), sources)
    assert isinstance(rows, Rows)
    assert len(rows) == 9


@pytest.mark.parametrize("plan", PLANS)
def test_each_odd_record_is_counted_in_each_plan(tmp_path: Path, plan: Plan) -> None:
    edges = [record(4, eventTime=f"2023-07-10T12:0{minute}:00Z", errorCode="xDenied") for minute in (1, 5)]
    contents = [log_file(record(1), record(2, **odd), record(3, errorCode="xDenied")) for odd in ODD]
    contents += [
        log_file(record(0), record(0), *edges, edges[0]),
        log_file(record(1), record(2, awsRegion="us-east-1"), *edges),
    ]
    contents.append(log_file(record(1), record(2, y="@")).replace(b"@", b"\xff"))
    for place in ({}, {"delivered": None, "account": None, "region": None}):
        assert_same(plan, stored(tmp_path / str(len(place)), contents, **place))
