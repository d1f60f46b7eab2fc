"""A year of made-up records with a known truth: chosen on one half, scored on the other, and exclusions run by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import detector
from detector.archive import Selection
from detector.detections import Detection, load_detection
from detector.pattern import compile as compile_pattern
from tests.cli_archives import detection, write

pytestmark = pytest.mark.slow
YEAR = datetime(2025, 1, 1, tzinfo=UTC)
HALF = YEAR + timedelta(days=182)
KEY = "arn:aws:iam::111122223333:user/svc-backup"
INVENTORY = "arn:aws:sts::111122223333:assumed-role/inventory/i-0"
PIPELINE = "arn:aws:sts::111122223333:assumed-role/deploy/run"
ATTACKS = [
    YEAR + timedelta(days=15 * number + 3, hours=(7 * number) % 24, minutes=11) for number in range(24)
]


def called(at: datetime, arn: str, name: str, number: int) -> dict[str, Any]:
    role = arn.rpartition("assumed-role/")[2].partition("/")[0]
    issuer = {"sessionContext": {"sessionIssuer": {"userName": role}}} if "assumed-role" in arn else {}
    return {
        "eventVersion": "1.08",
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventID": f"{at:%j%H%M%S}-{number}",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "errorCode": "AccessDenied",
        "userIdentity": {"arn": arn, **issuer},
        "sourceIPAddress": "192.0.2.7",
    }


def records() -> Iterator[dict[str, Any]]:
    """Three refused calls of a role every hour, a broken pipeline 60 times, and 24 attacks of 40 calls in twelve minutes."""
    chance = random.Random(7)  # noqa: S311 - made-up records, and no secret
    for hour in range(365 * 24):
        at = YEAR + timedelta(hours=hour, minutes=chance.randrange(60))
        yield from (called(at, INVENTORY, "ListRoles", number) for number in range(3))
    for _ in range(60):
        at = YEAR + timedelta(minutes=chance.randrange(365 * 1440))
        yield from (called(at + timedelta(seconds=20 * i), PIPELINE, "PassRole", i) for i in range(6))
    for attack in ATTACKS:
        yield from (called(attack + timedelta(seconds=18 * i), KEY, f"List{i % 9}", i) for i in range(40))


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file a day."""
    folder = tmp_path_factory.mktemp("year")
    days: dict[str, list[dict[str, Any]]] = {}
    for one in records():
        days.setdefault(one["eventTime"][:10], []).append(one)
    for day, made in days.items():
        write(folder / f"{day}.json", sorted(made, key=lambda one: str(one["eventTime"])))
    return str(folder)


@pytest.fixture(scope="module")
def alarm(tmp_path_factory: pytest.TempPathFactory) -> Detection:
    return load_detection(detection(tmp_path_factory.mktemp("detection") / "d.toml", threshold=3))


def incidents() -> list[dict[str, Any]]:
    made = [
        {
            "name": f"attack {at:%m-%d}",
            "start": int(at.timestamp()),
            "end": int(at.timestamp()) + 720,
            "principal": KEY,
        }
        for at in ATTACKS
    ]
    phantoms = [
        {**one, "name": f"phantom of {one['name']}", "principal": "nobody-at-all"} for one in made[::6]
    ]
    return [*made, *phantoms]


GRID = {
    "threshold": "1,3,4,5,8,10,15,20",
    "period": "300,600",
    "datapoints": ["1/1", "2/3", "3/3"],
    "treat_missing_data": ["missing", "notBreaching"],
}
FIRST = Selection(end=int(HALF.timestamp()))
SECOND = Selection(start=int(HALF.timestamp()))


def test_what_is_chosen_on_one_half_holds_on_the_other(year: str, alarm: Detection) -> None:
    """Against the present setting, and against no alarm at all, which misses everything and pages nobody."""
    chosen_on = detector.backtest(alarm, year, GRID, incidents(), selection=FIRST)
    chosen = chosen_on.choice.recommended
    assert chosen is not None
    assert not chosen.current
    phantoms = sum(one.name.startswith("phantom") for one in chosen_on.sweep.incidents)
    assert {cell.score.missed >= phantoms for cell in chosen_on.sweep.cells} == {True}
    assert chosen.score.missed == phantoms > 0
    scored_on = detector.backtest(alarm, year, GRID, incidents(), selection=SECOND)
    [held] = [cell for cell in scored_on.sweep.cells if cell.key == chosen.key]
    present = scored_on.sweep.current.score
    phantoms = sum(one.name.startswith("phantom") for one in scored_on.sweep.incidents)
    attacks = len(scored_on.sweep.incidents) - phantoms
    assert (held.score.missed, attacks) == (phantoms, 12)
    assert (
        present.missed > phantoms
    )  # in ALARM for the inventory when an attack begins, and so nobody is paged for it
    assert present.alarms > 4_000
    assert held.score.alarms < 2 * attacks
    assert (held.score.slowest_delay or 0) <= 1800
    assert held.score.blind_share < 0.001


def test_the_exclusion_is_the_one_that_is_written_by_hand(year: str, alarm: Detection) -> None:
    found = detector.noise(
        alarm, year, incidents=[one for one in incidents() if "phantom" not in one["name"]]
    )
    assert found.proposal is not None
    role = "$.userIdentity.sessionContext.sessionIssuer.userName"
    by_hand = f'{{ $.errorCode = "AccessDenied" && (({role} NOT EXISTS) || ({role} != "inventory")) }}'
    [only] = alarm.filters
    edited = replace(alarm, filters=(replace(only, pattern=compile_pattern(by_hand)),))
    [replayed] = detector.replay(edited, year)
    assert (replayed.alarms, replayed.matched) == (found.proposal.effect.pages, found.proposal.effect.matches)
    assert [one.paged for one in found.proposal.effect.incidents] == [True] * 24
    assert found.present.pages > 5_000
    assert replayed.alarms < 200
