"""Reconcile: what `replay --emit history` writes agrees to the last transition, and every planted difference is explained."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import detector
from detector.__main__ import main
from detector.alarm import Samples, State, Transition
from detector.detections import Detection
from detector.jobs.reconcile import Agreement, Because, Reconciliation, reconcile
from detector.jobs.reconcile.eras import Era
from detector.jobs.reconcile.history import load_history
from detector.jobs.reconcile.runs import run
from detector.quantities import instant
from tests.cli_archives import burst, detection, record, write

Item = dict[str, Any]
NOON = datetime(2023, 7, 10, 12, tzinfo=UTC)
BURSTS = ((3, 7), (40, 9), (75, 6), (130, 12), (170, 5), (215, 8))
"""Minutes after noon, and how many denied calls there are."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An archive with a file an hour."""
    folder = tmp_path_factory.mktemp("reconcile")
    records = [one for minute, size in BURSTS for one in burst(minute, size)]
    records += [record(minute) for minute in range(0, 240, 9)]
    for hour in range(4):
        inside = [one for one in records if one["eventTime"].startswith(f"2023-07-10T{12 + hour}")]
        write(folder / "logs" / f"{hour}.json", inside)
    return str(folder / "logs")


@pytest.fixture
def rule(tmp_path: Path) -> Detection:
    return detector.load_detection(detection(tmp_path / "rule.toml", missing="notBreaching"))


def items(changes: Sequence[Transition], name: str = "denied-alarm", seconds: int = 37) -> list[Item]:
    """The history of an alarm that is evaluated so many seconds after each full minute, newest first."""
    told = []
    for one in changes:
        data = {
            "version": "1.0",
            "oldState": {"stateValue": str(one.before), "stateReason": "", "stateReasonData": {}},
            "newState": {
                "stateValue": str(one.after),
                "stateReason": str(one.reason),
                "stateReasonData": one.reason.data,
            },
        }
        told.append(
            {
                "AlarmName": name,
                "AlarmType": "MetricAlarm",
                "Timestamp": (instant(one.at) + timedelta(seconds=seconds)).isoformat(),
                "HistoryItemType": "StateUpdate",
                "HistorySummary": f"Alarm updated from {one.before} to {one.after}",
                "HistoryData": json.dumps(data),
            }
        )
    return told[::-1]


def configured(at: datetime, kind: str, **data: Any) -> Item:
    return {
        "AlarmName": "denied-alarm",
        "AlarmType": "MetricAlarm",
        "Timestamp": at.isoformat(),
        "HistoryItemType": "ConfigurationUpdate",
        "HistorySummary": f'Alarm "denied-alarm" {kind.lower()}d',
        "HistoryData": json.dumps({"version": "1.0", "type": kind, **data}),
    }


SETTINGS = {
    "alarmName": "denied-alarm",
    "namespace": "Test",
    "metricName": "Denied",
    "extendedStatistic": "SUM",
    "period": 300,
    "dimensions": [],
    "evaluationPeriods": 1,
    "datapointsToAlarm": 1,
    "threshold": 5.0,
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
    "treatMissingData": "notBreaching",
}


def saved(folder: Path, listed: Sequence[Item], name: str = "history.json") -> str:
    path = folder / name
    path.write_text(json.dumps({"AlarmHistoryItems": listed}), "utf-8")
    return str(path)


def replayed(rule: Detection, logs: str, **settings: Any) -> tuple[Transition, ...]:
    [found] = detector.replay(rule, logs, **settings)
    return found.transitions


def causes(found: Reconciliation) -> dict[Because, int]:
    return dict(found.causes)


def test_the_archive_has_something_to_agree_on(rule: Detection, logs: str) -> None:
    assert len(replayed(rule, logs)) > 10


def test_a_history_of_the_same_alarm_agrees(rule: Detection, logs: str, tmp_path: Path) -> None:
    changes = replayed(rule, logs)
    found = reconcile(rule, saved(tmp_path, items(changes)), logs)
    assert found.agrees
    assert found.counts[Agreement.AGREES] == len(changes)
    assert all(one.values is True for one in found.entries)
    assert (found.causes, found.delay, found.other_values, found.earlier) == ({}, 0, 0, 0)


def test_what_the_replay_emits_agrees(logs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule, history = detection(tmp_path / "rule.toml"), str(tmp_path / "history.jsonl")
    place = ("--alarm-account", "111122223333", "--alarm-region", "eu-west-1")
    assert main(["replay", logs, "-d", rule, "--emit", f"history={history}", *place]) == 0
    capsys.readouterr()
    assert main(["reconcile", rule, "--history", history, logs]) == 0
    assert capsys.readouterr().out.startswith("AGREES. Changes of state: ")
    folder = tmp_path / "items"
    folder.mkdir()
    assert main(["replay", logs, "-d", rule, "--emit", f"history={folder}/", *place]) == 0
    assert main(["reconcile", rule, "--history", str(folder), logs]) == 0


@pytest.mark.parametrize("delay", [120, 300, -180])
def test_a_delay_is_found(delay: int, rule: Detection, logs: str, tmp_path: Path) -> None:
    [one] = detector.replay(rule, logs)
    samples = Samples.of(one.samples)
    later = structs.replace(samples, seconds=[second + delay for second in samples.seconds])
    assert one.start is not None
    assert one.end is not None
    start, end = one.start - timedelta(hours=1), one.end + timedelta(hours=1)
    theirs = run((Era(None, None, rule.alarm),), later, start, end, State.INSUFFICIENT_DATA)
    found = reconcile(rule, saved(tmp_path, items(theirs)), logs)
    assert found.delay == delay
    moved = [each for each in found.entries if each.agreement is Agreement.DIFFERS]
    assert len(moved) > 8
    shifts = Counter(int(each.shift.total_seconds()) for each in moved)
    assert shifts.most_common(1)[0][0] == delay
    assert {each.cause and (each.cause.because, each.cause.shown) for each in moved} == {
        (Because.DELAY, True)
    }
    assert not found.within(60)


def test_deliveries_that_are_late_by_various_minutes(rule: Detection, tmp_path: Path) -> None:
    for minute, size, late in ((3, 7, 2), (40, 9, 9), (75, 6, 5), (130, 12, 14), (170, 5, 3)):
        stamp = f"{NOON + timedelta(minutes=minute + late):%Y%m%dT%H%MZ}"
        name = f"111122223333_CloudTrail_eu-west-1_{stamp}_{'a' * 16}.json.gz"
        write(tmp_path / "logs" / name, burst(minute, size))
    logs = str(tmp_path / "logs")
    history = saved(tmp_path, items(replayed(rule, logs, clock="delivery")))
    found = reconcile(rule, history, logs, clock="event")
    assert (found.by_delivery, found.delay) == (True, 0)
    assert set(found.causes) == {Because.DELAY}
    assert all(each.cause.shown for each in found.entries if each.cause)
    assert reconcile(rule, history, logs).agrees  # the clock of deliveries, which this archive has


def test_settings_of_another_time_are_shown(rule: Detection, logs: str, tmp_path: Path) -> None:
    changed = NOON + timedelta(minutes=100, seconds=11)
    strict = replace(rule.alarm, threshold=8.0)
    [one] = detector.replay(rule, logs)
    assert one.start is not None
    assert one.end is not None
    periods = (Era(None, changed, strict), Era(changed, None, rule.alarm))
    theirs = run(periods, Samples.of(one.samples), one.start, one.end, State.INSUFFICIENT_DATA)
    update = configured(changed, "Update", updatedAlarm=SETTINGS, originalUpdatedFields={"threshold": 8.0})
    found = reconcile(rule, saved(tmp_path, [*items(theirs), update]), logs)
    assert [(each.name, each.theirs, each.ours) for each in found.eras[0].differences] == [
        ("threshold", "8", "5")
    ]
    assert not found.eras[1].differences
    other = [each for each in found.entries if each.agreement is not Agreement.AGREES]
    assert {each.cause and (each.cause.because, each.cause.shown) for each in other} == {
        (Because.SETTINGS, True)
    }
    assert len([each for each in other if each.agreement is Agreement.ONLY_HERE]) >= 2  # the burst of 6
    assert "threshold 8 (here 5) until 2023-07-10 13:40:11" in str(other[0].cause)


def test_settings_are_seen_in_the_evidence_without_items_about_them(
    rule: Detection, logs: str, tmp_path: Path
) -> None:
    theirs = replayed(replace(rule, alarm=replace(rule.alarm, threshold=8.0)), logs)
    found = reconcile(rule, saved(tmp_path, items(theirs)), logs)
    assert [each.name for each in found.eras[0].differences] == ["threshold"]
    assert set(found.causes) == {Because.SETTINGS}


def test_a_missing_hour_of_log_is_named(rule: Detection, logs: str, tmp_path: Path) -> None:
    history = saved(tmp_path, items(replayed(rule, logs)))
    rest = [f"{logs}/{hour}.json" for hour in (0, 1, 3)]
    found = reconcile(rule, history, rest)
    assert found.counts[Agreement.ONLY_THERE] == 6
    assert causes(found) == {Because.NO_LOG: 5, Because.FOLLOWS: 1}
    first = next(each for each in found.entries if each.cause)
    assert first.cause is not None
    assert "no log for 1 hour from 2023-07-10 14:00:00 on" in first.cause.sentence


def test_another_filter_shows_in_the_datapoints(rule: Detection, logs: str, tmp_path: Path) -> None:
    wider = detector.load_detection(
        detection(
            tmp_path / "wide.toml", "{ $.eventName = GetObject || $.eventName = X }", missing="notBreaching"
        )
    )
    narrow = detector.compile('{ $.errorCode = "AccessDenied" && $.eventID != "40-*" }')
    other = replace(rule, filters=(replace(rule.filters[0], pattern=narrow),))
    found = reconcile(other, saved(tmp_path, items(replayed(wider, logs))), logs)
    there = [each for each in found.entries if each.agreement is Agreement.ONLY_THERE]
    assert len(there) == 2
    assert there[0].cause is not None
    assert there[0].cause.because is Because.FILTER
    assert "the account counted more: 10 where the replay has 1" in there[0].cause.sentence
    back = reconcile(wider, saved(tmp_path, items(replayed(other, logs))), logs)
    assert back.counts[Agreement.ONLY_HERE] == 2
    assert set(back.causes) <= {Because.UNKNOWN, Because.FOLLOWS, Because.FILTER}


def metric(folder: Path, minutes: dict[int, float], *, numbers: bool = False) -> str:
    path = folder / "metric.json"
    times = [int(NOON.timestamp()) + 60 * minute for minute in minutes]
    stamps = times if numbers else [datetime.fromtimestamp(time, UTC).isoformat() for time in times]
    result = {"Id": "m", "Timestamps": stamps, "Values": list(minutes.values()), "StatusCode": "Complete"}
    path.write_text(json.dumps({"MetricDataResults": [result]}), "utf-8")
    return str(path)


def sums() -> dict[int, float]:
    counts: dict[int, float] = dict.fromkeys(range(0, 240, 9), 1.0)
    for minute, size in BURSTS:
        counts[minute] = counts.get(minute, 0) + size
    return dict(sorted(counts.items()))


@pytest.mark.parametrize("numbers", [False, True])
def test_the_metric_alone_replays_the_alarm(
    numbers: bool,
    rule: Detection,
    logs: str,
    tmp_path: Path,
) -> None:
    changes = replayed(rule, logs)
    found = reconcile(rule, saved(tmp_path, items(changes)), metric=metric(tmp_path, sums(), numbers=numbers))
    assert found.agrees
    assert len(found.entries) == len(changes)
    assert found.reading is None


def test_the_metric_beside_the_archive_tells_what_the_account_counted(
    rule: Detection, logs: str, tmp_path: Path
) -> None:
    real = {minute: value for minute, value in sums().items() if minute not in {40, 75}} | {3: 6.0, 50: 2.0}
    samples = [(NOON + timedelta(minutes=minute), value) for minute, value in real.items()]
    [one] = detector.replay(rule, logs)
    assert one.start is not None
    assert one.end is not None
    alarm = (Era(None, None, rule.alarm),)
    theirs = run(alarm, Samples.of(samples), one.start, one.end, State.INSUFFICIENT_DATA)
    found = reconcile(rule, saved(tmp_path, items(theirs)), logs, metric=metric(tmp_path, real))
    assert found.minutes is not None
    assert (found.minutes.differ, found.minutes.only_here, found.minutes.only_there) == (1, 2, 1)
    assert found.minutes.examples[0].ours == 7.0
    here = [each for each in found.entries if each.agreement is Agreement.ONLY_HERE]
    assert here
    assert here[0].cause is not None
    assert here[0].cause.because is Because.FILTER
    assert "the account counted less" in here[0].cause.sentence


def test_a_state_set_by_hand_and_what_undoes_it(rule: Detection, logs: str, tmp_path: Path) -> None:
    listed = items(replayed(rule, logs))
    by_hand = {
        "version": "1.0",
        "oldState": {"stateValue": "OK"},
        "newState": {"stateValue": "ALARM", "stateReason": "drill"},
    }
    undone = {
        "version": "1.0",
        "oldState": {"stateValue": "ALARM"},
        "newState": {
            "stateValue": "OK",
            "stateReason": "Threshold Crossed",
            "stateReasonData": {"version": "1.0", "recentDatapoints": [1.0]},
        },
    }
    for minute, data, states in ((100, by_hand, "OK to ALARM"), (101, undone, "ALARM to OK")):
        at = NOON + timedelta(minutes=minute, seconds=37)
        listed.append(
            {
                "AlarmName": "denied-alarm",
                "Timestamp": at.timestamp(),
                "HistoryItemType": "StateUpdate",
                "HistorySummary": f"Alarm updated from {states}",
                "HistoryData": json.dumps(data),
            }
        )
    found = reconcile(rule, saved(tmp_path, listed), logs)
    assert causes(found) == {Because.BY_HAND: 1, Because.FOLLOWS: 1}
    assert found.counts[Agreement.ONLY_THERE] == 2


def test_an_alarm_that_did_not_exist_yet(rule: Detection, logs: str, tmp_path: Path) -> None:
    created = NOON + timedelta(minutes=60)
    theirs = [one for one in replayed(rule, logs) if instant(one.at) >= created]
    gone = configured(created - timedelta(minutes=50), "Delete", deletedAlarm=SETTINGS)
    made = configured(created, "Create", createdAlarm=SETTINGS)
    found = reconcile(rule, saved(tmp_path, [gone, made, *items(theirs)]), logs)
    assert found.causes[Because.NO_ALARM] == 2
    assert [era.alarm is None for era in found.eras] == [False, True, False]


def test_what_lies_outside_of_both_is_not_compared(rule: Detection, logs: str, tmp_path: Path) -> None:
    listed = items(replayed(rule, logs))
    before = {"oldState": {"stateValue": "OK"}, "newState": {"stateValue": "INSUFFICIENT_DATA"}}
    old = {
        **listed[-1],
        "Timestamp": (NOON - timedelta(days=9)).isoformat(),
        "HistoryData": json.dumps(before),
    }
    found = reconcile(rule, saved(tmp_path, [*listed, old]), logs)
    assert (found.agrees, found.earlier, found.later) == (True, 1, 0)
    late = {**listed[-1], "Timestamp": (NOON + timedelta(days=9)).isoformat()}
    assert reconcile(rule, saved(tmp_path, [*listed, late]), logs).later == 1
    assert reconcile(rule, saved(tmp_path, listed[: len(listed) // 2]), logs).agrees  # the newest items alone
    short = reconcile(rule, saved(tmp_path, listed[2:]), logs)
    assert set(short.causes) <= {Because.END, Because.FOLLOWS}
    assert short.causes[Because.END] > 0
    nothing = reconcile(rule, saved(tmp_path, [old]), logs)
    assert nothing.empty.startswith("nothing in common: the history ends at 2023-07-01 12:")


def test_every_way_to_write_items_is_read_the_same(rule: Detection, logs: str, tmp_path: Path) -> None:
    listed = items(replayed(rule, logs))
    half = len(listed) // 2

    def console(one: Item) -> Item:
        told = {key[0].lower() + key[1:]: value for key, value in one.items()}
        return {**told, "historyData": json.loads(told["historyData"])}

    stamped = [
        {**one, "Timestamp": datetime.fromisoformat(one["Timestamp"]).timestamp() * scale}
        for one, scale in zip(listed, [1, 1000] * len(listed), strict=False)
    ]
    cut = [{**one, "HistoryData": one["HistoryData"][:100]} for one in listed]
    spellings: list[list[str]] = [
        [saved(tmp_path, listed[half:], "a.json"), saved(tmp_path, listed[: half + 3], "b.json")],
        [saved(tmp_path, stamped, "c.json")],
        [saved(tmp_path, cut, "d.json")],
    ]
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(console(one)) + "\n" for one in listed), "utf-8")
    (tmp_path / "f.json").write_text(json.dumps(listed), "utf-8-sig")
    spellings += [[str(tmp_path / "e.jsonl")], [str(tmp_path / "f.json")]]
    plain = load_history([saved(tmp_path, listed)], "denied-alarm")
    for paths in spellings:
        history = load_history(paths, "denied-alarm")
        assert [(one.at, one.before, one.after) for one in history.changes] == [
            (one.at, one.before, one.after) for one in plain.changes
        ]
        assert not history.unusable
    assert reconcile(rule, spellings[0], logs).agrees
    assert all(one.cut for one in load_history(spellings[2], "denied-alarm").changes)


def one_item(
    name: str = "denied-alarm", kind: str = "StateUpdate", time: object = 1688990400, **more: Any
) -> str:
    return json.dumps({"AlarmName": name, "HistoryItemType": kind, "Timestamp": time, **more})


BROKEN: dict[str, tuple[str, str]] = {
    "no JSON": ("x", "expected the JSON of aws cloudwatch describe-alarm-history: "),
    "other JSON": ('{"MetricAlarms": []}', "found other JSON"),
    "nothing": ('{"AlarmHistoryItems": []}', "found no item of an alarm"),
    "no time": (one_item(time="soon"), "found no item of an alarm"),
    "an infinite time": (one_item(time=0).replace(": 0}", ": 1e999}"), "found no item of an alarm"),
    "no name": (one_item(name=""), "found no item of an alarm"),
    "two others": (
        one_item("a") + one_item("b"),
        "expected items of the alarm denied-alarm, found a, b; --alarm NAME chooses one",
    ),
    "no state": (one_item(), "expected the states OK, ALARM or INSUFFICIENT_DATA"),
    "a list for a state": (
        one_item(HistoryData={"oldState": [], "newState": {"stateValue": {}}}),
        "expected the states OK, ALARM or INSUFFICIENT_DATA",
    ),
    "strange settings": (
        one_item(kind="ConfigurationUpdate", HistoryData='{"type": 7}'),
        "expected a type of Create, Update or Delete",
    ),
    "settings cut off": (one_item(kind="ConfigurationUpdate", HistoryData='{"type": "Cre'), "is cut off"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_history_is_one_sentence(
    kind: str, logs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, sentence = BROKEN[kind]
    (tmp_path / "history.json").write_text(text, "utf-8")
    rule = detection(tmp_path / "rule.toml")
    assert main(["reconcile", rule, "--history", str(tmp_path / "history.json"), logs]) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert all(line.startswith("detector: ") for line in err.splitlines())


def test_settings_that_no_alarm_can_have_are_told(rule: Detection, logs: str, tmp_path: Path) -> None:
    strange = {**SETTINGS, "period": 7, "threshold": "many"}
    update = configured(NOON, "Update", updatedAlarm=strange, originalUpdatedFields=[])
    found = reconcile(rule, saved(tmp_path, [*items(replayed(rule, logs)), update]), logs)
    assert found.eras[1].refused
    assert found.agrees


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_verb(form: str, logs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = detection(tmp_path / "rule.toml", missing="notBreaching")
    changes = replayed(detector.load_detection(file), logs, delay=120)
    history = saved(tmp_path, items(changes))
    words = ["reconcile", file, "--history", history, logs, "--format", form]
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert "--delay 120s" in out
    assert "do not agree" in err
    assert main([*words, "--delay", "2m"]) == 0
    assert main(["reconcile", file, logs]) == 2
    assert main(["reconcile", file, "--history", history]) == 2
    assert "--metric FILE" in capsys.readouterr().err
    assert main([*words, "--alarm", "nobody"]) == 2
    assert main(["reconcile", file, "--history", history, str(tmp_path / "nowhere")]) == 2
