"""Why a log event matches a filter pattern, or why not: the pattern as a tree with a verdict at each node.

In: a pattern, and a log event or none. Out: frozen data for `detector.render.explanation` to put into words. The
claim: every verdict is asked of the definitions of truth (`evaluate`, `text.predicate`, `space.holds`), never
decided here; ``decisive`` is a smallest set of conditions that settles the whole, whatever the others say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from detector import jsontext
from detector.pattern import Pattern, compile, evaluate, space, syntax, text, text_of  # noqa: A004 - as in re.compile
from detector.pattern.clauses import Clause, FieldCount, Leaf, Rule, outline
from detector.pattern.deciding import smallest

__all__ = ["Explanation", "Found", "Kind", "Verdict", "explain", "judge", "leaves"]


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
    """A clause of the pattern, whether it holds, and what was found (conditions only)."""

    clause: Clause
    holds: bool
    terms: tuple[Verdict, ...] = ()
    found: Found | None = None
    decisive: bool = False
    """Whether this condition belongs to the smallest set that decided the whole."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether an event matches a pattern, and why.

    ``tree`` is None for a JSON pattern and a message that is no JSON object, which never matches.
    """

    pattern: Pattern
    matches: bool
    tree: Verdict | None
    decisive: tuple[Verdict, ...]
    """The conditions of the smallest deciding set, as they are written; empty where nothing is asked."""


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


def leaves(tree: Verdict) -> tuple[Verdict, ...]:
    """The conditions of a tree in the order in which they are written."""
    if tree.clause.rule is Rule.CONDITION:
        return (tree,)
    return tuple(leaf for term in tree.terms for leaf in leaves(term))


def judge(pattern: Pattern, event: Event) -> Verdict | None:
    """The tree of verdicts alone, for many events: nothing in it is marked as decisive."""
    clause, expr = outline(pattern), pattern.expr
    match expr:
        case text.Terms() | syntax.Regex() if pattern.kind == "text":
            return _of_text(clause, text_of(event))
        case space.Fields():
            return _of_fields(clause, expr, text_of(event))
        case _:
            record = event if isinstance(event, dict) else jsontext.parse_object(event)
            return None if record is None else _of_json(clause, record)


def _of_json(clause: Clause, event: dict[str, Any]) -> Verdict:
    part: Any = clause.part
    holds = evaluate.evaluate(part, event)
    if clause.rule is Rule.CONDITION:
        return Verdict(clause, holds, found=_selected(part.selector, event))
    return Verdict(clause, holds, tuple(_of_json(term, event) for term in clause.terms))


def _selected(selector: syntax.Selector, event: dict[str, Any]) -> Found:
    values = tuple(evaluate.select(selector.steps, event))
    if values:
        return Found(values)
    # The longest beginning of the path that leads somewhere; without any steps that is the event itself.
    for length in range(len(selector.steps) - 1, -1, -1):
        steps = selector.steps[:length]
        for reached in evaluate.select(steps, event):
            return Found((), str(syntax.Selector(steps)), Kind.of(reached))
    return Found()


def _of_text(clause: Clause, message: str) -> Verdict:
    part: Any = clause.part
    asked = text.Terms((part,)) if isinstance(part, text.Term) else part
    holds = text.predicate(asked)(message)
    if clause.rule is Rule.CONDITION:
        return Verdict(clause, holds, found=Found((message,)))
    return Verdict(clause, holds, tuple(_of_text(term, message) for term in clause.terms))


def _of_fields(clause: Clause, expr: space.Fields, message: str) -> Verdict:
    # Without its conditions a pattern matches every event with fields enough, and `extract` says which they are.
    entries = (space.Field(one.name) if isinstance(one, space.Field) else one for one in expr.entries)
    fields = space.extract(space.Fields(tuple(entries)), message)
    count = sum(1 for _ in space.cut(message))
    terms = tuple(_of_field(term, fields, count) for term in clause.terms)
    return Verdict(clause, space.holds(expr, message), terms)


def _of_field(clause: Clause, fields: dict[str, str], count: int) -> Verdict:
    part: Leaf | Any = clause.part
    match part:
        case FieldCount(needed):
            return Verdict(clause, count >= needed, found=Found((count,)))
        case space.Compare(name, op, value):
            found = fields.get(f"${name}")
            holds = found is not None and space.compare(found, op, value)
            return Verdict(clause, holds, found=Found(() if found is None else (found,)))
        case _:
            terms = tuple(_of_field(term, fields, count) for term in clause.terms)
            together = all if clause.rule is Rule.ALL else any
            return Verdict(clause, together(term.holds for term in terms), terms)


def _marked(tree: Verdict, decisive: frozenset[Leaf], *, whole: bool) -> Verdict:
    """The tree with the conditions of the smallest set marked, where the groups around them agree with the whole."""
    if tree.holds is not whole:
        return tree
    if tree.clause.rule is Rule.CONDITION:
        marked = tree.clause.part in decisive
        return Verdict(tree.clause, tree.holds, found=tree.found, decisive=marked)
    terms = tuple(_marked(term, decisive, whole=whole) for term in tree.terms)
    return Verdict(tree.clause, tree.holds, terms)
