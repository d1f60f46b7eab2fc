"""Episodes are what a plain loop over transitions and matches finds, for any of them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarm import Alarm, State, Transition
from detector.jobs.episodes import QUIET, Episode, Past, counted, episodes, episodes_of, within
from detector.jobs.habits import Known, known_of
from detector.jobs.ranking import Ranking
from detector.jobs.rankings import FIELDS, rankings
from detector.metrics.samples import EVIDENCE, UTC_TIME
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


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The columns of a replay's matches that episodes look at; ``another`` is that of a second filter."""
    rows = [
        {**row, **published, "position": position}
        for position, row in enumerate(rows)
        for published in [{}, *filter(None, [row.get("another")])]
    ]
    times = [NOON + timedelta(seconds=row["seconds"]) for row in rows]
    columns: dict[str, Any] = {
        "time": pl.Series(times, dtype=UTC_TIME),
        "source": pl.Series([0] * len(rows), dtype=pl.UInt32),
        "position": pl.Series([row["position"] for row in rows], dtype=pl.UInt32),
        "value": pl.Series([row["value"] for row in rows], dtype=pl.Float64),
        **{name: pl.Series([row[name] for row in rows], dtype=pl.Boolean) for name in ("oversize", "repeat")},
    }
    evidence = {
        name: pl.Series([row.get(name, "") for row in rows], dtype=dtype) for name, dtype in EVIDENCE.items()
    }
    return pl.DataFrame(columns | evidence)


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
    found = episodes(frame(rows), changes, END, dedupe=dedupe)
    assert [told(episode) for episode in found] == naive(rows, changes, dedupe=dedupe)


CHANGES = st.lists(st.integers(0, 170), max_size=8, unique=True)
ROWS = st.lists(
    st.fixed_dictionaries(ROW | {"principal": st.sampled_from(["", "a", " b ", None])}), max_size=12
)


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
    pasts = []
    for rows in matches:
        rows.sort(key=lambda row: row["seconds"])
    for minutes, which in alarms:
        pasts.append(Past(frame(matches[which]), transitions(minutes, "missing"), END))

    def found(some: list[Past]) -> list[tuple[tuple[Episode, ...], Known]]:
        rows = counted(some, dedupe=dedupe)
        inside = within(some, rows)
        found = episodes_of(some, inside)
        return list(zip(found, known_of(found, rows, inside), strict=True))

    assert found(pasts) == [one for past in pasts for one in found([past])]
    callers = rankings([past.matches for past in pasts], "principals")
    assert callers == [one for past in pasts for one in rankings([past.matches], "principals")]


@pytest.mark.parametrize(("apart", "count"), [(37, 1), (38, 2)])
def test_half_an_hour_apart_is_the_same_episode(apart: int, count: int) -> None:
    changes = transitions([10, 11, 10 + apart, 11 + apart], "notBreaching")
    times = [change.at for change in changes]
    assert (times[3] - times[2] <= QUIET) is (count == 1)  # type: ignore[operator]  # datetimes, as the samples were
    assert len(episodes(frame([]), changes, END, dedupe=False)) == count


def test_a_long_list_is_cut_and_the_others_counted() -> None:
    row = {"seconds": 600, "value": 1.0, "oversize": False, "repeat": False, "resources": ()}
    rows = [row | {"principal": f"{number:02}"} for number in range(60)]
    [one] = episodes(frame(rows), transitions([10, 11], "missing"), END, dedupe=False)
    assert (len(one.fields["principals"].top), one.fields["principals"].more) == (50, 10)


def test_an_alarm_that_is_still_on_has_the_matches_of_the_last_minute() -> None:
    row = {"value": 1.0, "oversize": False, "repeat": False, "principal": "a", "resources": ()}
    rows = [row | {"seconds": seconds} for seconds in (600, 660, 200 * 60 + 30)]
    [one] = episodes(frame(rows), transitions([10, 11], "ignore"), END, dedupe=False)
    assert (one.end, one.matches, one.lasted) == (None, 3, END - one.start)
