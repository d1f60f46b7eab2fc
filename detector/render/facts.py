"""Replays as JSON: the same facts as the report, for machines (docs/json-output.md).

In: replays, and why the silent ones matched nothing. Out: text that is pure ASCII, in the order that is
documented, without the time of day: the same input gives the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from detector.jsontext import dump_indented

if TYPE_CHECKING:
    from detector.alarm import Transition
    from detector.jobs.replay import Replay
    from detector.why import Why

Explained: TypeAlias = "tuple[Replay, Why | None]"


def as_json(replays: Sequence[Explained]) -> str:
    """One list with one object a detection, indented."""
    return dump_indented([_whole(replay, why) for replay, why in replays]) + "\n"


def as_ndjson(replays: Sequence[Explained]) -> str:
    """The same facts a line each, every line with its ``type`` and ``detection``."""
    lines = (line for replay, why in replays for line in _lines(replay, why))
    return "".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in lines)


def _whole(replay: Replay, why: Why | None) -> dict[str, Any]:
    facts = _facts(replay, why)
    facts["problems"] = list(_problems(replay))
    facts["transitions"] = list(map(_transition, replay.transitions))
    return facts


def _lines(replay: Replay, why: Why | None) -> Iterator[dict[str, Any]]:
    name = replay.detection.name
    yield {"type": "replay", **_facts(replay, why)}
    for problem in _problems(replay):
        yield {"type": "problem", "detection": name, **problem}
    for transition in replay.transitions:
        yield {"type": "transition", "detection": name, **_transition(transition)}


def _facts(replay: Replay, why: Why | None) -> dict[str, Any]:
    return {
        "detection": replay.detection.name,
        "title": replay.detection.title,
        "records": replay.records,
        "matches": len(replay.matches),
        "repeats": replay.repeats,
        "oversize": replay.oversize,
        "files": replay.files,
        "skipped": replay.skipped,
        "unselected": replay.unselected,
        "left_out": dict(sorted(replay.left_out.items())),
        "clock": str(replay.clock),
        "delay": replay.delay,
        "window": replay.window,
        "dedupe": replay.dedupe,
        "samples": _samples(replay),
        "evaluated": {"start": _time(replay.start), "end": _time(replay.end)},
        "why": None if why is None else _why(why),
    }


def _samples(replay: Replay) -> dict[str, Any]:
    """The first and the last minute that has a sample, how many samples there are, and their sum."""
    samples = replay.samples
    if not len(samples):
        return {"start": None, "end": None, "count": 0, "sum": None}
    rows = samples.select("value", "samples").rows()
    first, last = samples["minute"].min(), samples["minute"].max()
    return {
        "start": _time(first),
        "end": _time(last),
        "count": sum(count for _, count in rows),
        "sum": _finite(sum(value * count for value, count in rows)),
    }


def _why(why: Why) -> dict[str, Any]:
    return {
        "records": why.records,
        "because": why.because,
        "conditions": [
            {
                "condition": one.condition,
                "selector": one.selector,
                "present": one.present,
                "satisfied": one.satisfied,
                "nearest": one.nearest,
            }
            for one in why.conditions
        ],
    }


def _problems(replay: Replay) -> Iterator[dict[str, str]]:
    return ({"path": problem.path, "reason": problem.reason} for problem in replay.problems)


def _transition(transition: Transition) -> dict[str, Any]:
    return {
        "at": _time(transition.at),
        "before": str(transition.before),
        "after": str(transition.after),
        "reason": str(transition.reason),
        "evidence": transition.reason.as_dict(),
    }


def _time(time: Any) -> str | None:
    """ISO 8601 in UTC; whole seconds, as everything here is."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(time, datetime) else None


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
