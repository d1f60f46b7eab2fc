"""The answer with a store is the answer without, whatever the store holds and whatever has changed since."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from detector.archive import Plan, Progress, Selection, Source
from detector.cache.kept import Kept
from detector.cache.store import Store, opened
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.reading import read
from detector.metrics.filter import MetricFilter
from detector.pattern import compile as compile_pattern
from detector.scan import fast, processes
from detector.scan.found import Found
from detector.scan.run import Each

SAMPLES = Path(__file__).parent.parent / "samples" / "AWSLogs"
"""Of which the tests take a part."""


def cis(*numbers: int) -> list[Detection]:
    return [one for number in numbers for one in detections_of(f"cis/cloudwatch-{number}")]


def changed(detection: Detection, **filter_settings: Any) -> Detection:
    filters = tuple(replace(one, **filter_settings) for one in detection.filters)
    return replace(detection, filters=filters)


class Counting:
    """The scan of the program in this process, which notes how many filters it is to ask of how many files."""

    def __init__(self) -> None:
        self.read: list[tuple[int, int]] = []

    def __call__(
        self,
        filters: Sequence[MetricFilter],
        plan: Plan,
        sources: Iterable[Source],
        progress: Progress | None = None,
        /,
        *,
        strict: bool | None = None,
        each: Each | None = None,
    ) -> Found:
        some = list(sources)
        self.read.append((len(filters), len(some)))
        half = len(some) // 2
        found = Found.empty(len(filters))
        for part in (some[:half], some[half:]):
            answer = fast.scan(filters, plan, part, progress, strict=bool(strict), by_file=True)
            if each:
                each(part, answer)
            found.merge(answer)
        return found


class World:
    """An archive and a store that grow old together."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "logs"
        self.store = folder / "store"
        self.told: list[str] = []
        files = sorted(SAMPLES.rglob("*_CloudTrail_*.json.gz"))[::40]
        for file in files:
            self.add(file)

    def add(self, file: Path, name: str = "") -> Path:
        copy = self.logs / file.relative_to(SAMPLES).with_name(name or file.name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
        return copy

    @property
    def files(self) -> list[Path]:
        return sorted(self.logs.rglob("*.gz"))

    def holds(
        self, detections: list[Detection], *, strict: bool = False, **settings: Any
    ) -> list[tuple[int, int]]:
        """The law; returned is how many filters were asked of how many files."""
        plan, scan = Plan.of_alarms(str(self.logs), **settings), Counting()
        with opened(self.store) if self.store.exists() else closing(Store.open(self.store)) as store:
            found = read(detections, plan, Kept(store, scan, strict=strict, say=self.told.append), None)
        plainly = read(
            detections,
            plan,
            partial(fast.scan, strict=strict or processes.are_small(plan.locate().files)),
            None,
        )
        assert found[0] == plainly[0]
        for mine, other in zip(found[1], plainly[1], strict=True):
            assert_frame_equal(mine.matches, other.matches)
            assert_frame_equal(mine.samples, other.samples)
        return scan.read


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


SETTINGS: dict[str, tuple[list[Detection], dict[str, Any]]] = {
    "delivery": (cis(2), {"clock": "delivery"}),
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
