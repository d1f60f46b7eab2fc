"""From the text of a composite alarm's rule to its tree.

In: an AlarmRule. Out: an expression of `detector.composite.syntax`, or a `RuleError` with the service's own sentence
where one is recorded, the place, and what to write instead.

    or        := and ( 'OR' and )*
    and       := not ( 'AND' not )*
    not       := 'NOT' not | primary
    primary   := '(' or ')' | 'TRUE' | 'FALSE' | state '(' alarm ')'
               | 'AT_LEAST' '(' number '%'? ',' 'NOT'? state ',' '(' alarm ( ',' alarm )* ')' ')'
    state     := 'ALARM' | 'OK' | 'INSUFFICIENT_DATA'
    alarm     := '"' characters '"' | characters other than blanks, quotes, parentheses and commas

Keywords are upper case only (recorded). That AND binds closer than OR is derived, not recorded.
"""

from __future__ import annotations

import functools
import re
from itertools import accumulate

import pyparsing as pp

from detector.alarm import State
from detector.composite import syntax
from detector.composite.syntax import (
    LONGEST,
    MOST_CHILDREN,
    MOST_ELEMENTS,
    And,
    AtLeast,
    Constant,
    Expr,
    InState,
    Not,
    Or,
    Reference,
)
from detector.errors import RuleError
from detector.pattern.grammar import out_of_quotes, room_for

DEEPEST = 100
"""Expressions inside of each other: a limit of this project, which the service is not known to have."""
_PERCENT = 100

# The service's own words for what it expects (recorded); the rest are in the same form.
_EXPRESSION = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA"
_END = "<EOF>, 'AND', 'OR'"
_GROUP_END = "')', 'AND', 'OR'"
_STATE = "'NOT', ALARM, OK, or INSUFFICIENT_DATA"
_NUMBER = "a whole number or percentage"
_NAME = "an alarm name or ARN"
_NOTHING = "<EOF>"

_TOKEN = re.compile(r'"(?:[^"\\]|\\[\s\S])*"?|[(),]|[^\s(),"]+|$')
_CURES = (
    (re.compile(r"&&?|[aA][nN][dD]"), "write AND"),
    (re.compile(r"\|\|?|[oO][rR]"), "write OR"),
    (re.compile(r"!.*|[nN][oO][tT]"), "write NOT in front of an expression"),
    (
        re.compile(r"true|false|alarm|ok|insufficient_data|at_least", re.IGNORECASE),
        "keywords are written in upper case",
    ),
)


def parse(source: str) -> Expr:
    """The tree of a rule; a `RuleError` for what PutCompositeAlarm would refuse."""
    if not source.strip() or len(source) > LONGEST:
        reason = f"expected an AlarmRule of 1 to {LONGEST:,} characters, found {len(source):,}"
        raise RuleError(reason, source, (0, len(source)), 'such as ALARM("a") AND NOT OK("b")')
    opened = [token[0] for token in _TOKEN.finditer(source) if token[0] in {"(", ")"}]
    depths = accumulate(1 if mark == "(" else -1 for mark in opened)
    if max(depths, default=0) > MOST_ELEMENTS:
        raise _too_large(source, opened.count("("))
    try:
        with room_for(len(opened) + source.count("NOT")):
            expr: Expr = _rule().parse_string(source, parse_all=True)[0]
    except pp.ParseBaseException as error:
        raise _refusal(source, error) from None
    _check(expr, source, opened.count("("))
    return expr


@functools.cache
def _rule() -> pp.ParserElement:
    """Built at the first parse, since it costs more than the import."""
    expression = pp.Forward()
    group = _mark("(") - expression - _mark(")", _GROUP_END)
    constant = (_word("TRUE") | _word("FALSE")).set_parse_action(lambda t: Constant(t[0] == "TRUE"))
    primary = (group | _at_least() | constant | _in_state()).set_name(_EXPRESSION)
    negation = pp.Forward()
    negated = (pp.Suppress(_word("NOT")) - negation).set_parse_action(lambda t: Not(t[0]))
    negation <<= (negated | primary).set_name(_EXPRESSION)
    conjunction = _joined(negation, "AND", And)
    expression <<= _joined(conjunction, "OR", Or)
    whole: pp.ParserElement = expression - pp.StringEnd().set_name(_END)
    return whole.parse_with_tabs()


def _joined(term: pp.ParserElement, operator: str, node: type[And | Or]) -> pp.ParserElement:
    whole = term + pp.ZeroOrMore(pp.Suppress(_word(operator)) - term)
    return whole.set_parse_action(lambda t: t[0] if len(t) == 1 else node(tuple(t)))


def _in_state() -> pp.ParserElement:
    whole = _state() - _mark("(") - _reference() - _mark(")")
    return whole.set_parse_action(lambda t: InState(t[0], t[1]))


def _at_least() -> pp.ParserElement:
    number = pp.Regex(r"[0-9]+%?(?=[\s,]|$)").set_name(_NUMBER)
    negated = pp.Opt(_word("NOT"))
    state = pp.Group(negated + _state()).set_name(_STATE)
    names = _mark("(") - _reference() - pp.ZeroOrMore(_mark(",") - _reference()) - _mark(")", "',', ')'")
    listed = _mark("(") - number - _mark(",") - state - _mark(",") - pp.Group(names) - _mark(")")
    whole = pp.Located(pp.Suppress(_word("AT_LEAST")) - listed)

    def build(tokens: pp.ParseResults) -> AtLeast:
        start, (number, state, names), end = tokens
        percent = number.endswith("%")
        counted = int(number.rstrip("%"))
        return AtLeast(counted, percent, len(state) > 1, state[-1], tuple(names), (start, end))

    return whole.set_parse_action(build)


def _state() -> pp.ParserElement:
    words = pp.MatchFirst([_word(str(state)) for state in State]).set_name(_STATE)
    return words.set_parse_action(lambda t: State(t[0]))


def _reference() -> pp.ParserElement:
    quoted = pp.Regex(r'"(?:[^"\\]|\\[\s\S])+"').set_parse_action(lambda t: out_of_quotes(t[0]))
    bare = pp.Regex(r'[^\s(),"]+')
    located = pp.Located((quoted | bare).set_name(_NAME))

    def build(tokens: pp.ParseResults) -> Reference:
        start, (written,), end = tokens
        return Reference(written, (start, end))

    return located.set_name(_NAME).set_parse_action(build)


def _word(word: str) -> pp.ParserElement:
    """A keyword that no other character of a token follows."""
    return pp.Regex(rf'{word}(?![^\s(),"])')


def _mark(mark: str, expected: str = "") -> pp.ParserElement:
    return pp.Suppress(mark).set_name(expected or f"'{mark}'")


def _refusal(source: str, error: pp.ParseBaseException) -> RuleError:
    """The service's sentence for the token that it does not take, and a cure."""
    place = len(source) - len(source[error.loc :].lstrip())
    found = _TOKEN.match(source, place)
    token = found[0] if found else ""
    expected = error.msg.removeprefix("Expected ")
    said = f"Unsupported token '{token or _NOTHING}' at char {place}, must be: {expected}"
    hint = next((cure for wrong, cure in _CURES if wrong.fullmatch(token) and not token.isupper()), "")
    if expected == "')'" and re.fullmatch(r"[^(),]+", token):
        hint = "a name with blanks needs double quotes"
    elif token.startswith('"') and expected == _NAME:
        hint = "a name has a character at least, and a second double quote behind it"
    elif token.startswith('"'):
        hint = 'a name stands inside of a state: ALARM("name")'
    elif expected == _NUMBER:
        hint = "such as 2, or 50%"
    return RuleError(f"Error in AlarmRule [{said}]", source, (place, place + max(1, len(token))), hint)


def _check(expr: Expr, source: str, opened: int) -> None:
    """What is said of the numbers of AT_LEAST, and of how large a rule may be."""
    nodes = list(syntax.nodes(expr))
    for node in nodes:
        if isinstance(node, AtLeast):
            most = _PERCENT if node.percent else len(node.alarms)
            if not 1 <= node.number <= most:
                of = f"absolute threshold must be between 1 and number of alarms ({most})"
                reason = f"percentage threshold must be between 1% and {most}%" if node.percent else of
                raise RuleError(reason, source, node.span)
    named = syntax.references(expr)
    for reference in named:
        if not reference.name.strip():
            raise RuleError(f"expected {_NAME}, found only blanks", source, reference.span)
    # Parentheses that belong to a function are no element.
    functions = sum(2 if isinstance(node, AtLeast) else isinstance(node, InState) for node in nodes)
    constants = sum(isinstance(node, Constant) for node in nodes)
    elements = len(named) + constants + opened - functions
    if elements > MOST_ELEMENTS:
        raise _too_large(source, elements)
    whole = (0, len(source))
    if (many := len(syntax.children(expr))) > MOST_CHILDREN:
        reason = f"expected an AlarmRule of at most {MOST_CHILDREN} different alarms, found {many:,}"
        raise RuleError(reason, source, whole, "combine some of them in composite alarms of their own")
    if syntax.depth(expr) > DEEPEST:
        reason = (
            f"expected at most {DEEPEST} expressions inside of each other, which is as deep as is read here"
        )
        raise RuleError(
            reason, source, whole, "leave out NOT NOT, or combine some in a composite of their own"
        )


def _too_large(source: str, elements: int) -> RuleError:
    most = f"expected an AlarmRule of at most {MOST_ELEMENTS} elements (children, TRUE, FALSE, parentheses)"
    return RuleError(f"{most}, found {elements:,}", source, (0, len(source)))
