"""The intrinsic functions of CloudFormation: a node of a template in, its value out.

A value is what JSON can hold, or `Unknown` where it depends on what the template alone does not tell: a parameter
without a default, an account id, an attribute of a resource. The claims: nothing is looked up anywhere, and an unknown
condition makes whatever depends on it unknown, unless both branches are equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from detector.detections.documents import Node
from detector.detections.resources import Missing, Unknown, because, scalar, shown
from detector.detections.texts import FUNCTIONS, NO_VALUE, PARTIAL, TooLargeError, joined, substituted

_MOST_STEPS = 200_000
_IN_SUB = re.compile(r"\$\{(!?[^{}]*)\}")
_SAME = {"AWS::SNS::Topic": {"TopicArn": ""}, "AWS::Logs::LogGroup": {}}
"""Attributes that are what Ref gives."""
_NAMES = {
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Logs::MetricFilter": "FilterName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
}
"""What Ref gives, where the template sets it."""


class Template:
    """The parameters, conditions, mappings and resources of a template, and what was given for its parameters."""

    def __init__(self, root: Node, path: str, line: Callable[[int], int], given: Mapping[str, str]) -> None:
        self.root = root
        self.path = path
        self.line = line
        self.given = given
        self.steps = 0
        self.defaults: set[str] = set()
        """The parameters of which the default was taken since this was emptied."""
        self._conditions: dict[str, tuple[Any, frozenset[str]]] = {}
        self._names: set[str] = set()

    def unknown(self, text: str, reason: str, node: Node) -> Unknown:
        """A value that is not known, asked for at a node."""
        return Unknown(text, (Missing(reason, self.path, self.line(node.start)),))

    def step(self) -> None:
        """Count one step; `TooLargeError` after too many."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise TooLargeError

    def value(self, node: Node, bound: Mapping[str, Any] | None = None) -> Any:
        """What a node is when the stack is made; ``bound`` are the variables of ``Fn::ForEach`` around it."""
        self.step()
        bound = bound or {}
        if node.tag.startswith("!"):
            return self._call(node.tag[1:], Node(node.value, node.start, node.text), bound)
        if isinstance(node.value, tuple):
            items = [self.value(item, bound) for item in node.value]
            return [item for item in items if item is not NO_VALUE]
        if isinstance(node.value, dict):
            if len(node.value) == 1:
                [(key, inner)] = node.value.items()
                if key in {"Ref", "Condition"} or key.startswith("Fn::"):
                    return self._call(key.removeprefix("Fn::"), inner, bound)
            pairs = ((key, self.value(inner, bound)) for key, inner in node.value.items())
            return {key: value for key, value in pairs if value is not NO_VALUE}
        if bound and isinstance(node.value, str) and "{" in node.value:
            return substituted(node.value, bound)
        return node.text if node.text and isinstance(node.value, str) else node.value

    def _call(self, name: str, argument: Node, bound: Mapping[str, Any]) -> Any:
        special: dict[str, Callable[[Node, Mapping[str, Any]], Any]] = {
            "Ref": lambda node, bound: self.reference(str(node.value), node, bound),
            "GetAtt": self._get_att,
            "Sub": self._sub,
            "If": self._if,
            "FindInMap": self._find_in_map,
        }
        if name in special:
            return special[name](argument, bound)
        if name in {"Condition", "And", "Or", "Not", "Equals"}:
            return self._logical(name, argument, bound)
        value = self.value(argument, bound)
        missing, function = because([value]), FUNCTIONS.get(name)
        found = function(value) if function and (not missing or name in PARTIAL) else None
        if found is not None:
            return found
        text = f"${{{name} {shown(value)}}}"
        reason = f"Fn::{name} cannot be evaluated" if function else f"Fn::{name} is only known to the account"
        return Unknown(text, missing) if function and missing else self.unknown(text, reason, argument)

    def _get_att(self, argument: Node, bound: Mapping[str, Any]) -> Any:
        value = self.value(argument, bound)
        parts = [scalar(part) for part in value] if isinstance(value, list) else str(value).split(".", 1)
        return self.attribute(parts, argument)

    def reference(self, name: str, node: Node, bound: Mapping[str, Any]) -> Any:
        """What ``Ref`` gives: a parameter, a pseudo parameter, or the name of a resource."""
        if name in bound:
            return bound[name]
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.given:
            return self._typed(name, self.given[name])
        parameter = self.root.get("Parameters", name)
        if parameter is not None:
            return self._default(name, parameter)
        resource = self.root.get("Resources", name)
        kind = resource.get("Type") if resource is not None else None
        if resource is not None and kind is not None and name not in self._names:
            named = resource.get("Properties", _NAMES.get(str(kind.value), "-"))
            if named is not None:
                self._names.add(name)
                try:
                    return self.value(named, bound)
                finally:
                    self._names.discard(name)
        what = f"the name of {name} is made by the account"
        if "::" in name:
            what = f"{name} is only known to the account: --parameter {name}=VALUE"
        elif resource is None:
            what = f"{name} is no parameter and no resource of the file: --parameter {name}=VALUE"
        return self.unknown(f"${{{name}}}", what, node)

    def _typed(self, name: str, text: str) -> Any:
        kind = self.root.get("Parameters", name, "Type")
        listed = kind is not None and ("List" in str(kind.value))
        return [part.strip() for part in text.split(",")] if listed else text

    def _default(self, name: str, parameter: Node) -> Any:
        kind, default = parameter.get("Type"), parameter.get("Default")
        if kind is not None and str(kind.value).startswith("AWS::SSM::Parameter"):
            return self.unknown(
                f"${{{name}}}", f"the parameter {name} is in the account's parameter store", parameter
            )
        if default is None:
            reason = f"the parameter {name} has no default: --parameter {name}=VALUE"
            missing = Missing(reason, self.path, self.line(parameter.start))
            return Unknown(f"${{{name}}}", (missing,))
        self.defaults.add(name)
        return self._typed(name, default.text or scalar(default.value))

    def attribute(self, parts: list[str], node: Node) -> Any:
        """What ``Fn::GetAtt`` gives: of a topic its ARN, of a log group what stands for it, else unknown."""
        name, attribute = parts[0], ".".join(parts[1:])
        kind = self.root.get("Resources", name, "Type")
        if attribute in _SAME.get(str(kind.value) if kind else "", {}):
            return self.reference(name, node, {})
        if kind is not None and kind.value == "AWS::Logs::LogGroup" and attribute == "Arn":
            named = self.reference(name, node, {})
            if isinstance(named, str):
                text = (
                    f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{named}:*"
                )
                return self.unknown(text, f"the ARN of {name} is made by the account", node)
        return self.unknown(
            f"${{{name}.{attribute}}}", f"{attribute} of {name} is only known to the account", node
        )

    def _sub(self, argument: Node, bound: Mapping[str, Any]) -> Any:
        template, own = argument, Node({})
        if isinstance(argument.value, tuple) and len(argument.value) == 2:  # noqa: PLR2004 - text and variables
            template, own = argument.value
        text = substituted(str(template.value), bound) if bound else str(template.value)
        if not isinstance(text, str):
            return text
        parts: list[Any] = []
        end = 0
        for match in _IN_SUB.finditer(text):
            parts.append(text[end : match.start()])
            end = match.end()
            name = match[1].strip()
            if name.startswith("!"):
                parts.append(f"${{{name[1:]}}}")
            elif own.get(name) is not None:
                parts.append(self.value(own.value[name], bound))
            elif "." in name and self.root.get("Parameters", name) is None:
                parts.append(self.attribute(name.split(".", 1), template))
            else:
                parts.append(self.reference(name, template, bound))
        return joined([*parts, text[end:]])

    def _if(self, argument: Node, bound: Mapping[str, Any]) -> Any:
        if len(argument.items) != 3:  # noqa: PLR2004 - condition, then, else
            return self.unknown("${If}", "expected Fn::If with a condition and two values", argument)
        condition, then, otherwise = argument.items
        holds = self.condition(str(condition.value), condition)
        if not isinstance(holds, Unknown):
            return self.value(then if holds else otherwise, bound)
        both = self.value(then, bound), self.value(otherwise, bound)
        if both[0] == both[1]:
            return both[0]
        said = [shown("" if one is NO_VALUE else one) for one in both]
        return Unknown(f"${{{condition.value} ? {said[0]} : {said[1]}}}", because([holds, *both]))

    def condition(self, name: str, node: Node) -> Any:
        """Whether a condition of the template holds: True, False or `Unknown`."""
        if name not in self._conditions:
            found = self.root.get("Conditions", name)
            itself = self.unknown(f"${{{name}}}", f"the condition {name} depends on itself", node)
            self._conditions[name] = itself, frozenset()
            before, self.defaults = self.defaults, set()
            if found is not None:
                value = self.value(found)
            elif name in self.given:
                value = self.given[name].lower() == "true"
            else:
                reason = f"there is no condition {name} in the file: --parameter {name}=true"
                value = self.unknown(f"${{{name}}}", reason, node)
            self._conditions[name] = value, frozenset(self.defaults)
            self.defaults = before
        value, defaults = self._conditions[name]
        self.defaults |= defaults
        return value

    def existence(self, name: str, node: Node) -> Any:
        """What a condition says of a resource: as `condition`, but not known where a default alone denies it.

        Defaults are often those of a test stack, or empty until somebody fills them in.
        """
        holds = self.condition(name, node)
        defaults = self._conditions[name][1]
        if holds is False and defaults:
            listed = ", ".join(f"--parameter {one}=VALUE" for one in sorted(defaults)[:3])
            return self.unknown(
                f"${{{name}}}", f"{name} is false with the default of a parameter ({listed})", node
            )
        return holds

    def _logical(self, name: str, argument: Node, bound: Mapping[str, Any]) -> Any:
        if name == "Condition":
            return self.condition(str(argument.value), argument)
        values = [self.value(item, bound) for item in argument.items]
        missing = because(values)
        text = f"${{{name} {shown(values)}}}"
        if name == "Equals" and len(values) == 2:  # noqa: PLR2004 - two sides
            if missing and values[0] != values[1]:
                return Unknown(text, missing)
            return _written(values[0]) == _written(values[1])
        if name == "Not" and len(values) == 1:
            return Unknown(text, missing) if missing else not _true(values[0])
        decisive = name == "Or"
        if any(not isinstance(value, Unknown) and _true(value) is decisive for value in values):
            return decisive
        return Unknown(text, missing) if missing else not decisive

    def _find_in_map(self, argument: Node, bound: Mapping[str, Any]) -> Any:
        keys = [self.value(item, bound) for item in argument.items]
        default = keys.pop() if len(keys) > 3 else None  # noqa: PLR2004 - map, two keys, {DefaultValue: …}
        text = f"${{FindInMap {shown(keys)}}}"
        if missing := because(keys):
            return Unknown(text, missing)
        found = self.root.get("Mappings", *map(scalar, keys))
        if found is not None:
            return self.value(found, bound)
        if isinstance(default, Mapping) and "DefaultValue" in default:
            return default["DefaultValue"]
        return self.unknown(text, f"there is no {'.'.join(map(scalar, keys))} in Mappings", argument)


def _written(value: Any) -> Any:
    return scalar(value) if isinstance(value, str | int | float | bool) else value


def _true(value: Any) -> bool:
    return value is True or scalar(value).lower() == "true"
