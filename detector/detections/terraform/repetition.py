"""``count`` and ``for_each``: the instances of a resource or of a module.

In: a block, and how to make one of its instances. Out: one, a list of them, a table, or `Some` where it is not known how
many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from detector.detections.resources import Unknown, shown
from detector.detections.terraform.syntax import Attribute, Block, File
from detector.detections.terraform.values import Failure, Set, number, table

MOST_INSTANCES = 5_000

Make: TypeAlias = Callable[[tuple[str, Mapping[str, Any]]], Any]
"""Makes the instance of an address and of the variables ``count`` or ``each``."""


class Evaluating(Protocol):
    """The module that a block stands in."""

    def value(self, found: Attribute, variables: Mapping[str, Any] | None = None) -> Any:
        """The value of an attribute."""

    def safely(self, what: str, file: File, find: Callable[[], Any]) -> Any:
        """What is found; unknown where Terraform would refuse to."""


@dataclass(frozen=True, slots=True, eq=False)
class Some:
    """The instances of a resource or a module of which it is not known how many there are."""

    address: str
    argument: str
    asked: Unknown
    make: Make

    def at(self, key: Any) -> Any:
        """One instance; without a key one that stands for all."""
        if self.argument == "count":
            index = Unknown(f"${{{self.address}.count.index}}", self.asked.because) if key is None else key
            return self.make(
                (f"{self.address}[{'*' if key is None else shown(key)}]", {"count": {"index": index}})
            )
        member = f"{shown(self.asked)}[{'*' if key is None else shown(key)}]"
        if key is None:
            key = Unknown(f"${{{member}.key}}", self.asked.because)
        value = Unknown(f"${{{member}}}", self.asked.because)
        return self.make((f"{self.address}[{shown(key)}]", {"each": {"key": key, "value": value}}))

    def all(self) -> Unknown:
        """All instances."""
        return Unknown(f"${{{self.address}}}", self.asked.because)


def repeated(module: Evaluating, block: Block, address: str, make: Make) -> Any:
    """What a name leads to that may have several instances."""
    attributes = block.body.attributes
    if "count" in attributes:
        count = module.safely(f"{address}: count", block.file, lambda: module.value(attributes["count"]))
        if isinstance(count, Unknown):
            return Some(address, "count", count, make)
        many = int(number(count))
        if not 0 <= many <= MOST_INSTANCES:
            raise Failure(f"expected a count of at most {MOST_INSTANCES:,}")
        return [make((f"{address}[{i}]", {"count": {"index": i}})) for i in range(many)]
    if "for_each" not in attributes:
        return make((address, {}))
    each = module.safely(f"{address}: for_each", block.file, lambda: module.value(attributes["for_each"]))
    if isinstance(each, Unknown):
        return Some(address, "for_each", each, make)
    pairs = {key: key for key in each} if isinstance(each, Set) else dict(sorted(table(each).items()))
    if len(pairs) > MOST_INSTANCES or any(isinstance(key, Unknown) for key in pairs):
        raise Failure(f"expected a for_each of at most {MOST_INSTANCES:,} known keys")
    return {
        key: make((f'{address}["{key}"]', {"each": {"key": key, "value": value}}))
        for key, value in pairs.items()
    }


class Arguments(Mapping[str, Any]):
    """The arguments of a module call, evaluated when they are asked for."""

    def __init__(self, module: Evaluating, block: Block, variables: Mapping[str, Any]) -> None:
        self._module = module
        self._attributes = block.body.attributes
        self._variables = variables

    def __getitem__(self, name: str) -> Any:
        return self._module.value(self._attributes[name], self._variables)

    def __iter__(self) -> Iterator[str]:
        return iter(self._attributes)

    def __len__(self) -> int:
        return len(self._attributes)
