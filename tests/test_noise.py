"""Noise: who makes it is counted right, an exclusion does what a replay with it does, and nothing else is ever left out."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import detector
from detector import ruletests
from detector.__main__ import main
from detector.detections import load_detection, toml
from detector.jobs.backtest.attribution import Activity
from detector.jobs.backtest.incidents import Incident, Verdict
from detector.jobs.backtest.times import InAlarm
from detector.jobs.noise import Noise
from detector.jobs.noise.choice import LEAST, samples_without
from detector.jobs.noise.effects import Effect, Seen, summed, times_of
from detector.jobs.noise.exclusions import (
    ARN,
    EVENT,
    LONGEST,
    ROLE,
    Exclusion,
    InexpressibleError,
    Member,
    edited,
    fits,
    narrowed,
    needs_guard,
)
from detector.jobs.noise.result import Wish
from detector.jobs.replay import replay
from detector.pattern import compile as compile_pattern
from detector.relation import Relation, relate
from detector.ruletests.run import run
from tests.cli_archives import DETECTION, burst, detection, record, write

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
INCIDENTS = SAMPLES / "incidents.toml"
NOISY = {"AWSServiceRoleForConfig", "AWSServiceRoleForResourceExplorer"}
CIS = compile_pattern('{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}')
LOOKS = pytest.mark.skipif(not SAMPLES.exists(), reason="samples/ are not beside the package")


def role(*names: str) -> list[Exclusion]:
    return [Exclusion((Member(ROLE, name),)) for name in names]


@pytest.fixture(scope="module")
def found() -> Noise:
    return detector.noise("cis/cloudwatch-2", SAMPLES, incidents=INCIDENTS)


@LOOKS
def test_both_noisy_service_roles_are_found_and_guarded(found: Noise) -> None:
    """The lab's own case: the filter that the lab's detection has by hand."""
    assert found.proposal is not None
    assert {one.members[0].value for one in found.proposal.exclusions} == NOISY
    lab = load_detection("lab/unauthorized-api-calls").filters[0].pattern
    assert relate(lab, found.proposal.detection.filters[0].pattern).relation is Relation.EQUIVALENT


@LOOKS
def test_every_exclusion_does_what_a_replay_with_it_does(found: Noise) -> None:
    assert found.proposal is not None
    asked = [edited(found.detection, [one.exclusion]) for one in found.candidates]
    named = [replace(one, name=str(place)) for place, one in enumerate([*asked, found.proposal.detection])]
    replays = detector.replay(named, SAMPLES, sample=0)
    effects = [*(one.effect for one in found.candidates), found.proposal.effect]
    assert len(effects) > 10
    for one, effect in zip(replays, effects, strict=True):
        assert (one.matched, one.alarms) == (effect.matches, effect.pages)
        assert one.in_alarm.total_seconds() == effect.seconds


@LOOKS
def test_the_budget_is_kept_with_as_little_as_keeps_it() -> None:
    wide, narrow = (
        detector.noise("cis/cloudwatch-2", SAMPLES, incidents=INCIDENTS, max_pages_per_week=most)
        for most in (40, 20)
    )
    assert wide.proposal
    assert narrow.proposal
    assert (wide.kept, len(wide.proposal.exclusions)) == (True, 2)
    assert (narrow.kept, len(narrow.proposal.exclusions)) == (True, 3)
    assert not narrow.proposal.hidden


@LOOKS
def test_who_comes_in_bursts_is_never_left_out(found: Noise) -> None:
    bursts = {"thumbnails-resizer-role", "svc-backup", "helpdesk"}
    assert found.proposal is not None
    hiding = {one.maker.value: one.hidden for one in found.candidates if one.hidden}
    assert set(hiding) == bursts
    assert len(hiding["svc-backup"]) == 3
    assert not bursts & {one.members[0].value for one in found.proposal.exclusions}
    assert all(
        one.maker.share >= LEAST for one in found.candidates if one.exclusion in found.proposal.exclusions
    )


@LOOKS
def test_the_rule_tests_hold_and_fail_without_the_guard(found: Noise, tmp_path: Path) -> None:
    assert found.proposal is not None
    (tmp_path / "x.toml").write_text(toml.write(found.proposal.detection), "utf-8")
    (tmp_path / "x.test.toml").write_text(found.proposal.tests, "utf-8")
    outcomes = run(ruletests.load(tmp_path / "x.test.toml"))
    assert len(outcomes) == 6
    assert all(one.passed for one in outcomes)
    unguarded = toml.write(found.proposal.detection).replace(f"{ROLE} NOT EXISTS", f'{ROLE} = "nobody"')
    (tmp_path / "x.toml").write_text(unguarded, "utf-8")
    failed = [one for one in run(ruletests.load(tmp_path / "x.test.toml")) if not one.passed]
    assert len(failed) == 2


def lone() -> dict[str, Any]:
    """One refusal of somebody who comes once: what is left of an archive without its steady callers."""
    arn = "arn:aws:iam::111122223333:user/once"
    return record(1, 99, userIdentity={"type": "IAMUser", "arn": arn, "userName": "once"})


def test_makers_are_counted_by_hand(tmp_path: Path) -> None:
    """Twelve hours of a role that is refused once an hour, and five refusals of a user in a minute, who makes the page."""
    user = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/eve", "userName": "eve"}
    write(tmp_path / "logs.json", [record(60 * hour) for hour in range(12)] + burst(91, 5, userIdentity=user))
    text = DETECTION.format(
        title="t", pattern='{ $.errorCode = "AccessDenied" }', threshold=5, missing="notBreaching"
    )
    (tmp_path / "d.toml").write_text(text, "utf-8")
    one = detector.noise(tmp_path / "d.toml", tmp_path / "logs.json")
    worker, eve = one.makers["role"]
    assert (worker.value, worker.matches, worker.pages, worker.hours, worker.interval) == (
        "worker",
        12,
        0,
        12,
        3600,
    )
    assert (eve.value, eve.matches, eve.pages, eve.hours, eve.steady) == ("eve", 5, 1, 1, False)
    assert worker.steady
    assert eve.seconds == one.present.seconds == one.replay.in_alarm.total_seconds()
    assert [each.value for each in one.makers["call"]] == ["worker GetObject", "eve GetObject"]
    assert one.proposal is not None
    assert one.proposal.effect.pages == one.present.pages == 1


@pytest.mark.parametrize(("hours", "proposed"), [(4, False), (11, False), (12, True)])
def test_a_few_hours_prove_nobody_steady(tmp_path: Path, hours: int, proposed: bool) -> None:
    """Two hours of an attack have nobody but the attacker in half of the hours."""
    each = [one for hour in range(hours) for one in burst(60 * hour, 6)]
    one = detector.noise(detection(tmp_path / "d.toml"), write(tmp_path / "logs.json", [*each, lone()]))
    assert (one.makers["role"][0].steady, one.proposal is not None) == (proposed, proposed)
    told = f"the archive is too short to show who comes steadily: it has {hours} hours with a log, and it takes 12, or 5 days"
    assert (one.because == told) is not proposed


@pytest.mark.parametrize(
    ("log", "bursts", "steady"),
    [
        (range(12), [1, 3, 4, 8, 9, 10], False),  # in half of twelve hours
        (range(24), range(0, 24, 2), True),
        (range(25), range(0, 24, 2), False),  # in less than half of the hours
        ([24 * day for day in range(4)], [24 * day for day in range(4)], False),
        ([24 * day for day in range(5)], [24 * day for day in range(5)], True),
        ([24 * day for day in range(5)], [0, 24, 48], False),  # on more than half of five days
        ([24 * day for day in range(11)], [24 * day for day in range(5)], False),
    ],
)
def test_bursts_are_steady_only_over_many_hours_or_days(
    tmp_path: Path, log: Iterable[int], bursts: Iterable[int], steady: bool
) -> None:
    def at(hour: int) -> str:
        return f"2023-07-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"

    quiet = [record(0, hour, eventTime=at(hour), errorCode=None) for hour in log]
    each = [one for hour in bursts for one in burst(hour, 6, eventTime=at(hour))]
    one = detector.noise(detection(tmp_path / "d.toml"), write(tmp_path / "logs.json", [*quiet, *each]))
    assert one.makers["role"][0].steady is steady


@pytest.mark.parametrize("most", [None, 0])
def test_an_alarm_is_left_something_to_see(tmp_path: Path, most: int | None) -> None:
    """The only caller may be the one that the alarm is for."""
    each = [one for hour in range(12) for one in burst(60 * hour, 6)]
    one = detector.noise(
        detection(tmp_path / "d.toml"), write(tmp_path / "logs.json", each), max_pages_per_week=most
    )
    assert one.makers["role"][0].steady
    assert one.proposal is None
    assert one.because.endswith("leaving nothing that matches")


def test_a_default_value_is_published_for_what_is_left_out(tmp_path: Path) -> None:
    """Two roles, both left out at once: their samples go, and their default values come; one refusal stays, and is no page."""
    other = {"sessionContext": {"sessionIssuer": {"userName": "other"}}}
    other["arn"] = "arn:aws:sts::111122223333:assumed-role/other/i-1"  # type: ignore[assignment]  # a record
    records = [one for number in range(30) for one in burst(24 * number, 2, userIdentity=other)]
    records += [one for number in range(30) for one in burst(24 * number + 5, 2)]
    write(tmp_path / "logs.json", [*records, lone()])
    text = DETECTION.format(
        title="t", pattern='{ $.errorCode = "AccessDenied" }', threshold=2, missing="missing"
    ).replace('name = "Denied"', 'name = "Denied"\ndefault_value = 0')
    (tmp_path / "d.toml").write_text(text, "utf-8")
    one = detector.noise(tmp_path / "d.toml", tmp_path / "logs.json", max_pages_per_week=0)
    assert one.proposal is not None
    assert len(one.proposal.exclusions) == 2
    assert (one.proposal.effect.pages, one.kept) == (0, True)


def test_samples_of_exclusions_that_are_apart_add_up() -> None:
    """Two matches in a minute, each left out by one of two: alone one stays beside a default value, together both values are."""
    present = pl.DataFrame({"minute": [0], "value": [1.0], "samples": [2]})
    alone = pl.DataFrame({"minute": [0, 0], "value": [0.0, 1.0], "samples": [1, 1]})
    assert samples_without(present, [alone, alone]).rows() == [(0, 0.0, 2)]


@pytest.mark.parametrize(
    ("pattern", "selector", "guarded"),
    [
        (CIS, ROLE, True),
        (CIS, "$.errorCode", False),
        (compile_pattern(f'{{ {ROLE} = "a*" && $.errorCode = "b" }}'), ROLE, False),
        (compile_pattern(f'{{ {ROLE} NOT EXISTS || {ROLE} != "a" }}'), ROLE, True),
    ],
)
def test_a_guard_stands_where_the_member_may_be_absent(
    pattern: detector.Pattern, selector: str, guarded: bool
) -> None:
    assert needs_guard(pattern, selector) is guarded
    written = narrowed(pattern, [Exclusion((Member(selector, "x"),))]).source
    assert ("NOT EXISTS" in written.removeprefix(pattern.source[:-1])) is (
        guarded or "NOT EXISTS" in pattern.source
    )


@pytest.mark.parametrize(
    "value", ['a"b', "a\\b", "a'b", "123", "é", "x' || $.a = 1", "a && b", "%x%", "null"]
)
def test_a_value_is_left_out_and_no_other(value: str) -> None:
    new = narrowed(CIS, role(value))
    said = {"errorCode": "AccessDenied"}
    assert not new.matches(
        {**said, "userIdentity": {"sessionContext": {"sessionIssuer": {"userName": value}}}}
    )
    assert new.matches(
        {**said, "userIdentity": {"sessionContext": {"sessionIssuer": {"userName": f"{value}2"}}}}
    )
    assert new.matches(said)
    assert relate(CIS, new).relation is Relation.NARROWER


@pytest.mark.parametrize("value", ["a*", "", "a\nb", "a\x1b[0m", "\u202e", "a\ufffd", "x" * (LONGEST + 1)])
def test_a_value_that_cannot_be_said_is_refused(value: str) -> None:
    with pytest.raises(InexpressibleError):
        narrowed(CIS, role(value))


def test_the_limits_of_the_language_are_kept() -> None:
    detection = load_detection("cis/cloudwatch-2")
    many = role(*(f"role-{number:03}" for number in range(20)))
    assert not fits(detection, many)
    with pytest.raises(InexpressibleError, match="1024 characters"):
        edited(detection, many)
    with pytest.raises(InexpressibleError, match="space-delimited"):
        narrowed(compile_pattern("[a, b]"), role("x"))


def test_a_call_is_left_out_of_one_caller_only() -> None:
    new = narrowed(CIS, [Exclusion((Member(ARN, "a"), Member(EVENT, "b")))])
    for who, what, counts in (
        ("a", "b", False),
        ("a", "c", True),
        ("x", "b", True),
        (None, "b", True),
        ("a", None, True),
    ):
        identity = {} if who is None else {"arn": who}
        event = {} if what is None else {"eventName": what}
        assert new.matches({"errorCode": "AccessDenied", "userIdentity": identity, **event}) is counts


@LOOKS
def test_the_verb_says_it_as_json_and_fails_for_a_broken_budget(capsys: pytest.CaptureFixture[str]) -> None:
    argv = [
        "noise",
        str(SAMPLES),
        "-d",
        "cis/cloudwatch-2",
        "--incidents",
        str(INCIDENTS),
        "--max-pages-per-week",
    ]
    assert main([*argv, "40", "--format", "json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert tomllib.loads(told["proposal"]["detection"])["filter"]["pattern"]
    assert len(tomllib.loads(told["proposal"]["tests"])["case"]) == 6
    page = (ROOT / "docs" / "noise.md").read_text("utf-8")
    assert [
        key for key in (*told, *told["proposal"], *told["makers"]["role"][0]) if f"`{key}`" not in page
    ] == []
    assert main([*argv, "0"]) == 1
    assert "NOT KEPT" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "protected"),
    [
        ({"address": "198.51.100.0/24"}, True),
        ({"pattern": "{ $.eventName = List* }"}, True),
        ({"principal": "svc-backup"}, True),
        ({"address": "203.0.113.9"}, False),
        ({"principal": "svc-backup", "address": "203.0.113.9"}, False),
        ({"principal": "nobody"}, False),
        ({"principal": "svc-backup", "verdict": "misconfiguration"}, False),
    ],
)
def test_whose_an_incident_is_says_what_may_not_be_hidden(
    tmp_path: Path, said: dict[str, Any], protected: bool
) -> None:
    """A key that comes every hour, at a time at which everybody else does, too: only its own matches tell it apart."""
    arn = "arn:aws:iam::111122223333:user/svc-backup"
    key = {
        "userIdentity": {"type": "IAMUser", "arn": arn, "userName": "svc-backup"},
        "sourceIPAddress": "198.51.100.7",
        "eventName": "ListUsers",
    }
    hours = range(12)
    logs = write(
        tmp_path / "logs.json",
        [
            *(one for hour in hours for one in (*burst(60 * hour, 6), *burst(60 * hour + 1, 6, **key))),
            lone(),
        ],
    )
    noon = 1_688_990_400
    incident = {"name": "x", "start": noon, "end": noon + 600, **said}
    one = detector.noise(detection(tmp_path / "d.toml"), logs, incidents=[incident])
    assert one.proposal is not None
    left_out = {each.members[0].value for each in one.proposal.exclusions}
    assert left_out == ({"worker"} if protected else {"worker", arn})
    hidden = {each.exclusion.members[0].value: each.hidden for each in one.candidates}
    assert hidden[arn] == (("x",) if protected else ())


@LOOKS
def test_a_set_of_exclusions_sees_incidents_as_a_replay_of_it_does() -> None:
    """What `summed` says of several exclusions that are apart is what their own pass says."""
    one = detector.noise("cis/cloudwatch-2", SAMPLES, incidents=INCIDENTS, max_pages_per_week=40)
    assert one.proposal is not None
    assert len(one.proposal.exclusions) > 1
    alone = [each.effect for each in one.candidates if each.exclusion in one.proposal.exclusions]
    samples = replay(one.proposal.detection, str(SAMPLES))[0]
    times = times_of(one.proposal.detection, samples.samples, samples.reading)
    found, wanted = summed(one.present, alone, times, one.wish.grace), one.proposal.effect
    assert (found.matches, found.pages, found.seconds, found.incidents) == (
        wanted.matches,
        wanted.pages,
        wanted.seconds,
        wanted.incidents,
    )


def test_what_two_exclusions_take_of_an_incident_adds_up() -> None:
    one = Incident("x", 0, 300, ("svc-backup",))
    times = InAlarm([100], [160], 0, lambda _: [(0, 120)])

    def effect(*minutes: int) -> Effect:
        return Effect(9, 1, 60, (Seen(one, len(minutes), bool(minutes)),), Activity(own={one: minutes}))

    both = summed(effect(0, 0, 60, 600), [effect(0, 60, 600), effect(0, 0, 600)], times, 0)
    assert both.incidents == (Seen(one, 2, True),)
    all_of_it = summed(effect(0, 0, 60), [effect(60), effect(0, 0)], times, 0)
    assert all_of_it.incidents == (Seen(one, 0, False),)


def test_nothing_is_written_where_the_budget_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = write(
        tmp_path / "logs.json",
        [
            *(one for hour in range(12) for one in burst(60 * hour, 6)),
            *burst(30, 9, userIdentity={"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/once"}),
        ],
    )
    path = detection(tmp_path / "d.toml")
    before = Path(path).read_bytes()
    assert main(["noise", logs, "-d", path, "--max-pages-per-week", "1", "--write"]) == 1
    assert "nothing is written: with the proposal there would still be" in capsys.readouterr().err
    assert Path(path).read_bytes() == before
    assert main(["noise", logs, "-d", path, "--write"]) == 0
    assert Path(path).read_bytes() != before


def test_what_was_labelled_noise_is_not_protected() -> None:
    seen = [Incident(verdict.name, 0, 60, verdict=verdict) for verdict in Verdict]
    assert [one.name for one in Wish(tuple(seen)).incidents] == ["ATTACK", "UNDECIDED"]
