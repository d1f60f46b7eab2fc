"""The grid of a backtest: in come values to try for an alarm's settings, out go alarms and refusals.

The claim: every combination that PutMetricAlarm accepts is there once, the present settings always are, and
what it would refuse is listed with the reason instead of being dropped.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from detector.alarm import Alarm, MissingData, Statistic, WallClock
from detector.alarm.validation import percentile
from detector.errors import SettingsError

# Values of one setting; more is a slip in a range.
MOST_VALUES = 10_000
MOST_SETTINGS = 100_000
# Combinations named for each reason of a refusal.
_NAMED = 20
_SHOWN = 60
_LARGEST = Decimal(sys.float_info.max)

Datapoints: TypeAlias = tuple[int, int]
Key: TypeAlias = tuple[str, int, int, int, float, str, str]

_RANGE = re.compile(r"(.+?)\.\.(.+?)(?::(.+))?")
_PAIR = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The values to try for each setting; an empty one stays as the detection has it.

    ``datapoints`` are pairs (M, N); ``statistic`` also takes percentiles (``p90``); a ``window`` is None
    for sliding windows or a `WallClock`.
    """

    threshold: tuple[float, ...] = ()
    period: tuple[int, ...] = ()
    datapoints: tuple[Datapoints, ...] = ()
    treat_missing_data: tuple[str, ...] = ()
    statistic: tuple[str, ...] = ()
    window: tuple[WallClock | None, ...] = ()

    @classmethod
    def of(cls, table: Mapping[str, Any] | Grid, time_zone: str | None = None) -> Grid:
        """The grid of a table such as ``{"threshold": "1,3,10..50:5", "datapoints": ["2/3", (3, 3)]}``.

        A value is a string as on the command line, a number, or a list. ``time_zone`` is that of wall-clock
        windows (UTC where it is None). SettingsError, with the key as ``setting``, for anything else.
        """
        if isinstance(table, Grid):
            return table
        read: dict[str, Callable[[object], Iterable[Any]]] = {
            "threshold": _numbers,
            "period": _periods,
            "datapoints": _datapoints,
            "treat_missing_data": _treatment,
            "statistic": _statistic,
            "window": lambda word: _window(word, time_zone),
        }
        axes: dict[str, Any] = {}
        for key, value in table.items():
            if key not in read:
                raise SettingsError(f"expected one of {', '.join(KEYS)}, found {key!r}", key)
            words = list(_words(value))
            if isinstance(value, str) and not words:
                raise SettingsError(f"expected at least one value, found {value!r}", key)
            try:
                values = list(
                    itertools.islice((v for word in words for v in read[key](word)), MOST_VALUES + 1)
                )
            except ValueError as error:
                raise SettingsError(str(error), key) from None
            if len(values) > MOST_VALUES:
                raise SettingsError(f"expected at most {MOST_VALUES:,} values: a step such as 10..50:5?", key)
            axes[key] = tuple(dict.fromkeys(values))
        return cls(**axes)

    def changes(self, present: Alarm) -> Iterable[dict[str, Any]]:
        """Every combination, as changes to the present alarm; SettingsError where there are too many."""
        # A percentile keeps the present treatment of low samples; a plain statistic has none.
        plain = {"extended_statistic": None, "evaluate_low_sample_count_percentiles": None}
        low = {"evaluate_low_sample_count_percentiles": present.evaluate_low_sample_count_percentiles}
        axes: list[list[dict[str, Any]]] = [
            [{"threshold": value} for value in self.threshold],
            [{"period": value} for value in self.period],
            [{"evaluation_periods": n, "datapoints_to_alarm": m} for m, n in self.datapoints],
            [{"treat_missing_data": value} for value in self.treat_missing_data],
            [
                {"statistic": value, **plain}
                if value in tuple(Statistic)
                else {"statistic": None, "extended_statistic": value, **low}
                for value in self.statistic
            ],
            [{"evaluation_window": value} for value in self.window],
        ]
        chosen = [axis or [{}] for axis in axes]
        size = math.prod([len(axis) for axis in chosen])
        if size > MOST_SETTINGS:
            raise SettingsError(
                f"expected at most {MOST_SETTINGS:,} combinations, found {size:,}", "threshold"
            )
        return ({k: v for part in parts for k, v in part.items()} for parts in itertools.product(*chosen))


KEYS = tuple(field.name for field in dataclasses.fields(Grid))
DEFAULT = Grid(
    threshold=(1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0),
    period=(60, 300, 600, 900),
    datapoints=((1, 1), (2, 3), (2, 4), (3, 3)),
    treat_missing_data=("missing", "notBreaching"),
)
"""What is tried where nothing was asked for."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Combinations that PutMetricAlarm would refuse for one reason, in words."""

    reason: str
    settings: tuple[str, ...]

    def __str__(self) -> str:
        """How many there are, the reason, and the first of them."""
        size, more = len(self.settings), len(self.settings) - _NAMED
        some = "; ".join(self.settings[:_NAMED]) + (f"; and {more:,} more" if more > 0 else "")
        return f"{size:,} combination{'' if size == 1 else 's'}: {self.reason} ({some})"


def alarms(present: Alarm, grid: Grid) -> tuple[list[Alarm], list[Refused]]:
    """The present alarm and every other one of the grid, in the order of `key`; and what was left out."""
    accepted, refused = {key(present): present}, dict[str, list[str]]()
    for changes in grid.changes(present):
        try:
            alarm = dataclasses.replace(present, **changes)
            accepted.setdefault(key(alarm), alarm)
        except SettingsError as error:
            refused.setdefault(error.reason, []).append(_combination(changes))
    ordered = [alarm for _, alarm in sorted(accepted.items())]
    return ordered, [Refused(reason, tuple(listed)) for reason, listed in refused.items()]


def key(alarm: Alarm) -> Key:
    """What makes a setting: two alarms with equal keys are one setting."""
    return (
        alarm.statistic_name,
        alarm.period,
        alarm.evaluation_periods,
        alarm.m,
        alarm.threshold,
        str(alarm.treat_missing_data),
        alarm.window_name,
    )


def setting(alarm: Alarm) -> str:
    """The alarm's settings in words, with its windows unless they slide."""
    return str(alarm) if alarm.evaluation_window is None else f"{alarm}, {alarm.window_name}"


def _combination(changes: Mapping[str, Any]) -> str:
    """A refused combination in words; there is no alarm that could say it."""
    words = []
    for name, value in changes.items():
        if name == "evaluation_window":
            words.append("sliding" if value is None else value.name)
        elif name == "datapoints_to_alarm":
            words[-1] = f"{value}/{changes['evaluation_periods']}"
        elif value is not None:
            words.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return ", ".join(words)


def _words(value: object) -> Iterable[Any]:
    """The members of a list, those of a string between its commas; empty ones left out."""
    for member in value if isinstance(value, Sequence) and not isinstance(value, str) else [value]:
        if isinstance(member, str):
            yield from (word.strip() for word in member.split(",") if word.strip())
        else:
            yield member


def _numbers(word: object) -> Iterable[float]:
    """One number, or a range ``10..50:5`` with both ends; in decimals, so that 0.1..0.5:0.1 has no rounding in it."""
    match = _RANGE.fullmatch(str(word))
    try:
        parts = [Decimal(part.strip()) for part in (match.groups("1") if match else [str(word)])]
    except InvalidOperation:
        parts = [Decimal("nan")]
    if not all(part.is_finite() and -_LARGEST <= part <= _LARGEST for part in parts):
        raise ValueError(f"expected numbers such as 1,3,10..50:5, found {str(word)[:_SHOWN]!r}")
    if not match:
        return [float(parts[0])]
    first, last, step = parts
    if step <= 0 or last < first:
        raise ValueError(f"expected a range upwards such as 10..50:5, found {word!r}")
    many = last - first >= step * MOST_VALUES
    count = MOST_VALUES + 1 if many else int((last - first) / step) + 1
    return [float(first + step * i) for i in range(count)]


def _periods(word: object) -> Iterable[int]:
    for number in _numbers(word):
        if number != int(number):
            raise ValueError(f"expected whole seconds, found {number:g}")
        yield int(number)


def _datapoints(word: object) -> Iterable[Datapoints]:
    if isinstance(word, Sequence) and len(word) == 2 and all(isinstance(number, int) for number in word):  # noqa: PLR2004 - M and N
        return [(int(word[0]), int(word[1]))]
    match = _PAIR.fullmatch(str(word))
    if not match:
        raise ValueError(f"expected datapoints as M/N such as 2/3, found {word!r}")
    return [(int(match[1]), int(match[2]))]


def _treatment(word: object) -> Iterable[str]:
    if word not in tuple(MissingData):
        raise ValueError(f"expected {', '.join(MissingData)}, found {word!r}")
    return [str(word)]


def _statistic(word: object) -> Iterable[str]:
    if word not in tuple(Statistic):
        try:
            percentile(str(word))
        except SettingsError:
            raise ValueError(
                f"expected {', '.join(Statistic)} or a percentile such as p90, found {word!r}"
            ) from None
    return [str(word)]


def _window(word: object, time_zone: str | None) -> Iterable[WallClock | None]:
    if word is None or word == "sliding":
        return [None]
    if isinstance(word, WallClock):
        return [word]
    if word != "wall-clock":
        raise ValueError(f"expected sliding or wall-clock, found {word!r}")
    return [WallClock(time_zone or "UTC")]
