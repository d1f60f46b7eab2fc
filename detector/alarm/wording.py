"""CloudWatch's sentences for a change of state: in comes a Reason, out goes its text.

The claim: the forms are the recorded and observed ones; the wording follows the configuration
(whether DatapointsToAlarm is set), not the evidence, so nothing is decided here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from detector.alarm.choices import LISTED_DATAPOINTS
from detector.alarm.values import MissingData, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.alarm.reason import Reason, Window

# Between these bounds a double is printed without an exponent.
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7


def sentence(reason: Reason) -> str:
    """The state reason in CloudWatch's words."""
    if reason.state is State.INSUFFICIENT_DATA:
        return f"Insufficient Data: {_datapoints(reason.missing)} {_were(reason.missing)} unknown."
    if not reason.supporting:
        return f"Threshold Crossed: {_received(reason)} and {_treated(reason)}."
    treated = f" and {_treated(reason)}" if reason.missing and _label(reason) else ""
    return f"Threshold Crossed: {_crossed(reason, treated)}{_minimum(reason)}."


def double(number: float) -> str:
    """A number as CloudWatch prints it: ``5.0``, ``0.0666851903306472``, ``1.5E7``."""
    if number == 0 or _PLAIN_FROM <= abs(number) < _PLAIN_BELOW:
        return repr(float(number))
    sign, digits, _ = Decimal(repr(float(number))).normalize().as_tuple()
    first, *rest = map(str, digits)
    exponent = Decimal(repr(float(number))).adjusted()
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{exponent}"


def _crossed(reason: Reason, treated: str) -> str:
    """How many datapoints are on which side of the threshold; from five on, the newest are listed last."""
    supporting, alarm = reason.supporting, reason.alarm
    count = len(supporting)
    told = alarm.datapoints_to_alarm is not None
    counted = f"{count} out of the last {alarm.evaluation_periods} datapoints" if told else _datapoints(count)
    side = f"{_were(count)} {_side(reason)} the threshold ({double(alarm.threshold)}){treated}"
    if count < LISTED_DATAPOINTS:
        return f"{counted} {_listed(supporting)} {side}"
    newest = _listed(supporting[:LISTED_DATAPOINTS])
    return f"{counted} {side}. The most recent datapoints which crossed the threshold: {newest}"


def _side(reason: Reason) -> str:
    words = reason.alarm.operator.words
    return words if reason.state is State.ALARM else f"not {words}"


def _minimum(reason: Reason) -> str:
    """Said only where DatapointsToAlarm is set; recoveries from any state are "ALARM -> OK" (observed)."""
    if reason.alarm.datapoints_to_alarm is None:
        return ""
    change = "OK -> ALARM" if reason.state is State.ALARM else "ALARM -> OK"
    return f" (minimum {_datapoints(reason.needed)} for {change} transition)"


def _received(reason: Reason) -> str:
    count, periods = len(reason.used), reason.alarm.evaluation_periods
    received = f"{_datapoints(count)} {_were(count)}" if count else "no datapoints were"
    return f"{received} received for {periods} period{'' if periods == 1 else 's'}"


def _treated(reason: Reason) -> str:
    count = reason.missing
    return f"{_datapoints(count, 'missing ')} {_were(count)} treated as [{_label(reason)}]"


def _label(reason: Reason) -> str:
    return MissingData(reason.alarm.treat_missing_data).label


def _datapoints(count: int, kind: str = "") -> str:
    return f"{count} {kind}datapoint{'' if count == 1 else 's'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _listed(windows: Sequence[Window]) -> str:
    shown = (f"{double(w.value)} ({_time(w.start)})" for w in windows if w.value is not None)
    return f"[{', '.join(shown)}]"


def _time(time: datetime | float) -> str:
    if not isinstance(time, datetime):
        return str(time)
    return f"{time if time.tzinfo is None else time.astimezone(UTC):%d/%m/%y %H:%M:%S}"
