"""`detector replay`: what is printed, and the exit code for every way it can go."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from detector import replay
from detector.__main__ import main
from detector.alarm import State
from detector.errors import SettingsError
from tests.cli_archives import archive, burst, detection, record, write

KEYS = [
    "detection",
    "title",
    "references",
    "verdict",
    "records",
    "matches",
    "repeats",
    "oversize",
    "alarms",
    "in_alarm",
    "stuck",
    "worst",
    "callers",
    "states",
    "files",
    "skipped",
    "unselected",
    "empty",
    "left_out",
    "verified",
    "without_records",
    "unusable",
    "logs",
    "clock",
    "undelivered",
    "delay",
    "drawn_delays",
    "window",
    "dedupe",
    "filters",
    "metric",
    "alarm",
    "samples",
    "evaluated",
    "warm_up_until",
    "pages",
    "mute_rules",
    "series",
    "why",
    "problems",
    "episodes",
    "transitions",
]


@pytest.fixture
def logs(tmp_path: Path) -> str:
    return archive(tmp_path / "logs")


@pytest.fixture
def denied(tmp_path: Path) -> str:
    return detection(tmp_path / "denied.toml")


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> list[dict[str, Any]]:
    main(["replay", *argv, "--format", "json"])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_report_says_what_alarmed_and_why(logs: str, denied: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", logs, "-d", denied]) == 0
    out, err = capsys.readouterr()
    assert "ALARM 1 time. 9 of 10 records match the pattern." in out
    assert "2023-07-10 12:11:00  OK → ALARM" in out
    assert "1 out of the last 1 datapoints [7.0 (10/07/23 12:06:00)] was greater than or equal" in " ".join(
        out.split()
    )
    assert "from    198.51.100.9 (7)" in out
    assert "Read      2 files, 10 records" in out
    assert "does not tell when it was delivered. CloudWatch itself uses the time at which" in " ".join(
        out.split()
    )
    assert "Problems  none" in out
    assert err == ""


def test_json_has_the_documented_facts(logs: str, denied: str, capsys: pytest.CaptureFixture[str]) -> None:
    [found] = run_json(capsys, logs, "-d", denied)
    assert list(found) == KEYS
    assert {key: found[key] for key in KEYS[1 : KEYS.index("dedupe")]} == {
        "title": "Denied calls",
        "references": [],
        "verdict": "ALARM",
        "records": 10,
        "matches": 9,
        "repeats": 0,
        "oversize": 0,
        "alarms": 1,
        "in_alarm": {"seconds": 900, "share": round(900 / 3480, 6)},
        "stuck": None,
        "worst": [1],
        "callers": {
            "top": [{"value": "arn:aws:sts::111122223333:assumed-role/worker/i-0", "count": 9}],
            "more": 0,
            "others": 0,
        },
        "states": {"transitions": 5, "OK": 2, "ALARM": 1, "INSUFFICIENT_DATA": 2},
        "files": 2,
        "skipped": 0,
        "unselected": 0,
        "empty": None,
        "left_out": {},
        "verified": False,
        "without_records": 0,
        "unusable": 0,
        "logs": {
            "start": "2023-07-10T12:00:00Z",
            "end": "2023-07-10T13:00:00Z",
            "hours": 1,
            "silent_hours": 0,
        },
        "clock": "event",
        "undelivered": f"{logs}/a.json.gz",
        "delay": 0,
        "drawn_delays": None,
        "window": "sliding",
    }
    assert found["samples"] == {
        "start": "2023-07-10T12:03:00Z",
        "end": "2023-07-10T12:45:00Z",
        "count": 9,
        "sum": 9.0,
    }
    assert found["evaluated"]["start"] == "2023-07-10T12:03:00Z"
    raised = [one for one in found["transitions"] if one["after"] == "ALARM"]
    assert [(one["at"], one["before"]) for one in raised] == [("2023-07-10T12:11:00Z", "OK")]
    assert raised[0]["reason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [7.0 ")
    assert raised[0]["evidence"]["recentDatapoints"] == [7.0]
    assert found["why"] is None
    assert found["problems"] == []


def test_ndjson_has_the_same_facts_a_line_each(
    logs: str, denied: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(logs, "broken.json").write_text("{", encoding="utf-8")
    other = detection(tmp_path / "other.toml", "{ $.eventName = Nothing }")
    whole = run_json(capsys, logs, "-d", denied, "-d", other)
    main(["replay", logs, "-d", denied, "-d", other, "--format", "ndjson"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    again: dict[str, dict[str, Any]] = {}
    for line in lines:
        kind = line.pop("type")
        if kind == "replay":
            again[line["detection"]] = {**line, "problems": [], "episodes": [], "transitions": []}
        else:
            again[line.pop("detection")][f"{kind}s"].append(line)
    assert list(again.values()) == whole


@pytest.mark.parametrize("form", ["text", "json", "ndjson"])
def test_same_input_gives_the_same_bytes(
    form: str, logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for paths in (["a.json.gz", "b.json"], ["b.json", "a.json.gz"], ["a.json.gz", "b.json"]):
        main(["replay", *(str(Path(logs, path)) for path in paths), "-d", denied, "--format", form])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] == outputs[2] != ""


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["replay", "."], "expected --detection FILE-OR-NAME"),
        (["replay", "nowhere", "-d", "D"], "nowhere: no such file or folder"),
        (["replay", ".", "-d", "cis/cloudwatch-99"], "did you mean cis/cloudwatch-9?"),
        (["replay", ".", "-d", "D", "--from", "yesterday"], "expected a date or a time such as"),
        (
            ["replay", ".", "-d", "D", "--from", "2023-07-11", "--to", "2023-07-10"],
            "--from to be earlier than --to",
        ),
        (["replay", ".", "-d", "D", "--delay", "5 parsecs"], "such as 90s or 5m"),
        (["replay", ".", "-d", "D", "--delay", "5m", "--clock", "delivery"], "--delay with --clock event"),
        (["replay", ".", "-d", "D", "--clock", "wall"], "unknown --clock 'wall'"),
        (["replay", ".", "-d", "D", "--time-zone", "UTC"], "--time-zone with --window wall-clock"),
        (
            ["replay", ".", "-d", "D", "--window", "wall-clock", "--time-zone", "Mars/X"],
            '"Mars/X" is neither',
        ),
        (["replay", ".", "-d", "D", "--max-file-size", "big"], "a size such as 2GiB"),
        (["replay", ".", "-d", "D", "--max-file-size", "0"], "a size such as 2GiB"),
        (["replay", ".", "-d", "D", "--account", "1"], "an account id of 12 digits"),
        (["replay", ".", "-d", "D", "--region", "Europe"], "a region such as eu-west-1"),
        (["replay", ".", "-d", "D", "--format", "xml"], "unknown --format 'xml'"),
        (["replay", ".", "-d", "D", "--log-group-account", "1"], "an account id of 12 digits"),
        (["replay", ".", "-d", "x" * 5000], "xxx"),
        (["frobnicate"], "unknown verb 'frobnicate'"),
        ([], "expected VERB"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(
    argv: list[str], words: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([denied if word == "D" else word for word in argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("detector: ")
    assert words in err
    assert err.count("\n") == 1


def test_an_invalid_pattern_in_a_detection_shows_its_caret(
    tmp_path: Path, logs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = detection(tmp_path / "broken.toml", "{ $.a == 1 }")
    assert main(["replay", logs, "-d", broken]) == 2
    first, pattern, caret, *_ = capsys.readouterr().err.splitlines()
    assert "broken.toml:5: filter.pattern:" in first
    assert pattern[caret.index("^")] == "="


def test_the_datapoints_are_written_as_a_table(
    tmp_path: Path, logs: str, denied: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A row a window with a value, for each detection; the state is the one that the alarm is in when it has seen it."""
    [replayed] = replay([denied], [logs])
    points = replayed.datapoints()
    for name in ("csv", "parquet"):
        assert main(["replay", logs, "-d", denied, "-d", denied, "--format", name]) == 0
        written = capfdbinary.readouterr().out
        read = pl.read_csv if name == "csv" else pl.read_parquet
        frame = read(io.BytesIO(written))
        assert frame.height == 2 * points.height > 0
        assert frame["value"].to_list() == 2 * points["value"].to_list()
        assert frame["breaching"].to_list() == 2 * points["breaching"].to_list()
        assert frame["detection"].unique().to_list() == [denied]
        raised = {change.at for change in replayed.transitions if change.after is State.ALARM}
        first = frame.filter(state="ALARM").row(0, named=True)
        assert first["breaching"]
        assert str(first["end"])[:16].replace("T", " ") == f"{min(raised):%Y-%m-%d %H:%M}"
    nothing = tmp_path / "nothing.toml"
    nothing.write_text(Path(denied).read_text("utf-8").replace("AccessDenied", "Nothing"), "utf-8")
    assert main(["replay", logs, "-d", str(nothing), "--format", "csv"]) == 0
    assert capfdbinary.readouterr().out.decode().startswith("detection,statistic,period,start,end,value")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"window": "rolling"}, "sliding"),
        ({"period": 7}, "multiple of 60"),
        ({"time_zone": "UTC"}, "wall-clock"),
    ],
)
def test_datapoints_that_no_alarm_can_have(asked: dict[str, Any], words: str, logs: str, denied: str) -> None:
    [replayed] = replay([denied], [logs])
    with pytest.raises(SettingsError, match=words):
        replayed.datapoints(**asked)


def test_criteria_ask_for_the_log_group_and_the_report_says_which(
    tmp_path: Path, logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path(denied).read_text("utf-8")
    asking = tmp_path / "asking.toml"
    asking.write_text(
        text.replace("[filter]\n", "[filter]\nfield_selection_criteria = '@aws.region = \"eu-west-1\"'\n")
    )
    assert main(["replay", logs, "-d", str(asking)]) == 2
    assert (
        "asking.toml:3: filter.log_group_region: the filter depends on @aws.region" in capsys.readouterr().err
    )
    for region, selects, words in (
        ("eu-west-1", True, "its events count"),
        ("us-east-1", False, "leave out the log group"),
        ("record", None, "@aws.region is taken from each record"),
    ):
        options = ("-d", str(asking), "--log-group-region", region)
        [found] = run_json(capsys, logs, *options)
        about = found["filters"][0]["log_group"]
        assert about == {
            "account": None,
            "name": None,
            "region": region,
            "criteria": '@aws.region = "eu-west-1"',
            "selects": selects,
        }
        assert (found["matches"] > 0) is (selects is not False)
        assert main(["replay", logs, *options]) == 0
        assert words in " ".join(capsys.readouterr().out.split())


def test_broken_files_are_named_and_change_nothing_else(
    logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [before] = run_json(capsys, logs, "-d", denied)
    cut_off = Path(logs, "a.json.gz").read_bytes()[:-9]
    Path(logs, "cut.json.gz").write_bytes(cut_off)
    Path(logs, "text.json").write_text('{"Records": [', encoding="utf-8")
    assert main(["replay", logs, "-d", denied, "--format", "json"]) == 2
    out, err = capsys.readouterr()
    [after] = json.loads(out)
    assert [Path(one["path"]).name for one in after["problems"]] == ["cut.json.gz", "text.json"]
    assert {**after, "problems": [], "unusable": 0, "files": 2} == before
    assert [line.split(": ")[1].rpartition("/")[2] for line in err.splitlines()] == [
        "cut.json.gz",
        "text.json",
    ]
    assert main(["replay", logs, "-d", denied]) == 2
    out, err = capsys.readouterr()
    assert "Problems  2 could not be used:" in out
    assert "cut.json.gz the gzip data is cut off" in " ".join(out.split())
    assert err == ""


def test_every_problem_is_named_up_to_a_bound(
    logs: str, denied: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(13):
        Path(logs, f"broken-{number:02}.json").write_text("{", encoding="utf-8")
    main(["replay", logs, "-d", denied])
    assert capsys.readouterr().out.count("broken-") == 13
    monkeypatch.setattr("detector.render.reading_text.NAMED", 10)
    monkeypatch.setattr("detector.cli.inputs.NAMED", 10)
    main(["replay", logs, "-d", denied])
    out = capsys.readouterr().out
    assert "broken-09.json" in out
    assert "broken-10.json" not in out
    assert "and 3 more; --format json names them all" in out
    main(["replay", logs, "-d", denied, "--format", "json"])
    assert "detector: and 3 more that could not be read\n" in capsys.readouterr().err
    main(["replay", logs, "-d", denied, "--format", "json", "--quiet"])
    assert capsys.readouterr().err == ""


def test_a_zone_west_of_greenwich_is_no_option(
    logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", logs, "-d", denied, "--window", "wall-clock", "--time-zone", "-03:00"]) == 0
    assert "-03:00" in capsys.readouterr().out


def test_the_delay_is_not_in_the_day_folders(
    tmp_path: Path, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "111122223333_CloudTrail_us-east-1_20240101T2355Z_AAAAAAAAAAAAAAAA.json.gz"
    folder = tmp_path / "AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/01"
    folder.mkdir(parents=True)
    write(folder / name, [{"eventTime": "2024-01-01T23:50:00Z", "errorCode": "AccessDenied"}])
    options = ["--delay", "10m", "--from", "2024-01-02", "--to", "2024-01-02T00:05:00Z", "--format", "json"]
    main(["replay", str(tmp_path), "-d", denied, *options])
    assert json.loads(capsys.readouterr().out)[0]["matches"] == 1


def test_a_file_without_records_is_no_failure(
    logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(Path(logs, "empty.json.gz"), [])
    assert main(["replay", logs, "-d", denied]) == 0
    assert "Left out  files: 1 without records" in capsys.readouterr().out
    [found] = run_json(capsys, logs, "-d", denied)
    assert [one["reason"] for one in found["problems"]] == ["no records"]


def test_a_record_without_a_time_is_a_failure(
    logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(Path(logs, "timeless.json"), [record(1, eventTime="noon")])
    assert main(["replay", logs, "-d", denied]) == 2
    assert "record 0: no valid eventTime" in capsys.readouterr().out


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("path", [["-"], []])
def test_standard_input(
    path: list[str],
    logs: str,
    denied: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipe(monkeypatch, Path(logs, "a.json.gz").read_bytes())
    [found] = run_json(capsys, *path, "-d", denied)
    assert (found["records"], found["matches"], found["files"]) == (9, 8, 1)


def test_standard_input_is_explained_too(
    logs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = detection(tmp_path / "silent.toml", "{ $.errorcode = AccessDenied }")
    pipe(monkeypatch, Path(logs, "a.json.gz").read_bytes())
    [found] = run_json(capsys, "-", "-d", silent)
    assert found["why"]["records"] == 9
    assert found["why"]["conditions"][0]["nearest"] == "$.errorCode"


def test_standard_input_has_its_evidence_in_the_report(
    logs: str, denied: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, Path(logs, "a.json.gz").read_bytes())
    assert main(["replay", "-d", denied, "-d", "cis/cloudwatch-1"]) == 0
    assert "from    198.51.100.9 (7)" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_to_read_on_a_terminal(
    denied: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main(["replay", "-d", denied]) == 2
    assert "expected a PATH to read" in capsys.readouterr().err


def test_nothing_matched_comes_first_and_points_at_the_selector(
    logs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", logs, "-d", "lab/unauthorized-api-calls-as-deployed"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].startswith("NOTHING MATCHED.")
    assert lines[4].startswith("No record has $.userIdentity.sessionIssuer.userName.")
    assert "The records do have  $.userIdentity.sessionContext.sessionIssuer.userName" in lines
    [denied] = [line for line in lines if '$.errorCode = "AccessDenied"  ' in line]
    assert denied.split()[-2:] == ["9", "9"]
    assert sum("◄ no record has this field" in line for line in lines) == 2


def test_nothing_read(tmp_path: Path, denied: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "nothing").mkdir()
    assert main(["replay", str(tmp_path / "nothing"), "-d", denied]) == 2
    assert "NO EVIDENCE.\nThere was no log file in " in capsys.readouterr().out
    [found] = run_json(capsys, str(tmp_path / "nothing"), "-d", denied, "--allow-empty")
    assert (found["verdict"], found["why"]) == ("no evidence", None)
    assert found["empty"].startswith("no log file in ")
    assert found["samples"] == {"start": None, "end": None, "count": 0, "sum": None}
    assert found["evaluated"] == {"start": None, "end": None}


def test_repeats_are_counted_unless_deduped(
    logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(Path(logs, "again.json"), burst(10, 7))
    [counted] = run_json(capsys, logs, "-d", denied)
    [once] = run_json(capsys, logs, "-d", denied, "--dedupe")
    assert (counted["matches"], counted["repeats"], counted["samples"]["count"]) == (16, 7, 16)
    assert (once["matches"], once["repeats"], once["samples"]["count"]) == (16, 7, 9)
    main(["replay", logs, "-d", denied])
    assert "7 of the matches were deliveries of an eventID that had matched before" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "at"),
    [
        ([], "2023-07-10T12:11:00Z"),
        (["--delay", "2m"], "2023-07-10T12:13:00Z"),
        (["--delay", "90s"], "2023-07-10T12:12:00Z"),
        (["--window", "sliding"], "2023-07-10T12:11:00Z"),
        (["--window", "wall-clock"], "2023-07-10T12:15:00Z"),
        (["--window", "wall-clock", "--time-zone", "+05:30"], "2023-07-10T12:15:00Z"),
    ],
)
def test_time_options(
    options: list[str], at: str, logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [found] = run_json(capsys, logs, "-d", denied, *options)
    assert [one["at"] for one in found["transitions"] if one["after"] == "ALARM"] == [at]


def test_delivery_clock(tmp_path: Path, denied: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = "111122223333_CloudTrail_eu-west-1_20230710T1225Z_abcdefghijklmnop.json.gz"
    path = write(tmp_path / name, burst(10, 7))
    [found] = run_json(capsys, path, "-d", denied, "--clock", "delivery")
    assert found["samples"]["start"] == "2023-07-10T12:25:00Z"
    main(["replay", path, "-d", denied, "--clock", "delivery"])
    assert "Clock     the time of delivery" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "records"),
    [
        (["--from", "2023-07-10T12:10"], 9),
        (["--from", "2023-07-10T14:10+02:00"], 9),
        (["--to", "2023-07-10T12:10:00Z"], 1),
        (["--from", "2023-07-11"], 0),
        (["--account", "111122223333"], 10),
        (["--account", "444455556666"], 0),
        (["--region", "eu-west-1", "--region", "us-east-1"], 10),
        (["--region", "us-east-1"], 0),
    ],
)
def test_selection(
    options: list[str], records: int, logs: str, denied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [found] = run_json(capsys, logs, "-d", denied, *options)
    assert (found["records"], found["unselected"]) == (records, 10 - records)


def test_a_file_over_the_limit_is_named(logs: str, denied: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", logs, "-d", denied, "--max-file-size", "1kB"]) == 2
    assert "holds more than the limit of 1,000 bytes" in " ".join(capsys.readouterr().out.split())


def test_several_detections_end_with_a_summary(
    logs: str, denied: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = detection(tmp_path / "silent.toml", "{ $.eventName = Nothing }", title="Silent")
    main(["replay", logs, "-d", denied, "-d", silent])
    tail = capsys.readouterr().out.splitlines()[-4:]
    assert tail[0] == "Summary: 1 of 2 detections in ALARM"
    assert tail[2].split()[1:5] == ["1", "25.9", "%", "9"]
    assert tail[3].endswith("nothing matched")
    assert main(["replay", logs, "-d", denied, "-d", silent, "--brief"]) == 0
    assert capsys.readouterr().out.splitlines()[:4] == tail
    assert main(["replay", logs, "-d", denied, "--full"]) == 0
    assert "to OK" in capsys.readouterr().out
