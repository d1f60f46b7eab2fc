"""A type that has only the fields which the filters read, so that nothing else becomes an object.

In: selectors. Out: a decoder of ``{"Records":[…]}`` files, and how each selector is read from what it gives. A
field may hold any JSON type: a member that is read becomes ``Any``, a member on the way becomes "this object, or
anything else". Whatever the decoder refuses is left to the plain scan, file by file.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from detector.pattern import evaluate
from detector.pattern.evaluate import MISSING
from detector.pattern.predicate import Access
from detector.pattern.syntax import Name, Selector

UNSET = msgspec.UNSET
DEEPEST = 32
"""Members inside of each other that get a type; what is below the last of them is decoded whole."""


class Node(Struct):
    """The members to read of one object: ``whole`` when the value itself is asked for."""

    whole: bool = False
    members: dict[str, Node] = field(default_factory=dict)


class Projection:
    """The decoder for some selectors, and the readers for them; ``extra`` are names at the top of a record."""

    def __init__(self, selectors: Iterable[Selector], extra: Iterable[str] = ()) -> None:
        self.root = Node()
        for selector in selectors:
            _plant(self.root, _names(selector))
        self.names = tuple(_read_of(self.root))
        """The members of a record that the selectors read; where only members of one are read, both names joined by NUL."""
        for name in extra:
            _plant(self.root, (name,))
        self.slots = {name: f"f{i}" for i, name in enumerate(self.root.members)}
        record = _record_type(self.root, "Record")
        whole = msgspec.defstruct("LogFile", [("Records", list[record])], gc=False)  # type: ignore[valid-type]  # made here
        self.records: Callable[[bytes], list[Any]] = _records(msgspec.json.Decoder(whole))

    def member(self, name: str) -> Callable[[Any], Any]:
        """A reader of a top-level member: its value, or UNSET."""
        return operator.attrgetter(self.slots[name])

    def read(self, selector: Selector) -> Access:
        """A reader of a selector without wildcard: its value, or MISSING (see `compile.predicate`)."""
        names = _names(selector)
        steps, node = [], self.root
        for name in names:
            steps.append(f"f{list(node.members).index(name)}")
            node = node.members[name]
            if node.whole:
                break
        return _reader(tuple(steps), selector.steps[len(steps) :])


def _read_of(root: Node) -> Iterator[str]:
    for name, node in root.members.items():
        if node.whole or not node.members:
            yield name
        else:
            yield from (f"{name}\0{below}" for below in node.members)


def top_level(selector: Selector) -> str | None:
    """The name, if the selector is nothing but a top-level member."""
    (first, *rest) = selector.steps
    return first.text if isinstance(first, Name) and not rest else None


def is_typed(selector: Selector) -> bool:
    """Whether the selector begins with a member; one that begins with a wildcard needs the whole record."""
    return bool(_names(selector))


def _names(selector: Selector) -> tuple[str, ...]:
    """The leading members of a path, up to the first index or wildcard, and no further than is worth a type."""
    names = []
    for step in selector.steps[:DEEPEST]:
        if not isinstance(step, Name):
            break
        names.append(step.text)
    return tuple(names)


def _plant(node: Node, names: tuple[str, ...]) -> None:
    for name in names:
        node = node.members.setdefault(name, Node())
    node.whole = True


def _record_type(node: Node, name: str) -> Any:
    """A struct with the members of a node; a name may be any text, so the fields are numbered."""
    fields = [
        (f"f{i}", _type_of(child, f"{name}{i}"), UNSET) for i, child in enumerate(node.members.values())
    ]
    names = {f"f{i}": member for i, member in enumerate(node.members)}
    return msgspec.defstruct(name, fields, rename=names, gc=False)


def _type_of(node: Node, name: str) -> Any:
    if node.whole or not node.members:
        return Any
    return _record_type(node, name) | None | bool | int | float | str | list | msgspec.UnsetType


def _records(decoder: msgspec.json.Decoder[Any]) -> Callable[[bytes], list[Any]]:
    decode = decoder.decode
    return lambda data: decode(data).Records


def _reader(steps: tuple[str, ...], rest: tuple[Any, ...]) -> Access:
    if len(steps) == 1 and not rest:
        get = operator.attrgetter(steps[0])
        return lambda record: MISSING if (found := get(record)) is UNSET else found

    def found(record: Any) -> Any:
        for step in steps:
            record = getattr(record, step, UNSET)  # no struct, no such member
            if record is UNSET:
                return MISSING
        return next(iter(evaluate.select(rest, record)), MISSING) if rest else record

    return found
