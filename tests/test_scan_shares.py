"""What of a scan is whose: the shares of the files add up to the whole, and each is what its file gives alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from detector.archive import Plan, Selection, Source
from detector.detections.catalogue import detections_of
from detector.metrics.filter import MetricFilter
from detector.scan import fast, processes
from detector.scan.found import Found, Share

SAMPLES = Path(__file__).parent.parent / "samples"
PLANS = {
    "event": Plan(paths=(str(SAMPLES),)),
    "delivery": Plan(paths=(str(SAMPLES),), clock="delivery"),  # type: ignore[arg-type]  # as it is typed
    "dedupe": Plan(paths=(str(SAMPLES),), dedupe=True),
    "a time": Plan(paths=(str(SAMPLES),), selection=Selection(start=1_741_400_000, end=1_742_000_000)),
    "a region": Plan(paths=(str(SAMPLES),), selection=Selection(regions=frozenset({"eu-west-1"}))),
}


def filters(*names: str) -> list[MetricFilter]:
    return [one for detection in detections_of(names) for one in detection.filters]


ASKED = {
    "rare": filters("cis/cloudwatch-5"),
    "several": filters("cis/cloudwatch-2", "cis/cloudwatch-1", "cis/cloudwatch-6"),
    "default": [replace(one, default=0.0) for one in filters("cis/cloudwatch-2")],
}


def summed(shares: list[Share]) -> tuple[int, int, int]:
    return (
        sum(one.records for one in shares),
        sum(one.unselected for one in shares),
        sum(one.is_skipped for one in shares),
    )


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("strict", [True, False])
def test_shares_add_up_and_are_those_of_files_alone(
    asked: list[MetricFilter], plan: Plan, strict: bool
) -> None:
    sources = plan.locate().files[::25]
    found = fast.scan(asked, plan, sources, strict=strict, by_file=True)
    plainly = fast.scan(asked, plan, sources, strict=strict)
    assert plainly.shares is None
    shares = sorted(found.shares or ())
    assert summed(shares) == (plainly.records, plainly.unselected, plainly.skipped)
    assert [one.file for one in shares] == [one.number for one in sources]
    assert {hour for one in shares for hour in one.hours} == plainly.hours
    assert (found.records, found.hours, found.first, found.last) == (
        plainly.records,
        plainly.hours,
        plainly.first,
        plainly.last,
    )
    for source, share in list(zip(sources, shares, strict=True))[:: len(sources) // 7]:
        alone = fast.scan(asked, plan, [source], strict=strict, by_file=True)
        assert alone.shares == [share]


def test_each_is_called_with_all_files_and_what_was_found_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, plan = ASKED["several"], PLANS["event"]
    sources = plan.locate().files[::5]
    monkeypatch.setattr(processes, "SMALL", 1)
    monkeypatch.setattr(processes, "MAX_RUN", 20_000)
    monkeypatch.setattr(processes, "ENOUGH", 50_000)
    calls: list[tuple[list[int], list[int], int]] = []

    def take(some: Sequence[Source], part: Found) -> None:
        shares = part.shares or []
        calls.append((sorted(one.number for one in some), sorted(one.file for one in shares), part.records))

    found = processes.scan(asked, plan, sources, jobs=2, each=take)
    assert len(calls) > 2
    assert sorted(number for some, _, _ in calls for number in some) == [one.number for one in sources]
    assert [some for some, _, _ in calls] == [shares for _, shares, _ in calls]
    assert sum(records for _, _, records in calls) == found.records
    assert found.shares is None
