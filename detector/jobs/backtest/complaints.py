"""What is wrong with the present setting: in come a sweep and the choice, out go sentences with the place in the file."""

from __future__ import annotations

from collections.abc import Iterator

from detector.alarm import Alarm
from detector.detections import Detection
from detector.jobs.backtest.grid import setting
from detector.jobs.backtest.recommendation import Choice
from detector.jobs.backtest.sweep import Sweep


def complaints(detection: Detection, sweep: Sweep, choice: Choice) -> Iterator[tuple[str, ...]]:
    """The complaints of a `Backtest`: what is broken, then what cannot be judged."""
    if choice.broken:
        present, nearest = dict(_toml(sweep.current.alarm)), choice.nearest
        wanted = present if nearest is None else dict(_toml(nearest.alarm))
        changes = {key: value for key, value in wanted.items() if present.get(key) != value}
        places = {
            # The section's line where the key is not set.
            key: f"{detection.path}:{detection.line(f'alarm.{key}', 'alarm')}: alarm.{key}"
            for key in [*changes, "threshold"]
        }
        broken = f"{next(iter(places.values()))}: the budget is broken: {'; '.join(choice.broken)}"
        if nearest is None:
            yield broken, f"  none of the {len(sweep.cells):,} settings of the grid keeps it"
        else:
            blind = " (but it detects no incident)" if sweep.incidents and not nearest.score.detected else ""
            keeps = f"  nearest setting that keeps it: {setting(nearest.alarm)}{blind}"
            yield broken, keeps, *(f"    {places[key]} = {value}" for key, value in changes.items())
    if choice.undecided:
        yield (f"{detection.path}: the budget cannot be judged: {choice.undecided}",)


def _toml(alarm: Alarm) -> Iterator[tuple[str, str]]:
    """The keys of ``[alarm]`` that a grid may change, with their values as TOML."""
    yield "threshold", repr(alarm.threshold).removesuffix(".0")
    yield "period", str(alarm.period)
    yield "evaluation_periods", str(alarm.evaluation_periods)
    yield "datapoints_to_alarm", str(alarm.m)
    yield "treat_missing_data", f'"{alarm.treat_missing_data}"'
    yield "statistic" if alarm.statistic else "extended_statistic", f'"{alarm.statistic_name}"'
    window = alarm.evaluation_window
    yield "evaluation_window", "sliding" if window is None else f'{{ wall_clock = "{window.timezone}" }}'
