"""Small archives in the S3 layout, and the comparison of one scan with another.

In: contents of files, filters, the settings of a plan. Out: what `plain` and `fast` found, as plain values. The law
that `agree` checks: the strict fast scan equals the plain one in everything; without ``strict`` a file may be
skipped, which costs its records and its problems, or cut, which counts a record without a valid time instead of
naming it, and nothing else. It is checked of each way in which the native part can be built.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from detector import pattern
from detector.alarm import Alarm
from detector.archive import Clock, Plan, Source
from detector.metrics.filter import MetricFilter
from detector.metrics.matches import Hits
from detector.metrics.ordered import Ordered
from detector.metrics.samples import samples_frame
from detector.scan import fast, partly, plain, record_prefilter
from detector.scan.found import Found

if TYPE_CHECKING:
    import polars as pl

ACCOUNT, REGION = "111122223333", "eu-west-1"
DELIVERED = 1_688_990_700  # 2023-07-10T12:05:00Z
DAY = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2023/07/10"


def metric_filter(text: str, **settings: Any) -> MetricFilter:
    named = {"name": "filter", "namespace": "Test", "metric": "Metric"} | settings
    return MetricFilter(pattern=pattern.compile(text), **named)


class Asked(NamedTuple):
    """What a scan is asked for: ``scan(*asked, sources)``."""

    filters: tuple[MetricFilter, ...]
    plan: Plan


def plan(*patterns: str | MetricFilter, **settings: Any) -> Asked:
    filters = [one if isinstance(one, MetricFilter) else metric_filter(one) for one in patterns]
    return Asked(tuple(filters), Plan(**settings))


def record(number: int = 0, **fields: Any) -> dict[str, Any]:
    """A record as CloudTrail writes it, cut down."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": ACCOUNT},
        "eventTime": f"2023-07-10T12:{number % 60:02}:{number % 59:02}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": REGION,
        "eventID": f"id-{number}",
        "recipientAccountId": ACCOUNT,
        **fields,
    }


def log_file(*members: object) -> bytes:
    """A log file as CloudTrail writes it: one line of compact JSON."""
    return json.dumps({"Records": list(members)}, separators=(",", ":")).encode()


def store(path: Path, data: bytes, **place: Any) -> Source:
    """A gzipped file, and what its path would tell; by default a file of the layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = gzip.compress(data, mtime=0, compresslevel=1) if path.suffix == ".gz" else data
    path.write_bytes(raw)
    known: dict[str, Any] = {"account": ACCOUNT, "region": REGION, "delivered": DELIVERED} | place
    return Source(str(path), len(raw), **known)


def stored(folder: Path, contents: Iterable[bytes], **place: Any) -> list[Source]:
    """Numbered files of the layout with these contents."""
    return [
        store(folder / DAY / f"{number:05}.json.gz", data, number=number, **place)
        for number, data in enumerate(contents)
    ]


def facts(found: Found) -> dict[str, Any]:
    """All that a scan found, in an order of its own."""
    return {
        "matches": [sorted(map(repr, hits.matches)) for hits in found.hits],
        "misses": [dict(hits.misses) for hits in found.hits],
        "missed": [hits.missed for hits in found.hits],
        "seen": (found.first, found.last, sorted(found.hours)),
        "files": found.files,
        "records": found.records,
        "unselected": found.unselected,
        "unasked": found.unasked,
        "problems": sorted(found.problems),
    }


NATIVE = ("as built", "without libdeflate", "without a compiler")


@contextmanager
def built(native: str) -> Iterator[None]:
    """The scan as if its native part had been built in one of the ways of `NATIVE`."""
    part = record_prefilter.native
    if native == "without libdeflate" and part is not None:
        prefilter = part.Prefilter
        other: Any = SimpleNamespace(
            Prefilter=lambda *settings: SimpleNamespace(contents=prefilter(*settings).contents)
        )
    else:
        other = part if native == "as built" else None
    with mock.patch.object(record_prefilter, "native", other), mock.patch.object(partly, "native", other):
        yield


COST_OF_A_SKIP = ("records", "unselected", "problems")


def agree(asked: Asked, files: Sequence[Source]) -> tuple[Found, Found]:
    """The plain and the fast result, once it is sure that all scans agree."""
    [both] = agreed(asked, [files])
    return both


def agreed(asked: Asked, groups: Iterable[Sequence[Source]]) -> Iterator[tuple[Found, Found]]:
    """The same for one group of files after the other; what is planned for a scan is planned once for all of them."""
    strictly, *others = fast.scanner(*asked, strict=True), *map(partial(_scanner, asked), NATIVE[1::-1])
    for files in groups:
        expected = plain.scan(*asked, files)
        strict = _found(strictly, asked, files)
        assert facts(strict) == facts(expected)
        assert strict.skipped == 0
        for scanner in others:
            found = _found(scanner, asked, files)
            assert_costs_only_skips(found, expected)
        yield expected, found


def _scanner(asked: Asked, native: str) -> Any:
    with built(native):
        return fast.scanner(*asked, strict=False)


def _found(scanner: Any, asked: Asked, files: Sequence[Source]) -> Found:
    found = Found.empty(len(asked.filters), columns=asked.plan.columns)
    scanner.scan(files, found)
    return found


def assert_costs_only_skips(found: Found, expected: Found) -> None:
    mine, theirs = facts(found), facts(expected)
    for one in (mine, theirs):
        for key in COST_OF_A_SKIP:
            one.pop(key)
    assert mine == theirs
    assert Counter(found.problems) <= Counter(expected.problems)
    unnamed = len(expected.problems) - len(found.problems)
    if found.skipped == 0:
        assert found.records == expected.records + unnamed
        assert found.unselected == expected.unselected
    assert found.records <= expected.records + unnamed
    assert found.unselected <= expected.unselected


__all__ = [
    "ACCOUNT",
    "DAY",
    "DELIVERED",
    "REGION",
    "Asked",
    "Clock",
    "agree",
    "assert_costs_only_skips",
    "facts",
    "log_file",
    "metric_filter",
    "plan",
    "record",
    "store",
    "stored",
]


def sampled(
    hits: Sequence[Hits], filters: Sequence[MetricFilter], alarm: Alarm, *, dedupe: bool = False
) -> pl.DataFrame:
    """The samples that an alarm on some filters watches."""
    ordered = Ordered.of([one.matches.runs for one in hits], hits[0].matches.table)
    return samples_frame(ordered.samples(hits, filters, alarm, dedupe=dedupe))
