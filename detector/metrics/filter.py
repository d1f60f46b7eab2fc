"""A metric filter: which log events count, and what each of them puts into the metric.

In: one log event that matches (or does not). Out: the sample that the service would publish for it. The
rules are those recorded for PutMetricFilter and the metrics that came out of it (2026).
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from detector.alarm.values import UNITS
from detector.archive import LogGroup, Plan
from detector.archive.log_group import RECORD, UNKNOWN
from detector.errors import PatternError, SettingsError
from detector.metrics import criteria
from detector.metrics.criteria import SystemField
from detector.pattern import Pattern, PatternKind
from detector.pattern.evaluate import MISSING, canonical, is_comparable
from detector.pattern.predicate import access
from detector.pattern.syntax import NUMBER, Expr, Selector

MAX_VALUE_LENGTH = 100
MAX_DIMENSIONS = 3
# Recorded refusals (2026-02); a namespace's limit is that of the API reference.
LONGEST = {"name": 512, "namespace": 255, "metric": 255}

Dimensions: TypeAlias = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """What one log event adds to the metric: a value, and the dimensions it is published under."""

    value: float
    dimensions: Dimensions


Sampler: TypeAlias = Callable[[Any, str | None, LogGroup], Sample | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFilter:
    """A filter pattern and its metric transformation (exactly one, as the service demands).

    ``value`` is a number, or a selector: ``$.field`` for JSON patterns, ``$name`` or ``$3`` for
    space-delimited ones. ``default`` is published once for **each event that does not match**, not once a
    minute (recorded twice, independently), and for a match whose value is absent or null. ``dimensions`` are up to 3 pairs of a name and a selector.
    """

    name: str
    pattern: Pattern
    namespace: str
    metric: str
    value: str = "1"
    default: float | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    field_selection_criteria: str = ""
    """Which log groups count (`detector.metrics.criteria`); empty: all."""
    emit_system_field_dimensions: tuple[str, ...] = ()
    """System fields of the log group that become dimensions of what matches publish."""
    log_group: LogGroup = UNKNOWN
    """The log group that the filter is on, where the source says; a replay feeds its log to every filter."""

    def __post_init__(self) -> None:
        for setting, limit in LONGEST.items():
            length = len(getattr(self, setting))
            if not 1 <= length <= limit:
                raise SettingsError(f"expected 1 to {limit} characters, found {length}", setting)
        if len(self.value) > MAX_VALUE_LENGTH:
            raise SettingsError(f"expected at most {MAX_VALUE_LENGTH} characters", "value")
        if not NUMBER.fullmatch(self.value):
            self._check_path(self.value, "value", "a number, or a field such as $.bytes")
        elif _finite(self.value) is None:
            raise SettingsError(f"expected a finite number, found {self.value}", "value")
        if self.default is not None and _finite(self.default) is None:
            raise SettingsError("expected a finite number", "default_value")
        if self.unit is not None and self.unit not in UNITS:
            raise SettingsError(
                f"expected one of CloudWatch's units such as Count, found {self.unit!r}", "unit"
            )
        self._check_dimensions()
        _ = self.criteria
        self.log_group.check()

    @property
    def criteria(self) -> Expr | None:
        """The field selection criteria as a tree; None where events of any log group count."""
        return criteria.parse(self.field_selection_criteria) if self.field_selection_criteria else None

    @property
    def system_fields(self) -> tuple[SystemField, ...]:
        """The facts about the log group that this filter depends on."""
        asked = {*self.emit_system_field_dimensions, *criteria.fields(self.criteria)}
        return tuple(name for name in SystemField if name in asked)

    def selects(self, group: LogGroup) -> bool | None:
        """Whether the events of a log group count, or None where each record is asked for its own.

        Those that do not count are not misses either.
        """
        chosen = self.criteria
        if chosen is None:
            return True
        if any(name.of(group) == RECORD for name in criteria.fields(chosen)):
            return None
        return criteria.selects(chosen, group)

    def log_group_of(self, plan: Plan) -> LogGroup:
        """The log group of a replay: what the plan says, else the detection.

        `SettingsError` where the filter depends on something that neither says: to take it from records would be
        another filter.
        """
        group = plan.log_group.over(self.log_group)
        for name in self.system_fields:
            if not name.of(group):
                key = f"log_group_{name.attribute}"
                option = f', or --{key.replace("_", "-")}; "{RECORD}" takes that of each record'
                where = "in [filter]" if name is SystemField.LOG else f"in [filter]{option}"
                raise SettingsError(f"the filter depends on {name}: expected {key} {where}", key)
        return group

    @property
    def constant(self) -> float | None:
        """The value when it is a number, so that nothing has to be read from events."""
        return float(self.value) if NUMBER.fullmatch(self.value) else None

    def sampler(self) -> Sampler:
        """A function of a matching event giving its sample.

        The event is the decoded object or None, the raw text or None, and the log group that it is in.
        """
        constant, read_value = self.constant, self._reader(self.value)
        named = [(name, self._reader(path)) for name, path in self.dimensions.items()]
        system = tuple(map(SystemField, self.emit_system_field_dimensions))

        def sample(record: Any, message: str | None, group: LogGroup) -> Sample | None:
            number = constant
            if number is None:
                value = read_value(record, message)
                if value is None or value is MISSING:
                    return None if self.default is None else Sample(float(self.default), ())
                # Recorded for a string that is not a number: nothing is published, with a default value or without.
                # Booleans, objects, arrays and empty strings are unrecorded; this is the one place of that choice.
                number = as_number(value)
                if number is None:
                    return None
            values = [(name, read(record, message)) for name, read in named]
            # One recording publishes an event that lacks the field of a dimension without any dimensions; another
            # implementation drops it. This is the one place of that choice; system fields are never lacking.
            if not all(is_comparable(value) for _, value in values):
                values = []
            values += [(name, value) for name in system if (value := name.of(group))]
            strings = (
                (name, value if isinstance(value, str) else canonical(value)) for name, value in values
            )
            return Sample(number, tuple(strings))

        return sample

    def _reader(self, path: str) -> Callable[[Any, str | None], Any]:
        """A function of an event giving what a selector or a ``$name`` finds in it."""
        if path.startswith("$."):
            lookup = access(selector_of(path))
            return lambda record, _message: lookup(record) if isinstance(record, dict) else None
        return lambda record, message: self.pattern.extract(record if message is None else message).get(path)

    def _check_dimensions(self) -> None:
        emitted = self.emit_system_field_dimensions
        unknown = [name for name in emitted if name not in set(SystemField)]
        if unknown or len(set(emitted)) < len(emitted):
            found = unknown[0] if unknown else "one of them twice"
            allowed = ", ".join(SystemField)
            raise SettingsError(f"expected some of {allowed}, found {found}", "emit_system_field_dimensions")
        count = len(self.dimensions) + len(emitted)
        if count > MAX_DIMENSIONS:
            together = " with the system fields" if emitted else ""
            raise SettingsError(
                f"expected at most {MAX_DIMENSIONS} dimensions{together}, found {count}", "dimensions"
            )
        if not self.dimensions:
            return
        if self.default is not None:
            raise SettingsError("expected either dimensions or a default value, found both", "dimensions")
        if self.pattern.kind is PatternKind.TEXT:
            raise SettingsError("the specified filter pattern does not support dimensions", "dimensions")
        for path in self.dimensions.values():
            self._check_path(path, "dimensions", "a selector such as $.eventName")

    def _check_path(self, path: str, setting: str, expected: str) -> None:
        """A selector without a wildcard; for a space-delimited pattern ``$name`` or ``$3``."""
        if self.pattern.kind is PatternKind.SPACE:
            if not re.fullmatch(r"\$\w+", path):
                raise SettingsError(f"expected {expected}, found {path!r}", setting)
            return
        try:
            selector = selector_of(path) if path.startswith("$.") else None
        except PatternError:
            selector = None
        if selector is None:
            raise SettingsError(f"expected {expected}, found {path!r}", setting)
        if selector.wildcard is not None:
            raise SettingsError(f"expected {expected}, without a wildcard, found {path!r}", setting)


def as_number(value: Any) -> float | None:
    """The number that the service publishes: numbers and numeric strings, nothing else (recorded)."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    return _finite(value) if is_comparable(value) else None


def _finite(value: float | str) -> float | None:
    try:
        number = float(value)
    except OverflowError:  # an integer beyond a double
        return None
    return number if math.isfinite(number) else None


@functools.lru_cache(maxsize=64)
def selector_of(path: str) -> Selector:
    """The selector of a value or a dimension, such as ``$.eventName``."""
    from detector.pattern.grammar import parse_selector  # noqa: PLC0415 - pyparsing loads only when needed

    return parse_selector(path)
