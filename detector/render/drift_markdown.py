"""A `Drift` as Markdown for a pull request: whether there is any, and each difference with both values."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.jobs.drift import Joined, Standing, Weight
from detector.render.comparison_markdown import archive_lines
from detector.render.comparison_text import witness
from detector.render.drift_text import grouped, headline, pattern_verdict, where
from detector.render.kit.markdown import code, document, fenced, heading, plain, table

if TYPE_CHECKING:
    from detector.jobs.compare import FilterChange
    from detector.jobs.drift import Drift


def report(drift: Drift) -> str:
    """The whole report."""
    return document(_lines(drift))


def _lines(drift: Drift) -> Iterator[str]:
    verdict, said = headline(drift)
    yield from (f"**{verdict}** {said}", "")
    yield from table(("", "source"), [("OLD", code(drift.old, 400)), ("NEW", code(drift.new, 400))])
    shown = [one for one in drift.joined if one.standing is not Standing.EQUIVALENT]
    if shown:
        rows = [
            (str(one.standing), str(one.item.what), code(one.item.name), code(where(one.item)))
            for one in shown
        ]
        yield from ("", *table(("", "what", "name", "where"), rows))
    for one in shown:
        yield from ("", *_joined(one))
    for weight, title in (
        (Weight.UNKNOWN, "Not said by one side"),
        (Weight.WORDS, "Different in words only"),
    ):
        if told := list(grouped(drift.joined, weight)):
            yield from ("", *heading(3, title))
            yield from (f"- {code(name)} of {code(names, 400)}" for name, names in told)
    for label, lost in (("OLD", drift.lost_old), ("NEW", drift.lost_new)):
        if lost:
            yield from ("", *heading(3, f"Not compared, of {label}"))
            yield from (f"- {code(str(remark), 400)}" for remark in lost)


def _joined(one: Joined) -> Iterator[str]:
    changes = one.of(Weight.CHANGE)
    if not (changes or one.filters or one.note or one.archive):
        return
    yield from heading(3, code(one.item.name), str(one.standing))
    if one.note:
        yield from (plain(f"{one.note}.", 1_000), "")
    if changes:
        rows = [(code(each.name), code(each.old, 400), code(each.new, 400)) for each in changes]
        yield from table(("setting", "OLD", "NEW"), rows)
    for changed in one.filters:
        yield from ("", *_pattern(changed))
    if one.archive is not None:
        yield from ("", *archive_lines(one.archive))


def _pattern(changed: FilterChange) -> Iterator[str]:
    word, sentence = pattern_verdict(changed)
    yield f"**{word}** {plain(sentence.strip(), 1_000)}"
    for label, pattern in (("OLD", changed.old), ("NEW", changed.new)):
        if pattern is not None:
            yield from ("", label, "", *fenced(textwrap.dedent(pattern.source).strip() or "(every event)"))
    if changed.verdict is not None:
        events = [
            (label, code(witness(changed.verdict.witnesses, name), 2_000))
            for label, name in (("only OLD", "old_only"), ("only NEW", "new_only"))
        ]
        yield from ("", *table(("matched by", "smallest event"), events))
