"""What a pass read and what it did not, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.quantities import count, minute, span
from detector.render.kit.markdown import code, heading, listed

if TYPE_CHECKING:
    from detector.archive import Problem
    from detector.jobs.reading import Reading

NAMED = 10


def reading(read: Reading) -> Iterator[str]:
    """The inputs of a pass, and what could not be used of them."""
    yield from heading(3, "What was read (all times are UTC)")
    yield from listed(_facts(read))
    yield from problems(read.unusable)


def _facts(read: Reading) -> Iterator[tuple[str, str]]:
    unselected = f", {count(read.unselected, 'record')} not selected" if read.unselected else ""
    yield "read", f"{count(read.files, 'file')}, {count(read.records, 'record')}{unselected}"
    if read.logs is not None:
        start, end = read.logs
        silent = (
            f", no log at all for {count(read.silent_hours, 'hour')} in between" if read.silent_hours else ""
        )
        yield "logs", f"{minute(start)} to {minute(end)} ({span(end - start)}){silent}"
    kinds = [f"{number:,} {code(kind)}" for kind, number in read.left_out.items() if number]
    if kinds:
        yield "left out", f"files: {', '.join(kinds)}"
    yield "verified", "yes" if read.verified else "no (`detector verify archive`)"
    without = read.plan.undelivered
    since = f", since {code(without)} does not tell when it was delivered" if without else ""
    drawn = f", drawn where nothing tells it: {read.plan.delays}" if read.plan.delays else ""
    yield "clock", f"{read.plan.clock}{f' plus {read.plan.delay} s' if read.plan.delay else ''}{drawn}{since}"


def problems(unusable: tuple[Problem, ...]) -> Iterator[str]:
    """The first of what could not be used, and how many there are."""
    if not unusable:
        return
    yield f"- **{len(unusable):,} could not be used**"
    yield from (f"  - {code(problem.path)}: {code(problem.reason)}" for problem in unusable[:NAMED])
    if len(unusable) > NAMED:
        yield f"  - and {len(unusable) - NAMED:,} more"
