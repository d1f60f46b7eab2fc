"""What people really write instead of a JSON filter pattern, and what to tell them.

In: a pattern, the place where the grammar could not go on, and what it expected there. Out: the
`PatternError` for it. The table works as `detector.pattern.mistakes` says: the first row that fits. Its hints say what
to write, with the words of the pattern at hand wherever they are known.
"""

from __future__ import annotations

import re

from detector.errors import PatternError
from detector.pattern.mistakes import EVERYWHERE, Mistake, fitting

_PATH = r"\$[^\s=!<>()&|}]+"
_SELECTOR = rf"(?P<selector>{_PATH})\s*"
_IS = _SELECTOR + r"(?i:\bIS)\s+$"
_OPERATOR = _SELECTOR + r"$"
_VALUE = r"=\s*$"
_ORDERING = r"[<>]=?\s*$"
_IN_PATH = r"\$[^\s=!<>()&|]*$"
_START = r"(?:[{(]|&&|\|\|)\s*$"
_DONE = r'[\w.+*"%)-]\s*$'
_ANY_OF = "write each comparison in full: ({selector} = … || {selector} = …)"
_HELD = 'write {selector} = "*", which is true when it holds a string or a number'
_NO_IS_NOT = "expected NULL, TRUE or FALSE after IS; there is no IS NOT"
_NUMBER = "expected a number without quotes after an ordering"
_STEP = "expected letters, digits, - or _ in a field name"
_INDEX = "expected an index of one element, counted from 0"

_VALUES = (
    Mistake(r">", "expected a number after <, found >", "write != instead of <>", r"<$"),
    Mistake(r"[<>!]", "expected a value after =, found {text}", "write {text}= instead of ={text}", r"[^<>!=]=$"),
    Mistake(r"=", "expected no blank inside an operator", "write {op}=", r"(?P<op>[<>])\s+$"),
    Mistake(r"=+", "expected a value, found a second =", "write != instead of !==", r"!=\s*$"),
    Mistake(r"=+", "expected a value, found a second =", "write = instead of ==", r"=\s*$"),
    Mistake(r"~", "expected a value, found ~", "write {selector} = %regex%", _SELECTOR + _VALUE),
    Mistake(r"(?i:null)\b", "expected a value, found the keyword {text}", "write {selector} IS NULL", _SELECTOR + _VALUE),
    Mistake(r"(?i:null)\b", "expected a value, found the keyword {text}", 'write {selector} = "*", which is true when it holds a string or a number', _SELECTOR + r"!=\s*$"),
    Mistake(r"(?i:EXISTS)\b", "expected && or || after the value NOT, found EXISTS", "write {selector} NOT EXISTS, without {op}", _SELECTOR + r"(?P<op>!?=)\s*(?i:NOT)\s+$"),
    Mistake(r"'(?P<inside>[^'\n]*)'", "expected double quotes, found single ones", 'write "{inside}"', _VALUE),
    Mistake(r"'(?P<inside>[^\s)}&|]*)", "expected double quotes, found a single one", 'write "{inside}"', _VALUE),
    Mistake(r"([\"'])\s*(?P<inside>[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*\1", _NUMBER, "write {inside}", _ORDERING),
    Mistake(r"\$\.[^\s)}&|]*", "expected a value, found a selector", "one field cannot be compared with another; text needs double quotes", r"[=<>]\s*$"),
    Mistake(r"[)}&|]|$", "expected a number after the ordering", "write $.field > 5", _ORDERING),
    Mistake(r"[^\s)}]+", _NUMBER + ", found {text}", "orderings compare numbers only; text has = and !=", _ORDERING),
    Mistake(r"/(?P<inside>[^\s/]+)/(?=[\s)}]|$)", "expected a value, found a regex between slashes", 'write %{inside}%, or "{text}" for the text itself', _VALUE),
    Mistake(r'"', "expected a second double quote to close this one", 'a quote inside quotes is \\"', _VALUE),
    Mistake(r"%", "expected a second % to close this regex", "a regex is %…%, without line breaks", _VALUE),
    Mistake(r"\\\"", 'expected ", found an escaped quote', 'write " without a backslash', _VALUE),
    Mistake(r"[(\[]", "expected one value, found {text}", "write each comparison in full: ({selector} != … && {selector} != …)", _SELECTOR + r"!=\s*$"),
    Mistake(r"[(\[]", "expected one value, found {text}", _ANY_OF, _SELECTOR + _VALUE),
    Mistake(r"\{\{[^}\n]*\}*", "expected a value, found a template placeholder", "render the template first", _VALUE),
    Mistake(r"\{", "expected a string or a number, found {text}", "compare the fields inside: {selector}.name = …", _SELECTOR + r"!?" + _VALUE),
    Mistake(r"[)}&|]|$", "expected a value after the operator", 'write $.field = "text" or $.field = 5', _VALUE),
    Mistake(r"[^\s)}&|]+", "expected a value, found {text}", 'a value with this character needs double quotes: "{text}"', _VALUE),
)  # fmt: skip

_SELECTORS = (
    Mistake(r"\{[^}\n]*\}?", "expected a pattern, found a template placeholder", "render the template first", r"\$$"),
    Mistake(r"(?P<inside>[A-Za-z_][\w-]*)", "expected a dot after $", "write $.{inside}", r"\$$"),
    Mistake(r"\.", "expected no blank inside a selector", "write the dot right after what is in front of it", r"\$\S*\s+$"),
    Mistake(r"\.?\"(?P<inside>[^\"\n]*)\"", "expected a field name without double quotes", "write .['{inside}']", _IN_PATH),
    Mistake(r"\.?\[\"(?P<inside>[^\"\n]*)\"\]", "expected single quotes inside the brackets", "write .['{inside}']", _IN_PATH),
    Mistake(r"\['(?P<inside>[^'\n]*)'\]", "expected a dot before the bracket", "write .['{inside}']", _IN_PATH),
    Mistake(r"\.?\[['\"][^\]\s]*", "expected '] to close the field name", "write .['name'], on one line", _IN_PATH),
    Mistake(r"\.\[(?P<inside>[0-9]+|\*)\]", "expected no dot before an index", "write [{inside}]", r"\$[^\s=!<>()&|]+$"),
    Mistake(r"\.?\[\*\]", "expected .* after $", "write $.* for any field of the event", r"\$$"),
    Mistake(r"\.?\[[0-9]+\]", "expected a field after $, for the event is an object", "write $.field{text}", r"\$$"),
    Mistake(r"\[[A-Za-z_][\w.-]*\]", _INDEX + ", found {text}", "write [0], [*] for any element, or .['name'] for a field", _IN_PATH),
    Mistake(r"\.?\[[^\]\s]*\]?", _INDEX, "write [0], or [*] for any element", _IN_PATH),
    Mistake(r"\.\s+[\w-]+", "expected no blank inside a selector", "write the name right after the dot", r"\$\S*$"),
    Mistake(r"\.\.", "expected one dot", "there is no search at any depth: write the whole path", r"\$\S*$"),
    Mistake(r"\.(?=[\s=!<>)}]|$)", "expected a field name after the dot", "write the name, or take the dot out", r"\$\S+$"),
    Mistake(r"\((?:\s*\))?", "expected an operator, found a call", "there are no functions: compare the field itself", r"\$[^\s=!<>()&|]+$"),
    Mistake(r"\.?(?P<inside>[^\s=!<>()&|.\[{}\x00-\x7f][^\s=!<>()&|.\[{}]*)", _STEP, "write the whole name as .['…']", _IN_PATH),
    Mistake(r"\.(?P<inside>[^\s=!<>()&|.\[{}]+)", _STEP, "write .['{inside}']", _IN_PATH),
    Mistake(r"(?P<inside>[@:/#~$,%^+][\w-]*)", _STEP, "write the name as .['…'] when it holds {inside}", r"\$[^\s=!<>()&|]+$"),
    Mistake(r"", "expected a field after $", "write $.eventName, or $.* for any field", r"\$\s*$"),
)  # fmt: skip

_OPERATORS = (
    Mistake(r"(?i:EXISTS)\b", "expected NOT EXISTS or a comparison; there is no EXISTS", _HELD, _OPERATOR),
    Mistake(r"(?i:NOT)\s+(?i:NULL)\b", _NO_IS_NOT, _HELD, _IS),
    Mistake(r"(?i:NOT)\s+(?i:EXISTS?)\b", "expected NULL, TRUE or FALSE after IS", "write {selector} NOT EXISTS, without IS", _IS),
    Mistake(r"(?i:NOT)\s+(?i:TRUE)\b", _NO_IS_NOT, "write {selector} IS FALSE, or ({selector} IS FALSE || {selector} NOT EXISTS) where it may be absent", _IS),
    Mistake(r"(?i:NOT)\s+(?i:FALSE)\b", _NO_IS_NOT, "write {selector} IS TRUE, or ({selector} IS TRUE || {selector} NOT EXISTS) where it may be absent", _IS),
    Mistake(r"(?i:NOT)\s+(?P<inside>\"[^\"\n]*\"|[\w.+*-]+)", _NO_IS_NOT, "write {selector} != {inside}", _IS),
    Mistake(r"[)}&|]|$|(?i:NOT)\b", "expected NULL, TRUE or FALSE after IS", "write {selector} IS NULL, IS TRUE or IS FALSE", _IS),
    Mistake(r"\"[^\"\n]*\"|[^\s)}]+", "expected NULL, TRUE or FALSE after IS, found {text}", "a value is compared with =: write {selector} = {text}", _IS),
    Mistake(r"[^\s)}&|]*", "expected EXISTS after NOT", "write {selector} NOT EXISTS", _SELECTOR + r"(?i:\bNOT)\s+$"),
    Mistake(r"(?i:NOT_?EXISTS?|DOES\s+NOT\s+EXIST|DOESN'T\s+EXIST|!\s*EXISTS)\b", "expected NOT EXISTS, found {text}", "write {selector} NOT EXISTS", _OPERATOR),
    Mistake(r"!\s+=", "expected no blank inside an operator", "write !=", _OPERATOR),
    Mistake(r"!~", "expected a comparison, found {text}", "write {selector} != %regex%", _OPERATOR),
    Mistake(r"~=?|(?i:MATCHES)\b", "expected a comparison, found {text}", "write {selector} = %regex%", _OPERATOR),
    Mistake(r'(?P<said>(?i:LIKE|CONTAINS))\s+"?(?P<inside>[\w.+-]+)"?', "expected a comparison, found {said}", 'write {selector} = "*{inside}*"', _OPERATOR),
    Mistake(r"(?i:LIKE|CONTAINS)\b", "expected a comparison, found {text}", 'write {selector} = "*text*"', _OPERATOR),
    Mistake(r"(?i:STARTS_?WITH)\b", "expected a comparison, found {text}", 'write {selector} = "text*"', _OPERATOR),
    Mistake(r"(?i:ENDS_?WITH)\b", "expected a comparison, found {text}", 'write {selector} = "*text"', _OPERATOR),
    Mistake(r"(?i:IN)\b", "expected a comparison, found {text}", _ANY_OF, _OPERATOR),
    Mistake(r":=?", "expected a comparison, found {text}", "write = instead of {text}", _OPERATOR),
    Mistake(r"\"[^\"\n]*\"|%[^%\n]*%", "expected an operator before the value", "write {selector} = {text}", _OPERATOR),
    Mistake(r"[)}]|&&|\|\||$", "expected an operator after the selector", _HELD, _OPERATOR),
    Mistake(r"[\w.-]+(?=\s*[=!<>])", "expected an operator after the selector, found {text}", "a name with a blank is written .['…']", _OPERATOR),
)  # fmt: skip

_JOINTS = (
    Mistake(r"(?:&&|\|\||(?i:AND|OR)\b)?\s*\{", "expected nothing after the closing }}", "join both with && or || inside one pair of braces", r"\}\s*$"),
    Mistake(r"\S+", "expected nothing after the closing }}, found {text}", "take it out", r"\}\s*$"),
    Mistake(r"(?i:AND)\b", "expected &&, found {text}", "write && instead of {text}"),
    Mistake(r"(?i:OR)\b", "expected ||, found {text}", "write || instead of {text}"),
    Mistake(r"&(?!&)", "expected a condition, found a third &", "take it out", r"&&$"),
    Mistake(r"\|(?!\|)", "expected a condition, found a third |", "take it out", r"\|\|$"),
    Mistake(r"&(?!&)", "expected &&, found a single &", "write && instead of &"),
    Mistake(r"\|(?!\|)", "expected ||, found a single |", "write || instead of |"),
    Mistake(r"[,;]", "expected && or ||, found {text}", "write && or || between two conditions"),
    Mistake(r"[^\s)}&|]+", "expected && or || after the number, found {text}", "orderings compare plain numbers, without units", r"[<>]=?\s*[+-]?[0-9.]+$"),
    Mistake(r"//|#|--", "expected && or ||, found {text}", "there are no comments: take it out", r"\s$"),
    Mistake(r'"(?P<rest>[^\s)}&|"]+)"', "expected one value, found two that touch", 'write "{word}{rest}", or "{word}\\"{rest}\\"" if the quotes belong to it', r"=\s*(?P<word>[\w.+*-]+)$"),
    Mistake(r'"', "expected a double quote on both sides of the value", 'write "{word}"', r"=\s*(?P<word>[\w.+*-]+)$"),
    Mistake(r"%(?P<rest>[^\s)}&|]*)", "expected &&, || or the end of the value, found %", 'a value with this character needs double quotes: "{word}{text}"', r"=\s*(?P<word>[\w.+*-]+)$"),
    Mistake(r"[^\s)}&|]+", "expected && or || after the regex, found {text}", "a regex ends at the second %; the character itself is \\x25", r"%[^%\s]*%$"),
    Mistake(r"[:/@#~$^?'\\!\[](?P<rest>[^\s)}&|]*)", "expected &&, || or the end of the value, found {first}", 'a value with this character needs double quotes: "{word}{text}"', r"=\s*(?P<word>[\w.+*-]+)$"),
    Mistake(r"(?P<rest>[\w.+*-]+(?:[ \t]+[\w.+*-]+)*)", "expected && or || after the value, found another word", 'a value with a blank needs double quotes: "{word} {rest}"', r"=\s*(?P<word>[\w.+*-]+)\s+$"),
    Mistake(r'["%\w]', "expected && or || after the value", 'a quote inside quotes is \\", and conditions are joined with && or ||', r'["%]\s*$'),
    Mistake(r"[$(]", "expected && or || between two conditions, found {text}", "write && or || in front of it", _DONE),
    Mistake(r"\)", "expected && or ||, found a ) that closes nothing", "take it out, or open its group with (", _DONE),
    Mistake(r"$", "expected the closing }}", "write }} after the last condition", _DONE),
)  # fmt: skip

_CONDITIONS = (
    Mistake(r"!\s*\(", "expected a condition; a group cannot be negated", "write the opposite of each condition"),
    Mistake(r"!(?=\s*\$)", "expected a condition; there is no ! in front of one", "write the opposite operator, such as != for =", _START),
    Mistake(rf"(?i:NOT)\s+(?:(?i:EXISTS?)\s+)?(?P<inside>{_PATH})(?:\s+(?i:EXISTS?)|(?=\s*(?:[)}}]|&&|\|\|)))", "expected a condition; NOT stands after a selector only", "write {inside} NOT EXISTS", _START),
    Mistake(r"(?i:NOT)\b", "expected a condition; NOT stands after a selector only", "write $.field NOT EXISTS, or the opposite operator, such as != for =", _START),
    Mistake(rf"(?i:EXISTS?)[\s(]+(?P<inside>{_PATH})\)?", "expected a condition; there is no EXISTS", 'write {inside} = "*", which is true when it holds a string or a number', _START),
    Mistake(r'"(?P<inside>[\w.-]+)"\s*:', "expected a condition, found JSON", 'an EventBridge pattern is another language: write $.{inside} = "…"'),
    Mistake(r"\{", "expected one opening {{, found a second", "write one pair of braces around the whole pattern", _START),
    Mistake(r'(?P<inside>"[^"\n]*"|%[^%\n]*%|[\w.+*-]+)(?=\s*(?:[)}&|]|$))', "expected a condition, found a value alone", "write {selector} {op} {inside}", rf"(?P<selector>{_PATH})\s*(?P<op>!?=)[^=<>$]*(?:&&|\|\|)\s*$"),
    Mistake(r'"(?P<inside>[\w.-]+)"', "expected a selector, found a quoted name", "write $.{inside}", _START),
    Mistake(r"(?P<inside>[A-Za-z_]\w*)\s*\(", "expected a selector, found the function {inside}", "there are no functions: compare the field itself", _START),
    Mistake(r"(?P<inside>[A-Za-z_][\w.-]*)", "expected a selector, found the bare word {text}", "write $.{inside}", _START),
    Mistake(r"@?\.(?P<inside>[\w.-]+)", "expected a selector that starts with $", "write $.{inside}", _START),
    Mistake(r"\}", "expected a condition between the braces", 'write {{ $.eventName = "*" }}, or the empty pattern for every event', r"\{\s*$"),
    Mistake(r"[)}]|&&|\|\||$", "expected a condition", 'write one such as $.eventName = "ConsoleLogin", or take out what stands beside it', _START),
)  # fmt: skip

MISTAKES = (*EVERYWHERE, *_VALUES, *_SELECTORS, *_OPERATORS, *_JOINTS, *_CONDITIONS)


def explain(source: str, place: int, expected: str) -> PatternError:
    """The error for a pattern that could not be read at ``place``."""
    unclosed = _unclosed(source) if place >= len(source.rstrip()) or source[place] == "}" else None
    if unclosed is not None and not source[:place].rstrip().endswith(("=", "<", ">", "&", "|", "$", "(")):
        hint = "write ) where the group ends"
        return PatternError("expected ) to close this parenthesis", source, (unclosed, unclosed + 1), hint)
    known = fitting(MISTAKES, source, place)
    if known is not None:
        return known
    found = _TOKEN.match(source, place)
    reason = f"expected {expected}, found {found[0]}" if found else f"expected {expected}"
    return PatternError(reason, source, found.span() if found else (place, place + 1))


_TOKEN = re.compile(r"[\w.+*-]+|&&|\|\||[!-~]")
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
