"""Backtests as a page: what to choose and why, the grid as a heat map, what settings cost and miss.

In: backtests of one pass. Out: one HTML document; layout is in ``pages/backtest.html``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from detector.jobs.backtest.grid import setting
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.reasons import sentence
from detector.jobs.backtest.result import Backtest
from detector.quantities import count, minute, minutes
from detector.render import backtest_asides
from detector.render.backtest_altair import (
    PLATEAU,
    calendar,
    delay_rows,
    delays,
    front,
    heat,
    kind,
    order,
    plateau,
    plateau_rows,
    rows,
)
from detector.render.backtest_text import outcome
from detector.render.kit.html import Scripts, page

if TYPE_CHECKING:
    from detector.jobs.backtest.incidents import Incident
    from detector.jobs.backtest.sweep import Cell

SETTINGS = 400
"""Settings of a detection that the page lists."""


def page_of(test: Backtest) -> str:
    """The page of one backtest."""
    return document([test])


def document(tests: Sequence[Backtest], scripts: Scripts | None = None) -> str:
    """The page; ``scripts`` may have been started before the archive was read."""
    facts: dict[str, Any] = {
        "charts": {
            one.__name__: one().to_dict(validate=False) for one in (heat, front, plateau, delays, calendar)
        },
        "rows": {},
        "detections": [],
    }
    for place, test in enumerate(tests):
        told = rows(test)
        facts["rows"][f"heat{place}"] = {"heat": told}
        facts["rows"][f"front{place}"] = {"front": order(told)}
        facts["rows"][f"plateau{place}"] = {"plateau": plateau_rows(test)}
        facts["rows"][f"delays{place}"] = {"delays": delay_rows(test)}
        facts["rows"][f"calendar{place}"] = {"calendar": backtest_asides.rows(test)}
    return page(
        "backtest.html",
        scripts or Scripts(),
        facts,
        tests=tests,
        title=tests[0].detection.title if len(tests) == 1 else f"{len(tests)} detections",
        reading=None if isinstance(tests[0].source, MetricData) else tests[0].source,
        metric=tests[0].source.path if isinstance(tests[0].source, MetricData) else "",
        settings=SETTINGS,
        most=PLATEAU,
        asides=backtest_asides.sentences,
        **{one.__name__: one for one in (lead, setting, outcome, kind, found, started)},
        **{one.__name__: one for one in (count, minute, minutes)},
    )


def lead(test: Backtest) -> str:
    """What to do, in a sentence."""
    choice, present = test.choice, test.sweep.current
    if test.empty is not None:
        return f"No evidence: there was {test.empty}."
    if choice.recommended is None:
        return f"Nothing is recommended: {choice.because}."
    if choice.recommended.current:
        return f"Keep the present setting: {setting(present.alarm)}."
    more = f"{sentence(choice.more_pages)}. " if choice.more_pages else ""
    return f"{more}Recommended: {setting(choice.recommended.alarm)}, in place of {setting(present.alarm)}."


def found(test: Backtest, incident: Incident, cell: Cell) -> str:
    """How soon a setting finds an incident, that it misses it, or why that is not known."""
    if unscored := test.unscored(incident):
        return unscored
    delay = cell.score.delays[test.sweep.incidents.index(incident)]
    return "missed" if delay is None else minutes(delay)


def started(incident: Incident) -> str:
    """When an incident began."""
    return minute(datetime.fromtimestamp(incident.start, UTC))
