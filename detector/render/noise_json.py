"""Noise as JSON; docs/noise.md describes the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detector.detections import toml
from detector.jobs.noise import Noise
from detector.jobs.noise.choice import Candidate
from detector.jobs.noise.effects import Effect, Seen
from detector.jobs.noise.makers import Maker
from detector.render.kit.json_values import iso, readable


def as_json(found: Sequence[Noise]) -> str:
    """Everything that is said about some detections of one pass."""
    return readable([_one(one) for one in found])


def _one(one: Noise) -> dict[str, Any]:
    return {
        "detection": one.detection.name,
        "title": one.detection.title,
        **_read(one),
        "max_pages_per_week": one.wish.most,
        "budget_kept": one.kept,
        "present": _effect(one, one.present),
        "makers": {name: [_maker(each) for each in makers] for name, makers in one.makers.items()},
        "candidates": [_candidate(one, each) for each in one.candidates],
        "refused": [{"name": name, "reason": reason} for name, reason in one.refused.items()],
        "incidents_without_evidence": [each.name for each in one.unproven],
        "because": one.because,
        "proposal": _proposal(one),
    }


def _read(one: Noise) -> dict[str, Any]:
    reading = one.replay.reading
    return {
        "no_evidence": None if reading.empty is None else str(reading.empty),
        "records": reading.records,
        "files": reading.files,
        "hours_with_a_log": len(one.coverage.hours),
        "problems": [{"path": each.path, "reason": each.reason} for each in reading.unusable],
    }


def _candidate(one: Noise, each: Candidate) -> dict[str, Any]:
    return {
        "exclusion": _members(each.exclusion.members),
        "steady": each.maker.steady,
        "guarded": each.guarded,
        "alone": _effect(one, each.effect),
        "hides": list(each.hidden),
    }


def _proposal(one: Noise) -> dict[str, Any] | None:
    proposal = one.proposal
    if proposal is None:
        return None
    return {
        "exclusions": [_members(each.members) for each in proposal.exclusions],
        "effect": _effect(one, proposal.effect),
        "hides": [each.incident.name for each in proposal.hidden],
        "patterns": {each.name: each.pattern.source for each in proposal.detection.filters},
        "detection": toml.write(proposal.detection),
        "tests": proposal.tests,
    }


def _effect(one: Noise, effect: Effect) -> dict[str, Any]:
    return {
        "matches": effect.matches,
        "pages": effect.pages,
        "pages_per_week": one.weekly(effect),
        "alarm_seconds": effect.seconds,
        "incidents": [_seen(each) for each in effect.incidents],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {"name": seen.incident.name, "matches": seen.matches, "paged": seen.paged}


def _members(members: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"selector": selector, "value": value} for selector, value in members]


def _maker(maker: Maker) -> dict[str, Any]:
    return {
        "value": maker.value,
        "matches": maker.matches,
        "share": maker.share,
        "pages": maker.pages,
        "alarm_seconds": maker.seconds,
        "days": maker.days,
        "hours": maker.hours,
        "median_interval_seconds": maker.interval,
        "first": iso(maker.first),
        "last": iso(maker.last),
        "steady": maker.steady,
    }
