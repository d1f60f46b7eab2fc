"""The one walk over an archive: a plan in, the log events of its sources out.

Claim: here alone it is decided which time an event has, whether it is asked for, what is a problem, and how many
problems of a file are named. Whoever looks at events of an archive walks; the fast scan, which has its own way
through most files, is tested to come to the same events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.archive.ahead import ahead
from detector.archive.decode import events
from detector.archive.event import Event
from detector.archive.eventtime import LATEST, event_time
from detector.archive.gunzip import whole
from detector.archive.plan import Clock
from detector.archive.problem import Problem, ProblemKind
from detector.archive.selection import takes
from detector.jsontext import parse_json, raw_records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from detector.archive.delays import Delays
    from detector.archive.plan import Plan, Progress
    from detector.archive.source import Source
    from detector.pattern import Pattern

NAMED = 1_000
"""So many different problems of one file are named, the rest are counted in one more."""
_GET_FILES = "get the log files themselves (aws s3 sync)"


def walk(
    plan: Plan,
    sources: Iterable[Source] | None = None,
    progress: Progress | None = None,
    *,
    expects_json: bool = False,
    asked: Sequence[Pattern] = (),
) -> Iterator[Event | Problem]:
    """Every log event that the plan selects, and a `Problem` for all that cannot be used.

    Without ``sources`` those of the plan, and what was wrong with finding them. ``expects_json`` is for whoever
    has JSON patterns to ask: an event that is not a JSON object is named. ``asked`` are the patterns that the events
    will be asked: a field that one of them reads and the export has lost (`Event.lost`) is named. Such events are
    given all the same.
    `ArchiveError` for a path that does not exist.
    """
    if sources is None:
        located = plan.locate()
        yield from located.problems
        sources = located.files
    for source in ahead(sources):
        for item in source_events(plan, source, expects_json=expects_json, asked=asked):
            if isinstance(item, Problem) or item.selected:
                yield item
        if progress:
            progress(1, source.size)


def source_events(
    plan: Plan,
    source: Source,
    data: bytes | None = None,
    *,
    expects_json: bool = False,
    asked: Sequence[Pattern] = (),
    positions: Sequence[int] | None = None,
) -> Iterator[Event | Problem]:
    """All log events of one source that have a time, ``selected`` or not, and its problems, each reason once.

    ``data`` is its text, where `gunzip.whole` has given that before; ``positions`` says which records of the file it has where not
    all.
    """
    problems: dict[str, Problem] = {}
    more = 0
    for item in _items(plan, source, data, asked, positions, expects_json=expects_json):
        if not isinstance(item, Problem):
            yield item
        elif item.reason not in problems and len(problems) < NAMED:
            problems[item.reason] = item
            yield item
        else:
            more += item.reason not in problems
    if more:
        yield Problem(source.path, ProblemKind.MORE, f"{more:,} more problems in this file")


def events_at(plan: Plan, source: Source, positions: Collection[int]) -> Iterator[Event]:
    """The log events at some positions of a source, in order: what `source_events` gives there."""
    data = whole(source, plan.limit)
    # In a log file the others need not become objects.
    members = raw_records(data) if data and data.startswith(b'{"Records":[') else None
    if members is None:
        items = source_events(plan, source, data)
        yield from (item for item in items if isinstance(item, Event) and item.position in positions)
        return
    room = len(data or b"")
    for position, member in enumerate(members):
        record = parse_json(member) if position in positions else None
        if isinstance(record, dict):
            event = Event(record, position=position, room=room, source=source)
            event.time = clock_time(plan, event)
            yield event


def clock_time(plan: Plan, event: Event) -> int | None:
    """The time (seconds since 1970) that puts an event into a minute, or None when there is none."""
    stamp = None if event.timestamp is None else event.timestamp // 1000
    if plan.clock is Clock.DELIVERY:
        told = event.source.delivered if stamp is None else stamp
        return _drawn(plan.delays, event) if told is None and plan.delays else told
    time = stamp if event.record is None else event_time(event.record)
    return time + plan.delay if time is not None and 0 <= time + plan.delay < LATEST else None


def _drawn(delays: Delays, event: Event) -> int | None:
    time = None if event.record is None else event_time(event.record)
    delivered = None if time is None else delays.delivered(event.source, time)
    return delivered if delivered is not None and delivered < LATEST else None


def _items(
    plan: Plan,
    source: Source,
    data: bytes | None,
    asked: Sequence[Pattern],
    positions: Sequence[int] | None,
    *,
    expects_json: bool,
) -> Iterator[Event | Problem]:
    from detector.archive.columns import RECORD  # noqa: PLC0415 - the fast scan seldom asks

    needs_time = plan.timed or plan.selection.asks_time
    text = whole(source, plan.limit) if data is None else data
    objects = 0
    is_cloudtrail = False
    for item in _packed(source, plan.limit) if text is None else events(text, source):
        if isinstance(item, Problem):
            yield item
            continue
        if positions is not None:
            item.position = positions[item.position]
        if item.record is not None:
            objects += 1
            is_cloudtrail = is_cloudtrail or not RECORD.keys().isdisjoint(item.record)
        is_named = item.record is None and expects_json
        if is_named:
            yield Problem(source.path, ProblemKind.NOT_JSON, f"log event {item.position}: not a JSON object")
        item.time = clock_time(plan, item)
        if item.time is None and needs_time:
            if not is_named:
                yield Problem(source.path, ProblemKind.NO_TIME, _no_time(plan, item))
            continue
        if item.known:
            yield from _lost(plan, item, asked)
        item.selected = _is_selected(plan, item)
        yield item
    if objects and not is_cloudtrail and source.delivered is None:  # a name of CloudTrail's is believed
        yield _not_cloudtrail(source, objects)


def _not_cloudtrail(source: Source, objects: int) -> Problem:
    what = f"{objects:,} JSON objects, none of which is" if objects > 1 else "one JSON object, which is not"
    return Problem(
        source.path,
        ProblemKind.NOT_CLOUDTRAIL,
        f"holds {what} a CloudTrail record: no eventTime, no eventName, no other field of one",
    )


def _packed(source: Source, limit: int) -> Iterator[Event | Problem]:
    # zipfile, tarfile and what they import take time, which an archive as CloudTrail delivers it need not.
    from detector.archive.content import log_events  # noqa: PLC0415 - the reason above

    return log_events(source, limit)


def _lost(plan: Plan, event: Event, asked: Sequence[Pattern]) -> Iterator[Problem]:
    """What the columns of an export do not tell, although somebody asks for it."""
    for pattern in asked:
        if fields := event.lost(pattern):
            reason = f"this export does not have {', '.join(fields)}, which a pattern reads: its records do not count for that pattern; {_GET_FILES}"
            yield Problem(event.source.path, ProblemKind.LOST_FIELDS, reason)
    record = event.record or {}
    for wanted, field, told in (
        (plan.selection.accounts, "recipientAccountId", event.source.account),
        (plan.selection.regions, "awsRegion", event.source.region),
    ):
        if wanted and not told and field not in record:
            reason = (
                f"this export does not have {field}, by which its records would be selected; {_GET_FILES}"
            )
            yield Problem(event.source.path, ProblemKind.LOST_FIELDS, reason)


def _no_time(plan: Plan, event: Event) -> str:
    if plan.clock is Clock.DELIVERY and plan.delays is None:
        return "no delivery time: neither a log event timestamp nor the time in an S3 file name"
    return f"record {event.position}: no valid eventTime"


def _is_selected(plan: Plan, event: Event) -> bool:
    chosen, time = plan.selection, event.time
    if time is not None and chosen.asks_time:
        if chosen.start is not None and time < chosen.start:
            return False
        if chosen.end is not None and time >= chosen.end:
            return False
    return takes(chosen, event.source, event.record)
