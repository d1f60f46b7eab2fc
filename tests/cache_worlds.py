"""An archive and a store beside it, and the law: the answer with the store is the answer without."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from polars.testing import assert_frame_equal

from detector.archive import Plan, Progress, Source
from detector.cache.kept import Kept
from detector.cache.store import Store
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.reading import read
from detector.metrics.filter import MetricFilter
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

    def __init__(self, folder: Path, every: int = 40) -> None:
        self.logs = folder / "logs"
        self.store = folder / "store"
        self.told: list[str] = []
        files = sorted(SAMPLES.rglob("*_CloudTrail_*.json.gz"))[::every]
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
        with closing(Store.open(self.store)) as store:
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
