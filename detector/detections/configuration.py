"""Resources of configuration files joined into detections.

In: the resources of one deployment: a Terraform folder, a template, what an account says of a region. Out: a
`Configuration`: a detection for each alarm on a metric that filters write, and a remark for everything that is none.
The claims: a detection has exactly the settings that its files define, or there is none; and whatever does not become
part of one is named with its file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from detector.detections.alarmed import Composite
from detector.detections.assembly import detection, flat, metric_filter, source_of, why
from detector.detections.composed import compose
from detector.detections.model import Detection, Source
from detector.detections.resources import Kind, Remark, Resource, Subject, Unknown, because, scalar, unknowns
from detector.errors import UnreadableError
from detector.metrics.filter import MetricFilter

_REFERENCE = re.compile(r"aws_cloudwatch_log_metric_filter\.([\w-]+)")


@dataclass(frozen=True, slots=True)
class Filter:
    """A metric filter and where it stands; ``source`` has the keys ``filter.pattern`` and so on."""

    address: str
    filter: MetricFilter
    source: Source


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail of CloudTrail, as far as its file tells: None and empty strings are not known."""

    address: str
    name: str = ""
    multi_region: bool | None = None
    log_group: str = ""
    logging: bool | None = None
    region: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who receives what a topic is sent; ``confirmed`` is None where a file cannot know."""

    topic: str
    protocol: str
    endpoint: str
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that configuration files define about detection, in the order of the files."""

    sources: tuple[str, ...] = ()
    detections: tuple[Detection, ...] = ()
    filters: tuple[Filter, ...] = ()
    """The metric filters whose metric no alarm is on."""
    alarms: tuple[Resource, ...] = ()
    """The alarms on a metric that no filter writes; those of AWS's own metrics are left out."""
    composites: tuple[Resource, ...] = ()
    """The composite alarms as they stand in the files."""
    composed: tuple[Composite, ...] = ()
    """Those of them whose alarms are all detections or composites of these files."""
    trails: tuple[Trail, ...] = ()
    topics: tuple[str, ...] = ()
    """ARNs, with a placeholder where a file cannot know."""
    subscriptions: tuple[Subscription, ...] = ()
    log_groups: tuple[tuple[str, str], ...] = ()
    """The log group of each filter, by the filter's pattern; with a placeholder where its name is not known."""
    remarks: tuple[Remark, ...] = ()

    def __or__(self, other: Configuration) -> Configuration:
        return Configuration(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def nothing(self) -> UnreadableError:
        """Why there is no detection."""
        why = next((f"; {remark}" for remark in self.remarks), "")
        where = ", ".join(self.sources) or "the configuration"
        return UnreadableError(
            where, "", f"expected a metric filter with an alarm on its metric, found none{why}"
        )

    @property
    def losses(self) -> tuple[Remark, ...]:
        """What the files define and is not looked at."""
        return tuple(remark for remark in self.remarks if remark.subject.loses)


def join(typed: str, resources: Sequence[Resource], remarks: Iterable[Remark] = ()) -> Configuration:
    """The detections of one deployment; ``typed`` is what the user named it, and begins their names."""
    of_kind = {kind: [one for one in resources if one.kind is kind] for kind in Kind}
    feeding = _by_metric(of_kind[Kind.FILTER])
    alarms = list(map(flat, of_kind[Kind.ALARM]))
    strict = {_own(alarm) for alarm in alarms}
    joined = [_joined(typed, alarm, feeding, _metric(alarm, feeding, strict)) for alarm in alarms]
    detections = [found for _, found, _ in joined if isinstance(found, Detection)]
    read = {metric for *_, metrics in joined for metric in metrics}
    composed, uncomposed = compose(typed, resources, detections)
    lone, unfed = list(_without_alarm(feeding, read)), [alarm for alarm, _, metrics in joined if not metrics]
    said = [*remarks, *uncomposed, *(found for _, found, _ in joined if isinstance(found, Remark))]
    said += [found for several in feeding.values() for _, found in several if isinstance(found, Remark)]
    said += [remark for _, remark in lone]
    said += [_apart(alarm) for alarm, _, metrics in joined if any(one[0] != alarm.place for one in metrics)]
    used = [*of_kind[Kind.FILTER], *(alarm for alarm, found, metrics in joined if metrics)]
    return Configuration(
        sources=(typed,),
        detections=tuple(detections),
        filters=tuple(one for one, _ in lone),
        alarms=tuple(alarm for alarm in unfed if not _is_of_a_service(alarm)),
        composites=tuple(of_kind[Kind.COMPOSITE]),
        composed=composed,
        trails=tuple(map(_trail, of_kind[Kind.TRAIL])),
        topics=tuple(dict.fromkeys(one.text("arn") for one in of_kind[Kind.TOPIC])),
        subscriptions=tuple(map(_subscription, of_kind[Kind.SUBSCRIPTION])),
        log_groups=tuple(
            (found.pattern.source, one.text("log_group_name"))
            for several in feeding.values()
            for one, found in several
            if isinstance(found, MetricFilter)
        ),
        remarks=tuple(_once([*said, *_conditional(used), *_placeholders(used, said)])),
    )


Metric: TypeAlias = tuple[str, str, str]
"""A region, a namespace and a name."""
Feeding: TypeAlias = Mapping[Metric, Sequence[tuple[Resource, MetricFilter | Remark]]]


def _by_metric(filters: Iterable[Resource]) -> Feeding:
    found: dict[Metric, list[tuple[Resource, MetricFilter | Remark]]] = {}
    for resource in filters:
        metric = (resource.place, resource.text("namespace"), resource.text("metric"))
        found.setdefault(metric, []).append((resource, metric_filter(resource)))
    return found


def _joined(
    typed: str, alarm: Resource, feeding: Feeding, metric: Metric
) -> tuple[Resource, Detection | Remark | None, set[Metric]]:
    """An alarm, what becomes of it, and the metrics of filters that it reads."""
    if alarm.values.get("metric_query"):
        return _computed(alarm, feeding)
    if several := feeding.get(metric):
        return alarm, detection(typed, alarm, _of_dimensions(alarm, several)), {metric}
    if _is_of_a_service(alarm):
        return alarm, None, set()
    missing = because([alarm.values.get("namespace"), alarm.values.get("metric_name")])
    said = f"no filter here writes its metric {'/'.join(metric[1:])}"
    if missing:
        said = f"its metric is not known: {why(missing)}"
    elif alarm.values.get("metric_name") is None:
        said = "it is on no metric that is named"
    return alarm, alarm.remark(Subject.NO_FILTER, said, "metric_name"), set()


def _own(alarm: Resource) -> Metric:
    return alarm.place, alarm.text("namespace"), alarm.text("metric_name")


def _metric(alarm: Resource, feeding: Feeding, strict: set[Metric]) -> Metric:
    """The metric that an alarm is on: one of its own place, else one that no alarm of its place is on.

    Of two providers whose regions are not known, one may be the other: the alarm's only choice is taken for its own.
    """
    own = _own(alarm)
    others = [one for one in feeding if one[1:] == own[1:] and one not in strict]
    named = _REFERENCE.match(alarm.source.text, alarm.source.offsets.get("metric_name", 0))
    if named and len(others) > 1:
        others = [
            one for one in others if any(f".{named[1]}[" in f".{each.address}[" for each, _ in feeding[one])
        ]
    if own in feeding or len(others) != 1 or (alarm.region and feeding[others[0]][0][0].region):
        return own
    return others[0]


def _is_of_a_service(alarm: Resource) -> bool:
    """Whether the metric is AWS's own; no filter may write to those namespaces."""
    return alarm.text("namespace").startswith("AWS/") or bool(alarm.values.get("metric_query"))


def _without_alarm(feeding: Feeding, read: set[Metric]) -> Iterator[tuple[Filter, Remark]]:
    for metric, several in feeding.items():
        for resource, found in several:
            if metric not in read and isinstance(found, MetricFilter):
                said = f"no alarm is on its metric {'/'.join(metric[1:])}"
                one = Filter(resource.address, found, source_of([resource]))
                yield one, resource.remark(Subject.NO_ALARM, said)


def _once(remarks: Iterable[Remark]) -> Iterator[Remark]:
    """One remark for the instances of one block about which the same is to be said."""
    several: dict[Remark, list[str]] = {}
    for remark in remarks:
        several.setdefault(replace(remark, address=""), []).append(remark.address)
    for remark, addresses in several.items():
        more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
        yield replace(remark, address=f"{addresses[0]}{more}")


def _of_dimensions(
    alarm: Resource, feeding: Sequence[tuple[Resource, MetricFilter | Remark]]
) -> Sequence[tuple[Resource, MetricFilter | Remark]]:
    """Of several filters that write a metric, those with the alarm's dimensions; all, where none has them."""
    names = set(alarm.values.get("dimensions") or ())
    exact = [each for each in feeding if set(each[0].values.get("dimensions") or ()) == names]
    return exact or feeding


def _computed(alarm: Resource, feeding: Feeding) -> tuple[Resource, Remark | None, set[Metric]]:
    """An alarm that computes is left out with a word, if filters write a metric of it or that is not known."""
    said = "an alarm on an expression (metric math) is not replayed"
    queries = alarm.values["metric_query"]
    if not isinstance(queries, list | tuple) or any(isinstance(query, Unknown) for query in queries):
        return alarm, alarm.remark(Subject.UNSUPPORTED, said, "metric_query"), set()
    metrics = [query["metric"] for query in queries if isinstance(query, Mapping) and query.get("metric")]
    keys = {
        (alarm.place, str(metric.get("namespace")), str(metric.get("metric_name")))
        for metric in metrics
        if isinstance(metric, Mapping)
    }
    read = keys & set(feeding)
    if not read:
        return alarm, None, set()
    listed = ", ".join(sorted("/".join(key[1:]) for key in read))
    return alarm, alarm.remark(Subject.UNSUPPORTED, f"{said}; it reads {listed}", "metric_query"), read


def _apart(alarm: Resource) -> Remark:
    said = "its filter has another provider, whose region is not known; taken as if both had the same"
    return alarm.remark(Subject.CONDITIONAL, said, "metric_name")


def _conditional(resources: Iterable[Resource]) -> Iterator[Remark]:
    for resource in resources:
        if resource.condition is not None:
            said = f"whether it exists is not known: {why(resource.condition.because)}; taken as if it did"
            yield resource.remark(Subject.CONDITIONAL, said)


def _placeholders(resources: Iterable[Resource], said: Iterable[Remark]) -> Iterator[Remark]:
    """Each part that is not known of names and ARNs, once, at the place of its first use."""
    left_out = {(remark.path, remark.address) for remark in said if remark.subject.loses}
    told: set[str] = set()
    for resource in resources:
        if (resource.source.path, resource.address) in left_out:
            continue
        for name, value in resource.values.items():
            for unknown in unknowns(value):
                fresh = [missing for missing in unknown.because if missing.reason not in told]
                told.update(missing.reason for missing in fresh)
                if fresh:
                    said_so = f"{name} has {unknown.text[:200]} in it: {why(fresh)}"
                    yield resource.remark(Subject.PLACEHOLDER, said_so, name)


def _trail(resource: Resource) -> Trail:
    def known(name: str) -> bool | None:
        value = resource.values.get(name)
        return None if value is None or isinstance(value, Unknown) else scalar(value).lower() == "true"

    # A trail that says nothing of regions logs its own (CreateTrail, Terraform and CloudFormation alike).
    regions = (
        known("is_multi_region_trail") if resource.values.get("is_multi_region_trail") is not None else False
    )

    return Trail(
        resource.address,
        resource.text("name"),
        regions,
        resource.text("cloud_watch_logs_group_arn"),
        known("enable_logging"),
        resource.region,
        resource.source.path,
        resource.source.line("") or 0,
    )


def _subscription(resource: Resource) -> Subscription:
    confirmed = resource.values.get("confirmed")
    topic, protocol, endpoint = map(resource.text, ("topic_arn", "protocol", "endpoint"))
    return Subscription(topic, protocol, endpoint, confirmed)
