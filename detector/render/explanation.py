"""An explanation in, text for a terminal out: the pattern in plain English, or the tree with what was found.

The verdict comes first, then the smallest set of conditions that decided it, then the whole tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeGuard

from detector.pattern import Pattern, PatternKind, syntax
from detector.pattern.explanation import outline
from detector.pattern.syntax import Leaf, Node, Rule, conditions, parts, rule
from detector.render.explanation_words import found, hint, meaning, quoted, subject
from detector.render.layout import WIDTH, clean, indented

if TYPE_CHECKING:
    from detector.pattern.explanation import Explanation, Verdict
    from detector.render.style import Style

INDENT = 2
BESIDE = 58
"""Columns for conditions where what was found stands beside them; longer ones have it below."""
REASONS = 6
DECIDES = "◄ decides"


def in_english(pattern: Pattern) -> str:
    """What a pattern asks, indented, with notes on what surprises."""
    return "\n".join([*_sentences(pattern), *_notes(pattern)]) + "\n"


def explanation(explained: Explanation, style: Style) -> str:
    """Why one event matches, or does not."""
    verdict = style.good("MATCH") if explained.matches else style.bad("NO MATCH")
    lines = [
        verdict,
        *because(explained),
        *_after_a_blank(tree(explained, style)),
        *_ignored(explained.pattern),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _after_a_blank(lines: Iterable[str]) -> list[str]:
    listed = list(lines)
    return ["", *listed] if listed else []


def because(explained: Explanation) -> Iterator[str]:
    """The conditions that decided, those of one field together."""
    if explained.tree is None:
        yield "The log event is no JSON object, and such an event never matches a JSON pattern."
        return
    if not explained.decisive:
        yield "The pattern asks for nothing: every log event matches."
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for leaf in explained.decisive:
        groups.setdefault((subject(leaf.clause), found(leaf)), []).append(leaf)
    for number, leaves in enumerate(groups.values()):
        if number == REASONS:
            yield f"and {len(groups) - REASONS:,} more"
            return
        yield from indented(_reason(leaves), 0)


def _reason(leaves: Sequence[Verdict]) -> str:
    first = leaves[0]
    why = next((f" {said}" for said in map(hint, leaves) if said), "")
    return f"{_named(leaves)}: {found(first)}.{why}"


def _named(leaves: Sequence[Verdict]) -> str:
    """``$.a = 1 is false``, ``None of the 3 conditions on a holds``."""
    first, number = leaves[0], len({leaf.clause for leaf in leaves})
    if number == 1:
        return f"{clean(str(first.clause), 1024)} is {str(first.holds).lower()}"
    on = f"conditions on {subject(first.clause)}"
    if number == 2:  # noqa: PLR2004 - English has words for two
        return f"Both {on} hold" if first.holds else f"Neither of the two {on} holds"
    return f"{'All' if first.holds else 'None'} of the {number:,} {on} hold{'' if first.holds else 's'}"


def tree(explained: Explanation, style: Style) -> Iterator[str]:
    """The tree of the pattern with a mark and what was found at each condition; nothing where none is asked."""
    if explained.tree is None or not conditions(explained.tree.clause):
        return
    rows = list(_rows(explained.tree, 0))
    fitting = (len(label) for label, leaf in rows if leaf.found is not None and len(label) <= BESIDE)
    width = max(fitting, default=0)
    for label, leaf in rows:
        yield from _row(label, leaf, width, style)


def _rows(node: Verdict, depth: int) -> Iterator[tuple[str, Verdict]]:
    mark = "✓" if node.holds else "✗"
    said = meaning(node.clause) if node.found is None else clean(str(node.clause), 1024)
    yield f"{' ' * depth * INDENT}{mark} {said}", node
    for term in node.terms:
        yield from _rows(term, depth + 1)


def _row(label: str, leaf: Verdict, width: int, style: Style) -> Iterator[str]:
    if leaf.found is None:
        yield _painted(label, leaf, style)
        return
    seen = found(leaf) + (f"  {style.bold(DECIDES)}" if leaf.decisive else "")
    if len(label) <= width:
        yield f"{_painted(f'{label:<{width}}', leaf, style)}  {seen}"
        return
    depth = len(label) - len(label.lstrip()) + INDENT
    yield from (_painted(line, leaf, style) for line in _wrapped(label, depth + INDENT))
    yield f"{' ' * (depth + INDENT)}{seen}"


def _wrapped(label: str, columns: int) -> Iterable[str]:
    """A condition over several lines if it is too long for one."""
    lines = indented(label.strip(), columns)
    head = " " * (len(label) - len(label.lstrip()))
    return [f"{head}{lines[0].strip()}", *lines[1:]] if len(label) > WIDTH else [label]


def _painted(label: str, node: Verdict, style: Style) -> str:
    """Only the mark has a colour, so that the text is read the same."""
    at = len(label) - len(label.lstrip())
    paint = style.good if node.holds else style.bad
    return f"{label[:at]}{paint(label[at])}{label[at + 1 :]}"


def _sentences(pattern: Pattern) -> Iterator[str]:
    whole = outline(pattern)
    whole = parts(whole)[0] if len(parts(whole)) == 1 else whole
    event = "A JSON log event" if pattern.kind is PatternKind.JSON else "A log event"
    if rule(whole) is Rule.CONDITION:
        yield from indented(f"{event} matches when {meaning(whole)}.", 0)
    elif not parts(whole):
        yield "Every log event matches."
    else:
        yield f"{event} matches when {meaning(whole)}:"
        for term in parts(whole):
            yield from _clauses(term, 1)


def _clauses(clause: Node, depth: int) -> Iterator[str]:
    said = meaning(clause) if rule(clause) is Rule.CONDITION else f"{meaning(clause)}:"
    first, *more = indented(f"- {said}", depth * INDENT)
    yield first
    yield from (f"  {line}" for line in more)
    for term in parts(clause):
        yield from _clauses(term, depth + 1)


def _notes(pattern: Pattern) -> Iterator[str]:
    asked = conditions(pattern.expr)
    notes = [note for applies, note in _NOTES if any(applies(leaf) for leaf in asked)]
    if notes:
        yield ""
    for note in notes:
        yield from indented(f"Note: {note}", 0)
    yield from _ignored(pattern)


def _ignored(pattern: Pattern) -> Iterator[str]:
    unused = pattern.expr.ignored if isinstance(pattern.expr, syntax.Terms) else ()
    if unused:
        terms = ", ".join(f"?{quoted(term.text)}" for term in unused)
        yield ""
        yield from indented(
            f"Note: {terms} does not count: beside a term without ? CloudWatch ignores those with it.", 0
        )


def _is_json_comparison(leaf: Leaf) -> TypeGuard[syntax.Compare]:
    return isinstance(leaf, syntax.Compare) and not isinstance(leaf.selector, syntax.Column)


def _is_unequal(leaf: Leaf) -> bool:
    return _is_json_comparison(leaf) and leaf.op is syntax.Op.NE and leaf.selector.wildcard is None


def _begins_with_star(leaf: Leaf) -> bool:
    value = getattr(leaf, "value", None)
    return isinstance(value, syntax.Text) and value.value.startswith("*") and value.value[-1] != "*"


def _is_truth_text(leaf: Leaf) -> bool:
    return (
        _is_json_comparison(leaf)
        and isinstance(leaf.value, syntax.Text)
        and leaf.value.value in {"true", "false"}
    )


def _is_null(leaf: Leaf) -> bool:
    return isinstance(leaf, syntax.Is) and leaf.kind is syntax.Kind.NULL and leaf.selector.wildcard is None


def _is_short_term(leaf: Leaf) -> bool:
    return isinstance(leaf, syntax.Term)


_NOTES = (
    (
        _is_unequal,
        (
            "!= asks for a text or a number that differs. Where the field is absent, null, true, false, an object or an "
            "array, it is false."
        ),
    ),
    (
        _begins_with_star,
        (
            '"ends with": CloudWatch looks for the text from the left and does not go back, so its first place has to be the '
            "end of the value."
        ),
    ),
    (
        _is_truth_text,
        "true and false are texts here; the JSON booleans are asked for with IS TRUE and IS FALSE.",
    ),
    (_is_null, "IS NULL is also true of an array that directly holds a null, and false of an absent field."),
    (_is_short_term, "a term is found inside words too, and upper and lower case differ."),
)
