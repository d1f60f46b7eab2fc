"""Windows of a whole history: in come samples and an alarm, out goes what its evaluations look at.

The claim: a ``Windows`` is computed once and serves every alarm with the same ``windows_key``,
whatever its threshold, its M of N and its treatment of missing data. A property of all windows at
once (real, breaching, low) is one integer with one bit a window, the oldest window in the highest
bit; ``bits >> k * stride`` puts beside each window the one k periods before it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from detector.alarm.choices import WEEK, is_low
from detector.alarm.clock import boundaries, clock_floor, lag, newest_end, resolution, window_start
from detector.alarm.reason import Window
from detector.alarm.runs import Runs, runs
from detector.alarm.samples import Samples
from detector.alarm.scale import SECOND, Scale, from_microseconds, from_seconds, scale_of, to_microseconds
from detector.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import TypeAlias

    from detector.alarm.model import Alarm, WallClock
    from detector.alarm.samples import SampleSource
    from detector.alarm.values import ComparisonOperator

    Key: TypeAlias = tuple[str | None, int, WallClock | None, int]


def windows_key(alarm: Alarm) -> Key:
    """What an alarm's windows depend on: alarms with equal keys can share one ``Windows``."""
    return (alarm.statistic or alarm.extended_statistic, alarm.period, alarm.evaluation_window, alarm.step)


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Every window of a history. Window i ends at ``ends[i]`` (seconds since the scale's zero).

    The k-th evaluation that can differ from the one before it (``evaluations`` of them) has the
    newest window ``first + k * every``; its other windows are ``stride`` apart.
    """

    key: Key
    scale: Scale
    begin: int
    ends: Sequence[int]
    first: int
    every: int
    stride: int
    runs: Runs
    _delay: tuple[int, int]
    _levels: list[float]
    _planes: list[bytes]
    _low: int
    _breaching: dict[tuple[ComparisonOperator, float], int] = field(default_factory=dict)

    @property
    def evaluations(self) -> int:
        """How many evaluations have a newest window of their own."""
        return max(0, -(-(len(self.ends) - self.first) // self.every))

    @property
    def everything(self) -> int:
        """The bits of all windows."""
        return (1 << len(self.ends)) - 1

    @property
    def real(self) -> int:
        """The bits of the windows that have a datapoint."""
        return self._at_least(1)

    @property
    def low(self) -> int:
        """The bits of the windows with too few samples for their percentile."""
        return self._low

    def breaching(self, alarm: Alarm) -> int:
        """The bits of the windows whose datapoint breaches; kept for the next alarm that asks."""
        asked = (alarm.operator, alarm.threshold)
        if asked not in self._breaching:
            self._breaching[asked] = self._compare(*asked)
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
        return from_microseconds(self.microseconds(evaluation), self.scale)

    def seen(self, alarm: Alarm, evaluation: int) -> tuple[Window, ...]:
        """The windows of one evaluation's range, oldest first."""
        index, reach = self.first + evaluation * self.every, alarm.evaluation_range
        indices = range(index - (reach - 1) * self.stride, index + 1, self.stride)
        starts, scale, at = self._starts(alarm, self.ends[index], reach), self.scale, self.runs.at
        return tuple([Window(from_seconds(s, scale), *at(i)) for s, i in zip(starts, indices, strict=True)])

    def _starts(self, alarm: Alarm, end: int, reach: int) -> Sequence[int]:
        """Where the ``reach`` windows up to ``end`` start, oldest first."""
        if alarm.evaluation_window is None:
            return range(end - reach * alarm.period, end, alarm.period)
        starts = []
        for _ in range(reach):
            end = window_start(alarm, end)
            starts.append(end)
        return starts[::-1]

    def _compare(self, operator: ComparisonOperator, threshold: float) -> int:
        # The values are sorted, so those that breach are a head or a tail of them.
        below = operator.alarms_below
        upper = bisect_left(self._levels, True, key=lambda v: operator.test(v, threshold) is not below)
        above = self._at_least(upper + 1)
        return self.real ^ above if below else above

    def _at_least(self, rank: int) -> int:
        """The bits of the windows whose rank among all values is at least ``rank`` (0 = missing)."""
        if rank > len(self._levels):
            return 0
        found = None
        for plane, byte in zip(self._planes[::-1], rank.to_bytes(len(self._planes))[::-1], strict=True):
            if found is None:
                found = _bits(plane, range(byte, 256))
            else:
                found = _bits(plane, range(byte + 1, 256)) | (_bits(plane, range(byte, byte + 1)) & found)
        return found or 0


def windows(
    samples: SampleSource, alarm: Alarm, *, start: datetime | float, end: datetime | float
) -> Windows:
    """All windows that evaluations from ``start`` to ``end`` look at.

    Serves every alarm with the same ``windows_key``. ``Samples.of(source)`` once beforehand spares
    sorting the samples again for each key. SettingsError when times and samples do not fit together.
    """
    scale, data = _scale(start, end), Samples.of(samples)
    if data.dated not in {None, scale.dated}:
        raise SettingsError(
            f"The samples' minutes must be written like start and end: {scale.value}.", "samples"
        )
    begin, last = to_microseconds(start), _last_evaluation(alarm, start, end)
    newest, final = newest_end(alarm, begin), newest_end(alarm, last)
    data = data.between(newest - _reach(alarm), final)
    ends = _ends(alarm, min([newest, *data.seconds[:1]]), final) if last >= begin else range(0)
    grid = _unit(alarm)
    stride, every = (
        (alarm.period // grid, resolution(alarm) // grid) if alarm.evaluation_window is None else (1, 1)
    )
    found = runs(alarm, data, _enter(data.seconds, ends), stride, len(ends))
    levels = sorted({value for value in found.values if value is not None})
    return Windows(
        key=windows_key(alarm),
        scale=scale,
        begin=begin,
        ends=ends,
        first=bisect_left(ends, newest),
        every=every,
        stride=stride,
        runs=found,
        _delay=(resolution(alarm), lag(alarm)),
        _levels=levels,
        _planes=_planes(found, levels, len(ends)),
        _low=_low(alarm, found, len(ends)),
    )


def _scale(start: datetime | float, end: datetime | float) -> Scale:
    scale = scale_of(start)
    if scale_of(end).dated is not scale.dated:
        raise SettingsError(f"end must be written like start: {scale.value}.", "end")
    return scale


def _last_evaluation(alarm: Alarm, start: datetime | float, end: datetime | float) -> int:
    begin, step = to_microseconds(start), alarm.step * SECOND
    return begin + (to_microseconds(end) - begin) // step * step


def _reach(alarm: Alarm) -> int:
    """More seconds than any alarm of this key looks back: a week, the extra windows, a clock change."""
    return WEEK + (alarm.evaluation_range - alarm.evaluation_periods + 2) * max(alarm.period, 86_400)


def _unit(alarm: Alarm) -> int:
    """The finest step between two window ends that matter."""
    return math.gcd(resolution(alarm), alarm.period)


def _ends(alarm: Alarm, first: int, last: int) -> Sequence[int]:
    """The ends of all windows, from the one at or before ``first`` on."""
    if alarm.evaluation_window is not None:
        floor = clock_floor(alarm.evaluation_window, alarm.period, first)
        return boundaries(alarm.evaluation_window, alarm.period, floor, last)
    unit = _unit(alarm)
    return range(first // unit * unit, last + 1, unit)


def _enter(seconds: Sequence[int], ends: Sequence[int]) -> list[int]:
    """The first window that ends after each of these seconds."""
    if isinstance(ends, range):
        return [(second - ends.start) // ends.step + 1 for second in seconds]
    return [bisect_right(ends, second) for second in seconds]


def _lengths(found: Runs, size: int) -> list[int]:
    """How many windows each run has, after the windows before the first run."""
    ends = [*found.starts[1:], size]
    return [end - start for start, end in zip(found.starts, ends, strict=False)]


def _planes(found: Runs, levels: list[float], size: int) -> list[bytes]:
    """The rank of every window's value, as many bytes as it takes, highest byte first."""
    ranks = {value: rank for rank, value in enumerate(levels, start=1)}
    numbered = [0 if value is None else ranks[value] for value in found.values]
    lengths, lead = _lengths(found, size), bytes(found.starts[0] if found.starts else size)
    one = [bytes([byte]) for byte in range(256)]
    return [
        lead + b"".join([one[rank >> shift & 255] * n for rank, n in zip(numbered, lengths, strict=True)])
        for shift in range(max(1, -(-len(levels).bit_length() // 8)) * 8 - 8, -8, -8)
    ]


def _low(alarm: Alarm, found: Runs, size: int) -> int:
    if alarm.percentile is None or not found.starts:
        return 0
    percentile = alarm.percentile
    flags = ["1" if count and is_low(percentile, count) else "0" for count in found.counts]
    text = "".join([flag * n for flag, n in zip(flags, _lengths(found, size), strict=True)])
    return int(text, 2)


def _bits(plane: bytes, wanted: range) -> int:
    """The bits of the windows whose byte in this plane is wanted."""
    table = bytes(0x31 if byte in wanted else 0x30 for byte in range(256))
    return int(plane.translate(table) or b"0", 2)
