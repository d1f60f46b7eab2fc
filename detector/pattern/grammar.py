"""From the text of a JSON filter pattern to its tree.

In: a pattern that begins with ``{``. Out: an expression of `detector.pattern.syntax`, or a
`PatternError` that says what was expected where. With `value_grammar` and `space_grammar` it is
all that knows pyparsing.

    pattern   := '{' or '}'
    or        := and ( '||' and )*
    and       := primary ( '&&' primary )*
    primary   := '(' or ')' | selector test
    test      := 'NOT' 'EXISTS' | 'IS' ( 'NULL' | 'TRUE' | 'FALSE' ) | ( '=' | '!=' ) value | ordering number
    value     := number | word | '"' characters '"' | '%' regex '%'
    selector  := '$' first step*              no blanks inside
    first     := '.' name | ".['" any "']" | '.*'
    step      := first | '[' digits ']' | '[*]'
    name      := letters, digits, '-', '_'    (ASCII)
    word      := letters, digits, '_', '-', '.', '+', '*'

Keywords may be written in any case (recorded for ``is null``; inferred for the rest).
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyparsing as pp

from detector.errors import PatternError
from detector.pattern import limits, syntax
from detector.pattern.json_mistakes import explain
from detector.pattern.syntax import And, Compare, Is, Kind, NotExists, Op, Or, Selector, Span

SHALLOW = 20
CALLS_PER_LEVEL = 60
_DEEP = threading.Lock()

# The lexer of the service takes `null` for the keyword (recorded), whatever its case (inferred).
NULL = "(?i:null)"

EXPECTED_CONDITION = "a condition that starts with a selector such as $.eventName"
EXPECTED_STEP = "a field after $, such as $.eventName"
EXPECTED_TEST = "=, !=, <, <=, >, >=, IS or NOT EXISTS"
EXPECTED_KIND = "NULL, TRUE or FALSE after IS"
EXPECTED_EXISTS = "EXISTS after NOT"
EXPECTED_VALUE = 'a number, a word, a "quoted string" or a %regex%'
EXPECTED_NUMBER = "a number without quotes after <, <=, > or >="
EXPECTED_CLOSE = ") to close this parenthesis"
EXPECTED_END = "&&, || or the closing }"


def parse(source: str) -> syntax.Expr:
    """The tree of a JSON filter pattern; blanks around it are accepted (unknown in the service)."""
    try:
        with room_for(source.count("(")):
            tokens = _pattern().parse_string(source, parse_all=True)
    except pp.ParseBaseException as error:
        raise _refusal(source, error) from None
    expr: syntax.Expr = tokens[0]
    limits.check(expr, source)
    return expr


@contextmanager
def room_for(parentheses: int) -> Iterator[None]:
    """Room on Python's stack: the service sets no limit to nesting, and pyparsing calls itself for each level."""
    if parentheses < SHALLOW:
        yield
        return
    with _DEEP:
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(before + parentheses * CALLS_PER_LEVEL)
        try:
            yield
        finally:
            sys.setrecursionlimit(before)


def parse_selector(source: str) -> Selector:
    """A selector that stands alone, as the value or a dimension of a metric filter has it."""
    try:
        return _lone_selector().parse_string(source, parse_all=True)[0]  # type: ignore[no-any-return]  # untyped
    except pp.ParseBaseException as error:
        raise _refusal(source, error) from None


@functools.cache
def _lone_selector() -> pp.ParserElement:
    return _selector().parse_with_tabs()


@functools.cache
def _pattern() -> pp.ParserElement:
    """Built at the first parse, since it costs more than the import."""
    expression = pp.Forward().set_name(EXPECTED_CONDITION)
    group = pp.Suppress("(") - expression - pp.Suppress(")").set_name(EXPECTED_CLOSE)
    primary = (_condition() | group).set_name(EXPECTED_CONDITION)
    conjunction = joined(primary, "&&", And)
    expression <<= joined(conjunction, "||", Or)  # type: ignore[operator]  # pyparsing types it for tokens only
    end = pp.Suppress("}").set_name(EXPECTED_END)
    nothing = pp.StringEnd().set_name("nothing after the closing }")
    whole: pp.ParserElement = pp.Suppress("{") - expression - end - nothing
    return whole.parse_with_tabs()  # else a tab inside quotes becomes blanks


def joined(term: pp.ParserElement, operator: str, node: type[And | Or]) -> pp.ParserElement:
    """``term (operator term)*`` as one flat node, or the term itself when it stands alone."""

    def build(tokens: pp.ParseResults) -> syntax.Expr:
        terms = tuple(tokens)
        return terms[0] if len(terms) == 1 else node(terms, Span(terms[0].span.start, terms[-1].span.end))

    return (term + pp.ZeroOrMore(pp.Suppress(operator) - term)).set_parse_action(build)


def _condition() -> pp.ParserElement:
    test = (_not_exists() | _is_kind() | _ordering() | _equality()).set_name(EXPECTED_TEST)
    whole = pp.Located(_selector() - test)

    def build(tokens: pp.ParseResults) -> syntax.Condition:
        start, (selector, make), end = tokens
        return make(selector, Span(start, end))  # type: ignore[no-any-return]  # untyped tokens

    return whole.set_parse_action(build)


def _selector() -> pp.ParserElement:
    key = pp.Regex(r"\.\['(.*?)'\]").set_parse_action(lambda t: syntax.Name(t[0][3:-2]))
    name = pp.Regex(r"\.[A-Za-z0-9_-]+").set_parse_action(lambda t: syntax.Name(t[0][1:]))
    members, elements = (
        pp.Literal(star).set_parse_action(lambda t: syntax.Wildcard(t[0])) for star in (".*", "[*]")
    )
    index = pp.Regex(r"\[[0-9]+\]").set_parse_action(lambda t: syntax.Index(int(t[0][1:-1])))
    first = (key | name | members).set_name(EXPECTED_STEP)
    steps = (first + pp.ZeroOrMore(key | name | members | elements | index)).leave_whitespace()
    whole = pp.Located(pp.Suppress("$") - steps)

    def build(tokens: pp.ParseResults) -> Selector:
        start, found, end = tokens
        return Selector(tuple(found), Span(start, end))

    return whole.set_parse_action(build)


Maker = Callable[[Selector, Span], syntax.Condition]


def _not_exists() -> pp.ParserElement:
    exists = _keyword("EXISTS").set_name(EXPECTED_EXISTS)
    return _making(_keyword("NOT") - exists, lambda _: NotExists)


def _is_kind() -> pp.ParserElement:
    kind = pp.Regex(r"(?i:NULL|TRUE|FALSE)\b").set_name(EXPECTED_KIND)

    def build(tokens: pp.ParseResults) -> Maker:
        asked = Kind(tokens[0].upper())
        return lambda selector, span: Is(selector, asked, span)

    return _making(pp.Suppress(_keyword("IS")) - kind, build)


def _ordering() -> pp.ParserElement:
    right = pp.Located(number().set_name(EXPECTED_NUMBER))
    return _comparison(pp.Regex("<=|>=|<|>"), right)


def _equality() -> pp.ParserElement:
    # Located one by one: around all of them, pyparsing would count the blanks in front.
    kinds = (number(), word(NULL), quoted(), regex())
    value = pp.MatchFirst([pp.Located(kind) for kind in kinds]).set_name(EXPECTED_VALUE)
    return _comparison(pp.Regex("!=|="), value)


def _comparison(operator: pp.ParserElement, value: pp.ParserElement) -> pp.ParserElement:
    def build(tokens: pp.ParseResults) -> Maker:
        operator, start, (found,), end = tokens
        return lambda selector, span: Compare(selector, Op(operator), found, span, Span(start, end))

    return _making(operator - value, build)


def _making(element: pp.ParserElement, build: Callable[[pp.ParseResults], Any]) -> pp.ParserElement:
    """The second half of a condition, as a function that waits for the selector and the span."""
    return element.set_parse_action(lambda tokens: [build(tokens)])


def _keyword(word: str) -> pp.ParserElement:
    return pp.Regex(rf"(?i:{word})\b")


def number() -> pp.ParserElement:
    """A number that no character of a word follows."""
    whole = pp.Regex(rf"{syntax.NUMBER.pattern}(?![\w.+*-])")
    return whole.set_parse_action(lambda t: syntax.Number(t[0]))


def word(reserved: str) -> pp.ParserElement:
    """A word without quotes that is none of the ``reserved`` ones (a regular expression)."""
    whole = pp.Regex(rf"(?!(?:{reserved})(?![\w.+*-])){syntax.BARE_WORD.pattern}")
    return whole.set_parse_action(lambda t: syntax.Text(t[0], quoted=False))


def quoted() -> pp.ParserElement:
    """A string in double quotes."""
    whole = pp.Regex(r'"(?:[^"\\]|\\[\s\S])*"')
    return whole.set_parse_action(lambda t: syntax.Text(out_of_quotes(t[0])))


def regex() -> pp.ParserElement:
    """Any characters between percent signs: which of them a regex may hold is a rule with a better message."""
    return pp.Regex(r"%[^%\n]*%").set_parse_action(lambda t: syntax.Regex(t[0][1:-1]))


def out_of_quotes(written: str) -> str:
    r"""``\"`` is a quote (recorded) and ``\\`` a backslash (inferred); any other pair stays as it is."""
    pieces = written[1:-1].split("\\\\")
    return "\\".join(piece.replace('\\"', '"') for piece in pieces)


def _refusal(source: str, error: pp.ParseBaseException) -> PatternError:
    """The error for what pyparsing could not read, in words a person can act on."""
    expected = error.msg.removeprefix("Expected ")
    place = len(source) - len(
        source[error.loc :].lstrip(" \t\r\n")
    )  # no-break blanks are a mistake of their own
    return explain(source, place, expected)
