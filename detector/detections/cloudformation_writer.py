"""Detections as a CloudFormation template in YAML.

In: detections. Out: the text of a template: parameters, conditions, metric filters, alarms. The claim: what is read back has
the same filters, alarms and actions. `DetectionError` for text that YAML cannot hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from detector.archive.log_group import RECORD
from detector.detections.cloudformation import ALARM, FILTER, TRANSFORMATION
from detector.detections.model import Detection
from detector.detections.quoted import SHORT, escaped, is_plain
from detector.detections.written import Variable, WrittenAlarm, WrittenFilter, deployment, number, texts
from detector.metrics.filter import MetricFilter

_HEAD = 'AWSTemplateFormatVersion: "2010-09-09"\n'
_INSIDE = r"(?:AWS::(?:AccountId|Partition|Region|StackId|StackName|URLSuffix)|[A-Za-z][A-Za-z0-9]{0,254})"
_KNOWN = re.compile(rf"\$\{{{_INSIDE}\}}")
"""A placeholder that is one of CloudFormation's own parameters, or can be one of the template, and is written as such."""
_OTHER = re.compile(rf"\$\{{(?!{_INSIDE}\}})")
_NESTED = re.compile(r"\$\{[^}]*\$\{")
_PARAMETER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9]{0,254})\}")
_EXACT = {"FilterPattern", "FieldSelectionCriteria", "MetricValue"}
_QUIET = """Metadata:
  cfn-lint: {config: {ignore_checks: [W1030]}} # placeholders stand for what the source does not tell
"""
_BY_NAME = {name: key for key, name in {**FILTER, **ALARM}.items()}
_OF_METRIC = {name: key for key, name in TRANSFORMATION.items()}


def write(detections: Sequence[Detection]) -> str:
    """The text of a template."""
    named = dict.fromkeys(
        name for text in texts(detections) for name in _PARAMETER.findall(text) if _has_parameters(text)
    )
    found = deployment(detections, {name.lower() for name in named})
    lists = [one for one in found.variables if isinstance(one.default, tuple) and not _is_literal(one)]
    strings = [one for one in found.variables if not isinstance(one.default, tuple) and not _is_literal(one)]
    lines = ["Parameters:"] if named or strings or lists else []
    for name in named:
        lines += [f"  {name}:", "    Type: String", "    Description: Not known where this was read."]
    for one in (*strings, *lists):
        lines += _parameter(one)
    if lists:
        lines += ["", "Conditions:"]
        lines += [f'  {_condition(one)}: !Not [!Equals [!Join ["", !Ref {_name(one)}], ""]]' for one in lists]
    lines += ["", "Resources:"]
    written: list[WrittenFilter] = []
    for alarm in found.alarms:
        for metric_filter in alarm.feeding:
            if metric_filter not in written:
                written.append(metric_filter)
                lines += [*_filter(metric_filter), ""]
        lines += [*_alarm(alarm), ""]
    placeholders = any("${" in one.default for one in strings if isinstance(one.default, str))
    head = _HEAD + (_QUIET if placeholders else "")
    return head + "\n".join(lines).rstrip("\n") + "\n"


def _parameter(one: Variable) -> Iterator[str]:
    listed = isinstance(one.default, tuple)
    yield f"  {_name(one)}:"
    yield f"    Type: {'CommaDelimitedList' if listed else 'String'}"
    yield f"    Description: {text(one.about)}"
    if one.default is not None:
        yield f"    Default: {text(','.join(one.default) if isinstance(one.default, tuple) else one.default)}"


def _is_literal(one: Variable) -> bool:
    """Whether a value cannot be a default: it has a parameter in it, or commas and blanks that a list would lose."""
    if isinstance(one.default, str):
        return _has_parameters(one.default)
    items = one.default or ()
    return any("," in item or item != item.strip() or not item or _has_parameters(item) for item in items)


def _name(one: Variable) -> str:
    return "".join(word.capitalize() for word in one.name.split("_"))


def _condition(one: Variable) -> str:
    return f"Has{_name(one)}"


def _filter(one: WrittenFilter) -> Iterator[str]:
    yield f"  {_identifier(one.words)}:"
    yield "    Type: AWS::Logs::MetricFilter"
    yield from _region(one.filter)
    yield "    Properties:"
    group = one.log_group
    yield f"      LogGroupName: {text(str(group.default)) if _is_literal(group) else f'!Ref {_name(group)}'}"
    for name, value in one.settings.items():
        yield from _property(_BY_NAME[name] if name != "name" else "FilterName", value, 6)
    yield "      MetricTransformations:"
    lead = "- "
    for name, value in one.metric.items():
        if name == "dimensions":
            yield "          Dimensions:"
            for key, selector in value.items():
                yield f"            - Key: {text(key)}"
                yield f"              Value: {text(selector)}"
            continue
        for line in _property(_OF_METRIC[name], value, 8):
            yield f"{line[:8]}{lead}{line[8:]}" if lead != "  " else f"{line[:8]}  {line[8:]}"
            lead = "  "


def _region(one: MetricFilter) -> Iterator[str]:
    """The region that it comes from, which no property has."""
    if one.log_group.region not in {"", RECORD}:
        yield "    Metadata: {detector: {region: " + text(one.log_group.region) + "}}"


def _alarm(one: WrittenAlarm) -> Iterator[str]:
    first = one.detection.filters[0]
    yield f"  {_identifier(one.words)}:"
    yield "    Type: AWS::CloudWatch::Alarm"
    yield from _region(first)
    yield "    Properties:"
    for name, value in {**one.settings, "metric_name": first.metric, "namespace": first.namespace}.items():
        if name == "dimensions":
            yield "      Dimensions:"
            for key, of_series in value.items():
                yield f"        - Name: {text(key)}"
                yield f"          Value: {text(of_series)}"
        elif name == "warm_up_configuration":
            yield "      WarmUpConfiguration:"
            for key, part in value.items():
                yield from _property(key, part, 8)
        elif name == "evaluation_window":
            yield "      EvaluationWindow:"
            yield "        WallClockWindow:"
            yield f"          Timezone: {text(value)}"
        else:
            yield from _property(_BY_NAME[name] if name != "name" else "AlarmName", value, 6)
    for name, variable in one.actions.items():
        if _is_literal(variable):
            yield f"      {_BY_NAME[name]}:"
            yield from (f"        - {text(item)}" for item in variable.default or ())
        else:
            asked = f"!If [{_condition(variable)}, !Ref {_name(variable)}, !Ref AWS::NoValue]"
            yield f"      {_BY_NAME[name]}: {asked}"


def _property(key: str, value: Any, indent: int) -> Iterator[str]:
    blanks = " " * indent
    if isinstance(value, bool):
        yield f"{blanks}{key}: {'true' if value else 'false'}"
    elif isinstance(value, int | float):
        yield f"{blanks}{key}: {number(value)}"
    elif isinstance(value, list):
        yield f"{blanks}{key}:"
        yield from (f"{blanks}  - {text(item)}" for item in value)
    elif _is_block(value):
        yield f"{blanks}{key}: |-"
        yield from (f"{blanks}  {line}".rstrip() for line in value.split("\n"))
    else:
        # What decides about an event is never a placeholder, whatever it looks like.
        yield f"{blanks}{key}: {_quoted(value) if key in _EXACT else text(value)}"


def _is_block(value: str) -> bool:
    """Whether a text of several lines can be a literal block, which keeps every character."""
    lines = value.split("\n")
    plain = len(lines) > 1 and is_plain(value) and all(line == line.rstrip() for line in lines)
    return plain and bool(lines[0]) and bool(lines[-1]) and not lines[0].startswith(" ")


def text(value: str) -> str:
    """A scalar that is read as this text; a placeholder that is a parameter stays one."""
    if _has_parameters(value):
        return f"!Sub {_quoted(_OTHER.sub('${!', value))}"
    return _quoted(value)


def _has_parameters(value: str) -> bool:
    """Whether placeholders are parameters; one inside of another is no name."""
    return bool(_KNOWN.search(value)) and not _NESTED.search(value)


def _quoted(value: str) -> str:
    if is_plain(value) and "\n" not in value and "'" not in value:
        return f"'{value}'" if '"' in value or "\\" in value else f'"{value}"'
    return f'"{escaped(value, SHORT)}"'


def _identifier(words: Sequence[str]) -> str:
    name = "".join(word.capitalize() for word in words)
    return name if name[0].isalpha() else f"R{name}"
