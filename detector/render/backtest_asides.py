"""What else the settings in question would do, as lines of a terminal, as JSON and as rows of a chart.

In: a backtest with its asides. Out: strings and plain values. The claim: each figure is one of `Asides`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from detector.archive import Clock
from detector.jobs.backtest.asides import Asides, Did
from detector.jobs.backtest.calendar import DAYS
from detector.jobs.reading import Reading
from detector.quantities import count, minutes
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.backtest.result import Backtest
    from detector.render.kit.page import Page

CLOCKS = {Clock.EVENT: "eventTime", Clock.DELIVERY: "the time of delivery"}
_INDENT = 2


def lines(test: Backtest, page: Page) -> Iterator[str]:
    """A section of the report."""
    told = list(sentences(test))
    if told:
        yield page.bold("Seen otherwise")
    for label, sentence in told:
        yield from page.indented(printable(f"{label}: {sentence}.", 4_000), _INDENT)


def sentences(test: Backtest) -> Iterator[tuple[str, str]]:
    """What is looked at, and what each setting in question does then."""
    asides = test.asides
    if asides is None:
        return
    if isinstance(test.source, Reading):
        delays = test.source.plan.delays
        drawn = f" (drawn where nothing tells it: {delays})" if delays else ""
        yield f"By {CLOCKS[test.source.plan.clock]}{drawn}, as above", "; ".join(_pages(test))
    if asides.other is not None:
        on_other = (f"{name} {_did(one)}" for name, one in asides.on_other.items())
        yield f"By {CLOCKS[asides.other]}", "; ".join(on_other)
    elif isinstance(test.source, Reading) and test.source.plan.undelivered:
        yield "By the time of delivery", f"not known, since {test.source.plan.undelivered} does not tell it"
    if asides.office is not None:
        outside = (f"{name} {one.outside:,}" for name, one in asides.calendars.items())
        yield f"Pages outside of {asides.office}", "; ".join(outside)
    if asides.calendars:
        quiet = (f"{name} {minutes(one.quiet)}" for name, one in asides.calendars.items())
        yield "Longest time without a page", "; ".join(quiet)
    if asides.by_principal:
        more = f" (the busiest of {asides.principals + asides.left_out:,})" if asides.left_out else ""
        yield (
            f"As one alarm for each of {count(asides.principals, 'principal')}{more}",
            "; ".join(_principals(asides)),
        )
    for rule, did in asides.composites.items():
        yield f"As a composite alarm, {rule}", _did(did)


def _pages(test: Backtest) -> Iterator[str]:
    for name, cell in test.in_question.items():
        yield f"{name} {_did(Did(cell.score.alarms, cell.score.seconds))}"


def _principals(asides: Asides) -> Iterator[str]:
    for name, one in asides.by_principal.items():
        most = f", {one.most:,} of them of {one.noisiest}" if one.noisiest else ""
        yield f"{name} {count(one.pages, 'page')} from {count(one.paging, 'principal')}{most}"


def _did(did: Did) -> str:
    return f"{count(did.pages, 'page')}, in ALARM {minutes(did.seconds)}"


def facts(test: Backtest) -> dict[str, Any] | None:
    """The asides for machines; None where there are none."""
    asides = test.asides
    if asides is None:
        return None
    return {
        "clock": str(test.source.plan.clock) if isinstance(test.source, Reading) else None,
        "drawn_delays": str(test.source.plan.delays)
        if isinstance(test.source, Reading) and test.source.plan.delays
        else None,
        "other_clock": None if asides.other is None else str(asides.other),
        "on_other_clock": {name: _told(one) for name, one in asides.on_other.items()},
        "office_hours": None if asides.office is None else str(asides.office),
        "calendars": {
            name: {
                "alarms_by_weekday_and_hour": [list(day) for day in one.hours],
                "alarms_outside_office_hours": one.outside,
                "longest_quiet_minutes": one.quiet / 60,
            }
            for name, one in asides.calendars.items()
        },
        "principals": asides.principals,
        "principals_left_out": asides.left_out,
        "one_alarm_per_principal": {
            name: {
                "alarms": one.pages,
                "principals": one.paging,
                "noisiest": one.noisiest,
                "most_alarms": one.most,
            }
            for name, one in asides.by_principal.items()
        },
        "composites": {rule: _told(one) for rule, one in asides.composites.items()},
    }


def _told(did: Did) -> dict[str, float]:
    return {"alarms": did.pages, "alarm_minutes": did.seconds / 60}


def rows(test: Backtest) -> list[dict[str, Any]]:
    """A row for each hour of the week and each setting in question: ``what``, ``day``, ``hour``, ``pages``."""
    calendars = {} if test.asides is None else test.asides.calendars
    return [
        {"what": what, "day": day, "hour": hour, "pages": pages}
        for what, calendar in calendars.items()
        for day, hours in zip(DAYS, calendar.hours, strict=True)
        for hour, pages in enumerate(hours)
    ]
