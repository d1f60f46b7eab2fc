"""Detections as Terraform, formatted as ``terraform fmt`` leaves it.

In: detections. Out: the text of a file: variables, metric filters, alarms. The claim: what is read back has the same
filters, alarms and actions. `DetectionError` for a setting that the resource does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from detector.archive.log_group import RECORD
from detector.detections.model import Detection
from detector.detections.quoted import SHORT, escaped, is_plain
from detector.detections.terraform.values import LONGEST
from detector.detections.written import Variable, WrittenAlarm, WrittenFilter, deployment, number, texts
from detector.errors import DetectionError

_NAMES = {"name": "alarm_name"}


def write(detections: Sequence[Detection]) -> str:
    """The text of a ``.tf`` file."""
    named = dict.fromkeys(name for text in texts(detections) for name in _VAR.findall(text))
    found = deployment(detections, {name.replace("_", "").lower() for name in named})
    blocks = [_variable(Variable(name, "Not known where this was read.", None)) for name in named]
    blocks += [_variable(one) for one in found.variables if not _is_literal(one)]
    for alarm in found.alarms:
        blocks += [block for one in alarm.feeding if (block := _filter(one)) not in blocks]
        blocks.append(_alarm(alarm))
    text = "\n".join(blocks)
    if len(text) > LONGEST * 4:
        raise DetectionError(detections[0].name, "", "expected fewer detections in one file")
    return text


def _variable(one: Variable) -> str:
    listed = isinstance(one.default, tuple)
    lines = [("description", string(one.about)), ("type", "list(string)" if listed else "string")]
    if one.default is not None:
        value = _strings(one.default) if isinstance(one.default, tuple) else string(one.default)
        lines.append(("default", value))
    return _block(f'variable "{one.name}"', [lines])


_VAR = re.compile(r"(?<!\$)\$\{var\.([A-Za-z_]\w*)\}")
"""A placeholder that is a variable, and is written as one."""


def _is_literal(one: Variable) -> bool:
    """Whether a default has a variable in it, which only an argument of a resource can have."""
    listed = [one.default] if isinstance(one.default, str) else one.default or ()
    return any(map(_VAR.search, listed))


def _given(one: Variable) -> str:
    return _value(one.default) if _is_literal(one) else f"var.{one.name}"


def _filter(one: WrittenFilter) -> str:
    settings = [
        ("name", string(one.settings["name"])),
        ("log_group_name", _given(one.log_group)),
        ("pattern", _pattern(one.settings["pattern"])),
    ]
    if one.filter.log_group.region not in {"", RECORD}:
        settings.append(("region", string(one.filter.log_group.region)))
    settings += [
        (key, _value(one.settings[key]))
        for key in ("field_selection_criteria", "emit_system_field_dimensions")
        if key in one.settings
    ]
    metric = [("name" if key == "metric" else key, _value(value)) for key, value in one.metric.items()]
    inner = "".join(
        f"  {line}\n" if line else "\n" for line in _block("metric_transformation", [metric]).splitlines()
    )
    head = f'resource "aws_cloudwatch_log_metric_filter" "{_identifier(one.words)}"'
    return _block(head, [settings]).removesuffix("}\n") + f"\n{inner}}}\n"


def _alarm(one: WrittenAlarm) -> str:
    for name, what in (("evaluation_window", "sliding windows"), ("warm_up_configuration", "no warm-up")):
        if name in one.settings:
            reason = f"expected {what}: Terraform's aws_cloudwatch_metric_alarm has no {name}"
            raise DetectionError(one.detection.name, f"alarm.{name}", reason)
    of_metric = [
        ("metric_name", string(one.detection.filters[0].metric)),
        ("namespace", string(one.detection.filters[0].namespace)),
    ]
    settings = [(_NAMES.get(key, key), _value(value)) for key, value in one.settings.items()]
    named = [pair for pair in settings if pair[0] in {"alarm_name", "alarm_description"}]
    others = [pair for pair in settings if pair not in named]
    region = one.detection.filters[0].log_group.region
    if region not in {"", RECORD}:
        others.append(("region", string(region)))
    actions = [(name, _given(variable)) for name, variable in one.actions.items()]
    head = f'resource "aws_cloudwatch_metric_alarm" "{_identifier(one.words)}"'
    return _block(head, [[*named, *of_metric, *others], actions])


def _block(head: str, groups: Sequence[Sequence[tuple[str, str]]]) -> str:
    """A block with its attributes, aligned as the formatter aligns them: by runs of single lines."""
    lines = [f"{head} {{"]
    for place, group in enumerate(groups):
        if place:
            lines.append("")
        for run in _runs(group):
            width = max(len(name) for name, _ in run)
            lines += [f"  {name:<{width}} = {value}" for name, value in run]
    return "\n".join([*lines, "}"]) + "\n"


def _runs(group: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    run: list[tuple[str, str]] = []
    for name, value in group:
        if "\n" in value:
            if run:
                yield run
            yield [(name, value)]
            run = []
        else:
            run.append((name, value))
    if run:
        yield run


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return _strings(value)
    return _table(value) if isinstance(value, Mapping) else string(str(value))


def _strings(values: Sequence[str]) -> str:
    return f"[{', '.join(map(string, values))}]"


def _table(table: Mapping[str, str]) -> str:
    keys = {key: key if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key) else string(key) for key in table}
    width = max(map(len, keys.values()))
    lines = [f"    {keys[key]:<{width}} = {string(value)}" for key, value in table.items()]
    return "\n".join(["{", *lines, "  }"])


def string(text: str) -> str:
    """A quoted string; a placeholder that is a variable stays one."""
    if lone := _VAR.fullmatch(text):
        return f"var.{lone[1]}"
    written, end = "", 0
    for variable in _VAR.finditer(text):
        written += _literal(text[end : variable.start()]) + variable[0]
        end = variable.end()
    return f'"{written}{_literal(text[end:])}"'


def _literal(text: str) -> str:
    """Text in which nothing begins a template: that is doubled, or escaped where python-hcl2 misses the end of one."""
    written = re.sub(r"([$%])\{(?=[^}]*\})", r"\1\1{", escaped(text, SHORT))
    return re.sub(r"(?<![$%])([$%])\{(?![^}]*\})", lambda match: f"\\u{ord(match[1]):04x}{{", written)


def _pattern(source: str) -> str:
    """A pattern of several lines as a heredoc where that spells it exactly, else a quoted string."""
    lines = source.split("\n")
    indented = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    plain = is_plain(source) and "${" not in source and "%{" not in source and source == source.strip()
    if len(lines) == 1 or indented or not plain:
        # What decides about an event is never a placeholder, whatever it looks like.
        return f'"{_literal(source)}"'
    return "\n".join(["trimspace(<<-EOT", *(f"    {line}".rstrip() for line in lines), "    EOT", "  )"])


def _identifier(words: Sequence[str]) -> str:
    name = "_".join(words)
    return name if name[0].isalpha() else f"_{name}"
