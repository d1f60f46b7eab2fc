"""Explanations in, text for a terminal out.

A pattern alone is said in plain English. For one event the verdict comes first, then the smallest set of conditions
that decided it, then the whole tree; for several, which condition most often stood in the way, then all with counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from detector.pattern import Pattern, PatternKind
from detector.pattern.evaluate import MISSING
from detector.pattern.explanation import outline
from detector.pattern.syntax import Node, Rule, conditions, parts, rule
from detector.quantities import count
from detector.render.explanation_notes import LONGEST, ignored, notes, reasons
from detector.render.explanation_words import found, meaning, path, shown, subject
from detector.render.kit.page import Page, joined
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    from detector.jobs.conditions import ConditionCount, Conditions
    from detector.jobs.explain import Explained, Explanations, Nearest
    from detector.pattern.explanation import Explanation, Verdict
    from detector.relation.nearest import FieldChange

INDENT = 2
BESIDE = 58
"""Columns for conditions where what was found stands beside them; longer ones have it below."""
DECIDES = "◄ decides"
NUMBERS = 22
MANY = 4
"""Conditions on one field that are shown as one line."""
LEAST = 10
"""Columns in which values of such conditions are worth showing."""
WITH_KINDS = 3
"""Kinds of values that are named for a condition."""


def explanation_text(result: Explanations, page: Page) -> str:
    """Every filter that was asked about, under its name where there are several."""
    lines: list[str] = []
    for one in result.filters:
        if len(result.filters) > 1:
            lines += [*([""] if lines else []), page.bold(f"filter {printable(one.filter, 400)}")]
        lines += _filter(one, page)
    return joined(lines)


def _filter(one: Explained, page: Page) -> Iterator[str]:
    if one.counted is not None:
        yield from _obstacles(one.counted, page)
    elif one.event is not None:
        yield page.good("MATCH") if one.event.matches else page.bad("NO MATCH")
        yield from because(one.event, page)
        drawn = list(tree(one.event, page))
        yield from (["", *drawn] if drawn else [])
        yield from () if one.nearest is None else _nearest(one.nearest, page, matches=one.event.matches)
        yield from _notes(ignored(one.pattern), page)
    else:
        yield from _sentences(one.pattern, page)
        yield from _notes(notes(one.pattern), page)
        yield from _notes(ignored(one.pattern), page)


def _nearest(nearest: Nearest, page: Page, *, matches: bool) -> Iterator[str]:
    """What would turn the verdict: fields of the event, conditions of the pattern."""
    would = "would not match" if matches else "would match"
    if nearest.event is not None:
        yield from ("", page.bold(f"Nearest event that {would}"))
        for one in nearest.event.fields:
            yield from page.indented(_field(one), 2)
    if nearest.pattern is not None:
        yield from ("", page.bold(f"Nearest pattern that {would}"))
        for change in nearest.pattern.conditions:
            before = printable(str(change.before), LONGEST)
            after = "" if change.after is None else f" becomes {printable(str(change.after), LONGEST)}"
            yield from page.indented(f"{before}{after or ' is left out'}", 2)


def _field(one: FieldChange) -> str:
    name = printable(path(one.field), 400)
    if one.after is MISSING:
        return f"{name} {shown(one.before)} is removed"
    if one.before is MISSING:
        return f"{name} {shown(one.after)} is added"
    return f"{name} {shown(one.before)} becomes {shown(one.after)}"


def _notes(listed: Sequence[str], page: Page) -> list[str]:
    lines = [line for note in listed for line in page.indented(f"Note: {note}")]
    return ["", *lines] if lines else []


def because(explained: Explanation, page: Page) -> Iterator[str]:
    """The conditions that decided, each sentence wrapped."""
    for sentence in reasons(explained):
        yield from page.indented(sentence)


def tree(explained: Explanation, page: Page) -> Iterator[str]:
    """The tree of the pattern with a mark and what was found at each condition; nothing where none is asked."""
    if explained.tree is None or not conditions(explained.tree.clause):
        return
    rows = list(_rows([explained.tree], 0))
    fitting = (
        len(label) for label, alike in rows if alike[0].found and len(alike) == 1 and len(label) <= BESIDE
    )
    width = max(fitting, default=0)
    for label, alike in rows:
        yield from _row(label, alike, width, page)


def _rows(nodes: Sequence[Verdict], depth: int) -> Iterator[tuple[str, list[Verdict]]]:
    """Each node with its label; conditions on one field that found the same and say the same are one row if they are many."""
    for _, some in groupby(nodes, key=_alike):
        alike = list(some)
        for nodes_of_row in [alike] if alike[0].found and len(alike) >= MANY else [[one] for one in alike]:
            first = nodes_of_row[0]
            mark = "✓" if first.holds else "✗"
            said = meaning(first.clause) if first.found is None else printable(str(first.clause), LONGEST)
            yield f"{' ' * depth * INDENT}{mark} {said}", nodes_of_row
            yield from _rows(first.terms, depth + 1)


def _alike(node: Verdict) -> object:
    return id(node) if node.found is None else (subject(node.clause), node.holds, node.decisive, found(node))


def _row(label: str, alike: Sequence[Verdict], width: int, page: Page) -> Iterator[str]:
    node = alike[0]

    def painted(line: str) -> str:
        # Only the mark has a colour, so that the text reads the same.
        at = len(line) - len(line.lstrip())
        return f"{line[:at]}{(page.good if node.holds else page.bad)(line[at])}{line[at + 1 :]}"

    if node.found is None:
        yield painted(label)
        return
    if len(alike) > 1:
        yield painted(_many(label, alike, page))
        return
    seen = found(node) + (f"  {page.bold(DECIDES)}" if node.decisive else "")
    beside = width + 2 + len(found(node)) + (len(DECIDES) + 2 if node.decisive else 0)
    if len(label) <= width and beside <= page.width:
        yield f"{painted(f'{label:<{width}}')}  {seen}"
        return
    depth = len(label) - len(label.lstrip())
    first, *more = page.indented(label.strip(), depth + 2 * INDENT) if len(label) > page.width else [label]
    yield from map(painted, [f"{' ' * depth}{first.strip()}", *more])
    yield f"{' ' * (depth + 2 * INDENT)}{seen}"


def _many(label: str, alike: Sequence[Verdict], page: Page) -> str:
    """Many conditions on one field as one line: how many, what was found, and as many of their values as fit."""
    node = alike[0]
    about = f"{'all' if node.holds else 'none'} of {len(alike)} conditions on {subject(node.clause)} hold"
    line = f"{label[: len(label) - len(label.lstrip()) + 2]}{about}{'' if node.holds else 's'}: {found(node)}"
    line += f"  {DECIDES}" if node.decisive else ""
    values = ", ".join(_value(one) for one in alike)
    left = page.width - len(line) - 4
    return (
        f"{line}  ({values if len(values) <= left else values[: left - 1] + '…'})" if left > LEAST else line
    )


def _value(node: Verdict) -> str:
    whole, name = printable(str(node.clause), LONGEST), str(getattr(node.clause, "selector", ""))
    return whole.removeprefix(name).strip().removeprefix("= ")


def _sentences(pattern: Pattern, page: Page) -> Iterator[str]:
    whole = outline(pattern)
    whole = parts(whole)[0] if len(parts(whole)) == 1 else whole
    event = "A JSON log event" if pattern.kind is PatternKind.JSON else "A log event"
    if rule(whole) is Rule.CONDITION:
        yield from page.indented(f"{event} matches when {meaning(whole)}.")
    elif not parts(whole):
        yield "Every log event matches."
    else:
        yield f"{event} matches when {meaning(whole)}:"
        for part in parts(whole):
            yield from _bullets(part, 1, page)


def _bullets(node: Node, depth: int, page: Page) -> Iterator[str]:
    said = meaning(node) if rule(node) is Rule.CONDITION else f"{meaning(node)}:"
    first, *more = page.indented(f"- {said}", depth * INDENT)
    yield first
    yield from (f"  {line}" for line in more)
    for part in parts(node):
        yield from _bullets(part, depth + 1, page)


def _obstacles(counted: Conditions, page: Page) -> Iterator[str]:
    """The verdict, the main obstacle, and a table of the conditions."""
    said = f"{counted.matched:,} of {count(counted.events, 'event')} match."
    yield page.good(said) if counted.matched else page.bad(said)
    if counted.not_json:
        yield f"{counted.not_json:,} are not JSON objects, which never match."
    ranked = counted.obstacles
    if ranked:
        yield from page.indented(_main(ranked, counted.records - counted.matched))
        yield ""
        yield from _table(counted, page)


def _main(ranked: Sequence[ConditionCount], others: int) -> str:
    first = ranked[0]
    same = sum((one.in_the_way, one.alone) == (first.in_the_way, first.alone) for one in ranked)
    more = f" (and {same - 1:,} more as often)" if same > 1 else ""
    alone = f"and {first.alone:,} times it alone" if first.alone else "but never it alone"
    kinds = [f"{kind} {number:,}" for kind, number in first.found.items()]
    rest = f" and {len(kinds) - WITH_KINDS} more kinds" if len(kinds) > WITH_KINDS else ""
    return (
        f"{printable(first.condition, LONGEST)} most often stood in the way{more}: {first.in_the_way:,} of {others:,} "
        f"times, {alone}. Found there: {', '.join(kinds[:WITH_KINDS])}{rest}."
    )


def _table(counted: Conditions, page: Page) -> Iterator[str]:
    longest = max(9, *(len(one.condition) for one in counted.conditions))
    width = min(page.width - NUMBERS - 2, longest)
    yield page.dim(f"  {'Condition':<{width}}{'in the way':>12}{'alone':>10}")
    for one in counted.conditions:
        *upper, last = page.indented(printable(one.condition, LONGEST), page.width - width)
        yield from (f"  {line.strip()}" for line in upper)
        last = f"    {last.strip()}" if upper else f"  {last.strip()}"
        yield f"{last:<{width + 2}}{one.in_the_way:>12,}{one.alone:>10,}"
    yield ""
    yield from page.indented(
        "In the way: false, with every group around it false too. Alone: the event would match if this one held."
    )
