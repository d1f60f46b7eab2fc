"""Events for a test that tell nothing about where they are from.

In: a JSON pattern and a record. Out: the smallest event with the same answer to every condition of the pattern, in which nothing
is left of the record but what the pattern itself spells and the words of AWS (event names, services, error codes, regions,
kinds of identities). The claim: what cannot be said without the record's own words is not said at all.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from detector.cloudtrail import operations, values
from detector.cloudtrail.record import ACCOUNT, REGION
from detector.jsontext import dump_json
from detector.pattern import Pattern
from detector.pattern.evaluate import MISSING, condition_holds
from detector.pattern.explanation import judge, leaves
from detector.pattern.syntax import And, Compare, Condition, Expr, Number, Or, Text, conditions
from detector.relation.candidates import messages
from detector.relation.nearest import Path, changed, fields_of, placed, value_at
from detector.relation.prover import between

STEPS = 20_000
ACCOUNTS = ("111122223333", "444455556666", "777788889999")
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
SMALL = 1_000
"""Whole numbers below this are amounts, and tell nothing."""
_ERROR = re.compile(r"[A-Z][A-Za-z]{2,60}(?:\.[A-Z][A-Za-z]{2,40}){0,3}")
_KEY = re.compile(r"(AKIA|ASIA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA)[A-Z0-9]{12,}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_ARN = re.compile(r"arn:(aws[a-z-]*):([a-z0-9-]*):([a-z0-9-]*):(\d{12})?:(.+)", re.DOTALL)
_RESOURCES = {
    "user",
    "role",
    "assumed-role",
    "federated-user",
    "group",
    "policy",
    "function",
    "instance",
    "root",
}
_TELLTALE = re.compile(
    r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|" + _KEY.pattern
)


class Anonymous:
    """Stands the same thing in for the same thing wherever it comes from."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def event(self, expr: Expr, record: dict[str, Any]) -> dict[str, Any] | None:
        """The smallest event that answers every condition like the record; None where that would give something away."""
        leaves = tuple(dict.fromkeys(conditions(expr)))
        holds = {leaf: condition_holds(leaf, record) for leaf in leaves}
        fields = fields_of(leaves)
        event: Any = {}
        for path in dict.fromkeys(fields.values()):
            before = value_at(record, path)
            asked = {leaf: want for leaf, want in holds.items() if fields[leaf] == path}
            if before is not MISSING:
                values_there = self._values(path, before, asked)
                event = changed(
                    event, path, next((one for one in values_there if _answers(path, one, asked)), MISSING)
                )
        if not isinstance(event, dict) or any(
            condition_holds(leaf, event) is not want for leaf, want in holds.items()
        ):
            return None
        return None if _tells(event, expr) else event

    def message(self, pattern: Pattern, text: str) -> str | None:
        """A message made of the pattern's own words with the same answer to each of its conditions; None without one."""
        wanted = _judged(pattern, text)
        return next((one for one in messages(pattern, pattern, []) if _judged(pattern, one) == wanted), None)

    def _values(self, path: Path, before: Any, asked: Mapping[Condition, bool]) -> Iterator[Any]:
        """What may stand at a path instead, the most telling first; what the pattern spells is nobody's secret."""
        spelled = [_spelled(leaf) for leaf in asked]
        words = [word for word in spelled if word]
        match before:
            case None | bool():
                yield before
            case str():
                yield from [before] if before in words or _is_public(path, before) else []
                yield from self._instead(before)
                yield from (word.replace("*", "Example") for word in words)
                yield from (word.replace("*", "") for word in words)
                yield "example"
            case int() | float():
                yield from [before] if isinstance(before, int) and abs(before) < SMALL else []
                yield from (number for leaf in asked for number in _numbers(leaf))
                yield 0
            case dict():
                yield {}
            case list():
                yield from ([], [None])
                for leaf, word in zip(asked, spelled, strict=True):
                    yield placed([], leaf.selector.steps[len(path) :], word.replace("*", "Example"))
            case _:
                pass
        true = And(tuple(leaf for leaf, want in asked.items() if want))
        found = between(true, Or(tuple(leaf for leaf, want in asked.items() if not want)), STEPS)
        if found is not None:
            yield value_at(found, path)

    def _instead(self, text: str) -> Iterator[str]:
        """A text of the same kind that documentation may use."""
        if re.fullmatch(ACCOUNT, text):
            yield self._account(text)
        elif arn := _ARN.fullmatch(text):
            yield self._arn(*arn.groups())
        elif key := _KEY.match(text):
            yield f"{key[1]}EXAMPLE{self._number('key', text):09}"
        elif _UUID.fullmatch(text):
            yield f"00000000-0000-4000-8000-{self._number('id', text):012}"
        elif (address := _address(text)) is not None:
            yield address(self._number("address", text))
        elif "@" in text:
            yield f"user-{self._number('mail', text)}@example.com"
        else:
            yield f"example-{self._number('name', text)}"

    def _account(self, text: str) -> str:
        number = self._number("account", text)
        return ACCOUNTS[number - 1] if number <= len(ACCOUNTS) else f"0000{number:08}"

    def _arn(self, partition: str, service: str, region: str, account: str | None, resource: str) -> str:
        kind = re.split(r"[/:]", resource, maxsplit=1)[0]
        is_kind = kind in _RESOURCES and kind != resource
        parts = re.split(r"[/:]", resource)[1 if is_kind else 0 :]
        names = "/".join(f"example-{self._number('name', part)}" for part in parts[:3])
        known = service if service in operations.operations() else ""
        where = region if re.fullmatch(REGION, region) else ""
        what = f"{kind}/{names}" if is_kind else "root" if resource == "root" else names
        return f"arn:{partition}:{known}:{where}:{self._account(account) if account else ''}:{what}"

    def _number(self, kind: str, text: str) -> int:
        """Which different thing of its kind it is, counted from 1."""
        numbers = [number for (other, _), number in self._numbers.items() if other == kind]
        return self._numbers.setdefault((kind, text), len(numbers) + 1)


def _judged(pattern: Pattern, text: str) -> list[bool]:
    tree = judge(pattern, text)
    return [leaf.holds for leaf in leaves(tree)] if tree else []


def _answers(path: Path, value: Any, asked: Mapping[Condition, bool]) -> bool:
    event = changed({}, path, value)
    return isinstance(event, dict) and all(
        condition_holds(leaf, event) is want for leaf, want in asked.items()
    )


def _address(text: str) -> Any:
    """What makes a documentation address of a number, if a text is an address."""
    try:
        version = ipaddress.ip_address(text).version
    except ValueError:
        return None
    if version == 6:  # noqa: PLR2004 - of the Internet Protocol
        return lambda number: f"2001:db8::{number:x}"
    return lambda number: f"{NETWORKS[(number - 1) % 3]}.{(number - 1) // 3 % 254 + 1}"


def _is_public(path: Path, text: str) -> bool:
    """Whether a text is a word of AWS and no name that somebody gave."""
    names = tuple(name.text for name in path)
    match names:
        case ("eventName",):
            return operations.plain(text) in operations.owners()
        case ("eventSource",):
            return operations.service(text) is not None
        case ("awsRegion",):
            return re.fullmatch(REGION, text) is not None
        case ("errorCode",):
            return text in values.ERROR_CODES or _ERROR.fullmatch(text) is not None
        case _:
            is_service = text.endswith(operations.SUFFIX) and operations.service(text) is not None
            return is_service or text in values.CLOSED.get(names, ())


def _spelled(leaf: Condition) -> str:
    """What a condition asks for, as a text; empty for what is no literal."""
    match leaf:
        case Compare(_, _, Text(text)) | Compare(_, _, Number(text)):
            return text
        case _:
            return ""


def _numbers(leaf: Condition) -> Iterable[int]:
    match leaf:
        case Compare(_, _, Number() as number) if isinstance(number.value, int):
            return (number.value, number.value + 1, number.value - 1)
        case _:
            return ()


def _tells(event: dict[str, Any], expr: Expr) -> bool:
    """Whether there is a number of an account, an address or a key that is neither made up nor the pattern's own."""
    pattern = str(expr)
    for found in _TELLTALE.finditer(dump_json(event).decode()):
        text = found[0]
        made_up = text in ACCOUNTS or text.startswith((*NETWORKS, "0000")) or "EXAMPLE" in text
        if not made_up and text not in pattern:
            return True
    return False
