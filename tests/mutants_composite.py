"""Mistakes planted in composite alarms and in what holds actions (see `tests/mutants.py`)."""

from __future__ import annotations

from tests.mutants import Mutant, Rooms

_EVALUATE, _SUPPRESSION = "detector.composite.evaluate", "detector.composite.suppression"
_DELIVERY, _SCHEDULE = "detector.alarm.delivery", "detector.alarm.schedule"

ROOMS: Rooms = {
    ("test_composite_tables.py", "test_composite_laws.py"): (
        Mutant("AT_LEAST is more than", _EVALUATE, ">= expr.needed", "> expr.needed"),
        Mutant("AT_LEAST forgets NOT", _EVALUATE, "found is not expr.negated", "found"),
        Mutant("AND is OR", _EVALUATE, "return all(", "return any("),
        Mutant("an alarm listed twice counts once", _EVALUATE, "for alarm in expr.alarms)", "for alarm in set(expr.alarms))"),
        Mutant("a period is over a moment later", _SUPPRESSION, "self.over <= at", "self.over < at"),
        Mutant("a late suppressor holds", _SUPPRESSION, "if self.by is not None and suppressed:", "if suppressed:"),
        Mutant("no extension", _SUPPRESSION, "elif self.by is HeldBy.SUPPRESSOR and left:", "elif False:"),
        Mutant("a change keeps the period", _SUPPRESSION, "HeldBy.SUPPRESSOR if suppressed else HeldBy.WAIT_PERIOD", "HeldBy.SUPPRESSOR if suppressed else self.by or HeldBy.WAIT_PERIOD"),
        Mutant("wait for extension", _SUPPRESSION, "HeldBy.WAIT_PERIOD: self.wait, HeldBy.EXTENSION_PERIOD: self.extension", "HeldBy.WAIT_PERIOD: self.extension, HeldBy.EXTENSION_PERIOD: self.wait"),
        Mutant("a window lacks its start", _DELIVERY, "bisect_right(starts, moment)", "sum(each < moment for each in starts)"),
        Mutant("one window is enough", _DELIVERY, "while found :=", "if found :="),
        Mutant("what is over runs late", _DELIVERY, "overtaken = later is not None and later <= until", "overtaken = False"),
        Mutant("a skipped time starts", _SCHEDULE, "if exists and since", "if since"),
        Mutant("both days must fit", _SCHEDULE, "and (in_month or in_week)", "and in_month and in_week"),
        Mutant("Sunday is another day", _SCHEDULE, "day.isoweekday() % 7 in weekdays", "day.isoweekday() in weekdays"),
    ),
}  # fmt: skip
