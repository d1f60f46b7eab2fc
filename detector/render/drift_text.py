"""A `Drift` for people: whether there is any, each difference with both values, and what could not be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from detector.jobs.drift import Item, Joined, Setting, Standing, Weight
from detector.quantities import count
from detector.relation import Relation
from detector.render.comparison_text import SENTENCES, archive_lines, pattern_lines, witness
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.compare import FilterChange
    from detector.jobs.drift import Drift

NAMED = 5
"""Alarms that are named where one thing is to be said of many."""


def report(drift: Drift, page: Page) -> str:
    """The whole report, ending with a line break."""
    lines = [*_verdict(drift, page), ""]
    for label, name in (("OLD", drift.old), ("NEW", drift.new)):
        lines += page.labelled(label, printable(name, 1_000), 5, break_on_hyphens=False)
    for one in drift.joined:
        if one.standing is not Standing.EQUIVALENT:
            lines += ["", *_joined(one, page)]
    lines += _aside(drift, page)
    for label, lost in (("OLD", drift.lost_old), ("NEW", drift.lost_new)):
        if lost:
            lines += ["", page.bold(f"Not compared, of {label}: {len(lost):,}")]
            lines += [line for remark in lost for line in page.hanging(printable(str(remark), 400), 2)]
    return joined(lines)


def headline(drift: Drift) -> tuple[str, str]:
    """The verdict, and how many there are of each standing."""
    counts = ", ".join(f"{number:,} {standing}" for standing, number in drift.counts.items() if number)
    respelled = sum(one.respelled and one.standing is Standing.EQUIVALENT for one in drift.joined)
    spelled = f" ({respelled:,} of them in another spelling)" if respelled else ""
    if drift.empty:
        return "NOTHING COMPARED.", "There is no detection that could be compared."
    lost = len(drift.lost_old) + len(drift.lost_new)
    rest = f"; {count(lost, 'other')} could not be compared" if lost else ""
    return "DRIFT." if drift.drifted else "NO DRIFT.", f"{counts}{spelled}{rest}."


def _verdict(drift: Drift, page: Page) -> Iterator[str]:
    verdict, said = headline(drift)
    yield from page.led(page.bad if drift.drifted or drift.empty else page.good, verdict, f" {said}")


def where(item: Item) -> str:
    """Its region, and the file and line that it is in."""
    line = f":{item.line}" if item.line else ""
    place = [item.region] if item.region else []
    return ", ".join([*place, f"{item.path or item.address}{line}"])


def _joined(one: Joined, page: Page) -> Iterator[str]:
    item = one.item
    paint = page.good if one.standing is Standing.ADDED else page.bad
    label = f"{one.standing.upper()}"
    yield from page.led(
        paint, label, f" {item.what} {printable(item.name, 300)} [{printable(where(item), 400)}]"
    )
    if one.note:
        yield from page.indented(printable(f"{one.note}.", 1_000), 2)
    for setting in one.of(Weight.CHANGE):
        yield from page.labelled(f"  {printable(setting.name, 60)} ", change(setting), 24)
    for changed in one.filters:
        yield from _pattern(changed, page)
    if one.archive is not None:
        narrow = page._replace(width=page.width - 2)
        yield from (f"  {line}" for line in archive_lines(one.archive, narrow))


def change(setting: Setting) -> str:
    """Both values of a setting."""
    old, new = (printable(value, 400) or "(not set)" for value in (setting.old, setting.new))
    return f"{old} → {new}"


def pattern_verdict(changed: FilterChange) -> tuple[str, str]:
    """How the pattern of a filter has changed: a word and a sentence."""
    name = f" filter {printable(changed.name, 200)}:" if changed.name else ""
    if changed.verdict is None:
        return f"ONLY IN {'OLD' if changed.new is None else 'NEW'}.", f"{name} the other has no such filter."
    if changed.verdict.relation is None:
        return "NOT DECIDED.", f"{name} {printable(changed.verdict.why_not, 400)}."
    return f"{changed.verdict.relation.upper()}.", f"{name} {SENTENCES[changed.verdict.relation]}"


def _pattern(changed: FilterChange, page: Page) -> Iterator[str]:
    word, sentence = pattern_verdict(changed)
    yield from page.led(page.bold, word, sentence, 2)
    narrow = page._replace(width=page.width - 4)
    for label, pattern in (("OLD", changed.old), ("NEW", changed.new)):
        if pattern is not None:
            lines = pattern_lines(pattern, narrow)
            yield from (f"    {label if at == 0 else '':<5}{line}" for at, line in enumerate(lines))
    if changed.verdict is not None and changed.verdict.relation is not Relation.EQUIVALENT:
        for label, name in (("only OLD", "old_only"), ("only NEW", "new_only")):
            yield f"    {label}  {witness(changed.verdict.witnesses, name)}"


def _aside(drift: Drift, page: Page) -> Iterator[str]:
    for weight, title in (
        (Weight.UNKNOWN, "Not compared, since one side does not say it:"),
        (Weight.WORDS, "Different in words only:"),
    ):
        told = list(grouped(drift.joined, weight))
        if told:
            yield from ("", page.bold(title))
        for name, names in told:
            yield from page.hanging(f"{printable(name, 60)} of {printable(names, 400)}", 2)


def grouped(listed: Iterable[Joined], weight: Weight) -> Iterator[tuple[str, str]]:
    """Each setting of a weight, and the first of those that it is said of."""
    pairs = sorted((setting.name, one.item.name) for one in listed for setting in one.of(weight))
    for name, group in groupby(pairs, key=lambda pair: pair[0]):
        counts = Counter(item for _, item in group)
        names = [f"{item} ({times:,} times)" if times > 1 else item for item, times in counts.items()]
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        yield name, ", ".join(names[:NAMED]) + more
