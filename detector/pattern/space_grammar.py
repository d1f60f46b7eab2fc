r"""From the text of a space-delimited pattern to its entries.

In: a pattern that begins with ``[``. Out: the entries, or a `PatternError` that says what was expected where.
Beside `detector.pattern.grammar`, the only module that knows pyparsing.

    pattern   := '[' ( entry ( ',' entry )* )? ']'
    entry     := '...' | or | name | nothing
    or        := and ( '||' and )*
    and       := primary ( '&&' primary )*
    primary   := '(' or ')' | name test
    test      := ( '=' | '!=' ) value | ( '<' | '>' | '<=' | '>=' ) number
    value     := number | word | '"' characters '"' | '%' regex '%'
    name      := letters, digits, '_' (ASCII); no digit at its beginning
    word      := letters, digits, '_', '-', '.', '+', '*'; not null and not SPACE

At most one ``...``; every name once; a condition speaks of one name only. Parentheses are inferred from the
JSON patterns, whose conditions these are.
"""

from __future__ import annotations

import functools

import pyparsing as pp

from detector.errors import PatternError
from detector.pattern import limits
from detector.pattern.grammar import joined, number, quoted, regex, room_for, word
from detector.pattern.mistakes import in_fields
from detector.pattern.syntax import (
    And,
    AnyFields,
    Column,
    Compare,
    Condition,
    Entry,
    Field,
    Fields,
    Name,
    Op,
    Or,
    Span,
    Value,
    conditions,
)

# Bare SPACE was recorded as refused here, bare null in JSON patterns, whose values these are.
RESERVED = "SPACE|(?i:null)"
EXPECTED_CONDITION = "a condition such as status = 404"
EXPECTED_TEST = "=, !=, <, <=, > or >= after the field name"
EXPECTED_VALUE = 'a number, a word, a "quoted string" or a %regex%'
EXPECTED_NUMBER = "a number without quotes after <, <=, > or >="
EXPECTED_CLOSE = ") to close this parenthesis"
EXPECTED_NEXT = ", or the closing ] after the entry"
EXPECTED_END = "nothing after the closing ]"


def parse(source: str) -> Fields:
    """The entries of a space-delimited pattern; blanks around it are accepted (unknown in the service)."""
    try:
        with room_for(source.count("(")):
            entries = tuple(_pattern().parse_string(source, parse_all=True))
    except pp.ParseBaseException as error:
        place = len(source) - len(source[error.loc :].lstrip(" \t\r\n"))
        raise in_fields(source, place, error.msg.removeprefix("Expected ")) from None
    _check(entries, source)
    return Fields(() if entries == (Field(),) else entries)


@functools.cache
def _pattern() -> pp.ParserElement:
    """Built at the first parse, since it costs more than the import."""
    condition = pp.Forward().set_name(EXPECTED_CONDITION)
    group = pp.Suppress("(") - condition - pp.Suppress(")").set_name(EXPECTED_CLOSE)
    conjunction = joined((_compare() | group).set_name(EXPECTED_CONDITION), "&&", And)
    condition <<= joined(conjunction, "||", Or)  # type: ignore[operator]  # pyparsing types it for tokens only
    entry = _any_fields() | _conditional(condition) | _named() | _nameless()
    entries = entry + pp.ZeroOrMore(pp.Suppress(",") - entry)
    end = pp.Suppress("]").set_name(EXPECTED_NEXT)
    nothing = pp.StringEnd().set_name(EXPECTED_END)
    whole: pp.ParserElement = pp.Suppress("[") - entries - end - nothing
    return whole.parse_with_tabs()  # else a tab inside quotes becomes blanks


def _any_fields() -> pp.ParserElement:
    return pp.Regex(r"\.\.\.").set_parse_action(lambda _, at, __: AnyFields(Span(at, at + 3)))


def _conditional(condition: pp.ParserElement) -> pp.ParserElement:
    def build(tokens: pp.ParseResults) -> Field:
        [condition] = tokens
        return Field(str(conditions(condition)[0].selector), condition, condition.span)

    return condition.copy().add_parse_action(build)


def _named() -> pp.ParserElement:
    return _name().add_parse_action(lambda tokens: Field(tokens[0][0], None, tokens[0][1]))


def _nameless() -> pp.ParserElement:
    return pp.Empty().set_parse_action(lambda: Field())  # noqa: PLW0108 - bare, it would be given the text as name


def _name() -> pp.ParserElement:
    whole = pp.Regex("[A-Za-z_][A-Za-z0-9_]*")
    return whole.set_parse_action(lambda _, at, tokens: [(tokens[0], Span(at, at + len(tokens[0])))])


def _compare() -> pp.ParserElement:
    ordering = pp.Regex("<=|>=|<|>") - _placed(number()).set_name(EXPECTED_NUMBER)
    kinds = (number(), word(RESERVED), quoted(), regex())
    equality = pp.Regex("!=|=") - pp.MatchFirst([_placed(kind) for kind in kinds]).set_name(EXPECTED_VALUE)

    def build(tokens: pp.ParseResults) -> Compare:
        (name, at), operator, (value, value_at) = tokens
        return Compare(Column((Name(name),), at), Op(operator), value, Span(at.start, value_at.end), value_at)

    test = (ordering | equality).set_name(EXPECTED_TEST)
    return (_name() + test).set_parse_action(build)


def _placed(value: pp.ParserElement) -> pp.ParserElement:
    """The value with its place in the text."""

    def build(tokens: pp.ParseResults) -> list[tuple[Value, Span]]:
        start, (found,), end = tokens
        return [(found, Span(start, end))]

    return pp.Located(value).set_parse_action(build)


def _check(entries: tuple[Entry, ...], source: str) -> None:
    """Refuse what the grammar allows and the service does not."""
    _check_any_fields(entries, source)
    named: set[str] = set()
    leaves: list[Condition] = []
    for entry in entries:
        if isinstance(entry, Field) and entry.name is not None:
            _check_name(entry, named, source)
            leaves += conditions(entry.condition) if entry.condition is not None else ()
    limits.check_values(leaves, source)


def _check_any_fields(entries: tuple[Entry, ...], source: str) -> None:
    places = [entry.span for entry in entries if isinstance(entry, AnyFields)]
    if len(places) > 1:
        hint = "name the fields in between, or leave them nameless between commas: [a, , b]"
        raise PatternError("expected at most one ... in a pattern", source, places[1], hint)


def _check_name(entry: Field, named: set[str], source: str) -> None:
    name = entry.name or ""
    if name in named:
        reason = f"expected every field name once, found {name} a second time"
        raise PatternError(reason, source, entry.span, f"write {name}2, or nothing between the commas")
    named.add(name)
    for leaf in conditions(entry.condition) if entry.condition is not None else ():
        if str(leaf.selector) != name:
            reason = f"expected a condition on {name} only, found {leaf.selector} in the same entry"
            hint = f"each condition stands in its own field's entry: […, {name} = …, {leaf}, …]"
            raise PatternError(reason, source, leaf.span, hint)
