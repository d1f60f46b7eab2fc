"""Configuration files by their paths: which reader is for which, and everything that was named in one `Configuration`.

In: files and folders as a user named them, and values for what the files leave open. Out: one `Configuration`, or an
`UnreadableError` for something that is none. The claim: a file that was named is read or named again in an error or a
remark; of a folder, what is no configuration is left out.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from detector.detections import aws, cloudformation
from detector.detections.configuration import Configuration, join
from detector.detections.documents import MOST_JSON, DocumentError, Node, json_nodes, text_of, yaml_node
from detector.detections.given import TERRAFORM, Given, files_in
from detector.detections.resources import Remark, Resource, Subject
from detector.detections.terraform import plan
from detector.detections.terraform.folder import Folder
from detector.errors import UnreadableError

_EXPECTED = (
    "expected Terraform (*.tf, or the JSON of terraform show -json), a CloudFormation template, or the JSON of aws logs "
    "describe-metric-filters, aws cloudwatch describe-alarms, aws cloudtrail describe-trails or aws sns list-subscriptions"
)


def read(paths: Sequence[str], given: Given | None = None) -> Configuration:
    """Everything in files and folders; the answers of an account belong together, whatever files they are in."""
    reading = _Reading(given or Given())
    found = Configuration()
    for path in paths:
        found |= reading.path(path)
    if reading.account:
        resources, remarks = aws.by_region(reading.account)
        found |= join(
            (os.path.commonpath(reading.outputs) or ".") if len(reading.outputs) > 1 else reading.outputs[0],
            resources,
            remarks,
        )
    reading.check_names()
    return found


def read_configuration(
    paths: str | Path | Sequence[str | Path],
    *,
    parameters: Mapping[str, str] | None = None,
    var_files: Sequence[str | Path] = (),
) -> Configuration:
    """What Terraform, CloudFormation or an account's output define: detections, and remarks about everything else.

    ``parameters`` are values for variables and parameters, ``var_files`` files of them. `UnreadableError` for a file
    that is no configuration.
    """
    listed = [paths] if isinstance(paths, str | Path) else paths
    return read(list(map(str, listed)), Given(dict(parameters or {}), tuple(map(str, var_files))))


class _Reading:
    """What is gathered from several files: the account's answers, and which names a value can be given for."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.account: list[Resource] = []
        self.outputs: list[str] = []
        self.names: set[str] = set()

    def path(self, path: str) -> Configuration:
        """What one path holds, but for the account's answers, which are kept."""
        if not os.path.isdir(path):  # noqa: PTH112 - as above
            return self._file(path, named=True)
        found = Configuration()
        if any(name.endswith(TERRAFORM) for name in os.listdir(path)):  # noqa: PTH208 - the same
            found |= self._terraform([path])
        files = list(files_in(path))
        modules = sorted({os.path.dirname(file) for file in files if file.endswith(TERRAFORM)} - {path})  # noqa: PTH120 - the same
        if not found.sources:
            found |= self._terraform(modules)
        for file in files:
            if not file.endswith(TERRAFORM) and _seems_one(file):
                found |= self._file(file, named=False)
        return found

    def _terraform(self, folders: Sequence[str]) -> Configuration:
        """Root modules: the folders that no other of them calls."""
        read_folders = [(path, Folder(path)) for path in folders]
        parts = [
            (path, folder, folder.resources(self.given.values, self.given.files))
            for path, folder in read_folders
        ]
        called = {path for _, folder, _ in parts for path in folder.called}
        found = Configuration()
        for path, folder, resources in parts:
            if os.path.realpath(path) not in called or len(parts) == 1:
                self.names |= folder.variables()
                found |= join(path, resources, folder.remarks)
        return found

    def _file(self, path: str, *, named: bool) -> Configuration:
        if path.endswith(TERRAFORM):
            return _only(self._terraform([os.path.dirname(path) or "."]), path)  # noqa: PTH120 - as above
        text = ""
        try:
            text = text_of(Path(path))
            roots = _roots(path, text)
        except DocumentError as error:
            if named:
                line = text.count("\n", 0, error.at) + 1 if text else None
                raise UnreadableError(path, "", error.reason, line) from None
            return Configuration(remarks=(Remark(Subject.UNREADABLE, path, 0, "", error.reason),))
        found = Configuration()
        used = False
        for root in roots:
            if cloudformation.is_template(root):
                resources, remarks = cloudformation.read(root, path, text, self._values())
                self.names |= cloudformation.parameters(root)
                found |= join(path, resources, remarks)
            elif plan.is_plan(root):
                found |= join(path, list(plan.read(root, path, text)))
            elif aws.is_output(root):
                self.account += aws.read(root, path, text)
                self.outputs.append(path)
            else:
                continue
            used = True
        if named and not used:
            hint = (
                "; a state file is read by way of terraform show -json"
                if any(map(plan.is_raw_state, roots))
                else ""
            )
            raise UnreadableError(path, "", _EXPECTED + hint)
        return found

    def _values(self) -> Mapping[str, str]:
        """The values for a template's parameters; a file of them is JSON as the AWS CLI reads it."""
        values: dict[str, str] = {}
        for file in self.given.files:
            if not file.endswith(".json"):
                continue
            try:
                [node] = json_nodes(text_of(Path(file)))
            except (DocumentError, ValueError) as error:
                raise UnreadableError(file, "", f"expected a file of parameters: {error}") from None
            table = node.get("Parameters") or node
            if isinstance(table.value, dict):
                values.update({key: inner.text or str(inner.value) for key, inner in table.value.items()})
            for one in node.items:
                key, value = one.get("ParameterKey"), one.get("ParameterValue")
                if key is not None and value is not None:
                    values[str(key.value)] = value.text or str(value.value)
        return {**values, **self.given.values}

    def check_names(self) -> None:
        """Refuse a value for a name that no file has: a slip would change what is looked at."""
        for name in self.given.values:
            if name not in self.names and "." not in name and "::" not in name and self.names:
                close = difflib.get_close_matches(name, sorted(self.names), n=1)
                hint = (
                    f"did you mean {close[0]}?"
                    if close
                    else f"there are {', '.join(sorted(self.names)[:10])}"
                )
                raise UnreadableError(
                    "--parameter", "", f"no file has a parameter or a variable {name}; {hint}"
                )


def _roots(path: str, text: str) -> Sequence[Node]:
    """The documents of a file: JSON, or YAML where that is no JSON, as CloudFormation itself reads it."""
    if path.endswith(".json") or text.lstrip()[:1] in {"{", "["}:
        try:
            return json_nodes(text)
        except DocumentError as error:
            try:
                return (yaml_node(text),)
            except DocumentError:
                raise error from None
    return (yaml_node(text),)


_MARKS = (
    b"AWS::",
    b"metricFilters",
    b"MetricAlarms",
    b"CompositeAlarms",
    b"trailList",
    b"Subscriptions",
    b"format_version",
)


def _seems_one(path: str) -> bool:
    """Whether a file in a folder has a word that a configuration has; its records may lie beside a hundred others."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a path of any kind
            data = file.read(MOST_JSON)
    except OSError:
        return True  # it is named as unreadable
    plain = data.replace(b"\0", b"") if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else data
    return any(mark in plain for mark in _MARKS)


def _only(found: Configuration, path: str) -> Configuration:
    """What has a part in one file of a folder."""
    same = os.path.normpath(path)

    def is_here(*paths: str) -> bool:
        return any(os.path.normpath(one) == same for one in paths)

    return Configuration(
        sources=(path,),
        detections=tuple(
            one
            for one in found.detections
            if is_here(one.source.path, *(part.path for part in one.source.elsewhere.values()))
        ),
        filters=tuple(one for one in found.filters if is_here(one.source.path)),
        alarms=tuple(one for one in found.alarms if is_here(one.source.path)),
        composites=tuple(one for one in found.composites if is_here(one.source.path)),
        composed=tuple(one for one in found.composed if is_here(one.path)),
        trails=found.trails,
        topics=found.topics,
        subscriptions=found.subscriptions,
        log_groups=found.log_groups,
        remarks=tuple(one for one in found.remarks if is_here(one.path)),
    )
