"""Mistakes planted in what is said of alarms without a log, and in the audit (see `tests/mutants.py`)."""

from __future__ import annotations

from tests.mutants import Mutant, Rooms

_REACHABLE, _RULES = "detector.metrics.reachable", "detector.lint.alarms"

ROOMS: Rooms = {
    ("test_metric_reachable.py",): (
        Mutant("up for down", _REACHABLE, "up = breaching is not alarm", "up = breaching is alarm"),
        Mutant("a sum stays what one event adds", _REACHABLE, "up is (total > 0) and total else total", "up is (total < 0) and total else total"),
        Mutant("an average is a sum", _REACHABLE, "total / len(values)", "total"),
        Mutant("negative samples have a percentile", _REACHABLE, "if min(kind) >= 0", "if min(kind) >= -1e9"),
        Mutant("a default value is forgotten", _REACHABLE, "options = {matched, missed} if", "options = {matched} if"),
        Mutant("every event adds a sample", _REACHABLE, "else {matched, missed, ()}", "else {matched, missed}"),
        Mutant("missing is good", _REACHABLE, "if good or treated is MissingData.NOT_BREACHING", "if good or treated is MissingData.MISSING"),
        Mutant("missing breaches", _REACHABLE, "if breaching or treated is MissingData.BREACHING", "if breaching"),
        Mutant("the unit does not matter", _REACHABLE, 'alarm.unit != (metric_filter.unit or "None")', "False"),
    ),
    ("test_lint_alarms.py",): (
        Mutant("never is said of what can fire", _RULES, "if State.ALARM in series.states:", "if State.OK in series.states:"),
        Mutant("silence is there with a default value", _RULES, "if not series.sparse or not series.kinds or", "if not series.kinds or"),
        Mutant("a heartbeat is accused", _RULES, "and counts and treated is not MissingData.BREACHING", "and counts"),
        Mutant("OK actions do not matter", _RULES, "lost = bool(detection.actions.ok)", "lost = False"),
        Mutant("one of one is premature", _RULES, "or alarm.m == 1:", "or alarm.m == 0:"),
        Mutant("a share of all is a rate", _RULES, "if share >= 1:", "if share > 1:"),
        Mutant("values of events are counts", _RULES, "(series.above and not series.constant)", "False"),
        Mutant("any cure will do", _RULES, 'if draft.code in codes or codes & {"D801", "D802"}:', "if False:"),
    ),
    ("test_audit.py",): (
        Mutant("wider misses events", "detector.jobs.audit.job", "in {Relation.EQUIVALENT, Relation.WIDER}:", "in {Relation.EQUIVALENT}:"),
        Mutant("the best level is the control's", "detector.jobs.audit.job", "return min((one.level", "return max((one.level"),
        Mutant("the worst filter is the control's", "detector.jobs.audit.job", "match, said = max(judged", "match, said = min(judged"),
        Mutant("a dead alarm is unsound", "detector.jobs.audit.job", "if finding.severity is Severity.ERROR:", "if False:"),
        Mutant("a single match need not raise it", "detector.jobs.audit.job", "if dead or value is None:", "if True:"),
    ),
}  # fmt: skip
