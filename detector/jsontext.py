"""JSON text in, plain Python values out, and back: the one place that knows how JSON is decoded.

Claim: every text that RFC 8259 allows is decoded the same way wherever in this package it is met, and
nothing else is. Objects keep the last of duplicate keys, integers are exact, a number beyond the range
of a double is infinite (as CloudWatch Logs treats it: no numeric comparison holds), and a lone surrogate
survives. msgspec does the work; what it refuses and JSON allows is decoded by the standard library.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

TOO_DEEP = "nested too deeply"
_INFINITE, _NEGATIVE = (struct.pack(">d", number) for number in (math.inf, -math.inf))
_EXACT_DIGITS = 4_000  # beyond this Python refuses to read an integer; such a number overflows anyway


def parse_json(data: bytes | str) -> object:
    """The value that one JSON text spells.

    ``ValueError`` (one short sentence with the place, and nothing of the text) for anything else: broken
    or followed by more, ``NaN`` and ``Infinity``, a byte order mark, bytes that are not UTF-8, nesting
    beyond about a thousand levels.
    """
    values = parse_many(data)
    if len(values) != 1:
        raise ValueError("one JSON value was expected")
    return values[0]


def parse_object(message: bytes | str) -> dict[str, Any] | None:
    """The object that one JSON text spells; None for anything else, broken text included."""
    try:
        value = parse_json(message)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def parse_many(data: bytes | str) -> list[object]:
    """The values of JSON texts that follow one another, with or without blanks between them.

    All or nothing: ``ValueError`` as for `parse_json` when any of them is broken.
    """
    try:
        return [_decode(data)]
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except (msgspec.MsgspecError, UnicodeError):
        return _slow_parse(data)


class _LogFile(msgspec.Struct):
    """A document with the one member ``Records``, whose members stay text."""

    Records: list[msgspec.Raw]


_log_file = msgspec.json.Decoder(_LogFile).decode


def raw_records(data: bytes) -> Iterator[bytes] | None:
    """The texts of the members of ``{"Records":[…]}``, each of which `parse_json` takes; None if it is none.

    The whole text is checked before the first is given: it is UTF-8, and the members are JSON.
    """
    try:
        if not data.isascii():
            data.decode()
        return (bytes(member) for member in _log_file(data).Records)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


def count_members(data: bytes) -> int | None:
    """How many members a JSON array has, without decoding them; None for anything else."""
    try:
        if not data.isascii():
            data.decode()
        return len(_array(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        try:
            value = parse_json(data)
        except ValueError:
            return None
        return len(value) if isinstance(value, list) else None


def dump_json(value: object) -> bytes:
    """Compact JSON in UTF-8, keys in the order they have; what `parse_json` reads back as the same value.

    An infinite number is written as ``1e999``, a lone surrogate as its escape.
    """
    try:
        text = orjson.dumps(value)
    except TypeError:  # an integer over 64 bit, a lone surrogate, nesting beyond orjson's limit
        return _slow_dump(value)
    # orjson writes null for an infinite number, so only a text with a null can hide one.
    return _slow_dump(value) if b"null" in text and _may_be_infinite(value) and _has_infinite(value) else text


def _may_be_infinite(value: object) -> bool:
    """Whether the bits of an infinite double are anywhere in the value; ``repr`` takes ten times as long."""
    bits = msgspec.msgpack.encode(value)
    return _INFINITE in bits or _NEGATIVE in bits


def dump_indented(value: object) -> str:
    """JSON for people, in ASCII: the standard library's with ``indent=2``, which takes ten times as long by itself.

    ``ValueError`` for a number that JSON cannot spell.
    """
    text = json.dumps(value, allow_nan=False)
    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.MsgspecError:  # the escape of a lone surrogate
        return json.dumps(value, allow_nan=False, indent=2)


_blanks: Callable[[str, int], re.Match[str]] = re.compile(r"[ \t\n\r]*").match  # type: ignore[assignment]  # it always matches
_decode = msgspec.json.Decoder().decode


def _slow_parse(data: bytes | str) -> list[object]:
    try:
        return _values(data if isinstance(data, str) else data.decode())
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} (character {error.pos})") from None


def _values(text: str) -> list[object]:
    values = []
    at = _blanks(text, 0).end()
    while at < len(text):
        value, at = _slow.raw_decode(text, at)
        values.append(value)
        at = _blanks(text, at).end()
    return values


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _EXACT_DIGITS else float(digits)


_slow = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer)


def _has_infinite(value: object) -> bool:
    match value:
        case dict():
            return any(map(_has_infinite, value.values()))
        case list():
            return any(map(_has_infinite, value))
        case float():
            return math.isinf(value)
        case _:
            return False


def _slow_dump(value: object) -> bytes:
    try:
        return _write(value).encode()
    except RecursionError:  # json's own writer goes as deep as parse_json does
        return json.dumps(value, separators=(",", ":")).encode()


def _write(value: object) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{_string(key)}:{_write(member)}" for key, member in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_write, value)) + "]"
        case str():
            return _string(value)
        case float() if math.isinf(value):
            return "1e999" if value > 0 else "-1e999"
        case _:
            return json.dumps(value)


def _string(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return plain if plain.isascii() or not _surrogates(plain) else json.dumps(text)


def _surrogates(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)
