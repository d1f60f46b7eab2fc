"""The grid of a backtest: in come values to try for an alarm's settings, out go alarms and refusals.

The claim: every combination that PutMetricAlarm accepts is there once, the present settings always are, and
what it would refuse is listed with the reason instead of being dropped.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from detector.alarm import Alarm, MissingData, Statistic, WallClock
from detector.alarm.validation import percentile
from detector.errors import SettingsError

MOST_VALUES = 10_000
"""Values of one setting; more is a slip in a range."""
MOST_SETTINGS = 100_000

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

        A value is a text as on the command line, a number, or a list. ``time_zone`` is that of wall-clock
        windows (UTC where it is None). SettingsError, with the key as ``setting``, for what cannot be meant.
        """
        if isinstance(table, Grid):
            return table
        for key in table:
            if key not in KEYS:
                raise SettingsError(f"expected one of {', '.join(KEYS)}, found {key!r}", key)
        given = {key: _words(table[key]) for key in KEYS if key in table}
        for key, words in given.items():
            if isinstance(table[key], str) and not words:
                raise SettingsError(f"expected at least one value, found {table[key]!r}", key)
        return cls(
            threshold=numbers(given.get("threshold", ()), "threshold"),
            period=tuple(map(_whole, numbers(given.get("period", ()), "period"))),
            datapoints=tuple(map(_pair, given.get("datapoints", ()))),
            treat_missing_data=tuple(map(_treatment, given.get("treat_missing_data", ()))),
            statistic=tuple(map(_statistic, given.get("statistic", ()))),
            window=tuple(_window(word, time_zone) for word in given.get("window", ())),
        )


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


def alarms(present: Alarm, grid: Grid) -> tuple[list[Alarm], list[Refused]]:
    """The present alarm and every other one of the grid, in the order of `key`; and what was left out."""
    accepted, refused = {key(present): present}, dict[str, list[str]]()
    for changes in _combinations(present, grid):
        try:
            one = dataclasses.replace(present, **changes)
            accepted.setdefault(key(one), one)
        except SettingsError as error:
            refused.setdefault(error.reason, []).append(_said(changes))
    ordered = [accepted[one] for one in sorted(accepted)]
    return ordered, [Refused(reason, tuple(listed)) for reason, listed in refused.items()]


def key(alarm: Alarm) -> Key:
    """What makes a setting: two alarms with equal keys are one setting."""
    return (
        alarm.statistic or alarm.extended_statistic or "",
        alarm.period,
        alarm.evaluation_periods,
        alarm.m,
        alarm.threshold,
        alarm.treat_missing_data,
        window_name(alarm.evaluation_window),
    )


def window_name(window: WallClock | None) -> str:
    """``sliding``, ``wall-clock``, or ``wall-clock Europe/Berlin`` for another zone than UTC."""
    if window is None:
        return "sliding"
    return "wall-clock" if window.timezone == "UTC" else f"wall-clock {window.timezone}"


def numbers(value: object, setting: str) -> tuple[float, ...]:
    """``1,3,10..50:5``, a number, or a list of both: every number once, in the order given."""
    found = [number for word in _words(value) for number in _numbers(word, setting)]
    if len(found) > MOST_VALUES:
        raise SettingsError(
            f"expected at most {MOST_VALUES:,} values, found {len(found):,}: a step such as 10..50:5?",
            setting,
        )
    return tuple(dict.fromkeys(found))


def _combinations(present: Alarm, grid: Grid) -> Iterable[dict[str, Any]]:
    axes: list[list[dict[str, Any]]] = [
        [{"threshold": one} for one in grid.threshold],
        [{"period": one} for one in grid.period],
        [{"evaluation_periods": n, "datapoints_to_alarm": m} for m, n in grid.datapoints],
        [{"treat_missing_data": one} for one in grid.treat_missing_data],
        [_statistics(one, present) for one in grid.statistic],
        [{"evaluation_window": one} for one in grid.window],
    ]
    chosen = [axis or [{}] for axis in axes]
    size = math.prod([len(axis) for axis in chosen])
    if size > MOST_SETTINGS:
        raise SettingsError(f"expected at most {MOST_SETTINGS:,} combinations, found {size:,}", "threshold")
    return ({k: v for part in parts for k, v in part.items()} for parts in itertools.product(*chosen))


def _statistics(name: str, present: Alarm) -> dict[str, Any]:
    """A percentile keeps the present treatment of low samples; a plain statistic has none."""
    if name in tuple(Statistic):
        nothing = {"extended_statistic": None, "evaluate_low_sample_count_percentiles": None}
        return {"statistic": name, **nothing}
    low = present.evaluate_low_sample_count_percentiles
    return {"statistic": None, "extended_statistic": name, "evaluate_low_sample_count_percentiles": low}


def _said(changes: Mapping[str, Any]) -> str:
    """A refused combination in words; there is no alarm that could say it."""
    words = []
    for name, value in changes.items():
        if name == "evaluation_window":
            words.append(window_name(value))
        elif name == "datapoints_to_alarm":
            words[-1] = f"{value}/{changes['evaluation_periods']}"
        elif value is not None:
            words.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return ", ".join(words)


def _words(value: object) -> list[Any]:
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    split = (one.split(",") if isinstance(one, str) else [one] for one in listed)
    return [
        word.strip() if isinstance(word, str) else word
        for part in split
        for word in part
        if not isinstance(word, str) or word.strip()
    ]


def _numbers(word: object, setting: str) -> list[float]:
    if isinstance(word, int | float) and not isinstance(word, bool):
        return [float(word)]
    found = _RANGE.fullmatch(str(word))
    try:
        if not found:
            return [float(_decimal(str(word)))]
        first, last, step = (_decimal(part) for part in (found[1], found[2], found[3] or "1"))
    except InvalidOperation:
        raise SettingsError(f"expected numbers such as 1,3,10..50:5, found {word!r}", setting) from None
    if step <= 0 or last < first:
        raise SettingsError(f"expected a range upwards such as 10..50:5, found {word!r}", setting)
    count = min(int((last - first) / step) + 1, MOST_VALUES + 1)
    return [float(first + step * i) for i in range(count)]


def _decimal(text: str) -> Decimal:
    """Decimal, so that 0.1..0.5:0.1 has no rounding in it."""
    number = Decimal(text.strip())
    if not number.is_finite():
        raise InvalidOperation
    return number


def _whole(number: float) -> int:
    if number != int(number):
        raise SettingsError(f"expected whole seconds, found {number:g}", "period")
    return int(number)


def _pair(word: object) -> Datapoints:
    if isinstance(word, Sequence) and len(word) == 2 and all(isinstance(one, int) for one in word):  # noqa: PLR2004 - M and N
        return int(word[0]), int(word[1])
    found = _PAIR.fullmatch(str(word))
    if not found:
        raise SettingsError(f"expected datapoints as M/N such as 2/3, found {word!r}", "datapoints")
    return int(found[1]), int(found[2])


def _treatment(word: object) -> str:
    if word not in tuple(MissingData):
        raise SettingsError(f"expected {', '.join(MissingData)}, found {word!r}", "treat_missing_data")
    return str(word)


def _statistic(word: object) -> str:
    if word not in tuple(Statistic):
        try:
            percentile(str(word))
        except SettingsError:
            raise SettingsError(
                f"expected {', '.join(Statistic)} or a percentile such as p90, found {word!r}", "statistic"
            ) from None
    return str(word)


def _window(word: object, time_zone: str | None) -> WallClock | None:
    if word is None or word == "sliding":
        return None
    if isinstance(word, WallClock):
        return word
    if word != "wall-clock":
        raise SettingsError(f"expected sliding or wall-clock, found {word!r}", "window")
    return WallClock(time_zone or "UTC")
