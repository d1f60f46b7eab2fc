"""What people really write instead of a filter pattern, and what to tell them.

In: a pattern, the place where the grammar could not go on, and what it expected there. Out: the `PatternError` for
it. A table is in the order in which it is tried; the first row whose expression fits at the place (and, if given, whose
text before it fits too) decides. A row stays on its line (``fmt: skip``), else a table is too long to be seen as one.
The largest table, that of JSON patterns, is in `json_mistakes`.
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


# What is wrong in a pattern of any kind.
EVERYWHERE = (
    Mistake(r"\$\{[^}]*\}?", "expected a pattern, found a template placeholder", "render the template first"),
    Mistake("[\u201c\u201d\u2018\u2019\u00ab\u00bb]", "expected plain double quotes", 'write "…" with the quotes of a keyboard'),
    Mistake(r"&amp;|&lt;|&gt;|&quot;", "expected a plain character, found an HTML entity", "unescape it first"),
    Mistake("[\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]", "expected a plain blank, found one that only looks like it", "copied text often holds no-break and zero-width blanks: type a new one"),
)  # fmt: skip

_VALUE = r"=\s*$"
_ORDERING = r"[<>]=?\s*$"
_ENTRY = r"[\[,]\s*$"
_NAME = r"(?P<name>\w+)\s*$"

FIELDS = (
    *EVERYWHERE,
    # where a value was expected
    Mistake(r">", "expected a number after <, found >", "write != instead of <>", r"<$"),
    Mistake(r"[<>]", "expected a value after =, found {text}", "write {text}= instead of ={text}", r"[^<>!]=$"),
    Mistake(r"=+", "expected a value, found a second =", "write = instead of ==", r"=\s*$"),
    Mistake(r"~", "expected a value, found ~", "write field = %regex%", _VALUE),
    Mistake(r"(?i:null)\b", "expected a value, found the keyword {text}", 'a field is always text: "{text}" is that word, and "" the empty field', _VALUE),
    Mistake(r"SPACE\b", "expected a value, found the reserved word SPACE", 'write "SPACE" for the word; fields are separated by blanks anyway', _VALUE),
    Mistake(r"'(?P<inside>[^'\]\n]*)'?", "expected double quotes, found single ones", 'write "{inside}"', _VALUE),
    Mistake(r'"\s*(?P<inside>[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*"', "expected a number without quotes after an ordering", "write {inside}", _ORDERING),
    Mistake(r"[^\s,\]]+", "expected a number without quotes after an ordering, found {text}", "orderings compare numbers only; text has = and !=", _ORDERING),
    Mistake(r"$|[,\]]", "expected a number after the ordering", "write bytes > 1000", _ORDERING),
    Mistake(r'"', "expected a second double quote to close this one", 'a quote inside quotes is \\"', _VALUE),
    Mistake(r"%", "expected a second % to close this regex", "a regex is %…%, without line breaks", _VALUE),
    Mistake(r"\\\"", 'expected ", found an escaped quote', 'write " without a backslash', _VALUE),
    Mistake(r"$|[,)\]]", "expected a value after the operator", 'write status = 404, or status = "" for empty', _VALUE),
    Mistake(r"[^\s,\]&|]+", "expected a value, found {text}", 'a value with this character needs double quotes: "{text}"', _VALUE),
    # where a condition was expected
    Mistake(r'(?P<inside>"[^"]*"|%[^%]*%|[\w.*+-]+)', "expected a condition, found a value alone", "write {name} {op} {inside}", r"(?P<name>[A-Za-z_]\w*)\s*(?P<op>!?=)[^,=]*(?:&&|\|\|)\s*$"),
    Mistake(r"$|[,)\]&|]", "expected a condition, found a value alone", "write {name} {op} {inside}", r"(?P<name>[A-Za-z_]\w*)\s*(?P<op>!?=)[^,=]*(?:&&|\|\|)\s*(?P<inside>\w+)\s*$"),
    Mistake(r"$|[,)\]&|]", "expected a condition after {operator}", "write {name} = …, or leave {operator} out", r"(?P<name>[A-Za-z_]\w*)\s*!?=[^,=]*(?P<operator>&&|\|\|)\s*$"),
    # where an entry was expected
    Mistake(r"\[", "expected a field name, found a second [", "brackets of the event are taken off by themselves: name the field, as in [time, level]", _ENTRY),
    Mistake(r"!(?!=)", "expected a field name, found !", "a condition is negated with !=, as in status != 200", _ENTRY),
    Mistake(r"\$\.?(?P<inside>\w+)", "expected a field name without $", "write {inside}", r"[\[,(&|]\s*$"),
    Mistake(r"(?P<inside>[0-9]\w*)", "expected a field name that does not begin with a digit", "write _{inside}, or a condition such as code = {inside}", r"[\[,(&|]\s*$"),
    Mistake(r"…|\.+", "expected three dots for any number of fields, found {text}", "write ...", _ENTRY),
    Mistake(r'(?P<inside>"[^"]*"|%[^%]*%|[\w.*+-]+)', "expected a field name, found a value", "give the field a name and compare it: word = {inside}", _ENTRY),
    Mistake(r"[!=<>]=?", "expected a field name in front of {text}", "name the field: word {text} …", _ENTRY),
    Mistake(r"\{", "expected a field name, found {{", "a JSON pattern has no brackets around its braces", _ENTRY),
    # after a name or a condition
    Mistake(r"==", "expected = after the field name, found ==", "write ="),
    Mistake(r"-(?P<inside>[\w-]*)", "expected letters, digits or _ in a field name, found -", "write _ in place of -", r"(?:[\[,(&|])\s*\w+$"),
    Mistake(r"(?i:AND)\b", "expected &&, found {text}", "write && instead of {text}", r"[\w\"%*)]\s+$"),
    Mistake(r"(?i:OR)\b", "expected ||, found {text}", "write || instead of {text}", r"[\w\"%*)]\s+$"),
    Mistake(r"&(?!&)", "expected &&, found a single &", "write && instead of &"),
    Mistake(r"\|(?!\|)", "expected ||, found a single |", "write || instead of |"),
    Mistake(r"&&|\|\|", "expected a comparison of {name} before {text}", 'write {name} = "…", or leave the operator out', r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s*$"),
    Mistake(r"(?i:IS|NOT|EXISTS)\b", "expected a comparison of {name}, found {text}", 'a field is there or the event does not match; an empty one is {name} = ""', r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s+$"),
    Mistake(r"~=|!~|(?i:LIKE|MATCHES)\b", "expected a comparison, found {text}", "write {name} = %regex%", r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s*$"),
    Mistake(r"(?i:CONTAINS|IN|STARTSWITH|ENDSWITH)\b", "expected a comparison, found {text}", 'write {name} = "*text*"', r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s+$"),
    Mistake(r":", "expected a comparison of {name}, found :", "write = instead of :", r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s*$"),
    Mistake(r"\.+$|\.+(?=[\],])", "expected three dots, found more", "write ...", r"\.\.\.$"),
    Mistake(r"\.\w*", "expected letters, digits or _ in a field name, found .", "write _ in place of .", r"[\[,(&|]\s*[A-Za-z_]\w*$"),
    Mistake(r"[^\x00-\x7f]", "expected letters from a to z, digits or _ in a field name, found {text}", "write the name in plain letters; values may hold any", r"[\[,(&|]\s*\w*$"),
    Mistake(r"[*]+", "expected a field name without {first}", "a wildcard belongs into a value: {name} = {name}*", r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)$"),
    Mistake(r"[^\s,\])&|\w\"%][^\s,\]&|]*", "expected , or ] or the end of the value, found {first}", 'a value with this character needs double quotes: "{word}{text}"', r"[=<>]\s*(?P<word>[\w.+*-]+)$"),
    Mistake(r"[\w.+*-]+(?:[ \t]+[\w.+*-]+)*", "expected , or ] after the value, found another word", 'a value with a blank needs double quotes, "{word} {text}", and fields are separated by commas', r"=\s*(?P<word>[\w.+*-]+)\s+$"),
    Mistake(r'["%\w]', "expected , or ] after the value, found {text}", 'a quote inside quotes is \\", and fields are separated by commas', r'["%]\s*$'),
    Mistake(r";|\w+", "expected a comma between two fields", "write [{name}, …]", _NAME),
    Mistake(r"\)", "expected , or ], found ) without its (", "leave it out"),
    # the brackets
    Mistake(r"$", "expected ] to close the pattern", "a pattern that begins with [ ends with ]"),
)  # fmt: skip
_AFTER_FIELDS = Mistake(
    r"[\s\S]+",
    "expected nothing after the closing ]: a pattern that begins with [ ends with ]",
    "to look for brackets in the text, put them into double quotes",
)


_QUOTES = 'a term with this character needs double quotes: "{word}{text}"'
_WORD = r'(?:^|(?<=[\s"]))[-?]?(?P<word>[^\s"]*)$'

TERMS = (
    *EVERYWHERE,
    # JSON and key=value without the quotes around the whole
    Mistake(r'(?P<between>[=:])"(?P<inside>[^"]*)"', "expected a blank after the term, found {first}", 'put the whole into double quotes: "{word}{between}\\"{inside}\\""', r"(?:^|\s)[-?]?(?P<word>[\w.-]+)$"),
    Mistake(r'(?P<between>:\s*)"(?P<inside>[^"]*)"', "expected a blank after the closing quote, found :", 'put the whole into double quotes: "\\"{word}\\"{between}\\"{inside}\\""', r'"(?P<word>[^"]*)"$'),
    # beside a phrase
    Mistake(r"[^\s]", "expected a blank after the closing quote, found {text}", 'terms are separated by blanks, and a quote inside quotes is \\"', r'"$'),
    Mistake(r'""', "expected at least one character between the quotes", "a pattern that matches every event is empty: it has no quotes either"),
    Mistake(r'"[^"]+"', "expected a blank before the opening quote", "terms are separated by blanks", r"[\w.]$"),
    Mistake(r'"', "expected a second double quote to close this one", 'a quote inside quotes is \\"'),
    Mistake(r"\\\"", 'expected ", found an escaped quote', 'write " without a backslash', r"(?:^|[\s?-])$"),
    Mistake(r"'(?P<inside>[^'\n]*)'", "expected double quotes, found single ones", 'write "{inside}"', r"(?:^|[\s?-])$"),
    # another kind of pattern
    Mistake(r"[(\s]*\$[.\[]", "expected a term, found a JSON selector", "a JSON pattern stands in braces: write {{ $.field = value }}"),
    Mistake(r"%[^%]+%", "expected a term: a regex has to be the whole pattern", "write only %…% (with | for or), or only terms"),
    Mistake(r"&&?", "expected a term, found {text}", "all terms have to occur anyway: leave {text} out"),
    Mistake(r"\|\|?", "expected a term, found {text}", "where one of the terms is enough, write ?this ?that"),
    Mistake(r"/(?P<inside>\S+)/$", "expected a term, found slashes around a regex", "a regex is the whole pattern and written %{inside}%", r"^\s*$"),
    Mistake(r"!", "expected a term, found !", "an excluded term is written with -, as in -timeout", r"(?:^|\s)$"),
    # characters
    Mistake(r"\*", "expected a blank or a term, found *", 'terms are found anywhere in the message, also inside words: leave the * out, or write "*" for the character'),
    Mistake(r"[-?]", "expected a term after the operator, found {text}", 'to look for the character, write "{text}"'),
    Mistake(r"$", "expected a term after {operator}", 'to look for the character, write "{operator}"', r"(?P<operator>[-?])\s*$"),
    Mistake(r'[^\s"]+', "expected letters, digits, _ or . in a term, found {first}", _QUOTES, _WORD),
)  # fmt: skip


def fitting(mistakes: Iterable[Mistake], source: str, place: int) -> PatternError | None:
    """The error of the first mistake that fits at ``place``, if there is one."""
    for mistake in mistakes:
        here = re.compile(mistake.here).match(source, place)
        before = re.search(mistake.before, source[:place])
        if here is None or before is None:
            continue
        words = here.groupdict() | before.groupdict() | {"text": here[0], "first": here[0][:1]}
        span = here.start(), max(here.end(), here.start() + 1)
        return PatternError(mistake.reason.format(**words), source, span, mistake.hint.format(**words))
    return None


def in_fields(source: str, place: int, expected: str) -> PatternError:
    """The error for a space-delimited pattern that could not be read at ``place``."""
    before = source[:place].rstrip()
    ended = before.endswith("]") and expected.startswith("nothing")
    known = fitting([_AFTER_FIELDS] if ended else FIELDS, source, place)
    if known is not None:
        return known
    if before.endswith(("[", ",")):  # nothing is an entry too, so the grammar itself expects a comma there
        expected = "a field name, a condition such as status = 404, or ..."
    found = source[place : place + 20].split("\n", maxsplit=1)[0].strip()
    reason = f"expected {expected}, found {found!r}" if found else f"expected {expected}"
    return PatternError(reason, source, (place, place + 1))


def in_terms(source: str, place: int) -> PatternError:
    """The error for an unstructured-text pattern that could not be read at ``place``."""
    found = fitting(TERMS, source, place)
    return found or PatternError("expected a term", source, (place, place + 1), 'write word or "a phrase"')
