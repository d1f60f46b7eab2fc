"""A verification as a report: how far the package and the service agree, and every difference with its pattern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.jobs.verify import Answer, Verification
from detector.quantities import count
from detector.render.kit.page import Page, middle

LONGEST = 400
"""Characters of a message that are shown; JSON has all of them."""


def verify_text(result: Verification, region: str, page: Page) -> str:
    """The report, for a page."""
    return "\n".join([*_lines(result, region, page), ""])


def _lines(result: Verification, region: str, page: Page) -> Iterator[str]:
    where = f" in {region}" if region else ""
    of = f", of {count(result.records, 'record')}" if result.records is not None else ""
    asked = f"TestMetricFilter{where}: {count(len(result.answers), 'answer')} in {count(result.calls, 'call')}{of}"
    yield from page.hanging(asked)
    if result.unasked:
        yield from page.hanging(
            f"{count(result.unasked, 'case')} not asked: the message is empty, or longer than CloudTrail sends"
        )
    agreed = len(result.answers) - len(result.differences)
    verdict = f"{agreed:,} of {len(result.answers):,} agree"
    yield page.good(verdict) if result.holds else page.bad(verdict)
    yield from _listed("The service says something else than the detector", result.differences, page)
    yield from _listed("The service says something else than the table", result.changed, page)


def _listed(title: str, answers: Sequence[Answer], page: Page) -> Iterator[str]:
    if not answers:
        return
    yield ""
    yield from page.hanging(f"{title} ({len(answers):,}):")
    for one in answers:
        yield ""
        recorded = f", the table: {one.case.expect}" if one.case.expect else ""
        yield from page.hanging(middle(one.case.name, LONGEST), 2)
        yield from page.hanging(f"service: {one.theirs}, detector: {one.ours}{recorded}", 4)
        if one.reason:
            yield from page.hanging(f"reason: {middle(one.reason, LONGEST)}", 4)
        yield from page.hanging(f"pattern: {middle(one.case.pattern, 1024)}", 4)
        yield from page.hanging(f"message: {middle(one.case.message, LONGEST)}", 4)
