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
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from detector.errors import ArchiveError

if TYPE_CHECKING:
    import polars as pl

MINUTE = 60
FEW = 5
"""Of fewer values, equal distances mean nothing."""
Point: TypeAlias = tuple[int, float]

_SECONDS = re.compile(r"\d{1,7}|\d{9,11}|\d{1,11}\.\d{0,9}", re.ASCII)
"""Seconds since 1970 as text; eight digits are a date, 20250308."""
_FORMATS = "expected the JSON of get-metric-data or get-metric-statistics, or CSV of minute and value"
_FETCH = "fetch it with --stat Sum --period 60 (get-metric-statistics: --statistics Sum --period 60)"


@dataclass(frozen=True, slots=True, eq=False)
class MetricData:
    """``samples`` as `detector.metrics.samples` has them; ``resolution``: seconds that all times are a multiple apart."""

    path: str
    samples: pl.DataFrame
    first: int
    last: int
    """The first and the last minute, seconds since 1970."""
    resolution: int
    partial: str = ""
    """What the file says about values that it does not have: ``StatusCode PartialData``, ``NextToken``."""


def load_metric(path: str | Path) -> MetricData:
    """The samples of a file (``-``: standard input); ArchiveError, with the place, for anything that is not metric data."""
    import polars as pl  # noqa: PLC0415 - polars loads only when used

    from detector.metrics.samples import SAMPLES  # noqa: PLC0415 - the same

    found, partial = _points(str(path))
    points = sorted(found)
    if not points:
        raise ArchiveError(str(path), "expected at least one minute with a value")
    rows = [(datetime.fromtimestamp(minute, UTC), value, 1) for minute, value in points]
    gaps = [later - minute for (minute, _), (later, _) in pairwise(points)]
    frame = pl.DataFrame(rows, schema=SAMPLES, orient="row")
    resolution = math.gcd(*gaps) if len(points) >= FEW else MINUTE
    return MetricData(str(path), frame, points[0][0], points[-1][0], resolution or MINUTE, partial)


def _points(path: str) -> tuple[list[Point], str]:
    try:
        text = (sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()).decode("utf-8-sig")
        if text.lstrip()[:1] not in {"{", "["}:
            return list(_csv(text)), ""
        found = _loaded(text)
        return list(_json(found)), " and ".join(_partial(found))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ArchiveError(path, f"expected metric data: {reason}") from None
    except csv.Error as error:
        raise ArchiveError(path, f"expected CSV of minute and value: {error}") from None
    except ValueError as error:
        raise ArchiveError(path, f"{error}") from None


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected valid JSON: {error}") from None


def _json(found: Any) -> Iterator[Point]:
    results = found.get("MetricDataResults") if isinstance(found, dict) else None
    if isinstance(results, list):
        yield from _results(results)
    elif isinstance(found, dict) and isinstance(found.get("Datapoints"), list):
        for point in found["Datapoints"]:
            if not isinstance(point, dict) or "Sum" not in point:
                raise ValueError(f"expected datapoints with a Sum: {_FETCH}")
            yield _point(point.get("Timestamp"), point["Sum"])
    else:
        raise ValueError(_FORMATS)  # noqa: TRY004 - told with the file's name


def _results(results: Sequence[Any]) -> Iterator[Point]:
    """The one metric with values; its pages (several results of one Id) put together."""
    filled = [one for one in results if isinstance(one, dict) and one.get("Values")]
    names = sorted({str(one.get("Id", "")) for one in filled})
    if len(names) > 1:
        raise ValueError(f"expected one metric with values, found {len(names)}: {', '.join(names)}")
    for one in filled:
        times, values = one.get("Timestamps"), one["Values"]
        if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
            raise ValueError("expected the lists Timestamps and Values, with a time for each value")
        for time, value in zip(times, values, strict=True):
            yield _point(time, value)


def _partial(found: Mapping[str, Any]) -> Iterator[str]:
    """A metric of several pages is complete when one of them says so."""
    results = [one for one in found.get("MetricDataResults") or [] if isinstance(one, dict)]
    names = {str(one.get("Id", "")) for one in results if one.get("Values")}
    codes = {str(one.get("StatusCode") or "Complete") for one in results if str(one.get("Id", "")) in names}
    yield from (f"StatusCode {code}" for code in sorted(codes if "Complete" not in codes else ()))
    if found.get("NextToken"):
        yield "a NextToken"


def _csv(text: str) -> Iterator[Point]:
    """Minute and value, with or without a header line."""
    for number, row in enumerate(csv.reader(io.StringIO(text), strict=True), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and not _is_time(cells[0])):
            continue
        if len(cells) != 2:  # noqa: PLR2004 - minute and value
            raise ValueError(f"line {number}: expected minute,value, found {len(cells)} cells")
        if cells[1]:
            try:
                yield _point(cells[0], _number(cells[1]))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _is_time(text: str) -> bool:
    try:
        _second(text)
    except ValueError:
        return False
    return True


def _point(time: Any, value: Any) -> Point:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"expected a number as the value, found {value!r}")
    second = _second(time)
    return second - second % MINUTE, float(value)


def _second(time: Any) -> int:
    """ISO 8601 (UTC unless it says otherwise), or seconds since 1970."""
    if isinstance(time, str) and _SECONDS.fullmatch(time):
        time = float(time)
    if isinstance(time, str):
        try:
            moment = datetime.fromisoformat(time)
            return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        except (ValueError, OverflowError):
            pass
    if isinstance(time, int | float) and not isinstance(time, bool) and 0 <= time < 1e11:  # noqa: PLR2004 - the year 5138
        return math.floor(time)
    raise ValueError(f"expected a time such as 2025-03-08T03:17:00Z, found {time!r}")
