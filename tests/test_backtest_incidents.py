"""Incidents by whose they are, drafts of them, and what each verdict does; small archives with a known truth."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.__main__ import main
from detector.alarm import State, windows
from detector.archive import Plan
from detector.detections import load_detection
from detector.jobs.backtest import Backtest, Terms, backtests
from detector.jobs.backtest.attribution import Activity, names, supporting
from detector.jobs.backtest.grid import Grid
from detector.jobs.backtest.incidents import Incident, Verdict, incidents_of, load_incidents
from tests.cli_archives import START, burst, detection, write
from tests.hostile import STRINGS

NOON = 1688947200 + START
KEY = "arn:aws:iam::111122223333:user/svc-backup"
INTRUDER: dict[str, Any] = {
    "userIdentity": {"type": "IAMUser", "arn": KEY, "userName": "svc-backup"},
    "sourceIPAddress": "198.51.100.7",
    "eventName": "ListUsers",
}


def archive(tmp_path: Path, *records: list[dict[str, Any]]) -> str:
    return write(tmp_path / "logs" / "a.json", [one for some in records for one in some])


def tried(tmp_path: Path, logs: str, *incidents: dict[str, Any], **grid: Any) -> Backtest:
    one = load_detection(detection(tmp_path / "d.toml"))
    asked = [{"start": NOON, "end": NOON + 600, "name": "key", **incident} for incident in incidents]
    return backtests([(one, Terms(Grid.of(grid), tuple(incidents_of(asked))))], Plan(paths=(logs,)))[0]


def test_a_phantom_incident_of_a_principal_that_never_matches_is_never_detected(tmp_path: Path) -> None:
    logs = archive(tmp_path, burst(1, 9))
    found = tried(tmp_path, logs, {"principal": "nobody-at-all"}, threshold="1..9")
    assert {cell.score.delays for cell in found.sweep.cells} == {(None,)}
    assert found.choice.recommended is None
    assert any("no match is that of key" in one for one in found.left_open)
    assert {cell.score.delays for cell in tried(tmp_path, logs, {}, threshold="1..9").sweep.cells} == {(120,)}


WHOSE: list[tuple[dict[str, Any], float | None]] = [
    ({}, None),
    ({"principal": KEY}, 2 / 9),
    ({"principal": "svc-backup"}, 2 / 9),
    ({"principal": ["nobody", "svc-backup"]}, 2 / 9),
    ({"principal": "worker"}, 7 / 9),
    ({"principal": "worker/i-0"}, 7 / 9),
    ({"principal": ["worker", "svc-backup"]}, 1.0),
    ({"address": "198.51.100.0/24"}, 2 / 9),
    ({"address": "198.51.100.7"}, 2 / 9),
    ({"pattern": "{ $.eventName = List* }"}, 2 / 9),
    ({"pattern": "{ $.eventName = * }"}, 1.0),
    ({"principal": "svc-backup", "address": "198.51.100.7", "pattern": "{ $.eventName = L* }"}, 2 / 9),
]


@pytest.mark.parametrize(("said", "share"), WHOSE)
def test_how_much_of_the_page_was_it(tmp_path: Path, said: dict[str, Any], share: float | None) -> None:
    """Seven denied calls of a worker and two of an intruder in the windows of one page."""
    logs = archive(tmp_path, burst(1, 7), burst(2, 2, **INTRUDER))
    score = tried(tmp_path, logs, said, threshold="8").sweep.cells[-1].score
    assert (score.shares, len(score.pages[0]), score.false_alarms) == ((share,), score.alarms, 0)


@pytest.mark.parametrize(
    "said",
    [
        {"principal": "worker", "address": "198.51.100.7"},
        {"address": "203.0.113.0/24"},
        {"pattern": "{ $.x = 1 }"},
    ],
)
def test_a_page_that_others_have_raised_detects_nothing_and_is_false(
    tmp_path: Path, said: dict[str, Any]
) -> None:
    logs = archive(tmp_path, burst(1, 7), burst(2, 2, **INTRUDER))
    score = tried(tmp_path, logs, said).sweep.current.score
    assert (score.delays, score.pages, score.false_alarms) == ((None,), ((),), score.alarms)


def test_an_incident_of_its_own_time_but_another_one_s_page(tmp_path: Path) -> None:
    """The intruder's calls come an hour after the page that lies in the incident's time."""
    logs = archive(tmp_path, burst(1, 7), burst(60, 2, **INTRUDER))
    found = tried(tmp_path, logs, {"principal": "svc-backup", "end": NOON + 7200}, threshold="2,5")
    assert [cell.score.delays for cell in found.sweep.cells] == [(3660,), (None,)]


def test_noise_and_misconfigurations_are_false_pages_of_their_kind(tmp_path: Path) -> None:
    logs = archive(tmp_path, burst(1, 7), burst(60, 7), burst(120, 7), burst(180, 7, **INTRUDER))
    at = [
        {"name": name, "start": NOON + 3600 * i, "end": NOON + 3600 * i + 600, "verdict": verdict}
        for i, (name, verdict) in enumerate(
            [("a", "misconfiguration"), ("b", "noise"), ("c", "?"), ("d", "")]
        )
    ]
    at[3]["principal"] = "svc-backup"
    found = tried(tmp_path, logs, *at)
    score = found.sweep.current.score
    assert (score.alarms, score.false_alarms, score.misconfigurations, score.noise) == (4, 2, 1, 1)
    assert [one.name for one in found.sweep.incidents] == ["d"]
    assert any("left out, since nobody has said what they are: c" in one for one in found.left_open)


def test_without_an_attack_only_what_is_labelled_is_false(tmp_path: Path) -> None:
    logs = archive(tmp_path, burst(1, 7), burst(60, 7))
    score = tried(tmp_path, logs, {"verdict": "noise"}).sweep.current.score
    assert (score.alarms, score.false_alarms, score.noise) == (2, 1, 1)


def test_a_file_that_nobody_has_labelled_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = archive(tmp_path, burst(1, 7))
    (tmp_path / "i.toml").write_text(
        '[[incident]]\nname = "x"\nstart = 1970-01-01\nend = 1970-01-02\nverdict = "?"\n'
    )
    words = ["backtest", logs, "-d", detection(tmp_path / "d.toml"), "--incidents", str(tmp_path / "i.toml")]
    assert main(words) == 2
    assert "nobody has said what these incidents are" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"address": "198.51.100.7/99"}, "expected a network such as"),
        ({"pattern": "{ $.x = }"}, "expected a filter pattern for pattern"),
        ({"verdict": "bad"}, "expected attack, misconfiguration, noise, \\? for verdict"),
        ({"principal": [3]}, "expected a string or a list of strings for principal"),
    ],
)
def test_what_an_incident_may_say(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Incident.of({"name": "x", "start": 0, "end": 9, **said})


def test_the_names_of_a_principal() -> None:
    assert {KEY, "svc-backup"} <= set(names(KEY))
    role = names("arn:aws:sts::111122223333:assumed-role/worker/i-0")
    assert role[1:] == ("worker", "i-0", "worker/i-0")


def test_the_windows_that_speak_for_alarm_are_those_of_the_reason() -> None:
    one = load_detection("lab/unauthorized-api-calls")
    samples = [(minute, 1.0, 3) for minute in (5, 6, 9, 30, 33, 34, 60, 61, 62, 63, 64, 65)]
    checked = 0
    for m, n in ((1, 1), (2, 3), (2, 4)):
        alarm = replace(one.alarm, threshold=5, evaluation_periods=n, datapoints_to_alarm=m)
        made = windows(samples, alarm, start=0, end=120)
        for evaluation, told in enumerate(alarm.history(samples, start=0, end=120)):
            if told.after is State.ALARM:
                place = next(i for i in range(made.evaluations) if made.at(i) == told.at)
                starts = [start / 60 for start, _ in supporting(alarm, made, place)]
                assert starts == [window.start for window in told.reason.supporting], evaluation
                checked += 1
    assert checked >= 6


def test_drafts_read_back_and_called_attacks_are_what_the_alarm_detects(tmp_path: Path) -> None:
    logs = archive(tmp_path, burst(1, 7), burst(60, 9, **INTRUDER), burst(75, 9))
    path, target = detection(tmp_path / "d.toml"), tmp_path / "drafts.toml"
    assert main(["replay", logs, "-d", path, "--brief", "--draft-incidents", str(target)]) == 0
    drafted = load_incidents(target)
    assert [one.verdict for one in drafted] == [Verdict.UNDECIDED] * 2
    assert [one.principals for one in drafted][1] == (
        "arn:aws:iam::111122223333:user/svc-backup",
        "arn:aws:sts::111122223333:assumed-role/worker/i-0",
    )
    assert "ListUsers" in drafted[1].description
    attacks = [replace(one, verdict=Verdict.ATTACK) for one in drafted]
    found = detector.backtest(path, logs, {"threshold": "1"}, attacks)
    score = found.sweep.current.score
    assert (score.missed, score.false_alarms, score.shares) == (0, 0, (1.0, 1.0))


def test_no_record_writes_anything_into_a_draft_but_strings(tmp_path: Path) -> None:
    for number, text in enumerate(STRINGS):
        who = {"userIdentity": {"type": "IAMUser", "arn": text}, "sourceIPAddress": text, "eventName": text}
        logs = write(tmp_path / f"logs{number}" / "a.json", burst(1, 7, **who))
        target = tmp_path / f"{number}.toml"
        assert (
            main(
                [
                    "replay",
                    logs,
                    "-d",
                    detection(tmp_path / "d.toml"),
                    "--brief",
                    "--draft-incidents",
                    str(target),
                ]
            )
            == 0
        )
        [one] = load_incidents(target)
        assert one.verdict is Verdict.UNDECIDED
        assert re.fullmatch(r"[\x20-\x7e\xa0-\U0010ffff\n]*", target.read_text("utf-8"))


def test_nothing_to_draft_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs, target = archive(tmp_path, burst(1, 1)), tmp_path / "drafts.toml"
    assert main(["replay", logs, "-d", detection(tmp_path / "d.toml"), "--draft-incidents", str(target)]) == 2
    assert "no episode to label" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize("verdict", ["?", "noise"])
def test_verdicts_are_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verdict: str
) -> None:
    logs, path = archive(tmp_path, burst(1, 6)), detection(tmp_path / "d.toml")
    target = tmp_path / "drafts.toml"
    words = ["replay", logs, "-d", path, "--brief", "--draft-incidents", str(target)]
    assert main(words) == 0
    labelled = target.read_text("utf-8").replace('verdict = "?"', f'verdict = "{verdict}"')
    target.write_text(labelled, "utf-8")
    capsys.readouterr()
    assert main(words) == (0 if verdict == "?" else 2)
    assert ("holds more than drafts" in capsys.readouterr().err) == (verdict != "?")
    assert target.read_text("utf-8") == labelled


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_only_attacks_are_listed_as_found_or_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    logs, path = archive(tmp_path, [*burst(1, 6), *burst(90, 6)]), detection(tmp_path / "d.toml")
    target = tmp_path / "drafts.toml"
    assert main(["replay", logs, "-d", path, "--draft-incidents", str(target)]) == 0
    first, second = target.read_text("utf-8").split('verdict = "?"', 1)
    target.write_text(first + 'verdict = "attack"' + second.replace('"?"', '"noise"'), "utf-8")
    capsys.readouterr()
    words = ["backtest", logs, "-d", path, "--threshold", "1,5", "--incidents", str(target)]
    assert main([*words, "--format", format_]) == 0
    shown = capsys.readouterr().out
    assert "no evidence" not in shown
    assert "1 noise" in shown


def test_a_share_of_no_match_is_none() -> None:
    one = Incident("x", 0, 60, ("a",))
    assert Activity([0, 60, 120], {one: [60]}).share(one, [(0, 60)]) == 0
    assert Activity([0, 60, 120], {one: [60]}).share(one, [(0, 120)]) == 0.5
