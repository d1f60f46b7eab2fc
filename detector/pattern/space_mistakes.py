"""What people really write instead of a space-delimited pattern, and what to tell them.

In: a pattern, the place where the grammar could not go on, and what it expected there. Out: the
`PatternError` for it. The table works as the one of `detector.pattern.mistakes`: the first entry that fits.
"""

from __future__ import annotations

from detector.errors import PatternError
from detector.pattern.mistakes import EVERYWHERE, Mistake, fitting

_VALUE = r"=\s*$"
_ORDERING = r"[<>]=?\s*$"
_ENTRY = r"[\[,]\s*$"
_NAME = r"(?P<name>\w+)\s*$"

MISTAKES = (
    *EVERYWHERE,
    # where a value was expected
    Mistake(r">", "expected a number after <, found >", "write != instead of <>", r"<$"),
    Mistake(
        r"[<>]", "expected a value after =, found {text}", "write {text}= instead of ={text}", r"[^<>!]=$"
    ),
    Mistake(r"=+", "expected a value, found a second =", "write = instead of ==", r"=\s*$"),
    Mistake(r"~", "expected a value, found ~", "write field = %regex%", _VALUE),
    Mistake(
        r"(?i:null)\b",
        "expected a value, found the keyword {text}",
        'a field is always text: "{text}" is that word, and "" the empty field',
        _VALUE,
    ),
    Mistake(
        r"SPACE\b",
        "expected a value, found the reserved word SPACE",
        'write "SPACE" for the word; fields are separated by blanks anyway',
        _VALUE,
    ),
    Mistake(
        r"'(?P<inside>[^'\]\n]*)'?", "expected double quotes, found single ones", 'write "{inside}"', _VALUE
    ),
    Mistake(
        r'"\s*(?P<inside>[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*"',
        "expected a number without quotes after an ordering",
        "write {inside}",
        _ORDERING,
    ),
    Mistake(
        r"[^\s,\]]+",
        "expected a number without quotes after an ordering, found {text}",
        "orderings compare numbers only; text has = and !=",
        _ORDERING,
    ),
    Mistake(r"$|[,\]]", "expected a number after the ordering", "write bytes > 1000", _ORDERING),
    Mistake(r'"', "expected a second double quote to close this one", 'a quote inside quotes is \\"', _VALUE),
    Mistake(r"%", "expected a second % to close this regex", "a regex is %…%, without line breaks", _VALUE),
    Mistake(r"\\\"", 'expected ", found an escaped quote', 'write " without a backslash', _VALUE),
    Mistake(
        r"$|[,)\]]",
        "expected a value after the operator",
        'write status = 404, or status = "" for empty',
        _VALUE,
    ),
    Mistake(
        r"[^\s,\]&|]+",
        "expected a value, found {text}",
        'a value with this character needs double quotes: "{text}"',
        _VALUE,
    ),
    # where a condition was expected
    Mistake(
        r'(?P<inside>"[^"]*"|%[^%]*%|[\w.*+-]+)',
        "expected a condition, found a value alone",
        "write {name} {op} {inside}",
        r"(?P<name>[A-Za-z_]\w*)\s*(?P<op>!?=)[^,=]*(?:&&|\|\|)\s*$",
    ),
    Mistake(
        r"$|[,)\]&|]",
        "expected a condition, found a value alone",
        "write {name} {op} {inside}",
        r"(?P<name>[A-Za-z_]\w*)\s*(?P<op>!?=)[^,=]*(?:&&|\|\|)\s*(?P<inside>\w+)\s*$",
    ),
    Mistake(
        r"$|[,)\]&|]",
        "expected a condition after {operator}",
        "write {name} = …, or leave {operator} out",
        r"(?P<name>[A-Za-z_]\w*)\s*!?=[^,=]*(?P<operator>&&|\|\|)\s*$",
    ),
    # where an entry was expected
    Mistake(
        r"\[",
        "expected a field name, found a second [",
        "brackets of the event are taken off by themselves: name the field, as in [time, level]",
        _ENTRY,
    ),
    Mistake(
        r"!(?!=)",
        "expected a field name, found !",
        "a condition is negated with !=, as in status != 200",
        _ENTRY,
    ),
    Mistake(r"\$\.?(?P<inside>\w+)", "expected a field name without $", "write {inside}", r"[\[,(&|]\s*$"),
    Mistake(
        r"(?P<inside>[0-9]\w*)",
        "expected a field name that does not begin with a digit",
        "write _{inside}, or a condition such as code = {inside}",
        r"[\[,(&|]\s*$",
    ),
    Mistake(r"…|\.+", "expected three dots for any number of fields, found {text}", "write ...", _ENTRY),
    Mistake(
        r'(?P<inside>"[^"]*"|%[^%]*%|[\w.*+-]+)',
        "expected a field name, found a value",
        "give the field a name and compare it: word = {inside}",
        _ENTRY,
    ),
    Mistake(
        r"[!=<>]=?",
        "expected a field name in front of {text}",
        "name the field: word {text} …",
        _ENTRY,
    ),
    Mistake(
        r"\{", "expected a field name, found {{", "a JSON pattern has no brackets around its braces", _ENTRY
    ),
    # after a name or a condition
    Mistake(r"==", "expected = after the field name, found ==", "write ="),
    Mistake(
        r"-(?P<inside>[\w-]*)",
        "expected letters, digits or _ in a field name, found -",
        "write _ in place of -",
        r"(?:[\[,(&|])\s*\w+$",
    ),
    Mistake(r"(?i:AND)\b", "expected &&, found {text}", "write && instead of {text}", r"[\w\"%*)]\s+$"),
    Mistake(r"(?i:OR)\b", "expected ||, found {text}", "write || instead of {text}", r"[\w\"%*)]\s+$"),
    Mistake(r"&(?!&)", "expected &&, found a single &", "write && instead of &"),
    Mistake(r"\|(?!\|)", "expected ||, found a single |", "write || instead of |"),
    Mistake(
        r"&&|\|\|",
        "expected a comparison of {name} before {text}",
        'write {name} = "…", or leave the operator out',
        r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s*$",
    ),
    Mistake(
        r"(?i:IS|NOT|EXISTS)\b",
        "expected a comparison of {name}, found {text}",
        'a field is there or the event does not match; an empty one is {name} = ""',
        r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s+$",
    ),
    Mistake(
        r"~=|!~|(?i:LIKE|MATCHES)\b",
        "expected a comparison, found {text}",
        "write {name} = %regex%",
        r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s*$",
    ),
    Mistake(
        r"(?i:CONTAINS|IN|STARTSWITH|ENDSWITH)\b",
        "expected a comparison, found {text}",
        'write {name} = "*text*"',
        r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s+$",
    ),
    Mistake(
        r":",
        "expected a comparison of {name}, found :",
        "write = instead of :",
        r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)\s*$",
    ),
    Mistake(r"\.+$|\.+(?=[\],])", "expected three dots, found more", "write ...", r"\.\.\.$"),
    Mistake(
        r"\.\w*",
        "expected letters, digits or _ in a field name, found .",
        "write _ in place of .",
        r"[\[,(&|]\s*[A-Za-z_]\w*$",
    ),
    Mistake(
        r"[^\x00-\x7f]",
        "expected letters from a to z, digits or _ in a field name, found {text}",
        "write the name in plain letters; values may hold any",
        r"[\[,(&|]\s*\w*$",
    ),
    Mistake(
        r"[*]+",
        "expected a field name without {first}",
        "a wildcard belongs into a value: {name} = {name}*",
        r"[\[,(&|]\s*(?P<name>[A-Za-z_]\w*)$",
    ),
    Mistake(
        r"[^\s,\])&|\w\"%][^\s,\]&|]*",
        "expected , or ] or the end of the value, found {first}",
        'a value with this character needs double quotes: "{word}{text}"',
        r"[=<>]\s*(?P<word>[\w.+*-]+)$",
    ),
    Mistake(
        r"[\w.+*-]+(?:[ \t]+[\w.+*-]+)*",
        "expected , or ] after the value, found another word",
        'a value with a blank needs double quotes, "{word} {text}", and fields are separated by commas',
        r"=\s*(?P<word>[\w.+*-]+)\s+$",
    ),
    Mistake(
        r'["%\w]',
        "expected , or ] after the value, found {text}",
        'a quote inside quotes is \\", and fields are separated by commas',
        r'["%]\s*$',
    ),
    Mistake(r";|\w+", "expected a comma between two fields", "write [{name}, …]", _NAME),
    Mistake(r"\)", "expected , or ], found ) without its (", "leave it out"),
    # the brackets
    Mistake(r"$", "expected ] to close the pattern", "a pattern that begins with [ ends with ]"),
)

_AFTER_THE_END = Mistake(
    r"[\s\S]+",
    "expected nothing after the closing ]: a pattern that begins with [ ends with ]",
    "to look for brackets in the text, put them into double quotes",
)


def explain(source: str, place: int, expected: str) -> PatternError:
    """The error for a pattern that could not be read at ``place``."""
    ended = source[:place].rstrip().endswith("]") and expected.startswith("nothing")
    known = fitting([_AFTER_THE_END] if ended else MISTAKES, source, place)
    if known is not None:
        return known
    expected = (
        "a field name, a condition such as status = 404, or ..." if _at_entry(source, place) else expected
    )
    found = source[place : place + 20].split("\n", maxsplit=1)[0].strip()
    reason = f"expected {expected}, found {found!r}" if found else f"expected {expected}"
    return PatternError(reason, source, (place, place + 1))


def _at_entry(source: str, place: int) -> bool:
    """Nothing is an entry too, so the grammar itself expects a comma there."""
    return source[:place].rstrip().endswith(("[", ","))
