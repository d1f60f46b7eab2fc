"""A backtest in words: settings, outcomes, and the sentences that justify a choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from detector.jobs.choice import outcome
from detector.jobs.grid import key, window_name
from detector.render.chart import number
from detector.render.layout import count, span

LONG = 300
"""Seconds; values that are all a multiple of it apart are hardly sums a minute."""
NAMED = 10
"""Incidents named in a sentence."""

if TYPE_CHECKING:
    from detector.alarm import Alarm
    from detector.jobs.backtest import Backtest
    from detector.jobs.scores import Score
    from detector.jobs.sweep import Cell


def comparison(alarm: Alarm) -> str:
    """``>= 5``."""
    return f"{alarm.operator.symbol} {number(alarm.threshold)}"


def setting(alarm: Alarm) -> str:
    """``Sum >= 5 over 300 s, 1 of 1, missing data: missing``, and the window unless it slides."""
    window = alarm.evaluation_window
    return (
        f"{alarm.statistic or alarm.extended_statistic} {comparison(alarm)} over {alarm.period} s, "
        f"{alarm.m} of {alarm.evaluation_periods}, missing data: {alarm.treat_missing_data}"
        + ("" if window is None else f", {window_name(window)}")
    )


def minutes(seconds: float | None) -> str:
    """``2 h 53 min``, ``9 min``, ``2.5 min``."""
    if seconds is None:
        return "-"
    return f"{seconds / 60:g} min" if seconds < 3600 else span(timedelta(seconds=seconds))  # noqa: PLR2004 - an hour


def pages(test: Backtest, score: Score) -> str:
    """``46 pages (22.9 a week)``."""
    weekly = test.coverage.per_week(score.alarms)
    return count(score.alarms, "page") + ("" if weekly is None else f" ({weekly:.1f} a week)")


def did(test: Backtest, score: Score) -> str:
    """What a setting did, in a line or two."""
    told = [pages(test, score)]
    if test.sweep.incidents:
        told += [
            count(score.false_alarms, "false alarm"),
            f"{score.detected} of {count(len(score.delays), 'incident')} detected",
        ]
        told += [f"{len(test.sweep.unproven):,} without evidence"] if test.sweep.unproven else []
        told += (
            [f"delay {minutes(score.median_delay)} (slowest {minutes(score.slowest_delay)})"]
            if score.detected
            else []
        )
    if score.alarms:
        lasted = f"longest {minutes(score.longest)}, median {minutes(score.median)}"
        told.append(
            f"in ALARM {minutes(score.seconds)} ({lasted}, only by look-back {minutes(score.lookback)})"
        )
        told.append(count(score.flaps, "flap"))
    return ", ".join(told)


def no_evidence(test: Backtest) -> str:
    """Which incidents cannot be judged; nothing where all can."""
    named = [one.name for one in test.sweep.unproven]
    if not named:
        return ""
    more = f" and {len(named) - NAMED:,} more" if len(named) > NAMED else ""
    return (
        f"no evidence for {count(len(named), 'incident')} ({', '.join(named[:NAMED])}{more}): no log in those hours, "
        f"so nothing shows whether a setting detects {'it' if len(named) == 1 else 'them'}"
    )


def undecided(test: Backtest) -> str:
    """What of the budget cannot be judged; nothing where all can."""
    named = test.choice.unproven
    if not named:
        return ""
    return f"it demands {', '.join(named)}, for which there is no evidence: no log in those hours"


def because(test: Backtest) -> str:
    """The sentence that justifies the recommendation: the rule of `choice.outcome`, with its figures."""
    choice = test.choice
    chosen = choice.recommended
    if chosen is None:
        return ""
    if test.terms.budget and len(choice.keeping) == 1:
        return "it is the only setting that keeps the budget"
    kept = f" of the {len(choice.keeping):,} that keep the budget" if test.terms.budget else ""
    if not test.sweep.incidents:
        return "it keeps the budget" if chosen.current else f"it is the nearest to the present setting{kept}"
    return _ordered(test, chosen, kept)


def _ordered(test: Backtest, chosen: Cell, kept: str) -> str:
    score, present = chosen.score, test.sweep.current.score
    against = "" if chosen.current else f"; the present one has {present.alarms:,}"
    told = [
        f"no setting{kept} misses fewer incidents ({score.missed} of {len(score.delays)})",
        f"none has fewer false alarms ({score.false_alarms:,})",
        f"none has fewer pages ({score.alarms:,}{against})",
    ]
    if score.detected:
        told.append(f"none has a shorter slowest delay ({minutes(score.slowest_delay)})")
    equal = sum(
        outcome(cell.score) == outcome(score)
        for cell in test.sweep.cells
        if key(cell.alarm) in test.choice.keeping
    )
    if equal > 1 and not chosen.current:
        told.append(f"{equal:,} do equally well, and it is the nearest to the present one")
    return "; of those ".join(told)


def cost(test: Backtest) -> str:
    """What the runner-up would cost instead of the recommended setting, and what it gives in return."""
    chosen, other = test.choice.recommended, test.choice.runner_up
    if chosen is None or other is None:
        return ""
    more, less = _differences(test, chosen.score, other.score)
    costs = f"costs {_listed(more)}" if more else "costs nothing more"
    return costs + (f", and gives {_listed(less)}" if less else "")


def _differences(test: Backtest, chosen: Score, other: Score) -> tuple[list[str], list[str]]:
    more, less = list[str](), list[str]()
    for change, noun in (
        (other.missed - chosen.missed, "missed incident"),
        (other.false_alarms - chosen.false_alarms, "false alarm"),
        (other.alarms - chosen.alarms, "page"),
    ):
        if change:
            side, word = (more, "more") if change > 0 else (less, "fewer")
            side.append(f"{count(abs(change), noun)} {word}" if noun != "page" else _paged(test, change))
    for mine, theirs, name in (
        (chosen.median_delay, other.median_delay, "median"),
        (chosen.slowest_delay, other.slowest_delay, "slowest"),
    ):
        if mine is not None and theirs is not None and mine != theirs:
            side, word = (more, "more") if theirs > mine else (less, "less")
            side.append(f"{minutes(abs(theirs - mine))} {word} of {name} delay")
    return more, less


def _paged(test: Backtest, change: int) -> str:
    weekly = test.coverage.per_week(abs(change))
    word = "more" if change > 0 else "fewer"
    return f"{count(abs(change), 'page')} {word}" + ("" if weekly is None else f" ({weekly:.1f} a week)")


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def notes(test: Backtest) -> Iterator[str]:
    """What the values of a metric stand for where that is another statistic; then `doubts`."""
    data, statistic = test.reading.metric, test.detection.alarm.statistic
    if data is None:
        return
    if statistic != "Sum" or any(cell.alarm.statistic != "Sum" for cell in test.sweep.cells):
        yield (
            "A minute of the metric file is one sample with the minute's Sum: SampleCount counts minutes with data, "
            "and Average, Minimum, Maximum and percentiles are those of the minutes' sums."
        )
    yield from doubts(test)


def doubts(test: Backtest) -> Iterator[str]:
    """What makes the file of a metric look like another one than it should be."""
    data = test.reading.metric
    if data is None:
        return
    if data.partial:
        yield f"The file has {data.partial}: it is not all of the metric, so pages and incidents may be left out."
    shortest = min(cell.alarm.period for cell in test.sweep.cells)
    if data.resolution >= LONG or data.resolution > shortest:
        yield (
            f"All values lie {data.resolution // 60} minutes apart: they look like sums of longer periods than a minute, "
            f"which settings see as bursts that were none. Fetch them with period 60 "
            f"(CloudWatch keeps minutes for 15 days)."
        )
