"""Terraform's functions of known values, as far as configurations of alarms use them.

In: values. Out: a value, or an exception for arguments that a function does not take.
The claim: what is here does what Terraform's reference says; a function that is not here, or that looks at anything but
its arguments, makes its result unknown.
"""

from __future__ import annotations

import base64
import csv
import functools
import hashlib
import io
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from detector.detections.resources import Unknown, size, unknowns
from detector.detections.terraform import strings
from detector.detections.terraform.values import (
    LONGEST,
    Failure,
    boolean,
    kind,
    listed,
    number,
    set_of,
    table,
    text,
)


def _flatten(items: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        found += _flatten(item) if isinstance(item, list | tuple) else [item]
    return found


def _element(items: Any, at: Any) -> Any:
    members = listed(items)
    if not members:
        raise Failure("expected a list with members")
    return members[int(number(at)) % len(members)]


def _lookup(values: Any, key: Any, *default: Any) -> Any:
    found = table(values)
    if text(key) in found:
        return found[text(key)]
    if not default:
        raise Failure(f"there is no key {text(key)[:50]!r}")
    return default[0]


def _merge(*tables: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for each in tables:
        merged.update(table(each) if each is not None else {})
    return merged


def _first(values: Iterable[Any], empty: Any) -> Any:
    for value in values:
        if value is not None and value != empty:
            return value
    raise Failure("expected a value that is not empty")


def _range(*bounds: Any) -> list[float]:
    start, stop, step = 0.0, 0.0, 1.0
    numbers = [number(bound) for bound in bounds]
    if len(numbers) == 1:
        stop = numbers[0]
    else:
        start, stop = numbers[:2]
        step = numbers[2] if len(numbers) > 2 else (1 if start <= stop else -1)  # noqa: PLR2004 - start, limit, step
    if not step or abs((stop - start) / step) > 1024:  # noqa: PLR2004 - Terraform's own limit
        raise Failure("expected a range of at most 1,024 numbers")
    found = [start + i * step for i in range(math.ceil((stop - start) / step))]
    return [int(one) if float(one).is_integer() else one for one in found]


def _one(items: Any) -> Any:
    members = listed(items)
    if len(members) > 1:
        raise Failure("expected a list of at most one member")
    return members[0] if members else None


def _substr(value: Any, offset: Any, length: Any) -> str:
    whole, start, size = text(value), int(number(offset)), int(number(length))
    rest = whole[start:]
    return rest if size < 0 else rest[:size]


def _setproduct(*sets: Any) -> list[list[Any]]:
    if math.prod(len(listed(each)) for each in sets) > LONGEST:
        raise Failure("expected a smaller product")
    return [list(each) for each in itertools.product(*sets)]


def _index(items: Any, value: Any) -> int:
    if value not in listed(items):
        raise Failure("the list does not have that member")
    return listed(items).index(value)


def _slice(items: Any, start: Any, end: Any) -> list[Any]:
    return list(listed(items)[int(number(start)) : int(number(end))])


def _sum(items: Any) -> float:
    return sum(number(item) for item in listed(items))


def _chunklist(items: Any, size: Any) -> list[list[Any]]:
    step = max(1, int(number(size)))
    return [list(listed(items)[i : i + step]) for i in range(0, len(items), step)]


def _sized(value: Any) -> int:
    if not isinstance(value, str | list | tuple | Mapping):
        raise Failure(f"expected a string, a list or a map, found {kind(value)}")
    return len(value)


def _of_keys(values: Any) -> list[str]:
    return sorted(table(values))


def _title(value: Any) -> str:
    return re.sub(r"(^|[^\w])(\w)", lambda match: match[1] + match[2].upper(), text(value))


def _contains(items: Any, value: Any) -> bool:
    return value in listed(items)


def _compact(items: Any) -> list[Any]:
    return [item for item in listed(items) if item not in {None, ""}]


def _digest(name: str, value: Any) -> str:
    return hashlib.new(name, text(value).encode(), usedforsecurity=False).hexdigest()


def _transpose(values: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, members in sorted(table(values).items()):
        for member in listed(members):
            found.setdefault(text(member), []).append(key)
    return found


STRUCTURAL: Mapping[str, Callable[..., Any]] = {
    "concat": lambda *lists: [item for each in lists for item in listed(each)],
    "merge": _merge,
    "flatten": lambda items: _flatten(listed(items)),
    "keys": _of_keys,
    "values": lambda values: [table(values)[key] for key in sorted(table(values))],
    "lookup": _lookup,
    "element": _element,
    "length": _sized,
    "zipmap": lambda keys, values: dict(zip(map(text, listed(keys)), listed(values), strict=True)),
    "tolist": lambda items: list(listed(items)),
    "tomap": lambda values: dict(table(values)),
    "slice": _slice,
    "reverse": lambda items: list(reversed(listed(items))),
    "one": _one,
    "coalescelist": lambda *lists: _first(lists, []),
    "chunklist": _chunklist,
    "nonsensitive": lambda value: value,
    "sensitive": lambda value: value,
    "list": lambda *items: list(items),
    "map": lambda *pairs: dict(zip(map(text, pairs[::2]), pairs[1::2], strict=True)),
    "ephemeralasnull": lambda _value: None,
}
"""Functions that look at no member: these may be unknown."""

KNOWN: Mapping[str, Callable[..., Any]] = {
    "lower": lambda value: text(value).lower(),
    "upper": lambda value: text(value).upper(),
    "title": _title,
    "trimspace": lambda value: text(value).strip(),
    "trim": lambda value, chars: text(value).strip(text(chars)),
    "trimprefix": lambda value, prefix: text(value).removeprefix(text(prefix)),
    "trimsuffix": lambda value, suffix: text(value).removesuffix(text(suffix)),
    "chomp": lambda value: text(value).rstrip("\r\n"),
    "indent": lambda spaces, value: text(value).replace("\n", "\n" + " " * min(int(number(spaces)), 200)),
    "replace": strings.replace,
    "regex": strings.regex,
    "regexall": strings.regexall,
    "join": lambda between, *lists: text(between).join(text(item) for each in lists for item in listed(each)),
    "split": lambda between, value: text(value).split(text(between)) if text(between) else list(text(value)),
    "format": strings.format_,
    "formatlist": strings.formatlist,
    "substr": _substr,
    "startswith": lambda value, prefix: text(value).startswith(text(prefix)),
    "endswith": lambda value, suffix: text(value).endswith(text(suffix)),
    "strcontains": lambda value, part: text(part) in text(value),
    "tostring": lambda value: None if value is None else text(value),
    "tonumber": lambda value: None if value is None else number(value),
    "tobool": lambda value: None if value is None else boolean(value),
    "toset": lambda items: set_of(listed(items)),
    "distinct": lambda items: list(dict.fromkeys(listed(items))),
    "compact": _compact,
    "sort": lambda items: sorted(text(item) for item in listed(items)),
    "contains": _contains,
    "index": _index,
    "coalesce": lambda *values: _first(values, ""),
    "range": _range,
    "sum": _sum,
    "min": lambda *values: min(map(number, values)),
    "max": lambda *values: max(map(number, values)),
    "abs": lambda value: abs(number(value)),
    "ceil": lambda value: math.ceil(number(value)),
    "floor": lambda value: math.floor(number(value)),
    "parseint": lambda value, base: int(text(value), int(number(base))),
    "alltrue": lambda items: all(map(boolean, listed(items))),
    "anytrue": lambda items: any(map(boolean, listed(items))),
    "setproduct": _setproduct,
    "setunion": lambda *sets: set_of(item for each in sets for item in listed(each)),
    "setintersection": lambda first, *rest: set_of(
        item for item in first if all(item in each for each in rest)
    ),
    "setsubtract": lambda first, second: set_of(item for item in first if item not in second),
    "matchkeys": lambda values, keys, wanted: [v for v, k in zip(values, keys, strict=True) if k in wanted],
    "jsonencode": strings.jsonencode,
    "jsondecode": lambda value: json.loads(text(value)),
    "yamldecode": strings.yamldecode,
    "csvdecode": lambda value: list(csv.DictReader(io.StringIO(text(value)))),
    "basename": lambda path: os.path.basename(text(path)),  # noqa: PTH119 - a name, and no path of this machine
    "dirname": lambda path: os.path.dirname(text(path)) or ".",  # noqa: PTH120 - the same
    "strrev": lambda value: text(value)[::-1],
    "base64encode": lambda value: base64.b64encode(text(value).encode()).decode(),
    "base64decode": lambda value: base64.b64decode(text(value)).decode(),
    **{name: functools.partial(_digest, name) for name in ("md5", "sha1", "sha256", "sha512")},
    "transpose": _transpose,
    "pow": lambda value, power: math.pow(number(value), number(power)),
    "log": lambda value, base: math.log(number(value), number(base)),
    "signum": lambda value: (number(value) > 0) - (number(value) < 0),
}
"""Functions whose arguments have to be known to the last member."""


def call(name: str, arguments: Sequence[Any]) -> Any:
    """The value of a function; None where arguments are unknown or the function is not here (`is_known` tells)."""
    function = STRUCTURAL.get(name) or KNOWN[name]
    if size(list(arguments)) > LONGEST:
        raise Failure(f"{name}: expected smaller arguments")
    try:
        found = function(*arguments)
    except Failure:
        raise
    except (
        TypeError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
        RecursionError,
        re.error,
    ) as error:
        raise Failure(f"{name}: expected other arguments ({type(error).__name__})") from None
    if isinstance(found, str | list) and len(found) > LONGEST:
        raise Failure(f"{name}: expected a smaller result")
    return found


def is_evaluated(name: str, arguments: Sequence[Any]) -> bool:
    """Whether a function can be called with arguments of which some may be unknown."""
    if name in STRUCTURAL:
        return not any(isinstance(argument, Unknown) for argument in arguments)
    return name in KNOWN and not any(True for argument in arguments for _ in unknowns(argument))
