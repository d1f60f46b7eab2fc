"""The library as its users see it: checked by mypy, never run.

Every name that `detector` exports must have a real type, although all of them are imported when used.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_type

import detector

if TYPE_CHECKING:
    import polars as pl

    def patterns() -> None:
        pattern = detector.compile('{ $.errorCode = "AccessDenied*" }')
        assert_type(pattern, detector.Pattern)
        assert_type(pattern.matches("{}"), bool)
        assert_type(pattern.matches(b"{}"), bool)
        assert_type(pattern.matches({"errorCode": None}), bool)
        assert_type(pattern.extract("a b"), dict[str, str])
        pattern.source = "x"  # type: ignore[misc]  # frozen

    def alarms(at: datetime, frame: pl.DataFrame) -> None:
        alarm = detector.Alarm(
            name="a",
            statistic="Sum",
            period=300,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            threshold=5,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="missing",
        )
        assert_type(alarm.evaluation_range, int)
        assert_type(alarm.evaluate([1.0, None], detector.State.OK), detector.State)
        assert_type(alarm.history([(at, 1.0)], start=at, end=at), list[detector.Transition])
        alarm.history(frame, start=at, end=at, state=detector.State.ALARM)
        detector.Alarm("a")  # type: ignore[call-arg]  # everything by keyword

    def transitions(change: detector.Transition) -> None:
        assert_type(change.at, datetime | float)  # as ``start`` was
        assert_type(change.before, detector.State)
        assert_type(change.reason, detector.Reason)

    def replays() -> None:
        detection = detector.load_detection("cis/cloudwatch-2")
        assert_type(detection, detector.Detection)
        (one,) = detector.replay([detection], ["archive/"], clock=detector.Clock.DELIVERY)
        assert_type(one, detector.Replay)
        assert_type(one.matches, pl.DataFrame)
        assert_type(one.samples, pl.DataFrame)
        assert_type(one.transitions, tuple[detector.Transition, ...])
        assert_type(one.problems, tuple[detector.Problem, ...])
        assert_type(detector.shipped(), list[str])
        detector.replay([detection], ["archive/"], selection=detector.Selection(start=0))
        detector.replay("cis/cloudwatch-2", ["archive/"])

    def other_jobs() -> None:
        tested = detector.backtest("cis/cloudwatch-2", "archive/", {"threshold": "1..3"})
        assert_type(tested, detector.Backtest)
        assert_type(tested.frame, pl.DataFrame)
        assert_type(detector.check(["cis", "{ $.a = 1 }"]), detector.Checks)
        assert_type(detector.match("cis/cloudwatch-2", "archive/"), detector.Matching)
        assert_type(detector.compare("{ $.a = 1 }", "{ $.a = * }"), detector.Comparison)
        assert_type(detector.explain("{ $.a = 1 }"), detector.Explanations)
        assert_type(detector.replay("cis", "archive/"), detector.Replays)

    def errors() -> None:
        try:
            detector.compile("{")
        except detector.PatternError as error:
            assert_type(error.span, tuple[int, int])
            assert_type(error.reason, str)
