"""The log events that match, in Python: the same as in one walk that asks every event."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.archive import Plan, Problem, ProblemKind, walk
from detector.jobs.match import match_episode
from detector.jobs.matched import COLUMNS, MatchedEvent, columns, replayed, values
from detector.jobs.placed import matches_of
from detector.scan import plain
from tests import exports
from tests.scans import log_file, record
from tests.test_scan_company import CONTAINERS, PLACES, store_at

PATTERNS = ["{ $.eventName = StopLogging }", '{ $.eventName = "*" }', "ERROR", "[level = ERROR, ...]", ""]
SETTINGS: list[dict[str, Any]] = [
    {},
    {"clock": "delivery"},
    {"selection": detector.Selection(start=1_688_990_400, end=1_688_990_460)},
    {"selection": detector.Selection(accounts=frozenset({"111122223333"}))},
    {"selection": detector.Selection(regions=frozenset({"eu-west-1"}))},
]


def archive(folder: Path) -> Path:
    members = [
        record(1),
        record(2, errorCode="AccessDenied"),
        record(3, eventTime="never", errorCode="AccessDenied"),
    ]
    (folder / "a.json").write_bytes(log_file(*members, 7))
    return folder


def walked(asked: str, plan: Plan, *, invert: bool) -> tuple[list[tuple[int, str]], int, list[Problem]]:
    """The places and texts of what matches, the number of all events, and the problems: by asking each event."""
    pattern = detector.compile(asked)
    is_json = pattern.kind.value == "json"
    places, count, problems = [], 0, []
    for item in walk(plan, expects_json=is_json, asked=[pattern]):
        if isinstance(item, Problem):
            problems.append(item)
            continue
        count += 1
        can_be_asked = (item.record is not None or not is_json) and not item.lost(pattern)
        if can_be_asked and item.matches(pattern) is not invert:
            places.append((item.position, item.text))
    return (
        places,
        count,
        sorted(one for one in problems if not places or one.kind is not ProblemKind.NOT_CLOUDTRAIL),
    )


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("place", PLACES)
def test_what_matches_is_what_a_walk_finds(tmp_path: Path, name: str, place: str) -> None:
    folder = store_at(tmp_path, CONTAINERS[name], place)
    for asked, settings, invert in itertools.product(PATTERNS, SETTINGS, (False, True)):
        plan = Plan(paths=(str(folder),), timed=False, **settings)
        places, records, problems = walked(asked, plan, invert=invert)
        for scan in (None, plain.scan):
            found = detector.match(asked, plan, invert=invert, scan=scan)
            assert [(one.position, one.text) for one in found] == places, (asked, settings, invert)
            assert (len(found), found.records) == (len(places), records)
            assert list(found.problems) == problems


@pytest.mark.parametrize("name", exports.PARTIAL)
def test_an_export_that_has_lost_a_field_neither_matches_nor_does_not(tmp_path: Path, name: str) -> None:
    (tmp_path / "export").write_bytes(exports.PARTIAL[name]())
    for asked, invert in itertools.product(
        ["{ $.eventName = * }", "{ $.errorCode NOT EXISTS }", "{ $.requestParameters.bucketName = * }"],
        (False, True),
    ):
        plan = Plan(paths=(str(tmp_path / "export"),), timed=False)
        places, records, problems = walked(asked, plan, invert=invert)
        found = detector.match(asked, plan, invert=invert)
        assert [(one.position, one.text) for one in found] == places
        assert (len(found), found.records, list(found.problems)) == (len(places), records, problems)


def test_several_parts_are_one_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        (tmp_path / f"{number}.json").write_bytes(log_file(record(number), record(9, errorCode="x")))
    whole = detector.match("{ $.errorCode = x }", tmp_path)
    monkeypatch.setattr("detector.jobs.match.PART", 1)
    seen: list[str] = []
    parts = detector.match("{ $.errorCode = x }", tmp_path, each=lambda one: seen.append(one.path))
    assert seen == [one.path for one in whole] == [one.path for one in parts]
    assert (len(parts), parts.records, parts.by_filter) == (5, 10, {"pattern": 5})


def test_events_are_handed_on_with_their_filters(tmp_path: Path) -> None:
    seen: list[tuple[int, tuple[str, ...]]] = []

    def each(matched: MatchedEvent) -> None:
        seen.append((matched.position, tuple(one.filter.name for one in matched.sought)))

    found = detector.match('{ $.errorCode = "AccessDenied*" }', archive(tmp_path), each=each)
    assert seen == [(1, ("pattern",)), (2, ("pattern",))]
    assert (found.matched, found.records, found.by_filter) == (2, 3, {"pattern": 2})
    assert [problem.kind for problem in found.problems] == [ProblemKind.NO_EVENT]
    assert repr(found) == "<Matching: 2 of 3 records match>"


def test_a_detection_is_asked_with_all_its_filters(tmp_path: Path) -> None:
    path = archive(tmp_path)
    name = detector.load_detection("cis/cloudwatch-2").filters[0].name
    found = detector.match("cis/cloudwatch-2", path)
    assert (found.matched, found.by_filter) == (2, {name: 2})
    left = detector.match(detector.load_detection("cis/cloudwatch-2"), [path], invert=True)
    assert (left.matched, left.by_filter) == (1, {name: 2})
    several = list(detector.match("cis", path))
    assert [[one.detection for one in event.sought] for event in several] == [["cis/cloudwatch-2"]] * 2


@pytest.mark.parametrize("typed", ["cloudwatch-2", "cis/cloudwatch-99", "nowhere.toml", "rules/x"])
def test_a_name_is_never_searched_as_text(typed: str, tmp_path: Path) -> None:
    with pytest.raises(detector.DetectionError):
        detector.match(typed, archive(tmp_path))


def test_a_folder_of_detections_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(__file__).parents[1] / "patterns/cis/cloudwatch-2.toml"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/mine.toml").write_bytes(source.read_bytes())
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(archive(tmp_path))
    assert len(detector.match("rules", "a.json")) == 2
    with pytest.raises(detector.DetectionError, match="expected detection files"):
        detector.match("empty", "a.json")


def test_a_selection_by_time_needs_a_time(tmp_path: Path) -> None:
    whole = detector.Selection(start=0)
    found = detector.match("{ $.errorCode = * }", archive(tmp_path), selection=whole)
    assert found.matched == 1
    assert {problem.kind for problem in found.problems} == {ProblemKind.NO_EVENT, ProblemKind.NO_TIME}


def test_a_file_that_has_changed_is_an_error(tmp_path: Path) -> None:
    found = detector.match("{ $.errorCode = * }", archive(tmp_path))
    (tmp_path / "a.json").write_bytes(log_file(record(1)))
    with pytest.raises(detector.ArchiveError, match=r"a\.json: has changed since"):
        list(found)


@pytest.mark.parametrize("settings", [{}, {"dedupe": True}, {"clock": "event"}])
def test_an_episode_has_the_records_that_its_report_counts(settings: dict[str, Any]) -> None:
    name = "lab/unauthorized-api-calls"
    (replay,) = detector.replay(name, "samples", **settings)
    assert len(replay.episodes) > 5
    # Each costs a scan, so some of them, the first and the last among them.
    some = {1, 2, len(replay.episodes) // 2, len(replay.episodes)}
    for number, episode in ((one, replay.episodes[one - 1]) for one in sorted(some)):
        found = match_episode(name, number, "samples", **settings)
        assert len(found) == episode.matches > 0
        frame = found.frame("time", "event", "error")
        in_time = (frame["time"].min(), frame["time"].max()) == (episode.first, episode.last)
        assert in_time or settings.get("clock") != "event"  # the time of a match is its eventTime
        assert frame["event"].n_unique() == len(episode.fields["events"].top) + episode.fields["events"].more
        assert {(one.event.source.number, one.position) for one in found} == set(
            matches_of(episode, replay.matches, dedupe=replay.reading.plan.dedupe)
            .select("source", "position")
            .iter_rows()
        )


@pytest.mark.parametrize(
    ("asked", "number", "said"),
    [
        ("lab/unauthorized-api-calls", 0, "there is no episode 0: it has "),
        ("lab/unauthorized-api-calls", 99, "there is no episode 99: it has "),
        ("cis/cloudwatch-3", 1, "there is no episode 1: it has 0 episodes"),
        ("cis", 1, "expected one detection with the episode, found 15"),
    ],
)
def test_an_episode_that_there_is_not(asked: str, number: int, said: str) -> None:
    with pytest.raises(detector.DetectionError, match=said):
        match_episode(asked, number, "samples", selection=detector.Selection(end=1_741_200_000))


def test_a_replay_and_a_match_have_the_same_columns() -> None:
    name = "lab/unauthorized-api-calls"
    frame = replayed(detector.replay(name, "samples", clock="event"))
    assert tuple(frame.columns) == COLUMNS
    found = detector.match(name, "samples").frame()
    assert frame.sort("path", "position").equals(found)


def row(event: MatchedEvent, fields: Sequence[str]) -> list[Any]:
    return values(event, columns(fields))


def test_a_field_is_a_column_or_a_selector(tmp_path: Path) -> None:
    (event,) = detector.match("{ $.errorCode = * }", write_one(tmp_path, a={"b": [1, {"c": "x"}]}))
    assert row(
        event, ["$.a.b[1].c", "a.b[0]", "$.a.b[*].c", "nothing", "eventName", "event", "event_name"]
    ) == [
        *("x", 1, ["x"], None),
        *("GetObject", "GetObject", "GetObject"),
    ]
    assert row(event, ["principal", "position", "filter", "detection"]) == ["alice", 0, "pattern", ""]
    assert json.loads(row(event, ["message"])[0]) == event.record
    with pytest.raises(detector.SettingsError, match=r"expected columns out of time, .* found 'a b'"):
        columns(["a b"])


def write_one(folder: Path, **fields: Any) -> Path:
    path = folder / "one.json"
    path.write_bytes(log_file(record(1, **{"errorCode": "x"} | fields)))
    return path
