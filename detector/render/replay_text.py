"""Replays as one report that reads well in a terminal and in a mail.

In: replays of one pass. Out: a section a detection with the verdict and the worst episodes first, then once what was
read and what was not. Several detections have a summary; of many, it comes first, and those in ALARM after it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from detector.archive.log_group import RECORD
from detector.jobs.replayed import Verdict
from detector.quantities import count, minute, percent, span
from detector.render.deliveries import mute_rules, pages
from detector.render.kit.page import LABEL, Page, ending, joined, middle, rows
from detector.render.kit.printable import printable
from detector.render.reading_text import reading
from detector.render.replay_alarms import MOST, WORST, episodes, transitions
from detector.render.replay_chart import metric

if TYPE_CHECKING:
    from detector.archive import LogGroup
    from detector.jobs.composites import CompositeReplay
    from detector.jobs.conditions import Conditions
    from detector.jobs.reading import Reading
    from detector.jobs.replay import Replay, Replays
    from detector.metrics.filter import MetricFilter

NO_FIELD, NEVER = "◄ no record has this field", "◄ never true"
_NUMBERS = 22
SILENT = {Verdict.NO_EVIDENCE, Verdict.NOTHING_MATCHED}
NARROW = 30
"""Columns that a condition needs to be read."""
FOR_DATES = 80
"""Columns that a summary with dates takes."""
MANY = 3
"""Of more detections than this, the summary comes first, and only those in ALARM have a section."""


class Detail(Enum):
    """How much a report says."""

    BRIEF = "the summary"
    USUAL = "the worst"
    FULL = "everything"


def report(replays: Replays, page: Page, detail: Detail = Detail.USUAL) -> str:
    """The whole report, ending with a line break."""
    full, many = detail is Detail.FULL, len(replays) + len(replays.composites) > MANY
    first = many or detail is Detail.BRIEF
    several = len(replays) + len(replays.composites) > 1
    summary = [*_summary(replays, page), ""] if first or several else []
    lines = summary if first else []
    for composite in replays.composites if detail is not Detail.BRIEF else ():
        from detector.render.composite_text import section  # noqa: PLC0415 - few replays have one

        worst = len(composite.episodes) if full else WORST
        lines += [*section(composite, page, worst, full=full), ""]
    for replay in replays if detail is not Detail.BRIEF else ():
        if full or replay.episodes or not many:
            worst = len(replay.episodes) if full else 1 if many else WORST
            lines += [*_section(replay, page, worst, full=full), ""]
    lines += [*mute_rules(replays, page), *reading(replays.reading, page)]
    return joined(lines if first or not summary else [*lines, "", *summary[:-1]])


def _section(replay: Replay, page: Page, worst: int, *, full: bool) -> Iterator[str]:
    """One detection: title, verdict, the episodes, and what they rest on."""
    yield from page.heading(replay.detection.title, replay.detection.name)
    yield ""
    yield from _verdict(replay, page)
    for metric_filter, why in zip(replay.detection.filters, replay.why, strict=False):
        if len(replay.why) > 1:
            yield from ("", f"{printable(metric_filter.name)}:")
        yield from _why(why, page)
    yield from episodes(replay, page, worst)
    yield ""
    yield from _settings(replay, page)
    yield from metric(replay, page)
    yield from pages(replay.deliveries, page, full=full)
    yield ""
    yield from transitions(replay, page, full=full)


def _verdict(replay: Replay, page: Page) -> Iterator[str]:
    matched, records = replay.matched, count(replay.records, "record")
    if replay.verdict is Verdict.NO_EVIDENCE:
        yield from _no_evidence(replay.reading, page)
        return
    if replay.verdict is Verdict.NOTHING_MATCHED:
        read = f" None of {records} satisfies the pattern."
        if replay.is_left_out:
            read = " The field selection criteria leave out the log group, so none of its events count."
        yield from page.led(page.bad, "NOTHING MATCHED.", read)
        yield from _stuck(replay, page)
        return
    paint, alarmed = page.good, "Never in ALARM."
    if replay.verdict is Verdict.ALARM:
        found = count(len(replay.episodes), "episode")
        apart = f" in {found} (half an hour apart or more)" if len(replay.episodes) < replay.alarms else ""
        paint, alarmed = page.bad, f"ALARM {count(replay.alarms, 'time')}{apart}."
    pattern = "the pattern" if len(replay.detection.filters) == 1 else "a filter"
    match = "matches" if matched == 1 else "match"
    yield from page.led(paint, alarmed, f" {matched:,} of {records} {match} {pattern}.")
    yield from _stuck(replay, page)
    if replay.repeats:
        kept = "counted, as CloudWatch does; --dedupe counts once"
        dealt_with = "left out of the metric by --dedupe" if replay.reading.plan.dedupe else kept
        were = "was a delivery" if replay.repeats == 1 else "were deliveries"
        yield from page.indented(
            f"{replay.repeats:,} of the matches {were} of an eventID that had matched before ({dealt_with})."
        )
    if replay.oversize:
        are = "is" if replay.oversize == 1 else "are"
        yield from page.indented(
            f"{replay.oversize:,} of the matches {are} over 256 KB and never reach CloudWatch Logs: left out."
        )


def _stuck(replay: Replay, page: Page) -> Iterator[str]:
    if not (stuck := replay.stuck):
        return
    share = f"Stuck: in ALARM for {percent(replay.share_in_alarm)} of the time ({span(replay.in_alarm)})."
    who = ""
    if stuck.caller is not None and stuck.caller_share is not None:
        who = f" {printable(stuck.caller, 256)} makes {percent(stuck.caller_share)} of the matches."
    yield from map(page.bad, page.indented(f"{share}{who} {stuck.advice[0].upper()}{stuck.advice[1:]}."))


def _why(why: Conditions, page: Page) -> Iterator[str]:
    """What kept every record from matching, then the conditions with their counts."""
    yield from page.indented(printable(why.because, 1000))
    conditions = why.on_selectors
    hints = {condition.selector: condition.nearest for condition in conditions if condition.nearest}
    for absent, nearest in hints.items():
        yield f"The records do have  {printable(nearest, max(76, page.width - 21))}"
        yield f"         but not     {printable(absent, max(76, page.width - 21))}"
    if not conditions:
        return
    # The mark stands beside the numbers, or below them on a page that is too narrow.
    beside = page.width - _NUMBERS - len(NO_FIELD) - 4
    room = beside if beside >= NARROW else page.width - _NUMBERS - 2
    width = min(room, max(len("Condition"), *(len(one.condition) for one in conditions)))
    yield ""
    yield page.dim(f"  {'Condition':<{width}}{'have field':>12}{'satisfy':>10}")
    for one in conditions:
        *upper, last = textwrap.wrap(printable(one.condition, 1024), width, subsequent_indent="  ") or [""]
        yield from (f"  {line}" for line in upper)
        mark = "" if one.satisfied else page.bad(NEVER if one.present else NO_FIELD)
        figures = f"  {last:<{width}}{one.present:>12,}{one.satisfied:>10,}"
        yield f"{figures}  {mark}" if mark and room == beside else figures
        if mark and room != beside:
            yield f"    {mark}"


def _settings(replay: Replay, page: Page) -> Iterator[str]:
    """What was asked: the patterns as they were written, and the alarm in words."""
    filters = replay.detection.filters
    for metric_filter, matches, group in zip(
        filters, replay.matches_by_filter, replay.log_groups, strict=True
    ):
        wrapped = []
        if len(filters) > 1:
            wrapped = [f"{printable(metric_filter.name)}: {count(matches, 'match', 'matches')}"]
        for line in textwrap.dedent(metric_filter.pattern.source).strip().splitlines():
            # What does not fit on a line of the page is indented under its beginning.
            indent = " " * (len(line) - len(line.lstrip()) + 2)
            wrapped += textwrap.wrap(printable(line, 1024), page.width - LABEL, subsequent_indent=indent)
        yield from rows("Pattern", wrapped)
        if group is not None:
            yield from page.labelled("Log group", _log_group(metric_filter, group))
    alarm = replay.detection.alarm
    named = f"{printable(alarm.name)}: {alarm}; windows: {printable(replay.window)}"
    yield from page.labelled("Alarm", named)
    if replay.warm_until:
        warm = f"until {minute(replay.warm_until)}: the alarm is created and not evaluated yet"
        yield from page.labelled("Warm-up", warm)


def _log_group(metric_filter: MetricFilter, group: LogGroup) -> str:
    """What the filter takes its log group for, and which events count because of that."""
    known = []
    for field in metric_filter.system_fields:
        value = field.of(group)
        known.append(f"{field} {'is taken from each record' if value == RECORD else printable(value)}")
    counted = {True: "its events count", False: "NONE of its events count", None: "each record is asked"}
    chosen = ""
    if metric_filter.field_selection_criteria:
        chosen = f"; {printable(metric_filter.field_selection_criteria, 1000)}: {counted[metric_filter.selects(group)]}"
    return ", ".join(known) + chosen


def _no_evidence(read: Reading, page: Page) -> Iterator[str]:
    yield page.bad("NO EVIDENCE.")
    yield from page.indented(printable(f"There was {read.empty}.", 2000))


def _summary(replays: Replays, page: Page) -> Iterator[str]:
    """A line for each alarm: how often in ALARM, when first and last, how many matches, and who made most."""
    kinds = (("composite", replays.composites), ("detection", replays.detections))
    alarmed = [
        f"{sum(bool(one.episodes) for one in ones):,} of {count(len(ones), kind)}"
        for kind, ones in kinds
        if ones
    ]
    yield page.bold("Summary") + f": {' and '.join(alarmed)} in ALARM"
    if replays.reading.empty is not None:
        yield from _no_evidence(replays.reading, page)
    # A narrow page has dates without their times, and the narrowest none; the name of a detection comes first.
    wide = page.width >= Page().width
    shown = 16 if wide else 10 if page.width >= FOR_DATES else 0
    whens = ("first", "last") if shown else ()
    listed = (*replays.composites, *replays)
    told = [_summarised(replay, shown, share=wide) for replay in listed]
    of_time = f"{'of time':>9}" if wide else ""
    head = "".join([f"{'ALARM':>7}{of_time}{'matches':>9}  ", *(f"{when:<{shown}}  " for when in whens)])
    room = page.width - len(head) - 2
    names = _told_apart([replay.name for replay in listed], room - len(MOST) - 1)
    width = max(map(len, [*names, "Detection"]))
    yield page.dim(f"  {'Detection':<{width}}{head}{MOST}")
    for name, replay, figures in zip(names, listed, told, strict=True):
        who = ending(replay.callers.first, room - width)
        said = page.bad(str(replay.verdict)) if replay.verdict in SILENT else who
        yield f"  {name:<{width}}{page.bad(figures) if replay.episodes else figures}{said}"


def _told_apart(names: Sequence[str], limit: int) -> list[str]:
    """The names, without the configuration where all are from the same one (``alarms.yaml#RootAlarm``)."""
    cut = [name.partition("#") for name in names]
    if len(cut) > 1 and len({source for source, _, _ in cut}) == 1 and all(inside for *_, inside in cut):
        return [middle(inside, limit) for *_, inside in cut]
    return [ending(name, limit) for name in names]


def _summarised(replay: Replay | CompositeReplay, shown: int, *, share: bool) -> str:
    """How often and for how much of the time in ALARM, the matches, and the first and the last alarm."""
    times = [time for episode in replay.episodes for time in episode.times]
    alarms, of_time = (f"{len(times):,}", percent(replay.share_in_alarm)) if times else ("-", "-")
    ends = [minute(times[at].start)[:shown] if times else "" for at in ((0, -1) if shown else ())]
    of_time = f"{of_time:>9}" if share else ""
    return f"{alarms:>7}{of_time}{replay.matched:>9,}  " + "".join(f"{end:<{shown}}  " for end in ends)
