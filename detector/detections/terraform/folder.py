"""A folder of Terraform's source: its resources about detection, those of its local modules included.

In: a folder, and values for its variables. Out: resources, and what is to be said about what is not here. A file that
cannot be read is named, and the others are evaluated without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from detector.detections.documents import DocumentError, json_nodes, text_of
from detector.detections.given import TERRAFORM
from detector.detections.model import Source
from detector.detections.resources import Kind, Remark, Resource, Subject, Unknown
from detector.detections.terraform import conversion, json_syntax, providers
from detector.detections.terraform.module import Call, Evaluation, Instance, Module
from detector.detections.terraform.repetition import Some
from detector.detections.terraform.syntax import Attribute, Block, Body, File, parse
from detector.detections.terraform.values import Failure

ALARM = {
    "alarm_name": "name",
    **{
        name: name
        for name in (
            *(
                "alarm_description",
                "actions_enabled",
                "alarm_actions",
                "ok_actions",
                "insufficient_data_actions",
            ),
            *("metric_name", "namespace", "statistic", "extended_statistic", "period", "evaluation_periods"),
            *("datapoints_to_alarm", "threshold", "comparison_operator", "treat_missing_data"),
            *("evaluate_low_sample_count_percentiles", "unit", "dimensions", "region"),
        )
    },
}
FILTER = {
    name: name
    for name in (
        *("name", "pattern", "log_group_name", "region"),
        *("field_selection_criteria", "emit_system_field_dimensions", "apply_on_transformed_logs"),
    )
}
TRANSFORMATION = {
    "name": "metric",
    **{name: name for name in ("namespace", "value", "default_value", "unit", "dimensions")},
}
SUPPRESSOR = {
    "alarm": "actions_suppressor",
    "wait_period": "wait_period",
    "extension_period": "extension_period",
}
QUERY = ("metric_name", "namespace", "period", "stat", "unit", "dimensions")
_TRAIL = ("name", "is_multi_region_trail", "cloud_watch_logs_group_arn", "enable_logging", "region")
KINDS: Mapping[str, tuple[Kind, Mapping[str, str]]] = {
    "aws_cloudwatch_log_metric_filter": (Kind.FILTER, FILTER),
    "aws_cloudwatch_metric_alarm": (Kind.ALARM, ALARM),
    "aws_cloudwatch_composite_alarm": (
        Kind.COMPOSITE,
        {**{key: ALARM[key] for key in list(ALARM)[:6]}, "alarm_rule": "alarm_rule"},
    ),
    "aws_cloudtrail": (Kind.TRAIL, {name: name for name in _TRAIL}),
    "aws_sns_topic": (Kind.TOPIC, {"name": "name", "arn": "arn"}),
    "aws_sns_topic_subscription": (
        Kind.SUBSCRIPTION,
        {name: name for name in ("topic_arn", "protocol", "endpoint")},
    ),
}
INNER: Mapping[Kind, Sequence[tuple[str, Mapping[str, str], str]]] = {
    Kind.FILTER: (("metric_transformation", TRANSFORMATION, "pattern"),),
    Kind.COMPOSITE: (("actions_suppressor", SUPPRESSOR, "alarm_rule"),),
}
"""The blocks inside of a resource, and the value that is not known where it is not known whether they are there."""
_VALUES = ("terraform.tfvars", "terraform.tfvars.json")


class Folder:
    """The files of a root module and of those that it calls, each folder read once."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.remarks: list[Remark] = []
        self.called: set[str] = set()
        self._blocks: dict[str, Sequence[Block] | None] = {}

    def blocks(self, folder: str) -> Sequence[Block] | None:
        """The blocks of a folder's files; None where it has none."""
        self.called.add(os.path.realpath(folder))
        if folder not in self._blocks:
            try:
                names = sorted(os.listdir(folder))  # noqa: PTH208 - names as they are typed
            except OSError:
                names = []
            paths = [within(folder, name) for name in names if name.endswith(TERRAFORM)]
            found = [block for path in filter(os.path.isfile, paths) for block in self._read(path).blocks]
            self._blocks[folder] = found if paths else None
        return self._blocks[folder]

    def _read(self, path: str) -> Body:
        text = ""
        try:
            text = text_of(Path(path))
            return json_syntax.parse(path, text) if path.endswith(".json") else parse(path, text)
        except DocumentError as error:
            line = text.count("\n", 0, error.at) + 1 if text else 0
            self.remarks.append(Remark(Subject.UNREADABLE, path, line, "", error.reason))
            return Body({}, ())

    def resources(self, given: Mapping[str, str], files: Sequence[str]) -> list[Resource]:
        """The resources of the root module and of those that it calls; ``files`` are those of ``-var-file``."""
        blocks = self.blocks(self.shown) or ()
        self.called.discard(os.path.realpath(self.shown))
        values: dict[str, Any] = {}
        root = Module(blocks, values, Evaluation(self.blocks, given, self.shown), self.shown)
        for path in (*self._automatic(), *files):
            values.update(self._values(path, root))
        for name, written in given.items():
            block = root.named("variable", name)
            kind = block.body.attributes.get("type") if block is not None else None
            scope = root.scope(block.file if block is not None else File("", ""))
            values[name] = conversion.given(written, kind.expression if kind else None, scope)
        return list(self._of(root))

    def variables(self) -> set[str]:
        """The names of the root's variables."""
        return {
            block.labels[0]
            for block in self.blocks(self.shown) or ()
            if block.type == "variable" and block.labels
        }

    def _automatic(self) -> list[str]:
        """The files of values that Terraform reads by itself, in its order."""
        try:
            names = sorted(os.listdir(self.shown))  # noqa: PTH208 - as above
        except OSError:
            return []
        auto = [name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
        return [within(self.shown, name) for name in (*_VALUES, *auto) if name in names]

    def _values(self, path: str, root: Module) -> dict[str, Any]:
        if path.endswith(".json"):
            try:
                [node] = json_nodes(text_of(Path(path)))
                found = node.plain()
            except (DocumentError, ValueError) as error:
                self.remarks.append(Remark(Subject.UNREADABLE, path, 0, "", str(error)))
                return {}
            return found if isinstance(found, dict) else {}
        attributes = self._read(path).attributes
        return {name: _constant(root, one) for name, one in attributes.items()}

    def _of(self, module: Module) -> Iterator[Resource]:
        for block in module.blocks:
            if block.type == "resource" and len(block.labels) == 2 and block.labels[0] in KINDS:  # noqa: PLR2004 - type and name
                instances, condition = self._instances(module, block)
                for instance in instances:
                    try:
                        yield from list(_resource(instance, condition))
                    except (Failure, RecursionError) as error:
                        said = str(error) or "nested too deeply"
                        self._say(Subject.UNRESOLVED, block, instance.address, said)
            elif block.type == "module" and block.labels:
                yield from self._calls(module, block)

    def _calls(self, module: Module, block: Block) -> Iterator[Resource]:
        name = block.labels[0]
        calls = module.safely(name, block.file, lambda: module.calls(name))
        for call in () if isinstance(calls, Unknown) else _each(calls)[0]:
            yield from self._called(call)

    def _instances(self, module: Module, block: Block) -> tuple[list[Any], Unknown | None]:
        address = ".".join(block.labels)
        found = module.safely(address, block.file, lambda: module.instances(block))
        if isinstance(found, Unknown):
            self._say(Subject.UNRESOLVED, block, f"{module.address}{address}", found.because[0].reason)
            return [], None
        instances, condition = _each(found)
        if not instances:
            what = "count is 0" if "count" in block.body.attributes else "for_each is empty"
            self._say(Subject.ABSENT, block, f"{module.address}{address}", f"{what}: there is none")
        return instances, condition

    def _called(self, call: Call) -> Iterator[Resource]:
        child = call.called()
        if child is not None:
            yield from self._of(child)
            return
        source = call.module.safely("source", call.block.file, call.source)
        said = f"the module {str(source)[:200]!r} is not a folder here: read a plan (terraform show -json) for what is in it"
        self._say(Subject.NOT_FOLLOWED, call.block, call.address, said)

    def _say(self, subject: Subject, block: Block, address: str, reason: str) -> None:
        remark = Remark(subject, block.file.path, block.file.line(block.start), address, reason)
        if remark not in self.remarks:
            self.remarks.append(remark)


def _constant(root: Module, found: Attribute) -> Any:
    return root.safely(found.name, found.file, lambda: root.value(found))


def within(folder: str, name: str) -> str:
    """A file of a folder as a user would type it."""
    return name if folder == "." else os.path.join(folder, name)  # noqa: PTH118 - paths as they are typed


def _each(found: Any) -> tuple[list[Any], Unknown | None]:
    """The instances, and what decides how many there are where that is not known."""
    if isinstance(found, Some):
        return [found.at(0 if found.argument == "count" else None)], found.asked
    if isinstance(found, dict):
        return list(found.values()), None
    return (found if isinstance(found, list) else [found]), None


def _resource(instance: Instance, condition: Unknown | None) -> Iterator[Resource]:
    kind, names = KINDS[instance.type]
    values: dict[str, Any] = {}
    offsets = {"": instance.block.start}
    _take(instance, names, values, offsets)
    for block, inner, decisive in INNER.get(kind, ()):
        for nested in list(instance.nested(block))[:1]:
            if isinstance(nested, Unknown):
                values[decisive] = nested
            else:
                _take(nested, inner, values, offsets)
    if kind is Kind.TOPIC:
        values["arn"] = instance.attribute("arn")
    if kind is Kind.ALARM:
        queries = [_query(query) for query in instance.nested("metric_query")]
        if queries:
            values["metric_query"] = queries
    values.setdefault("dimensions", {})
    region, provider = providers.place(instance.module, instance.block)
    region = values.pop("region", region)
    file = instance.block.file
    address = instance.address.replace(f"{instance.type}.", "", 1)
    yield Resource(
        kind,
        address,
        Source(file.path, file.text, offsets),
        values,
        region if isinstance(region, str) else "",
        condition,
        provider,
    )


def _take(
    instance: Instance, names: Mapping[str, str], values: dict[str, Any], offsets: dict[str, int]
) -> None:
    attributes = instance.block.body.attributes
    for key, name in names.items():
        if key in attributes:
            values[name] = instance.attribute(key)
            offsets[name] = attributes[key].start


def _query(query: Any) -> Any:
    if isinstance(query, Unknown):
        return query
    attributes = query.block.body.attributes
    found = {
        name: query.attribute(name) for name in ("id", "expression", "return_data") if name in attributes
    }
    for metric in query.nested("metric"):
        if isinstance(metric, Unknown):
            return metric
        found["metric"] = {
            name: metric.attribute(name) for name in QUERY if name in metric.block.body.attributes
        }
    return found
