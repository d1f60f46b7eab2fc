"""Which clock an archive is replayed by where nobody says: that of deliveries only where every file tells its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import detector
from detector.archive import Clock, Plan
from detector.archive.clock import settled
from detector.cli.main import main
from detector.jobs.reading import Reading
from detector.jobs.replay import replay
from tests.cli_archives import burst, detection, write

TRAIL = "AWSLogs/111122223333/CloudTrail/eu-west-1/2023/07/10/111122223333_CloudTrail_eu-west-1_20230710T1225Z_abcdefghijklmnop.json.gz"


def export(path: Path, **more: object) -> None:
    """Two log events as ``filter-log-events`` gives them, with timestamps unless ``more`` takes them away."""
    events = [{"message": json.dumps(one), "timestamp": 1_688_992_500_000, **more} for one in burst(10, 2)]
    path.write_text(json.dumps({"events": events}), encoding="utf-8")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One file as S3 has it: seven records of 12:10, delivered at 12:25."""
    write(tmp_path / TRAIL, burst(10, 7))
    return tmp_path


def clock(folder: Path, **settings: object) -> tuple[Clock, str]:
    plan = Plan.of_alarms(folder, **settings)  # type: ignore[arg-type]  # a test's settings
    found = settled(plan, plan.locate().files)
    assert not found.clock_open
    return found.clock, Path(found.undelivered).name


def test_names_of_a_trail_are_deliveries(archive: Path) -> None:
    assert clock(archive) == (Clock.DELIVERY, "")


def test_timestamps_of_log_events_are_deliveries(archive: Path) -> None:
    export(archive / "export.json")
    assert clock(archive) == (Clock.DELIVERY, "")
    export(archive / "export.json", timestamp=None)
    assert clock(archive) == (Clock.EVENT, "export.json")


def test_one_other_file_makes_it_the_event_clock(archive: Path) -> None:
    write(archive / "loose.json", burst(40, 1))
    assert clock(archive) == (Clock.EVENT, "loose.json")


def test_a_file_without_an_event_decides_nothing(archive: Path) -> None:
    write(archive / "none.json", [])
    (archive / "broken.json").write_text("{", encoding="utf-8")
    assert clock(archive) == (Clock.DELIVERY, "")


def test_what_is_asked_for_is_done(archive: Path) -> None:
    assert clock(archive, clock="event") == (Clock.EVENT, "")
    assert clock(archive, delay=60) == (Clock.EVENT, "")
    assert Plan.of_alarms(Plan(paths=(str(archive),))).clock_open is False


def test_replay_and_backtest_have_one_default(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the library and on the command line, and 12:25 is when the alarm sees the records of 12:10."""
    path, logs = detection(archive / "d.toml"), str(archive / "AWSLogs")
    [found] = replay(path, logs)
    assert [f"{one.at:%H:%M}" for one in found.transitions if one.after == "ALARM"] == ["12:26"]
    assert main(["replay", logs, "-d", path, "--format", "json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["clock"], told["undelivered"]) == ("delivery", None)
    assert [one["at"] for one in told["transitions"] if one["after"] == "ALARM"] == ["2023-07-10T12:26:00Z"]
    tested = detector.backtest(path, logs).source
    assert isinstance(tested, Reading)
    assert tested.plan == found.reading.plan
    assert main(["replay", logs, "-d", path, "--delay", "1m", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["clock"] == "event"
    assert main(["replay", logs, "-d", path, "--last", "1m", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["matches"] == 7


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_mixed_archive_says_why(archive: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(archive / "logs" / "loose.json", burst(40, 1))
    path = detection(archive / "d.toml")
    assert (
        main(["replay", str(archive / "AWSLogs"), str(archive / "logs"), "-d", path, "--format", form]) == 0
    )
    assert "loose.json" in (out := " ".join(capsys.readouterr().out.split()))
    assert "does not tell when it was delivered" in out
