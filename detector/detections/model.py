"""A detection, whatever format it was read from: metric filters that feed one metric, and the alarm on it.

The claim: a `Detection` that exists is one that CloudWatch Logs and CloudWatch would accept, and every value
in it can be found again in its file.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from msgspec import Struct, field

from detector.alarm import Alarm, State
from detector.errors import DetectionError, PatternError, SettingsError
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, any_of
from detector.pattern import compile as compile_pattern

_NUMBER = re.compile(r"\[\d+\]")


class Source(Struct, frozen=True):
    """The file of a detection, and where in it each value stands; empty for one that was made in Python.

    ``offsets`` has a character offset into ``text`` for each key: ``alarm.period``; ``filter[1].pattern``,
    counted from 0, where there may be several; a section such as ``alarm`` stands where it begins. ``elsewhere`` has
    the source of each section that stands in another file, as a filter may that Terraform has beside its alarm.
    """

    path: str = ""
    text: str = ""
    offsets: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Mapping[str, Source] = field(default_factory=dict)

    def part(self, key: str) -> Source:
        """The source that a key stands in: this one, or the one of its section."""
        return self.elsewhere.get(key.partition(".")[0], self)

    def has(self, key: str) -> bool:
        """Whether a key is known to stand anywhere."""
        return key in self.part(key).offsets

    def offset(self, key: str) -> int | None:
        """Where the value of a key begins; where the table around it does if that is all that is known."""
        offsets = self.part(key).offsets
        while key not in offsets:
            # variant[1].pattern → variant[1] → variant
            shorter = key[: key.rfind("[")] if key.endswith("]") else key.rpartition(".")[0]
            if not shorter:
                return None
            key = shorter
        return offsets[key]

    def line(self, key: str) -> int | None:
        """The line of a key, counted from 1."""
        offset = self.offset(key)
        return None if offset is None else self.part(key).text.count("\n", 0, offset) + 1

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise the `DetectionError` for one key, with its line."""
        # The line says which of several sections is meant, better than its number would.
        raise DetectionError(self.part(key).path, _NUMBER.sub("", key), reason, self.line(key))


class Variant(Struct, frozen=True):
    """Another pattern for one of the filters, as another version of the same control has it.

    ``pattern`` is compiled when the variant is asked for. ``filter`` is the name of the filter; it may be
    empty where there is only one.
    """

    name: str
    pattern: str
    filter: str = ""
    versions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Actions:
    """What a change of state sets off: ARNs, or names of SNS topics. When there is one does not depend on it."""

    enabled: bool = True
    alarm: tuple[str, ...] = ()
    ok: tuple[str, ...] = ()
    insufficient_data: tuple[str, ...] = ()

    def of(self, state: State) -> tuple[str, ...]:
        """Those that run when the alarm goes to a state; none while they are disabled."""
        listed = {State.ALARM: self.alarm, State.OK: self.ok, State.INSUFFICIENT_DATA: self.insufficient_data}
        return listed[state] if self.enabled else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Metric filters that feed one metric, and the alarm on it.

    A log event publishes one sample for each filter that it matches; the metric's samples are all of them.
    Raises SettingsError where the filters have different metrics, or two of them the same name.
    """

    name: str
    """What the user typed to get it: a path, or the name of a shipped detection."""
    filters: tuple[MetricFilter, ...]
    alarm: Alarm
    title: str = ""
    """One line for people; the name where there is none."""
    description: str = ""
    references: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    actions: Actions = Actions()
    backtest: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)
    """What to sweep, and the budget: the keys of the table ``[backtest]`` (docs/backtest.md)."""
    source: Source = dataclasses.field(default=Source(), compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title or self.name)
        # A block of text in a file has line breaks around it.
        object.__setattr__(self, "description", self.description.strip())
        if not self.filters:
            raise SettingsError("expected at least one filter", "filter")
        first = self.filters[0]
        for metric_filter in self.filters:
            if (metric_filter.namespace, metric_filter.metric) != (first.namespace, first.metric):
                raise SettingsError(
                    f"expected filters that feed one metric, found {first.namespace}/{first.metric} and "
                    f"{metric_filter.namespace}/{metric_filter.metric}",
                    "filter",
                )
        _check_unique("filter", [metric_filter.name for metric_filter in self.filters])
        _check_unique("variant", [variant.name for variant in self.variants])

    @property
    def pattern(self) -> Pattern | None:
        """What matches any of the filters; None for several filters that are not all JSON patterns."""
        return any_of([metric_filter.pattern for metric_filter in self.filters])

    @property
    def path(self) -> str:
        """The file it was read from; empty for one that was made in Python."""
        return self.source.path

    def line(self, *keys: str) -> int | None:
        """The line of its file on which the first of these keys is set (``alarm.period``; ``alarm`` is the section)."""
        lines = [self.source.line(key) for key in keys if self.source.has(key)]
        return lines[0] if lines else None

    def with_variant(self, name: str) -> Detection:
        """The same detection with the pattern of a variant; `DetectionError` if there is none or it is refused."""
        at = next((i for i, variant in enumerate(self.variants) if variant.name == name), None)
        if at is None:
            names = ", ".join(variant.name for variant in self.variants) or "none"
            self.source.refuse("variant", f"expected one of its variants ({names}), found {name!r}")
        variant, place = self.variants[at], self._filter_of(at)
        filters = list(self.filters)
        try:
            pattern = compile_pattern(variant.pattern)
            filters[place] = dataclasses.replace(filters[place], pattern=pattern)
        except PatternError as error:
            self.source.refuse(f"variant[{at}].pattern", str(error))
        except SettingsError as error:  # such as a value that only a pattern of another kind can have
            self.source.refuse(f"variant[{at}].pattern", f"{error.setting}: {error.reason}")
        return dataclasses.replace(self, name=f"{self.name}@{name}", filters=tuple(filters))

    def _filter_of(self, at: int) -> int:
        """Which filter a variant is about."""
        names, asked = [metric_filter.name for metric_filter in self.filters], self.variants[at].filter
        if not asked and len(names) == 1:
            return 0
        if asked not in names:
            expected = f"expected the name of its filter, one of {', '.join(names)}"
            self.source.refuse(f"variant[{at}].filter", f"{expected}; found {asked!r}" if asked else expected)
        return names.index(asked)


def _check_unique(what: str, names: list[str]) -> None:
    """Names are what a match, a comparison and a command line refer to."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SettingsError(f"expected a name of its own for each {what}, found {twice[0]!r} twice", what)
