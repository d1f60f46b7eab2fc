"""The charts of a backtest, as Altair charts: the grid as a heat map, the front, and the delay of each incident.

In: a backtest. Out: Altair charts with their rows. The claim: rows are the fields of the backtest's frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from detector.jobs.backtest.calendar import DAYS
from detector.jobs.backtest.result import Backtest, row
from detector.quantities import number
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.jobs.backtest.sweep import Cell

ROW = 20
PLATEAU = 40
"""Settings in the chart of those that are as good."""
KINDS = {
    "present": "#d13212",
    "recommended": "#1d8102",
    "runner-up": "#8b5cf6",
    "front": "#3f7fbf",
    "other": "#8d99a6",
}
"""What a setting is called, and its colour."""
_SHAPES = ("diamond", "square", "triangle-up", "circle", "circle")
_TOLD = (
    alt.Tooltip("setting:N"),
    alt.Tooltip("what:N", title="this is"),
    alt.Tooltip("pages:Q"),
    alt.Tooltip("weekly:Q", title="pages a week", format=".1f"),
    alt.Tooltip("missed:Q", title="missed incidents"),
)


def heat() -> alt.LayerChart:
    """Pages a week for every threshold (across) and every other setting (down); data set ``heat``."""
    threshold = alt.X("threshold:O", title="threshold", sort=None, axis=alt.Axis(labelAngle=0))
    others = alt.Y("others:N", title=None, sort=None, axis=alt.Axis(labelLimit=260))
    cells = alt.Chart(alt.NamedData("heat")).encode(x=threshold, y=others, tooltip=list(_TOLD))
    scale = alt.Scale(scheme="yelloworangered", type="symlog")
    color = alt.Color("weekly:Q", title="pages a week", scale=scale, legend=alt.Legend(orient="top"))
    marks = cells.mark_text(fontWeight="bold", color="#000").encode(text="mark:N")
    layers: Any = alt.layer(cells.mark_rect().encode(color=color), marks)
    made: alt.LayerChart = layers.properties(width="container", height=alt.Step(ROW))
    return made


def front() -> alt.Chart:
    """Pages a week against missed incidents, every setting a point; data set ``front``."""
    kinds = alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    shapes = alt.Scale(domain=list(KINDS), range=list(_SHAPES))
    legend = alt.Legend(title=None, orient="top")
    made: alt.Chart = (
        alt.Chart(alt.NamedData("front"))
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            x=alt.X(
                "weekly:Q",
                title="pages a week",
                scale=alt.Scale(type="symlog"),
                axis=alt.Axis(tickCount=8, labelOverlap=True),
            ),
            y=alt.Y("missed:Q", title="missed incidents", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("what:N", scale=kinds, legend=legend),
            shape=alt.Shape("what:N", scale=shapes, legend=legend),
            tooltip=list(_TOLD),
        )
        .properties(width="container", height=240)
    )
    return made


def plateau() -> alt.Chart:
    """Pages a week of the settings that are as good as the best one; data set ``plateau``, the best first, ``who`` it is."""
    kinds = alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    made: alt.Chart = (
        alt.Chart(alt.NamedData("plateau"))
        .mark_bar(height=12)
        .encode(
            x=alt.X("weekly:Q", title="pages a week", scale=alt.Scale(zero=True)),
            y=alt.Y("who:N", title=None, sort=None, axis=alt.Axis(labelLimit=300)),
            color=alt.Color("what:N", scale=kinds, legend=alt.Legend(title=None, orient="top")),
            tooltip=list(_TOLD),
        )
        .properties(width="container", height=alt.Step(ROW))
    )
    return made


def delays() -> alt.Chart:
    """How soon each incident was found by the settings in question; data set ``delays``: incident, what, minutes."""
    kinds = alt.Scale(domain=list(KINDS)[:3], range=list(KINDS.values())[:3])
    shapes = alt.Scale(domain=list(KINDS)[:3], range=list(_SHAPES[:3]))
    legend = alt.Legend(title=None, orient="top")
    made: alt.Chart = (
        alt.Chart(alt.NamedData("delays"))
        .mark_point(filled=True, size=80, opacity=0.85)
        .encode(
            x=alt.X(
                "minutes:Q",
                title="minutes from the start of the incident to the page",
                scale=alt.Scale(zero=True),
            ),
            y=alt.Y("others:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color("what:N", scale=kinds, legend=legend),
            shape=alt.Shape("what:N", scale=shapes, legend=legend),
            tooltip=[
                alt.Tooltip("others:N", title="incident"),
                alt.Tooltip("what:N"),
                alt.Tooltip("minutes:Q"),
            ],
        )
        .properties(width="container", height=alt.Step(ROW))
    )
    return made


def calendar() -> alt.Chart:
    """Pages by weekday (down) and hour (across), a row of charts for the settings in question; data set ``calendar``."""
    made: alt.Chart = (
        alt.Chart(alt.NamedData("calendar"))
        .mark_rect()
        .encode(
            x=alt.X("hour:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("day:N", title=None, sort=list(DAYS)),
            row=alt.Row("what:N", title=None, sort=None, header=alt.Header(orient="top")),
            color=alt.Color(
                "pages:Q", scale=alt.Scale(scheme="yelloworangered"), legend=alt.Legend(orient="top")
            ),
            tooltip=[
                alt.Tooltip("what:N"),
                alt.Tooltip("day:N"),
                alt.Tooltip("hour:O"),
                alt.Tooltip("pages:Q"),
            ],
        )
        .properties(width=480, height=7 * ROW)
    )
    return made


def chart(of: Backtest) -> alt.TopLevelMixin:
    """The grid as a heat map of its own; ValueError where no record was looked at."""
    if of.empty is not None:
        raise ValueError(f"expected a backtest of some log: there was {of.empty}")
    made: alt.TopLevelMixin = heat().properties(width=760, datasets={"heat": rows(of)})
    return made


def rows(of: Backtest) -> list[dict[str, Any]]:
    """A row a setting, in the order of the sweep."""
    return [_row(of, cell) for cell in of.sweep.cells]


def plateau_rows(of: Backtest) -> list[dict[str, Any]]:
    """The rows of the settings that are as good as the best one, `PLATEAU` at most, in the order of the ranking."""
    equal = [cell for cell in of.choice.ranked if cell.key in of.choice.evidence.plateau]
    return [
        {**told, "who": f"{cell.alarm.operator.symbol} {told['threshold']}, {told['others']}"}
        for cell in equal[:PLATEAU]
        for told in [_row(of, cell)]
    ]


def delay_rows(of: Backtest) -> list[dict[str, Any]]:
    """A row for each incident that a setting in question has found."""
    return [
        {"others": printable(incident.name, 60), "what": what, "minutes": round(delay / 60, 2)}
        for what, cell in of.in_question.items()
        for incident, delay in zip(of.sweep.incidents, cell.score.delays, strict=True)
        if delay is not None
    ]


def kind(of: Backtest, cell: Cell) -> str:
    """What a setting is called."""
    named = next((name for name, other in of.in_question.items() if other is cell), "")
    return named or ("front" if cell.key in of.choice.front and of.sweep.incidents else "other")


def _row(of: Backtest, cell: Cell) -> dict[str, Any]:
    told, alarm, what = row(of, cell), cell.alarm, kind(of, cell)
    window = "" if alarm.evaluation_window is None else f", {alarm.window_name}"
    others = f"{alarm.statistic_name} of {alarm.period} s, {alarm.m} of {alarm.evaluation_periods}, {alarm.treat_missing_data}{window}"
    return {
        "threshold": number(alarm.threshold),
        "others": others,
        "setting": f"threshold {number(alarm.threshold)}, {others}",
        "what": what,
        "mark": {"present": "P", "recommended": "R", "runner-up": "U", "front": "\u2022"}.get(what, ""),
        "pages": told["alarms"],
        "weekly": told["alarms_per_week"],
        "missed": told["missed"],
    }


def order(of: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that stand out last, so that they are drawn on top."""
    return sorted(of, key=lambda one: -list(KINDS).index(one["what"]))
