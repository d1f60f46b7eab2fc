"""Replays as JSON: every fact of the report, for machines (docs/json-output.md).

In: replays of one pass. Out: text that is pure ASCII, in the order that is documented, without the time of day: the
same input gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from detector.alarm import State
from detector.jobs.runbook import Leaning
from detector.jsontext import dump_indented
from detector.render.kit.json_values import finite, iso, ndjson, sentence

if TYPE_CHECKING:
    from detector.archive import LogGroup
    from detector.jobs.conditions import Conditions
    from detector.jobs.episodes import Episode, Ranking
    from detector.jobs.reading import Reading
    from detector.jobs.replay import Replay
    from detector.jobs.series import Series
    from detector.jobs.stuck import Stuck
    from detector.metrics.filter import MetricFilter


def as_json(replays: Iterable[Replay]) -> str:
    """One list with one object a detection, indented."""
    return dump_indented([_facts(replay) | _lists(replay) for replay in replays]) + "\n"


def as_ndjson(replays: Iterable[Replay]) -> str:
    """The same facts a line each, every line with its ``type`` and ``detection``."""
    lines: list[dict[str, Any]] = []
    for replay in replays:
        lines.append({"type": "replay", **_facts(replay)})
        for kind, entries in _lists(replay).items():
            about = {"type": kind.removesuffix("s"), "detection": replay.detection.name}
            lines += [about | entry for entry in entries]
    return ndjson(lines)


def _lists(replay: Replay) -> dict[str, list[dict[str, Any]]]:
    """What a line is written for."""
    return {
        "problems": [
            {"path": problem.path, "kind": str(problem.kind), "reason": problem.reason}
            for problem in replay.problems
        ],
        "episodes": [episode_facts(episode) for episode in replay.episodes],
        "transitions": [
            {
                "at": iso(transition.at),
                "before": str(transition.before),
                "after": str(transition.after),
                "reason": str(transition.reason),
                "evidence": transition.reason.as_dict(),
            }
            for transition in replay.transitions
        ],
    }


def _facts(replay: Replay) -> dict[str, Any]:
    reading = replay.reading
    to = Counter(transition.after for transition in replay.transitions)
    return {
        "detection": replay.detection.name,
        "title": replay.detection.title,
        "references": list(replay.detection.references),
        "verdict": str(replay.verdict),
        "records": reading.records,
        "matches": replay.matched,
        "repeats": replay.repeats,
        "oversize": replay.oversize,
        "alarms": replay.alarms,
        "in_alarm": {
            "seconds": int(replay.in_alarm.total_seconds()),
            "share": round(replay.share_in_alarm, 6),
        },
        "stuck": None if (stuck := replay.stuck) is None else _stuck(stuck),
        "worst": [episode.number for episode in replay.worst],
        "callers": _ranking(replay.callers),
        "states": {"transitions": len(replay.transitions), **{str(state): to[state] for state in State}},
        **_read(reading),
        "clock": str(reading.plan.clock),
        "delay": reading.plan.delay,
        "window": replay.window,
        "dedupe": reading.plan.dedupe,
        **_settings(replay),
        "samples": _samples(replay),
        "evaluated": {"start": iso(replay.start), "end": iso(replay.end)},
        "series": None if replay.series is None else _series(replay.series),
        "why": _why(replay.why[0]) if replay.why else None,
    }


def _read(reading: Reading) -> dict[str, Any]:
    start, end = reading.logs or (None, None)
    return {
        "files": reading.files,
        "skipped": reading.skipped,
        "unselected": reading.unselected,
        "empty": sentence(reading.empty),
        "left_out": dict(reading.left_out),
        "without_records": len(reading.problems) - len(reading.unusable),
        "unusable": len(reading.unusable),
        "logs": {
            "start": iso(start),
            "end": iso(end),
            "hours": len(reading.hours),
            "silent_hours": reading.silent_hours,
        },
    }


def _stuck(stuck: Stuck) -> dict[str, Any]:
    share = None if stuck.caller_share is None else round(stuck.caller_share, 6)
    return {"caller": stuck.caller, "caller_share": share, "advice": stuck.advice}


def _settings(replay: Replay) -> dict[str, Any]:
    filters, alarm = replay.detection.filters, replay.detection.alarm
    return {
        "filters": [
            {
                "name": metric_filter.name,
                "pattern": metric_filter.pattern.source,
                "matches": matches,
                "log_group": _log_group(metric_filter, group) if group else None,
                "why": _why(why) if why else None,
            }
            for metric_filter, matches, group, why in zip_longest(
                filters, replay.matches_by_filter, replay.log_groups, replay.why
            )
        ],
        "metric": {"namespace": filters[0].namespace, "name": filters[0].metric},
        "alarm": {
            "name": alarm.name,
            "statistic": alarm.statistic_name,
            "comparison_operator": str(alarm.comparison_operator),
            "threshold": alarm.threshold,
            "period": alarm.period,
            "evaluation_periods": alarm.evaluation_periods,
            "datapoints_to_alarm": alarm.m,
            "treat_missing_data": str(alarm.treat_missing_data),
        },
    }


def _log_group(metric_filter: MetricFilter, group: LogGroup) -> dict[str, Any]:
    """What the filter does not ask for is null; ``selects`` is, too, where each record is asked."""
    known = {field.attribute: field.of(group) for field in metric_filter.system_fields}
    return {
        **{attribute: known.get(attribute) for attribute in ("account", "region", "name")},
        "criteria": metric_filter.field_selection_criteria,
        "selects": metric_filter.selects(group),
    }


def _samples(replay: Replay) -> dict[str, Any]:
    """The first and the last minute that has a sample, how many samples there are, and their sum."""
    rows = replay.samples.rows()  # minute, value, how many; sorted
    if not rows:
        return {"start": None, "end": None, "count": 0, "sum": None}
    total = finite(sum(value * count for _, value, count in rows))
    count = sum(count for *_, count in rows)
    return {"start": iso(rows[0][0]), "end": iso(rows[-1][0]), "count": count, "sum": total}


def _series(series: Series) -> dict[str, Any]:
    return {
        "start": iso(series.start / 60),
        "bucket": series.bucket,
        "lowest": series.lowest,
        "extreme": series.extreme,
        "extreme_at": iso(series.extreme_at),
        "values": [None if value is None else finite(value) for value in series.values],
    }


def _why(why: Conditions) -> dict[str, Any]:
    return {
        "records": why.records,
        "every": why.every,
        "because": why.because,
        "conditions": [
            {
                "condition": one.condition,
                "selector": one.selector,
                "present": one.present,
                "satisfied": one.satisfied,
                "nearest": one.nearest,
            }
            for one in why.on_selectors
        ],
    }


def episode_facts(episode: Episode, most: int | None = None) -> dict[str, Any]:
    """One episode, with at most so many values of each field."""
    fields = {name: _ranking(ranking, most) for name, ranking in episode.fields.items()}
    for principal in fields["principals"]["top"]:
        principal["events"] = _ranking(episode.calls[principal["value"]], most)
    return {
        "number": episode.number,
        "start": iso(episode.start),
        "end": iso(episode.end),
        "seconds": int(episode.lasted.total_seconds()),
        "reason": str(episode.times[0].raised.reason),
        "leaning": Leaning.of(episode).name.lower(),
        "signs": [
            {"points_to": str(sign.points_to), "rule": sign.rule, "fact": sign.fact} for sign in episode.signs
        ],
        "matches": episode.matches,
        "first": iso(episode.first),
        "last": iso(episode.last),
        **fields,
        "times": [{"start": iso(time.start), "end": iso(time.end)} for time in episode.times],
    }


def _ranking(ranking: Ranking, most: int | None = None) -> dict[str, Any]:
    top = [{"value": value, "count": count} for value, count in ranking.top[:most]]
    return {"top": top, "more": ranking.more + len(ranking.top) - len(top), "others": ranking.others}
