"""Why an alarm changed its state: in comes the evidence, out go data and CloudWatch's sentence.

The claim: the evidence is kept as data (windows, values, gaps, the rule), and the words are made
last, from the settings and not from the evidence. Which datapoints are listed follows 44 recorded lists, the
sentences follow recorded and observed forms; ``docs/alarms.md`` names the few that are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from detector.alarm.evaluate import Rule
from detector.alarm.settings import AlarmSettings
from detector.alarm.values import MissingData, State
from detector.alarm.window import Window

# From this many datapoints on, the sentence lists only the newest ones (seen from 5 to 30).
_LISTED_DATAPOINTS = 5
# Between these bounds a double is printed without an exponent.
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7
_MILLISECONDS = len("2023-07-10T12:00:00.000")


class Transition(Struct, frozen=True):
    """One change of state; ``at`` is the instant of the evaluation, on the caller's scale."""

    at: datetime | float
    before: State
    after: State
    reason: Reason


@dataclass(frozen=True, slots=True)
class Reason:
    """The evidence for one transition; ``str`` is the sentence, ``as_dict`` the data.

    ``windows`` are all windows of the evaluation range, oldest first. Times are on the caller's
    scale, as everywhere in a history.
    """

    alarm: AlarmSettings
    at: datetime | float
    state: State
    rule: Rule
    windows: tuple[Window, ...]

    used: tuple[Window, ...] = field(init=False, repr=False, compare=False)
    """The real datapoints that decide: the newest ones, at most EvaluationPeriods, newest first."""
    supporting: tuple[Window, ...] = field(init=False, repr=False, compare=False)
    """Those of ``used`` that speak for the new state, newest first."""

    def __post_init__(self) -> None:
        real = [window for window in self.windows[::-1] if window.value is not None]
        used = tuple(real[: self.alarm.evaluation_periods])
        wanted, breaches, threshold = (
            self.state is State.ALARM,
            self.alarm.operator.test,
            self.alarm.threshold,
        )
        supporting = tuple(w for w in used if w.value is not None and breaches(w.value, threshold) is wanted)
        object.__setattr__(self, "used", used)
        object.__setattr__(self, "supporting", () if self.state is State.INSUFFICIENT_DATA else supporting)

    @property
    def missing(self) -> int:
        """How many datapoints are missing among EvaluationPeriods, and so had to be filled in."""
        return self.alarm.evaluation_periods - len(self.used)

    @property
    def needed(self) -> int:
        """How many datapoints the new state takes: M, or N - M + 1 for OK."""
        alarm = self.alarm
        return alarm.evaluation_periods - alarm.m + 1 if self.state is State.OK else alarm.m

    @property
    def evaluated(self) -> tuple[Window, ...]:
        """The evaluatedDatapoints of CloudWatch, newest first (the rule that fits 44 recorded lists).

        The supporting datapoints up to the needed count, filled up with the newest missing windows
        where too few are real and missing ones speak for the state.
        """
        if not self.missing:
            return self.supporting[: self.needed]
        listed = list(self.supporting[: self.needed])
        treatment, state = MissingData(self.alarm.treat_missing_data), self.state
        filled_as = State.ALARM if treatment is MissingData.BREACHING else State.OK
        if treatment is MissingData.MISSING or (treatment is not MissingData.IGNORE and filled_as is state):
            gaps = [window for window in self.windows[::-1] if window.value is None]
            listed += gaps[: self.needed - len(listed)]
        return tuple(window for window in self.windows[::-1] if window in listed)

    @property
    def start_date(self) -> datetime | float | None:
        """Where the oldest window in use starts; None without any real datapoint (recorded)."""
        return self.used[-1].start if self.used else None

    @property
    def recent_datapoints(self) -> tuple[float | None, ...]:
        """From the oldest to the newest datapoint in use, oldest first, inner gaps as None (recorded)."""
        if not self.used:
            return ()
        oldest, newest = self.windows.index(self.used[-1]), self.windows.index(self.used[0])
        return tuple(window.value for window in self.windows[oldest : newest + 1])

    def __str__(self) -> str:
        """The state reason in CloudWatch's words."""
        missing = self.missing
        if self.state is State.INSUFFICIENT_DATA:
            return f"Insufficient Data: {_datapoints(missing)} {_were(missing)} unknown."
        label = MissingData(self.alarm.treat_missing_data).label
        treated = f"{_datapoints(missing, 'missing ')} {_were(missing)} treated as [{label}]"
        if self.supporting:
            return f"Threshold Crossed: {_crossed(self, f' and {treated}' if missing and label else '')}."
        count, periods = len(self.used), self.alarm.evaluation_periods
        received = f"{_datapoints(count)} {_were(count)}" if count else "no datapoints were"
        return (
            f"Threshold Crossed: {received} received for {periods} period{'' if periods == 1 else 's'} "
            f"and {treated}."
        )

    @property
    def data(self) -> dict[str, object]:
        """CloudWatch's stateReasonData, with its names and order; ``startDate`` and ``unit`` only where they exist."""
        alarm = self.alarm
        return {
            "version": "1.0",
            "queryDate": json_time(self.at),
            **({"startDate": json_time(self.used[-1].start)} if self.used else {}),
            **({} if alarm.unit is None else {"unit": alarm.unit}),
            "statistic": alarm.statistic_name,
            "period": alarm.period,
            "recentDatapoints": list(self.recent_datapoints),
            "threshold": alarm.threshold,
            "evaluatedDatapoints": [_datapoint(window) for window in self.evaluated],
        }

    def as_dict(self) -> dict[str, object]:
        """The evidence, ready for JSON: ``data``, and what CloudWatch leaves out.

        That is the sentence, the rule and its explanation, and all windows oldest first.
        """
        alarm = self.alarm
        return {
            **self.data,
            "sentence": str(self),
            "rule": self.rule.name,
            "ruleSentence": self.rule.sentence,
            "comparisonOperator": alarm.comparison_operator,
            "evaluationPeriods": alarm.evaluation_periods,
            "datapointsToAlarm": alarm.m,
            "treatMissingData": alarm.treat_missing_data,
            "missing": self.missing,
            "windows": [
                {"start": json_time(w.start), "value": w.value, "samples": w.samples} for w in self.windows
            ],
        }


def _datapoint(window: Window) -> dict[str, object]:
    """One of evaluatedDatapoints; a missing one has only its time (recorded)."""
    if window.value is None:
        return {"timestamp": json_time(window.start)}
    return {"timestamp": json_time(window.start), "sampleCount": float(window.samples), "value": window.value}


def json_time(time: datetime | float | None) -> str | float | None:
    """A time as CloudWatch writes it in JSON, with milliseconds; a caller's number as it is."""
    return _json_time(time) if isinstance(time, datetime) else time


@lru_cache(4096)  # the windows of one transition are mostly those of the next
def _json_time(time: datetime) -> str:
    utc = time if time.tzinfo is None else time.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds')[:_MILLISECONDS]}+0000"


def double(number: float) -> str:
    """A number as CloudWatch prints it: ``5.0``, ``0.0666851903306472``, ``1.5E7``."""
    if number == 0 or _PLAIN_FROM <= abs(number) < _PLAIN_BELOW:
        return repr(float(number))
    sign, digits, _ = Decimal(repr(float(number))).normalize().as_tuple()
    first, *rest = map(str, digits)
    exponent = Decimal(repr(float(number))).adjusted()
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{exponent}"


def _crossed(reason: Reason, treated: str) -> str:
    """How many datapoints are on which side of the threshold, and how many that takes."""
    alarm, count, alarmed = reason.alarm, len(reason.supporting), reason.state is State.ALARM
    counted, minimum = _datapoints(count), ""
    if alarm.datapoints_to_alarm is not None:
        counted = f"{count} out of the last {alarm.evaluation_periods} datapoints"
        # A recovery is "ALARM -> OK" from whatever state (observed).
        change = "OK -> ALARM" if alarmed else "ALARM -> OK"
        minimum = f" (minimum {_datapoints(reason.needed)} for {change} transition)"
    side = alarm.operator.words if alarmed else f"not {alarm.operator.words}"
    crossing = f"{_were(count)} {side} the threshold ({double(alarm.threshold)}){treated}"
    if count < _LISTED_DATAPOINTS:
        return f"{counted} {_listed(reason.supporting)} {crossing}{minimum}"
    newest = _listed(reason.supporting[:_LISTED_DATAPOINTS])
    return f"{counted} {crossing}. The most recent datapoints which crossed the threshold: {newest}{minimum}"


def _datapoints(count: int, kind: str = "") -> str:
    return f"{count} {kind}datapoint{'' if count == 1 else 's'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _listed(windows: Sequence[Window]) -> str:
    shown = []
    for start, value, _ in windows:
        if isinstance(start, datetime):
            at = f"{start if start.tzinfo is None else start.astimezone(UTC):%d/%m/%y %H:%M:%S}"
        else:
            at = str(start)
        shown += [] if value is None else [f"{double(value)} ({at})"]
    return f"[{', '.join(shown)}]"
