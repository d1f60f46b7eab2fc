"""The answer with a store is the answer without, whatever has changed since it was written."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detector.archive import Plan, Selection
from detector.cache.kept import Kept
from detector.cache.store import Store
from detector.detections import Detection
from detector.jobs.reading import read
from detector.metrics import evidence
from detector.pattern import compile as compile_pattern
from detector.scan import processes
from tests.cache_worlds import SAMPLES, Counting, World, changed, cis


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_cold_warm_and_everything_that_may_change(world: World) -> None:
    asked = cis(1, 2, 6)
    count = len(world.files)
    assert world.holds(asked) == [(3, count)]
    assert world.holds(asked) == []
    assert world.holds(cis(2)) == []  # a part of what is known
    assert world.holds(list(reversed(asked))) == []
    louder = [replace(one, alarm=replace(one.alarm, threshold=7.0, evaluation_periods=3)) for one in asked]
    assert world.holds(louder) == []
    other = [changed(asked[0], pattern=compile_pattern('{ $.errorCode = "*Denied*" }')), *asked[1:]]
    assert world.holds(other) == [(1, count)]
    assert world.holds(other) == []
    assert world.holds([asked[0], *other]) == []
    for different in ({"value": "2"}, {"default": 0.0}, {"dimensions": {"Event": "$.eventName"}}):
        assert world.holds([changed(asked[0], **different), *asked[1:]]) == [(1, count)]
    first, second, third = world.files[:3]
    first.unlink()
    text = second.read_bytes()
    second.write_bytes(third.read_bytes())
    assert world.holds(asked) == [(3, 1)]
    third.write_bytes(text[: len(text) // 2])  # now it has a problem, which is named each time
    assert world.holds(asked) == world.holds(asked) == [(3, 1)]
    world.add(sorted(SAMPLES.rglob("*_CloudTrail_*.json.gz"))[1])
    assert world.holds(asked) == [(3, 2)]
    assert world.told == []


def test_what_is_not_asked_for_is_kept_too(world: World) -> None:
    plan = replace(Plan.of_alarms(str(world.logs)), columns=frozenset({"event_name"}))
    with closing(Store.open(world.store)) as store:
        read(cis(2), plan, Kept(store, Counting(), strict=False, say=world.told.append), None)
    assert world.holds(cis(2)) == []


def test_a_file_without_records_is_read_once_and_named_each_time(world: World) -> None:
    empty = b'{"Records": []}'
    contents = {"a.json.gz": gzip.compress(empty), "b.json": empty, "c.json": b"", "d.json": b"[]"}
    for name, content in contents.items():
        (world.files[0].parent / name).write_bytes(content)
    delivered = world.files[1].with_name(world.files[1].name.replace("CloudTrail_", "CloudTrail_x_"))
    delivered.write_bytes(gzip.compress(empty))
    count, asked = len(world.files) + 3, cis(2)
    selection = Selection(start=1_741_046_400)  # 2025-03-04T00:00:00Z
    for clock in ("delivery", "event"):
        assert world.holds(asked, clock=clock) == [(1, count)]
        assert world.holds(asked, clock=clock) == []
        world.holds(asked, clock=clock, selection=selection)
        assert sum(files for _, files in world.holds(asked, clock=clock, selection=selection)) <= 2
    (world.files[0].parent / "b.json").write_bytes(empty + b"\n")
    (world.logs / "moved").mkdir()
    (world.files[0].parent / "c.json").rename(world.logs / "moved" / "c.json")
    assert world.holds(asked, clock="event") == [(1, 2)]


SETTINGS: dict[str, tuple[list[Detection], dict[str, Any]]] = {
    "delivery": (cis(2), {"clock": "delivery"}),
    "event": (cis(2), {"clock": "event"}),
    "delay": (cis(2), {"delay": 300}),
    "dedupe": (cis(2, 6), {"dedupe": True}),
    "strict": (cis(5), {"strict": True}),
    "regions": (cis(2), {"selection": Selection(regions=frozenset({"eu-west-1"}))}),
    "default": ([changed(one, default=0.0) for one in cis(2)], {}),
    "default, dedupe": ([changed(one, default=0.0) for one in cis(2)], {"dedupe": True}),
    "dimensions": ([changed(one, dimensions={"Event": "$.eventName"}) for one in cis(2)], {}),
    "value": ([changed(one, value="$.eventVersion") for one in cis(2)], {}),
    "text": ([changed(one, pattern=compile_pattern("AccessDenied")) for one in cis(2)], {}),
    "rare": (cis(5), {}),
}


def test_settings_are_kept_apart_in_one_store(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        processes, "SMALL", 1000
    )  # a large archive: files are skipped, and not all is decoded
    for asked, settings in SETTINGS.values():
        assert world.holds(asked, **settings)
    for asked, settings in SETTINGS.values():
        assert world.holds(asked, **settings) == []


def test_a_filter_is_added_where_files_are_skipped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "SMALL", 1000)
    numbers = [1, 5, 2, 6, 3, 7]
    for end in range(1, len(numbers) + 1):
        world.holds(cis(*numbers[:end]))
    for start in range(len(numbers)):
        world.holds(cis(*numbers[start:]))
    assert world.told == []


DAY = 86_400


@pytest.mark.parametrize("clock", ["event", "delivery"])
@pytest.mark.parametrize("small", [24 << 20, 1000])
def test_of_a_time_that_moves_on_only_the_edges_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: str, small: int
) -> None:
    monkeypatch.setattr(processes, "SMALL", small)
    begin = 1_741_046_400  # 2025-03-04T00:00:00Z, in the first of two weeks
    week = [Selection(start=begin + day * DAY, end=begin + (day + 7) * DAY) for day in range(3)]
    asked = cis(2)

    def read() -> list[int]:
        return [sum(files for _, files in world.holds(asked, clock=clock, selection=one)) for one in week]

    first, *others = read()
    assert first > 8
    assert max(others) <= first // 2
    assert max(read()) <= 5, "files of the days at the edges"
    world.holds(asked, clock=clock)
    assert world.holds(asked, clock=clock) == []


def test_a_file_across_an_edge_of_the_time(world: World) -> None:
    asked = cis(2)
    records = [
        {"eventTime": f"2025-03-05T10:0{minute}:00Z", "errorCode": "AccessDenied", "eventID": f"id-{minute}"}
        for minute in range(6)
    ]
    file = next(one for one in world.files if "2025/03/05" in str(one))
    file.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    begin = 1_741_168_800  # 2025-03-05T10:00:00Z
    wide = Selection(start=begin - 60, end=begin + 600)
    for narrow in (Selection(start=begin + 120), Selection(end=begin + 120)):
        for selection in (narrow, wide, narrow, Selection(), wide):
            world.holds(asked, clock="event", selection=selection)
        shutil.rmtree(world.store)


def test_a_file_that_is_replaced_in_place_is_read_again(world: World) -> None:
    asked = cis(2)
    world.holds(asked)
    file = world.files[0]
    told = file.stat()
    beside = file.with_suffix(".new")
    beside.write_bytes(file.read_bytes())
    os.utime(beside, ns=(told.st_atime_ns, told.st_mtime_ns))
    beside.replace(file)  # the same size and time, but another file
    assert world.holds(asked) == [(1, 1)]
    assert world.holds(asked) == []
    os.utime(file, ns=(told.st_atime_ns, told.st_mtime_ns + 1))
    assert world.holds(asked) == [(1, 1)]


def test_what_two_stores_have_kept_counts_once(world: World) -> None:
    mine = world.store
    world.holds(cis(2, 6))
    world.store = mine.with_name("other")
    world.holds(cis(1, 2))
    for segment in (world.store / "segments").iterdir():
        segment.rename(mine / "segments" / segment.name)
    world.store = mine
    assert world.holds(cis(1, 2, 6)) == []


def test_evidence_that_was_not_kept_apart_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_VALUES", 3)
    asked = cis(2, 1)
    world.holds(asked)
    assert 0 < sum(files for _, files in world.holds(cis(2))) < len(world.files)
    assert world.holds(asked)


def test_a_problem_that_another_filter_meets_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only records that can match are decoded, a wrong time in another one is not seen."""
    monkeypatch.setattr(processes, "SMALL", 1000)
    file = world.files[0]
    wrong = {"eventTime": "never", "eventName": "X", "errorCode": "AccessDenied", "eventID": "1"}
    file.write_bytes(gzip.compress(json.dumps({"Records": [wrong]}, separators=(",", ":")).encode()))
    before = cis(1, 5, 6, 3, 7)
    world.holds(before, clock="event")
    assert world.holds(before, clock="event") == []
    assert world.holds([*before, *cis(2)], clock="event") == [(1, len(world.files)), (6, 1)]
    assert world.holds(before, clock="event") == []
    assert world.holds(before, clock="event", strict=True) == [(5, len(world.files))]
