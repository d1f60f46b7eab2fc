"""Composite alarms and mute rules: what is fast equals what is obviously right, in a small world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.alarm import State
from detector.alarm.delivery import HeldBy, Muted, deliveries, muted
from detector.alarm.mute import MuteRule, stretches
from detector.alarm.schedule import Schedule
from detector.composite import CompositeSettings, histories, history_plain, parse, phases, phases_plain
from detector.composite.evaluate import holds
from detector.composite.suppression import suppressed
from detector.composite.syntax import And, Expr, Not, Or
from detector.errors import RuleError, SettingsError
from detector.testing import rules

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
states = st.sampled_from(State)


class Change(NamedTuple):
    at: datetime
    before: State
    after: State


@given(rules())
def test_a_rule_reads_back_as_it_is_written(rule: Expr) -> None:
    assert parse(str(rule)) == rule


@given(st.text('ALRMOKNTDE_ ()",%1&|!\\', max_size=30))
def test_any_text_is_a_rule_or_a_sentence(text: str) -> None:
    try:
        rule = parse(text)
    except RuleError as error:
        assert "\n" in str(error)  # noqa: PT017 - what is not refused is checked, too
    else:
        assert parse(str(rule)) == rule


@given(rules(st.sampled_from("ab")), states, states)
def test_not_and_or_are_logic(rule: Expr, a: State, b: State) -> None:
    known = {"a": a, "b": b}
    assert holds(Not(rule), known) is not holds(rule, known)
    assert holds(And((rule, Not(rule))), known) is False
    assert holds(Or((rule, Not(rule))), known) is True


@given(states, states)
def test_at_least_one_that_is_not_is_not_all(a: State, b: State) -> None:
    rule = parse("AT_LEAST(1, NOT ALARM, (a, b))")
    assert holds(rule, {"a": a, "b": b}) is not ({a, b} == {State.ALARM})


def changing(unit: timedelta, longest: int) -> st.SearchStrategy[list[Change]]:
    """A history of an alarm on whole units of time."""
    moments = st.lists(st.tuples(st.integers(0, longest), states), max_size=5, unique_by=lambda pair: pair[0])

    def build(pairs: list[tuple[int, State]]) -> list[Change]:
        after = [(START + unit * at, state) for at, state in sorted(pairs)]
        before = [State.INSUFFICIENT_DATA, *(state for _, state in after)]
        changes = [Change(at, old, new) for (at, new), old in zip(after, before, strict=False)]
        return [change for change in changes if change.before is not change.after]

    return moments.map(build)


@given(
    rules(st.sampled_from("ab")), rules(st.sampled_from(["a", "C"])), changing(MINUTE, 9), changing(MINUTE, 9)
)
def test_a_history_of_composites_is_that_of_every_minute(
    first: Expr, second: Expr, a: list[Change], b: list[Change]
) -> None:
    composites = {
        name: CompositeSettings(name=name, alarm_rule=str(rule))
        for name, rule in (("D", second), ("C", first))
    }
    alarms = {"a": a, "b": b}
    found = histories(list(composites.values()), alarms, START)
    for name, composite in composites.items():
        expected = history_plain(composites, alarms, name, START, START + 12 * MINUTE)
        assert [(each.at, each.after) for each in found[name]] == expected
        for each in found[name]:
            assert {child.alarm for child in each.reason.triggering} <= set(composite.children)


@given(
    st.lists(st.integers(0, 20), max_size=6, unique=True),
    changing(SECOND, 20),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_suppression_is_that_of_every_second(
    at: list[int], suppressor: list[Change], wait: int, extension: int
) -> None:
    changes = [START + SECOND * each for each in sorted(at)]
    end = START + 30 * SECOND
    asked = (changes, suppressor, wait, extension, end)
    stages = phases(*asked)
    assert stages == phases_plain(*asked)
    other = [State.OK, State.ALARM] * 4
    delivered = deliveries(
        [Change(each, *pair) for each, pair in zip(changes, pairwise(other), strict=False)]
    )
    told = suppressed(delivered, stages, "s")
    assert [one.at for one in told] == changes
    released = {stage.change: stage.at for stage in stages if stage.by is None}
    for place, one in enumerate(told):
        assert one.runs == released.get(place)
        assert [hold.end for hold in one.holds][:-1] == [hold.start for hold in one.holds][1:]  # no gap


CRON = st.tuples(
    st.sampled_from(["0", "30", "*", "0,59", "10-12"]),
    st.sampled_from(["*", "1", "2", "0-3", "23"]),
    st.sampled_from(["*", "29", "1,25", "8"]),
    st.sampled_from(["*", "MAR", "10-11"]),
    st.sampled_from(["*", "SUN", "0", "7", "MON-WED,6"]),
).map(lambda fields: f"cron({' '.join(fields)})")


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
@given(CRON | st.sampled_from(["at(2026-03-29T02:30)", "at(2026-10-25T02:30)"]))
def test_a_schedule_starts_at_the_minutes_of_its_clock(day: datetime, expression: str) -> None:
    """Around the days on which Berlin's clock is put forward and back."""
    schedule = Schedule(expression=expression, duration="PT1M", timezone="Europe/Berlin")
    minutes = [day + MINUTE * each for each in range(-60, 25 * 60)]
    expected = [each for each in minutes if schedule.is_start(each)]
    assert list(schedule.starts(minutes[0], minutes[-1])) == expected


def test_a_time_that_the_clock_skips_or_shows_twice() -> None:
    nightly = Schedule(expression="cron(30 2 * * *)", duration="PT1H", timezone="Europe/Berlin")
    spring = nightly.starts(datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC))
    assert [each.astimezone(ZoneInfo("Europe/Berlin")).day for each in spring] == [28, 30]
    autumn = list(nightly.starts(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)))
    assert autumn == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_a_day_of_the_month_or_of_the_week_is_enough() -> None:
    """As in cron: where both are given, either will do."""
    schedule = Schedule(expression="cron(0 2 1 * SUN)", duration="PT1H")
    starts = schedule.starts(datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC))
    assert [(each.month, each.day) for each in starts] == [(3, 29), (4, 1), (4, 5)]


@pytest.mark.parametrize(
    ("settings", "setting", "said"),
    [
        ({"expression": "cron(0 2 * * SUN *)"}, "expression", "five fields"),
        ({"expression": "cron(*/5 * * * *)"}, "expression", "steps"),
        ({"expression": "cron(0 2 ? * SUN)"}, "expression", "write *"),
        ({"expression": "cron(0 2 * * FRI-SUN)"}, "expression", "ascending"),
        ({"expression": "cron(60 2 * * *)"}, "expression", "0 to 59"),
        ({"expression": "cron(0 2 0 * *)"}, "expression", "1 to 31"),
        ({"expression": "rate(1 day)"}, "expression", "cron("),
        ({"expression": "at(2026-02-30T00:00)"}, "expression", "exist"),
        ({"expression": "at(2026-02-03T00:00:00)"}, "expression", "at(yyyy"),
        ({"duration": "2h"}, "duration", "PT4H"),
        ({"duration": "P"}, "duration", "PT1M"),
        ({"duration": "PT59S"}, "duration", "PT1M"),
        ({"duration": "P15DT1M"}, "duration", "P15D"),
        ({"timezone": "Mars/Olympus"}, "timezone", "time zone"),
    ],
)
def test_schedules_that_are_refused(settings: dict[str, str], setting: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Schedule(**{"expression": "cron(0 2 * * *)", "duration": "PT1H", **settings})
    assert (caught.value.setting, said in caught.value.reason) == (setting, True)


def test_what_bounds_a_mute_rule() -> None:
    daily = Schedule(expression="cron(0 2 * * *)", duration="PT4H")
    rule = MuteRule(
        name="r",
        schedule=daily,
        alarm_names=("a",),
        start_date=START + timedelta(days=1),
        expire_date=START + timedelta(days=2, hours=3),
    )
    day, hour = timedelta(days=1), timedelta(hours=1)
    assert stretches([rule], "a", START, START + 4 * day) == [
        Muted("r", START + day + 2 * hour, START + day + 6 * hour),
        Muted("r", START + 2 * day + 2 * hour, START + 2 * day + 3 * hour),
    ]
    assert stretches([rule], "b", START, START + 4 * day) == []
    inside = stretches([MuteRule(name="all", schedule=daily)], "b", START + 3 * hour, START + 4 * hour)
    assert inside == [Muted("all", START + 2 * hour, START + 6 * hour)]


@pytest.mark.parametrize(
    ("windows", "runs"),
    [
        ([(0, 5), (4, 8)], [8, 9]),
        ([(0, 12)], [None, 12]),
        ([(0, 2)], [2, 9]),
        ([(0, 9)], [None, 9]),
        ([(2, 5)], [5, 9]),
    ],
)
def test_when_the_actions_of_two_changes_run(windows: list[tuple[int, int]], runs: list[int | None]) -> None:
    changes = [
        Change(START + 2 * MINUTE, State.OK, State.ALARM),
        Change(START + 9 * MINUTE, State.ALARM, State.OK),
    ]
    held = [Muted("r", START + start * MINUTE, START + end * MINUTE) for start, end in windows]
    told = muted(deliveries(changes), held, START + 60 * MINUTE)
    assert [one.runs and (one.runs - START) // MINUTE for one in told] == runs


@given(
    changing(MINUTE, 20),
    st.lists(st.tuples(st.integers(-3, 20), st.integers(1, 6)), max_size=3),
    st.booleans(),
)
def test_what_a_mute_rule_holds_is_done_once_at_its_end(
    changes: list[Change],
    windows: list[tuple[int, int]],
    enabled: bool,
) -> None:
    """Minute by minute: actions of the state that was entered last run as soon as no rule holds them."""
    held = [Muted("r", START + MINUTE * at, START + MINUTE * (at + length)) for at, length in windows]
    end = START + 40 * MINUTE
    found = muted(deliveries(changes, enabled=enabled), held, end)
    expected: list[tuple[datetime, State]] = []
    pending: State | None = None
    for minute in range(41):
        at = START + MINUTE * minute
        pending = next((change.after for change in changes if change.at == at), pending)
        if pending is not None and enabled and not any(each.start <= at < each.end for each in held):
            expected.append((at, pending))
            pending = None
    assert [(one.runs, one.after) for one in found if one.runs is not None] == expected
    for one in found:
        at_once = one.runs == one.at
        assert at_once is (not one.holds)
        assert one.after_mute_window is (one.runs is not None and not at_once)
        assert (HeldBy.DISABLED in one.held_by) is not enabled
