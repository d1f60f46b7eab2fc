"""Replays as one report that reads well in a terminal and in a mail.

In: replays of one pass. Out: a section a detection with the verdict first, then once what was read and what was
not, then a summary when there are several.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.archive.log_group import RECORD
from detector.jobs.replay import Verdict
from detector.quantities import count
from detector.render.kit.page import LABEL, Page, ending, joined, rows
from detector.render.kit.printable import printable
from detector.render.reading_text import reading
from detector.render.replay_alarms import alarms
from detector.render.replay_chart import metric

if TYPE_CHECKING:
    from detector.archive import LogGroup
    from detector.jobs.conditions import Conditions
    from detector.jobs.replay import Replay, Replays
    from detector.metrics.filter import MetricFilter

NO_FIELD, NEVER = "◄ no record has this field", "◄ never true"
_NUMBERS = 22


def report(replays: Replays, page: Page) -> str:
    """The whole report, ending with a line break."""
    lines = [line for replay in replays for line in (*section(replay, page), "")]
    if replays:
        lines += reading(replays.reading, page)
    if len(replays) > 1:
        lines += ["", *_summary(replays, page)]
    return joined(lines)


def section(replay: Replay, page: Page) -> Iterator[str]:
    """One detection: title, verdict, and what it rests on."""
    yield from page.heading(replay.detection.title, replay.detection.name)
    yield ""
    yield from _verdict(replay, page)
    for metric_filter, why in zip(replay.detection.filters, replay.why, strict=False):
        if len(replay.why) > 1:
            yield from ("", f"{printable(metric_filter.name)}:")
        yield from _why(why, page)
    yield ""
    yield from _settings(replay, page)
    yield from metric(replay, page)
    yield from alarms(replay, page)


def _verdict(replay: Replay, page: Page) -> Iterator[str]:
    matched, records = replay.matched, count(replay.records, "record")
    if replay.verdict is Verdict.NO_EVIDENCE:
        yield page.bad("NO EVIDENCE.")
        yield from page.indented(printable(f"There was {replay.reading.empty}.", 2000))
        return
    if replay.verdict is Verdict.NOTHING_MATCHED:
        read = f" None of {records} satisfies the pattern."
        if replay.is_left_out:
            read = " The field selection criteria leave out the log group, so none of its events count."
        yield page.bad("NOTHING MATCHED.") + read
        return
    alarmed = page.good("Never in ALARM.")
    if replay.verdict is Verdict.ALARM:
        episodes = count(len(replay.episodes), "episode")
        apart = f" in {episodes} (half an hour apart or more)" if len(replay.episodes) < replay.alarms else ""
        alarmed = page.bad(f"ALARM {count(replay.alarms, 'time')}{apart}.")
    pattern = "the pattern" if len(replay.detection.filters) == 1 else "a filter"
    yield f"{alarmed} {matched:,} of {records} {'matches' if matched == 1 else 'match'} {pattern}."
    if replay.repeats:
        kept = "counted, as CloudWatch does; --dedupe counts once"
        dealt_with = "left out of the metric by --dedupe" if replay.reading.plan.dedupe else kept
        were = "was a delivery" if replay.repeats == 1 else "were deliveries"
        yield from page.indented(
            f"{replay.repeats:,} of the matches {were} of an eventID that had matched before ({dealt_with})."
        )
    if replay.oversize:
        are = "is" if replay.oversize == 1 else "are"
        yield f"{replay.oversize:,} of the matches {are} over 256 KB and never reach CloudWatch Logs: left out."


def _why(why: Conditions, page: Page) -> Iterator[str]:
    """What kept every record from matching, then the conditions with their counts."""
    yield from page.indented(printable(why.because, 1000))
    conditions = why.on_selectors
    hints = {condition.selector: condition.nearest for condition in conditions if condition.nearest}
    for absent, nearest in hints.items():
        yield f"The records do have  {printable(nearest, 76)}"
        yield f"         but not     {printable(absent, 76)}"
    if not conditions:
        return
    room = page.width - _NUMBERS - len(NO_FIELD) - 4
    width = min(room, max(len("Condition"), *(len(one.condition) for one in conditions)))
    yield ""
    yield page.dim(f"  {'Condition':<{width}}{'have field':>12}{'satisfy':>10}")
    for one in conditions:
        wrapped = textwrap.wrap(printable(one.condition, 1024), width - 2) or [""]
        *upper, last = [line if i == 0 else f"  {line}" for i, line in enumerate(wrapped)]
        yield from (f"  {line}" for line in upper)
        mark = "" if one.satisfied else page.bad(NEVER if one.present else NO_FIELD)
        yield f"  {last:<{width}}{one.present:>12,}{one.satisfied:>10,}{f'  {mark}' if mark else ''}"


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


def _summary(replays: Replays, page: Page) -> Iterator[str]:
    yield page.bold("Summary")
    names = [ending(replay.detection.name, 60) for replay in replays]
    width = max(map(len, names))
    for name, replay in zip(names, replays, strict=True):
        silent = replay.verdict in {Verdict.NO_EVIDENCE, Verdict.NOTHING_MATCHED}
        verdict = page.bad(str(replay.verdict)) if silent else f"{replay.matched:,} matched"
        alarmed = f", ALARM {count(replay.alarms, 'time')}" if replay.alarms else ""
        yield f"{name:<{width}}  {verdict}{alarmed}"
