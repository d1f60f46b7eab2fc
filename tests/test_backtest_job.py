"""From archive to frame: every cell is what `replay` says of a detection with that setting."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec import structs

import detector
from detector.alarm import Alarm, State, Transition
from detector.archive import Plan, Selection
from detector.detections import Detection, load_detection
from detector.jobs.backtest import Terms, backtest_metric, backtests
from detector.jobs.backtest.grid import Grid, key
from detector.jobs.backtest.incidents import load_incidents
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.result import COLUMNS
from detector.jobs.reading import Reading
from detector.jobs.replay import Replay, replay
from detector.scan import plain
from tests.cli_archives import archive, burst, detection, write

ROOT = Path(__file__).parents[1]
SAMPLES, INCIDENTS = ROOT / "samples", ROOT / "samples" / "incidents.toml"
HAVE_SAMPLES = pytest.mark.skipif(not SAMPLES.exists(), reason="samples/ are not beside the package")
GRID = Grid.of(
    {
        "threshold": "1,5,9",
        "period": "60,300,3600",
        "datapoints": "1/1,2/3,3/3",
        "treat_missing_data": "missing,notBreaching,ignore,breaching",
        "window": "sliding,wall-clock",
    }
)
FIELDS = [
    "statistic",
    "period",
    "evaluation_periods",
    "datapoints_to_alarm",
    "threshold",
    "treat_missing_data",
    "window",
    "alarms",
    "alarms_per_week",
    "alarm_minutes",
    "longest_alarm_minutes",
    "lookback_minutes",
    "flaps",
    "detected",
    "missed",
    "false_alarms",
    "median_delay_minutes",
    "current",
    "front",
]


def second(at: datetime | float) -> int:
    assert isinstance(at, datetime)
    return int(at.timestamp())


def minutes_in_alarm(found: Sequence[Transition], end: datetime) -> list[float]:
    ends = [*(one.at for one in found[1:]), end] if found else []
    return [
        (last - one.at).total_seconds() / 60
        for one, last in zip(found, ends, strict=True)
        if one.after is State.ALARM and isinstance(one.at, datetime) and isinstance(last, datetime)
    ]


@HAVE_SAMPLES
def test_every_cell_is_a_replay_with_that_setting() -> None:
    """All 217 settings of a sweep over the samples, each replayed on its own from the files on, the burn-in left out."""
    one = load_detection("lab/unauthorized-api-calls")
    frame = detector.backtest(one, [str(SAMPLES)], GRID).frame
    found = backtests([(one, Terms(GRID))], Plan.of_alarms(str(SAMPLES)))[0]
    settings = [cell.alarm for cell in found.sweep.cells]
    replays = replay([replace(one, alarm=alarm) for alarm in settings], [str(SAMPLES)])
    since = datetime.fromtimestamp(found.coverage.since, UTC)
    assert found.coverage.burn_in is not None
    assert found.coverage.burn_in.left_out
    for row, alarm, single in zip(frame.rows(named=True), settings, replays, strict=True):
        assert single.end is not None
        before = [one for one in single.transitions if second(one.at) < found.coverage.since]
        later = single.transitions[len(before) :]
        carried = [structs.replace(one, at=since) for one in before[-1:]]  # the state that it is in by then
        minutes = minutes_in_alarm([*carried, *later], single.end)
        wanted = {
            "period": alarm.period,
            "threshold": alarm.threshold,
            "alarms": sum(one.after is State.ALARM for one in later),
            "alarm_minutes": sum(minutes),
            "longest_alarm_minutes": max(minutes, default=0.0),
            "current": alarm == one.alarm,
        }
        assert {name: row[name] for name in wanted} == wanted, key(alarm)
    assert sum(frame["alarms"]) > 4_000


@HAVE_SAMPLES
def test_the_recommended_setting_finds_what_was_planted_with_fewer_pages() -> None:
    terms = Terms(Grid.of({}), tuple(load_incidents(INCIDENTS)))
    present = backtests(
        [(load_detection("lab/unauthorized-api-calls"), terms)], Plan.of_alarms(str(SAMPLES))
    )[0]
    assert (present.sweep.current.score.alarms, present.sweep.current.score.false_alarms) == (21, 12)
    frame = detector.backtest("lab/unauthorized-api-calls", SAMPLES, None, INCIDENTS).frame
    quiet = frame.filter((pl.col("missed") == 0) & (pl.col("false_alarms") == 0))
    assert 0 < quiet["alarms"].min() < 21 / 4  # type: ignore[operator]  # a number


@HAVE_SAMPLES
def test_one_pass_serves_several_detections() -> None:
    names = ["lab/unauthorized-api-calls", "cis/cloudwatch-6", "cis/cloudwatch-1"]
    terms = Terms(Grid.of({"threshold": "1..6"}))
    passes: list[int] = []

    def scan(filters: Any, plan: Any, files: Any, progress: Any) -> Any:
        passes.append(len(filters))
        return plain.scan(filters, plan, files, progress)

    found = backtests(
        [(load_detection(name), terms) for name in names], Plan.of_alarms(str(SAMPLES)), scan=scan
    )
    assert passes == [3, 3]  # the second on the other clock
    for name, one in zip(names, found, strict=True):
        assert one.frame.equals(detector.backtest(name, SAMPLES, terms.grid).frame)


def test_the_frame_has_the_documented_columns(tmp_path: Path) -> None:
    logs = archive(tmp_path / "logs")
    frame = detector.backtest(detection(tmp_path / "d.toml"), logs, {"threshold": "1,5,50"}).frame
    assert frame.columns == FIELDS == list(COLUMNS)
    assert {name: str(kind) for name, kind in frame.schema.items()} == COLUMNS
    unknown = frame.select("detected", "missed", "false_alarms", "median_delay_minutes")
    assert unknown.null_count().row(0) == (len(frame),) * 4
    assert frame["current"].sum() == 1
    assert frame.filter(pl.col("front"))["alarms"].unique().to_list() == [frame["alarms"].min()]


def test_an_archive_without_logs_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    path = detection(tmp_path / "d.toml")
    frame = detector.backtest(
        path, tmp_path / "logs", {"threshold": "1,2"}, [{"name": "x", "start": 0, "end": 9}]
    ).frame
    assert frame["alarms"].to_list() == [0] * len(frame)
    assert frame["alarms_per_week"].null_count() == len(frame)
    assert frame["missed"].to_list() == [None] * len(frame)


def test_a_quiet_account_s_rate_is_over_the_time_that_the_trail_was_on(tmp_path: Path) -> None:
    """Noon, and again at 20:00: two hours with a log, and seven in between, since nothing happened."""
    logs = write(tmp_path / "logs" / "a.json", [*burst(0, 9), *burst(8 * 60, 9)])
    path = detection(tmp_path / "d.toml")
    found = backtests([(load_detection(path), Terms())], Plan(paths=(logs,)))[0]
    assert (len(found.coverage.hours), found.coverage.gaps) == (2, 7)
    assert found.frame["alarms_per_week"].to_list() == [2 * 168 / 9]


def test_a_selection_by_time_is_the_replay_of_it(tmp_path: Path) -> None:
    logs = write(tmp_path / "logs" / "a.json", [*burst(0, 9), *burst(30, 9), *burst(60, 9)])
    one = load_detection(detection(tmp_path / "d.toml"))
    start = 1688990400  # 2023-07-10T12:00:00Z
    chosen = Selection(frozenset(), frozenset(), start + 600, start + 2400)
    found = backtests(
        [(one, Terms(Grid(threshold=(1, 5), period=(300, 900))))], Plan(paths=(logs,), selection=chosen)
    )[0]
    singles = [replay([replace(one, alarm=c.alarm)], [logs], selection=chosen)[0] for c in found.sweep.cells]
    assert [cell.score.alarms for cell in found.sweep.cells] == [raised(single) for single in singles]
    assert sum(map(raised, singles)) == 4
    assert len(found.coverage.hours) == 1


def test_a_file_delivered_after_the_selection_covers_no_hour_of_it(tmp_path: Path) -> None:
    """A call at 12:58 that was delivered at 13:02: the hour from 13:00 on was not asked for."""
    folder = tmp_path / "AWSLogs/111122223333/CloudTrail/eu-west-1/2023/07/10"
    write(folder / "111122223333_CloudTrail_eu-west-1_20230710T1302Z_AbCdEfGhIjKlMnOp.json.gz", burst(58, 9))
    one, start = load_detection(detection(tmp_path / "d.toml")), 1688990400
    chosen = Selection(frozenset(), frozenset(), start, start + 3600)
    found = backtests([(one, Terms())], Plan(paths=(str(tmp_path / "AWSLogs"),), selection=chosen))[0]
    assert isinstance(found.source, Reading)
    assert (found.source.records, len(found.coverage.hours)) == (9, 0)
    assert len(backtests([(one, Terms())], Plan(paths=(str(tmp_path / "AWSLogs"),)))[0].coverage.hours) == 1


def raised(found: Replay) -> int:
    return sum(one.after is State.ALARM for one in found.transitions)


@HAVE_SAMPLES
def test_metric_data_of_the_samples_gives_the_archive_s_answer() -> None:
    """The Sum a minute of the replay, over the same span, is swept to the same scores."""
    one = load_detection("lab/unauthorized-api-calls")
    terms = Terms(
        Grid.of({"threshold": "1,5,8", "period": "60,300", "datapoints": "1/1,2/3"}),
        tuple(replace(one, principals=()) for one in load_incidents(INCIDENTS)),
    )
    single = replay([one], [str(SAMPLES)])[0]
    sums = single.samples.group_by("minute").agg((pl.col("value") * pl.col("samples")).sum()).sort("minute")
    rows = sums.with_columns(samples=pl.lit(1, pl.Int64))
    assert single.start is not None
    start, last = int(single.start.timestamp()), int(rows["minute"][-1].timestamp())
    data = MetricData("m.json", rows, start, last, 60)
    found = backtest_metric(one, terms, data)
    archived = backtests([(one, terms)], Plan.of_alarms(str(SAMPLES)))[0]
    # The archive is known until the end of its last log file, the metric until its last value.
    scores = [
        [replace(cell.score, evaluated=0, calm=0) for cell in one.sweep.cells] for one in (found, archived)
    ]
    assert scores[0] == scores[1]


def test_the_span_of_metric_data_may_be_told(tmp_path: Path) -> None:
    one = load_detection(detection(tmp_path / "d.toml"))
    rows = pl.DataFrame(
        [(datetime(2025, 3, 8, 3, tzinfo=UTC), 9.0, 1)], schema=["minute", "value", "samples"], orient="row"
    )
    first = int(rows["minute"][0].timestamp())
    data = MetricData("m.json", rows, first, first, 60)
    short = backtest_metric(one, Terms(), data)
    long = backtest_metric(one, Terms(), data, first - 84 * 3600, first + 84 * 3600)
    assert (short.coverage.weeks, long.coverage.weeks) == (1 / 168, 1.0)
    assert long.frame["alarms_per_week"].to_list() == [1.0]
    assert {short.sweep.current.score.seconds, long.sweep.current.score.seconds} == {900}


def test_a_detection_may_be_an_object_and_paths_may_be_one(tmp_path: Path) -> None:
    logs, path = archive(tmp_path / "logs"), detection(tmp_path / "d.toml")
    one: Detection = load_detection(path)
    grid = {"threshold": "1..3"}
    frames = [detector.backtest(d, p, grid).frame for d in (one, path, Path(path)) for p in (logs, [logs])]
    assert all(frame.equals(frames[0]) for frame in frames)
    assert len(frames[0]) == 4 - (one.alarm.threshold in {1, 2, 3})


def test_the_grid_of_the_detection_file_is_the_library_s_too(tmp_path: Path) -> None:
    logs, path = archive(tmp_path / "logs"), detection(tmp_path / "d.toml")
    text = Path(path).read_text("utf-8")
    Path(path).write_text(
        text + '\n[backtest]\nthreshold = [1, 2, "3..4"]\nmax_pages_per_week = 2\n', "utf-8"
    )
    assert len(detector.backtest(path, logs).frame) == 5 - (
        load_detection(path).alarm.threshold in {1, 2, 3, 4}
    )


def test_import_detector_does_not_pay_for_polars() -> None:
    code = "import sys, detector; detector.Alarm; assert 'polars' not in sys.modules; detector.backtest"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_present_alarm_is_the_same_object(tmp_path: Path) -> None:
    one = load_detection(detection(tmp_path / "d.toml"))
    found = backtests([(one, Terms(Grid(threshold=(1, 2))))], Plan(paths=(archive(tmp_path / "logs"),)))[0]
    present: Alarm = found.sweep.current.alarm
    assert present is one.alarm
