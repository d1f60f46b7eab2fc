"""The charts of a replay, as Altair charts: the metric with its threshold and states, calls over time, all alarms.

In: names of data sets, or rows. Out: Altair charts. The claim: a chart draws what it is given and computes nothing; the
page fills the same charts with rows of other settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import altair as alt

from detector.alarm import State
from detector.jobs.investigation.choices import Band, Line, choices
from detector.jobs.replay import Replay
from detector.quantities import minute, number, span, time
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.investigation.choices import Choices

HEIGHT, ROW = 240, 20
STATES = {"ALARM": "#d13212", "OK": "#1d8102", "INSUFFICIENT_DATA": "#8d99a6"}
BLUE, ORANGE = "#3f7fbf", "#d9822b"
_CLOCK = (
    "utcFormat(datum.value, utcseconds(datum.value) ? '%H:%M:%S' : "
    "utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : '%b %d')"
)
_ZOOM = "wheel![event.shiftKey]"


def metric() -> alt.LayerChart:
    """A line with its threshold over a band of states; data sets ``points``, ``threshold``, ``band``.

    ``points``: t (ms), v (null is a gap), at. ``threshold``: v. ``band``: t, until, state, at.
    """
    zoom = alt.selection_interval(bind="scales", encodings=["x"], zoom=_ZOOM)
    values = alt.Y("v:Q", title=None, scale=alt.Scale(padding=14, zero=True), axis=alt.Axis(tickCount=5))
    line = (
        alt.Chart(alt.NamedData("points"))
        .mark_line(
            clip=True,
            color=BLUE,
            invalid="break-paths-filter-domains",
            point=alt.OverlayMarkDef(size=22, color=BLUE),
        )
        .encode(
            x=_times(),
            y=values,
            tooltip=[alt.Tooltip("v:Q", title="value"), alt.Tooltip("at:N", title="window until")],
        )
    )
    threshold = (
        alt.Chart(alt.NamedData("threshold"))
        .mark_rule(color=STATES["ALARM"], strokeDash=[6, 4], strokeWidth=1.5)
        .encode(y=values, tooltip=[alt.Tooltip("v:Q", title="threshold")])
    )
    layers: Any = alt.layer(_states(), line, threshold).add_params(zoom)
    made: alt.LayerChart = layers.properties(width="container", height=HEIGHT)
    return made


def _times() -> alt.X:
    return alt.X(
        "t:T", scale=alt.Scale(type="utc"), title=None, axis=alt.Axis(labelExpr=_CLOCK, labelOverlap=True)
    )


def _states() -> alt.Chart:
    """The states of an alarm as a band along the lower edge."""
    made: alt.Chart = (
        alt.Chart(alt.NamedData("band"))
        .mark_rect(clip=True)
        .encode(
            x=_times(),
            x2="until:T",
            y=alt.value(HEIGHT - 9),
            y2=alt.value(HEIGHT),
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=list(STATES), range=list(STATES.values())),
                legend=alt.Legend(title=None, orient="top", symbolType="square"),
            ),
            # An ALARM of five minutes in two weeks would be thinner than a pixel.
            stroke=alt.condition("datum.state === 'ALARM'", alt.value(STATES["ALARM"]), alt.value(None)),
            tooltip=[alt.Tooltip("state:N", title="state"), alt.Tooltip("at:N", title="from")],
        )
    )
    return made


def calls() -> alt.Chart:
    """Calls over time, a row a principal; data set ``calls``: t (ms), who, call, end, at."""
    zoom = alt.selection_interval(bind="scales", encodings=["x"], zoom=_ZOOM)
    made: alt.Chart = (
        alt.Chart(alt.NamedData("calls"))
        .mark_tick(thickness=2, size=14)
        .encode(
            x=_times(),
            y=alt.Y("who:N", title=None, sort=None, axis=alt.Axis(labelLimit=150)),
            color=alt.Color(
                "failed:N",
                scale=alt.Scale(domain=["refused or failed", "succeeded"], range=[STATES["ALARM"], BLUE]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("at", "who", "call", "error")],
        )
        .add_params(zoom)
        .properties(width="container", height=alt.Step(ROW))
    )
    return made


def overview() -> alt.Chart:
    """Times in ALARM of several detections, a row each; data set ``overview``: t, until (ms), who, at, lasted."""
    zoom = alt.selection_interval(bind="scales", encodings=["x"], zoom=_ZOOM)
    made: alt.Chart = (
        alt.Chart(alt.NamedData("overview"))
        .mark_bar(clip=True, color=STATES["ALARM"], stroke=STATES["ALARM"], strokeWidth=1)
        .encode(
            x=_times(),
            x2="until:T",
            y=alt.Y("who:N", title=None, sort=None, axis=alt.Axis(labelLimit=180)),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("who", "at", "lasted")],
        )
        .add_params(zoom)
        .properties(width="container", height=alt.Step(ROW))
    )
    return made


def chart(of: Replay | Sequence[Replay]) -> alt.TopLevelMixin:
    """The metric of a replay with its threshold and states; of several, their times in ALARM; ValueError without any log."""
    if not isinstance(of, Replay):
        return overview().properties(width=760, datasets={"overview": alarms(of)})
    found = choices(of)
    if found is None:
        raise ValueError(f"expected a replay of some log: there is none for {of.detection.name}")
    present, alarm = found.present, of.detection.alarm
    clock = "sliding" if alarm.evaluation_window is None else "wall-clock"
    line = next(one for one in found.lines if (one.period, one.window) == (alarm.period, clock))
    rows: Mapping[str, list[dict[str, Any]]] = {
        "points": points(line),
        "band": band(found.bands[present.band], found),
        "threshold": [{"v": alarm.threshold}],
    }
    about = f"{alarm.name}: {alarm.statistic_name} over {alarm.period} s, threshold {number(alarm.threshold)}"
    return metric().properties(title=printable(about), width=760, datasets=rows)


def alarms(of: Sequence[Replay]) -> list[dict[str, Any]]:
    """The episodes of several detections as rows."""
    return [
        {
            "who": printable(one.detection.name, 80),
            "t": int(episode.start.timestamp()) * 1000,
            "until": int((episode.start + episode.lasted).timestamp()) * 1000,
            "at": minute(episode.start),
            "lasted": span(episode.lasted),
        }
        for one in of
        for episode in one.episodes
    ]


def points(line: Line) -> list[dict[str, Any]]:
    """The rows of a line."""
    return [{"t": at * 1000, "v": value, "at": _at(at)} for at, value in line.points]


def band(one: Band, of: Choices) -> list[dict[str, Any]]:
    """The rows of a band."""
    ends = [at for at, _ in one.runs[1:]] + [of.end]
    rows = [
        {"t": at * 1000, "until": until * 1000, "state": str(state), "at": _at(at)}
        for (at, state), until in zip(one.runs, ends, strict=True)
    ]
    return sorted(rows, key=lambda row: row["state"] == State.ALARM)  # drawn last, so on top


def _at(second: int) -> str:
    return f"{time(datetime.fromtimestamp(second, UTC))} UTC"
