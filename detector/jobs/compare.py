"""What an edit changes: two patterns or detections, on any event and on an archive.

In: the old and the new one, and paths. Out: a `Comparison`: their relation with witnesses, and with paths what is
gained and lost there. The claim: the counts on an archive are those of two separate matches with the same selection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from detector.archive import DEFAULT_LIMIT, Progress, Selection
from detector.archive.locate import EVERYTHING
from detector.detections import Detection
from detector.detections.catalogue import pattern_or_detection
from detector.errors import SettingsError
from detector.jobs.changes import EXAMPLES, Changes, changes
from detector.jobs.reading import Scan
from detector.pattern import Pattern
from detector.relation import Relation, Witnesses, relate
from detector.relation.budget import STEPS
from detector.scan import workers

Side: TypeAlias = Pattern | Detection


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How the new pattern relates to the old one.

    ``relation`` is that of the new one to the old one on any event, None where it is not proved; ``why_not`` then
    says why. ``archive`` is None without paths.
    """

    old: Side
    new: Side
    relation: Relation | None
    witnesses: Witnesses
    why_not: str = ""
    archive: Changes | None = None

    @property
    def proved(self) -> bool:
        """Whether the relation holds on every event; it is never a guess."""
        return self.relation is not None


def compare(  # noqa: PLR0913 - the settings of a comparison, all by keyword
    old: Side | str | Path,
    new: Side | str | Path,
    paths: str | Path | Iterable[str | Path] = (),
    *,
    selection: Selection = EVERYTHING,
    limit: int = DEFAULT_LIMIT,
    steps: int = STEPS,
    examples: int = EXAMPLES,
    scan: Scan = workers.scan,
    progress: Progress | None = None,
) -> Comparison:
    """Compare two patterns or detections: on any event, and on the records of ``paths`` where there are any.

    A text is a detection file, the name of a shipped detection, or a pattern. ``steps`` bounds the reasoning,
    ``examples`` is how many gained and lost records are kept. Raises `PatternError`, `DetectionError` and
    `ArchiveError`; what cannot be read in an archive is in ``archive.problems``.
    """
    first, second = pattern_or_detection(old), pattern_or_detection(new)
    verdict = relate(pattern_of(first), pattern_of(second), steps)
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    found = None
    if named:
        found = changes(
            first,
            second,
            [str(path) for path in named],
            selection=selection,
            limit=limit,
            examples=examples,
            scan=scan,
            progress=progress,
        )
    return Comparison(first, second, verdict.relation, verdict.witnesses, verdict.why_not, found)


def pattern_of(one: Side) -> Pattern:
    """The filter pattern."""
    pattern = one if isinstance(one, Pattern) else one.pattern
    if pattern is None:
        raise SettingsError(f"expected JSON patterns in {one}, which has several filters", "filter")
    return pattern
