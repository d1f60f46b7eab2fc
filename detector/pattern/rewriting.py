"""The smallest change of a pattern that turns its verdict on one event.

In: a JSON pattern with its verdict on an event (`detector.pattern.explanation`). Out: the conditions to change, what each
becomes, and the pattern with them changed. The claim: the changed pattern has the other verdict by the definition of truth,
and no change of fewer conditions has, as far as a condition can be changed on the field that it looks at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from detector.errors import PatternError
from detector.pattern import Pattern, of_tree
from detector.pattern.evaluate import evaluate, is_comparable
from detector.pattern.explanation import Verdict, leaves
from detector.pattern.syntax import (
    And,
    Compare,
    Condition,
    Expr,
    Is,
    Kind,
    NotExists,
    Number,
    Op,
    Or,
    Text,
)

LONGEST = 200
"""Characters of a value of an event that is put into a pattern."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One condition: as it is, and what it becomes; None where it is left out."""

    before: Condition
    after: Expr | None


@dataclass(frozen=True, slots=True)
class PatternChange:
    """The conditions to change, in the order of the text, and the pattern with them changed."""

    conditions: tuple[Rewritten, ...]
    pattern: Pattern


Edits: TypeAlias = dict[int, Expr | None]
"""What becomes of conditions, by their place in the text."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a node gets the truth that is wanted; ``gone``: nothing is left of it."""

    edits: Edits
    gone: bool = False

    @property
    def length(self) -> int:
        """The characters of what the conditions become: of equally few changes the shortest is the nearest."""
        return sum(len(str(after or "")) for after in self.edits.values())


def nearest_pattern(tree: Verdict, event: dict[str, Any]) -> PatternChange | None:
    """The nearest pattern with the other verdict on the event; None if there is none that the service would take."""
    judged = leaves(tree)
    places = {id(leaf): place for place, leaf in enumerate(judged)}
    way = _way(tree, event, places, want=not tree.holds)
    if way is None or way.gone:
        return None
    whole = _applied(tree, places, way.edits)
    if whole is None:
        return None
    try:
        pattern = of_tree(whole)
    except PatternError:
        return None
    if evaluate(whole, event) is tree.holds:
        return None
    changed = (Rewritten(judged[at].clause, way.edits[at]) for at in sorted(way.edits))  # type: ignore[arg-type]  # the leaves of a JSON pattern
    return PatternChange(tuple(changed), pattern)


def _way(node: Verdict, event: dict[str, Any], places: dict[int, int], *, want: bool) -> _Way | None:
    """The fewest conditions; of equally few the shortest, then the first as written."""
    if node.holds is want:
        return _Way({})
    if node.found is not None:
        for after in _rewritten(node, want=want):
            if after is None or evaluate(after, event) is want:
                return _Way({places[id(node)]: after}, gone=after is None)
        return None
    ways = [_way(term, event, places, want=want) for term in node.terms]
    if isinstance(node.clause, And) is want:
        known = [way for way in ways if way is not None]
        if len(known) < len(ways):
            return None
        edits = {at: after for way in known for at, after in way.edits.items()}
        return _Way(edits, gone=all(way.gone for way in known))
    able = [way for way in ways if way is not None and not way.gone]
    return min(able, key=lambda way: (len(way.edits), way.length), default=None)


def _applied(node: Verdict, places: dict[int, int], edits: Edits) -> Expr | None:
    if node.found is not None:
        return edits.get(places[id(node)], node.clause)  # type: ignore[arg-type]  # the leaves of a JSON pattern
    terms = tuple(term for one in node.terms if (term := _applied(one, places, edits)) is not None)
    if len(terms) < 2:  # noqa: PLR2004 - one term needs no operator
        return terms[0] if terms else None
    kind = And if isinstance(node.clause, And) else Or
    return kind(tuple(part for term in terms for part in (term.terms if isinstance(term, kind) else (term,))))


def _rewritten(node: Verdict, *, want: bool) -> Iterator[Expr | None]:
    """What may become of a condition so that it has the wanted truth, the nearest first; None: it is left out."""
    leaf, values = node.clause, node.found.values if node.found else ()
    assert isinstance(leaf, Condition)  # noqa: S101 - the leaves of a JSON pattern
    if leaf.selector.wildcard is None:
        yield from _let_in(leaf, values) if want else _left_out(leaf, values)
    yield None


def _let_in(leaf: Condition, values: Sequence[Any]) -> Iterator[Expr]:
    """A false condition with what was found let in."""
    value = values[0] if values else None
    match leaf:
        case Compare(selector, op, Number()) if op.is_ordering and _number(value) is not None:
            yield Compare(selector, Op.GE if op in {Op.GT, Op.GE} else Op.LE, Number(str(_number(value))))
        case Compare(selector, Op.EQ, Text(text)) if isinstance(value, str) and "*" not in text and text:
            if value.startswith(text):
                yield Compare(selector, Op.EQ, Text(f"{text}*"))
            if value.endswith(text):
                yield Compare(selector, Op.EQ, Text(f"*{text}"))
        case _:
            pass
    more = _about(leaf, values)
    if more is not None and not (isinstance(leaf, Compare) and leaf.op is Op.NE and is_comparable(value)):
        yield Or((leaf, more))


def _left_out(leaf: Condition, values: Sequence[Any]) -> Iterator[Expr]:
    """A true condition with what was found left out."""
    value = values[0] if values else None
    if not isinstance(leaf, Compare):
        return
    if leaf.op.is_ordering and _number(value) is not None:
        yield Compare(
            leaf.selector, Op.GT if leaf.op in {Op.GT, Op.GE} else Op.LT, Number(str(_number(value)))
        )
    is_one = leaf.op is Op.EQ and not (isinstance(leaf.value, Text) and leaf.value.is_glob)
    literal = _literal(value)
    if literal is not None and (not is_one or not isinstance(leaf.value, Text | Number)):
        yield And((leaf, Compare(leaf.selector, Op.NE, literal)))


def _about(leaf: Condition, values: Sequence[Any]) -> Condition | None:
    """A condition on the same selector that is true of what was found; None where there is none."""
    if not values:
        return NotExists(leaf.selector)
    match values[0]:
        case None:
            return Is(leaf.selector, Kind.NULL)
        case bool() as truth:
            return Is(leaf.selector, Kind.TRUE if truth else Kind.FALSE)
        case value:
            literal = _literal(value)
            return None if literal is None else Compare(leaf.selector, Op.EQ, literal)


def _literal(value: Any) -> Text | Number | None:
    """A text or a number as patterns can say it: no way to write a star, or what JSON escapes, is known."""
    if isinstance(value, str):
        plain = len(value) <= LONGEST and value.isprintable() and not set(value) & set("*\\")
        return Text(value) if plain else None
    number = _number(value)
    return None if number is None else Number(str(number))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not json.dumps(value)[-1:].isdigit():
        return None
    return value if len(str(value)) <= LONGEST else None
