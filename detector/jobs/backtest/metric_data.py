"""Metric data of CloudWatch: in comes a file, out go samples a minute.

The values are the metric's **Sum a minute** (``--stat Sum --period 60``). Each minute with a value is one
sample of that value: a Sum over a period is CloudWatch's own; SampleCount counts minutes with data, and
Average, Minimum, Maximum and percentiles are those of the minutes' sums, not of the metric's samples.
Formats: ``aws cloudwatch get-metric-data`` and ``get-metric-statistics`` as JSON, and CSV of minute and value.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from detector.alarm.values import MINUTE
from detector.errors import ArchiveError
from detector.jobs.backtest.incidents import second

if TYPE_CHECKING:
    import polars as pl

# Of fewer values, equal distances mean nothing.
_FEW = 5
# Seconds; values that are all a multiple of it apart are hardly sums a minute.
_LONG = 300
Point: TypeAlias = tuple[int, float]

_FORMATS = "expected the JSON of get-metric-data or get-metric-statistics, or CSV of minute and value"
_FETCH = "fetch it with --stat Sum --period 60 (get-metric-statistics: --statistics Sum --period 60)"


@dataclass(frozen=True, slots=True, eq=False)
class MetricData:
    """``samples`` as `detector.metrics.samples` has them; all times are a multiple of ``resolution`` seconds apart.

    ``first`` and ``last`` are the first and the last minute (seconds since 1970); ``partial`` is what the file
    says about values that it does not have: ``StatusCode PartialData``, ``NextToken``.
    """

    path: str
    samples: pl.DataFrame
    first: int
    last: int
    resolution: int
    partial: str = ""

    def doubts(self, shortest: int) -> Iterator[str]:
        """What makes it look like something other than sums a minute, for alarms from ``shortest`` seconds on."""
        if self.partial:
            yield (
                f"The file has {self.partial}: it is not all of the metric, so pages and incidents may be left out."
            )
        if self.resolution >= _LONG or self.resolution > shortest:
            yield (
                f"All values lie {self.resolution // MINUTE} minutes apart: they look like sums of longer periods "
                f"than a minute, which settings see as bursts that were none. Fetch them with period 60 "
                f"(CloudWatch keeps minutes for 15 days)."
            )


def load_metric(path: str | Path) -> MetricData:
    """The samples of a file (``-``: standard input); ArchiveError, with the place, for anything but metric data."""
    import polars as pl  # noqa: PLC0415 - polars loads only when used

    from detector.metrics.samples import SAMPLES  # noqa: PLC0415 - the same

    unordered, partial = _points(str(path))
    points = sorted(unordered)
    if not points:
        raise ArchiveError(str(path), "expected at least one minute with a value")
    rows = [(datetime.fromtimestamp(minute, UTC), value, 1) for minute, value in points]
    gaps = [later - minute for (minute, _), (later, _) in pairwise(points)]
    frame = pl.DataFrame(rows, schema=SAMPLES, orient="row")
    resolution = math.gcd(*gaps) if len(points) >= _FEW else MINUTE
    return MetricData(str(path), frame, points[0][0], points[-1][0], resolution or MINUTE, partial)


def _points(path: str) -> tuple[list[Point], str]:
    try:
        content = (sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()).decode("utf-8-sig")
        if content.lstrip()[:1] not in {"{", "["}:
            return list(_csv(content)), ""
        return _json(content)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ArchiveError(path, f"expected metric data: {reason}") from None
    except csv.Error as error:
        raise ArchiveError(path, f"expected CSV of minute and value: {error}") from None
    except ValueError as error:
        raise ArchiveError(path, f"{error}") from None


def _json(content: str) -> tuple[list[Point], str]:
    """The points of either command's output, and what it says about those it does not have."""
    try:
        decoded = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected valid JSON: {error}") from None
    table = decoded if isinstance(decoded, dict) else {}
    results, statistics = table.get("MetricDataResults"), table.get("Datapoints")
    if isinstance(results, list):
        objects = [result for result in results if isinstance(result, dict)]
        return _results(objects, token=bool(table.get("NextToken")))
    if not isinstance(statistics, list):
        raise ValueError(_FORMATS)  # noqa: TRY004 - told with the file's name
    if not all(isinstance(entry, dict) and "Sum" in entry for entry in statistics):
        raise ValueError(f"expected datapoints with a Sum: {_FETCH}")
    points = [_point(entry.get("Timestamp"), entry["Sum"]) for entry in statistics]
    return points, "a NextToken" if table.get("NextToken") else ""


def _results(results: Sequence[dict[str, Any]], *, token: bool) -> tuple[list[Point], str]:
    """The one metric with values; its pages (several results of one Id) put together."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        by_name.setdefault(str(result.get("Id", "")), []).append(result)
    names = sorted(name for name, pages in by_name.items() if any(page.get("Values") for page in pages))
    if len(names) > 1:
        raise ValueError(f"expected one metric with values, found {len(names)}: {', '.join(names)}")
    pages = by_name[names[0]] if names else []
    points = []
    for page in pages:
        times, values = page.get("Timestamps") or [], page.get("Values") or []
        if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
            raise ValueError("expected the lists Timestamps and Values, with a time for each value")
        points += [_point(time, value) for time, value in zip(times, values, strict=True)]
    # A metric of several pages is complete when one of them says so.
    codes = {str(page.get("StatusCode") or "Complete") for page in pages}
    lacking = [f"StatusCode {code}" for code in sorted(codes if "Complete" not in codes else ())]
    return points, " and ".join([*lacking, *["a NextToken"] * token])


def _csv(content: str) -> Iterator[Point]:
    """Minute and value, with or without a header line."""
    for number, row in enumerate(csv.reader(io.StringIO(content), strict=True), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        try:
            if number == 1 and not _is_time(cells[0]):
                continue
            if len(cells) != 2:  # noqa: PLR2004 - minute and value
                raise ValueError(f"expected minute,value, found {len(cells)} cells")  # noqa: TRY301 - told with its line below
            if cells[1]:
                yield _point(cells[0], _number(cells[1]))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _is_time(cell: str) -> bool:
    try:
        second(cell)
    except ValueError:
        return False
    return True


def _point(time: Any, value: Any) -> Point:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.inf
    if not abs(number) <= sys.float_info.max:
        raise ValueError(f"expected a number as the value, found {value!r}")
    at = second(time)
    return at - at % MINUTE, float(number)
