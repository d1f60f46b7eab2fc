"""Actions that are held: which pages came late or never, and what kept them back; as text and as JSON.

In: the deliveries of an alarm. Out: lines, and values for JSON. Without anything held there are no lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from detector.alarm.delivery import HeldBy, Pages
from detector.quantities import count, minute
from detector.render.kit.json_values import iso
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.alarm.delivery import Delivery, Hold
    from detector.alarm.mute import MuteRule
    from detector.jobs.replay import Replays
    from detector.render.kit.page import Page

FEW = 6
"""Pages that are listed in any case."""
_HELD: Final = {
    HeldBy.MUTE_RULE: "held by mute rule {name} {until}",
    HeldBy.SUPPRESSOR: "suppressed by {name} {until}",
    HeldBy.WAIT_PERIOD: "waits for {name} {until}",
    HeldBy.EXTENSION_PERIOD: "extension period {until}",
    HeldBy.DISABLED: "actions are disabled",
}


def pages(delivered: Sequence[Delivery], page: Page, *, full: bool) -> Iterator[str]:
    """How many pages were sent at once, late or never, and each that was held, while they are few or all are asked for."""
    held = [one for one in delivered if one.is_page and one.holds]
    if not held:
        return
    told = Pages.of(delivered)
    number = told.at_once + told.late + told.never
    yield ""
    said = f": {number:,}, of which {told.at_once:,} sent at once, {told.late:,} late, {told.never:,} never"
    listed = full or len(held) <= FEW
    yield from page.led(page.bold, "Pages", said + ("" if listed else "; --full lists those that were held"))
    for one in held if listed else ():
        holds = "; ".join(hold_of(hold) for hold in one.holds)
        yield from page.indented(f"{minute(one.at)}  {holds}; {outcome_of(one)}", 2)


def hold_of(hold: Hold) -> str:
    """What holds an action, and until when."""
    until = "still at the end of the logs" if hold.end is None else f"until {minute(hold.end)}"
    return _HELD[hold.by].format(name=printable(hold.name, 100), until=until)


def outcome_of(one: Delivery) -> str:
    """Whether a page that was held was sent after all."""
    if one.runs is not None:
        return f"sent {minute(one.runs)}"
    if one.holds[-1].end is None:
        return "not sent"
    return "never sent, since the state had changed by then"


def facts(delivered: Sequence[Delivery]) -> dict[str, Any]:
    """What became of the pages, and every change whose actions were held, for JSON."""
    told = Pages.of(delivered)
    held = [
        {
            "at": iso(one.at),
            "after": str(one.after),
            "runs": iso(one.runs),
            "holds": [
                {"by": str(hold.by), "name": hold.name, "start": iso(hold.start), "end": iso(hold.end)}
                for hold in one.holds
            ],
        }
        for one in delivered
        if one.holds
    ]
    return {"at_once": told.at_once, "late": told.late, "never": told.never, "held": held}


def rule_facts(rules: Sequence[MuteRule], delivered: Sequence[Delivery]) -> list[dict[str, Any]]:
    """The mute rules that were asked for, each with how many pages of this alarm it kept back, for JSON."""
    return [
        {
            "name": rule.name,
            "expression": rule.schedule.expression,
            "timezone": rule.schedule.timezone,
            "duration": rule.schedule.duration,
            "alarm_names": list(rule.alarm_names),
            "kept_back": sum(one.is_page and rule.name in one.muted_by for one in delivered),
        }
        for rule in rules
    ]


def mute_rules(replays: Replays, page: Page) -> Iterator[str]:
    """The mute rules that were asked for, whom they mute, and how many pages they kept back."""
    if not replays.mutes:
        return
    yield page.bold("Mute rules") + page.dim(" (they hold actions, and change no state)")
    for rule in replays.mutes:
        schedule, kept = rule.schedule, replays.muted[rule.name]
        whom = ", ".join(printable(name, 100) for name in rule.alarm_names) or "every alarm"
        when = f"{printable(schedule.expression, 100)} {printable(schedule.timezone)} for {schedule.duration}"
        told = f"{count(kept, 'page')} kept back" if kept else "kept no page back"
        yield from page.indented(f"{printable(rule.name, 100)}: {when}, {whom}: {told}", 2)
        absent = [name for name in rule.alarm_names if name not in replays.alarm_names]
        if absent:
            listed = ", ".join(printable(name, 100) for name in absent)
            yield from map(page.bad, page.indented(f"no alarm of this replay is named {listed}", 4))
    yield ""
