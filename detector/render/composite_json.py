"""Replays of composite alarms as JSON: every fact of their sections (docs/json-output.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from detector.alarm import State
from detector.jobs.composites import CompositeReplay
from detector.render import deliveries
from detector.render.episode_json import episode_facts, ranking_facts
from detector.render.kit.json_values import iso, sentence

if TYPE_CHECKING:
    from detector.composite import CompositeTransition
    from detector.composite.history import ChildState
    from detector.jobs.replayed import Replay


def facts(replay: CompositeReplay) -> dict[str, Any]:
    """What a line or an object says of one composite."""
    composite, settings = replay.composite, replay.composite.settings
    to = Counter(transition.after for transition in replay.transitions)
    suppressor = {
        "name": settings.suppressor,
        "alarms": replay.children[settings.suppressor].alarms if settings.suppressor else 0,
        "wait_period": settings.wait_period,
        "extension_period": settings.extension_period,
    }
    return {
        "composite": replay.name,
        "title": composite.title,
        "verdict": str(replay.verdict),
        "empty": sentence(replay.reading.empty),
        "rule": str(settings.rule),
        "alarm": {"name": settings.name},
        "children": [_child(name, replay.children[name]) for name in settings.children],
        "suppressor": suppressor if settings.suppressor else None,
        "records": replay.reading.records,
        "matches": replay.matched,
        "alarms": replay.alarms,
        "in_alarm": {
            "seconds": int(replay.in_alarm.total_seconds()),
            "share": round(replay.share_in_alarm, 6),
        },
        "worst": [episode.number for episode in replay.worst],
        "callers": ranking_facts(replay.callers),
        "states": {"transitions": len(replay.transitions), **{str(state): to[state] for state in State}},
        "evaluated": {"start": iso(replay.start), "end": iso(replay.end)},
        "pages": deliveries.facts(replay.deliveries),
        "mute_rules": deliveries.rule_facts(replay.mutes, replay.deliveries),
    }


def lists(replay: CompositeReplay) -> dict[str, Iterable[dict[str, Any]]]:
    """What a line is written for, each made when it is its turn."""
    return {
        "episodes": map(episode_facts, replay.episodes),
        "transitions": map(_transition, replay.transitions),
        "phases": (
            {"at": iso(phase.at), "suppressed_by": None if phase.by is None else str(phase.by)}
            for phase in replay.phases
        ),
    }


def _child(name: str, child: Replay | CompositeReplay) -> dict[str, Any]:
    kind = "composite" if isinstance(child, CompositeReplay) else "detection"
    return {"name": name, kind: child.name, "verdict": str(child.verdict), "alarms": child.alarms}


def _transition(transition: CompositeTransition) -> dict[str, Any]:
    reason = transition.reason
    return {
        "at": iso(transition.at),
        "before": str(transition.before),
        "after": str(transition.after),
        "reason": str(reason),
        "changed": [_state(child) for child in reason.changed],
        "triggering": [_state(child) for child in reason.triggering],
    }


def _state(child: ChildState) -> dict[str, Any]:
    return {"alarm": child.alarm, "state": str(child.state), "since": iso(child.since)}
