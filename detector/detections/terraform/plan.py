"""Terraform's plans and states as JSON (``terraform show -json``): exact, since Terraform itself has evaluated them.

In: the tree of such a document. Out: the resources that will be there after it is applied. What only the account will
know (``after_unknown``) is `Unknown`, by its address; references of the configuration tell which value it will be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from detector.detections.documents import Node
from detector.detections.model import Source
from detector.detections.resources import Kind, Missing, Resource, Unknown
from detector.detections.terraform.folder import INNER, KINDS, QUERY


def is_plan(root: Node) -> bool:
    """Whether a document is a plan or a state as ``terraform show -json`` writes it."""
    return root.get("format_version") is not None and (
        root.get("planned_values") is not None or root.get("values") is not None
    )


def is_raw_state(root: Node) -> bool:
    """Whether a document is a state file itself, which is not for others to read."""
    return root.get("terraform_version") is not None and root.get("serial") is not None


def read(root: Node, path: str, text: str) -> Iterator[Resource]:
    """The resources of a plan or a state."""
    module = root.get("planned_values", "root_module") or root.get("values", "root_module")
    references = _references(root)
    unknown = {
        str(change.value["address"].value): change.get("change", "after_unknown")
        for change in (root.get("resource_changes") or Node(())).items
        if change.get("address") is not None
    }
    yield from _module(module, path, text, unknown, references)


def _module(
    module: Node | None,
    path: str,
    text: str,
    unknown: Mapping[str, Node | None],
    references: Mapping[str, Mapping[str, str]],
) -> Iterator[Resource]:
    if module is None:
        return
    for node in (module.get("resources") or Node(())).items:
        kind, address = node.get("type"), node.get("address")
        if kind is not None and address is not None and kind.value in KINDS:
            later = unknown.get(str(address.value))
            yield _resource(
                node, str(kind.value), str(address.value), Source(path, text), (later, references)
            )
    for child in (module.get("child_modules") or Node(())).items:
        yield from _module(child, path, text, unknown, references)


def _resource(
    node: Node,
    type_: str,
    address: str,
    source: Source,
    facts: tuple[Node | None, Mapping[str, Mapping[str, str]]],
) -> Resource:
    kind, names = KINDS[type_]
    later, references = facts
    settings = node.get("values") or Node({})
    taken = _Taken(address, references.get(address.partition("[")[0], {}), source.path)
    taken.take(settings, later, names)
    for block, inside, _ in INNER.get(kind, ()):
        blocks = (settings.get(block) or Node(())).items
        marks = ((later and later.get(block)) or Node(())).items
        taken.take(blocks[0] if blocks else None, marks[0] if marks else None, inside, f"{block}.")
    values = taken.values
    if kind is Kind.TOPIC:
        values.setdefault("arn", Unknown(f"${{{address}.arn}}"))
    queries = (settings.get("metric_query") or Node(())).items
    if queries:
        values["metric_query"] = [_query(query.plain()) for query in queries]
    values["dimensions"] = values.get("dimensions") or {}
    region = values.pop("region", "")
    offsets = {"": node.start, **taken.offsets}
    name = address.replace(f"{type_}.", "", 1)
    placed = Source(source.path, source.text, offsets)
    return Resource(kind, name, placed, values, region if isinstance(region, str) else "")


class _Taken:
    """The values of a resource under their names, with their places, and those that are not known yet."""

    def __init__(self, address: str, references: Mapping[str, str], path: str) -> None:
        self.values: dict[str, Any] = {}
        self.offsets: dict[str, int] = {}
        self._address, self._references, self._path = address, references, path

    def take(self, at: Node | None, later: Node | None, names: Mapping[str, str], inside: str = "") -> None:
        """Take the values of a block, of which ``later`` marks those that are only known after it is applied."""
        table = at.value if at is not None and isinstance(at.value, dict) else {}
        for key, name in names.items():
            mark = later.get(key) if later is not None else None
            if key in table and table[key].value is not None:
                self.values[name] = _value(table[key])
                self.offsets[name] = table[key].start
            if mark is not None and _any(mark):
                what = f"{self._address}.{inside}{key}"
                missing = Missing(f"{what} is only known after it is applied", self._path, 0)
                self.values[name] = Unknown(f"${{{self._references.get(inside + key) or what}}}", (missing,))


def _value(node: Node) -> Any:
    """A value; a number as it was written."""
    if node.text and not isinstance(node.value, bool) and node.value is not None:
        return node.text
    return node.plain()


def _any(mark: Node) -> bool:
    """Whether a part of a value is unknown."""
    if isinstance(mark.value, dict):
        return any(map(_any, mark.value.values()))
    return any(map(_any, mark.items)) if isinstance(mark.value, tuple) else mark.value is True


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    metrics = query.get("metric") or []
    found: dict[str, Any] = {key: query.get(key) for key in ("id", "return_data")}
    found["expression"] = query.get("expression") or None
    if metrics and isinstance(metrics[0], dict):
        found["metric"] = {name: metrics[0].get(name) for name in QUERY}
    return found


def _references(root: Node) -> dict[str, dict[str, str]]:
    """For each resource of the root module, what its arguments refer to, such as ``aws_sns_topic.alarms.arn``."""
    found: dict[str, dict[str, str]] = {}
    for node in (root.get("configuration", "root_module", "resources") or Node(())).items:
        address, expressions = node.get("address"), node.get("expressions")
        if address is None or expressions is None or not isinstance(expressions.value, dict):
            continue
        for name, expression in expressions.value.items():
            listed = [str(one.value) for one in (expression.get("references") or Node(())).items]
            if listed:
                found.setdefault(str(address.value), {})[name] = listed[0]
    return found
