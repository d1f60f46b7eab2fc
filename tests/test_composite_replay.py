"""Composite alarms and mute rules from files to reports: children in one pass, who and what, pages that are held."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detector import State, replay
from detector.__main__ import main
from detector.alarm.delivery import HeldBy
from detector.alarm.mute import MuteRule
from detector.detections.alarmed import Composite
from detector.detections.alarms import detections_in, load_alarmed
from detector.detections.mutes import load_mutes
from detector.errors import DetectionError, SettingsError
from detector.jobs.composite_notifications import composite_changes, place_of_composite
from detector.jobs.composites import CompositeReplay
from detector.jobs.notifications import Place, StateChange, state_changes
from detector.jobs.replay import Replays
from tests.cli_archives import DETECTION, burst, write

HERE = Path(__file__).parent.parent
SAMPLE, MAINTENANCE = HERE / "samples" / "sign-in-and-denied.toml", HERE / "samples" / "maintenance.toml"
NOON = datetime(2023, 7, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

COMPOSITE = """
[composite]
name = "{name}"
alarm_rule = '{rule}'
children = ["a.toml", "b.toml", "c.toml"]
{more}
"""
MUTE = """
[[mute]]
name = "lunch"
expression = "at(2023-07-10T12:00)"
duration = "PT40M"
{more}
"""


def detection(folder: Path, name: str, call: str) -> str:
    """An alarm ``x-alarm`` in ``x.toml`` that a single call of this name raises for about fifteen minutes."""
    pattern = f"{{ $.eventName = {call} }}"
    text = DETECTION.format(title=name, pattern=pattern, threshold=1, missing="notBreaching")
    path = folder / f"{name}.toml"
    path.write_text(text.replace("denied-alarm", f"{name}-alarm"), encoding="utf-8")
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three detections; calls of ``a`` at 12:05 and 13:05, of ``b`` at 12:07, of ``c`` at 13:04."""
    for name, call in (("a", "CallA"), ("b", "CallB"), ("c", "CallC")):
        detection(tmp_path, name, call)
    calls = [
        *burst(
            5,
            2,
            eventName="CallA",
            userIdentity={"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann"},
        ),
        *burst(65, 1, eventName="CallA"),
        *burst(
            7,
            3,
            eventName="CallB",
            userIdentity={"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ben"},
        ),
        *burst(64, 1, eventName="CallC"),
    ]
    write(tmp_path / "logs" / "x.json", calls)
    return tmp_path


def composite(folder: Path, rule: str, name: str = "both", more: str = "") -> str:
    path = folder / f"{name}.toml"
    path.write_text(COMPOSITE.format(name=name, rule=rule, more=more), encoding="utf-8")
    return str(path)


def replayed(folder: Path, rule: str, more: str = "", mute: str = "") -> CompositeReplay:
    mutes: tuple[MuteRule, ...] = ()
    if mute:
        (folder / "mute.toml").write_text(mute, encoding="utf-8")
        mutes = load_mutes(folder / "mute.toml")
    [found] = replay(composite(folder, rule, more=more), folder / "logs", mutes=mutes, sample=0).composites
    return found


def changes(found: CompositeReplay) -> list[tuple[float, str]]:
    """Minutes after noon, and the new state."""
    return [((each.at - NOON) / MINUTE, str(each.after)) for each in found.transitions]


def test_the_children_run_in_one_pass_and_say_who_did_what(folder: Path) -> None:
    found = replayed(folder, 'ALARM("a-alarm") AND ALARM("b-alarm")')
    assert changes(found) == [(5, "OK"), (8, "ALARM"), (21, "OK")]
    [episode] = found.episodes
    assert episode.matches == 5
    assert (
        episode.first == NOON + 5 * MINUTE
    )  # the window that raised the alarm of a, not that of the composite
    assert [who for who, _ in episode.fields["principals"].top] == [
        "arn:aws:iam::111122223333:user/ben",
        "arn:aws:iam::111122223333:user/ann",
    ]
    assert [
        child.detection.alarm.name
        for child in found.children.values()
        if not isinstance(child, CompositeReplay)
    ] == [
        "a-alarm",
        "b-alarm",
    ]
    assert found.verdict == "ALARM"


def test_a_suppressor_holds_pages_and_is_not_among_who(folder: Path) -> None:
    more = 'actions_suppressor = { alarm = "c-alarm", wait_period = 90, extension_period = 90 }'
    found = replayed(folder, "ALARM(a-alarm)", more)
    assert changes(found) == [(5, "OK"), (6, "ALARM"), (21, "OK"), (66, "ALARM"), (81, "OK")]
    first, second = (one for one in found.deliveries if one.is_page)
    assert (first.runs, first.held_by) == (NOON + 7.5 * MINUTE, (HeldBy.WAIT_PERIOD,))
    assert (second.runs, second.held_by) == (None, (HeldBy.SUPPRESSOR, HeldBy.EXTENSION_PERIOD))
    last = found.deliveries[-1]
    assert (last.runs, last.holds[-1].end) == (None, None)  # the replay ends before the wait
    assert "CallC" not in str([episode.fields["events"] for episode in found.episodes])


def test_a_composite_of_composites(folder: Path) -> None:
    composite(folder, "ALARM(a-alarm)", "inner")
    found = replayed(folder, 'ALARM("inner.toml") AND NOT ALARM("c-alarm")')
    assert changes(found) == [(5, "OK"), (6, "ALARM"), (21, "OK"), (80, "ALARM"), (81, "OK")]
    [first, second] = found.episodes
    assert (first.matches, second.matches) == (2, 2)
    assert isinstance(found.children["inner.toml"], CompositeReplay)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            "AT_LEAST(2, ALARM, (a-alarm, b-alarm, c-alarm))",
            [(5, "OK"), (8, "ALARM"), (21, "OK"), (66, "ALARM"), (80, "OK")],
        ),
        ("INSUFFICIENT_DATA(b-alarm)", [(5, "OK")]),
        ("TRUE", [(5, "ALARM")]),
        ("OK(c-alarm) AND OK(a-alarm)", [(5, "ALARM"), (6, "OK"), (21, "ALARM"), (65, "OK"), (81, "ALARM")]),
    ],
)
def test_rules_over_the_states_of_children(
    folder: Path, rule: str, expected: list[tuple[float, str]]
) -> None:
    assert changes(replayed(folder, rule)) == expected


def test_a_mute_rule_holds_pages_and_changes_no_state(folder: Path) -> None:
    rule = "ALARM(a-alarm)"
    free, held = replayed(folder, rule), replayed(folder, rule, mute=MUTE.format(more=""))
    assert changes(free) == changes(held)
    assert [one.runs for one in free.deliveries] == [one.at for one in free.deliveries]
    first, second = (one for one in held.deliveries if one.is_page)
    assert (first.runs, first.muted_by, second.runs) == (None, ("lunch",), second.at)
    [_, _, back, *_] = held.deliveries
    assert (back.after, back.runs, back.after_mute_window) == (State.OK, NOON + 40 * MINUTE, True)
    other = replayed(folder, rule, mute=MUTE.format(more='alarm_names = ["a-alarm"]'))
    assert [one.runs for one in other.deliveries] == [one.at for one in other.deliveries]
    children = [child for child in other.children.values() if not isinstance(child, CompositeReplay)]
    assert [one.muted_by for one in children[0].deliveries if one.is_page] == [("lunch",), ()]


def both_reports(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[str, list[dict[str, Any]]]:
    assert main(["replay", *argv, "--full"]) == 0
    text = capsys.readouterr().out
    assert main(["replay", *argv, "--format", "json"]) == 0
    return text, json.loads(capsys.readouterr().out)


def test_the_report_says_what_was_held_and_json_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    argv = [str(HERE / "samples"), "-d", str(SAMPLE), "--mute", str(MAINTENANCE)]
    text, objects = both_reports(capsys, *argv)
    told = objects[-1]
    assert (told["composite"], told["alarms"], told["pages"]["never"]) == (str(SAMPLE), 1, 1)
    kept = {
        rule["name"]: sum(one["mute_rules"][at]["kept_back"] for one in objects)
        for at, rule in enumerate(told["mute_rules"])
    }
    for name, number in kept.items():
        assert re.search(
            rf"{name}: .+: (?:{number} pages? kept back|kept no page back)", re.sub(r"\n +", " ", text)
        )
    flat = re.sub(r"\s+", " ", text)
    for line in (*told["transitions"], *told["episodes"]):
        assert line["reason"] in flat
    for child in (*told["children"], told["suppressor"]):
        assert f"{child['name']}: ALARM {child['alarms']} time" in flat
    assert "Pages: 1, of which 0 sent at once, 0 late, 1 never" in text
    assert (
        "held by mute rule launch until 2025-03-13 20:30; never sent, since the state had changed by then"
        in flat
    )
    assert "1 of 1 composite and 3 of 3 detections in ALARM" in text
    assert told["rule"] in flat


def test_ndjson_has_a_line_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = composite(folder, "ALARM(a-alarm) AND ALARM(b-alarm)")
    assert main(["replay", str(folder / "logs"), "-d", both, "--format", "ndjson"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    mine = [line["type"] for line in lines if line.get("composite") == both]
    assert mine == ["replay", "episode", "transition", "transition", "transition"]


@pytest.mark.parametrize("form", ["csv", "text"])
def test_other_formats_have_the_children(folder: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert (
        main(["replay", str(folder / "logs"), "-d", composite(folder, "ALARM(a-alarm)"), "--format", form])
        == 0
    )
    assert "a.toml" in capsys.readouterr().out


def test_match_and_backtest_take_its_detections(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = composite(folder, "ALARM(a-alarm) OR ALARM(b-alarm)")
    assert [Path(one.path).name for one in detections_in(both)] == ["a.toml", "b.toml"]
    assert main(["match", both, str(folder / "logs"), "--format", "ndjson"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert main(["backtest", str(folder / "logs"), "-d", both, "--threshold", "1,2"]) == 0


def test_without_a_log_there_is_no_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "nothing").mkdir()
    both = composite(folder, "ALARM(a-alarm)")
    assert main(["replay", str(folder / "nothing"), "-d", both]) == 2
    assert "NO EVIDENCE." in capsys.readouterr().out
    assert replay(both, folder / "nothing").composites[0].verdict == "no evidence"


FLAWED = {
    "an alarm that is not there": (
        "ALARM(a-alrm)",
        "",
        "alarm_rule",
        "[a-alrm] in the alarm rule do not exist; did you mean a-alarm?",
    ),
    "a suppressor that is not there": (
        "TRUE",
        'actions_suppressor = { alarm = "x-alarm", wait_period = 1, extension_period = 1 }',
        "actions_suppressor",
        "expected an alarm that exists, found 'x-alarm'",
    ),
    "a broken rule": ("ALARM(a-alarm) and TRUE", "", "alarm_rule", "Unsupported token 'and' at char 15"),
    "itself": ("ALARM(both)", "", "alarm_rule", "found 'both' itself"),
    "itself as a file": ("ALARM(both.toml)", "", "alarm_rule", "both.toml → both.toml"),
    "two accounts": (
        'OK("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a-alarm") OR OK("arn:aws:cloudwatch:eu-west-1:444455556666:alarm:b-alarm")',
        "",
        "alarm_rule",
        "expected alarms of one account",
    ),
    "an unknown key": ("TRUE", "alarm_action = []", "alarm_action", "did you mean alarm_actions?"),
    "half a suppressor": (
        "TRUE",
        'actions_suppressor = { alarm = "a-alarm" }',
        "actions_suppressor",
        "wait_period",
    ),
    "a period that is none": (
        "TRUE",
        'actions_suppressor = { alarm = "a-alarm", wait_period = -1, extension_period = 0 }',
        "actions_suppressor.wait_period",
        "not negative",
    ),
}


@pytest.mark.parametrize("flaw", FLAWED)
def test_what_a_composite_file_may_not_say(folder: Path, flaw: str) -> None:
    rule, more, key, said = FLAWED[flaw]
    with pytest.raises(DetectionError) as caught:
        load_alarmed(composite(folder, rule, more=more))
    assert caught.value.key == f"composite.{key}"
    assert said in caught.value.reason
    assert caught.value.line


def test_a_composite_has_a_name_of_its_own(folder: Path) -> None:
    """The row ``sdv-name-of-composite`` of the table of alarms."""
    with pytest.raises(
        DetectionError, match="AlarmName b-alarm is already used by another alarm of a different type"
    ):
        load_alarmed(composite(folder, "ALARM(a-alarm)", "b-alarm"))


def test_composites_that_depend_on_each_other_are_refused(folder: Path) -> None:
    composite(folder, "ALARM(second.toml)", "first")
    with pytest.raises(DetectionError, match=r"first.toml → second.toml → first.toml"):
        load_alarmed(composite(folder, "ALARM(first.toml)", "second") and str(folder / "first.toml"))


def test_alarms_are_found_by_file_shipped_name_and_alarm_name(folder: Path) -> None:
    rule = "ALARM(a-alarm) OR ALARM(cis/cloudwatch-6) OR ALARM(root_usage_alarm) OR ALARM(b.toml)"
    found = load_alarmed(composite(folder, rule))
    assert isinstance(found, Composite)
    assert list(found.alarms) == ["a-alarm", "cis/cloudwatch-6", "root_usage_alarm", "b.toml"]
    folded = COMPOSITE.format(name="all", rule="ALARM(a-alarm)", more="").replace(
        '"a.toml", "b.toml", "c.toml"', '"."'
    )
    (folder / "all.toml").write_text(folded, encoding="utf-8")
    assert list(load_alarmed(folder / "all.toml").alarms) == ["a-alarm"]  # type: ignore[union-attr]  # it is one


MUTES = {
    "no rule": ("", "mute", "[[mute]]"),
    "one bracket": ("[mute]\nname = 'x'", "mute", "two brackets"),
    "a broken cron": (
        "[[mute]]\nname = 'x'\nexpression = 'cron(0 2 * *)'\nduration = 'PT1H'",
        "mute.expression",
        "five fields",
    ),
    "no duration": ("[[mute]]\nname = 'x'\nexpression = 'cron(0 2 * * *)'", "mute", "duration"),
    "nobody": (
        "[[mute]]\nname = 'x'\nexpression = 'cron(0 2 * * *)'\nduration = 'PT1H'\nalarm_names = []",
        "mute.alarm_names",
        "leave the key out",
    ),
    "a date of its own": (
        "[[mute]]\nname = 'x'\nexpression = 'at(2026-01-01T00:00)'\nduration = 'PT1H'\nstart_date = '2026-01-01T00:00:00Z'",
        "mute.start_date",
        "for once",
    ),
    "a date that is none": (
        "[[mute]]\nname = 'x'\nexpression = 'cron(0 2 * * *)'\nduration = 'PT1H'\nexpire_date = 'soon'",
        "mute.expire_date",
        "2026-01-01",
    ),
}


@pytest.mark.parametrize("flaw", MUTES)
def test_what_a_file_of_mute_rules_may_not_say(tmp_path: Path, flaw: str) -> None:
    text, key, said = MUTES[flaw]
    (tmp_path / "mute.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DetectionError) as caught:
        load_mutes(tmp_path / "mute.toml")
    assert (caught.value.key, said in caught.value.reason) == (key, True)


def test_the_warm_up_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "a.toml"
    warm = "warm_up_configuration = { warm_up_period_duration_in_minutes = 30, only_start_evaluating_after_warm_up_period_ends = true }"
    path.write_text(f"{path.read_text()}{warm}\n", encoding="utf-8")
    text, [told] = both_reports(capsys, str(folder / "logs"), "-d", str(path))
    assert (told["warm_up_until"], told["alarms"]) == ("2023-07-10T12:35:00Z", 1)
    assert "Warm-up   until 2023-07-10 12:35" in text
    assert isinstance(replay(str(path), folder / "logs"), Replays)


TOPIC = "arn:aws:sns:eu-west-1:111122223333:security"


def told(changes: list[StateChange]) -> list[tuple[float, str, str, int, int, bool]]:
    """When, into which state, what suppresses it, how many actions run and are held, and whether late."""
    return [
        (
            (one.at - NOON) / MINUTE,
            str(one.after.value),
            one.after.suppressed_by,
            len(one.ran),
            len(one.suppressed),
            one.after_mute,
        )
        for one in changes
    ]


def test_each_phase_of_a_suppression_notifies(folder: Path) -> None:
    more = f'alarm_actions = ["{TOPIC}"]\nactions_suppressor = {{ alarm = "c-alarm", wait_period = 90, extension_period = 90 }}'
    found = replayed(folder, "ALARM(a-alarm)", more)
    place = place_of_composite(found.composite, found.reading.plan)
    assert place == Place("111122223333", "eu-west-1")  # those of its action
    changes = composite_changes(found, place)
    assert told(changes) == [
        (5, "OK", "WaitPeriod", 0, 0, False),
        (6, "ALARM", "WaitPeriod", 0, 1, False),
        (7.5, "ALARM", "", 1, 0, False),
        (21, "OK", "WaitPeriod", 0, 0, False),
        (22.5, "OK", "", 0, 0, False),
        (66, "ALARM", "Alarm", 0, 1, False),
        (80, "ALARM", "ExtensionPeriod", 0, 1, False),
        (81, "OK", "WaitPeriod", 0, 0, False),
    ]
    held = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:c-alarm that transitioned to ALARM at Monday 10 July, 2023"
    assert changes[5].after.suppressed_reason.startswith(f"Actions suppressed by {held} ")
    assert changes[5].after.suppressed_reason.endswith(" UTC")
    assert changes[0].after.suppressed_reason == "Actions suppressed by WaitPeriod"
    assert changes[2].before.value is changes[2].after.value is State.ALARM
    # The state of a phase has the time of the phase (recorded: five seconds after that of the wait).
    assert all(change.after.since == change.at for change in changes)
    arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a-alarm"
    assert changes[1].after.reason == f"{arn} transitioned to ALARM at Monday 10 July, 2023 12:06:00 UTC"
    assert changes[1].after.data == {
        "triggeringAlarms": [
            {"arn": arn, "state": {"value": "ALARM", "timestamp": "2023-07-10T12:06:00.000+0000"}}
        ]
    }
    assert changes[1].episode == found.episodes[0]


def test_what_a_mute_rule_holds_notifies_late(folder: Path) -> None:
    """Of a composite and of a detection alike."""
    more = f'alarm_actions = ["{TOPIC}"]\nok_actions = ["{TOPIC}"]'
    found = replayed(folder, "ALARM(a-alarm)", more, mute=MUTE.format(more=""))
    changes = composite_changes(found, Place("111122223333", "eu-west-1"))
    assert told(changes) == [
        (5, "OK", "", 0, 1, False),
        (6, "ALARM", "", 0, 1, False),
        (21, "OK", "", 0, 1, False),
        (40, "OK", "", 1, 0, True),
        (66, "ALARM", "", 1, 0, False),
        (81, "OK", "", 1, 0, False),
    ]
    assert (changes[1].muted_by, changes[1].muted_until) == ("lunch", NOON + 40 * MINUTE)
    path = folder / "a.toml"
    path.write_text(path.read_text("utf-8") + more, encoding="utf-8")
    [one] = replay(str(path), folder / "logs", mutes=load_mutes(folder / "mute.toml"), sample=0)
    alone = told(state_changes(one, Place("111122223333", "eu-west-1")))
    assert [each for each in alone if each[0] >= 21] == told(changes)[2:]


def test_where_a_composite_is(folder: Path) -> None:
    found = replayed(folder, 'OK("arn:aws:cloudwatch:eu-west-3:444455556666:alarm:a-alarm")')
    assert place_of_composite(found.composite, found.reading.plan) == Place("444455556666", "eu-west-3")
    with pytest.raises(SettingsError, match="--alarm-account"):
        place_of_composite(replayed(folder, "TRUE").composite, found.reading.plan)
