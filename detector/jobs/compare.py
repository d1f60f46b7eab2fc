"""What an edit changes: two patterns or detections, on any event and on an archive.

In: the old and the new one, and inputs. Out: a `Comparison`: their relation with witnesses, filter by filter where
there are several, and with inputs what is gained and lost there. The claim: a relation is proved or not decided, and
the counts on an archive are those of two separate matches with the same selection.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from detector.archive import Inputs, Plan, Progress, Settings
from detector.detections import Detection
from detector.detections.catalogue import pattern_or_detection
from detector.jobs.changes import EXAMPLES, Changes, Side, changes
from detector.jobs.reading import Scan
from detector.jsontext import dump_json
from detector.notebook import table
from detector.pattern import Pattern
from detector.relation import STEPS, Relation, Verdict, Witnesses, relate
from detector.relation.unions import relate_any
from detector.scan import processes


@dataclass(frozen=True, slots=True)
class FilterChange:
    """A filter of a detection with several; ``old`` or ``new`` is None where the other side alone has the name."""

    name: str
    old: Pattern | None
    new: Pattern | None
    verdict: Verdict | None
    """None unless both sides have a filter of that name."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """How the new pattern relates to the old one; of a detection, what matches any of its filters.

    ``filters`` is empty unless a side has several. ``archive`` is None without inputs.
    """

    old: Side
    new: Side
    verdict: Verdict
    filters: tuple[FilterChange, ...] = ()
    archive: Changes | None = None

    def __repr__(self) -> str:
        said = "not decided" if self.relation is None else f"{self.relation}, proved"
        if self.archive is not None:
            said += f"; {self.archive.lost:,} lost, {self.archive.gained:,} gained"
        return f"<Comparison: {said}>"

    def _repr_html_(self) -> str:
        rows: list[tuple[str, object]] = [("OLD", _named(self.old)), ("NEW", _named(self.new))]
        for label, event in (("only OLD", self.witnesses.old_only), ("only NEW", self.witnesses.new_only)):
            rows.append((label, "no event" if event is None else dump_json(event).decode("utf-8", "replace")))
        if self.archive is not None:
            counts = (f"{self.archive.lost:,} lost", f"{self.archive.gained:,} gained")
            rows.append(("archive", f"{self.archive.both:,} the same, {', '.join(counts)}"))
        return table(repr(self), ("", ""), rows)

    @property
    def relation(self) -> Relation | None:
        """The relation of the new one to the old one on any event; None where it is not proved."""
        return self.verdict.relation

    @property
    def proved(self) -> bool:
        """Whether the relation holds on every event; it is never a guess."""
        return self.verdict.proved

    @property
    def witnesses(self) -> Witnesses:
        """The smallest event that was found for each difference, and for what both match."""
        return self.verdict.witnesses

    @property
    def why_not(self) -> str:
        """Why the relation is not proved; empty where it is."""
        return self.verdict.why_not

    @property
    def never_match(self) -> tuple[str, ...]:
        """Which of ``old`` and ``new`` is proved to match no event at all."""
        if not self.proved or self.witnesses.both is not None or "both" in self.witnesses.not_found:
            return ()
        sides = {
            Relation.EQUIVALENT: ("old", "new"),
            Relation.NARROWER: ("new",),
            Relation.WIDER: ("old",),
        }
        return sides.get(self.verdict.relation or Relation.OVERLAPPING, ())


def compare(
    old: Side | str | Path,
    new: Side | str | Path,
    paths: Inputs = (),
    *,
    steps: int = STEPS,
    examples: int = EXAMPLES,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Comparison:
    """Compare two patterns or detections: on any event, and on the records of ``paths`` where there are any.

    A string is a detection file, the name of a shipped detection, or a pattern. ``paths``: files, folders, or a
    `Plan`; ``settings`` are those of a plan. ``steps`` bounds the reasoning, ``examples`` is how many gained and
    lost records are kept. Raises `PatternError`, `DetectionError` and `ArchiveError`; what cannot be read in an
    archive is in ``archive.problems``.
    """
    sides, plan = (pattern_or_detection(old), pattern_or_detection(new)), Plan.of(paths, **settings)
    wholes = [
        [side] if isinstance(side, Pattern) else [metric_filter.pattern for metric_filter in side.filters]
        for side in sides
    ]
    verdict = relate_any(wholes[0], wholes[1], steps)
    named = [
        {metric_filter.name: metric_filter.pattern for metric_filter in side.filters}
        if isinstance(side, Detection)
        else {}
        for side in sides
    ]
    several = max(map(len, named)) > 1
    filters = [
        FilterChange(name, before, after, related(before, after, steps))
        for name in (dict.fromkeys([*named[0], *named[1]]) if several else ())
        for before, after in [(named[0].get(name), named[1].get(name))]
    ]
    archive = (
        changes([sides], plan, examples=examples, scan=scan, progress=progress)[0] if plan.paths else None
    )
    return Comparison(*sides, verdict, tuple(filters), archive)


def related(old: Pattern | None, new: Pattern | None, steps: int) -> Verdict | None:
    """How two filters relate; None where there is only one."""
    return None if old is None or new is None else relate(old, new, steps)


def _named(side: Side) -> str:
    return side.name if isinstance(side, Detection) else side.source
