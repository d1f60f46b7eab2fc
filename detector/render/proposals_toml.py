"""`Proposals` as a test file: for each detection a comment that says what its cases are worth, then the cases; or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from detector.jsontext import dump_indented
from detector.quantities import count
from detector.render.explanation_json import plain
from detector.render.kit.json_values import sentence
from detector.render.kit.printable import printable
from detector.render.ruletests_text import shown

if TYPE_CHECKING:
    from detector.jobs.proposals import Proposals, Proposed


def proposals_toml(found: Proposals) -> str:
    """All cases, ready to be put into test files; what is said about them are comments."""
    lines: list[str] = []
    for one in found.detections:
        lines += [*([""] if lines else []), *(f"# {line}" for line in said(one, found.records))]
        lines += ["", *one.toml.rstrip("\n").split("\n")] if one.drafts else []
    return "\n".join(printable(line, 2_000) for line in lines) + "\n"


def said(one: Proposed, records: int) -> Iterator[str]:
    """What the cases are about and worth."""
    yield f"{count(len(one.drafts), 'event')} for {one.detection.name}, from {count(records, 'event')} of an archive; anonymous."
    yield "They say what the pattern says today: read them before you believe them."
    before, after = one.before.score, one.after.score
    if before is not None and after is not None:
        yield f"Mutants that the tests beside the detection notice: {shown(before)}, with these {shown(after)}."
    if one.lost:
        yield f"{count(one.lost, 'event')} could not be said without words that are not the pattern's or AWS's."


def proposals_json(found: Proposals) -> str:
    """One object: the cases of each detection, with their events."""
    return (
        dump_indented(
            {
                "records": found.records,
                "detections": list(map(_proposed, found.detections)),
                "empty": sentence(found.empty),
                "problems": [{"path": one.path, "reason": one.reason} for one in found.problems],
            }
        )
        + "\n"
    )


def _proposed(one: Proposed) -> dict[str, Any]:
    return {
        "detection": one.detection.name,
        "cases": [
            {
                "name": draft.name,
                "event": plain(draft.event),
                "matches": dict(draft.matches),
                "filter": draft.filter or None,
            }
            for draft in one.drafts
        ],
        "toml": one.toml,
        "lost": one.lost,
        "score": {"before": one.before.score, "after": one.after.score},
    }
