"""Episodes are what a plain loop over transitions and matches finds, for any of them."""

from __future__ import annotations

from array import array
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarm import Alarm, State, Transition
from detector.cloudtrail.record import Evidence
from detector.jobs.episodes import QUIET, Episode, episodes
from detector.jobs.habits import Known, known_of
from detector.jobs.ranking import Ranking
from detector.jobs.rankings import FIELDS, Tallies
from detector.metrics.columns import Column
from detector.metrics.evidence import NUL, EvidenceTable, native
from detector.metrics.matches import NO_VALUE, Run
from detector.metrics.ordered import Ordered
from detector.metrics.rows import Rows
from tests.drawing import examples

NOON = datetime(2023, 7, 10, 12, tzinfo=UTC)
END = NOON + timedelta(minutes=200)
ROW = {
    "seconds": st.integers(0, 202 * 60) | st.integers(0, 200).map(lambda minute: minute * 60),
    "value": st.sampled_from([1.0, None]),
    "oversize": st.booleans(),
    "repeat": st.booleans(),
    "another": st.none()
    | st.fixed_dictionaries({"value": st.sampled_from([1.0, None]), "repeat": st.booleans()}),
    "principal": st.sampled_from(["", "a", "b", "c", None]),
    "event_name": st.sampled_from(["", "GetA", "GetB", None]),
    "event_source": st.sampled_from(["", "s3", "iam"]),
    "resources": st.sampled_from([(), ("x",), ("y", "x"), None]),
}


def transitions(minutes: list[int], missing: str) -> list[Transition]:
    alarm = Alarm(
        name="a",
        statistic="Sum",
        period=60,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data=missing,
    )
    return alarm.history([(NOON + timedelta(minutes=minute), 1.0) for minute in minutes], start=NOON, end=END)


def ordered(rows: list[dict[str, Any]]) -> Ordered:
    """The matches of a replay; ``another`` is that of a second filter."""
    each = [
        (position, number, {**row, **published})
        for position, row in enumerate(rows)
        for number, published in enumerate([{}, *filter(None, [row.get("another")])])
    ]
    table = EvidenceTable()
    table.columns = tuple([column([row.get(name, "") for *_, row in each]) for name in Evidence._fields])
    runs = [
        (number, Run(NO_VALUE if row["value"] is None else row["value"], (), row["oversize"], *columns))
        for place, (position, number, row) in enumerate(each)
        for columns in [
            (
                array("q", [int(NOON.timestamp()) + row["seconds"]]),
                array("I", [0]),
                array("I", [position]),
                [""],
                array("I", [place]),
            )
        ]
    ]
    parts = [[run for which, run in runs if which == number] for number in (0, 1)]
    found = Ordered.of(parts, table)
    found.marked = bytes([each[row][-1]["repeat"] for row in found.rows.evidence])
    return found


def column(values: list[Any]) -> Column:
    """A column with these values, None for one that is not kept apart."""
    names = [
        None if value is None else value.encode() if isinstance(value, str) else NUL.join(value).encode()
        for value in values
    ]
    known = list(dict.fromkeys(name for name in names if name is not None))
    make = Column if native is None else native.Column
    codes = array("I", [0 if name is None else known.index(name) + 1 for name in names])
    return make(100, b"".join(known), array("i", map(len, known)).tobytes(), None, codes.tobytes())


def found_in(
    rows: list[dict[str, Any]], changes: list[Transition], *, dedupe: bool = False
) -> tuple[Episode, ...]:
    return episodes(ordered(rows).published(dedupe=dedupe), changes, END, Tallies())[0]


def naive(rows: list[dict[str, Any]], changes: list[Transition], *, dedupe: bool) -> list[Any]:
    """For each episode when it was raised, its matches, and the rankings of three fields and of calls."""
    groups: list[list[tuple[Any, Any, Any]]] = []
    for i, change in enumerate(changes):
        if change.after is not State.ALARM:
            continue
        left = changes[i + 1].at if i + 1 < len(changes) else None
        speaking = change.reason.supporting or change.reason.windows
        time = (change.at, left, min(window.start for window in speaking))
        if groups and time[0] - groups[-1][-1][1] <= QUIET:
            groups[-1].append(time)
        else:
            groups.append([time])
    found = []
    for group in groups:
        first, end = min(window for *_, window in group), group[-1][1]
        inside = []
        for row in rows:
            at = NOON + timedelta(seconds=row["seconds"])
            published = [
                one["value"] is not None and not (dedupe and one["repeat"])
                for one in (row, row["another"])
                if one
            ]
            counts = any(published) and not row["oversize"]
            if counts and at >= first and (end is None or at < end):
                inside.append(row | {"time": at})
        events = {id(row): event(row) for row in inside}
        who = ranking([row["principal"] for row in inside])
        found.append(
            (
                [start for start, *_ in group],
                (end or END) - group[0][0],
                len(inside),
                min((row["time"] for row in inside), default=None),
                max((row["time"] for row in inside), default=None),
                who,
                ranking(list(events.values())),
                ranking(
                    [
                        name
                        for row in inside
                        for name in (row["resources"] or (None,) * (row["resources"] is None))
                    ]
                ),
                {
                    name: ranking([events[id(row)] for row in inside if row["principal"] == name])
                    for name, _ in who.top
                },
            )
        )
    return found


def event(row: dict[str, Any]) -> str | None:
    return None if row["event_name"] is None else f"{row['event_name']} {row['event_source']}".strip()


def ranking(values: list[str | None]) -> Ranking:
    counts = Counter(value for value in values if value)
    return Ranking(tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0]))), 0, values.count(None))


def told(episode: Episode) -> Any:
    assert episode.fields.keys() == FIELDS.keys()
    return (
        [time.start for time in episode.times],
        episode.lasted,
        episode.matches,
        episode.first,
        episode.last,
        *(episode.fields[name] for name in ("principals", "events", "resources")),
        dict(episode.calls),
    )


@given(
    st.lists(st.integers(0, 170), max_size=12, unique=True),
    st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
    st.lists(st.fixed_dictionaries(ROW), max_size=25),
    st.booleans(),
)
def test_episodes_are_those_of_a_plain_loop(
    minutes: list[int], missing: str, rows: list[dict[str, Any]], dedupe: bool
) -> None:
    rows.sort(key=lambda row: row["seconds"])
    changes = transitions(minutes, missing)
    found = found_in(rows, changes, dedupe=dedupe)
    assert [told(episode) for episode in found] == naive(rows, changes, dedupe=dedupe)


@pytest.mark.parametrize(("apart", "count"), [(37, 1), (38, 2)])
def test_half_an_hour_apart_is_the_same_episode(apart: int, count: int) -> None:
    changes = transitions([10, 11, 10 + apart, 11 + apart], "notBreaching")
    times = [change.at for change in changes]
    assert (times[3] - times[2] <= QUIET) is (count == 1)  # type: ignore[operator]  # datetimes, as the samples were
    assert len(found_in([], changes)) == count


def test_a_long_list_is_cut_and_the_others_counted() -> None:
    row = {"seconds": 600, "value": 1.0, "oversize": False, "repeat": False, "resources": ()}
    rows = [row | {"principal": f"{number:02}", "event_name": f"Get{number:02}"} for number in range(60)]
    [one] = found_in(rows, transitions([10, 11], "missing"))
    for field in ("principals", "events"):
        assert (len(one.fields[field].top), one.fields[field].more) == (50, 10)


CHANGES = st.lists(st.integers(0, 170), max_size=8, unique=True)
ROWS = st.lists(st.fixed_dictionaries(ROW), max_size=12)


@examples(30)
@given(
    st.lists(st.tuples(CHANGES, st.integers(0, 1)), min_size=2, max_size=4),
    st.tuples(ROWS, ROWS),
    st.booleans(),
)
def test_alarms_together_are_what_they_are_one_by_one(
    alarms: list[tuple[list[int], int]], matches: tuple[list[dict[str, Any]], ...], dedupe: bool
) -> None:
    """Some of them over the same matches, of which some episodes are the same too."""
    each = [ordered(rows).published(dedupe=dedupe) for rows in matches]

    def told(minutes: list[int], rows: Rows, tallies: Tallies) -> tuple[tuple[Episode, ...], Known]:
        found, inside = episodes(rows, transitions(minutes, "missing"), END, tallies)
        return found, known_of(found, rows, inside, tallies)

    together = Tallies()
    for minutes, which in alarms:
        assert told(minutes, each[which], together) == told(minutes, each[which], Tallies())


def test_an_alarm_that_is_still_on_has_the_matches_of_the_last_minute() -> None:
    row = {"value": 1.0, "oversize": False, "repeat": False, "principal": "a", "resources": ()}
    rows = [row | {"seconds": seconds} for seconds in (600, 660, 200 * 60 + 30)]
    [one] = found_in(rows, transitions([10, 11], "ignore"))
    assert (one.end, one.matches, one.lasted) == (None, 3, END - one.start)
