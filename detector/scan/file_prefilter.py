"""Whether the bytes of a whole file can hold a match at all.

In: the necessary literals of all filters. Out: a gate, which says of decompressed bytes that no record in
them can match, so that they need not be decoded. The contract: **a gate may let a file through that holds
nothing; it never turns one away that holds a match**. Any doubt lets the file through.

Many literals are searched as few common pieces first, since each search is a pass over the bytes. JSON may
spell a character as an escape (CloudTrail does so for ``= & ' < >``), so a file with an escape that could spell a
character of a literal is let through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

import stringzilla

from detector.pattern import claims
from detector.pattern.syntax import Expr

BEGIN = re.compile(rb'\{"Records":\[\{(?![ \t\r\n]*"(?:[A-Z]|kinesis"))')
"""Not of envelopes of Kinesis, whose members are ``kinesis`` or begin with a capital: what is in them is base64."""
END = re.compile(rb"\][ \t\r\n]*\}[ \t\r\n]*\Z")
MAX_PIECES = 3
MAX_LITERALS = 6
"""More passes over the bytes than these cost as much as decoding them."""
MIN_PIECE = 7

FilePrefilter = Callable[[bytes], bool]


def file_prefilter(exprs: Iterable[Expr]) -> FilePrefilter | None:
    """A test that is true of a file which may hold a match; None when it would never or seldom pay."""
    known = [claims.literals(expr) for expr in exprs]
    if None in known:
        return None
    wanted = frozenset().union(*(found for found in known if found is not None))
    pieces = common_pieces(literal.removesuffix(b'"') for literal in wanted)
    if len(pieces) > MAX_PIECES or len(wanted) > MAX_LITERALS:
        return None
    characters = {char for literal in wanted for char in literal.decode()}
    spelled = [form for literal in sorted(wanted) for form in forms(literal)]
    recent: list[bytes] = []  # what let the last file through is looked for first in the next

    def may_match(data: bytes) -> bool:
        if recent and stringzilla.find(data, recent[0]) >= 0:
            return True
        found = _first_in(pieces, spelled, data)
        recent[:] = [found] if found else recent
        return found is not None or not is_log_file(data) or escapes_hide(characters, data)

    return may_match


def is_log_file(data: bytes) -> bool:
    """Whether the bytes begin and end as CloudTrail's files do; no other file is ever turned away."""
    return BEGIN.match(data) is not None and END.search(data, max(0, len(data) - 64)) is not None


def common_pieces(wanted: Iterable[bytes]) -> list[bytes]:
    """Few byte strings such that each literal contains one of them: common endings, if they are long."""
    pieces: list[bytes] = []
    for literal in sorted(wanted, key=lambda one: one[::-1]):
        shared = _common_ending(pieces[-1], literal) if pieces else b""
        if len(shared) >= MIN_PIECE:
            pieces[-1] = shared
        else:
            pieces.append(literal)
    return pieces


def _common_ending(one: bytes, other: bytes) -> bytes:
    size = 0
    while size < min(len(one), len(other)) and one[-size - 1] == other[-size - 1]:
        size += 1
    return one[len(one) - size :]


def _first_in(pieces: list[bytes], forms: list[bytes], data: bytes) -> bytes | None:
    if all(stringzilla.find(data, piece) < 0 for piece in pieces):
        return None
    return next((form for form in forms if stringzilla.find(data, form) >= 0), None)


def forms(literal: bytes) -> list[bytes]:
    r"""The literal in a record, and in a record that is itself a text, as the message of a log event is.

    There a quote is ``\"``; the one in front needs no second form, because the first form is in it.
    """
    return [literal, literal[:-1] + b'\\"'] if literal.endswith(b'"') else [literal]


def escapes_hide(characters: Collection[str], data: bytes) -> bool:
    r"""Whether some escape spells one of the characters: ``\u0041`` is an A, ``\/`` a slash."""
    start = 0
    while (place := stringzilla.find(data, b"\\u", start)) >= 0:
        code = data[place + 2 : place + 6]
        try:
            if chr(int(code, 16)) in characters:
                return True
        except ValueError:  # no escape but the end of an escaped backslash, or broken
            pass
        start = place + 2
    return "/" in characters and stringzilla.find(data, b"\\/") >= 0
