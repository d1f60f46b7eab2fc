"""Whether an archive is what CloudTrail delivered, as one JSON object."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from detector.jobs.trust.result import Chain, Trust, Uncovered
from detector.render.kit.json_values import iso, readable


def trust_json(found: Trust) -> str:
    """Everything that is known of it."""
    return readable(
        {
            "subject": "archive",
            "verified": found.holds,
            "digests": {"read": found.digests, "verified": found.verified},
            "log_files": {
                "read": found.logs,
                "verified": found.verified_logs,
                "as_an_unverified_digest_says": found.unverified_logs,
                "in_no_digest": sum(one.files for one in found.uncovered),
            },
            "chains": [_chain(one) for one in found.chains],
            "in_no_digest": [_uncovered(one) for one in found.uncovered],
            "not_logs": [{"path": path, "holds": kind} for path, kind in found.given],
            "findings": [
                {"kind": str(one.kind), "path": one.path, "reason": one.reason} for one in found.findings
            ],
            "problems": [
                {"path": one.path, "kind": str(one.kind), "reason": one.reason} for one in found.problems
            ],
        }
    )


def _chain(one: Chain) -> dict[str, Any]:
    return {
        "account": one.account,
        "region": one.region,
        "start": _time(one.start),
        "end": _time(one.end),
        "digests": one.digests,
        "verified": one.verified,
        "unverified": list(one.unverified),
        "continues_an_earlier_one": one.continues,
    }


def _uncovered(one: Uncovered) -> dict[str, Any]:
    return {
        "account": one.account,
        "region": one.region,
        "files": one.files,
        "first": _time(one.first),
        "last": _time(one.last),
        "may_come": one.is_late,
    }


def _time(moment: int | None) -> str | None:
    return None if moment is None else iso(datetime.fromtimestamp(moment, UTC))
