"""Offline replay of CloudTrail archives through CloudWatch metric filters and alarms.

    >>> import detector
    >>> pattern = detector.compile('{ $.errorCode = "AccessDenied*" }')
    >>> pattern.matches('{"errorCode": "AccessDeniedException"}')
    True

Nothing is imported until it is used: ``import detector`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detector.alarm import Alarm, Reason, State, Transition, WallClock
    from detector.alarm.mute import MuteRule
    from detector.archive import Clock, Plan, Problem, ProblemKind, Selection
    from detector.detections import Detection, load_detection, shipped
    from detector.detections.alarmed import Composite
    from detector.detections.alarms import load_alarmed
    from detector.detections.configuration import Configuration
    from detector.detections.mutes import load_mutes
    from detector.detections.reading import read_configuration
    from detector.errors import (
        ArchiveError,
        ClusterError,
        DetectionError,
        DetectorError,
        PatternError,
        RuleError,
        SettingsError,
    )
    from detector.jobs.audit import Audit, audit
    from detector.jobs.backtest import Backtest, backtest
    from detector.jobs.check import Checks, check
    from detector.jobs.compare import Comparison, compare
    from detector.jobs.composites import CompositeReplay
    from detector.jobs.coverage import Coverage, coverage
    from detector.jobs.drift import Drift, drift
    from detector.jobs.explain import Explanations, explain
    from detector.jobs.match import Matching, match, match_episode
    from detector.jobs.noise import Noise, noise
    from detector.jobs.reconcile import Reconciliation, reconcile
    from detector.jobs.replay import Replay, Replays, replay
    from detector.jobs.ruletests import RuleTestRun, run_rule_tests
    from detector.jobs.sightings import Sightings, explain_events
    from detector.metrics.filter import MetricFilter
    from detector.pattern import Pattern, compile  # noqa: A004 - the field's own word, as in re.compile
    from detector.pattern.explanation import Explanation
    from detector.release import __version__ as __version__
    from detector.scan.cluster import scan_on

__all__ = [
    "Alarm",
    "ArchiveError",
    "Audit",
    "Backtest",
    "Checks",
    "Clock",
    "ClusterError",
    "Comparison",
    "Composite",
    "CompositeReplay",
    "Configuration",
    "Coverage",
    "Detection",
    "DetectionError",
    "DetectorError",
    "Drift",
    "Explanation",
    "Explanations",
    "Matching",
    "MetricFilter",
    "MuteRule",
    "Noise",
    "Pattern",
    "PatternError",
    "Plan",
    "Problem",
    "ProblemKind",
    "Reason",
    "Reconciliation",
    "Replay",
    "Replays",
    "RuleError",
    "RuleTestRun",
    "Selection",
    "SettingsError",
    "Sightings",
    "State",
    "Transition",
    "WallClock",
    "__version__",
    "audit",
    "backtest",
    "check",
    "compare",
    "compile",
    "coverage",
    "drift",
    "explain",
    "explain_events",
    "load_alarmed",
    "load_detection",
    "load_mutes",
    "match",
    "match_episode",
    "noise",
    "read_configuration",
    "reconcile",
    "replay",
    "run_rule_tests",
    "scan_on",
    "shipped",
]

_HOMES = {
    "detector.alarm": ("Alarm", "Reason", "State", "Transition", "WallClock"),
    "detector.archive": ("Clock", "Plan", "Problem", "ProblemKind", "Selection"),
    "detector.alarm.mute": ("MuteRule",),
    "detector.detections": ("Detection", "load_detection", "shipped"),
    "detector.detections.alarms": ("load_alarmed",),
    "detector.detections.alarmed": ("Composite",),
    "detector.detections.mutes": ("load_mutes",),
    "detector.detections.configuration": ("Configuration",),
    "detector.detections.reading": ("read_configuration",),
    "detector.errors": (
        *(
            "ArchiveError",
            "ClusterError",
            "DetectionError",
            "DetectorError",
            "PatternError",
            "RuleError",
            "SettingsError",
        ),
    ),
    "detector.jobs.composites": ("CompositeReplay",),
    "detector.metrics.filter": ("MetricFilter",),
    "detector.pattern": ("Pattern", "compile"),
    "detector.pattern.explanation": ("Explanation",),
    "detector.jobs.coverage": ("Coverage", "coverage"),
    "detector.jobs.drift": ("Drift", "drift"),
    "detector.jobs.explain": ("Explanations", "explain"),
    "detector.jobs.audit": ("Audit", "audit"),
    "detector.jobs.backtest": ("Backtest", "backtest"),
    "detector.jobs.check": ("Checks", "check"),
    "detector.jobs.compare": ("Comparison", "compare"),
    "detector.jobs.match": ("Matching", "match", "match_episode"),
    "detector.jobs.noise": ("Noise", "noise"),
    "detector.jobs.reconcile": ("Reconciliation", "reconcile"),
    "detector.jobs.replay": ("Replay", "Replays", "replay"),
    "detector.jobs.sightings": ("Sightings", "explain_events"),
    "detector.jobs.ruletests": ("RuleTestRun", "run_rule_tests"),
    "detector.release": ("__version__",),
    "detector.scan.cluster": ("scan_on",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
