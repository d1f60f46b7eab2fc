"""What a Sigma rule means, plainly: an evaluator for the tests, from the specification (sigma-specification 2.1).

Text is compared without case, ``*`` and ``?`` anywhere, unless ``cased``; regexes with case. A field that is absent or
null has no value: it equals ``null`` and nothing else. A list or an object equals no text. Rules are plain data here,
read without pySigma; ``condition`` takes names, ``and``, ``or``, ``not``, parentheses, ``1 of``, ``all of``.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from detector.pattern.evaluate import canonical

_TOKENS = re.compile(r"\(|\)|[\w*]+")


def holds(detection: Mapping[str, Any], event: Mapping[str, Any], *, cased: bool = False) -> bool:
    """Whether a rule's detection section is true of an event; ``cased`` as if every value were."""
    names = [name for name in detection if name != "condition"]
    tokens = _TOKENS.findall(detection["condition"])
    truth, rest = _or(tokens, lambda name: _selection(detection[name], event, cased), names)
    assert not rest, rest
    return truth


def _or(tokens: list[str], ask: Any, names: list[str]) -> tuple[bool, list[str]]:
    left, rest = _and(tokens, ask, names)
    while rest[:1] == ["or"]:
        right, rest = _and(rest[1:], ask, names)
        left = left or right
    return left, rest


def _and(tokens: list[str], ask: Any, names: list[str]) -> tuple[bool, list[str]]:
    left, rest = _not(tokens, ask, names)
    while rest[:1] == ["and"]:
        right, rest = _not(rest[1:], ask, names)
        left = left and right
    return left, rest


def _not(tokens: list[str], ask: Any, names: list[str]) -> tuple[bool, list[str]]:
    first, *rest = tokens
    if first == "not":
        inner, rest = _not(rest, ask, names)
        return not inner, rest
    if first == "(":
        inner, rest = _or(rest, ask, names)
        return inner, rest[1:]
    if rest[:1] == ["of"]:
        wanted = names if rest[1] == "them" else fnmatch.filter(names, rest[1])
        together = all if first == "all" else any
        return together(ask(name) for name in wanted), rest[2:]
    return ask(first), rest


def _selection(selection: Any, event: Mapping[str, Any], cased: bool) -> bool:
    if isinstance(selection, list):
        return any(_selection(one, event, cased) for one in selection)
    return all(_item(key, wanted, event, cased) for key, wanted in selection.items())


def _item(key: str, wanted: Any, event: Mapping[str, Any], cased: bool) -> bool:
    field, *modifiers = key.split("|")
    modifiers += ["cased"] if cased else []
    found = find(field, event)
    together = all if "all" in modifiers else any
    return together(
        _equals(found, one, modifiers) for one in (wanted if isinstance(wanted, list) else [wanted])
    )


def find(field: str, event: Any) -> Any:
    """The value at a path; None where there is none, or null."""
    for name in field.split("."):
        if not isinstance(event, Mapping) or name not in event:
            return None
        event = event[name]
    return event


def _equals(found: Any, wanted: Any, modifiers: list[str]) -> bool:  # noqa: PLR0911 - a rule a line
    if "exists" in modifiers:
        return (found is not None) is wanted
    if wanted is None or found is None:
        return wanted is found
    if isinstance(found, dict | list):
        return wanted == "*" and "contains" in modifiers
    for name, test in _ORDERINGS.items():
        if name in modifiers:
            number = _number(found)
            return number is not None and test(number, wanted)
    if isinstance(found, bool):
        return str(found).lower() == str(wanted).lower() or (wanted == "*" and "re" not in modifiers)
    text = found if isinstance(found, str) else canonical(found)
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return text == str(wanted) if isinstance(found, str) else found == wanted
    if "re" in modifiers:
        return re.search(wanted, text) is not None
    if "cidr" in modifiers:
        return _in_network(text, wanted)
    return _like(text, str(wanted).lower() if isinstance(wanted, bool) else wanted, modifiers)


_ORDERINGS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _number(found: Any) -> float | None:
    try:
        return None if isinstance(found, bool) else float(found)
    except ValueError:
        return None


def _in_network(text: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(network)
    except ValueError:
        return False


def _like(text: str, wanted: str, modifiers: list[str]) -> bool:
    before = ".*" if {"contains", "endswith"} & set(modifiers) else ""
    after = ".*" if {"contains", "startswith"} & set(modifiers) else ""
    middle = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in wanted)
    flags = re.DOTALL if "cased" in modifiers else re.DOTALL | re.IGNORECASE
    return re.fullmatch(f"{before}{middle}{after}", text, flags) is not None
