"""The metric of a replay as a small chart over time, with the threshold in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from detector.render.chart import chart, number
from detector.render.layout import clean, labelled, minute, span
from detector.render.series import DAY, HOUR, MINUTE, Series, series

if TYPE_CHECKING:
    from detector.jobs.replay import Replay
    from detector.render.style import Style

COLUMNS = 88
TICKS = (
    *(5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 2 * DAY, 7 * DAY, 28 * DAY),
)
_LABEL = len("03-05 ")


def metric(replay: Replay, style: Style) -> Iterator[str]:
    """The chart; one line where there is nothing to draw."""
    transformed, alarm = replay.detection.filters[0], replay.detection.alarm
    name = f"{clean(transformed.namespace, 60)} / {clean(transformed.metric, 60)}"
    found = series(replay, COLUMNS)
    if found is None:
        yield from labelled("Metric", f"{name}: no sample that the alarm looks at")
        return
    yield from labelled("Metric", f"{name}: {_caption(replay, found)}")
    yield ""
    lines, margin = chart(
        found.values,
        alarm.threshold,
        paint=lambda value, block: style.bad(block) if alarm.breaches(value) else block,
    )
    yield from lines
    yield from _axis(found, margin)


def _caption(replay: Replay, found: Series) -> str:
    alarm = replay.detection.alarm
    which = "lowest" if found.lowest else "highest"
    return (
        f"{alarm.statistic or alarm.extended_statistic} over {span(timedelta(seconds=alarm.period))}. "
        f"A column is the {which} value in {span(timedelta(seconds=found.bucket))}; {which} of all "
        f"{number(found.extreme)} at {minute(found.extreme_at)}, threshold {number(alarm.threshold)}."
    )


def _axis(found: Series, margin: int) -> Iterator[str]:
    """The time below the chart: a tick and a label at round times."""
    size = len(found.values)
    unit = next((tick for tick in TICKS if tick >= _LABEL * found.bucket), 12 * found.bucket)
    ticks, labels = ["─"] * size, ""
    for i in range(size):
        at = found.start + i * found.bucket
        if at % unit < found.bucket and i >= len(labels):
            ticks[i] = "┬"
            labels = f"{labels:<{i}}{_tick(at, found.bucket)} "
    yield " " * (margin - 1) + "└" + "".join(ticks)
    yield " " * margin + labels


def _tick(at: int, bucket: int) -> str:
    """The date at midnight, else the time of day."""
    return f"{datetime.fromtimestamp(at, UTC):{'%m-%d' if at % DAY < bucket else '%H:%M'}}"
