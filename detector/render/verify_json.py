"""A verification as one JSON object: counts, and every difference."""

from __future__ import annotations

from typing import Any

from detector.jobs.verify import Answer, Verification
from detector.render.kit.json_values import readable, sentence


def verify_json(result: Verification, region: str) -> str:
    """How far package and service agree, and where not."""
    return readable(
        {
            "subject": "aws",
            "region": region or None,
            "holds": result.holds,
            "answers": len(result.answers),
            "agree": len(result.answers) - len(result.differences),
            "calls": result.calls,
            "unasked": result.unasked,
            "records": result.records,
            "differences": [_answer(one) for one in result.differences],
            "changed": [_answer(one) for one in result.changed],
            "problems": [
                {"path": one.path, "kind": str(one.kind), "reason": one.reason} for one in result.problems
            ],
            "empty": sentence(result.empty),
        }
    )


def _answer(one: Answer) -> dict[str, Any]:
    return {
        "name": one.case.name,
        "pattern": one.case.pattern,
        "message": one.case.message,
        "recorded": None if one.case.expect is None else str(one.case.expect),
        "detector": str(one.ours),
        "service": str(one.theirs),
        "reason": one.reason or None,
    }
