"""A `RuleTestRun` as JSON: the same facts as the text, for machines (docs/rule-tests.md).

In: what `detector.jobs.ruletests` says. Out: ASCII, the same bytes for the same tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.jsontext import dump_indented
from detector.render.explanation_json import plain
from detector.render.explanation_notes import reasons
from detector.ruletests.mutants import Fate
from detector.ruletests.notation import clock

if TYPE_CHECKING:
    from detector.jobs.ruletests import RuleTestRun
    from detector.ruletests import Coverage, Outcome
    from detector.ruletests.mutants import Mutation, Tried


def ruletests_json(run: RuleTestRun) -> str:
    """One object; ``mutants`` and ``score`` are null where no mutants were asked for."""
    tried = {name: _mutation(one) for name, one in run.mutants.items()}
    return (
        dump_indented(
            {
                "passed": run.passed,
                "files": run.files,
                "failed": run.failed,
                "tests": list(map(_outcome, run.outcomes)),
                "coverage": {name: _coverage(one) for name, one in run.coverage.items()},
                "too_few": [
                    {
                        "name": one.name,
                        "minimum": list(one.minimum),
                        "matching": one.matching,
                        "other": one.other,
                    }
                    for one in run.too_few
                ],
                "errors": [str(error) for error in run.errors],
                "mutants": tried or None,
                "score": run.score,
                "least": run.least,
                "too_low": list(run.too_low),
                "pasted": run.pasted,
            }
        )
        + "\n"
    )


def _outcome(outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "path": outcome.path,
        "line": outcome.line,
        "name": outcome.name,
        "variant": outcome.variant,
        "passed": outcome.passed,
    }
    if outcome.expected is not None:
        because = [] if outcome.passed else list(reasons(outcome.explanation))
        return facts | {"kind": "case", "expected": outcome.expected, "because": because}
    return facts | {
        "kind": "timeline",
        "wrong": [
            {"at": clock(one.minute), "expected": str(one.expected), "found": str(one.found)}
            for one in outcome.wrong
        ],
    }


def _coverage(one: Coverage) -> dict[str, Any]:
    return {
        "matching": one.matching,
        "other": one.other,
        "conditions": [
            {"condition": str(each.condition), "true": each.true, "false": each.false}
            for each in one.conditions
        ],
    }


def _mutation(one: Mutation) -> dict[str, Any]:
    counts = {str(fate): len(one.of(fate)) for fate in Fate}
    listed = [_tried(each) for each in one.tried if each.fate is not Fate.KILLED]
    return {"tried": len(one.tried), **counts, "score": one.score, "unnoticed": listed}


def _tried(one: Tried) -> dict[str, Any]:
    telling = one.telling
    return {
        "filter": one.filter,
        "mistake": str(one.mutant.mistake),
        "before": one.mutant.before,
        "after": one.mutant.after or None,
        "pattern": str(one.mutant.pattern),
        "fate": str(one.fate),
        "event": None if telling is None else plain(telling.event),
        "matches": None if telling is None else telling.matches,
        "why_not": one.why_not or None,
    }
