"""A `Coverage` as Markdown for a ticket: a table of the detections, and one of the event names that nobody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.render.coverage_text import MOST, heading, said, summary, taken
from detector.render.kit.markdown import code, document, table
from detector.render.kit.markdown import heading as titled

if TYPE_CHECKING:
    from detector.jobs.coverage import Coverage


def coverage_markdown(found: Coverage) -> str:
    """The whole report."""
    rows = [
        (code(one.detection.name), str(one.sight), f"{one.matched:,}", f"{one.seen:,}", code(said(one), 400))
        for one in found.detections
    ]
    figures = ("matched", "could match")
    lines = [f"**{summary(found)}**", "", *table(("detection", "", *figures, "what"), rows, figures)]
    if found.kinds:
        lines += ["", *titled(3, heading(found))]
        lines += [code(taken(found), 1_000), ""] if taken(found) else []
        rows_of_kinds = [
            (
                code(one.kind.source),
                code(one.kind.name),
                f"{one.events:,}",
                ", ".join(f"{code(name)} {number:,}" for name, number in one.matched.items()) or "-",
            )
            for one in found.unnamed[:MOST]
        ]
        lines += table(
            ("service", "event name", "events", "matched all the same by"), rows_of_kinds, ("events",)
        )
        if len(found.unnamed) > MOST:
            lines += ["", f"and {len(found.unnamed) - MOST:,} more"]
    return document(lines)
