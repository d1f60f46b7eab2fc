"""A `Reconciliation` as JSON, for machines (docs/reconcile.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.jsontext import dump_indented
from detector.render.kit.json_values import iso

if TYPE_CHECKING:
    from datetime import datetime

    from detector.alarm import Transition
    from detector.jobs.reading import Reading
    from detector.jobs.reconcile import Entry, Reconciliation
    from detector.jobs.reconcile.eras import Era
    from detector.jobs.reconcile.history import Actual, History
    from detector.jobs.reconcile.result import Minutes


def as_json(found: Reconciliation) -> str:
    """One object."""
    minutes = found.minutes
    facts = {
        "detection": found.detection.name,
        "alarm": found.detection.alarm.name,
        "alarm_in_history": found.history.alarm,
        "agrees": None if found.empty else found.agrees,
        "empty": found.empty or None,
        "from": iso(found.start),
        "to": iso(found.end),
        "counts": {str(kind): times for kind, times in found.counts.items()},
        "on_other_datapoints": found.other_values,
        "causes": {str(because): times for because, times in found.causes.items()},
        "delay": found.delay,
        "by_delivery": found.by_delivery,
        "outside": {"earlier": found.earlier, "later": found.later},
        "history": _history(found.history),
        "settings": [_era(era) for era in found.eras],
        "transitions": [_entry(one) for one in found.entries],
        "metric": found.metric or None,
        "minutes": None if minutes is None else _minutes(minutes),
        "edits": [{"at": iso(one.at), "event": one.event, "by": one.by} for one in found.edits],
        "log": None if found.reading is None else _log(found.reading),
    }
    return dump_indented(facts) + "\n"


def _history(history: History) -> dict[str, Any]:
    return {
        "items": history.items,
        "from": _milliseconds(history.first),
        "to": _milliseconds(history.last),
        "alarms": list(history.names),
        "incomplete": list(history.incomplete),
        "unusable": [{"path": path, "reason": reason} for path, reason in history.unusable],
    }


def _minutes(minutes: Minutes) -> dict[str, Any]:
    examples = [{"at": iso(one.at), "ours": one.ours, "theirs": one.theirs} for one in minutes.examples]
    return {
        **{name: getattr(minutes, name) for name in ("same", "differ", "only_here", "only_there")},
        "examples": examples,
        "doubts": list(minutes.doubts),
    }


def _log(read: Reading) -> dict[str, Any]:
    return {
        "files": read.files,
        "records": read.records,
        "silent_hours": read.silent_hours,
        "problems": [{"path": one.path, "reason": one.reason} for one in read.problems],
    }


def _milliseconds(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _era(era: Era) -> dict[str, Any]:
    return {
        "from": _milliseconds(era.start),
        "to": _milliseconds(era.end),
        "exists": era.alarm is not None,
        "differences": [
            {"name": one.name, "theirs": one.theirs, "ours": one.ours} for one in era.differences
        ],
        "refused": era.refused or None,
    }


def _entry(one: Entry) -> dict[str, Any]:
    theirs, ours = one.theirs, one.ours
    return {
        "agreement": str(one.agreement),
        "at": iso(one.at),
        "before": str(one.before),
        "after": str(one.after),
        "shift": int(one.shift.total_seconds()),
        "cause": None if one.cause is None else str(one.cause.because),
        "because": None if one.cause is None else one.cause.sentence,
        "shown": None if one.cause is None else one.cause.shown,
        "same_datapoints": one.values,
        "ours": None if ours is None else _ours(one, ours),
        "theirs": None if theirs is None else _theirs(theirs),
    }


def _ours(one: Entry, ours: Transition) -> dict[str, Any]:
    return {
        "at": iso(ours.at),
        "before": str(ours.before),
        "reason": str(ours.reason),
        "datapoints": None if one.our_datapoints is None else list(one.our_datapoints),
    }


def _theirs(theirs: Actual) -> dict[str, Any]:
    return {
        "at": _milliseconds(theirs.at),
        "before": str(theirs.before),
        "reason": theirs.reason,
        "datapoints": None if theirs.datapoints is None else list(theirs.datapoints),
        "by_hand": theirs.by_hand,
        "cut_off": theirs.cut,
    }
