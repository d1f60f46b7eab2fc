"""Detections as a shell script of AWS CLI commands: put-metric-filter and put-metric-alarm.

In: detections. Out: a script for sh with variables for the log group and the actions at its top. The claim: whatever is in
a name or a pattern, the shell hands on exactly that; the commands make the same filters, alarms and actions.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from detector.archive.log_group import RECORD
from detector.detections.cloudformation import TRANSFORMATION
from detector.detections.model import Detection
from detector.detections.quoted import is_plain
from detector.detections.written import Variable, WrittenAlarm, WrittenFilter, deployment, number
from detector.errors import DetectionError
from detector.metrics.filter import MetricFilter

_OF_METRIC = {name: f"{key[0].lower()}{key[1:]}" for key, name in TRANSFORMATION.items()}
_OPTIONS = {
    "name": "alarm-name",
    "evaluate_low_sample_count_percentiles": "evaluate-low-sample-count-percentile",
}


def write(detections: Sequence[Detection]) -> str:
    """The text of a script."""
    found = deployment(detections)
    lines = ["#!/bin/sh", "# -f: what stands in a variable is no pattern of file names", "set -euf", ""]
    lines += [_variable(one) for one in found.variables if not _is_literal(one)]
    written: list[WrittenFilter] = []
    for alarm in found.alarms:
        for metric_filter in alarm.feeding:
            if metric_filter not in written:
                written.append(metric_filter)
                lines += ["", _command("logs put-metric-filter", _filter(metric_filter))]
        lines += ["", _command("cloudwatch put-metric-alarm", _alarm(alarm))]
    text = "\n".join(lines) + "\n"
    if not is_plain(text):
        raise DetectionError(detections[0].name, "", "expected printable text for a script")
    return text


def _variable(one: Variable) -> str:
    name = one.name.upper()
    if one.default is None:
        return f': "${{{name}:?expected the log group that CloudTrail delivers to}}"'
    default = " ".join(one.default) if isinstance(one.default, tuple) else one.default
    return f'[ "${{{name}+set}}" ] || {name}={shlex.quote(default)}'


def _is_literal(one: Variable) -> bool:
    """Whether a list cannot be words of a shell's variable."""
    return isinstance(one.default, tuple) and any(len(item.split()) != 1 for item in one.default)


def _command(verb: str, options: Iterator[tuple[str, str]]) -> str:
    lines = (f"  --{name} {value}" if name else f"  {value}" for name, value in options)
    return " \\\n".join([f"aws {verb}", *(line.rstrip() for line in lines)])


def _word(text: str) -> str:
    """A word that the AWS CLI takes as it is: it would read a file in the place of file://."""
    if text.startswith(("file://", "fileb://", "http://", "https://")):
        raise DetectionError(
            "", "", f"expected text that the AWS CLI does not read from elsewhere, found {text[:80]!r}"
        )
    return shlex.quote(text)


def _region(one: MetricFilter) -> Iterator[tuple[str, str]]:
    if one.log_group.region not in {"", RECORD}:
        yield "region", one.log_group.region


def _filter(one: WrittenFilter) -> Iterator[tuple[str, str]]:
    yield from _region(one.filter)
    yield "log-group-name", f'"${one.log_group.name.upper()}"'
    yield "filter-name", _word(one.settings["name"])
    yield "filter-pattern", _word(one.settings["pattern"])
    for name in ("field_selection_criteria",):
        if name in one.settings:
            yield name.replace("_", "-"), _word(one.settings[name])
    if "emit_system_field_dimensions" in one.settings:
        yield "emit-system-field-dimensions", shlex.join(one.settings["emit_system_field_dimensions"])
    metric = {_OF_METRIC[name]: value for name, value in one.metric.items()}
    yield "metric-transformations", shlex.quote(json.dumps([metric], ensure_ascii=False))


def _alarm(one: WrittenAlarm) -> Iterator[tuple[str, str]]:
    first = one.detection.filters[0]
    yield from _region(first)
    for name, value in {**one.settings, "metric_name": first.metric, "namespace": first.namespace}.items():
        option = _OPTIONS.get(name, name.replace("_", "-"))
        if name == "actions_enabled":
            yield "no-actions-enabled", ""
        elif name == "dimensions":
            pairs = [{"Name": key, "Value": inner} for key, inner in value.items()]
            yield option, shlex.quote(json.dumps(pairs, ensure_ascii=False))
        elif name == "warm_up_configuration":
            yield option, shlex.quote(json.dumps(value))
        elif name == "evaluation_window":
            yield option, shlex.quote(json.dumps({"WallClockWindow": {"Timezone": value}}))
        else:
            yield option, _word(_text(value))
    for name, variable in one.actions.items():
        option = name.replace("_", "-")
        if _is_literal(variable):
            yield option, shlex.join(variable.default or ())
        else:
            words = f"${variable.name.upper()}"
            yield "", f"${{{variable.name.upper()}:+--{option} {words}}}"


def _text(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else str(value)
