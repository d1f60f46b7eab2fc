"""The signs of an episode: each speaks up where it is meant to, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from detector import replay
from detector.alarm.values import DAY
from detector.jobs import signs as counted
from detector.jobs.episodes import Points, Sign
from detector.jobs.runbook import Leaning
from detector.jobs.signs import (
    AFTER,
    AGAIN,
    DAYS,
    EARLIER,
    FIRST,
    GAPS,
    NARROW,
    OTHER_DAYS,
    REGIONS,
    SHARED,
    WIDE_CALLS,
    WIDE_SERVICES,
)
from tests.cli_archives import burst, detection, record, write

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


def rules(tmp_path: Path, records: list[dict[str, Any]], *, threshold: int = 5) -> list[tuple[str, str]]:
    """Rules and facts of the last episode."""
    asked = detection(tmp_path / "d.toml", "{ $.eventID = * }", threshold=threshold)
    [found] = replay(asked, write(tmp_path / "a.json", records))
    return [(sign.rule, sign.fact) for sign in found.episodes[-1].signs]


@pytest.mark.parametrize("looks", [FIRST, FIRST - 1])
def test_whoever_looks_around_first(looks: int, tmp_path: Path) -> None:
    calls = [*(f"List{number}" for number in range(looks)), "CreateKey", "List9", "List8"]
    each = [record(1 + place / 60, place, **who("a"), eventName=call) for place, call in enumerate(calls)]
    expected = ("enumeration", f"{FIRST} calls that only look before the first other one, CreateKey")
    assert (expected in rules(tmp_path, each)) is (looks == FIRST)


@pytest.mark.parametrize(("before", "address"), [(EARLIER, "203.0.113.9"), (EARLIER - 1, "203.0.113.9"), (EARLIER, "192.0.2.7")])  # fmt: skip
def test_an_address_that_is_new_for_a_principal(before: int, address: str, tmp_path: Path) -> None:
    each = [
        *(record(-200 - 10 * number, number, **who("a")) for number in range(before)),
        *(record(1, number, **who("a"), sourceIPAddress=address) for number in range(6)),
    ]
    fact = f"the address 203.0.113.9 is new for one principal after {EARLIER} matches with others"
    assert (("new-address", fact) in rules(tmp_path, each)) is (before == EARLIER and address != "192.0.2.7")
    agents = [one | {"userAgent": one.pop("sourceIPAddress")} for one in each]
    assert ("new-agent" in dict(rules(tmp_path, agents))) is (before == EARLIER and address != "192.0.2.7")


@pytest.mark.parametrize(
    ("change", "error", "after"),
    [("CreateAccessKey", "", AFTER), ("CreateAccessKey", "AccessDenied", AFTER), ("CreateAccessKey", "", AFTER - 1), ("GetUser", "", AFTER)],
)  # fmt: skip
def test_calls_that_follow_a_change_of_credentials(
    change: str, error: str, after: int, tmp_path: Path
) -> None:
    each = [
        *(record(1, number, **who("a"), eventName=f"Do{number}") for number in range(5)),
        record(1.5, 7, **who("a"), eventName=change, errorCode=error),
        *(record(2, 10 + number, **who("a"), eventName=f"Go{number}") for number in range(after)),
    ]
    expected = ("after-change", f"{AFTER} calls follow CreateAccessKey by the same principal")
    told = rules(tmp_path, each)
    assert (expected in told) is (change == "CreateAccessKey" and not error and after == AFTER)


@pytest.mark.parametrize(("odd", "runs"), [(0, GAPS + 1), (0, GAPS), (2, GAPS + 1)])
def test_a_job_that_comes_at_even_times(odd: int, runs: int, tmp_path: Path) -> None:
    starts = [-7 * number + (2 if number in range(1, odd + 1) else 0) for number in range(runs)]
    each = [record(20 + at, at, **who("job"), eventName=f"Do{at % 3}") for at in starts]
    fact = f"the same principal every 7 min: {GAPS} of {GAPS} gaps are alike"
    assert (("regular", fact) in rules(tmp_path, each, threshold=1)) is (runs > GAPS and not odd)


@pytest.mark.parametrize(("days", "kinds"), [(DAYS, 1), (DAYS - 1, 1), (DAYS, NARROW + 1)])
def test_the_same_error_for_days(days: int, kinds: int, tmp_path: Path) -> None:
    each = [
        record(0, number, **who("job"), eventName=f"Do{number % kinds}", eventTime=f"2023-07-{10 + day}T0{day}:00:0{number % 10}Z")
        for day in range(days)
        for number in range(NARROW + 2)
    ]  # fmt: skip
    expected = ("same-error", f"the same principal gets AccessDenied for Do0 on {DAYS} days")
    assert (expected in rules(tmp_path, each)) is (days == DAYS and kinds == 1)


@pytest.mark.parametrize(
    ("kind", "calls"), [("assumed-role/job/i-0", 2), ("assumed-role/job/i-0", 3), ("user/job", 2)]
)
def test_a_role_that_does_one_thing(kind: str, calls: int, tmp_path: Path) -> None:
    identity = {"userIdentity": {"arn": f"arn:aws:sts::111122223333:{kind}"}}
    each = [record(1, number, **identity, eventName=f"Do{number % calls}") for number in range(6)]
    expected = ("one-role", "one role makes 6 of 6 matches, and calls nothing but Do0 and Do1")
    assert (expected in rules(tmp_path, each)) is (calls == 2 and kind.startswith("assumed-role"))


def test_what_signs_speak_for_together(tmp_path: Path) -> None:
    [found] = replay(detection(tmp_path / "d.toml"), write(tmp_path / "a.json", burst(1, 5)))
    probing, broken = (Sign(kind, "", "") for kind in Points)
    told = {
        signs: Leaning.of(replace(found.episodes[0], signs=signs))
        for signs in ((), (probing,), (broken,), (probing, broken))
    }
    assert list(told.values()) == [Leaning.NEITHER, Leaning.PROBING, Leaning.MISCONFIGURATION, Leaning.BOTH]


@given(st.lists(st.integers(0, DAY - 1), min_size=1, max_size=20), st.integers(0, 19))
def test_the_times_of_day_around_one_are_those_that_a_clock_shows(moments: list[int], place: int) -> None:
    moment, most = moments[place % len(moments)], counted.SAME_TIME * 60
    apart = [(one - moment) % DAY for one in moments]
    assert counted._around(moment, sorted(moments)) == sum(min(one, DAY - one) <= most for one in apart)
