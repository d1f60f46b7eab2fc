"""Replays as JSON: every fact of the report, for machines (docs/json-output.md).

In: replays of one pass. Out: text in pieces that are pure ASCII, in the order that is documented, without the time of day: the
same input gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from detector.alarm import State, Transition
from detector.jobs.replay import Replays
from detector.render import deliveries
from detector.render.episode_json import episode_facts, ranking_facts
from detector.render.kit.json_values import finite, indented, iso, ndjson_lines, sentence

if TYPE_CHECKING:
    from detector.archive import LogGroup
    from detector.jobs.conditions import Conditions
    from detector.jobs.reading import Reading
    from detector.jobs.replay import Replay
    from detector.jobs.series import Series
    from detector.jobs.stuck import Stuck
    from detector.metrics.filter import MetricFilter


def as_json(replays: Iterable[Replay]) -> Iterator[str]:
    """One list with one object a detection, and behind them one a composite alarm, indented; in pieces."""
    return indented((facts, lists) for _, _, facts, lists in _told(replays))


def as_ndjson(replays: Iterable[Replay]) -> Iterator[str]:
    """The same facts a line each, every line with its ``type`` and ``detection`` or ``composite``."""
    for what, name, facts, lists in _told(replays):
        yield from ndjson_lines([{"type": "replay", **facts}])
        for kind, entries in lists.items():
            about = {"type": kind.removesuffix("s"), what: name}
            yield from ndjson_lines(about | entry for entry in entries)


def _told(
    replays: Iterable[Replay],
) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Iterable[dict[str, Any]]]]]:
    """What it is, its name, its facts, and what a line is written for."""
    for replay in replays:
        yield "detection", replay.name, _facts(replay), _lists(replay)
    if isinstance(replays, Replays) and replays.composites:
        from detector.render import composite_json  # noqa: PLC0415 - few replays have one

        for one in replays.composites:
            yield "composite", one.name, composite_json.facts(one), composite_json.lists(one)


def _lists(replay: Replay) -> dict[str, Iterable[dict[str, Any]]]:
    """What a line is written for, each made when it is its turn."""
    return {
        "problems": (
            {"path": problem.path, "kind": str(problem.kind), "reason": problem.reason}
            for problem in replay.problems
        ),
        "episodes": map(episode_facts, replay.episodes),
        "transitions": map(_transition, replay.transitions),
    }


def _transition(transition: Transition) -> dict[str, Any]:
    evidence = transition.reason.as_dict()
    return {
        "at": iso(transition.at),
        "before": str(transition.before),
        "after": str(transition.after),
        "reason": evidence["sentence"],
        "evidence": evidence,
    }


def _facts(replay: Replay) -> dict[str, Any]:
    reading, delivered = replay.reading, replay.deliveries
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
        "callers": ranking_facts(replay.callers),
        "states": {"transitions": len(replay.transitions), **{str(state): to[state] for state in State}},
        **_read(reading),
        "clock": str(reading.plan.clock),
        "undelivered": reading.plan.undelivered or None,
        "delay": reading.plan.delay,
        "drawn_delays": None if reading.plan.delays is None else str(reading.plan.delays),
        "window": replay.window,
        "dedupe": reading.plan.dedupe,
        **_settings(replay),
        "samples": _samples(replay),
        "evaluated": {"start": iso(replay.start), "end": iso(replay.end)},
        "warm_up_until": iso(replay.warm_until),
        "pages": deliveries.facts(delivered),
        "mute_rules": deliveries.rule_facts(replay.mutes, delivered),
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
        "verified": reading.verified,
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
    rows = replay.gathered.sampled
    if not rows:
        return {"start": None, "end": None, "count": 0, "sum": None}
    total = finite(sum(value * count for _, value, count in rows))
    count = sum(count for *_, count in rows)
    return {"start": iso(rows[0][0] / 60), "end": iso(rows[-1][0] / 60), "count": count, "sum": total}


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
