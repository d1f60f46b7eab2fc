"""CloudFormation templates, SAM's and CDK's among them: YAML with short tags, and JSON.

In: the tree of a template, and values for its parameters. Out: its resources about detection. The claim: a property is
what CloudFormation makes of it, or is not known, and its place is that in the template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from detector.detections.documents import Node
from detector.detections.intrinsics import Template
from detector.detections.model import Source
from detector.detections.resources import Kind, Remark, Resource, Subject, Unknown, scalar
from detector.detections.texts import NO_VALUE, TooLargeError, substituted

_ALARM = {
    "AlarmName": "name",
    "AlarmDescription": "alarm_description",
    "ActionsEnabled": "actions_enabled",
    "AlarmActions": "alarm_actions",
    "OKActions": "ok_actions",
    "InsufficientDataActions": "insufficient_data_actions",
    "MetricName": "metric_name",
    "Namespace": "namespace",
    "Statistic": "statistic",
    "ExtendedStatistic": "extended_statistic",
    "Period": "period",
    "EvaluationPeriods": "evaluation_periods",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "Threshold": "threshold",
    "ComparisonOperator": "comparison_operator",
    "TreatMissingData": "treat_missing_data",
    "EvaluateLowSampleCountPercentile": "evaluate_low_sample_count_percentiles",
    "Unit": "unit",
    "Dimensions": "dimensions",
    "Metrics": "metric_query",
    "EvaluationWindow": "evaluation_window",
    "WarmUpConfiguration": "warm_up_configuration",
}
COMPOSITE = {
    **{key: _ALARM[key] for key in list(_ALARM)[:6]},
    "AlarmRule": "alarm_rule",
    "ActionsSuppressor": "actions_suppressor",
    "ActionsSuppressorWaitPeriod": "wait_period",
    "ActionsSuppressorExtensionPeriod": "extension_period",
}
FILTER = {
    "FilterName": "name",
    "FilterPattern": "pattern",
    "LogGroupName": "log_group_name",
    "FieldSelectionCriteria": "field_selection_criteria",
    "EmitSystemFieldDimensions": "emit_system_field_dimensions",
    "ApplyOnTransformedLogs": "apply_on_transformed_logs",
}
TRANSFORMATION = {
    "MetricName": "metric",
    "MetricNamespace": "namespace",
    "MetricValue": "value",
    "DefaultValue": "default_value",
    "Unit": "unit",
    "Dimensions": "dimensions",
}
_TRAIL = {
    "TrailName": "name",
    "IsMultiRegionTrail": "is_multi_region_trail",
    "CloudWatchLogsLogGroupArn": "cloud_watch_logs_group_arn",
    "IsLogging": "enable_logging",
}
_SUBSCRIPTION = {"TopicArn": "topic_arn", "Protocol": "protocol", "Endpoint": "endpoint"}
_KINDS = {
    "AWS::Logs::MetricFilter": (Kind.FILTER, FILTER),
    "AWS::CloudWatch::Alarm": (Kind.ALARM, _ALARM),
    "AWS::CloudWatch::CompositeAlarm": (
        Kind.COMPOSITE,
        COMPOSITE,
    ),
    "AWS::CloudTrail::Trail": (Kind.TRAIL, _TRAIL),
    "AWS::SNS::Topic": (Kind.TOPIC, {"TopicName": "name"}),
    "AWS::SNS::Subscription": (Kind.SUBSCRIPTION, _SUBSCRIPTION),
}
_ELSEWHERE = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
ALARM = _ALARM


def is_template(root: Node) -> bool:
    """Whether a document has resources as a template has them."""
    resources = root.get("Resources")
    return resources is not None and isinstance(resources.value, dict)


def parameters(root: Node) -> set[str]:
    """The names that values can be given for."""
    declared = root.get("Parameters")
    return set(declared.value) if declared is not None and isinstance(declared.value, dict) else set()


def read(root: Node, path: str, text: str, given: Mapping[str, str]) -> tuple[list[Resource], list[Remark]]:
    """The resources of a template that are about detection, and what is to be said about others."""
    lines = Source(path, text)
    template = Template(root, path, lambda at: lines.text.count("\n", 0, at) + 1, given)
    found: list[Resource] = []
    remarks: list[Remark] = []
    resources = root.get("Resources")
    try:
        for name, node, bound in _each(template, resources, {}, remarks):
            found += _read(template, name, node, bound, text, remarks)
    except (TooLargeError, RecursionError):
        said = "expected a template that can be evaluated in reasonable time"
        return [], [Remark(Subject.UNREADABLE, path, 0, "", said)]
    return found, remarks


def _each(
    template: Template, resources: Node | None, bound: Mapping[str, Any], remarks: list[Remark]
) -> Iterator[tuple[str, Node, Mapping[str, Any]]]:
    """The resources with their logical ids, ``Fn::ForEach`` unrolled."""
    table = resources.value if resources is not None and isinstance(resources.value, dict) else {}
    for name, node in table.items():
        if not name.startswith("Fn::ForEach::"):
            yield scalar(substituted(name, bound)), node, bound
            continue
        if len(node.items) != 3:  # noqa: PLR2004 - variable, collection, body
            continue
        variable, collection, body = node.items
        values = template.value(collection, bound)
        if not isinstance(values, list) or any(isinstance(value, Unknown) for value in values):
            said = "its collection is not known, and so are the resources of it"
            line = template.line(collection.start)
            remarks.append(Remark(Subject.UNRESOLVED, template.path, line, name, said))
            continue
        for value in values:
            template.step()
            yield from _each(template, body, {**bound, str(variable.value): value}, remarks)


def _read(
    template: Template, name: str, node: Node, bound: Mapping[str, Any], text: str, remarks: list[Remark]
) -> Iterator[Resource]:
    kind_node = node.get("Type")
    kind = kind_node.value if kind_node is not None else None
    if kind in _ELSEWHERE:
        where = node.get("Properties", _ELSEWHERE[kind])
        shown = template.value(where, bound) if where is not None else ""
        said = f"a nested stack is a template of its own ({shown!s:.200}): name that too"
        remarks.append(Remark(Subject.NOT_FOLLOWED, template.path, template.line(node.start), name, said))
    if kind not in _KINDS:
        return
    holds: Any = True
    if (condition := node.get("Condition")) is not None:
        holds = template.existence(str(condition.value), condition)
        if holds is False:
            return
    resource_kind, names = _KINDS[kind]
    values: dict[str, Any] = {}
    offsets: dict[str, int] = {"": node.start}
    _take(template, node.get("Properties"), names, bound, values, offsets)
    if resource_kind is Kind.FILTER:
        transformations = node.get("Properties", "MetricTransformations")
        for one in (transformations.items if transformations is not None else ())[:1]:
            _take(template, one, TRANSFORMATION, bound, values, offsets)
    _shaped(resource_kind, name, values)
    unsure = holds if isinstance(holds, Unknown) else None
    source = Source(template.path, text, offsets)
    region = node.get("Metadata", "detector", "region")
    yield Resource(resource_kind, name, source, values, str(region.value) if region else "", unsure)
    if resource_kind is Kind.TOPIC:
        inline = node.get("Properties", "Subscription")
        for one in inline.items if inline is not None else ():
            own: dict[str, Any] = {"topic_arn": values["arn"]}
            _take(template, one, _SUBSCRIPTION, bound, own, {})
            yield Resource(Kind.SUBSCRIPTION, name, source, own)


def _take(
    template: Template,
    node: Node | None,
    names: Mapping[str, str],
    bound: Mapping[str, Any],
    values: dict[str, Any],
    offsets: dict[str, int],
) -> None:
    """The properties of a node under Terraform's names, and their places."""
    table = node.value if node is not None and isinstance(node.value, dict) else {}
    for key, name in names.items():
        if key in table:
            value = template.value(table[key], bound)
            if value is not NO_VALUE:
                values[name] = _exact(table[key], value)
                offsets[name] = table[key].start


def _exact(node: Node, value: Any) -> Any:
    """A literal scalar of a string property is what was written: 0123 and 1.0 are no other text."""
    return node.text if node.text and not node.tag and isinstance(value, int | float) else value


def _shaped(kind: Kind, name: str, values: dict[str, Any]) -> None:
    """Properties in the shape of Terraform's."""
    if kind in {Kind.FILTER, Kind.ALARM, Kind.COMPOSITE}:
        # The account makes a name of its own, which begins with the stack's.
        values.setdefault("name", name)
    if kind is Kind.TOPIC:
        values["arn"] = f"${{{name}}}"
    shape(values)


def shape(values: dict[str, Any]) -> None:
    """Dimensions as a table and queries under Terraform's names, as the API and its templates do not have them."""
    values["dimensions"] = _dimensions(values.get("dimensions"))
    queries = values.get("metric_query")
    if isinstance(queries, list):
        values["metric_query"] = [_query(query) for query in queries]
    elif not queries:
        values.pop("metric_query", None)


def _dimensions(value: Any) -> Any:
    if isinstance(value, list):
        pairs = [
            (scalar(one.get("Name", one.get("Key"))), one.get("Value"))
            for one in value
            if isinstance(one, dict)
        ]
        return dict(pairs)
    return value if isinstance(value, dict | Unknown) else {}


def _query(query: Any) -> Any:
    if not isinstance(query, dict):
        return query
    found: dict[str, Any] = {"id": query.get("Id"), "expression": query.get("Expression")}
    stat = query.get("MetricStat")
    if isinstance(stat, dict):
        given = stat.get("Metric")
        metric = given if isinstance(given, dict) else {}
        found["metric"] = {
            "metric_name": metric.get("MetricName"),
            "namespace": metric.get("Namespace"),
            "dimensions": _dimensions(metric.get("Dimensions")),
            "period": stat.get("Period"),
            "stat": stat.get("Stat"),
            "unit": stat.get("Unit"),
        }
    return found
