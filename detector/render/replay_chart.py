"""The metric of a replay as a small chart over time, with the threshold in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from detector.jobs.series import DAY, HOUR, MINUTE, Series
from detector.quantities import minute, number, span
from detector.render.kit.chart import chart
from detector.render.kit.page import WIDEST
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.replay import Replay
    from detector.render.kit.page import Page

TICKS = (
    *(5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 2 * DAY, 7 * DAY, 28 * DAY),
)
_DAY, _DAY_OF_YEARS = "%m-%d", "%Y-%m-%d"
MARGIN = 12
"""Columns beside a chart: what is left of it, and some room on the right."""


def metric(replay: Replay, page: Page) -> Iterator[str]:
    """The chart; one line where there is nothing to draw."""
    transformed, alarm = replay.detection.filters[0], replay.detection.alarm
    series = replay.series_in(min(page.width, WIDEST) - MARGIN)
    name = f"{printable(transformed.namespace, 60)} / {printable(transformed.metric, 60)}"
    if series is None:
        yield from page.labelled("Metric", f"{name}: no sample that the alarm looks at")
        return
    which = "lowest" if series.lowest else "highest"
    yield from page.labelled(
        "Metric",
        f"{name}: {alarm.statistic_name} over {span(timedelta(seconds=alarm.period))}. "
        f"A column is the {which} value in {span(timedelta(seconds=series.bucket))}; {which} of all "
        f"{number(series.extreme)} at {minute(series.extreme_at)}, threshold {number(alarm.threshold)}.",
    )
    yield ""
    lines, margin = chart(
        series.values,
        alarm.threshold,
        paint=lambda value, block: page.bad(block) if alarm.breaches(value) else block,
    )
    yield from lines
    yield from _axis(series, margin)


def _axis(series: Series, margin: int) -> Iterator[str]:
    """The time below the chart: a tick and a label at round times, the date at midnight; with the year where there are two."""
    size = len(series.values)
    ends = (series.start, series.start + (size - 1) * series.bucket)
    years = {datetime.fromtimestamp(at, UTC).year for at in ends}
    day = _DAY if len(years) == 1 else _DAY_OF_YEARS
    label = len(f"{datetime.fromtimestamp(series.start, UTC):{day}} ")
    unit = next((tick for tick in TICKS if tick >= label * series.bucket), 12 * series.bucket)
    ticks, labels = ["─"] * size, ""
    for i in range(size):
        at = series.start + i * series.bucket
        if at % unit < series.bucket and i >= len(labels):
            ticks[i] = "┬"
            shown = f"{datetime.fromtimestamp(at, UTC):{day if at % DAY < series.bucket else '%H:%M'}}"
            labels = f"{labels:<{i}}{shown} "
    yield " " * (margin - 1) + "└" + "".join(ticks)
    yield " " * margin + labels
