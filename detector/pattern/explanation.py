"""Why a log event matches a filter pattern, or why not: the pattern as a tree with a verdict at each node.

In: a pattern, and a log event or none. Out: frozen data for `detector.render.explanation_text` to put into words. The
claim: every verdict is asked of the definitions of truth (`evaluate`, `space`), never decided here; ``decisive`` is
a smallest set of conditions that settles the whole, whatever the others say (tested against trying all sets).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from detector import jsontext
from detector.notebook import table
from detector.pattern import Pattern, compile, evaluate, space, text_of  # noqa: A004 - as in re.compile
from detector.pattern.syntax import (
    Compare,
    Condition,
    Field,
    FieldCount,
    Fields,
    Is,
    Leaf,
    Node,
    NotExists,
    Regex,
    Rule,
    Selector,
    Term,
    Terms,
    conditions,
    parts,
    rule,
)
from detector.quantities import count

__all__ = ["Explanation", "Found", "Kind", "Verdict", "explain", "judge", "leaves", "outline", "smallest"]


class Kind(StrEnum):
    """What a selector can lead to, in JSON's own words."""

    ABSENT = "absent"
    NULL = "null"
    BOOLEAN = "boolean"
    NUMBER = "number"
    STRING = "string"
    OBJECT = "object"
    ARRAY = "array"

    @classmethod
    def of(cls, value: Any) -> Kind:
        """The kind of a value that is there."""
        match value:
            case None:
                return cls.NULL
            case bool():
                return cls.BOOLEAN
            case int() | float():
                return cls.NUMBER
            case str():
                return cls.STRING
            case dict():
                return cls.OBJECT
            case _:
                return cls.ARRAY


@dataclass(frozen=True, slots=True)
class Found:
    """What a condition looked at: the values its selector (or field) leads to; none where there is nothing.

    ``reached`` is how far the selector leads in this event, ``blocked`` what stands there: ``null`` where the
    parent is null, ``object`` where it has no such member. Both are empty unless something is absent.
    """

    values: tuple[Any, ...] = ()
    reached: str = ""
    blocked: Kind | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the first value; what a wildcard leads to besides it is in ``values``."""
        return Kind.of(self.values[0]) if self.values else Kind.ABSENT


@dataclass(frozen=True, slots=True)
class Verdict:
    """A node of the pattern, whether it holds, and what was found (conditions only)."""

    clause: Node
    holds: bool
    terms: tuple[Verdict, ...] = ()
    found: Found | None = None
    decisive: bool = False
    """Whether this condition belongs to the smallest set that decided the whole."""


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Whether an event matches a pattern, and why.

    ``tree`` is None for a JSON pattern and a message that is not a JSON object, which never matches.
    """

    pattern: Pattern
    matches: bool
    tree: Verdict | None
    decisive: tuple[Verdict, ...]
    """The conditions of the smallest deciding set, as they are written; empty where nothing is asked."""

    def __repr__(self) -> str:
        verdict = "match" if self.matches else "no match"
        return f"<Explanation: {verdict}, {count(len(self.decisive), 'condition')} decided>"

    def _repr_html_(self) -> str:
        rows = [
            (one.clause, "true" if one.holds else "false", one.found.kind if one.found else "")
            for one in self.decisive
        ]
        return table(repr(self), ("condition", "is", "what is there"), rows)


Event: TypeAlias = str | bytes | dict[str, Any]


def explain(pattern: Pattern | str, event: Event) -> Explanation:
    """Why ``event`` (raw text, or the object decoded from it) matches ``pattern``, or why it does not.

    `PatternError` for a pattern that CloudWatch Logs would refuse.
    """
    asked = compile(pattern) if isinstance(pattern, str) else pattern
    judged = judge(asked, event)
    if judged is None:
        return Explanation(asked, matches=False, tree=None, decisive=())
    tree = _marked(judged, smallest(judged), whole=judged.holds)
    return Explanation(asked, tree.holds, tree, tuple(leaf for leaf in leaves(tree) if leaf.decisive))


def outline(pattern: Pattern) -> Node:
    """The node where the tree of verdicts begins: a pattern of a single term is that term."""
    expr = pattern.expr
    return expr.counted[0] if isinstance(expr, Terms) and len(expr.counted) == 1 else expr


def leaves(tree: Verdict) -> tuple[Verdict, ...]:
    """The conditions of a tree in the order in which they are written."""
    if tree.found is not None:
        return (tree,)
    return tuple(leaf for term in tree.terms for leaf in leaves(term))


def judge(pattern: Pattern, event: Event) -> Verdict | None:
    """The tree of verdicts alone, for many events: nothing in it is marked as decisive."""
    clause = outline(pattern)
    match pattern.expr:
        case Terms() | Regex():
            message = text_of(event)
            return _tree(clause, lambda leaf: _in_text(leaf, message))
        case Fields() as expr:
            return _tree(clause, _in_line(expr, text_of(event)))
        case _:
            record = event if isinstance(event, dict) else jsontext.parse_object(event)
            return None if record is None else _tree(clause, lambda leaf: _in_object(leaf, record))


def _tree(node: Node, judged: Callable[[Leaf], tuple[bool, Found]]) -> Verdict:
    match node:
        case Compare() | Is() | NotExists() | Term() | Regex() | FieldCount():
            holds, found = judged(node)
            return Verdict(node, holds, found=found)
        case _:
            terms = tuple(_tree(part, judged) for part in parts(node))
            together = all if rule(node) is Rule.ALL else any
            return Verdict(node, together(term.holds for term in terms), terms)


def _in_object(leaf: Leaf, event: dict[str, Any]) -> tuple[bool, Found]:
    assert isinstance(leaf, Condition)  # noqa: S101 - the leaves of a JSON pattern
    return evaluate.condition_holds(leaf, event), _selected(leaf.selector, event)


def _selected(selector: Selector, event: dict[str, Any]) -> Found:
    values = tuple(evaluate.select(selector.steps, event))
    if values:
        return Found(values)
    # The longest beginning of the path that leads somewhere; without any steps that is the event itself.
    for length in range(len(selector.steps) - 1, -1, -1):
        steps = selector.steps[:length]
        for reached in evaluate.select(steps, event):
            return Found((), str(Selector(steps)), Kind.of(reached))
    return Found()


def _in_text(leaf: Leaf, message: str) -> tuple[bool, Found]:
    assert isinstance(leaf, Term | Regex)  # noqa: S101 - the leaves of an unstructured-text pattern
    return evaluate.text_holds(leaf, message), Found((message,))


def _in_line(expr: Fields, message: str) -> Callable[[Leaf], tuple[bool, Found]]:
    # Without its conditions a pattern matches every event with fields enough, and `extract` says which they are.
    entries = (Field(entry.name) if isinstance(entry, Field) else entry for entry in expr.entries)
    fields = space.extract(Fields(tuple(entries)), message)
    count = sum(1 for _ in space.cut(message))

    def judged(leaf: Leaf) -> tuple[bool, Found]:
        if isinstance(leaf, FieldCount):
            return count >= leaf.needed, Found((count,))
        assert isinstance(leaf, Compare)  # noqa: S101 - the only condition on a field
        found = fields.get(f"${leaf.selector}")
        if found is None:
            return False, Found()
        return space.compare(found, leaf.op, leaf.value), Found((found,))

    return judged


def _marked(tree: Verdict, decisive: frozenset[Leaf], *, whole: bool) -> Verdict:
    """The tree with the conditions of the smallest set marked, where the groups around them agree with the whole."""
    if tree.holds is not whole:
        return tree
    if tree.found is not None:
        return replace(tree, decisive=tree.clause in decisive)
    return replace(tree, terms=tuple(_marked(term, decisive, whole=whole) for term in tree.terms))


MOST = 32
"""Sets kept at a node: only conditions that are written more than once make several worth keeping, and seldom many."""

Set: TypeAlias = frozenset[Leaf]


def smallest(tree: Verdict) -> Set:
    """A smallest set of conditions that decided; empty where the tree asks nothing.

    Whatever the other conditions said, the whole would have the same truth. Of several smallest sets it is the
    one that stands first in the pattern.
    """
    repeated = frozenset(leaf for leaf, times in Counter(conditions(tree.clause)).items() if times > 1)
    return _sets(tree, repeated)[0]


def _sets(tree: Verdict, repeated: Set) -> list[Set]:
    """The sets that decide a tree, without those that are no better than another."""
    if tree.found is not None:
        return [frozenset(conditions(tree.clause))]
    agreeing = [_sets(term, repeated) for term in tree.terms if term.holds is tree.holds]
    # Any one term that agrees decides a true "any" and a false "all"; else all of them together do.
    if (rule(tree.clause) is Rule.ALL) is not tree.holds:
        return _front((one for sets in agreeing for one in sets), repeated)
    found: list[Set] = [frozenset()]
    for sets in agreeing:
        found = _front((one | other for one in found for other in sets), repeated)
    return found


def _front(sets: Iterable[Set], repeated: Set) -> list[Set]:
    """The sets that may be part of a smallest one.

    One is as good as another if it costs no more and asks for no repeated condition that the other does not.
    """
    kept: list[Set] = []
    for one in sorted(sets, key=len):
        if not any(
            other & repeated <= one & repeated and len(other - repeated) <= len(one - repeated)
            for other in kept
        ):
            kept.append(one)
    return kept[:MOST]
