"""What CloudWatch Logs refuses although the grammar allows it.

In: a parsed JSON pattern. Out: nothing, or the `PatternError` for the first limit that it passes.
Sources: FilterAndPatternSyntax (2025 text) and TestMetricFilter recordings of 2026 for every rule here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from detector.errors import PatternError
from detector.pattern.syntax import Compare, Condition, Expr, Number, Regex, Span, Wildcard, conditions

MAX_LENGTH = 1024
MAX_REGEXES = 2
MAX_WILDCARDS = 3
MAX_WILDCARDS_PER_SELECTOR = 1
MAX_EXPONENT = 2**31 - 1

_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)$")
# A stand-alone regex may hold blanks (documented). Inside a JSON pattern one user reports a refusal, while
# public templates deploy such patterns: accepted, see docs/decisions/regex-blanks.md.
REGEX_BLANKS = " "
# Letters, digits, `: _ # = @ / ; , -` and the operators; no parentheses, no `!`, `&`, quotes or blanks.
# `\p` and `\P` are Unicode classes to RE2 and refused by the service.
_REGEX_CHARACTER = re.compile(r"(?!\\[pP])[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+.]")
_REGEX_ESCAPE = re.compile(r"\\(?:[dDsSwW]|x[0-9A-Fa-f]{2}|(?=[\x00-\x7f])[^A-Za-z0-9()\s\"!&])")


def check_length(source: str) -> None:
    """A pattern may have at most 1,024 characters."""
    if len(source) > MAX_LENGTH:
        reason = f"expected at most {MAX_LENGTH} characters, found {len(source)}"
        raise PatternError(
            reason, source, (MAX_LENGTH, len(source)), "take out blanks, or split the filter in two"
        )


def check(expr: Expr, source: str) -> None:
    """Refuse what passes a limit on wildcards, regexes or exponents."""
    leaves = conditions(expr)
    _check_wildcards(leaves, source)
    check_values(leaves, source)


def check_values(leaves: Sequence[Condition], source: str) -> None:
    """The limits on the values of a JSON or a space-delimited pattern: exponents and regexes."""
    compared = [leaf for leaf in leaves if isinstance(leaf, Compare)]
    _check_exponents(compared, source)
    regexes = [(leaf.value, leaf.value_span) for leaf in compared if isinstance(leaf.value, Regex)]
    for regex, span in regexes:
        check_regex(regex.source, source, span)
    if len(regexes) > MAX_REGEXES:
        reason = (
            f"expected at most {MAX_REGEXES} regular expressions per filter pattern, found {len(regexes)}"
        )
        raise PatternError(reason, source, regexes[MAX_REGEXES][1], "a | inside one regex joins two")


def _check_wildcards(leaves: tuple[Condition, ...], source: str) -> None:
    total = 0
    for leaf in leaves:
        count = sum(isinstance(step, Wildcard) for step in leaf.selector.steps)
        total += count
        if count > MAX_WILDCARDS_PER_SELECTOR:
            reason = f"expected at most {MAX_WILDCARDS_PER_SELECTOR} wildcard per selector, found {count}"
            raise PatternError(reason, source, leaf.selector.span, "name the field in place of one wildcard")
        if total > MAX_WILDCARDS:
            reason = f"expected at most {MAX_WILDCARDS} wildcard selectors per filter pattern"
            raise PatternError(reason, source, leaf.selector.span, "name a field in place of this wildcard")


def _check_exponents(leaves: Sequence[Compare], source: str) -> None:
    for leaf in leaves:
        if isinstance(leaf.value, Number):
            exponent = _EXPONENT.search(leaf.value.text)
            if exponent and abs(int(exponent[1])) > MAX_EXPONENT:
                reason = "expected an exponent of at most 32 bits"
                raise PatternError(
                    reason, source, leaf.value_span, 'a text that looks like a number needs "quotes"'
                )


def check_regex(regex: str, source: str, span: Span) -> None:
    """Refuse a regex that the service refuses; ``span`` includes the percent signs."""
    if not regex:
        raise PatternError("expected a regular expression between the % signs", source, span, "write %text%")
    place = 0
    while place < len(regex):
        match = _REGEX_ESCAPE.match(regex, place) or _REGEX_CHARACTER.match(regex, place)
        if match is None and regex[place] not in REGEX_BLANKS:
            raise _bad_character(regex, place, source, span.start + 1 + place)
        place = match.end() if match else place + 1
    _check_compiles(regex, source, span)


def _bad_character(regex: str, place: int, source: str, at: int) -> PatternError:
    char = regex[place + 1] if regex[place] == "\\" and place + 1 < len(regex) else regex[place]
    reason = f"expected a character that a regex here may hold, found {char!r}"
    if char in "pP":
        reason, hint = (
            f"expected a class that a regex here may hold, found \\{char}",
            "the classes are \\d \\D \\s \\S \\w \\W",
        )
    elif char in "()":
        hint = f"there are no groups; the character itself is \\x{ord(char):x}"
    elif char.isascii():
        hint = f"write \\x{ord(char):02x} for the character itself"
    else:
        hint = "only ASCII is allowed; . stands for any character"
    return PatternError(reason, source, (at, at + 1), hint)


def _check_compiles(regex: str, source: str, span: Span) -> None:
    from detector.pattern.regex import RegexError, compile_regex  # noqa: PLC0415 - RE2 loads only when used

    try:
        compile_regex(regex)
    except RegexError as error:
        reason = f"expected a regular expression that compiles: {error}"
        raise PatternError(reason, source, span, "the language is RE2's, without groups") from None
