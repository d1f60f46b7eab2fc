"""What an account says of itself: the JSON of describe-metric-filters, describe-alarms, describe-trails and
list-subscriptions (or list-topics), of one region or of many.

In: the trees of such files. Out: their resources, each with its region. The region of an alarm, a trail and a topic is in
its ARN; that of a metric filter in the path of its file, else that of all alarms beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from detector.detections.cloudformation import ALARM, COMPOSITE, FILTER, TRANSFORMATION, shape
from detector.detections.documents import Node
from detector.detections.model import Source
from detector.detections.resources import Kind, Remark, Resource, Subject


def _lower(names: Mapping[str, str]) -> dict[str, str]:
    """Names of CloudFormation as CloudWatch Logs writes them: ``filterPattern``."""
    return {key[0].lower() + key[1:]: name for key, name in names.items()}


_LISTS: Mapping[str, tuple[Kind, Mapping[str, str]]] = {
    "metricFilters": (Kind.FILTER, _lower(FILTER)),
    "MetricAlarms": (Kind.ALARM, ALARM),
    "CompositeAlarms": (Kind.COMPOSITE, COMPOSITE),
    "trailList": (
        Kind.TRAIL,
        {
            "Name": "name",
            "IsMultiRegionTrail": "is_multi_region_trail",
            "CloudWatchLogsLogGroupArn": "cloud_watch_logs_group_arn",
            "HomeRegion": "home_region",
            "TrailARN": "arn",
        },
    ),
    "Subscriptions": (
        Kind.SUBSCRIPTION,
        {"TopicArn": "topic_arn", "Protocol": "protocol", "Endpoint": "endpoint", "SubscriptionArn": "arn"},
    ),
    "Topics": (Kind.TOPIC, {"TopicArn": "arn"}),
}
_ARNS = ("AlarmArn", "TrailARN", "TopicArn")
_REGION = r"(?:af|ap|ca|cn|eu|il|me|mx|sa|us)-(?:gov-|iso[a-z]?-)?[a-z]+-\d"
_IN_PATH = re.compile(rf"(?<![A-Za-z0-9]){_REGION}(?![A-Za-z0-9])")


def is_output(root: Node) -> bool:
    """Whether a document is one of those answers, or a table of them by region."""
    if not isinstance(root.value, dict):
        return False
    regions = [key for key in root.value if re.fullmatch(_REGION, key)]
    if regions and len(regions) == len(root.value):
        return all(is_output(node) for node in root.value.values())
    return any(isinstance(inner.value, tuple) for key, inner in root.value.items() if key in _LISTS)


def read(root: Node, path: str, text: str, region: str = "") -> Iterator[Resource]:
    """The resources of one document; metric filters have no region where the path has none."""
    if not any(key in _LISTS for key in root.value):
        for name, inner in root.value.items():
            yield from read(inner, path, text, name)
        return
    in_path = _IN_PATH.findall(path)
    named = region or (in_path[-1] if in_path else "")
    for key, (kind, names) in _LISTS.items():
        listed = root.get(key)
        for node in listed.items if listed is not None else ():
            if isinstance(node.value, dict):
                yield _resource(kind, names, node, Source(path, text), named)


def _resource(kind: Kind, names: Mapping[str, str], node: Node, source: Source, region: str) -> Resource:
    values: dict[str, Any] = {}
    offsets = {"": node.start}
    _take(node, names, values, offsets)
    if kind is Kind.FILTER:
        transformations = node.get("metricTransformations")
        for one in (transformations.items if transformations is not None else ())[:1]:
            _take(
                one,
                _lower(TRANSFORMATION) | {"metricName": "metric", "metricNamespace": "namespace"},
                values,
                offsets,
            )
    if kind is Kind.SUBSCRIPTION:
        values["confirmed"] = str(values.get("arn", "")).startswith("arn:")
    shape(values)
    arn = next((node.value[key].value for key in _ARNS if key in node.value), None)
    parts = str(arn or "").split(":")
    region = parts[3] if len(parts) > 5 and parts[3] else region  # noqa: PLR2004 - the parts of an ARN
    address = str(values.get("name") or values.get("arn") or "")
    return Resource(kind, address, Source(source.path, source.text, offsets), values, region)


def _take(node: Node, names: Mapping[str, str], values: dict[str, Any], offsets: dict[str, int]) -> None:
    for key, name in names.items():
        inner = node.get(key)
        if inner is not None and inner.value not in (None, ""):
            number = bool(inner.text) and not isinstance(inner.value, bool)
            values[name] = inner.text if number else inner.plain()
            offsets[name] = inner.start


def by_region(resources: Iterable[Resource]) -> tuple[list[Resource], list[Remark]]:
    """The resources of an account, the filters with their regions as far as there can be only one."""
    listed = list(resources)
    regions = {one.region for one in listed if one.kind in {Kind.FILTER, Kind.ALARM} and one.region}
    if len(regions) <= 1:
        only = next(iter(regions), "")
        return [replace(one, region=one.region or only) for one in listed], []
    unsure = dict.fromkeys(one.source.path for one in listed if one.kind is Kind.FILTER and not one.region)
    said = f"expected the region of its metric filters in its path, such as {min(regions)}/describe-metric-filters.json"
    kept = [
        replace(one, address=f"{one.region}/{one.address}") if one.region else one
        for one in listed
        if one.region or one.kind is not Kind.FILTER
    ]
    return kept, [Remark(Subject.UNREADABLE, path, 0, "", said) for path in unsure]
