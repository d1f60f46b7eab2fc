"""What a pass read and what it did not: files, records, hours, clock, and every kind of thing left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.archive import Clock
from detector.quantities import count, minute, span
from detector.render.kit.page import Page, rows
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.reading import Reading

NAMED = 1_000
_DELIVERY = "CloudWatch itself uses the time at which CloudTrail delivered the event to CloudWatch Logs"


def reading(read: Reading, page: Page) -> Iterator[str]:
    """The lines about the inputs; the same for every detection of a pass."""
    yield page.bold("What was read") + page.dim(" (all times are UTC)")
    skipped = f"; {count(read.skipped, 'file')} of them cannot hold a match and were not decoded"
    unselected = f"; {count(read.unselected, 'record')} not selected"
    yield from page.labelled(
        "Read",
        f"{count(read.files, 'file')}, {count(read.records, 'record')}"
        + (skipped if read.skipped else "")
        + (unselected if read.unselected else ""),
    )
    logs = "none"
    if read.logs is not None:
        start, end = read.logs
        silent = f"; no log at all for {count(read.silent_hours, 'hour')} in between"
        logs = f"{minute(start)} to {minute(end)} ({span(end - start)}){silent if read.silent_hours else ', every hour'}"
    yield from page.labelled("Logs", logs)
    kinds = [f"{number:,} {printable(kind)}" for kind, number in read.left_out.items() if number]
    empty = len(read.problems) - len(read.unusable)
    kinds += [f"{empty:,} without records"] if empty else []
    yield from page.labelled("Left out", f"files: {', '.join(kinds)}" if kinds else "nothing")
    yield from page.labelled("Verified", _verified(read))
    yield from page.labelled("Clock", _clock(read))
    yield from _problems(read, page)


def _verified(read: Reading) -> str:
    if read.verified:
        return "yes, against CloudTrail's digest files"
    digests = read.left_out.get("digest", 0)
    there = (
        f"against {count(digests, 'digest file')}: detector verify archive" if digests else "no digest files"
    )
    return f"no ({there})"


def _clock(read: Reading) -> str:
    if read.plan.clock is Clock.DELIVERY:
        used = "the time of delivery: the log event's own timestamp, else the time in the S3 file name"
        if read.plan.delays:
            drawn = f"drawn where nothing tells it (--delay): {read.plan.delays}"
            return f"{used}, {drawn}. {_DELIVERY}, which an archive in S3 does not hold to the minute."
        return f"{used}. {_DELIVERY}, which an archive in S3 does not hold to the minute."
    shifted = f" plus {read.plan.delay} s (--delay)" if read.plan.delay else ""
    without = printable(read.plan.undelivered, 300)
    since = f", since {without} does not tell when it was delivered" if without else ""
    return f"eventTime{shifted}{since}. {_DELIVERY}, which is minutes later (--clock delivery, --delay)."


def _problems(read: Reading, page: Page) -> Iterator[str]:
    """The first ones by name; a file without records is not worth naming here."""
    named = read.unusable
    if not named:
        yield from rows("Problems", ["none"])
        return
    yield from rows("Problems", [page.bad(f"{len(named):,} could not be used:")])
    for problem in named[:NAMED]:
        yield f"  {printable(problem.path, 300)}"
        yield from page.indented(printable(problem.reason, 300), 6)
    if len(named) > NAMED:
        yield f"  and {len(named) - NAMED:,} more; --format json names them all"
