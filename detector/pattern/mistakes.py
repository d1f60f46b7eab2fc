"""What people really write instead of a filter pattern, and what to tell them.

In: a pattern, the place where the grammar could not go on, and what it expected there. Out: the
`PatternError` for it. The table is in the order in which it is tried; the first entry whose
expression fits at the place (and, if given, whose text before it fits too) decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from detector.errors import PatternError


class Mistake(NamedTuple):
    """``here`` is matched at the place of failure, ``before`` against the text in front of it."""

    here: str
    reason: str
    hint: str
    before: str = ""


_SELECTOR = r"(?P<selector>\$[^\s=!<>()&|]*)"

# What is wrong in a pattern of any kind.
EVERYWHERE = (
    Mistake(r"\$\{[^}]*\}?", "expected a pattern, found a template placeholder", "render the template first"),
    Mistake(
        "[\u201c\u201d\u2018\u2019\u00ab\u00bb]",
        "expected plain double quotes",
        'write "…" with the quotes of a keyboard',
    ),
    Mistake(
        r"&amp;|&lt;|&gt;|&quot;", "expected a plain character, found an HTML entity", "unescape it first"
    ),
)

MISTAKES = (
    *EVERYWHERE,
    # where a value was expected
    Mistake(r">", "expected a number after <, found >", "write != instead of <>", r"<$"),
    Mistake(r"=+", "expected a value, found a second =", "write = instead of ==", r"=\s*$"),
    Mistake(r"~", "expected a value, found ~", "write $.field = %regex%", r"=\s*$"),
    Mistake(
        r"(?i:null)\b",
        "expected a value, found the keyword {text}",
        "write {selector} IS NULL",
        _SELECTOR + r"\s*=\s*$",
    ),
    Mistake(
        r"(?i:null)\b",
        "expected a value, found the keyword {text}",
        'a field that is there and not null is {selector} = "*"',
        _SELECTOR + r"\s*!=\s*$",
    ),
    Mistake(
        r"'(?P<inside>[^']*)'?", "expected double quotes, found single ones", 'write "{inside}"', r"=\s*$"
    ),
    Mistake(
        r'"\s*(?P<inside>[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*"',
        "expected a number without quotes after an ordering",
        "write {inside}",
        r"[<>]=?\s*$",
    ),
    Mistake(
        r"[^\s)}]+",
        "expected a number without quotes after an ordering, found {text}",
        "orderings compare numbers only; text has = and !=",
        r"[<>]=?\s*$",
    ),
    Mistake(
        r'"', "expected a second double quote to close this one", 'a quote inside quotes is \\"', r"=\s*$"
    ),
    Mistake(r"%", "expected a second % to close this regex", "a regex is %…%, without line breaks", r"=\s*$"),
    Mistake(r"\\\"", 'expected ", found an escaped quote', 'write " without a backslash', r"=\s*$"),
    Mistake(
        r"[)}]|$", "expected a value after the operator", 'write $.field = "text" or $.field = 5', r"=\s*$"
    ),
    Mistake(
        r"[^\s)}&|]+",
        "expected a value, found {text}",
        'a value with this character needs double quotes: "{text}"',
        r"=\s*$",
    ),
    # inside a selector
    Mistake(
        r"\.?\"(?P<inside>[^\"]*)\"",
        "expected a field name without double quotes",
        "write .['{inside}']",
        r"\$[^\s=!<>()&|]*$",
    ),
    Mistake(
        r"\.?\[\"(?P<inside>[^\"]*)\"\]",
        "expected single quotes inside the brackets",
        "write .['{inside}']",
        r"\$[^\s=!<>()&|]*$",
    ),
    Mistake(
        r"\['(?P<inside>[^']*)'\]",
        "expected a dot before the bracket",
        "write .['{inside}']",
        r"\$[^\s=!<>()&|]*$",
    ),
    Mistake(
        r"\.?\[-?[0-9]*:?-?[0-9]*\]?",
        "expected an index of one element, counted from 0, after a field",
        "write $.field[0], or $.field[*] for any element",
        r"\$[^\s=!<>()&|]*$",
    ),
    Mistake(r"\[\*\]", "expected a field after $", "write $.* for any field", r"\$$"),
    Mistake(
        r"\.\s+[\w-]+", "expected no blank inside a selector", "write the name right after the dot", r"\$\S*$"
    ),
    Mistake(r"\.\.", "expected one dot", "there is no search at any depth: write the whole path", r"\$\S*$"),
    Mistake(
        r"\.?(?P<inside>[^\s=!<>()&|.\[{}]*[^\x00-\x7f@:/#~$,%^+][^\s=!<>()&|.\[{}]*)",
        "expected letters, digits, - or _ in a field name",
        "write .['{inside}']",
        r"\$\S*$",
    ),
    Mistake(
        r"\.(?P<inside>[^\s=!<>()&|.\[{}]+)",
        "expected letters, digits, - or _ in a field name",
        "write .['{inside}']",
        r"\$\S*$",
    ),
    Mistake(
        r"(?P<inside>[@:/#~$,%^+][\w-]*)",
        "expected letters, digits, - or _ in a field name",
        "write the name as .['…'] when it holds {inside}",
        r"\$[^\s=!<>()&|]+$",
    ),
    Mistake(r"", "expected a field after $", "write $.eventName, or $.* for any field", r"\$\s*$"),
    # where an operator was expected
    Mistake(
        r"(?i:EXISTS)\b",
        "expected NOT EXISTS or a comparison; there is no EXISTS",
        'write {selector} = "*", which is true when it holds a string or a number',
        _SELECTOR + r"\s+$",
    ),
    Mistake(
        r"(?i:NOT)\s+(?i:NULL)\b",
        "expected NULL, TRUE or FALSE after IS; there is no IS NOT",
        'write {selector} = "*", which is true when it holds a string or a number',
        _SELECTOR + r"\s+(?i:IS)\s+$",
    ),
    Mistake(
        r"(?i:NOT)\s+(?i:EXISTS?)\b",
        "expected NULL, TRUE or FALSE after IS",
        "write {selector} NOT EXISTS, without IS",
        _SELECTOR + r"\s+(?i:IS)\s+$",
    ),
    Mistake(
        r"(?i:NOT)\b",
        "expected NULL, TRUE or FALSE after IS; there is no IS NOT",
        "write the other one: IS FALSE for IS NOT TRUE, and ( … || {selector} NOT EXISTS) for the absent field",
        _SELECTOR + r"\s+(?i:IS)\s+$",
    ),
    Mistake(
        r"\S+",
        "expected NULL, TRUE or FALSE after IS, found {text}",
        'text is compared with =: write {selector} = "…"',
        _SELECTOR + r"\s+(?i:IS)\s+$",
    ),
    Mistake(
        r"\S*", "expected EXISTS after NOT", "write {selector} NOT EXISTS", _SELECTOR + r"\s+(?i:NOT)\s+$"
    ),
    Mistake(r"~=|!~|(?i:LIKE|MATCHES)\b", "expected a comparison, found {text}", "write $.field = %regex%"),
    Mistake(r"(?i:CONTAINS|IN|STARTSWITH|ENDSWITH)\b", "expected a comparison", 'write $.field = "*text*"'),
    Mistake(r":", "expected a comparison, found :", "write = instead of :", _SELECTOR + r"\s*$"),
    # between conditions
    Mistake(r"(?i:AND)\b", "expected &&, found {text}", "write && instead of {text}"),
    Mistake(r"(?i:OR)\b", "expected ||, found {text}", "write || instead of {text}"),
    Mistake(r"&(?!&)", "expected &&, found a single &", "write && instead of &"),
    Mistake(r"\|(?!\|)", "expected ||, found a single |", "write || instead of |"),
    Mistake(r",", "expected && or ||, found a comma", "write && or || between two conditions"),
    Mistake(
        r"[:/@#~$^;?'\\!\[](?P<rest>[^\s)}&|]*)",
        "expected &&, || or the end of the value, found {first}",
        'a value with this character needs double quotes: "{word}{text}"',
        r"=\s*(?P<word>[\w.+*-]+)$",
    ),
    Mistake(
        r"(?P<rest>[\w.+*-]+(?:[ \t]+[\w.+*-]+)*)",
        "expected && or || after the value, found another word",
        'a value with a blank needs double quotes: "{word} {rest}"',
        r"=\s*(?P<word>[\w.+*-]+)\s+$",
    ),
    Mistake(
        r'["%\w]',
        "expected && or || after the value",
        'a quote inside quotes is \\", and conditions are joined with && or ||',
        r'["%]\s*$',
    ),
    # where a condition was expected
    Mistake(
        r"!\s*\(", "expected a condition; a group cannot be negated", "write the opposite of each condition"
    ),
    Mistake(
        r"(?i:NOT)\b", "expected a condition; NOT stands after a selector only", "write $.field NOT EXISTS"
    ),
    Mistake(
        r'"(?P<inside>[\w.-]+)"\s*:',
        "expected a condition, found JSON",
        'an EventBridge pattern is another language: write $.{inside} = "…"',
    ),
    Mistake(
        r"\{", "expected one opening {{, found a second", "write one pair of braces around the whole pattern"
    ),
    Mistake(
        r"(?P<inside>[A-Za-z_][\w.-]*)",
        "expected a selector, found the bare word {text}",
        "write $.{inside}",
        r"(?:[{(]|&&|\|\|)\s*$",
    ),
)


def explain(source: str, place: int, expected: str) -> PatternError:
    """The error for a pattern that could not be read at ``place``."""
    unclosed = _unclosed(source) if place >= len(source.rstrip()) or source[place] == "}" else None
    if unclosed is not None and not source[:place].rstrip().endswith(("=", "<", ">", "&", "|", "$", "(")):
        return PatternError("expected ) to close this parenthesis", source, (unclosed, unclosed + 1))
    known = fitting(MISTAKES, source, place)
    if known is not None:
        return known
    found = source[place : place + 20].split("\n", maxsplit=1)[0].strip()
    reason = f"expected {expected}, found {found!r}" if found else f"expected {expected}"
    return PatternError(reason, source, (place, place + 1))


def fitting(mistakes: Iterable[Mistake], source: str, place: int) -> PatternError | None:
    """The error of the first mistake that fits at ``place``, if there is one."""
    errors = (_fitting(mistake, source, place) for mistake in mistakes)
    return next((error for error in errors if error is not None), None)


def _fitting(mistake: Mistake, source: str, place: int) -> PatternError | None:
    here = re.compile(mistake.here).match(source, place)
    before = re.search(mistake.before, source[:place]) if mistake.before else None
    if here is None or (mistake.before and before is None):
        return None
    words = here.groupdict() | (before.groupdict() if before else {})
    words |= {"text": here[0], "first": here[0][:1]}
    return PatternError(
        mistake.reason.format(**words),
        source,
        (here.start(), max(here.end(), here.start() + 1)),
        mistake.hint.format(**words),
    )


_OPAQUE = re.compile(r'"(?:[^"\\]|\\[\s\S])*"|%[^%\n]*%|[()]')


def _unclosed(source: str) -> int | None:
    """The innermost opening parenthesis that is never closed; quotes and regexes hide theirs."""
    opened: list[int] = []
    for match in _OPAQUE.finditer(source):
        if match[0] == "(":
            opened.append(match.start())
        elif match[0] == ")" and opened:
            opened.pop()
    return opened[-1] if opened else None
