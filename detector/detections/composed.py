"""Composite alarms of configurations joined with the alarms that they refer to.

In: the resources of one deployment, and the detections made of them. Out: a `Composite` for each composite alarm whose
alarms are all here, and a remark for each other one that needs a detection. The claims: a reference is the alarm that the
service would take, by its name, its ARN or what stands for that in the files; nothing is composed of a part of a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detector.composite import CompositeSettings
from detector.detections.alarmed import Alarmed, Composite
from detector.detections.assembly import actions_of, why
from detector.detections.model import Detection, Source
from detector.detections.resources import Kind, Remark, Resource, Subject, Unknown, because, scalar
from detector.errors import SettingsError

_PERIODS = {
    "wait_period": "composite.actions_suppressor.wait_period",
    "extension_period": "composite.actions_suppressor.extension_period",
}
_KEYS = {
    "name": "composite.name",
    "alarm_rule": "composite.alarm_rule",
    "alarm_description": "composite.alarm_description",
    "actions_suppressor": "composite.actions_suppressor",
    **_PERIODS,
    **{name: f"composite.{name}" for name in ("actions_enabled", "alarm_actions", "ok_actions")},
    "insufficient_data_actions": "composite.insufficient_data_actions",
}
"""Where each value of a resource stands in a composite's own file."""
_PART = r"(?:[^:${}]*|\$\{[^{}]*\})"
_ARN = re.compile(rf"arn:{_PART}:cloudwatch:{_PART}:{_PART}:alarm:")
_TYPE = re.compile(r"\baws_cloudwatch_(?:metric|composite)_alarm\.")


class _NoneError(Exception):
    """There is no composite, and this is to be said about it, if anything."""

    def __init__(self, remark: Remark | None) -> None:
        super().__init__()
        self.remark = remark


def compose(
    typed: str, resources: Sequence[Resource], detections: Sequence[Detection]
) -> tuple[tuple[Composite, ...], tuple[Remark, ...]]:
    """The composites of a deployment, and why others are none."""
    alarms = [one for one in resources if one.kind in {Kind.ALARM, Kind.COMPOSITE}]
    making = _Making(typed, alarms, {one.name.removeprefix(f"{typed}#"): one for one in detections})
    made: list[Composite] = []
    said: list[Remark] = []
    for resource in alarms:
        if resource.kind is not Kind.COMPOSITE:
            continue
        try:
            made.append(making.composite(resource))
        except _NoneError as error:
            said += [error.remark] if error.remark else []
    return tuple(made), tuple(said)


@dataclass(slots=True)
class _Making:
    """Composites of one deployment, each made once."""

    typed: str
    alarms: Sequence[Resource]
    detections: Mapping[str, Detection]
    made: dict[str, Composite | None] = field(default_factory=dict)
    """By address; None while one is being made."""

    def composite(self, resource: Resource) -> Composite:
        """The composite of a resource."""
        known = self.made.get(resource.address)
        if known is not None:
            return known
        if resource.address in self.made:
            said = "expected composite alarms that do not depend on themselves"
            raise _NoneError(resource.remark(Subject.REFUSED, said, "alarm_rule"))
        self.made[resource.address] = None
        try:
            settings = self._settings(resource)
            source = _source(resource)
            composite = Composite(
                name=f"{self.typed}#{resource.address}",
                settings=settings,
                alarms=self._children(resource, settings),
                title=settings.name,
                actions=actions_of(resource),
                source=source,
            )
        except _NoneError:
            del self.made[resource.address]
            raise
        self.made[resource.address] = composite
        return composite

    def _settings(self, resource: Resource) -> CompositeSettings:
        rule = resource.values.get("alarm_rule")
        periods = {name: _seconds(resource, name) for name in _PERIODS}
        try:
            return CompositeSettings(
                name=resource.text("name") or resource.address,
                alarm_rule=self._names(rule, resource),
                alarm_description=resource.text("alarm_description"),
                actions_suppressor=self._names(resource.values.get("actions_suppressor"), resource),
                **periods,
            )
        except SettingsError as error:
            missing = because([rule, resource.values.get("actions_suppressor")])
            subject = Subject.UNRESOLVED if missing else Subject.REFUSED
            reason = f"{error.setting}: {error.reason}" + (f"; {why(missing)}" if missing else "")
            said = resource.remark(subject, reason, error.setting.partition(".")[0])
            raise _NoneError(said if self._is_about_detections(resource) else None) from None

    def _names(self, value: Any, resource: Resource) -> str:
        """A rule or a reference with the names of alarms for what stands for them."""
        text = "" if value is None else scalar(value)
        if not isinstance(value, Unknown):
            return text
        for alarm in self.alarms:
            if alarm.place == resource.place:
                for placeholder in _stands_for(alarm):
                    text = text.replace(placeholder, alarm.text("name"))
        for placeholder in re.findall(r"\$\{[^{}]*\}", text):
            plain = _TYPE.sub("", placeholder)
            found = next((one for one in self.alarms if plain in _stands_for(one)), None)
            text = text.replace(placeholder, found.text("name")) if found else text
        return _ARN.sub("", text)

    def _is_about_detections(self, resource: Resource) -> bool:
        text = f"{resource.text('alarm_rule')} {self._names(resource.values.get('alarm_rule'), resource)}"
        return any(one.alarm.name in text for one in self.detections.values())

    def _children(self, resource: Resource, settings: CompositeSettings) -> dict[str, Alarmed]:
        found: dict[str, Alarmed] = {}
        absent: list[str] = []
        for name in dict.fromkeys((*settings.children, settings.suppressor)):
            child = self._alarm(name, resource) if name else None
            if child is not None:
                found[name] = child
            elif name:
                absent.append(name)
        if absent:
            listed = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")  # noqa: PLR2004 - enough to see
            said = f"its rule needs alarms that are not on metrics of filters here: {listed}"
            ours = any(name in found for name in settings.children)
            raise _NoneError(resource.remark(Subject.UNSUPPORTED, said, "alarm_rule") if ours else None)
        return found

    def _alarm(self, name: str, resource: Resource) -> Alarmed | None:
        """The alarm of a name: of several places, that of the composite's own."""
        named = [one for one in self.alarms if one.text("name") == name and one is not resource]
        for one in sorted(named, key=lambda one: one.place != resource.place):
            if one.kind is Kind.COMPOSITE:
                return self.composite(one)
            if one.address in self.detections:
                return self.detections[one.address]
        return None


def _stands_for(alarm: Resource) -> Iterator[str]:
    """What is written for an alarm's name or ARN: its logical id, or its address."""
    yield from (f"${{{alarm.address}{suffix}}}" for suffix in ("", ".Arn", ".arn", ".id"))


def _seconds(resource: Resource, name: str) -> int:
    value = resource.values.get(name)
    text = "0" if value is None else scalar(value)
    if not text.isdecimal():
        said = f"{name}: expected a whole number of seconds, found {text[:60]}"
        subject = Subject.UNRESOLVED if isinstance(value, Unknown) else Subject.REFUSED
        raise _NoneError(resource.remark(subject, said, name))
    return int(text)


def _source(resource: Resource) -> Source:
    places = {_KEYS[name]: at for name, at in resource.source.offsets.items() if name in _KEYS}
    offsets = {
        "": resource.source.offsets.get("", 0),
        "composite": resource.source.offsets.get("", 0),
        **places,
    }
    return Source(resource.source.path, resource.source.text, offsets)
