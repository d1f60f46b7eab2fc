"""The log events that match, in Python."""

from __future__ import annotations

from pathlib import Path

import detector
from detector.archive import Event, ProblemKind
from tests.scans import log_file, record


def archive(folder: Path) -> Path:
    members = [
        record(1),
        record(2, errorCode="AccessDenied"),
        record(3, eventTime="never", errorCode="AccessDenied"),
    ]
    (folder / "a.json").write_bytes(log_file(*members, 7))
    return folder


def test_events_are_handed_on_with_the_names_of_their_filters(tmp_path: Path) -> None:
    seen: list[tuple[int, tuple[str, ...]]] = []

    def each(event: Event, names: tuple[str, ...]) -> None:
        seen.append((event.position, names))

    found = detector.match('{ $.errorCode = "AccessDenied*" }', archive(tmp_path), each=each)
    assert seen == [(1, ("pattern",)), (2, ("pattern",))]
    assert (found.matched, found.records, found.by_filter) == (2, 3, {"pattern": 2})
    assert [problem.kind for problem in found.problems] == [ProblemKind.NO_EVENT]


def test_a_detection_is_asked_with_all_its_filters(tmp_path: Path) -> None:
    path = archive(tmp_path)
    name = detector.load_detection("cis/cloudwatch-2").filters[0].name
    found = detector.match("cis/cloudwatch-2", path)
    assert (found.matched, found.by_filter) == (2, {name: 2})
    left = detector.match(detector.load_detection("cis/cloudwatch-2"), [path], invert=True)
    assert (left.matched, left.by_filter) == (1, {name: 2})


def test_a_selection_by_time_needs_a_time(tmp_path: Path) -> None:
    whole = detector.Selection(start=0)
    found = detector.match("{ $.errorCode = * }", archive(tmp_path), selection=whole)
    assert found.matched == 1
    assert {problem.kind for problem in found.problems} == {ProblemKind.NO_EVENT, ProblemKind.NO_TIME}
