r"""The plain half of the JSON grammar, without pyparsing, which takes longer to import than a rare pattern to find.

In: a pattern. Out: the tree that `grammar.parse` gives for it, spans included, or None where that has to say: paths
other than names, backslashes, regexes, fractions, NULL and IS, whatever is not valid.
"""

from __future__ import annotations

import re

from detector.pattern.syntax import (
    And,
    Compare,
    Condition,
    Expr,
    Name,
    NotExists,
    Number,
    Op,
    Or,
    Selector,
    Span,
    Text,
)

MOST_GROUPS = 64
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<sign> [{}()] | && | \|\| )
        | (?P<condition>
            (?P<selector> \$ (?:\.[A-Za-z0-9_-]+)+ ) (?![A-Za-z0-9_.\[-]) [ \t\r\n]*
            (?: (?P<absent> (?i:NOT) [ \t\r\n]+ (?i:EXISTS) )
              | (?P<order> <=|>=|<|> ) [ \t\r\n]* (?P<limit> -?(?:0|[1-9][0-9]*) )
              | (?P<equal> !?= ) [ \t\r\n]*
                (?: "(?P<quoted> [^"\\]* )" | (?P<number> -?(?:0|[1-9][0-9]*) ) | (?P<word> (?!(?i:null)) [A-Za-z*][A-Za-z0-9_.+*-]* ) )
            ) (?= [ \t\r\n)}&|] )
          )
    )""",
    re.VERBOSE,
)


def parse(source: str) -> Expr | None:
    """The tree of a pattern of the plain half; None for any other text."""
    tokens: list[str | Condition] = []
    place, end = 0, len(source.rstrip(" \t\r\n"))
    while place < end:
        found = _TOKEN.match(source, place)
        if found is None:
            return None
        tokens.append(found["sign"] or _condition(found))
        place = found.end()
    if tokens[:1] != ["{"] or tokens[-1:] != ["}"] or tokens.count("(") > MOST_GROUPS:
        return None
    tokens.reverse()
    tokens.pop()
    expr = _any(tokens)
    return expr if tokens == ["}"] else None


def _any(tokens: list[str | Condition]) -> Expr | None:
    terms = [_all(tokens)]
    while tokens and tokens[-1] == "||":
        tokens.pop()
        terms.append(_all(tokens))
    return _joined(terms, Or)


def _all(tokens: list[str | Condition]) -> Expr | None:
    terms = [_one(tokens)]
    while tokens and tokens[-1] == "&&":
        tokens.pop()
        terms.append(_one(tokens))
    return _joined(terms, And)


def _joined(terms: list[Expr | None], node: type[And | Or]) -> Expr | None:
    known = [term for term in terms if term is not None]
    if len(known) < len(terms):
        return None
    return known[0] if len(known) == 1 else node(tuple(known), Span(known[0].span.start, known[-1].span.end))


def _one(tokens: list[str | Condition]) -> Expr | None:
    first = tokens.pop() if tokens else ""
    if not isinstance(first, str):
        return first
    inside = _any(tokens) if first == "(" else None
    return inside if tokens and tokens.pop() == ")" else None


def _condition(found: re.Match[str]) -> Condition:
    selector = Selector(tuple(map(Name, found["selector"].split(".")[1:])), Span(*found.span("selector")))
    span = Span(*found.span("condition"))
    if found["absent"]:
        return NotExists(selector, span)
    kind = next(name for name in ("limit", "quoted", "number", "word") if found[name] is not None)
    start, end = found.span(kind)
    match kind:
        case "quoted":
            return Compare(selector, Op(found["equal"]), Text(found[kind]), span, Span(start - 1, end + 1))
        case "word":
            return Compare(
                selector, Op(found["equal"]), Text(found[kind], quoted=False), span, Span(start, end)
            )
        case _:
            op = Op(found["order"] or found["equal"])
            return Compare(selector, op, Number(found[kind]), span, Span(start, end))
