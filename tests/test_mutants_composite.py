"""The recorded rows and the small world catch every planted mistake about composite alarms (`tests/mutants_composite.py`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from detector.alarm import State, delivery, schedule
from detector.alarm.delivery import Muted
from detector.composite import evaluate, parse, phases_plain, suppression
from tests.mutants import Mutant
from tests.mutants_composite import HELD, PHASES, STARTS, VALUES
from tests.test_composite_laws import START, Change
from tests.test_composite_tables import ROWS

pytestmark = pytest.mark.slow
SECOND = timedelta(seconds=1)


def test_the_real_modules_stand_every_test() -> None:
    assert not any((values(evaluate), phases(suppression), held(delivery), starts(schedule)))


@pytest.mark.parametrize("mutant", VALUES, ids=lambda one: one.name)
def test_a_wrong_value_is_told(mutant: Mutant) -> None:
    assert values(mutant.load())


@pytest.mark.parametrize("mutant", PHASES, ids=lambda one: one.name)
def test_a_wrong_phase_is_told(mutant: Mutant) -> None:
    assert phases(mutant.load())


@pytest.mark.parametrize("mutant", HELD, ids=lambda one: one.name)
def test_a_wrong_hold_is_told(mutant: Mutant) -> None:
    assert held(mutant.load())


@pytest.mark.parametrize("mutant", STARTS, ids=lambda one: one.name)
def test_a_wrong_start_is_told(mutant: Mutant) -> None:
    assert starts(mutant.load())


def values(module: Any) -> bool:
    """Whether a recorded value is another one, or one of a few that follow from the definition."""
    more = [
        ("AT_LEAST(1, NOT ALARM, (A, B))", {"A": "ALARM", "B": "ALARM"}, "OK"),
        ("TRUE AND FALSE", {}, "OK"),
    ]
    recorded = [(row["rule"], row["child_states"], row["expect"]) for row in ROWS if row["kind"] == "value"]
    return any(
        module.state_of(parse(rule), {name: State(state) for name, state in states.items()}) != expected
        for rule, states, expected in (*recorded, *more)
    )


def phases(module: Any) -> bool:
    """Whether any small world has other phases than second by second."""
    for first, second, up, down in product(range(0, 6, 2), range(1, 8, 3), range(0, 8, 2), range(3, 12, 3)):
        at = [START + first * SECOND, START + (first + second) * SECOND]
        suppressor = [
            Change(START + up * SECOND, State.OK, State.ALARM),
            Change(START + (up + down) * SECOND, State.ALARM, State.OK),
        ]
        asked = (at, suppressor, 2, 3, START + 30 * SECOND)
        if [(one.at, str(one.by), one.change) for one in module.phases(*asked)] != [
            (one.at, str(one.by), one.change) for one in phases_plain(*asked)
        ]:
            return True
    return False


def held(module: Any) -> bool:
    """Whether actions run at another minute than at the end of the windows that hold them."""
    changes = [
        Change(START + 2 * SECOND, State.OK, State.ALARM),
        Change(START + 9 * SECOND, State.ALARM, State.OK),
    ]

    def runs(*windows: tuple[int, int]) -> list[float | None]:
        stretches = [Muted("r", START + start * SECOND, START + end * SECOND) for start, end in windows]
        told = module.muted(module.deliveries(changes), stretches, START + 60 * SECOND)
        return [None if one.runs is None else (one.runs - START) / SECOND for one in told]

    expected = {
        ((0, 5), (4, 8)): [8, 9],
        ((0, 12),): [None, 12],
        ((0, 2),): [2, 9],
        ((0, 9),): [None, 9],
        ((2, 5),): [5, 9],
    }
    return any(runs(*windows) != told for windows, told in expected.items())


def starts(module: Any) -> bool:
    """Whether a schedule starts at other minutes than its clock shows."""
    day, minute = datetime(2026, 3, 29, tzinfo=UTC), timedelta(minutes=1)
    for expression in ("cron(30 2 * * *)", "cron(0 2 1 * SUN)", "cron(0 4 * * SUN)", "cron(0 2 29 * MON)"):
        one = module.Schedule(expression=expression, duration="PT1H", timezone="Europe/Berlin")
        local = schedule.Schedule(expression=expression, duration="PT1H", timezone="Europe/Berlin")
        expected = [at for at in (day + minute * each for each in range(2 * 1440)) if local.is_start(at)]
        if list(one.starts(day, day + minute * (2 * 1440 - 1))) != expected:
            return True
    return False
