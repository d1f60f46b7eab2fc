"""Log events aimed at a pattern, so that each of its conditions gets its turn.

In: a pattern. Out: a strategy of events in which every condition was aimed at in one of five ways (`Aim`). The aim is
good, not certain: two conditions on one field cannot both have their way, and some can never be satisfied.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from detector.pattern import Pattern, space, syntax
from detector.pattern.evaluate import compare
from detector.pattern.syntax import Compare, Condition, Index, Is, Name, NotExists, Step, Wildcard
from detector.testing.records import records
from detector.testing.values import missing, satisfying

TRIES = 4
FURTHEST = 20
"""The longest array that is made for a selector such as ``$.a[3]``."""


class Aim(StrEnum):
    """What is tried with a condition."""

    SATISFIED = "satisfied"
    MISSED = "missed"
    ABSENT = "absent"
    NULL = "null"
    OTHER_TYPE = "of another type"


_OTHERS: st.SearchStrategy[Any] = st.sampled_from(
    [True, False, {}, [], [None], {"a": 1}, ["a"], 0, 1, -1.5, "", "true", "5"]
)


def aimed_at(
    pattern: Pattern,
    aims: Collection[Aim] = tuple(Aim),
    around: st.SearchStrategy[dict[str, Any]] | None = None,
) -> st.SearchStrategy[Any]:
    """Events aimed at a pattern: records for a JSON pattern, else raw text.

    ``aims`` are the ones to choose from for each condition, ``around`` the records that JSON events start from
    (default: `records`). Often all conditions are satisfied, or all but one, because that is where patterns that
    are nearly the same differ. Raw text has neither null nor types: those aims miss.
    """
    expr = pattern.expr
    chosen = sorted(aims)
    match expr:
        case syntax.Fields():
            return _lines(expr, chosen)
        case syntax.Terms():
            return _messages(expr, chosen)
        case syntax.Regex():
            return _regex(expr, chosen)
        case _:
            return _records(expr, chosen, records() if around is None else around)


@st.composite
def _records(
    draw: st.DrawFn,
    expr: syntax.Expr,
    aims: list[Aim],
    around: st.SearchStrategy[dict[str, Any]],
) -> dict[str, Any]:
    record: Any = draw(around)
    leaves = draw(st.permutations(syntax.conditions(expr)))
    for leaf, aim in zip(leaves, draw(_chosen(len(leaves), aims)), strict=True):
        steps = leaf.selector.steps
        if isinstance(leaf, NotExists) and aim is Aim.SATISFIED:
            record = _without(record, steps)
        elif aim is Aim.ABSENT:
            record = _without(record, steps[: draw(st.integers(1, len(steps)))])
        else:
            record = _with(draw, record, steps, _value(draw, leaf, aim))
    assert isinstance(record, dict)  # noqa: S101 - a selector begins in an object
    return record


@st.composite
def _chosen(draw: st.DrawFn, number: int, aims: list[Aim]) -> list[Aim]:
    """An aim for each condition: any for all, or all satisfied, or all but one."""
    satisfied = [Aim.SATISFIED] * number
    any_aim = st.sampled_from(aims)
    mood = draw(st.sampled_from(["any", "all", "all but one"])) if Aim.SATISFIED in aims and number else "any"
    match mood:
        case "all":
            return satisfied
        case "all but one":
            satisfied[draw(st.integers(0, number - 1))] = draw(any_aim)
            return satisfied
        case _:
            return [draw(any_aim) for _ in range(number)]


def _value(draw: st.DrawFn, leaf: Condition, aim: Aim) -> Any:
    """A value for the place of a condition."""
    match aim, leaf:
        case Aim.NULL, _:
            return None
        case Aim.SATISFIED, Is(_, kind):
            return {"NULL": None, "TRUE": True, "FALSE": False}[kind]
        case ((Aim.SATISFIED | Aim.MISSED), Compare(_, op, literal)):
            satisfied = aim is Aim.SATISFIED
            equal = satisfied is not (op is syntax.Op.NE)
            value: Any = None
            for _ in range(TRIES):  # a near miss of one half of a literal can be a hit of the other
                value = draw(satisfying(literal, op) if equal else missing(literal, op))
                if compare(value, op, literal) is satisfied:
                    break
            return value
        case _:
            return draw(_OTHERS)


def _with(draw: st.DrawFn, holder: Any, steps: tuple[Step, ...], value: Any) -> Any:
    """The holder with a value at the end of a path; what is in the way gives way."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    match step:
        case Name(name):
            members = dict(holder) if isinstance(holder, dict) else {}
            return {**members, name: _with(draw, members.get(name), rest, value)}
        case Index(number):
            elements = list(holder) if isinstance(holder, list) else []
            if number > FURTHEST:
                return elements
            elements += [None] * (number + 1 - len(elements))
            elements[number] = _with(draw, elements[number], rest, value)
            return elements
        case Wildcard():
            inside = _with(draw, None, rest, value)
            if isinstance(holder, dict):
                return {**holder, draw(st.sampled_from(sorted(holder) or ["any"])): inside}
            return draw(st.permutations([inside, *draw(st.lists(_OTHERS, max_size=2))]))


def _without(holder: Any, steps: tuple[Step, ...]) -> Any:
    """The holder without what a path leads to."""
    step, rest = steps[0], steps[1:]
    match step:
        case Name(name) if isinstance(holder, dict) and name in holder:
            kept = {key: member for key, member in holder.items() if key != name or rest}
            return {**kept, name: _without(holder[name], rest)} if rest else kept
        case Index(number) if isinstance(holder, list) and number < len(holder):
            return (
                [*holder[:number], _without(holder[number], rest), *holder[number + 1 :]]
                if rest
                else holder[:number]
            )
        case Wildcard() if isinstance(holder, dict):
            return {key: _without(member, rest) for key, member in holder.items()} if rest else {}
        case Wildcard() if isinstance(holder, list):
            return [_without(member, rest) for member in holder] if rest else []
        case _:
            return holder


@st.composite
def _messages(draw: st.DrawFn, expr: syntax.Terms, aims: list[Aim]) -> str:
    parts = [draw(st.text(max_size=5))]
    for term, aim in zip(expr.terms, draw(_chosen(len(expr.terms), aims)), strict=True):
        wanted = (aim is Aim.SATISFIED) is not (term.role is syntax.Role.EXCLUDED)
        parts.append(
            term.text if wanted else draw(st.sampled_from(["", term.text.swapcase(), term.text[1:]]))
        )
    return draw(st.sampled_from(["", " "])).join(draw(st.permutations(parts)))


@st.composite
def _lines(draw: st.DrawFn, expr: syntax.Fields, aims: list[Aim]) -> str:
    fields: list[str] = []
    for entry, aim in zip(expr.entries, draw(_chosen(len(expr.entries), aims)), strict=True):
        if isinstance(entry, syntax.AnyFields):
            fields += draw(st.lists(st.sampled_from(["x", "-", '"a b"', "5"]), max_size=2))
        elif aim is not Aim.ABSENT:
            fields.append(_field(draw, entry.condition, satisfied=aim is Aim.SATISFIED))
    return " ".join(fields)


def _field(draw: st.DrawFn, condition: syntax.Expr | None, *, satisfied: bool) -> str:
    """A field as it stands in the line, in quotes or brackets if it has blanks."""
    field = "x"
    match condition:
        case Compare(_, op, value):
            equal = satisfied is not (op is syntax.Op.NE)
            field = str(draw(satisfying(value, op) if equal else missing(value, op)))
        case syntax.And(terms) | syntax.Or(terms):
            return _field(draw, draw(st.sampled_from(terms)), satisfied=satisfied)
        case _:
            pass
    if field and not any(blank in field for blank in space.BLANKS):
        return field
    return f"[{field}]" if '"' in field else f'"{field}"'


@st.composite
def _regex(draw: st.DrawFn, expr: syntax.Regex, aims: list[Aim]) -> str:
    aim = draw(st.sampled_from(aims))
    inside = draw(satisfying(expr) if aim is Aim.SATISFIED else st.text(max_size=9))
    beside = st.sampled_from(["", "", " ", "x"])
    return f"{draw(beside)}{inside}{draw(beside)}"
