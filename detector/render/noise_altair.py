"""The charts of a noise report, as Altair charts: who makes the matches and the pages, and what exclusions would leave.

In: a noise report. Out: Altair charts with their rows. The claim: each figure is one of the report.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from detector.jobs.noise import Noise
from detector.render.kit.printable import printable
from detector.render.noise_text import name_of

ROW = 20
STEADY = {"steady": "#1d8102", "not steady": "#d13212", "nobody": "#8d99a6"}
"""Whether somebody comes steadily, and the colour."""
KINDS = {"now": "#d13212", "proposed": "#1d8102", "alone": "#3f7fbf", "hides an incident": "#8b5cf6"}
"""What an effect is of, and its colour."""


def makers() -> alt.Chart:
    """Matches of each role, user and service; data set ``makers``."""
    return _bars("makers", "matches", "steady", STEADY)


def paging() -> alt.Chart:
    """Pages of each role, user and service; data set ``paging``."""
    return _bars("paging", "pages", "steady", STEADY)


def effects() -> alt.Chart:
    """Pages with each exclusion alone, with all that are proposed, and now; data set ``effects``."""
    return _bars("effects", "pages", "what", KINDS)


def _bars(name: str, figure: str, what: str, kinds: dict[str, str]) -> alt.Chart:
    """A bar for each ``who``, as long as a figure."""
    colors = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    made: alt.Chart = (
        alt.Chart(alt.NamedData(name))
        .mark_bar(height=12)
        .encode(
            x=alt.X(
                f"{figure}:Q",
                title=figure,
                scale=alt.Scale(zero=True),
                axis=alt.Axis(tickCount=6, labelOverlap=True, tickMinStep=1),
            ),
            y=alt.Y("who:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color(f"{what}:N", scale=colors, legend=alt.Legend(title=None, orient="top")),
            tooltip=[
                alt.Tooltip("who:N", title="of"),
                alt.Tooltip(f"{what}:N", title="this is"),
                alt.Tooltip("matches:Q"),
                alt.Tooltip("pages:Q"),
                alt.Tooltip("hours:Q", title="hours in ALARM", format=".1f"),
            ],
        )
        .properties(width="container", height=alt.Step(ROW))
    )
    return made


def chart(of: Noise) -> alt.TopLevelMixin:
    """What exclusions would leave, as a chart of its own; ValueError where no record was looked at."""
    if of.replay.reading.empty is not None:
        raise ValueError(f"expected the noise of some log: there was {of.replay.reading.empty}")
    made: alt.TopLevelMixin = effects().properties(width=560, datasets={"effects": effect_rows(of)})
    return made


def maker_rows(of: Noise) -> list[dict[str, Any]]:
    """A row for each role, user and service."""
    return [
        {
            "who": printable(one.value or "(no name)", 60),
            "matches": one.matches,
            "pages": one.pages,
            "hours": one.seconds / 3600,
            "steady": "nobody" if one.value is None else "steady" if one.steady else "not steady",
        }
        for one in of.makers["role"]
    ]


def effect_rows(of: Noise) -> list[dict[str, Any]]:
    """The detection as it is, with the proposal, and with each exclusion alone."""
    named = [("as it is", "now", of.present)]
    if of.proposal is not None:
        named.append(("all that is proposed", "proposed", of.proposal.effect))
    for one in of.candidates:
        kind = "hides an incident" if one.hidden else "alone"
        named.append((printable(f"without {name_of(one.exclusion.members)}", 60), kind, one.effect))
    return [
        {
            "who": name,
            "what": what,
            "pages": effect.pages,
            "matches": effect.matches,
            "hours": effect.seconds / 3600,
        }
        for name, what, effect in named
    ]
