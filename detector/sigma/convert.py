"""Sigma rules about CloudTrail as detections.

In: files and folders of rules. Out: a `Conversion`: a detection for each rule that a filter pattern and an alarm can
say, with what changes in meaning, and the reason for each that they cannot. The claim: a pattern that is written says
what its rule says, but for the differences that are named with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from detector.alarm import Alarm
from detector.detections import Detection
from detector.errors import PatternError, SettingsError
from detector.metrics.filter import MetricFilter
from detector.pattern import compile as compile_pattern
from detector.sigma import keywords, splitting
from detector.sigma.alarms import Counting, correlated, counting
from detector.sigma.differences import Change, Difference, InexpressibleError
from detector.sigma.reading import Entry, Rule, entries
from detector.sigma.tree import joined, lowered, node
from detector.sigma.values import Changes

NAMESPACE = "Sigma"
_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 1000


@dataclass(frozen=True, slots=True)
class Converted:
    """A rule that became a detection."""

    path: str
    title: str
    detection: Detection
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule, or a file that was named as one, of which there is no detection."""

    path: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """All rules that were named; ``others`` counts what folders held besides: rules on other logs, other YAML."""

    converted: tuple[Converted, ...]
    refused: tuple[Refused, ...]
    others: int = 0

    @property
    def detections(self) -> list[Detection]:
        """What can be written."""
        return [one.detection for one in self.converted]


def convert(paths: str | Path | Sequence[str | Path]) -> Conversion:
    """Detections of the Sigma rules in files and folders; `UnreadableError` for a path that is not there."""
    listed = [paths] if isinstance(paths, str | Path) else paths
    found = list(entries([str(path) for path in listed]))
    converting = _Converting(found)
    return converting.all()


class _Converting:
    """The rules of one call: correlations refer to others by name, and names of metrics are used once."""

    def __init__(self, found: Sequence[Entry]) -> None:
        self.found = found
        self.by_reference: dict[str, Entry] = {}
        self.counted: set[str] = set()
        self.taken: set[str] = set()
        for entry in found:
            if entry.rule is not None:
                for reference in (entry.rule.name, entry.rule.id):
                    if reference:
                        self.by_reference[str(reference)] = entry
            if isinstance(entry.rule, SigmaCorrelationRule) and not entry.rule.generate:
                self.counted |= {one.reference for one in entry.rule.rules or ()}

    def all(self) -> Conversion:
        """Each entry in its turn."""
        converted, refused, others = [], [], 0
        for entry in self.found:
            if not entry.named and self._is_other(entry):
                others += 1
                continue
            if isinstance(entry.rule, SigmaRule) and self.counted & {
                str(entry.rule.name),
                str(entry.rule.id),
            }:
                continue  # it is a part of a correlation, which has its filter
            try:
                converted.append(self._one(entry))
            except (InexpressibleError, SigmaError, PatternError, SettingsError) as error:
                refused.append(Refused(entry.path, entry.title, _reason(error)))
        return Conversion(tuple(converted), tuple(refused), others)

    def _is_other(self, entry: Entry) -> bool:
        """Whether it is about other logs; a correlation is about those of its rules."""
        if isinstance(entry.rule, SigmaCorrelationRule):
            return not any(one.reference in self.by_reference for one in entry.rule.rules or ())
        return entry.is_other

    def _one(self, entry: Entry) -> Converted:
        changes: Changes = {}
        if isinstance(entry.rule, SigmaCorrelationRule):
            settings = correlated(entry.rule)
            parts = [self._referenced(one.reference) for one in entry.rule.rules or ()]
        else:
            settings, parts = counting(entry.count, entry.timeframe), [entry]
        sources = [text for part in parts for text in _sources(part, changes, settings)]
        if len(sources) > 1 and not settings.any_match:
            changes[Change.TWICE] = {}
        if not settings.any_match:
            changes[Change.WINDOW] = {}
        differences = tuple(
            Difference(change, tuple(changes[change])) for change in Change if change in changes
        )
        return Converted(
            entry.path, entry.title, self._detection(entry, sources, settings, differences), differences
        )

    def _referenced(self, reference: str) -> Entry:
        entry = self.by_reference.get(reference)
        if entry is None or not isinstance(entry.rule, SigmaRule):
            raise InexpressibleError(
                f"expected the rule {reference!r} that it counts among the files, found none"
            )
        return entry

    def _detection(
        self, entry: Entry, sources: Sequence[str], settings: Counting, differences: Sequence[Difference]
    ) -> Detection:
        rule = entry.rule
        assert rule is not None  # noqa: S101 - _sources has refused it
        title = (
            " ".join("".join(one if one.isprintable() else " " for one in entry.title).split())[
                :_LONGEST_NAME
            ]
            or "Sigma rule"
        )
        name = self._name(title)
        description = " ".join((rule.description or "").split())
        filters = [
            MetricFilter(
                name=name if len(sources) == 1 else f"{name}-{number}",
                pattern=compile_pattern(source),
                namespace=NAMESPACE,
                metric=name,
            )
            for number, source in enumerate(sources, 1)
        ]
        alarm = Alarm(
            name=name,
            statistic="Sum",
            period=settings.period,
            evaluation_periods=settings.evaluation_periods,
            threshold=settings.threshold,
            comparison_operator=settings.comparison_operator,
            treat_missing_data="notBreaching",
            alarm_description=description[:_LONGEST_DESCRIPTION],
        )
        return Detection(
            name=entry.path,
            title=title,
            filters=tuple(filters),
            alarm=alarm,
            description=_description(rule, title, differences),
            references=tuple(map(str, (*(rule.references or ()), *(rule.tags or ())))),
        )

    def _name(self, title: str) -> str:
        """A name for filter, metric and alarm that no other rule has."""
        base = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower() or "sigma-rule"
        name, number = base, 1
        while name in self.taken:
            number += 1
            name = f"{base}-{number}"
        self.taken.add(name)
        return name


def _description(rule: Rule, title: str, differences: Sequence[Difference]) -> str:
    """What the rule says of itself, and what differs from it."""
    description = " ".join((rule.description or "").split())
    level = f", level {rule.level.name.lower()}" if rule.level else ""
    said = [f"{description}\n"] if description else []
    said.append(f"From the Sigma rule {rule.id or title}{level}.")
    if differences:
        said += ["", "What differs from the rule:", *(f"* {one}" for one in differences)]
    return "\n".join(said)


def _sources(entry: Entry, changes: Changes, settings: Counting) -> list[str]:
    """The patterns of one rule: one, or several where one would be too long."""
    rule = entry.rule
    if not isinstance(rule, SigmaRule):
        raise InexpressibleError(entry.reason or "expected a rule")
    if len(entry.conditions) == 1 and keywords.are_all(entry.conditions[0]):
        return [str(keywords.terms(entry.conditions[0], changes))]
    whole = joined([node(one, changes) for one in entry.conditions], every=False)
    return splitting.sources(lowered(whole), any_match=settings.any_match)


def _reason(error: Exception) -> str:
    match error:
        case PatternError():
            return f"the service would refuse its pattern: {error.reason}" + (
                f"; {error.hint}" if error.hint else ""
            )
        case _:
            return " ".join(str(error).split())[:300]
