"""What was asked to be checked, with the proved suggestions applied.

In: patterns, detection files and names, as `detector.jobs.check` takes them. Out: a `Fix` for each that changes or has a suggestion that was
left; nothing is written. ``loaded`` is what a writer reads again to see that the files then define what was wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from detector.detections import Detection
from detector.detections.alarms import load_alarmed
from detector.detections.catalogue import names_detection
from detector.detections.given import NOTHING, Given
from detector.errors import DetectorError
from detector.jobs.check import Asked, Wanted, each
from detector.jobs.configured import whole
from detector.lint import targets
from detector.lint.finding import Finding
from detector.lint.fixing import Fixed, fixed
from detector.lint.rules import Severity
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern


@dataclass(frozen=True, slots=True)
class Fix:
    """One pattern or detection: its patterns with what was done to them.

    ``place`` is that of the detection in what `loaded` gives, None for a pattern; ``detection`` is how it should be.
    """

    name: str
    patterns: tuple[Fixed, ...]
    place: int | None = None
    detection: Detection | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is different."""
        return any(one.steps for one in self.patterns)


def loaded(asked: Sequence[Asked], given: Given = NOTHING) -> list[Detection]:
    """The detections among what is asked for, in its order; what cannot be read is left out, as `check` says why."""
    items, _, _ = whole(list(asked), given)
    found = []
    for one in (one for item in items for one in each(item)):
        try:
            read = one if isinstance(one, Detection) or not _names(one) else load_alarmed(str(one))
        except DetectorError:
            continue
        found += [read] if isinstance(read, Detection) else []
    return found


def fix(
    asked: Sequence[Asked], select: Sequence[str] = (), ignore: Sequence[str] = (), given: Given = NOTHING
) -> tuple[Fix, ...]:
    """What changes. Notes are taken where ``select`` names them: they may be meant as they are."""
    wanted = Wanted(tuple(select), tuple(ignore))
    found = []
    for typed in asked:
        if isinstance(typed, Pattern | str) and not _names(typed):
            try:
                pattern = typed if isinstance(typed, Pattern) else compile_pattern(typed)
            except DetectorError:
                continue
            found.append(Fix("", (fixed(pattern, _taken(wanted, targets.Target("", pattern))),)))
    for place, detection in enumerate(loaded(asked, given)):
        by_source = {one.pattern.source: one for one in targets.of(detection)}
        done = tuple(
            fixed(one.pattern, _taken(wanted, by_source[one.pattern.source])) for one in detection.filters
        )
        filters = tuple(
            replace(one, pattern=each_done.after)
            for one, each_done in zip(detection.filters, done, strict=True)
        )
        found.append(Fix(detection.name, done, place, replace(detection, filters=filters)))
    return tuple(one for one in found if one.changes or any(each_done.left for each_done in one.patterns))


def _names(asked: Asked) -> bool:
    return not isinstance(asked, Pattern) and (not isinstance(asked, str) or names_detection(asked))


def _taken(wanted: Wanted, target: targets.Target) -> Callable[[Finding], bool]:
    """Which findings are taken up: warnings and errors, and the notes that are selected by their codes."""
    return lambda one: (
        wanted.takes(target, one.code) and (one.severity > Severity.NOTE or bool(wanted.select))
    )
