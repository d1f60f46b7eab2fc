"""The tables and the small world catch every planted mistake about alarms (`tests/mutants_alarms.py`); on demand."""

from __future__ import annotations

from typing import Any

import pytest

from detector.detections.benchmark import CONTROLS, SECURITY_HUB
from detector.jobs.audit import job
from detector.jobs.audit.result import Level
from detector.lint import alarms
from detector.lint.alarms import AlarmFinding
from detector.lint.cures import cured
from detector.metrics import reachable
from tests.mutants import Mutant
from tests.mutants_alarms import AUDIT, REACHABLE, RULES
from tests.test_audit import LEVELS, deployed
from tests.test_lint_alarms import FLAWED, SOUND, codes
from tests.test_metric_reachable import refuted

pytestmark = pytest.mark.slow


def test_the_real_modules_stand_every_test() -> None:
    assert not refuted(reachable)
    assert not told(alarms)
    assert not wrong(job)


@pytest.mark.parametrize("mutant", REACHABLE, ids=lambda one: one.name)
def test_a_wrong_proof_is_refuted(mutant: Mutant) -> None:
    assert refuted(mutant.load())


@pytest.mark.parametrize("mutant", RULES, ids=lambda one: one.name)
def test_a_wrong_rule_is_told(mutant: Mutant) -> None:
    assert told(mutant.load())


@pytest.mark.parametrize("mutant", AUDIT, ids=lambda one: one.name)
def test_a_wrong_audit_is_told(mutant: Mutant) -> None:
    assert wrong(mutant.load())


def told(module: Any) -> bool:
    """Whether a table of findings says otherwise, or a cure is none."""
    for expected, detection in (*FLAWED, *(("", one) for one in SOUND)):
        found: tuple[AlarmFinding, ...] = module.lint_alarm(detection)
        if codes(found) != expected:
            return True
        for one in found:
            if one.cure and one.code in {each.code for each in alarms.lint_alarm(cured(detection, one.cure))}:
                return True
    return False


def wrong(module: Any) -> bool:
    """Whether an audit is at another level than the table says."""
    [control] = [one for one in CONTROLS if one.name == "CloudWatch.5"]
    for detection, level, *_ in LEVELS:
        [one] = module.audit(deployed(detection), SECURITY_HUB, [control]).controls
        if one.level is not level:
            return True
    dead, sound = (
        next(one for one, at, *_ in LEVELS if at is level) for level in (Level.DEAD, Level.COVERED)
    )
    [one] = module.audit(deployed(dead, sound), SECURITY_HUB, [control]).controls
    return one.level is not Level.COVERED
