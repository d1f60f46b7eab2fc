"""Actions that are held, as Markdown: which pages came late or never, and what the mute rules kept back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from detector.alarm.delivery import Pages
from detector.quantities import count, minute
from detector.render.deliveries import hold_of, outcome_of
from detector.render.kit.markdown import code, heading, plain, table

if TYPE_CHECKING:
    from detector.alarm.delivery import Delivery
    from detector.jobs.replay import Replays

LISTED = 20


def pages(delivered: Sequence[Delivery]) -> Iterator[str]:
    """How many pages were sent at once, late or never, and those that were held."""
    held = [one for one in delivered if one.is_page and one.holds]
    if not held:
        return
    told = Pages.of(delivered)
    yield f"- **pages** {told.at_once:,} sent at once, {told.late:,} late, {told.never:,} never"
    for one in held[:LISTED]:
        holds = "; ".join(plain(hold_of(hold)) for hold in one.holds)
        yield f"  - {minute(one.at)} {holds}; {outcome_of(one)}"
    if len(held) > LISTED:
        yield f"  - and {len(held) - LISTED:,} more"


def mute_rules(replays: Replays) -> Iterator[str]:
    """The mute rules that were asked for, whom they mute, and how many pages they kept back."""
    if not replays.mutes:
        return
    yield from heading(3, "Mute rules")
    rows = []
    for rule in replays.mutes:
        absent = [name for name in rule.alarm_names if name not in replays.alarm_names]
        when = f"{rule.schedule.expression} {rule.schedule.timezone} for {rule.schedule.duration}"
        missing = f"; not in this replay: {', '.join(map(code, absent))}" if absent else ""
        whom = ", ".join(map(code, rule.alarm_names)) or "every alarm"
        rows.append((code(rule.name), code(when), whom + missing, count(replays.muted[rule.name], "page")))
    yield from table(("rule", "when", "alarms", "kept back"), rows, ("kept back",))
