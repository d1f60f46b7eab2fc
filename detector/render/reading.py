"""What a pass read and what it did not: files, records, hours, clock, and every kind of thing left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.render.layout import LABEL, clean, count, indented, labelled, minute
from detector.render.layout import span as length

if TYPE_CHECKING:
    from detector.archive import Problem
    from detector.jobs.replay import Replay
    from detector.render.style import Style

NAMED = 1_000
_DELIVERY = "CloudWatch itself uses the time at which CloudTrail delivered the event to CloudWatch Logs"


def reading(replay: Replay, style: Style) -> Iterator[str]:
    """The lines about the inputs; the same for every detection of a pass."""
    yield style.bold("What was read") + style.dim(" (all times are UTC)")
    yield from labelled("Read", _read(replay))
    yield from labelled("Logs", _hours(replay))
    yield from labelled("Left out", _left_out(replay))
    yield from labelled("Clock", _clock(replay))
    yield from _problems(replay.problems, style)


def _read(replay: Replay) -> str:
    skipped = f"; {count(replay.skipped, 'file')} of them cannot hold a match and were not decoded"
    unselected = f"; {count(replay.unselected, 'record')} not selected"
    return (
        f"{count(replay.files, 'file')}, {count(replay.records, 'record')}"
        + (skipped if replay.skipped else "")
        + (unselected if replay.unselected else "")
    )


def _hours(replay: Replay) -> str:
    """From when to when there were logs, and for how many hours in between there was none."""
    if not replay.hours:
        return "none"
    first, last = min(replay.hours), max(replay.hours)
    start, end = (datetime.fromtimestamp(hour * 3600, UTC) for hour in (first, last + 1))
    gaps = last + 1 - first - len(replay.hours)
    silent = f"; no log at all for {count(gaps, 'hour')} in between" if gaps else ", every hour"
    return f"{minute(start)} to {minute(end)} ({length(end - start)}){silent}"


def _left_out(replay: Replay) -> str:
    kinds = [f"{number:,} {clean(kind)}" for kind, number in replay.left_out.items() if number]
    empty = sum(not problem.means_unread for problem in replay.problems)
    if empty:
        kinds.append(f"{empty:,} without records")
    return f"files: {', '.join(kinds)}" if kinds else "nothing"


def _clock(replay: Replay) -> str:
    if replay.clock == "delivery":
        used = "the time of delivery: the log event's own timestamp, else the time in the S3 file name"
        return f"{used}. {_DELIVERY}, which an archive in S3 does not hold to the minute."
    shifted = f" plus {replay.delay} s (--delay)" if replay.delay else ""
    return f"eventTime{shifted}. {_DELIVERY}, which is minutes later (--clock delivery, --delay)."


def _problems(problems: Sequence[Problem], style: Style) -> Iterator[str]:
    """The first ones by name; a file without records is no problem worth a name here."""
    named = [problem for problem in problems if problem.means_unread]
    if not named:
        yield f"{'Problems':<{LABEL}}none"
        return
    yield f"{'Problems':<{LABEL}}" + style.bad(f"{len(named):,} could not be used:")
    for problem in named[:NAMED]:
        yield f"  {clean(problem.path, 300)}"
        yield from indented(clean(problem.reason, 300), 6)
    if len(named) > NAMED:
        yield f"  and {len(named) - NAMED:,} more; --format json names them all"
