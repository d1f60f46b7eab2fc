"""Which clock an archive can be read by: a plan and its sources in, the plan with its clock settled out.

Claim: it is the clock of CloudWatch, that of deliveries, only where every source tells when it was delivered, by its
name or by the timestamps of its own log events; a file of which nothing can be read decides nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from detector.archive.event import Event
from detector.archive.locate import EVERYTHING
from detector.archive.plan import Clock, Plan
from detector.archive.walk import source_events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detector.archive.source import Source


def settled(plan: Plan, sources: Iterable[Source]) -> Plan:
    """The plan on the clock of deliveries where that is open and every source tells it, else as it was.

    Of an archive with other files than those of a trail, the first event of each such file is read.
    """
    if not plan.clock_open:
        return plan
    # Without paths of a trail one look is enough, and with them most often none.
    without = next(
        (source for source in sources if source.delivered is None and not _stamped(plan, source)), None
    )
    if without is None:
        return replace(plan, clock=Clock.DELIVERY, clock_open=False)
    return replace(plan, clock_open=False, undelivered=without.name)


def _stamped(plan: Plan, source: Source) -> bool:
    """Whether the first log event has a timestamp of its own, or there is none."""
    events = (
        item
        for item in source_events(replace(plan, timed=False, selection=EVERYTHING), source)
        if isinstance(item, Event)
    )
    first = next(events, None)
    return first is None or first.timestamp is not None
