"""A store of partial results as a report: what it holds, what of it cannot be used, what was removed."""

from __future__ import annotations

from collections.abc import Iterator

from detector.jobs.stored import Holding, Stored
from detector.quantities import count
from detector.render.kit.page import Page, joined, middle
from detector.render.kit.printable import printable

USUAL = {
    "clock": "event",
    "delay": 0,
    "delays": "null",
    "dedupe": False,
    "limit": 2 << 30,
    "timed": True,
    "json": True,
}
"""Settings that go without saying."""
PATTERN = 1024


def stored_text(found: Stored, page: Page) -> str:
    """The report, for a page."""
    return joined(_lines(found, page))


def _lines(found: Stored, page: Page) -> Iterator[str]:
    yield from page.hanging(
        f"{printable(found.folder, 400)}: {count(found.files, 'file')} in {count(found.segments, 'segment')}, {_bytes(found.size)}"
    )
    if pruned := found.pruned:
        yield from page.hanging(
            f"removed: {count(pruned.segments, 'segment')} that could not be used, and what was known of "
            f"{count(pruned.files, 'file')} that changed or went away; {_bytes(pruned.before)} before"
        )
    for one in found.holdings:
        yield ""
        yield from page.hanging(middle(str(one.filter.get("pattern")), PATTERN))
        yield from page.hanging(", ".join(_said(one)), 2)
    if found.versions or found.spoilt or found.unfinished:
        yield ""
    if found.versions:
        versions = ", ".join(printable(one, 40) for one in found.versions)
        yield from page.hanging(f"not used: what version {versions} has kept (--prune removes it)")
    if found.unfinished:
        yield from page.hanging(
            f"begun by runs that go on or were killed: {count(found.unfinished, 'segment')} (--prune removes what is left)"
        )
    for name, reason in found.spoilt:
        yield page.bad("spoilt: ") + f"{printable(name, 64)}: {printable(reason, 200)} (--prune removes it)"
    if found.verified:
        yield ""
        verdict = (
            f"{count(len(found.spoilt), 'segment')} spoilt"
            if found.spoilt
            else "every table is as it was written"
        )
        yield page.bad(verdict) if found.spoilt else page.good(verdict)


def _said(one: Holding) -> Iterator[str]:
    yield count(one.files, "file")
    yield count(one.matches, "match", "matches")
    for name, value in {**one.filter, **one.settings}.items():
        is_usual = name in USUAL and USUAL[name] == value
        if name in {"pattern", "kind"} or is_usual or value in ("1", [], False, None):
            continue
        told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield printable(name if value is True else f"{name} {told}", 200)


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
