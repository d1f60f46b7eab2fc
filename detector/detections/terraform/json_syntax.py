"""Terraform's JSON syntax (``*.tf.json``, as CDKTF writes it) as the blocks that its own syntax has.

In: the tree of a document. Out: a `Body`. The claims: a string is a template, as Terraform reads it, and every value has
its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from detector.detections.documents import Node, json_nodes
from detector.detections.resources import Unknown
from detector.detections.terraform.expressions import Scope
from detector.detections.terraform.syntax import Attribute, Block, Body, File, expression
from detector.detections.terraform.templates import rendered
from detector.detections.terraform.values import Failure, text

_LABELS: Mapping[str, int] = {"resource": 2, "data": 2, "variable": 1, "output": 1, "module": 1, "locals": 0}
"""How many labels a block has, by its type; other types mean nothing here."""
_NESTED = {"metric_transformation", "metric_query", "metric", "actions_suppressor", "content", "dynamic"}


def parse(path: str, written: str) -> Body:
    """The body of a file."""
    file = File(path, written)
    blocks: list[Block] = []
    for root in json_nodes(written):
        for document in root.items or (root,):
            for kind, node in _members(document):
                if kind in _LABELS:
                    blocks += _blocks(kind, (), node, _LABELS[kind], file)
    return Body({}, tuple(blocks))


def _members(node: Node) -> Iterator[tuple[str, Node]]:
    table = node.value if isinstance(node.value, dict) else {}
    return ((key, inner) for key, inner in table.items() if key != "//")


def _blocks(kind: str, labels: tuple[str, ...], node: Node, missing: int, file: File) -> Iterator[Block]:
    """The blocks of a type: a list is several of them, and each label is a table."""
    for one in node.items or (node,):
        if missing:
            for label, inner in _members(one):
                yield from _blocks(kind, (*labels, label), inner, missing - 1, file)
        else:
            yield Block(kind, labels, _body(kind, one, file), file, one.start)


def _body(kind: str, node: Node, file: File) -> Body:
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    for name, inner in _members(node):
        if name in _NESTED and kind not in {"variable", "locals", "module", "output"}:
            blocks += _blocks(name, (), inner, int(name == "dynamic"), file)
        elif (kind, name) == ("variable", "type"):
            attributes[name] = Attribute(name, expression(str(inner.value)), file, inner.start)
        else:
            attributes[name] = Attribute(name, Value(inner), file, inner.start)
    return Body(attributes, tuple(blocks))


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A value in the place of an expression's tree."""

    node: Node
    data: str = "json"

    @property
    def meta(self) -> Value:
        """Where it is, as a tree says it."""
        return self

    @property
    def start_pos(self) -> int:
        """The character at which it begins."""
        return self.node.start


def value(tree: Value, scope: Scope) -> Any:
    """What a value is worth: every string in it is a template."""
    return _value(tree.node, scope)


def _value(node: Node, scope: Scope) -> Any:
    scope.names.step()
    if isinstance(node.value, dict):
        pairs = [(rendered(key, scope), _value(inner, scope)) for key, inner in _members(node)]
        if any(isinstance(key, Unknown) for key, _ in pairs):
            raise Failure("expected an object whose keys are known")
        return {text(key): inner for key, inner in pairs}
    if isinstance(node.value, tuple):
        return [_value(inner, scope) for inner in node.items]
    return rendered(node.value, scope) if isinstance(node.value, str) else node.value
