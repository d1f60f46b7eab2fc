"""Strings from records, paths or patterns in, strings that are safe to print out.

Everything inside a record is written by whoever made the call. The claim: what leaves here is one line,
holds no control, formatting or invisible character (escape sequences, bidirectional overrides,
zero-width characters) and no command to the CI that keeps it as its log, and is no longer than asked for.
"""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_WORDS = (
    *("add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice"),
    *("remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning"),
)
_COMMAND = re.compile(rf"::(?=(?:{'|'.join(_WORDS)})(?: |::))|##(?=\w*\[)", re.IGNORECASE)
"""What a workflow on GitHub takes for a command, wherever a line may be broken; Azure's ``##vso[`` is another."""


def printable(text: str, limit: int = 90) -> str:
    """``text`` on one line, at most ``limit`` characters; what was cut off shows as ``…``."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    if not cut.isprintable():
        cut = "".join(map(_visible, cut))
    return _COMMAND.sub(_disarmed, cut) if "::" in cut or "##" in cut else cut


def _disarmed(found: re.Match[str]) -> str:
    return REPLACEMENT + found[0][1:]


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char in "\t\n\r\x0b\x0c\x85\u2028\u2029\u00a0" else REPLACEMENT


def json_printable(text: str) -> str:
    r"""One line of JSON, with what would steer a terminal as ``\u`` escapes; the same JSON value.

    In valid JSON such characters stand inside strings only, so that an escape says the same.
    """
    escaped = text if text.isprintable() else "".join(map(_escaped, text))
    return _COMMAND.sub(_spelled, escaped) if "##" in escaped else escaped


def _spelled(found: re.Match[str]) -> str:
    """In JSON a ``#`` stands in strings only; a line of it never begins with colons."""
    return found[0].replace("##", "\\u0023#")


def lines_printable(text: str) -> str:
    """The same for a text of several lines, such as CSV: only its line breaks stay."""
    return "\n".join(map(json_printable, text.split("\n")))


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    number = ord(char)
    if number < 0x10000:  # noqa: PLR2004 - the end of the first plane
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
