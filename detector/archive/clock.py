"""Which clock an archive can be read by: a plan and its sources in, the plan with its clock settled out.

Claim: it is the clock of CloudWatch, that of deliveries, only where every source tells when it was delivered, by its
name or by the timestamps of its own log events; a file of which nothing can be read decides nothing. A plan that draws
the deliveries that nothing tells is settled with the delays of those that are told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from detector.archive.ahead import ahead
from detector.archive.delays import LONGEST, SLOT
from detector.archive.event import Event
from detector.archive.eventtime import event_time
from detector.archive.plan import Clock, Plan
from detector.archive.problem import Problem
from detector.archive.selection import EVERYTHING
from detector.archive.walk import source_events
from detector.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from detector.archive.delays import Delays
    from detector.archive.source import Source

LOOKED_AT = 500
"""Files whose deliveries are looked at for their delays."""


def settled(plan: Plan, sources: Iterable[Source]) -> Plan:
    """The plan on the clock of deliveries where that is open and every source tells it, else as it was.

    Of an archive with other files than those of a trail, the first event of each such file is read. `SettingsError` for
    delays as in the archive (`Delays`) where no file tells one.
    """
    if plan.delays is not None and plan.delays.is_open:
        return _with_delays(plan, plan.delays, list(sources))
    if not plan.clock_open:
        return plan
    # Without paths of a trail one look is enough, and with them most often none.
    without = next(
        (source for source in sources if source.delivered is None and not _stamped(plan, source)), None
    )
    if without is None:
        return replace(plan, clock=Clock.DELIVERY, clock_open=False)
    return replace(plan, clock_open=False, undelivered=without.name)


def _with_delays(plan: Plan, delays: Delays, sources: Sequence[Source]) -> Plan:
    """The plan with the delays of the deliveries that are told: of at most `LOOKED_AT` files, evenly spread over all."""
    told = replace(plan, delays=None, clock=Clock.DELIVERY, timed=False, selection=EVERYTHING)
    telling = [source for source in sources if source.delivered is not None or _stamped(told, source)]
    every = max(1, -(-len(telling) // LOOKED_AT))
    batches: dict[tuple[str, int], list[int]] = {}
    for source in ahead(telling[::every]):
        for item in source_events(told, source):
            happened = None if isinstance(item, Problem) or item.record is None else event_time(item.record)
            if isinstance(item, Event) and item.time is not None and happened is not None:
                late = item.time - happened
                if 0 <= late < LONGEST - SLOT:
                    batches.setdefault((source.path, item.time), []).append(late)
    found = delays.seeing(map(tuple, batches.values()))
    if found.is_open and any(source not in telling for source in sources):
        raise SettingsError(
            f"expected an archive in which some file tells when it was delivered, found none of {len(sources):,}: "
            "say how long it takes, such as 5m±3m",
            "delay",
        )
    return replace(plan, delays=found, clock_open=False)


def _stamped(plan: Plan, source: Source) -> bool:
    """Whether the first log event has a timestamp of its own, or there is none."""
    events = (
        item
        for item in source_events(replace(plan, timed=False, selection=EVERYTHING), source)
        if isinstance(item, Event)
    )
    first = next(events, None)
    return first is None or first.timestamp is not None
