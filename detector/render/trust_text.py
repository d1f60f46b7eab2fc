"""Whether an archive is what CloudTrail delivered, as a report: the verdict, what differs, and what is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from detector.jobs.trust.result import Chain, Trust, Uncovered
from detector.quantities import count, minute
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

NAMED = 200
"""Findings that are named; JSON has all of them."""


def trust_text(found: Trust, page: Page) -> str:
    """The report, for a page."""
    return joined(_lines(found, page))


def _lines(found: Trust, page: Page) -> Iterator[str]:
    yield from page.hanging(
        f"{found.verified:,} of {count(found.digests, 'digest file')} verified by their signatures; {found.verified_logs:,} of "
        f"{count(found.logs, 'log file')} are as these say"
    )
    yield page.good("the archive is as it was delivered") if found.holds else page.bad(_verdict(found))
    for one in found.findings[:NAMED]:
        yield from page.hanging(f"{one.kind}: {printable(one.path, 600)}")
        yield from page.hanging(printable(one.reason, 400), 4)
    if len(found.findings) > NAMED:
        yield f"and {len(found.findings) - NAMED:,} more (--format json has all of them)"
    yield ""
    for chain in found.chains:
        yield from page.hanging(_chain(chain))
    for left in found.uncovered:
        yield from page.hanging(_uncovered(left))
    for path, kind in found.given:
        yield from page.hanging(f"{printable(path, 600)}: not a log file, it holds {kind}")


def _verdict(found: Trust) -> str:
    if not found.is_verifiable:
        return "nothing could be verified"
    if found.findings:
        return f"the archive is not as it was delivered: {count(len(found.findings), 'finding')}"
    return "what is in the digests is as it was delivered, and some log files are in none"


def _chain(one: Chain) -> str:
    told = f"{_place(one.account, one.region)}: {one.verified:,} of {count(one.digests, 'digest')} verified, {_span(one.start, one.end)}"
    if one.unverified:
        names = ", ".join(printable(name, 300) for name in one.unverified[:3])
        more = f" and {len(one.unverified) - 3:,} more" if len(one.unverified) > 3 else ""  # noqa: PLR2004 - as many as are named
        told += f"; not verified, since their signature stands in no digest (--signatures): {names}{more}"
    if one.continues:
        told += "; the first continues an earlier one, which is not looked at"
    return told


def _uncovered(one: Uncovered) -> str:
    spans = "" if one.first is None or one.last is None else f", {_span(one.first, one.last)}"
    late = "; their digest may be yet to come" if one.is_late else ""
    return f"{_place(one.account, one.region)}: {count(one.files, 'log file')} in no digest{spans}{late}"


def _place(account: str, region: str) -> str:
    return printable(f"{account or 'no account'} {region or 'no region'}", 200)


def _span(start: int, end: int) -> str:
    return f"{minute(datetime.fromtimestamp(start, UTC))} to {minute(datetime.fromtimestamp(end, UTC))} UTC"
