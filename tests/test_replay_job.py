"""From archive to alarm: the samples end to end against a naive count, and the settings of a replay."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import detector
from detector.archive import Problem, Selection
from detector.cloudtrail.record import evidence
from detector.errors import ArchiveError
from detector.jobs.reading import Scan
from detector.jobs.replay import Replay, Replays
from detector.jobs.replay import replay as replay_by_default
from detector.scan import fast, plain, processes
from tests import scans
from tests.scans import log_file, record

SAMPLES = Path(__file__).parent.parent / "samples"
LAB, DEPLOYED, CIS = (
    "lab/unauthorized-api-calls",
    "lab/unauthorized-api-calls-as-deployed",
    "cis/cloudwatch-2",
)
SCANS: dict[str, Scan] = {"plain": plain.scan, "fast": fast.scan, "workers": processes.scan}
MINUTE = timedelta(minutes=1)
replay = functools.partial(replay_by_default, clock="event")  # what is counted here by hand are event times


def denied(one: dict[str, Any]) -> bool:
    """CloudWatch.2 by hand."""
    code = one.get("errorCode")
    return isinstance(code, str) and (
        code.startswith("AccessDenied")
        or re.fullmatch(r"((?!UnauthorizedOperation).)*UnauthorizedOperation", code) is not None
    )


@functools.cache
def records_of_the_samples() -> list[tuple[str, int, dict[str, Any]]]:
    """Path, position and record, read without any of our code."""
    return [
        (str(path), position, one)
        for path in log_files(SAMPLES)
        for position, one in enumerate(json.loads(gzip.decompress(path.read_bytes()))["Records"])
    ]


def log_files(top: Path) -> list[Path]:
    return [path for path in sorted(top.rglob("*.json.gz")) if "Digest" not in str(path)]


def second(one: dict[str, Any]) -> datetime:
    return datetime.strptime(one["eventTime"], "%Y-%m-%dT%H:%M:%S%z")


def naive_transitions(counts: Counter[datetime], start: datetime, end: datetime, threshold: int) -> list[Any]:
    """1 out of 1 windows of 5 minutes, missing data missing: the newest window of three that has data decides."""
    made, state, at = [], "INSUFFICIENT_DATA", start
    while at <= end:
        windows = [
            sum(counts.get(at - step * MINUTE, 0) for step in range(5 * k + 1, 5 * k + 6)) for k in range(3)
        ]
        newest = next((total for total in windows if total), None)
        after = "INSUFFICIENT_DATA" if newest is None else "ALARM" if newest >= threshold else "OK"
        if after != state:
            made.append((at, state, after))
        state, at = after, at + MINUTE
    return made


def transitions(one: Replay) -> list[Any]:
    return [(change.at, str(change.before), str(change.after)) for change in one.transitions]


def facts(one: Replay) -> dict[str, Any]:
    """All of a replay that does not depend on the way of scanning."""
    said = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    del said["gathered"]
    said |= {"matches": one.matches.rows(), "samples": one.samples.rows()}
    said["transitions"] = transitions(one)
    said["reading"] = structs.replace(one.reading, plan=None, records=0, skipped=0, unselected=0)
    return said


@pytest.fixture(scope="module")
def replays() -> dict[str, Replays]:
    detections = [detector.load_detection(name) for name in (DEPLOYED, LAB, CIS)]
    return {name: replay(detections, [str(SAMPLES)], scan=scan) for name, scan in SCANS.items()}


def test_matches_and_samples_are_those_of_a_naive_count(replays: dict[str, Replays]) -> None:
    hits = [(path, position, one) for path, position, one in records_of_the_samples() if denied(one)]
    counts = Counter(second(one).replace(second=0) for _, _, one in hits)
    found = replays["plain"][2]
    assert found.records == len(records_of_the_samples())
    assert found.reading.files == len(log_files(SAMPLES))
    assert sorted(found.matches.select("path", "position", "event_id", "time").rows()) == sorted(
        (path, position, one["eventID"], second(one)) for path, position, one in hits
    )
    assert found.samples.rows() == [(minute, 1.0, counts[minute]) for minute in sorted(counts)]
    assert found.repeats == len(hits) - len({one["eventID"] for _, _, one in hits})
    assert found.oversize == 0


def test_transitions_are_those_of_a_naive_alarm(replays: dict[str, Replays]) -> None:
    hits = [one for _, _, one in records_of_the_samples() if denied(one)]
    stamps = [datetime.strptime(path.name.split("_")[3], "%Y%m%dT%H%M%z") for path in log_files(SAMPLES)]
    counts = Counter(second(one).replace(second=0) for one in hits)
    start, end = min(*stamps, *counts), max(*stamps, *counts)
    found = replays["plain"][2]
    threshold = round(found.detection.alarm.threshold)
    end += MINUTE + 3 * timedelta(minutes=5)  # until the last window has left the evaluation range
    assert (found.start, found.end) == (start, end)
    assert transitions(found) == naive_transitions(counts, start, end, threshold)
    assert len(found.transitions) > 20


def test_the_lab_s_filter_never_counted_one_event(replays: dict[str, Replays]) -> None:
    deployed, corrected, _ = replays["plain"]
    assert (len(deployed.matches), len(deployed.samples), deployed.transitions) == (0, 0, ())
    assert len(corrected.matches) > 0
    assert any(change.after == "ALARM" for change in corrected.transitions)


@pytest.mark.parametrize("name", ["fast", "workers"])
def test_the_way_of_scanning_does_not_matter(replays: dict[str, Replays], name: str) -> None:
    for one, other in zip(replays[name], replays["plain"], strict=True):
        assert facts(one) == facts(other)


def test_every_shipped_control_in_one_pass_is_as_alone() -> None:
    detections = [detector.load_detection(name) for name in detector.shipped()]
    together = replay(detections, [str(SAMPLES)])
    for one, other in zip(together, replay(detections, [str(SAMPLES)], scan=plain.scan), strict=True):
        assert facts(one) == facts(other)
    (alone,) = replay(detections[4:5], [str(SAMPLES)], scan=fast.scan)
    assert facts(alone) == facts(together[4])
    assert alone.reading.skipped > 0


# Settings, by the same naive count.


def at(minute: int, name: str = "Hit", **fields: Any) -> dict[str, Any]:
    return record(0) | {"eventTime": f"2023-07-10T12:{minute:02}:07Z", "eventName": name} | fields


NOON = datetime(2023, 7, 10, 12, tzinfo=UTC)


@pytest.fixture
def detection() -> detector.Detection:
    control = detector.load_detection(CIS)
    return dataclasses.replace(control, filters=(scans.metric_filter('{ $.eventName = "Hit" }'),))


def layout(folder: Path, minute: int, *records: object, region: str = scans.REGION) -> None:
    name = f"{scans.ACCOUNT}_CloudTrail_{region}_20230710T12{minute:02}Z_abcdefghijklmnop.json.gz"
    scans.store(folder / scans.DAY.replace(scans.REGION, region) / name, log_file(*records))


def minutes(one: Replay) -> list[int]:
    return [(minute - NOON) // MINUTE for minute in one.samples["minute"]]


def test_the_clock_and_the_delay_move_samples(tmp_path: Path, detection: detector.Detection) -> None:
    layout(tmp_path, 10, at(1), at(3), at(3, "Miss"))
    layout(tmp_path, 20, at(14))
    of: dict[str, dict[str, Any]] = {"event": {}, "late": {"delay": 120}, "delivery": {"clock": "delivery"}}
    found = {name: replay([detection], [str(tmp_path)], **how)[0] for name, how in of.items()}
    assert {name: minutes(one) for name, one in found.items()} == {
        "event": [1, 3, 14],
        "late": [3, 5, 16],
        "delivery": [10, 20],
    }
    assert {name: (one.reading.plan.clock, one.reading.plan.delay) for name, one in found.items()} == {
        "event": ("event", 0),
        "late": ("event", 120),
        "delivery": ("delivery", 0),
    }


def test_a_clock_that_does_not_exist(detection: detector.Detection, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sundial"):
        replay([detection], [str(tmp_path)], clock="sundial")


def test_a_selection_narrows_records_and_evaluations(tmp_path: Path, detection: detector.Detection) -> None:
    layout(tmp_path, 10, at(1), at(3), at(5, awsRegion="us-east-1"))
    noon = round(NOON.timestamp())

    def selected(**asked: Any) -> Replay:
        return replay([detection], [str(tmp_path)], selection=Selection(**asked))[0]

    middle = selected(start=noon + 150, end=noon + 290)
    assert (minutes(middle), middle.reading.unselected, middle.records) == ([3], 2, 1)
    assert (middle.start, middle.end) == (NOON + 3 * MINUTE, NOON + 4 * MINUTE)
    assert minutes(selected(regions=frozenset({"us-east-1"}))) == [5]
    assert minutes(selected(accounts=frozenset({scans.ACCOUNT}))) == [1, 3, 5]
    nobody = selected(accounts=frozenset({"444455556666"}))
    assert (nobody.reading.files, nobody.reading.left_out, nobody.start) == (0, {"other account": 1}, None)


def test_the_span_of_evaluations(tmp_path: Path, detection: detector.Detection) -> None:
    tail = 60 + detection.alarm.evaluation_range * 300
    # A file of the layout stands for the minute of its name, whatever it holds, and a sample for its own.
    layout(tmp_path / "layout", 10, at(1))
    layout(tmp_path / "layout", 30)
    found = replay([detection], [str(tmp_path / "layout")])[0]
    assert (found.start, found.end) == (NOON + MINUTE, NOON + 30 * MINUTE + timedelta(seconds=tail))
    # A loose one for the minutes of its records.
    scans.store(tmp_path / "loose" / "a.json", log_file(at(5, "Miss"), at(7, "Miss")))
    found = replay([detection], [str(tmp_path / "loose")])[0]
    assert (found.start, found.end) == (NOON + 5 * MINUTE, NOON + 7 * MINUTE + timedelta(seconds=tail))
    assert found.reading.hours == {round(NOON.timestamp()) // 3600}
    # Nothing at all.
    (tmp_path / "nothing").mkdir()
    found = replay([detection], [str(tmp_path / "nothing")])[0]
    assert (found.start, found.end, found.transitions, len(found.matches)) == (None, None, (), 0)


def test_windows_on_the_wall_clock(tmp_path: Path, detection: detector.Detection) -> None:
    layout(tmp_path, 10, *[at(3)] * 5)
    clock = detection.alarm.laid(window="wall-clock", time_zone="Europe/Berlin")
    berlin = dataclasses.replace(detection, alarm=clock)
    sliding, fixed = replay([detection, berlin], [str(tmp_path)])
    assert (sliding.window, fixed.window) == ("sliding", "wall-clock Europe/Berlin")
    first = [
        next(change.at for change in one.transitions if change.after == "ALARM") for one in (sliding, fixed)
    ]
    assert first == [NOON + 4 * MINUTE, NOON + 5 * MINUTE]
    assert clock.laid(window="sliding") == detection.alarm


def test_dedupe(tmp_path: Path, detection: detector.Detection) -> None:
    layout(tmp_path, 10, at(1, eventID="a"))
    layout(tmp_path, 11, at(1, eventID="a"), at(1, eventID="b"))
    for dedupe, samples in ((False, 3), (True, 2)):
        one = replay([detection], [str(tmp_path)], dedupe=dedupe)[0]
        assert (one.samples["samples"].to_list(), one.repeats, len(one.matches)) == ([samples], 1, 3)


def test_several_paths_and_files_twice(tmp_path: Path, detection: detector.Detection) -> None:
    layout(tmp_path, 10, at(1))
    (file,) = tmp_path.rglob("*.gz")
    one = replay([detection], [str(tmp_path), str(file), str(file.parent)])[0]
    assert (one.reading.files, len(one.matches)) == (1, 1)
    with pytest.raises(ArchiveError):
        replay([detection], [str(tmp_path / "no such folder")])


def test_no_detections(tmp_path: Path) -> None:
    layout(tmp_path, 10, at(1))
    assert list(replay([], [str(tmp_path)])) == []


def test_progress_reaches_the_end(tmp_path: Path, detection: detector.Detection) -> None:
    for minute in (10, 20):
        layout(tmp_path, minute, at(1))
    done: list[tuple[int, int]] = []
    replay([detection], [str(tmp_path)], progress=lambda *one: done.append(one))
    assert sum(count for count, _ in done) == 2


# Broken files.


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def flipped(raw: bytes) -> bytes:
    return raw[:-30] + bytes(255 - byte for byte in raw[-30:-20]) + raw[-20:]


BREAK: list[Callable[[bytes], bytes]] = [
    cut,
    flipped,
    lambda _: b"",
    lambda raw: raw + b"x",
    lambda raw: gzip.compress(gzip.decompress(raw)[:-3]),
    lambda _: gzip.compress(b"\x00\x01\x02"),
    lambda _: b'{"Records":[{"eventName":"GetObject",]}',
]


@pytest.mark.parametrize("scan", [fast.scan, plain.scan], ids=["fast", "plain"])
def test_five_percent_broken_files_change_nothing_and_are_named(tmp_path: Path, scan: Scan) -> None:
    whole, without = tmp_path / "a", tmp_path / "b"
    shutil.copytree(SAMPLES / "AWSLogs", whole / "AWSLogs")
    broken = log_files(whole)[7:-7:20]
    for number, path in enumerate(broken):
        path.write_bytes(BREAK[number % len(BREAK)](path.read_bytes()))
    shutil.copytree(whole, without)
    for path in broken:
        (without / path.relative_to(whole)).unlink()
    detections = [detector.load_detection(name) for name in (LAB, CIS, "cis/cloudwatch-5")]
    for one, other in zip(
        replay(detections, [str(whole)], scan=scan),
        replay(detections, [str(without)], scan=scan),
        strict=True,
    ):
        place = "time", "position", "event_id", "value", "oversize", "repeat"
        assert one.matches.select(place).rows() == other.matches.select(place).rows()
        assert one.samples.rows() == other.samples.rows()
        assert transitions(one) == transitions(other)
        assert (one.start, one.end) == (other.start, other.end)
        named = {problem.path for problem in one.problems} - {
            problem.path.replace(str(without), str(whole)) for problem in other.problems
        }
        assert named == {str(path) for path in broken}


# Evidence.


def test_every_match_has_its_evidence(tmp_path: Path, detection: detector.Detection) -> None:
    layout(tmp_path, 10, at(3, sourceIPAddress="192.0.2.1"), at(1, "Miss"), at(1, userAgent="cli"), 7)
    layout(tmp_path, 12, at(2, errorCode="AccessDenied"))
    one = replay([detection], [str(tmp_path)])[0]
    assert one.matches.select("user_agent", "error_code", "address").rows() == [
        ("cli", "", ""),
        ("", "AccessDenied", ""),
        ("", "", "192.0.2.1"),
    ]
    assert one.matches["region"].unique().to_list() == [scans.REGION]


IDENTITIES: list[tuple[Any, str]] = [
    (None, ""),
    ("root", ""),
    ({}, ""),
    ({"type": "Root"}, "Root"),
    ({"type": "AWSService", "invokedBy": "config.amazonaws.com"}, "config.amazonaws.com"),
    ({"type": "IAMUser", "userName": "alice", "principalId": "AIDA"}, "alice"),
    (
        {"arn": "arn:aws:iam::111122223333:user/alice", "userName": "alice"},
        "arn:aws:iam::111122223333:user/alice",
    ),
    ({"arn": 7, "accountId": "111122223333"}, "111122223333"),
    ({"arn": "", "type": "AWSAccount"}, "AWSAccount"),
]


@pytest.mark.parametrize(("identity", "principal"), IDENTITIES)
def test_the_most_telling_name(identity: Any, principal: str) -> None:
    assert evidence({"userIdentity": identity}).principal == principal


def test_what_is_shown_is_bounded_and_can_be_written() -> None:
    shown = evidence(
        {"userAgent": "x" * 10_000, "eventName": "a\ud800b", "errorCode": {"a": 1}, "eventSource": None}
    )
    assert (len(shown.user_agent), shown.event_name, shown.error_code, shown.event_source) == (
        256,
        "a?b",
        "",
        "",
    )


ODD_ARCHIVES: dict[str, tuple[str, bytes]] = {
    "an id with a lone surrogate": ("a.json", log_file(at(1, eventID="\ud800"))),
    "an id with a NUL": ("a.json", log_file(at(1, eventID="\0"), at(2))),
    "who has a lone surrogate": ("a.json", log_file(at(1, userIdentity={"arn": "\udfff"}))),
    "the last second of all": ("a.json", log_file(at(1, eventTime="2099-12-31T23:59:59Z"))),
    "the first second of all": ("a.json", log_file(at(1, eventTime="1970-01-01T00:00:00Z"))),
    "a name that is no UTF-8": (b"\xff.json".decode("utf-8", "surrogateescape"), log_file(at(1))),
}


@pytest.mark.parametrize("delay", [0, -600, 600, 10**12, -(10**30)])
@pytest.mark.parametrize("name", ODD_ARCHIVES)
def test_nothing_in_an_archive_ends_a_replay(
    tmp_path: Path, detection: detector.Detection, name: str, delay: int
) -> None:
    file, data = ODD_ARCHIVES[name]
    path = tmp_path / file
    try:
        path.write_bytes(data)
    except OSError:
        pytest.skip("this file system takes no such name")
    one = replay([detection], [str(path)], delay=delay)[0]
    assert len(one.matches) + len(one.problems) == data.count(b"Hit")
    assert one.matches["event_name"].to_list() == ["Hit"] * len(one.matches)


def test_a_replay_is_one_value_of_problems_in_order(tmp_path: Path, detection: detector.Detection) -> None:
    layout(tmp_path, 11, 7)
    layout(tmp_path, 10, "x", at(1, eventTime=None))
    problems = replay([detection], [str(tmp_path)])[0].problems
    assert list(problems) == sorted(problems)
    assert all(isinstance(one, Problem) for one in problems)
    assert [one.reason for one in problems] == [
        "Records[0] is a string, expected an object",
        "record 1: no valid eventTime",
        "Records[0] is a number, expected an object",
    ]


SEVERAL = """\
[metric]
namespace = "Test"
name = "Denied"
[[filter]]
name = "hits"
pattern = '{ $.eventName = "Hit" }'
[[filter]]
name = "big"
pattern = '{ $.size = * }'
value = "$.size"
[alarm]
name = "denied-alarm"
statistic = "Sum"
period = 60
evaluation_periods = 1
threshold = 5
comparison_operator = "GreaterThanOrEqualToThreshold"
treat_missing_data = "notBreaching"
"""


@pytest.mark.parametrize("name", SCANS)
def test_several_filters_feed_one_metric(tmp_path: Path, name: str) -> None:
    (tmp_path / "d.toml").write_text(SEVERAL)
    # the record at 12:01 matches both filters, and so publishes two samples in that minute
    layout(tmp_path / "logs", 5, at(1, size=4), at(2, "Other", size=3), at(3), at(4, "Other"))
    names: list[str | Path] = [tmp_path / "d.toml", CIS, str(tmp_path / "d.toml")]
    first, other, again = replay(names, [str(tmp_path / "logs")], scan=SCANS[name])
    assert facts(first) == facts(again) | {"detection": first.detection}
    assert other.matched == 0
    assert first.matched == 3
    assert first.matches.select("position", "filter", "value").rows() == [
        (0, "hits", 1.0),
        (0, "big", 4.0),
        (1, "big", 3.0),
        (2, "hits", 1.0),
    ]
    assert first.samples.select("value", "samples").rows() == [(1.0, 1), (4.0, 1), (3.0, 1), (1.0, 1)]
    assert [one.at for one in first.transitions if one.after == "ALARM"] == [NOON + 2 * MINUTE]
    frame = detector.backtest(
        tmp_path / "d.toml", tmp_path / "logs", {"threshold": "3,5,6"}, scan=SCANS[name], clock="event"
    ).frame
    assert frame["alarms"].to_list() == [1, 1, 0]
