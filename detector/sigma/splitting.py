"""A tree as the text of one filter pattern, or of several where one would be longer than the service takes.

Several filters on one metric count what any of them matches. Where an event may match two of them it is counted twice,
which matters only to a threshold above one: then a tree is split only where no event can.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from detector.errors import PatternError
from detector.pattern.limits import MAX_LENGTH
from detector.pattern.operands import NUMBER
from detector.pattern.syntax import And, Compare, Expr, Op, Or, Text

_RESERVED = {"null", "space"}
_MOST = 20


def sources(expr: Expr, *, any_match: bool) -> list[str]:
    """The patterns; `PatternError` for a tree that is too long and cannot be split."""
    written = _written(expr)
    if len(written) <= MAX_LENGTH:
        return [written]
    parts = list(_parts(expr, any_match=any_match))
    if not parts or len(parts) > _MOST:
        length = f"expected at most {MAX_LENGTH:,} characters, found {len(written):,}"
        raise PatternError(length, written, (MAX_LENGTH, len(written)), "divide the rule into several")
    return parts


def _written(expr: Expr) -> str:
    """As it reads best; without the blanks and quotes that it can do without if it is too long."""
    plain = f"{{ {expr} }}"
    return plain if len(plain) <= MAX_LENGTH else f"{{{_dense(expr)}}}"


def _dense(expr: Expr) -> str:
    match expr:
        case And(terms):
            return "&&".join(
                f"({_dense(term)})" if isinstance(term, And | Or) else _dense(term) for term in terms
            )
        case Or(terms):
            return "||".join(f"({_dense(term)})" if isinstance(term, Or) else _dense(term) for term in terms)
        case Compare(value=Text(value)) if not NUMBER.fullmatch(value) and value.lower() not in _RESERVED:
            return _dense_comparison(structs.replace(expr, value=Text(value, quoted=False)))
        case Compare():
            return _dense_comparison(expr)
        case _:
            return str(expr)


def _dense_comparison(condition: Compare) -> str:
    return f"{condition.selector}{condition.op}{condition.value}"


def _parts(expr: Expr, *, any_match: bool) -> Iterator[str]:
    """The alternatives of the longest ``||`` in the tree, as many at a time as fit into a pattern."""
    terms = expr.terms if isinstance(expr, And) else (expr,)
    choices = [term for term in terms if isinstance(term, Or) and (any_match or _exclusive(term))]
    if not choices:
        return
    longest = max(choices, key=lambda term: len(str(term)))
    place = terms.index(longest)

    def around(some: tuple[Expr, ...]) -> str:
        inner = some[0] if len(some) == 1 else Or(some)
        whole = (*terms[:place], inner, *terms[place + 1 :])
        return _written(whole[0] if len(whole) == 1 else And(whole))

    gathered: tuple[Expr, ...] = ()
    found: list[str] = []
    for term in longest.terms:
        if gathered and len(around((*gathered, term))) > MAX_LENGTH:
            found.append(around(gathered))
            gathered = ()
        gathered = (*gathered, term)
    found.append(around(gathered))
    if all(len(one) <= MAX_LENGTH for one in found):
        yield from found


def _exclusive(choice: Or) -> bool:
    """Whether no event matches two of the alternatives: one field, equal to different strings."""
    return len({getattr(term, "selector", None) for term in choice.terms}) == 1 and all(
        isinstance(term, Compare)
        and term.op is Op.EQ
        and isinstance(term.value, Text)
        and not term.value.is_glob
        and term.selector.wildcard is None
        for term in choice.terms
    )
