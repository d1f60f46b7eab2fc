"""``detector backtest`` as it is typed: report, formats, budgets, the table in the file, and mistakes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from detector.__main__ import main
from detector.quantities import percent
from tests.cli_archives import archive, burst, detection, record, write

INCIDENTS = """name,start,end
burst,2023-07-10T12:10:00Z,2023-07-10T12:20:00Z
quiet,2023-07-10T14:00:00Z,2023-07-10T14:20:00Z
"""


@pytest.fixture
def world(tmp_path: Path) -> dict[str, str]:
    """Logs with one burst of 7 and another at 14:01, a detection that demands 5, and two incidents."""
    archive(tmp_path / "logs")
    write(tmp_path / "logs" / "c.json", burst(121, 3))
    (tmp_path / "incidents.csv").write_text(INCIDENTS, encoding="utf-8")
    return {
        "logs": str(tmp_path / "logs"),
        "d": detection(tmp_path / "d.toml"),
        "incidents": str(tmp_path / "incidents.csv"),
    }


def table(world: dict[str, str], text: str) -> None:
    path = Path(world["d"])
    path.write_text(f"{path.read_text('utf-8')}\n[backtest]\n{text}", encoding="utf-8")


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["backtest", *words])
    out, err = capfd.readouterr()
    return code, out, err


def test_the_report_says_what_to_take_and_why(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(
        capfd,
        *(world["logs"], "-d", world["d"], "--incidents", world["incidents"]),
        *("--threshold", "1,3,5,8", "--period", "60,300"),
    )
    assert (code, err) == (0, "")
    assert "Present      Sum >= 5 over 300 s, 1 of 1, missing data: missing" in out
    assert "Recommended  nothing: the evidence does not carry a change. 3 hours with the trail on are" in out
    assert re.search(r"^Best here {4}Sum >= 3 over 300 s, 1 of 1", out, re.MULTILINE)
    assert re.search(r"^quiet +2023-07-10 14:00 +missed +2 min", out, re.MULTILINE)
    assert "WARNING: 3 hours are too short" in out
    assert "Pages a week by threshold and period" in out
    assert max(map(len, out.splitlines())) <= 104


def test_without_anything_to_choose_by_nothing_is_recommended(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capfd, world["logs"], "-d", world["d"], "--threshold", "1..3")
    assert code == 0
    assert "Recommended  nothing: without --incidents or a budget" in out
    assert "false" not in out


def test_time_in_alarm_without_a_log_is_told(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    path = Path(world["d"])
    kept = re.sub(r"(?m)^treat_missing_data = .*\n", "", path.read_text("utf-8"))
    path.write_text(
        kept.replace("[alarm]\n", '[alarm]\ntreat_missing_data = "breaching"\n'), encoding="utf-8"
    )
    words = (world["logs"], "-d", world["d"], "--threshold", "6")
    _, out, _ = run(capfd, *words)
    said = "The time in ALARM, and the longest, count hours without a log too: 59 min (present)."
    assert said in out
    _, out, _ = run(capfd, *words, "--to", "2023-07-10T13:00:00Z")
    assert "count hours without a log" not in out


NO_EVIDENCE = """name,start,end
burst,2023-07-10T12:10:00Z,2023-07-10T12:20:00Z
gap,2023-07-10T13:00:00Z,2023-07-10T13:20:00Z
later,2024-01-01T13:00:00Z,2024-01-01T13:20:00Z
"""


def test_an_incident_without_a_log_is_neither_found_nor_missed(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    Path(world["incidents"]).write_text(NO_EVIDENCE, encoding="utf-8")
    words = (world["logs"], "-d", world["d"], "--incidents", world["incidents"], "--threshold", "5,50")
    code, out, err = run(capfd, *words)
    assert code == 0
    assert re.search(r"1 of 1\s+incident\s+detected, 2 without evidence", out)
    assert re.search(r"^gap +2023-07-10 13:00 +no evidence", out, re.MULTILINE)
    assert "WARNING: no evidence for 2 incidents (gap, later)" in out
    assert "warning: no evidence for 2 incidents (gap, later): no log in those hours" in err
    _, out, err = run(capfd, *words, "--format", "ndjson")
    row = next(one for one in map(json.loads, out.splitlines()) if one["current"])
    assert (row["detected"], row["missed"], row["no_evidence"]) == (1, 0, ["gap", "later"])
    assert list(row["delay_minutes"]) == ["burst"]
    code, out, err = run(capfd, *words, "--must-detect", "later", "--quiet")
    assert code == 1
    assert err == (
        f"detector: {world['d']}: the budget cannot be judged: it demands later, for which there is no evidence: "
        "no log in those hours\n"
    )
    assert "Budget       CANNOT BE JUDGED: it demands later" in out


def test_without_any_evidence_it_is_as_without_incidents(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    only = "\n".join([NO_EVIDENCE.splitlines()[0], NO_EVIDENCE.splitlines()[3]])
    Path(world["incidents"]).write_text(only, encoding="utf-8")
    words = (world["logs"], "-d", world["d"], "--incidents", world["incidents"], "--threshold", "5,50")
    code, out, _ = run(capfd, *words)
    assert code == 0
    assert "Recommended  nothing: without an incident with evidence or a budget" in out
    assert "Runner-up" not in out
    _, out, _ = run(capfd, *words, "--format", "ndjson")
    assert [json.loads(line)["missed"] for line in out.splitlines()] == [None, None]


def test_a_selection_by_time_takes_evidence_away(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    words = (world["logs"], "-d", world["d"], "--incidents", world["incidents"], "--grace", "0")
    _, out, _ = run(capfd, *words, "--from", "2023-07-10T12:20:00Z", "--format", "ndjson")
    assert json.loads(out.splitlines()[0])["no_evidence"] == ["burst"]


def test_what_finds_nothing_is_not_recommended(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    words = (world["logs"], "-d", world["d"], "--incidents", world["incidents"], "--threshold", "50,60")
    code, out, _ = run(capfd, *words, "--grace", "0", "--max-pages-per-week", "1")
    assert code == 1
    assert re.search(
        r"Recommended  no setting meets this, of 3: none of the 2 that keep the budget\s+detects", out
    )
    assert "★   >=" not in out


def test_rows_are_limited_but_the_present_one_is_shown(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(
        capfd,
        world["logs"],
        "-d",
        world["d"],
        "--incidents",
        world["incidents"],
        "--rows",
        "1",
        "--threshold",
        "1..9",
    )
    listed = [line for line in out.splitlines() if re.match(r"[★▶◆✗ ]{1,4} *>= \d", line)]
    assert len(listed) == 2
    assert listed[1].startswith("▶")
    assert "… 7 more; --rows N" in out or "more …" in out


def rows_of(form: str, out: bytes) -> list[dict[str, Any]]:
    if form == "json":
        return list(json.loads(out))
    if form == "ndjson":
        return [json.loads(line) for line in out.splitlines()]
    if form == "csv":
        return list(csv.DictReader(io.StringIO(out.decode())))
    return pl.read_parquet(io.BytesIO(out)).rows(named=True)


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "parquet"])
def test_every_machine_format_has_the_fields(
    world: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes], form: str, tmp_path: Path
) -> None:
    import detector

    again = tmp_path / "again.toml"
    again.write_bytes(Path(world["d"]).read_bytes())
    typed = ["backtest", world["logs"], "-d", world["d"], "-d", str(again), "--threshold", "1,3"]
    assert main([*typed, "--incidents", world["incidents"], "--format", form]) == 0
    out = capfdbinary.readouterr().out
    rows = rows_of(form, out)
    frame = detector.backtest(world["d"], world["logs"], {"threshold": "1,3"}, world["incidents"]).frame
    assert len(rows) == 2 * len(frame)
    for row, wanted in zip(rows, [*frame.rows(named=True)] * 2, strict=True):
        assert list(row)[: len(wanted) + 1] == ["detection", *wanted]
        read = {name: row[name] for name in wanted}
        texts = {name: _csv(value) for name, value in wanted.items()}
        assert read == (texts if form == "csv" else wanted)
    assert (
        main([*typed, "--incidents", world["incidents"], "--format", form, "--output", str(tmp_path / "o")])
        == 0
    )
    assert ((tmp_path / "o").read_bytes(), capfdbinary.readouterr().out) == (out, b"")


def _csv(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_json_holds_what_needs_lists(world: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    words = (world["logs"], "-d", world["d"], "--threshold", "3,5", "--incidents", world["incidents"])
    _, out, _ = run(capfd, *words, "--format", "json")
    (three, five) = json.loads(out)
    assert (three["recommended"], five["recommended"], five["current"]) == (False, False, True)
    assert five["about"]["evidence"]["best"].startswith("Sum >= 3 over 300 s")
    assert (three["share_in_alarm"], three["late"], three["as_good"]) == (0.22388059701492538, 0, True)
    assert three["delay_minutes"] == {"burst": 1.0, "quiet": 2.0}
    assert (five["recall"], five["precision"], five["keeps_budget"]) == (0.5, 1.0, None)
    assert sum(three["alarms_by_hour"]) == sum(three["alarms_by_weekday"]) == three["alarms"] == 2
    assert three["alarms_by_week"] == [{"week": "2023-07-10", "hours_with_trail_on": 3, "alarms": 2}]
    assert (three["runner_up"], three["unlogged_minutes"], three["breaks"]) == (False, 0, [])
    _, out, _ = run(capfd, *words, "--format", "ndjson", "--must-detect", "quiet", "--max-delay", "1m")
    assert [json.loads(line)["breaks"] for line in out.splitlines()] == [
        ["quiet is detected after 2 min, later than 1 min"],
        ["quiet is missed"],
    ]


def test_the_report_says_nothing_that_the_json_does_not(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    words = (world["logs"], "-d", world["d"], "--threshold", "1..9", "--incidents", world["incidents"])
    _, text, _ = run(capfd, *words, "--rows", "20")
    _, out, _ = run(capfd, *words, "--format", "json")
    said = re.sub(r"\s+", " ", text)
    rows = json.loads(out)
    [about] = [row["about"] for row in rows if row["current"]]
    assert about["evidence"]["sentences"]
    assert all(sentence in said for sentence in about["evidence"]["sentences"])
    shown = [row for row in rows if row["current"] or row["best"] or row["runner_up"]]
    assert len(shown) > 1
    for row in shown:
        pages, incidents = row["alarms"], row["detected"] + row["missed"]
        for fact in (
            f"{row['statistic']} >= {row['threshold']:g} over {row['period']} s, ",
            f"{pages} page{'s' * (pages != 1)} ({row['alarms_per_week']:.1f} a week), {row['false_alarms']} false alarm",
            f"{row['detected']} of {incidents} incidents detected",
            f"delay {row['median_delay_minutes']:g} min (slowest {row['slowest_delay_minutes']:g} min)",
            f"in ALARM {row['alarm_minutes']:g} min ({percent(row['share_in_alarm'])} of the time, longest ",
            f"longest {row['longest_alarm_minutes']:g} min, ",
            f"median {row['median_alarm_minutes']:g} min, only by look-back {row['lookback_minutes']:g} min)",
            f"{row['flaps']} flap",
            row["because"],
        ):
            assert fact in said
    for row in rows:  # the table
        marks = "★" * row["recommended"] + "▶" * row["current"] + "◆" * row["front"]
        assert f"{marks} >= {row['threshold']:g} ".strip() in said


def test_what_is_true_of_all_settings_is_in_the_row_of_the_present_one(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    (Path(world["logs"]) / "bad.json").write_text("{", encoding="utf-8")
    words = (world["logs"], "-d", world["d"], "--threshold", "1..9", "--incidents", world["incidents"])
    more = ("--max-pages-per-week", "1", "--must-detect", "quiet", "--datapoints", "1/1,3/99999")
    _, text, _ = run(capfd, *words, *more)
    code, out, err = run(capfd, *words, *more, "--format", "json")
    assert code == 2  # a file could not be read
    said = re.sub(r"\s+", " ", text)
    rows = json.loads(out)
    [(about, pages)] = [(row["about"], row["alarms"]) for row in rows if row["current"]]
    assert [row["about"] for row in rows if not row["current"]] == [None] * (len(rows) - 1)
    [problem] = about["problems"]
    assert about["likely_alarms_per_week"]["present"] is None
    for fact in (
        f"{about['title']} ",
        f"Recommended {about['because']} ",
        f"Closest {about['closest']} ",
        f"Budget BROKEN: {'; '.join(about['broken'])} ",
        f"{about['hours_with_logs']} hours with a log, {about['silent_hours']} between files a day apart or less",
        f"Pages by week, present: {pages} (3 h); too few days for a range of rates.",
        f"WARNING: {about['hours_with_trail_on']} hours are too short",
        f"Left out, since CloudWatch would refuse them {about['refused'][0]} ",
        f"Read {about['files']} files, {about['records']} records",
        f"Problems 1 could not be used: {problem['path']}: {problem['reason']}",
        *(f"{one['name']} {one['start'][:16].replace('T', ' ')} " for one in about["incidents"]),
    ):
        assert fact in f"{said} ", fact
    assert (about["too_short"], about["undecided"], about["metric"]) == (True, "", None)
    assert about["complaints"][0] in err


BUDGETS: list[tuple[list[str], list[str]]] = [
    (["--max-pages-per-week", "1000"], []),
    (["--max-pages-per-week", "2"], ["56.0 pages a week are more than 2"]),
    (["--must-detect", "burst"], []),
    (["--must-detect", "quiet"], ["quiet is missed"]),
    (["--must-detect", "burst", "--max-delay", "1m"], []),
    (["--must-detect", "burst", "--max-delay", "30s"], ["burst is detected after 1 min, later than 30 s"]),
    (["--max-delay", "10m"], ["quiet is missed"]),
]


@pytest.mark.parametrize(("words", "broken"), BUDGETS)
def test_a_broken_budget_is_exit_code_1_and_a_place(
    world: dict[str, str], capfd: pytest.CaptureFixture[str], words: list[str], broken: list[str]
) -> None:
    code, _, err = run(
        capfd, world["logs"], "-d", world["d"], "--incidents", world["incidents"], "--format", "csv", *words
    )
    assert code == bool(broken)
    for sentence in broken:
        assert re.match(
            rf"detector: {re.escape(world['d'])}:\d+: alarm\.\w+: the budget is broken: {sentence}", err
        )
    assert bool(err) == bool(broken)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize(("most", "code"), [("1", 1), ("1000000", 0)])
def test_the_verdict_survives_a_closed_pipe(world: dict[str, str], both: bool, most: str, code: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = (world["logs"], "-d", world["d"], "--threshold", "1..9", "--max-pages-per-week", most)
    argv = (sys.executable, "-m", "detector", "backtest", *words)
    err = writer if both else subprocess.PIPE
    done = subprocess.run(argv, stdout=writer, stderr=err, check=False)
    os.close(writer)
    assert done.returncode == code
    assert both or (b"the budget is broken" in done.stderr) == bool(code)


def test_the_nearest_setting_is_told_as_changes_with_their_lines(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(
        capfd,
        *(world["logs"], "-d", world["d"], "--incidents", world["incidents"]),
        *("--threshold", "1..9", "--period", "300,600", "--must-detect", world["incidents"]),
    )
    lines = Path(world["d"]).read_text("utf-8").splitlines()
    place = f"{world['d']}:{lines.index('threshold = 5') + 1}: alarm.threshold"
    assert code == 1
    assert err.splitlines() == [
        f"detector: {place}: the budget is broken: quiet is missed",
        "  nearest setting that keeps it: Sum >= 3 over 300 s, 1 of 1, missing data: missing",
        f"    {place} = 3",
    ]
    assert "Budget       BROKEN: quiet is missed" in out


def test_when_no_setting_keeps_it(world: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    words = (world["logs"], "-d", world["d"], "--threshold", "1,3", "--max-pages-per-week", "0.1")
    code, out, err = run(capfd, *words)
    assert code == 1
    assert "none of the 3 settings of the grid keeps it" in err
    assert "Recommended  no setting meets this, of 3" in out
    assert "Closest" in out


def test_the_table_in_the_file_is_asked_and_what_is_typed_wins(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    table(
        world,
        'threshold = [3, "5..6"]\nperiod = 300\ndatapoints = "1/1"\nincidents = "incidents.csv"\n'
        'must_detect = "incidents.csv"\nmax_delay = "10m"\ngrace = "1h"\nmax_pages_per_week = 1000\n',
    )
    code, out, err = run(capfd, world["logs"], "-d", world["d"], "--format", "csv")
    assert (code, len(out.splitlines())) == (1, 1 + 3)
    assert "quiet is missed" in err
    words = ("--must-detect", "burst", "--threshold", "7..10")
    code, out, err = run(capfd, world["logs"], "-d", world["d"], "--format", "csv", *words)
    assert (code, len(out.splitlines()), err) == (0, 1 + 5, "")


TABLES: list[tuple[str, str]] = [
    ("treshold = 1\n", r"backtest\.treshold: unknown key; did you mean threshold\?"),
    ("threshold = true\n", r"backtest\.threshold: expected a number, a string or a list of them"),
    ('threshold = "a..b"\n', r"d\.toml:\d+: backtest\.threshold: expected numbers such as"),
    ('datapoints = "2 of 3"\n', r"d\.toml:\d+: backtest\.datapoints: expected datapoints as M/N"),
    ('max_delay = "soon"\n', r"d\.toml:\d+: backtest\.max_delay: expected a time span"),
    ('max_delay = "5m"\n', r"d\.toml:\d+: backtest\.max_delay: expected --incidents or --must-detect"),
    ("max_pages_per_week = -1\n", r"d\.toml:\d+: backtest\.max_pages_per_week: expected a number of pages"),
    ("max_pages_per_week = nan\n", r"d\.toml:\d+: backtest\.max_pages_per_week: expected a number of pages"),
    ('threshold = ""\n', r"d\.toml:\d+: backtest\.threshold: expected at least one value, found ''"),
    ('max_pages_per_week = "2"\n', r"backtest\.max_pages_per_week: expected a number"),
    ('must_detect = "burst"\n', r"backtest\.must_detect: no incident is named 'burst'; expected a file, or"),
    ('incidents = "none.toml"\n', r"none\.toml: expected a file of incidents: No such file"),
]


@pytest.mark.parametrize(("text", "reason"), TABLES)
def test_mistakes_in_the_table(
    world: dict[str, str], capfd: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    table(world, text)
    code, out, err = run(capfd, world["logs"], "-d", world["d"])
    assert (code, out) == (2, "")
    assert re.search(reason, err), err
    assert len(err.splitlines()) == 1


TYPED: list[tuple[list[str], str]] = [
    (["--threshold", ""], "--threshold: expected at least one value, found ''"),
    (["--window", " , "], "--window: expected at least one value"),
    (["--threshold", "x"], "--threshold: expected numbers such as 1,3,10..50:5, found 'x'"),
    (["--treat-missing-data", "notbreaching"], "--treat-missing-data: expected breaching, notBreaching"),
    (["--window", "tumbling"], "--window: expected sliding or wall-clock"),
    (["--time-zone", "Europe/Berlin"], "--time-zone: expected --window wall-clock with it"),
    (["--window", "wall-clock", "--time-zone", "Mars"], '--time-zone: Timezone "Mars" is neither'),
    (["--max-delay", "5m"], "--max-delay: expected --incidents or --must-detect with it"),
    (["--max-pages-per-week", "-1"], "expected a number of pages such as 2 or 0.5"),
    (["--must-detect", "burst"], "--must-detect: no incident is named 'burst'"),
    (["--incidents", "none.csv"], "none.csv: expected a file of incidents: No such file"),
    (["--incidents", "none"], "none: expected incidents in a file named .toml, .csv or .json"),
    (["--metric", "m.json"], "expected --metric FILE or a PATH, not both"),
    (["--clock", "delivery", "--delay", "5m"], "expected --delay with --clock event"),
    (["--rows", "many"], "expected a number of rows"),
]


@pytest.mark.parametrize(("words", "reason"), TYPED)
def test_mistakes_in_what_is_typed(
    world: dict[str, str], capfd: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    code, out, err = run(capfd, world["logs"], "-d", world["d"], *words)
    assert (code, out) == (2, "")
    assert reason in err
    assert len(err.splitlines()) == 1


def test_a_name_that_is_nearly_right(world: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    words = ("--incidents", world["incidents"], "--must-detect", "qiet")
    _, _, err = run(capfd, world["logs"], "-d", world["d"], *words)
    assert "did you mean quiet?" in err


def test_thresholds_below_zero(world: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    words = ("--threshold", "-5..-1:2", "--format", "ndjson")
    code, out, err = run(capfd, world["logs"], "-d", world["d"], *words)
    assert (code, err) == (0, "")
    assert [json.loads(line)["threshold"] for line in out.splitlines()] == [-5, -3, -1, 5]


def test_a_zone_for_wall_clock(world: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    words = ("--window", "sliding,wall-clock", "--time-zone", "Asia/Kolkata", "--format", "ndjson")
    _, out, _ = run(capfd, world["logs"], "-d", world["d"], *words)
    assert [json.loads(line)["window"] for line in out.splitlines()] == ["sliding", "wall-clock Asia/Kolkata"]


def test_metric_data_without_logs(
    world: dict[str, str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    metric = tmp_path / "metric.csv"
    metric.write_text("minute,value\n2023-07-10T12:10:00Z,7\n2023-07-10T14:01:00Z,3\n", encoding="utf-8")
    words = (
        "-d",
        world["d"],
        "--metric",
        str(metric),
        "--threshold",
        "3,5",
        "--statistic",
        "Sum,SampleCount",
    )
    code, out, err = run(capfd, *words)
    assert (code, err) == (0, "")
    assert "A minute of the metric file is one sample with the minute's Sum" in out
    assert "Metric       2 values, from" in out
    assert re.search(r">= 3 +300 s +1/1 +missing +2 ", out)
    code, _, err = run(capfd, "-d", world["d"], "-d", world["d"], "--metric", str(metric))
    assert (code, "several --detection" in err) == (2, True)


def test_doubtful_metric_data_is_told(
    world: dict[str, str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    times = [f"2023-07-10T12:{minute:02}:00Z" for minute in range(0, 60, 5)]
    result = {"Id": "m", "Timestamps": times, "Values": [7] * 12, "StatusCode": "PartialData"}
    metric = tmp_path / "metric.json"
    metric.write_text(json.dumps({"MetricDataResults": [result]}), encoding="utf-8")
    words = ("-d", world["d"], "--metric", str(metric), "--threshold", "5")
    code, out, err = run(capfd, *words)
    assert code == 0
    for said in (re.sub(r"\s+", " ", out), err):
        assert "The file has StatusCode PartialData: it is not all of the metric" in said
        assert "All values lie 5 minutes apart: they look like sums of longer periods" in said
    assert run(capfd, *words, "--quiet")[2] == ""


def test_what_could_not_be_read_is_exit_code_2(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    Path(world["logs"], "broken.json").write_text("{", encoding="utf-8")
    code, out, _ = run(capfd, world["logs"], "-d", world["d"])
    assert code == 2
    assert "Problems     1 could not be used:" in out
    code, _, err = run(capfd, world["logs"], "-d", world["d"], "--format", "csv")
    assert (code, "broken.json" in err) == (2, True)
    code, _, _ = run(capfd, world["logs"], "-d", world["d"], "--max-pages-per-week", "1")
    assert code == 2  # what could not be read may have been what keeps the budget, or breaks it more


def test_refused_combinations_are_listed(world: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capfd, world["logs"], "-d", world["d"], "--datapoints", "1/1,3/2", "--period", "300,90"
    )
    assert code == 0
    assert "Left out, since CloudWatch would refuse them" in out
    assert "2 combinations: Period must be 10, 20, 30 or a multiple of 60 seconds" in out
    words = ("--datapoints", "1/1,3/2", "--period", "300,90", "--format", "csv")
    _, _, err = run(capfd, world["logs"], "-d", world["d"], *words)
    assert len(err.splitlines()) == 2
    assert "left out, since CloudWatch would refuse it: 2 combinations: Period must be 10" in err
    assert "(period 90, 1/1; period 90, 3/2)" in err


def test_of_very_many_refused_combinations_some_are_named(
    world: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("--threshold", "1..30", "--period", "90", "--format", "csv")
    _, _, err = run(capfd, world["logs"], "-d", world["d"], *words)
    assert "30 combinations: Period" in err
    assert "threshold 20, period 90; and 10 more)" in err


def test_names_from_outside_cannot_steer_the_terminal(
    world: dict[str, str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    evil = tmp_path / "evil.json"
    row = {"name": "a\x1b[31mred\nline", "start": "2023-07-10T12:10:00Z", "end": "2023-07-10T12:20:00Z"}
    evil.write_text(json.dumps([row]), encoding="utf-8")
    words = (
        "--incidents",
        str(evil),
        "--must-detect",
        str(evil),
        "--threshold",
        "50,60",
        "--max-delay",
        "1s",
    )
    code, out, err = run(capfd, world["logs"], "-d", world["d"], *words)
    assert code == 1
    assert "\x1b" not in out + err


def test_pages_by_week_are_given_for_weeks_with_few_logs(
    world: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ten and more weeks of which none has a log for half of its hours: CloudTrail is silent where nobody works."""
    monday = datetime(2023, 7, 3, 12, tzinfo=UTC)
    records = [
        record(0, number, eventTime=f"{monday + timedelta(weeks=week, seconds=number):%Y-%m-%dT%H:%M:%SZ}")
        for week in range(14)
        for number in range(week)
    ]
    write(tmp_path / "logs.json", records)
    _, out, _ = run(capfd, str(tmp_path / "logs.json"), "-d", world["d"], "--threshold", "5")
    said = re.sub(r"\s+", " ", out)
    assert (
        "Pages by week, present: 0 to 1, in 13 weeks with a log for less than half of their hours; a true"
        in said
    )
