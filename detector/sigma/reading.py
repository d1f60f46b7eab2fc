"""Sigma rules in files, as pySigma reads them.

In: files and folders. Out: `Entry`s in the order of the files, each a rule, a correlation, or the reason why it is
neither. The claim: a file of any content gives one of them, in bounded time; YAML is read by our own bounded reader,
and pySigma gets plain data of bounded size.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from detector.detections.documents import DocumentError, Node, text_of, yaml_nodes
from detector.detections.given import files_in
from detector.errors import UnreadableError

MOST_VALUES = 2_000
"""A pattern holds 1,024 characters; a rule of more values than that, aliases followed, is no input to wait for."""
MOST_CONDITION = 2_000
MOST_WORK = 40_000
MOST_NESTED = 20
_SUFFIXES = (".yml", ".yaml")
_AGGREGATION = re.compile(
    r"\s*count\(\)\s*(?:by\s+(?P<by>[\w.]+)\s*)?(?P<op>>=?|<=?|=)\s*(?P<count>\d{1,9})\s*"
)

Rule: TypeAlias = SigmaRule | SigmaCorrelationRule


@dataclass(frozen=True, slots=True)
class Count:
    """What the older language says behind ``|``: ``count() by FIELD > N``."""

    operator: str
    number: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a file."""

    path: str
    named: bool
    """Whether the file was named itself, and not a folder around it."""
    title: str = ""
    rule: Rule | None = None
    conditions: tuple[Any, ...] = ()
    """Its conditions as pySigma resolves them; one of them has to hold."""
    count: Count | None = None
    timeframe: str = ""
    reason: str = ""
    """Why there is no rule."""
    is_other: bool = False
    """Whether the document is a rule on other logs than CloudTrail's, or no rule at all."""


def entries(paths: Sequence[str]) -> Iterator[Entry]:
    """The documents of files and folders; `UnreadableError` for a path that is not there."""
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - a path as it is typed
            for file in files_in(path):
                if file.endswith(_SUFFIXES):
                    yield from _file(file, named=False)
        elif os.path.isfile(path):  # noqa: PTH113 - a named pipe would have no end
            yield from _file(path, named=True)
        else:
            raise UnreadableError(path, "", "expected a file or a folder of Sigma rules, found none there")


def _file(path: str, *, named: bool) -> Iterator[Entry]:
    try:
        documents = yaml_nodes(text_of(Path(path)))
    except DocumentError as error:
        yield Entry(path, named, reason=error.reason, is_other=not named)
        return
    if not documents:
        yield Entry(path, named, reason="expected a Sigma rule, found an empty file", is_other=True)
    for document in documents:
        yield _entry(path, document, named=named)


def _entry(path: str, document: Node, *, named: bool) -> Entry:
    if document.get("detection") is None and document.get("correlation") is None:
        reason = "expected a Sigma rule: a YAML document with logsource and detection, or with correlation"
        return Entry(path, named, reason=reason, is_other=True)
    title = _title(document, path)
    source = [_text(document.get("logsource", key)) for key in ("product", "service", "category")]
    if document.get("correlation") is None and source[:2] != ["aws", "cloudtrail"]:
        found = ", ".join(filter(None, source)) or "none"
        reason = f"expected a rule with logsource product aws and service cloudtrail, found {found}"
        return Entry(path, named, title, reason=reason, is_other=True)
    try:
        left = [MOST_VALUES]
        table = _plain(document, left)
        count = _parted(table, MOST_VALUES - left[0])
        rule = _parsed(table)
        conditions = (
            tuple(one.parsed for one in rule.detection.parsed_condition)
            if isinstance(rule, SigmaRule)
            else ()
        )
    except (DocumentError, SigmaError) as error:
        return Entry(path, named, title, reason=_sentence(error))
    except Exception as error:  # noqa: BLE001 - pySigma answers some malformed rules with any error at all
        return Entry(
            path, named, title, reason=f"expected a Sigma rule that pySigma reads: {_sentence(error)}"
        )
    detection = table.get("detection")
    timeframe = detection.get("timeframe") if isinstance(detection, dict) else None
    return Entry(path, named, title, rule, conditions, count, str(timeframe or table.get("timeframe") or ""))


def _parsed(table: dict[str, Any]) -> Rule:
    return SigmaCorrelationRule.from_dict(table) if "correlation" in table else SigmaRule.from_dict(table)


def _parted(table: Mapping[str, Any], values: int) -> Count | None:
    """Take out what stands behind ``|`` in the condition; pySigma knows correlations alone."""
    detection = table.get("detection")
    condition = detection.get("condition") if isinstance(detection, dict) else None
    for one in condition if isinstance(condition, list) else [condition]:
        if isinstance(one, str) and (len(one) > MOST_CONDITION or _depth(one) > MOST_NESTED):
            raise DocumentError(
                f"expected a condition of at most {MOST_CONDITION:,} characters and {MOST_NESTED} parentheses inside of each other"
            )
        # pySigma copies what a name stands for wherever the condition has it.
        if isinstance(one, str) and len(one.split()) * values > MOST_WORK:
            raise DocumentError(f"expected a condition of fewer words over {values:,} values")
    if not isinstance(detection, dict) or not isinstance(condition, str) or "|" not in condition:
        return None
    before, _, after = condition.partition("|")
    found = _AGGREGATION.fullmatch(after)
    if found is None:
        raise DocumentError(
            f"the condition relates events (| {after.strip()[:60]}), and a filter sees one at a time"
        )
    detection["condition"] = before.strip()
    return Count(found["op"], int(found["count"]), found["by"] or "")


def _plain(node: Node, left: list[int]) -> Any:
    """The value without places; aliases are followed, as far as ``left`` goes."""
    left[0] -= 1
    if left[0] < 0:
        raise DocumentError(f"expected a rule of at most {MOST_VALUES:,} values")
    if isinstance(node.value, dict):
        return {key: _plain(inner, left) for key, inner in node.value.items()}
    return [_plain(inner, left) for inner in node.value] if isinstance(node.value, tuple) else node.value


def _depth(condition: str) -> int:
    depth = deepest = 0
    for character in condition:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _title(document: Node, path: str) -> str:
    return _text(document.get("title")) or Path(path).stem


def _text(node: Node | None) -> str:
    return node.value if node is not None and isinstance(node.value, str) else ""


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
