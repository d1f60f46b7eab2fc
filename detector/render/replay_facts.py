"""What the script of the page is given: the charts, their rows, and every setting of the sweep.

In: an `Investigation`. Out: plain JSON values, documented in docs/html.md. The claim: the script looks things up and draws
them; it computes no number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from detector.alarm import State
from detector.render import replay_altair
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.cloudtrail.principals import Principal
    from detector.jobs.investigation import Investigated, Investigation
    from detector.jobs.investigation.choices import Choices
    from detector.jobs.investigation.dossier import Dossier

STATES = (State.OK, State.ALARM, State.INSUFFICIENT_DATA)


def facts(investigation: Investigation) -> dict[str, Any]:
    """Charts, and for each detection what they draw."""
    replays = [one.replay for one in investigation.detections]
    charts = (replay_altair.metric, replay_altair.calls, replay_altair.overview)
    return {
        "charts": {one.__name__: one().to_dict(validate=False) for one in charts},
        "states": [str(state) for state in STATES],
        "rows": {"overview": {"overview": replay_altair.alarms(replays)}} if len(replays) > 1 else {},
        "detections": [_detection(one) for one in investigation.detections],
    }


def _detection(one: Investigated) -> dict[str, Any]:
    return {
        "choices": None if one.choices is None else _choices(one.choices),
        "calls": {str(dossier.episode.number): _calls(dossier) for dossier in one.worst[: one.described]},
    }


def _choices(found: Choices) -> dict[str, Any]:
    """Settings as [threshold, period, M, N, window, pages, pages a week, seconds in ALARM, found, missed, flaps, band]."""
    return {
        "start": found.start,
        "end": found.end,
        "settings": [
            [
                one.alarm.threshold,
                one.alarm.period,
                one.alarm.m,
                one.alarm.evaluation_periods,
                int(one.alarm.evaluation_window is not None),
                one.score.alarms,
                None if one.per_week is None else round(one.per_week, 2),
                one.score.seconds,
                one.score.detected,
                one.score.missed,
                one.score.flaps,
                one.band,
            ]
            for one in found.settings
        ],
        "present": found.settings.index(found.present),
        "bands": [
            {"step": band.step, "runs": _steps([(at, STATES.index(state)) for at, state in band.runs], found)}
            for band in found.bands
        ],
        "lines": [
            {
                "period": line.period,
                "window": int(line.window != "sliding"),
                "step": line.step,
                "points": _steps(line.points, found),
            }
            for line in found.lines
        ],
    }


def _short(one: Principal) -> str:
    """A name that fits beside a row of a chart."""
    return f"{one.name}/{one.session}" if one.session else one.name


def _steps(pairs: Iterable[tuple[int, float | None]], found: Choices) -> list[float | None]:
    """Times and values in turn, each time as the seconds since the one before it."""
    flat: list[float | None] = []
    before = found.start
    for at, value in pairs:
        flat += (at - before, value)
        before = at
    return flat


def _calls(dossier: Dossier) -> dict[str, Any]:
    """The timeline of an episode: [seconds after the start, principal, call, error] by number in three lists."""
    names: list[dict[str, int]] = [{}, {}, {}]

    def place(kind: int, name: str) -> int:
        return names[kind].setdefault(printable(name, 100), len(names[kind]))

    first = min((one.first for one in dossier.suspects), default=dossier.episode.start)
    rows = [
        [
            int((call.at - first).total_seconds()),
            place(0, _short(one.parts)),
            place(1, call.event),
            place(2, call.error),
        ]
        for one in dossier.suspects
        for call in one.calls
    ]
    who, called, errors = names
    return {
        "start": int(first.timestamp()),
        "who": list(who),
        "call": list(called),
        "error": list(errors),
        "rows": rows,
    }
