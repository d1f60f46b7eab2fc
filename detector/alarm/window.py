"""Windows of a whole history: in come samples and an alarm, out goes what its evaluations look at.

The claim: a ``Windows`` is computed once and serves every alarm with the same ``windows_key``,
whatever its threshold, its M of N and its treatment of missing data. A property of all windows at
once (real, breaching, low) is one integer with one bit a window, the oldest window in the highest
bit; ``bits >> k * stride`` puts beside each window the one k periods before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field

from detector.alarm.clock import SECOND, Scale, lag, newest_end, resolution, to_microseconds, window_start
from detector.alarm.ends import first_after, steps, window_ends
from detector.alarm.samples import Samples, SampleSource
from detector.alarm.settings import AlarmSettings
from detector.alarm.statistics import Runs, is_low, runs
from detector.alarm.values import DAY, WEEK, ComparisonOperator, WallClock
from detector.errors import SettingsError

Key: TypeAlias = tuple[str, int, WallClock | None, int]


class Window(NamedTuple):
    """One window of one evaluation: where it starts, its datapoint (None = missing), its samples."""

    start: datetime | float
    value: float | None
    samples: int


def windows_key(alarm: AlarmSettings) -> Key:
    """What an alarm's windows depend on: alarms with equal keys can share one ``Windows``."""
    return (alarm.statistic_name, alarm.period, alarm.evaluation_window, alarm.step)


class Ranks(Struct, frozen=True):
    """The rank of every window's value among all values, 0 where it is missing.

    ``planes`` are the bytes of the ranks, the highest byte first: plane p holds byte p of every window.
    """

    levels: list[float]
    planes: list[bytes]

    @classmethod
    def of(cls, stretches: Runs, size: int) -> Ranks:
        """The ranks of ``size`` windows."""
        levels = sorted({value for value in stretches.values if value is not None})
        ranks = {value: rank for rank, value in enumerate(levels, start=1)}
        numbered = [0 if value is None else ranks[value] for value in stretches.values]
        lengths, lead = stretches.lengths(size), bytes(stretches.starts[0] if stretches.starts else size)
        single = [bytes([byte]) for byte in range(256)]
        planes = [
            lead
            + b"".join([single[rank >> shift & 255] * n for rank, n in zip(numbered, lengths, strict=True)])
            for shift in range(max(1, -(-len(levels).bit_length() // 8)) * 8 - 8, -8, -8)
        ]
        return cls(levels, planes)

    def at_least(self, rank: int) -> int:
        """The bits of the windows whose rank is at least this one."""
        if rank > len(self.levels):
            return 0
        bits = None
        for plane, byte in zip(self.planes[::-1], rank.to_bytes(len(self.planes))[::-1], strict=True):
            if bits is None:
                bits = _bits(plane, range(byte, 256))
            else:
                bits = _bits(plane, range(byte + 1, 256)) | (_bits(plane, range(byte, byte + 1)) & bits)
        return bits or 0


class Windows(Struct, frozen=True, eq=False):
    """Every window of a history. Window i ends at ``ends[i]`` (seconds since the scale's zero).

    ``real`` are the bits of the windows with a datapoint, ``low`` those with too few samples for their
    percentile. The k-th evaluation that can differ from the one before it (``evaluations`` of them) has the
    newest window ``first + k * every``; its other windows are ``stride`` apart.
    """

    key: Key
    reach: int | None
    scale: Scale
    begin: int
    ends: Sequence[int]
    first: int
    every: int
    stride: int
    runs: Runs
    real: int
    low: int
    _delay: tuple[int, int]
    _ranks: Ranks
    _breaching: dict[tuple[ComparisonOperator, float], int] = field(default_factory=dict)

    @property
    def evaluations(self) -> int:
        """How many evaluations have a newest window of their own."""
        return max(0, -(-(len(self.ends) - self.first) // self.every))

    @property
    def everything(self) -> int:
        """The bits of all windows."""
        return (1 << len(self.ends)) - 1

    def breaching(self, alarm: AlarmSettings) -> int:
        """The bits of the windows whose datapoint breaches; kept for the next alarm that asks."""
        operator, threshold = asked = (alarm.operator, alarm.threshold)
        if asked not in self._breaching:
            # Values are sorted, so that those which breach are the head or the tail of them.
            below, test = operator.alarms_below, operator.test
            lower = bisect_left(
                self._ranks.levels, True, key=lambda value: test(value, threshold) is not below
            )
            tail = self._ranks.at_least(lower + 1)
            self._breaching[asked] = self.real ^ tail if below else tail
        return self._breaching[asked]

    def evaluated(self, bits: int) -> int:
        """One bit an evaluation, of one bit a window."""
        if self.every == 1:
            return bits & (1 << self.evaluations) - 1
        return int(f"{bits:0{len(self.ends)}b}"[self.first :: self.every] or "0", 2)

    def microseconds(self, evaluation: int) -> int:
        """When the ``evaluation``-th evaluation is made: the first instant that sees its newest window."""
        if evaluation == 0:
            return self.begin
        unit, delay = self._delay
        step = self.key[3] * SECOND
        ready = (-(-self.ends[self.first + evaluation * self.every] // unit) * unit + delay) * SECOND
        return self.begin + -(-(ready - self.begin) // step) * step

    def at(self, evaluation: int) -> datetime | float:
        """The same on the caller's scale."""
        return self.scale.time(self.microseconds(evaluation))

    def seen(self, alarm: AlarmSettings, evaluation: int) -> tuple[Window, ...]:
        """The windows of one evaluation's range, oldest first."""
        newest, seen = self.first + evaluation * self.every, []
        start = self.ends[newest]
        for k in range(alarm.evaluation_range):
            start = window_start(alarm, start)
            value, count = self.runs.at(newest - k * self.stride)
            seen.append(Window(self.scale.time(start * SECOND), value, count))
        return tuple(seen[::-1])


def windows(
    samples: SampleSource,
    alarm: AlarmSettings,
    *,
    start: datetime | float,
    end: datetime | float,
    reach: int | None = None,
) -> Windows:
    """All windows that evaluations from ``start`` to ``end`` look at.

    Serves every alarm with the same ``windows_key``. ``Samples.of(source)`` once beforehand spares
    sorting the samples again for each key. With ``reach``, only alarms whose evaluation range is no longer; of years,
    long silence is left out then (`detector.alarm.ends`): the evaluation before it stands for all of it.
    """
    scale, data = _on_one_scale(Samples.of(samples), start, end)
    begin, step = to_microseconds(start), alarm.step * SECOND
    last = begin + (to_microseconds(end) - begin) // step * step
    newest, final = newest_end(alarm, begin), newest_end(alarm, last)
    # More than any alarm of this key looks back: a week, the extra windows, a clock change.
    extra = (alarm.evaluation_range - alarm.evaluation_periods + 2) * max(alarm.period, DAY)
    data = data.between(newest - WEEK - extra, final)
    ends = window_ends(alarm, newest, final, data.seconds, reach) if last >= begin else range(0)
    stride, every = steps(alarm)
    stretches = runs(alarm, data, first_after(ends, data.seconds), stride, len(ends))
    ranks = Ranks.of(stretches, len(ends))
    return Windows(
        key=windows_key(alarm),
        reach=reach,
        scale=scale,
        begin=begin,
        ends=ends,
        first=bisect_left(ends, newest),
        every=every,
        stride=stride,
        runs=stretches,
        real=ranks.at_least(1),
        low=_low(alarm, stretches, len(ends)),
        _delay=(resolution(alarm), lag(alarm)),
        _ranks=ranks,
    )


def _on_one_scale(data: Samples, start: datetime | float, end: datetime | float) -> tuple[Scale, Samples]:
    """SettingsError when times and samples do not fit together."""
    scale = Scale.of(start)
    for dated, setting in ((Scale.of(end).dated, "end"), (data.dated, "samples")):
        if dated not in {None, scale.dated}:
            raise SettingsError(f"The times of {setting} must be written like start: {scale.value}.", setting)
    return scale, data


def _low(alarm: AlarmSettings, stretches: Runs, size: int) -> int:
    """The bits of the windows with too few samples for the alarm's percentile."""
    percentile = alarm.percentile
    if percentile is None or not stretches.starts:
        return 0
    valued = zip(stretches.values, stretches.counts, strict=True)
    flags = ["0" if value is None else "01"[is_low(percentile, count)] for value, count in valued]
    return int("".join([flag * n for flag, n in zip(flags, stretches.lengths(size), strict=True)]), 2)


def _bits(plane: bytes, wanted: range) -> int:
    """The bits of the windows whose byte in this plane is wanted."""
    table = bytes(0x31 if byte in wanted else 0x30 for byte in range(256))
    return int(plane.translate(table) or b"0", 2)
