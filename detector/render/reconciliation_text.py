"""A `Reconciliation` for people: whether both agree, and under each cause what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from detector.jobs.reconcile import Agreement
from detector.quantities import count, minutes, number, time
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.reconcile import Cause, Entry, Reconciliation
    from detector.jobs.reconcile.eras import Era
    from detector.jobs.reconcile.result import Minutes

SHOWN = 5
"""Changes of state under each cause, minutes, and calls."""


def report(found: Reconciliation, page: Page) -> str:
    """The whole report, ending with a line break."""
    verdict, said = headline(found)
    paint = page.good if found.agrees and not found.empty else page.bad
    lines = [*page.led(paint, verdict, f" {said}"), ""]
    for label, text in facts(found):
        lines += page.labelled(label, text, break_on_hyphens=False)
    for cause, entries in grouped(found):
        lines += ["", *_cause(cause, entries, page)]
    if found.minutes is not None:
        lines += ["", *_minutes(found.minutes, page)]
    if found.edits:
        lines += ["", page.bold("Calls in the log that changed the filter or the alarm")]
        for edit in found.edits[:SHOWN]:
            lines += page.hanging(f"{time(edit.at)}  {printable(edit.event)} {printable(edit.by, 200)}", 2)
        lines += [f"  … {len(found.edits) - SHOWN:,} more"] if len(found.edits) > SHOWN else []
    return joined(lines)


def headline(found: Reconciliation) -> tuple[str, str]:
    """The verdict, and the numbers."""
    if found.empty:
        return "NOTHING COMPARED.", f"There was {printable(found.empty, 600)}."
    if not found.entries:
        return "AGREES.", "Neither the replay nor the account's alarm changed its state."
    counts = ", ".join(f"{times:,} {_verb(kind, times)}" for kind, times in found.counts.items() if times)
    other = f"; {found.other_values:,} of them on other datapoints" if found.other_values else ""
    return "AGREES." if found.agrees else "DIFFERS.", f"Changes of state: {counts}{other}."


def _verb(kind: Agreement, times: int) -> str:
    """``agree``, ``differ``, ``only here``."""
    return kind.removesuffix("s") if times > 1 else str(kind)


def facts(found: Reconciliation) -> Iterator[tuple[str, str]]:
    """What was compared, and what of both could not be."""
    history, alarm = found.history, found.detection.alarm
    named = "" if history.alarm == alarm.name else f", in the history {printable(history.alarm, 255)}"
    yield "Alarm", f"{printable(alarm.name, 255)}{named}: {alarm}"
    if found.start is not None and found.end is not None:
        beyond = [f"{found.earlier:,} before"] if found.earlier else []
        beyond += [f"{found.later:,} behind"] if found.later else []
        outside = f"; changes of the account outside of that: {', '.join(beyond)}" if beyond else ""
        yield "From", f"{time(found.start)} to {time(found.end)} (all times are UTC){outside}"
    if history.first is not None and history.last is not None:
        yield "History", f"{count(history.items, 'item')} from {time(history.first)} to {time(history.last)}"
    for reason in history.incomplete:
        yield "", printable(reason, 400)
    if found.reading is not None:
        read = found.reading
        silent = f", no log for {count(read.silent_hours, 'hour')} in between" if read.silent_hours else ""
        yield "Log", f"{count(read.files, 'file')}, {count(read.records, 'record')}{silent}"
    if found.metric:
        yield "Metric", printable(found.metric, 400)
    for era in found.eras:
        if text := era_text(era):
            yield "Settings", text
    if found.by_delivery:
        yield "Clock", "most agrees with the time of delivery (--clock delivery)"
    if found.delay:
        way = "later" if found.delay > 0 else "earlier"
        yield "Delay", f"most agrees with every record {minutes(abs(found.delay))} {way}"


def era_text(era: Era) -> str:
    """The settings of a time when they were not those of the detection; empty where they were."""
    if era.refused:
        said = f"those of the history cannot be used: {printable(era.refused, 300)}"
    elif era.alarm is None:
        said = "no such alarm"
    elif era.differences:
        listed = (
            f"{one.name} {printable(one.theirs)} (here {printable(one.ours)})" for one in era.differences
        )
        said = ", ".join(listed)
    else:
        return ""
    since = "" if era.start is None else f" from {time(era.start)}"
    until = "" if era.end is None else f" until {time(era.end)}"
    return f"the account had{since}{until}: {said}"


def grouped(found: Reconciliation) -> list[tuple[Cause, list[Entry]]]:
    """What does not agree, or only on other datapoints, by its cause; the most frequent first."""
    groups: dict[tuple[str, str], tuple[Cause, list[Entry]]] = {}
    for one in found.entries:
        if one.cause is not None:
            # Numbers and times differ from one to the next; what they are about does not.
            key = (one.cause.because, one.cause.sentence if one.cause.shown else "")
            groups.setdefault(key, (one.cause, []))[1].append(one)
    return sorted(groups.values(), key=lambda group: -len(group[1]))


def _cause(cause: Cause, entries: Sequence[Entry], page: Page) -> Iterator[str]:
    shown = ", shown by a replay" if cause.shown else ""
    yield from page.led(page.bold, f"{cause.because.capitalize()}: {len(entries):,}", shown)
    if cause.shown:
        yield from page.indented(printable(f"{cause.sentence}.", 600), 2)
    for one in entries[:SHOWN]:
        yield from page.hanging(line(one), 2)
        if one.cause is not None and not cause.shown:
            yield from page.indented(printable(f"{one.cause.sentence}.", 1_400), 6)
    if len(entries) > SHOWN:
        yield f"  … {len(entries) - SHOWN:,} more; --format json has them all"


def line(one: Entry) -> str:
    """When, what, and how both stand to each other."""
    return f"{time(one.at)}  {one.agreement}{by(one)}: {one.before} → {one.after}{state(one)}"


def by(one: Entry) -> str:
    """By how much the account's came later or earlier."""
    if not one.shift:
        return ""
    way = "later" if one.shift > timedelta() else "earlier"
    return f", {minutes(abs(one.shift.total_seconds()))} {way} there"


def state(one: Entry) -> str:
    """The other state that it came from here."""
    if one.agreement is not Agreement.DIFFERS or one.ours is None or one.ours.before is one.before:
        return ""
    return f" (here from {one.ours.before})"


def _minutes(found: Minutes, page: Page) -> Iterator[str]:
    yield from page.led(page.bold, "Datapoints a minute", f": {minutes_text(found)}")
    for one in found.examples[:SHOWN]:
        ours, theirs = ("none" if value is None else number(value) for value in (one.ours, one.theirs))
        yield f"  {time(one.at)}  here {ours}, there {theirs}"
    for doubt in found.doubts:
        yield from page.indented(printable(doubt, 600), 2)


def minutes_text(found: Minutes) -> str:
    """How many minutes are the same, and how the others differ."""
    return (
        f"{found.same:,} the same, {found.differ:,} with another sum, {found.only_here:,} only here, "
        f"{found.only_there:,} only there"
    )
