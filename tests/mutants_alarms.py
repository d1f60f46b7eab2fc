"""Planted mistakes in what is said of alarms without a log, and in the audit (see `tests/mutants.py`)."""

from __future__ import annotations

from tests.mutants import Mutant

_REACHABLE = "detector.metrics.reachable"
REACHABLE = tuple(
    Mutant(name, _REACHABLE, old, new)
    for name, old, new in (
        ("up for down", "up = breaching is not alarm", "up = breaching is alarm"),
        ("a sum stays what one event adds", "up is (total > 0) and total else total", "up is (total < 0) and total else total"),
        ("an average is a sum", "total / len(values)", "total"),
        ("negative samples have a percentile", "if min(kind) >= 0", "if min(kind) >= -1e9"),
        ("a default value is forgotten", "options = {matched, missed} if", "options = {matched} if"),
        ("every event adds a sample", "else {matched, missed, ()}", "else {matched, missed}"),
        ("missing is good", "if good or treated is MissingData.NOT_BREACHING", "if good or treated is MissingData.MISSING"),
        ("missing breaches", "if breaching or treated is MissingData.BREACHING", "if breaching"),
        ("the unit does not matter", 'alarm.unit != (metric_filter.unit or "None")', "False"),
    )
)  # fmt: skip

_RULES = "detector.lint.alarms"
RULES = tuple(
    Mutant(name, _RULES, old, new)
    for name, old, new in (
        ("never is said of what can fire", "if State.ALARM in series.states:", "if State.OK in series.states:"),
        ("silence is there with a default value", "if not series.sparse or not series.kinds or", "if not series.kinds or"),
        ("a heartbeat is accused", "and counts and treated is not MissingData.BREACHING", "and counts"),
        ("OK actions do not matter", "lost = bool(detection.actions.ok)", "lost = False"),
        ("one of one is premature", "or alarm.m == 1:", "or alarm.m == 0:"),
        ("a share of all is a rate", "if share >= 1:", "if share > 1:"),
        ("values of events are counts", "(series.above and not series.constant)", "False"),
        ("any cure will do", 'if draft.code in codes or codes & {"D801", "D802"}:', "if False:"),
    )
)  # fmt: skip

AUDIT = tuple(
    Mutant(name, module, old, new)
    for name, module, old, new in (
        ("wider misses events", "detector.jobs.audit.job", "in {Relation.EQUIVALENT, Relation.WIDER}:", "in {Relation.EQUIVALENT}:"),
        ("the best level is the control's", "detector.jobs.audit.job", "return min((one.level", "return max((one.level"),
        ("the worst filter is the control's", "detector.jobs.audit.job", "match, said = max(judged", "match, said = min(judged"),
        ("a dead alarm is unsound", "detector.jobs.audit.job", "if finding.severity is Severity.ERROR:", "if False:"),
        ("a single match need not raise it", "detector.jobs.audit.job", "if dead or value is None:", "if True:"),
    )
)  # fmt: skip
