"""The values of a comparison, as JSON and space-delimited patterns write them.

value  := number | word | '"' characters '"' | '%' regex '%'
word   := letters, digits, '_', '-', '.', '+', '*', and not a keyword of the service's lexer
"""

from __future__ import annotations

import pyparsing as pp

from detector.pattern import syntax


def number() -> pp.ParserElement:
    """A number that no letter of a word follows."""
    whole = pp.Regex(rf"{syntax.NUMBER.pattern}(?![\w.+*-])")
    return whole.set_parse_action(lambda t: syntax.Number(t[0]))


def word(reserved: str) -> pp.ParserElement:
    """A word without quotes that is none of the ``reserved`` ones (a regular expression)."""
    whole = pp.Regex(rf"(?!(?:{reserved})(?![\w.+*-])){syntax.BARE_WORD.pattern}")
    return whole.set_parse_action(lambda t: syntax.Text(t[0], quoted=False))


def quoted() -> pp.ParserElement:
    """A string in double quotes."""
    whole = pp.Regex(r'"(?:[^"\\]|\\[\s\S])*"')
    return whole.set_parse_action(lambda t: syntax.Text(unescape(t[0][1:-1])))


def regex() -> pp.ParserElement:
    """Any characters between percent signs: which of them a regex may hold is a rule with a better message."""
    return pp.Regex(r"%[^%\n]*%").set_parse_action(lambda t: syntax.Regex(t[0][1:-1]))


def unescape(inside: str) -> str:
    r"""``\"`` is a quote (recorded) and ``\\`` a backslash (inferred); any other pair stays as it is."""
    pieces = inside.split("\\\\")
    return "\\".join(piece.replace('\\"', '"') for piece in pieces)
