"""The alarm as a user holds it: its settings, with what an evaluation and a history of it give.

The claim: nothing is decided here; ``evaluate`` and ``history`` do, for bare settings too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from detector.alarm.settings import AlarmSettings
from detector.alarm.values import State, WallClock
from detector.errors import SettingsError

if TYPE_CHECKING:
    from detector.alarm.reason import Transition
    from detector.alarm.samples import SampleSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(AlarmSettings):
    """A metric alarm; its fields are those of ``AlarmSettings``."""

    def evaluate(self, datapoints: Sequence[float | None], state: State) -> State:
        """The state after one evaluation of ``datapoints``, given the state before it.

        Datapoints oldest first, None or NaN = missing; only the newest ``evaluation_range`` count.
        """
        from detector.alarm.evaluate import decide  # noqa: PLC0415 - a detection is read before it is evaluated

        return decide(self, datapoints).state or State(state)

    def laid(
        self, period: int | None = None, window: str | None = None, time_zone: str | None = None
    ) -> Alarm:
        """The same alarm with another ``period`` (one of 1 evaluated) and windows; None leaves either as it is.

        ``window`` is ``sliding``, or ``wall-clock`` with the clock of a ``time_zone`` (UTC by default).
        """
        if window not in {None, "sliding", "wall-clock"}:
            raise SettingsError(f'expected "sliding" or "wall-clock", found {window!r}', "window")
        if time_zone is not None and window != "wall-clock":
            raise SettingsError('expected a time zone with "wall-clock" windows only', "time_zone")
        clock = self.evaluation_window
        if window is not None:
            clock = WallClock(time_zone or "UTC") if window == "wall-clock" else None
        if period is None:
            return replace(self, evaluation_window=clock)
        return replace(
            self, period=period, evaluation_periods=1, datapoints_to_alarm=None, evaluation_window=clock
        )

    def history(
        self,
        samples: SampleSource,
        *,
        start: datetime | float,
        end: datetime | float,
        state: State = State.INSUFFICIENT_DATA,
    ) -> list[Transition]:
        """Every change of state between ``start`` and ``end``, both inclusive, with its reason.

        ``start`` is when the alarm is created, if the ``state`` is that of a new one: its warm-up begins there.
        ``samples``: (minute, value) pairs, one sample each, or a polars frame with the columns
        ``minute``, ``value``, ``samples``. One evaluation every ``step`` seconds from ``start`` on.
        Times are datetimes (naive = UTC), or all plain numbers: minutes on a scale of your own.
        """
        from detector.alarm.history import transitions  # noqa: PLC0415 - as in evaluate
        from detector.alarm.warm_up import first_evaluation  # noqa: PLC0415 - as in evaluate
        from detector.alarm.window import windows  # noqa: PLC0415 - as in evaluate

        new = State(state) is State.INSUFFICIENT_DATA
        first = first_evaluation(self, samples, start) if new else start
        seen = windows(samples, self, start=first, end=end, reach=self.evaluation_range)
        return transitions(self, seen, state=state)
