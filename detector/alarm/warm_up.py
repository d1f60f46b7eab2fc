"""The warm-up of a new alarm: in come its settings, its samples and when it is created, out goes its first evaluation.

The claim: until then an alarm is in INSUFFICIENT_DATA and does nothing; afterwards it is evaluated as if it had none.
Source: the warm-up page, with its example: created 10:00, data from 10:04, three periods of five minutes, so from about
10:19 on. A warm-up is once, at the creation; a backtest asks about alarms that are warm.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime

from detector.alarm.clock import SECOND, Scale, newest_end, to_microseconds, window_start
from detector.alarm.samples import Samples, SampleSource
from detector.alarm.settings import AlarmSettings
from detector.alarm.values import MINUTE


def first_evaluation(
    alarm: AlarmSettings, samples: SampleSource, start: datetime | float
) -> datetime | float:
    """When an alarm that is created at ``start`` is first evaluated: at once without a warm-up.

    With one, when it is over, or earlier: as soon as the first sample is as old as the evaluation periods are long, and
    the newest window has a datapoint; unless the alarm waits for the whole warm-up.
    """
    warm_up = alarm.warm_up_configuration
    if warm_up is None:
        return start
    created, step = to_microseconds(start), alarm.step * SECOND
    over = created + warm_up.warm_up_period_duration_in_minutes * MINUTE * SECOND
    over = created + -(-(over - created) // step) * step
    seconds = Samples.of(samples).seconds
    early = () if warm_up.only_start_evaluating_after_warm_up_period_ends else range(created, over, step)
    for at in early:
        newest = newest_end(alarm, at)
        first = window_start(alarm, newest)
        full = bool(seconds) and seconds[0] + alarm.period * alarm.evaluation_periods <= at // SECOND
        if full and bisect_left(seconds, first) < bisect_left(seconds, newest):
            return Scale.of(start).time(at)
    return Scale.of(start).time(over)
