"""What Terraform does with values, without a tree: attributes, indices, text, comparisons.

A part of an unknown value is unknown too; its placeholder says which part.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from detector.detections.resources import Unknown, because, scalar, shown
from detector.detections.terraform.values import LONGEST, Failure, kind, number, text


def attribute(value: Any, name: str) -> Any:
    """``value.name``."""
    if isinstance(value, Unknown):
        return extended(value, f".{name}")
    if hasattr(value, "attribute"):
        return value.attribute(name)
    if isinstance(value, Mapping) and name in value:
        return value[name]
    raise Failure(f"there is no attribute {name} in {kind(value)}")


def index(value: Any, key: Any) -> Any:
    """``value[key]``."""
    if isinstance(value, Unknown):
        return extended(value, f"[{shown(key)}]")
    if hasattr(value, "at"):
        return value.at(key)
    if isinstance(key, Unknown):
        return Unknown(f"${{{shown(value)[:500]}[{shown(key)}]}}", key.because)
    if isinstance(value, Mapping):
        found = text(key)
        if found not in value:
            raise Failure(f"there is no key {found[:50]!r}")
        return value[found]
    if isinstance(value, list | tuple):
        at = int(number(key))
        if not 0 <= at < len(value):
            raise Failure(f"there is no member {at} in a list of {len(value)}")
        return value[at]
    raise Failure(f"expected a list or a map, found {kind(value)}")


def extended(unknown: Unknown, more: str) -> Unknown:
    """The placeholder of a part of something unknown."""
    text = unknown.text
    inner = text[2:-1] if text.startswith("${") and text.endswith("}") else f'"{text}"'
    return Unknown(f"${{{inner}{more}}}"[:2000], unknown.because)


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unescaped(written: str) -> str:
    """The text that a quoted string spells."""

    def one(match: re.Match[str]) -> str:
        code = match[1]
        return _ESCAPES.get(code) or (chr(int(code[1:], 16)) if code[0] in "uU" else match[0])

    text = re.sub(r"\\(u[0-9a-fA-F]{4}|U00[01][0-9a-fA-F]{5}|.)", one, written, flags=re.DOTALL)
    return text.replace("$${", "${").replace("%%{", "%{")


def joined(parts: Sequence[Any]) -> Any:
    """Text made of parts, of which some may be unknown."""
    texts = []
    for part in parts:
        if not isinstance(part, Unknown) and (part is None or not isinstance(part, str | int | float)):
            raise Failure(f"expected a string in a template, found {kind(part)}")
        texts.append(scalar(part))
    if sum(map(len, texts)) > LONGEST:
        raise Failure("expected a shorter string")
    text = "".join(texts)
    missing = because(parts)
    return Unknown(text, missing) if missing or any(isinstance(part, Unknown) for part in parts) else text


def _remainder(left: Fraction, right: Fraction) -> Fraction:
    return left - right * math.trunc(left / right)


ARITHMETIC: Mapping[str, Callable[[Fraction, Fraction], Fraction | bool]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": _remainder,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def equal(left: Any, right: Any) -> bool:
    """Equality of type and value: 1 is neither "1" nor true."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return list(left) == list(right)
    return bool(left == right)
