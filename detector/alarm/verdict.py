"""What every evaluation decides, all at once: in come windows, out go the bits of each verdict.

The claim: for each evaluation this is ``evaluate.decide``, worked on whole histories with the bit
operations of Python's integers (a year of minutes is 64 KB, so a few hundred operations take a
few milliseconds). Among the newest real datapoints, at most N, count the breaching (b) and the good
ones (g). Then ``decide`` comes down to

    breaching       OK where g > N - M, else ALARM
    notBreaching    ALARM where b >= M, else OK
    missing, ignore ALARM where b >= M; else OK where g >= 1; else ignore keeps the state, and missing
                    is ALARM where a breaching datapoint is M or more windows old, else INSUFFICIENT_DATA

and the newest N windows need no care: only the few windows beyond them can be one real datapoint
too many. Numbers are lists of bits, the lowest place first.
"""

from __future__ import annotations

from msgspec import Struct

from detector.alarm.settings import AlarmSettings
from detector.alarm.values import MissingData, State
from detector.alarm.window import Windows, windows_key
from detector.errors import SettingsError


class Verdicts(Struct, frozen=True):
    """Three sets of evaluations as bits, the earliest in the highest bit; no two overlap."""

    alarm: int
    ok: int
    insufficient: int


def verdicts(alarm: AlarmSettings, windows: Windows, *, look_back: bool = True) -> Verdicts:
    """What each evaluation of ``alarm`` decides: one bit a window, for the evaluation it is newest in.

    No bit in any of the three means that the state is kept. Bits of windows that no evaluation has
    as its newest mean nothing. ``windows`` must be of the alarm's ``windows_key``. Without ``look_back``,
    as an alarm would decide that looks at its evaluation periods alone (CloudWatch has none like it).
    """
    scan = _Scan.of(alarm, windows, alarm.evaluation_range if look_back else alarm.evaluation_periods)
    everything, breaching = windows.everything, windows.breaching(alarm)
    good = windows.real ^ breaching
    if alarm.treat_missing_data == MissingData.BREACHING:
        ok = _at_least(scan.count(good), alarm.evaluation_periods - alarm.m + 1, everything)
        decided = Verdicts(everything ^ ok, ok, 0)
    else:
        enough = _at_least(scan.count(breaching), alarm.m, everything)
        if alarm.treat_missing_data == MissingData.NOT_BREACHING:
            decided = Verdicts(enough, everything ^ enough, 0)
        else:
            ok = scan.any_of(good) & ~enough
            decided = Verdicts(enough, ok, 0)
            if alarm.treat_missing_data == MissingData.MISSING:
                alarmed = enough | (scan.any_of(breaching, oldest_from=alarm.m) & ~ok)
                decided = Verdicts(alarmed, ok, everything ^ (alarmed | ok))
    if not alarm.ignores_low_samples:
        return decided
    kept = everything ^ scan.any_of(windows.low)
    return Verdicts(decided.alarm & kept, decided.ok & kept, decided.insufficient & kept)


def states(alarm: AlarmSettings, windows: Windows, *, state: State = State.INSUFFICIENT_DATA) -> Verdicts:
    """The state after each evaluation: one bit an evaluation, in exactly one of the three sets.

    ``state`` is the one before the first evaluation. Where no window was left out (``reach``), counting minutes in
    ALARM is ``states(...).alarm.bit_count()``, counting the entries into it one shift and one "and" more.
    """
    if windows_key(alarm) != windows.key:
        raise SettingsError(
            f"These windows are of {windows.key}, but the alarm needs {windows_key(alarm)}.", "period"
        )
    if windows.reach is not None and windows.reach < alarm.evaluation_range:
        raise SettingsError(
            f"These windows are for alarms that look at {windows.reach} of them, but this one looks at "
            f"{alarm.evaluation_range}.",
            "evaluation_periods",
        )
    decided, top = verdicts(alarm, windows), 1 << windows.evaluations >> 1
    sets = [windows.evaluated(bits) for bits in (decided.alarm, decided.ok, decided.insufficient)]
    kept = (1 << windows.evaluations) - 1 ^ (sets[0] | sets[1] | sets[2])
    if kept & top:
        sets[(State.ALARM, State.OK, State.INSUFFICIENT_DATA).index(state)] |= top
    return Verdicts(*(_held(bits, kept) for bits in sets))


def _held(bits: int, kept: int) -> int:
    """``bits`` carried forward through all that is kept, in steps of doubling length."""
    reach = 1
    while kept:
        bits |= bits >> reach & kept
        kept &= kept >> reach
        reach *= 2
    return bits


class _Scan(Struct, frozen=True):
    """How to look back from every window: the newest N, and those beyond where N are not yet real."""

    periods: int
    stride: int
    beyond: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, alarm: AlarmSettings, windows: Windows, reach: int) -> _Scan:
        """``beyond``: how far back each further window is, up to ``reach``, and for which windows it still counts."""
        periods, stride = alarm.evaluation_periods, windows.stride
        real, everything = windows.real, windows.everything
        count, beyond = _counted(real, stride, periods), []
        for back in range(periods * stride, reach * stride, stride):
            still = everything ^ _at_least(count, periods, everything)
            beyond.append((back, still))
            count = _added(count, [real >> back])
        return cls(periods, stride, tuple(beyond))

    def count(self, bits: int) -> list[int]:
        """How many of the newest real datapoints, at most N, have their bit set."""
        count = _counted(bits, self.stride, self.periods)
        for back, still in self.beyond:
            count = _added(count, [bits >> back & still])
        return count

    def any_of(self, bits: int, oldest_from: int = 1) -> int:
        """Where at least one of them has, of the windows from ``oldest_from`` (1 = newest) on."""
        union, terms, reach = bits >> (oldest_from - 1) * self.stride, self.periods - oldest_from + 1, 1
        while reach < terms:  # by doubling
            more = min(reach, terms - reach)
            union |= union >> more * self.stride
            reach += more
        for back, still in self.beyond:
            union |= bits >> back & still
        return union


def _counted(bits: int, stride: int, terms: int) -> list[int]:
    """The sum of ``terms`` copies of ``bits``, each ``stride`` further back, by doubling."""
    if terms == 1:
        return [bits]
    half = _counted(bits, stride, terms // 2)
    total = _added(half, [place >> terms // 2 * stride for place in half])
    return _added(total, [bits >> (terms - 1) * stride]) if terms % 2 else total


def _added(left: list[int], right: list[int]) -> list[int]:
    """The sum of two numbers in bit places, for all windows at once."""
    total, carry = [], 0
    for place in range(max(len(left), len(right))):
        a = left[place] if place < len(left) else 0
        b = right[place] if place < len(right) else 0
        total.append(a ^ b ^ carry)
        carry = (a & b) | (carry & (a ^ b))
    return [*total, carry] if carry else total


def _at_least(number: list[int], bound: int, everything: int) -> int:
    """Where ``number`` is at least ``bound``."""
    if bound.bit_length() > len(number):
        return 0
    reached = everything
    for place, bits in enumerate(number):
        reached = bits & reached if bound >> place & 1 else bits | reached
    return reached
