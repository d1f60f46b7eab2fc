"""The signs of an episode: each speaks up where it is meant to, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector import replay
from detector.jobs.episodes import Points
from detector.jobs.signs import AGAIN, OTHER_DAYS, REGIONS, SHARED, WIDE_CALLS, WIDE_SERVICES
from tests.cli_archives import detection, record, write

SERVICE = {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}


def who(name: str) -> dict[str, Any]:
    return {"userIdentity": {"arn": f"arn:aws:iam::111122223333:user/{name}"}}


def signs(tmp_path: Path, each: list[dict[str, Any]]) -> list[tuple[str, str]]:
    logs = write(tmp_path / "a.json", [record(1, number, **fields) for number, fields in enumerate(each)])
    [found] = replay(detection(tmp_path / "d.toml", "{ $.eventID = * }"), logs)
    [episode] = found.episodes
    assert [sign.points_to for sign in episode.signs] == sorted(
        (sign.points_to for sign in episode.signs), reverse=True
    )
    return [(str(sign.points_to), sign.fact) for sign in episode.signs]


def walk(calls: int, services: int) -> list[dict[str, Any]]:
    """One principal, so many different calls of so many services, once each."""
    return [
        {**who("a"), "eventName": f"Get{call}", "eventSource": f"s{call % services}.amazonaws.com"}
        for call in range(calls)
    ]


@pytest.mark.parametrize("inside", [True, False])
def test_whoever_walks_through_many_services(tmp_path: Path, *, inside: bool) -> None:
    found = signs(tmp_path, walk(WIDE_CALLS - (not inside), WIDE_SERVICES))
    fact = f"one principal tries {WIDE_CALLS} different calls in {WIDE_SERVICES} services"
    assert found == ([("suspicious", fact)] if inside else [])
    assert signs(tmp_path, walk(WIDE_CALLS, WIDE_SERVICES - 1)) == []


@pytest.mark.parametrize(
    ("address", "principals", "said"),
    [
        ("203.0.113.7", SHARED, ["3 principals from one address, 203.0.113.7"]),
        ("2001:db8::7", SHARED, ["3 principals from one address, 2001:db8::7"]),
        ("203.0.113.7", SHARED - 1, []),
        ("cloudformation.amazonaws.com", SHARED, []),
    ],
)
def test_several_principals_from_one_address(
    address: str, principals: int, said: list[str], tmp_path: Path
) -> None:
    each = [{**who(f"u{number % principals}"), "sourceIPAddress": address} for number in range(6)]
    assert [fact for points_to, fact in signs(tmp_path, each) if points_to == "suspicious"] == said


def test_regions_and_tools(tmp_path: Path) -> None:
    each: list[dict[str, Any]] = [
        {**who("a"), "awsRegion": f"eu-west-{number}", "userAgent": agent}
        for number, agent in enumerate(["Boto3/1 os/linux kali", "Stratus-Red-Team_1", "pacumen/1", "Kali"])
    ]
    facts = {fact for points_to, fact in signs(tmp_path, [*each, each[0]]) if points_to == "suspicious"}
    assert facts == {
        f"calls in {REGIONS + 1} regions",
        "the user agent of 3 matches names kali, a tool for attacks",
        "the user agent of 1 match names stratus-red-team, a tool for attacks",
    }


@pytest.mark.parametrize(
    ("each", "said"),
    [
        ([who("a")] * (AGAIN + 1), [f"one principal repeats 1 call, {AGAIN + 1} matches of {AGAIN + 1}"]),
        ([who("a")] * AGAIN, []),
        ([who("a")] * 8 + [who("b")] * 2, []),
        (
            [{"userIdentity": SERVICE, "eventName": f"Put{number}"} for number in range(5)],
            ["a service of AWS makes 5 of 5 matches"],
        ),
    ],
)
def test_what_repeats_itself(each: list[dict[str, Any]], said: list[str], tmp_path: Path) -> None:
    found = signs(tmp_path, each)
    assert [fact for points_to, fact in found if points_to == "misconfiguration"] == said


@pytest.mark.parametrize(("days", "minutes"), [(OTHER_DAYS + 1, 20), (OTHER_DAYS, 20), (OTHER_DAYS + 1, 40)])
def test_a_job_that_runs_at_the_same_time_of_day(days: int, minutes: int, tmp_path: Path) -> None:
    # Around midnight, so that the time of day wraps.
    records = [
        record(
            0,
            number,
            **who("job"),
            eventTime=f"2023-07-{10 + 2 * day}T{time}:0{number}Z",
            eventName=f"Do{number}",
        )
        for day in range(days)
        for time in (["00:01"] if day % 2 == 0 else [f"23:{61 - minutes}"])
        for number in range(5)
    ]
    [found] = replay(detection(tmp_path / "d.toml"), write(tmp_path / "a.json", records))
    facts = {
        sign.fact for one in found.episodes for sign in one.signs if sign.points_to is Points.MISCONFIGURATION
    }
    expected = f"the same principal at this time of day in {OTHER_DAYS} other episodes"
    assert (expected in facts) is (days > OTHER_DAYS and minutes < 30)
