"""From what a scan found to the samples of the series that an alarm watches."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.alarm import Alarm
from detector.archive import Source
from detector.cloudtrail.record import Evidence
from detector.jobs.placed import published
from detector.metrics.filter import MetricFilter
from detector.metrics.matches import Hits
from detector.metrics.ordered import Ordered
from detector.metrics.samples import SAMPLES, matches_frame, matches_frames
from detector.scan import plain
from tests import scans
from tests.drawing import examples
from tests.scans import log_file, metric_filter, record

NOON = datetime(2023, 7, 10, 12, tzinfo=UTC)
HIT = '{ $.eventName = "Hit" }'


def alarm(**settings_: Any) -> Alarm:
    asked: dict[str, Any] = {
        "name": "alarm",
        "statistic": "Sum",
        "period": 60,
        "evaluation_periods": 1,
        "threshold": 1,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
    }
    return Alarm(**asked | settings_)


def event(minute: int, name: str = "Hit", **fields: Any) -> dict[str, Any]:
    return record(0, eventTime=f"2023-07-10T12:{minute:02}:07Z", eventName=name, **fields)


def found(
    folder: Path, asked: MetricFilter, *files: list[Any], **settings_: Any
) -> tuple[pl.DataFrame, Hits]:
    """Matches of loose files, and the hits."""
    numbered = scans.stored(
        folder, (log_file(*one) for one in files), account=None, region=None, delivered=None
    )
    hits = plain.scan(*scans.plan(asked, **settings_), numbered).hits[0]
    return matches_frame([asked], [hits], numbered), hits


def samples(
    folder: Path, asked: MetricFilter, *files: list[Any], watched: Alarm | None = None, dedupe: bool = False
) -> list[tuple[int, float, int]]:
    """(minute after noon, value, how many)."""
    _, hits = found(folder, asked, *files, dedupe=dedupe)
    frame = scans.sampled([hits], [asked], watched or alarm(), dedupe=dedupe)
    assert frame.schema == SAMPLES
    return [
        ((minute - NOON) // timedelta(minutes=1), value, count) for minute, value, count in frame.iter_rows()
    ]


def test_one_row_for_each_value_in_each_minute(tmp_path: Path) -> None:
    counted = metric_filter(HIT, value="$.x")
    events = [
        event(3, x=2),
        event(3, x="2.0"),
        event(1, x=2),
        event(3, x=-1),
        event(3),
        event(3, "Miss", x=2),
    ]
    assert samples(tmp_path, counted, events) == [(1, 2.0, 1), (3, -1.0, 1), (3, 2.0, 2)]


def test_nothing_matched(tmp_path: Path) -> None:
    assert samples(tmp_path, metric_filter(HIT), [event(1, "Miss")]) == []


def test_a_default_is_published_once_for_each_event_that_does_not_match(tmp_path: Path) -> None:
    # Recorded: three misses with default 7 give Sum 21 and SampleCount 3; a minute without events nothing.
    asked = metric_filter(HIT, value="5", default=3.0)
    events = [*[event(1, "Miss")] * 14, event(1), *[event(4, "Miss")] * 3]
    assert samples(tmp_path, asked, events) == [(1, 3.0, 14), (1, 5.0, 1), (4, 3.0, 3)]


def test_a_match_without_a_value_publishes_the_default_and_one_that_is_not_a_number_nothing(
    tmp_path: Path,
) -> None:
    # Recorded: a non-numeric string gives no datapoint at all, a field that is missing or null the default value.
    asked = metric_filter(HIT, value="$.x", default=0.5)
    nothing = [event(1, x=value) for value in ("many", "", True, [7], {"a": 7}, "1e999")]
    given = [event(1, x=4), event(2), event(3, x=None), event(4, "Miss", x="many")]
    assert samples(tmp_path, asked, [*nothing, *given]) == [
        (1, 4.0, 1),
        (2, 0.5, 1),
        (3, 0.5, 1),
        (4, 0.5, 1),
    ]


def test_a_default_that_equals_the_value_adds_up(tmp_path: Path) -> None:
    assert samples(tmp_path, metric_filter(HIT, default=1.0), [event(1), event(1, "Miss")]) == [(1, 1.0, 2)]


def test_the_same_event_delivered_twice_counts_twice_unless_deduped(tmp_path: Path) -> None:
    hit, miss = event(1, eventID="a"), event(2, "Miss", eventID="b")
    unnamed = {key: value for key, value in event(3).items() if key != "eventID"}
    files = ([hit, miss, unnamed], [miss, hit, unnamed], [hit])
    asked = metric_filter(HIT, default=0.0)
    assert samples(tmp_path, asked, *files) == [(1, 1.0, 3), (2, 0.0, 2), (3, 1.0, 2)]
    assert samples(tmp_path, asked, *files, dedupe=True) == [(1, 1.0, 1), (2, 0.0, 1), (3, 1.0, 2)]


def test_a_repeat_is_every_delivery_but_the_first(tmp_path: Path) -> None:
    files = ([event(5, eventID="a"), event(1, eventID="b")], [event(2, eventID="a")], [event(3, eventID="")])
    matches, _ = found(tmp_path, metric_filter(HIT), *files)
    assert matches.select("event_id", "repeat").rows() == [
        ("b", False),
        ("a", False),
        (None, False),
        ("a", True),
    ]


def test_what_is_over_256_kb_is_kept_with_a_flag_and_never_counted(tmp_path: Path) -> None:
    asked = metric_filter(HIT, default=0.0)
    events = [event(1, pad="x" * 270_000), event(1, "Miss", pad="x" * 270_000), event(1)]
    matches, _ = found(tmp_path, asked, events)
    assert matches["oversize"].to_list() == [True, False]
    assert samples(tmp_path, asked, events) == [(1, 1.0, 1)]


DIMENSIONED = metric_filter(HIT, dimensions={"Who": "$.who", "Where": "$.where"}, unit="Count")
EVENTS = [
    event(1, who="alice", where="here"),
    event(2, who="alice", where="there"),
    event(3, who="bob", where="here"),
    event(4, who="alice"),
    event(5, who=7, where="here"),
]
# What the alarm watches -> minutes of its samples.
WATCHED: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [4]),
    ({"dimensions": {"Who": "alice", "Where": "here"}}, [1]),
    ({"dimensions": {"Where": "here", "Who": "alice"}}, [1]),
    ({"dimensions": {"Who": "7", "Where": "here"}}, [5]),
    ({"dimensions": {"Who": "alice"}}, []),
    ({"dimensions": {"Who": "carol", "Where": "here"}}, []),
    ({"unit": "Count"}, [4]),
    ({"unit": "Bytes"}, []),
    ({"unit": "None"}, []),
]


@pytest.mark.parametrize(("watching", "minutes"), WATCHED)
def test_dimensions_and_unit_decide_which_series_is_watched(
    tmp_path: Path, watching: dict[str, Any], minutes: list[int]
) -> None:
    got = samples(tmp_path, DIMENSIONED, EVENTS, watched=alarm(**watching))
    assert got == [(minute, 1.0, 1) for minute in minutes]


def test_a_filter_without_a_unit_publishes_the_unit_none(tmp_path: Path) -> None:
    asked = metric_filter(HIT)
    assert samples(tmp_path, asked, [event(1)], watched=alarm(unit="None")) == [(1, 1.0, 1)]
    assert samples(tmp_path, asked, [event(1)], watched=alarm(unit="Count")) == []


def test_defaults_have_no_dimensions(tmp_path: Path) -> None:
    asked = metric_filter(HIT, default=0.0)
    assert samples(tmp_path, asked, [event(1, "Miss")], watched=alarm(dimensions={"A": "b"})) == []


def test_matches_name_their_place(tmp_path: Path) -> None:
    matches, _ = found(tmp_path, metric_filter(HIT), [event(2), event(1, "Miss"), event(1)], [event(1)])
    assert [(Path(path).name, position) for path, position in matches.select("path", "position").rows()] == [
        ("00000.json.gz", 2),
        ("00001.json.gz", 0),
        ("00000.json.gz", 0),
    ]
    assert matches.columns == [
        "time",
        "path",
        "position",
        "filter",
        "event_id",
        "value",
        "dimensions",
        "oversize",
        "source",
        "repeat",
        *Evidence._fields,
    ]
    assert matches["time"][0] == NOON + timedelta(minutes=1, seconds=7)


def naive(events: list[dict[str, Any]], default: float | None, *, dedupe: bool) -> Counter[tuple[str, float]]:
    """Minute and value -> samples, by the words of the specification."""
    counted: Counter[tuple[str, float]] = Counter()
    first: dict[str, Any] = {}
    for one in sorted(events, key=lambda one: (one["eventTime"], one["eventName"])):
        if dedupe and first.setdefault(one["eventID"], one) is not one:
            continue
        value = one.get("x") if one["eventName"] == "Hit" else None
        published = default if value is None else value
        if isinstance(published, int | float):
            counted[one["eventTime"][:16], float(published)] += 1
    return counted


@examples(60)
@given(
    events=st.lists(
        st.builds(
            lambda minute, kind, number: event(
                minute, kind, x=("none", None, 0, 1, 2, 1)[number], eventID=f"{minute}-{kind}-{number}"
            ),
            st.integers(0, 3),
            st.sampled_from(["Hit", "Miss"]),
            st.integers(0, 5),
        ),
        max_size=12,
    ),
    default=st.none() | st.sampled_from([0.0, 1.0, -2.5]),
    dedupe=st.booleans(),
)
def test_samples_are_those_of_a_naive_count(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[dict[str, Any]],
    default: float | None,
    *,
    dedupe: bool,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "naive"
    asked = metric_filter(HIT, value="$.x", default=default)
    half = len(events) // 2
    got = Counter(
        {
            (f"{NOON + timedelta(minutes=minute):%Y-%m-%dT%H:%M}", value): count
            for minute, value, count in samples(folder, asked, events[:half], events[half:], dedupe=dedupe)
        }
    )
    assert got == naive(events, default, dedupe=dedupe)


def test_hungry_filters_are_scanned_the_same_way_by_both(tmp_path: Path) -> None:
    # Each alone: one of them sends all to the plain scan.
    contents = [log_file(one) for one in itertools.chain(EVENTS, [event(1, "Miss"), {"a": "Hit"}])]
    files: list[Source] = scans.stored(tmp_path, contents)
    for asked in (
        metric_filter(HIT, default=0.0),
        DIMENSIONED,
        metric_filter(HIT, value="$.x"),
        metric_filter("Hit"),
        metric_filter("{ $.* = Hit }"),
    ):
        scans.agree(scans.plan(asked), files)


def test_no_matches_make_an_empty_frame() -> None:
    frame = matches_frame([metric_filter(HIT)], [Hits()], [Source("a.json")])
    assert frame.height == 0
    assert frame["repeat"].dtype == pl.Boolean


# Several filters that feed one metric.

FEEDS = [
    metric_filter(HIT, name="hits"),
    metric_filter(HIT, name="x", value="$.x", default=0),
    metric_filter('{ $.eventName = "Miss" }', name="misses", default=1),
    metric_filter('{ $.eventName = "*i*" }', name="counts", unit="Count"),
    metric_filter("{ $.x = * }", name="by name", dimensions={"Name": "$.eventName"}),
]


@given(
    asked=st.lists(st.sampled_from(FEEDS), min_size=1, unique_by=lambda one: one.name),
    drawn=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["Hit", "Miss", "Other"]),
            st.sampled_from("abc"),
            st.sampled_from([2, "3", None]),
        ),
        max_size=8,
    ),
    watched=st.sampled_from([alarm(), alarm(unit="Count"), alarm(dimensions={"Name": "Hit"})]),
    dedupe=st.booleans(),
)
@settings(deadline=None)
def test_the_samples_of_several_filters_are_those_of_each_put_together(
    tmp_path_factory: pytest.TempPathFactory,
    asked: list[MetricFilter],
    drawn: list[Any],
    watched: Alarm,
    *,
    dedupe: bool,
) -> None:
    events = [event(minute, name, eventID=event_id, x=x) for minute, name, event_id, x in drawn]
    files = scans.stored(
        tmp_path_factory.mktemp("several"), [log_file(*events)], account=None, region=None, delivered=None
    )
    hits = plain.scan(*scans.plan(*asked, dedupe=dedupe), files).hits
    matches = matches_frame(asked, hits, files)
    each, counts = [], Counter[tuple[datetime, float]]()
    for one, found_ in zip(asked, hits, strict=True):
        each.append(matches_frame([one], [found_], files))
        assert each[-1].rows() == matches.filter(filter=one.name).rows()
        for minute, value, count in scans.sampled([found_], [one], watched, dedupe=dedupe).iter_rows():
            counts[minute, value] += count
    assert len(matches) == sum(map(len, each))
    apart = matches_frames([[one] for one in asked], hits, files)
    assert [(one.schema, one.rows()) for one in apart] == [(one.schema, one.rows()) for one in each]
    alike = matches_frames([asked, [asked[0]], asked], [*hits, hits[0], *hits], files)
    assert all(map(pl.DataFrame.equals, alike, [matches, each[0], matches]))
    together = scans.sampled(hits, asked, watched, dedupe=dedupe)
    assert together.rows() == sorted((minute, value, count) for (minute, value), count in counts.items())
    assert_is_in_order(
        Ordered.of([one.matches.runs for one in hits], hits[0].matches.table), matches, dedupe=dedupe
    )


def assert_is_in_order(ordered: Ordered, matches: pl.DataFrame, *, dedupe: bool) -> None:
    """Without a frame the matches are in the order of the frame, and the same of them are published."""
    times = matches["time"].dt.epoch("s").to_list()
    assert (ordered.rows.times.tolist(), ordered.repeats) == (times, bytes(matches["repeat"].to_list()))
    for column, numbers in (("source", ordered.files), ("position", ordered.positions)):
        assert numbers.tolist() == matches[column].to_list()
    for column in ("event_name", "principal"):
        assert ordered.rows.said(column) == matches[column].to_list()
    counted = published(matches, dedupe=dedupe)
    assert ordered.published(dedupe=dedupe).said("event_name") == counted["event_name"].to_list()
    assert (ordered.records, ordered.oversize) == (
        matches.select("source", "position").n_unique(),
        matches["oversize"].sum(),
    )
