"""The facts of the page: every setting is a replay with that setting, every bound is said, nothing in it is anything but text."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detector import backtest, load_detection, replay
from detector.__main__ import main
from detector.alarm import State
from detector.cloudtrail.principals import Principal, principal
from detector.jobs.investigation import choices, dossier, investigate, records
from detector.jobs.runbook import STEPS, Leaning, mapping
from detector.render.kit.html import embedded
from tests.cli_archives import archive, burst, detection, record, write

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.mark.parametrize("missing", ["missing", "breaching"])
def test_every_setting_is_a_replay_with_that_setting(tmp_path: Path, missing: str) -> None:
    logs = archive(tmp_path / "logs")
    asked = load_detection(detection(tmp_path / "d.toml", threshold=2, missing=missing))
    [present] = replay(asked, logs)
    found = choices.choices(present)
    assert found is not None
    assert found.present.alarm == asked.alarm
    assert len(found.settings) > 50
    for one in found.settings[::5]:
        [alone] = replay(replace(asked, alarm=one.alarm), logs)
        assert one.score.alarms == alone.alarms
        assert one.score.seconds == alone.in_alarm.total_seconds()
        changed = [(int(each.at.timestamp()), each.after) for each in alone.transitions]  # type: ignore[union-attr]  # a replay's times are datetimes
        runs = found.bands[one.band].runs
        begin = (found.start, State.INSUFFICIENT_DATA)
        assert list(runs) == (changed if changed[:1] and changed[0][0] == found.start else [begin, *changed])


def test_a_line_has_the_datapoints_and_a_gap_where_there_is_none(tmp_path: Path) -> None:
    logs = archive(tmp_path / "logs")
    [one] = replay(detection(tmp_path / "d.toml"), logs)
    found = choices.choices(one)
    assert found is not None
    for line in found.lines:
        frame = one.datapoints(line.period, line.window)
        told = {at: value for at, value in line.points if value is not None}
        assert told == dict(zip(frame["end"].dt.epoch("s"), frame["value"], strict=True))
        every = line.period if line.window == "wall-clock" else 60
        gaps = sum(after - before > every for before, after in zip(told, list(told)[1:], strict=False))
        assert sum(value is None for _, value in line.points) == gaps > 0


def test_a_long_band_and_a_long_line_are_drawn_in_steps_that_are_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, most in (("RUNS", 20), ("PRESENT_RUNS", 20), ("POINTS", 50), ("PRESENT_POINTS", 50)):
        monkeypatch.setattr(choices, name, most)
    [one] = replay("cis/cloudwatch-2", SAMPLES)
    found = choices.choices(one)
    assert found is not None
    band = found.bands[found.present.band]
    assert band.step > 0
    assert len(band.runs) <= 21
    line = next(line for line in found.lines if (line.period, line.window) == (300, "sliding"))
    assert line.step > 0
    assert max(value for _, value in line.points if value is not None) == one.datapoints()["value"].max()


def test_what_else_a_principal_did(tmp_path: Path) -> None:
    who: dict[str, Any] = {
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a", "userName": "a"}
    }
    fine: dict[str, Any] = {**who, "errorCode": None, "eventName": "CreateAccessKey"}
    other = {"userIdentity": {"arn": "arn:aws:iam::111122223333:user/b"}}
    logs = write(
        tmp_path / "a.json",
        [
            *(record(-200, number, **fine, sourceIPAddress="192.0.2.1") for number in range(3)),
            record(-61, **fine),
            record(-20, **fine),
            *burst(10, 7, **who, sourceIPAddress="203.0.113.9"),
            record(30, 8, **other),
            record(90, **fine),
        ],
    )
    [found] = investigate(replay(detection(tmp_path / "d.toml"), logs)).detections
    [one] = found.dossiers
    [suspect] = one.suspects
    assert suspect.parts == Principal("user", "a", "111122223333")
    besides = suspect.besides
    assert besides is not None
    # One 20 minutes before; the others lie more than an hour away.
    assert (besides.count, besides.changes) == (1, (("CreateAccessKey", "s3.amazonaws.com", "", 1),))
    assert (besides.earlier, besides.new) == (4, ("203.0.113.9",))
    assert besides.usual == (("192.0.2.1", 3), ("192.0.2.7", 1))


def test_records_are_of_every_kind_and_mark_what_matched(tmp_path: Path) -> None:
    logs = write(
        tmp_path / "a.json",
        [*burst(10, 20), *(record(11, number, eventName=f"Get{number}") for number in range(3))],
    )
    [found] = investigate(replay(detection(tmp_path / "d.toml"), logs)).detections
    shown = found.dossiers[0].records
    assert len(shown) == records.EACH
    assert {one.title.split()[0] for one in shown} == {"GetObject", "Get0", "Get1", "Get2"}
    for one in shown:
        assert [line.text for line in one.lines if line.asked] == ['"errorCode": "AccessDenied",']
        assert one.because == ('$.errorCode = "AccessDenied"',)
        assert json.loads("".join(line.text for line in one.lines))["errorCode"] == "AccessDenied"


def test_what_is_left_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dossier, "PRINCIPALS", 2)
    monkeypatch.setattr(dossier, "ROWS", 1)
    each = [
        record(
            10,
            number,
            userIdentity={"arn": f"arn:aws:iam::111122223333:user/u{number}"},
            eventName=f"Get{number % 3}",
        )
        for number in range(6)
    ]
    each.append({**each[-1], "eventID": "again"})
    [found] = investigate(replay(detection(tmp_path / "d.toml"), write(tmp_path / "a.json", each))).detections
    [one] = found.dossiers
    assert ([suspect.parts.name for suspect in one.suspects], one.more_suspects) == (["u5", "u0"], 4)
    assert (len(one.calls), one.more_calls) == (1, 2)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("arn:aws:sts::111122223333:assumed-role/worker/i-0", ("role", "worker", "111122223333", "i-0")),
        ("arn:aws:iam::111122223333:user/path/to/me", ("user", "me", "111122223333", "")),
        ("arn:aws-cn:iam::111122223333:root", ("root", "root", "111122223333", "")),
        ("arn:aws:sts::111122223333:federated-user/x", ("federated user", "x", "111122223333", "")),
        ("config.amazonaws.com", ("AWS service", "config.amazonaws.com", "", "")),
        ("AIDAEXAMPLE:x", ("", "AIDAEXAMPLE:x", "", "")),
        ("", ("", "", "", "")),
    ],
)
def test_the_parts_of_a_principal(written: str, parts: tuple[str, ...]) -> None:
    assert principal(written) == parts


def test_json_in_a_page_ends_no_script() -> None:
    evil: Any = {"</script><!--": ["]]>&\u2028\u2029\ud800", 1.5, None]}
    text = embedded(evil)
    assert json.loads(text) == evil
    assert text.isascii()
    assert not set("<>&") & set(text)


def test_steps_and_mapping() -> None:
    assert set(STEPS) == set(Leaning)
    told = mapping(load_detection("cis/cloudwatch-2").references)
    assert list(told) == ["CIS AWS Foundations", "AWS Security Hub", "MITRE ATT&CK", "Others"]
    assert told["AWS Security Hub"] == ("CloudWatch.2",)


def test_the_file_is_one_page_with_a_strict_policy(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    code = main(
        (
            "replay",
            archive(tmp_path / "logs"),
            "-d",
            detection(tmp_path / "d.toml"),
            "--html",
            str(file),
            "-o",
            "/dev/null",
        )
    )
    page = file.read_text("utf-8")
    assert code == 0
    [policy] = re.findall(r'Content-Security-Policy" content="(.+?)">', page)
    assert re.sub(r"&#39;sha256-[\w+/=]{44}&#39;", "HASH", policy) == (
        "default-src &#39;none&#39;; script-src HASH HASH; style-src HASH; base-uri &#39;none&#39;; form-action &#39;none&#39;"
    )
    outside = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.findall(
        r"<(?:link|img|iframe|object|embed|base|form [^>]*action)|\sstyle=|\son\w+=", outside
    )


def test_the_rows_of_a_backtest_are_those_of_its_frame(tmp_path: Path) -> None:
    test = backtest(detection(tmp_path / "d.toml"), archive(tmp_path / "logs"), {"threshold": "1,5,900"})
    rows = test.chart().to_dict()["datasets"]["heat"]
    told = [(row["pages"], row["weekly"], row["missed"]) for row in rows]
    assert told == test.frame.select("alarms", "alarms_per_week", "missed").rows()
    assert [row["mark"] for row in rows] == ["", "P", ""]
    (tmp_path / "empty").mkdir()
    nothing = backtest(tmp_path / "d.toml", tmp_path / "empty")
    assert "No evidence" in nothing.to_html()
    with pytest.raises(ValueError, match="expected a backtest of some log"):
        nothing.chart()


def test_the_same_input_gives_the_same_page(tmp_path: Path) -> None:
    logs, rule = archive(tmp_path / "logs"), detection(tmp_path / "d.toml")
    assert replay(rule, logs).to_html() == replay(rule, logs)[0].to_html()


def test_without_the_extra_it_says_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs, rule = archive(tmp_path / "logs"), detection(tmp_path / "d.toml")
    [one] = replay(rule, logs)
    for name in [name for name in sys.modules if name.startswith(("altair", "detector.render.replay_a"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ImportError, match=r"pip install 'cloudtrail-detector\[report\]'"):
        one.chart()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert main(("replay", logs, "-d", rule, "--html", str(tmp_path / "x.html"))) == 2
    assert "pip install 'cloudtrail-detector[report]'" in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()


def test_charts_of_one_and_of_several(tmp_path: Path) -> None:
    logs, rule = archive(tmp_path / "logs"), detection(tmp_path / "d.toml")
    several = replay([rule, "cis/cloudwatch-1"], logs)
    assert several[0].chart().to_dict()["datasets"]["threshold"] == [{"v": 5.0}]
    assert len(several.chart().to_dict()["datasets"]["overview"]) == 1
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match="expected a replay of some log"):
        replay(rule, empty)[0].chart()
    assert "No evidence" in replay(rule, empty).to_html()


def test_composites_and_mute_rules_are_on_the_page(tmp_path: Path) -> None:
    both = tmp_path / "both.toml"
    both.write_text(
        '[composite]\nname = "both"\nalarm_rule = \'ALARM("cis/cloudwatch-2") AND NOT ALARM("cis/cloudwatch-5")\'\n',
        "utf-8",
    )
    rule = tmp_path / "mute.toml"
    rule.write_text('[[mute]]\nname = "noon"\nexpression = "cron(0 12 * * *)"\nduration = "PT50M"\n', "utf-8")
    file, logs = tmp_path / "report.html", archive(tmp_path / "logs")
    asked = ("replay", logs, "-d", str(both), "--mute", str(rule), "--html", str(file), "-o", "/dev/null")
    assert main(asked) == 0
    page = file.read_text("utf-8")
    assert "Composite alarm: ALARM" in page
    assert "NOT ALARM(&#34;cis/cloudwatch-5&#34;)" in page
    assert re.search(r"The mute rule <strong>noon</strong> kept [1-9]\d* pages back", page)
    assert "held by mute rule noon until" in page


def test_who_leads_probing_comes_first(tmp_path: Path) -> None:
    probing = {"userIdentity": {"arn": "arn:aws:iam::111122223333:user/looks-around"}}
    each = [
        *burst(10, 30),
        *(
            record(
                40, number, **probing, eventName=f"Get{number}", eventSource=f"s{number % 6}.amazonaws.com"
            )
            for number in range(12)
        ),
    ]
    logs, rules = (
        write(tmp_path / "a.json", each),
        [detection(tmp_path / name) for name in ("a.toml", "b.toml")],
    )
    told = investigate(replay(rules, logs))
    assert [(one.parts.name, one.widest) for one in told.actors] == [("looks-around", 12), ("worker", 1)]
    assert "Look first at user looks-around" in replay(rules, logs).to_html()
