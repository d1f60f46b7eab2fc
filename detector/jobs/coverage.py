"""Which events of an archive some detections look at, and which detections had nothing to look at.

In: detections and the inputs of a `Plan`. Out: one frozen `Coverage`, from one pass: for each detection what it matched, of how
many events that it could have matched, and why it could not see any; for each event name of the archive which detections match
such events, ask for them by name, or look at every event. The claim: a match is one by the definition of truth; a detection
*cannot* match a kind of event only if that follows from the pattern (`pattern.claims`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Unpack

from detector.archive import Inputs, Plan, Problem, ProblemKind, Progress, Settings
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.census import NAME, SOURCE, EventKind, Tally, census_of
from detector.jobs.emptiness import Emptiness, emptiness
from detector.notebook import table
from detector.pattern import Pattern, claims
from detector.pattern.evaluate import MISSING
from detector.pattern.syntax import Expr
from detector.quantities import count


class Sight(StrEnum):
    """What a detection had to look at."""

    MATCHED = "matched"
    SAW = "saw"
    """There were events that it could have matched, and it matched none."""
    BLIND = "blind"
    """There was none: whatever happened, this archive could not show it."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One detection over the archive."""

    detection: Detection
    matched: int
    seen: int
    """The events of kinds that it could match."""
    kinds: Mapping[EventKind, int]
    """What it matched, the most frequent first."""
    every: bool
    """Whether it looks at events of any name."""
    why_blind: str = ""

    @property
    def sight(self) -> Sight:
        """What it had to look at."""
        return Sight.MATCHED if self.matched else Sight.BLIND if self.why_blind else Sight.SAW


@dataclass(frozen=True, slots=True)
class Watched:
    """One kind of event of the archive, and the detections by name that look at it."""

    kind: EventKind
    events: int
    matched: Mapping[str, int]
    named_by: tuple[str, ...]
    """Detections that could match such an event, and not one of just any name."""
    taken_by: tuple[str, ...]
    """Detections that could match it as they could one of any name."""


@dataclass(frozen=True, slots=True, repr=False)
class Coverage:
    """Detections and event names, each in the light of the others; field selection criteria are not asked.

    An event counts once for a detection, unless its filters are not all JSON patterns: then once for each that matches.
    """

    detections: tuple[Watch, ...]
    kinds: tuple[Watched, ...]
    """The most frequent first."""
    records: int
    problems: tuple[Problem, ...] = field(default=())
    empty: Emptiness | None = None

    def __repr__(self) -> str:
        blind = sum(one.sight is Sight.BLIND for one in self.detections)
        return (
            f"<Coverage: {count(len(self.detections), 'detection')}, {blind:,} blind, "
            f"{len(self.unnamed):,} of {count(len(self.kinds), 'event name')} not asked for>"
        )

    def _repr_html_(self) -> str:
        rows = [
            (one.detection.name, one.sight, one.matched, one.seen, one.why_blind) for one in self.detections
        ]
        return table(repr(self), ("detection", "", "matched", "seen", "why not"), rows)

    @property
    def unnamed(self) -> tuple[Watched, ...]:
        """The kinds of events that no detection asks for by name."""
        return tuple(one for one in self.kinds if not one.named_by)

    @property
    def unseen(self) -> tuple[Watched, ...]:
        """Those that no detection looks at at all."""
        return tuple(one for one in self.unnamed if not one.taken_by)


def coverage(
    asked: Detection | str | Path | Sequence[Detection | str | Path],
    inputs: Inputs,
    *,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Coverage:
    """What some detections see of an archive.

    ``asked`` are detections, or names, files and folders of them; ``inputs`` paths or a `Plan`. `DetectionError` and
    `ArchiveError` for what does not exist.
    """
    detections = detections_of(asked)
    plan = replace(Plan.of(inputs, **settings), timed=False)
    tallies = [[Tally(one) for one in patterns_of(detection)] for detection in detections]
    problems = list(plan.locate().problems)
    census = census_of(tallies, plan, problems, progress)
    watches = tuple(map(_watch, detections, tallies, [census] * len(detections)))
    kinds = tuple(_watched(kind, events, watches) for kind, events in census.most_common())
    problems = [one for one in problems if not census or one.kind is not ProblemKind.NOT_CLOUDTRAIL]
    empty = None if census else emptiness(plan, problems)
    return Coverage(watches, kinds, census.total(), tuple(problems), empty)


def patterns_of(detection: Detection) -> list[Pattern]:
    """What a detection asks: one pattern where its filters are one together, so that an event counts once."""
    return [detection.pattern] if detection.pattern else [one.pattern for one in detection.filters]


def _watch(detection: Detection, tallies: Sequence[Tally], census: Counter[EventKind]) -> Watch:
    matched = sum((tally.matched for tally in tallies), Counter[EventKind]())
    exprs = [tally.pattern.json for tally in tallies]
    seen = sum(events for kind, events in census.items() if any(could_match(expr, kind) for expr in exprs))
    why = [_why_blind(tally, census, seen=seen) for tally in tallies]
    return Watch(
        detection,
        matched.total(),
        seen,
        dict((+matched).most_common()),
        any(could_match(expr, None) for expr in exprs),
        "; ".join(dict.fromkeys(why)) if all(why) else "",
    )


FAILURE = frozenset({"$.errorCode", "$.errorMessage"})
"""Only failed calls have these: an archive without them has no failures, and a detection that reads them is not blind to it."""


def _why_blind(tally: Tally, census: Counter[EventKind], *, seen: int) -> str:
    """Why a filter could not match anything in the archive; empty where it could."""
    expr = tally.pattern.json
    if expr is None or not census:
        return ""
    for selector, there in (
        (SOURCE, {kind.source for kind in census}),
        (NAME, {kind.name for kind in census}),
    ):
        asked = claims.texts(expr, selector)
        if asked is not None and not asked & there:
            what = "event source" if selector is SOURCE else "event name"
            return f"the archive has none of the {count(len(asked), what)} that it asks for" + (
                f" ({min(asked)})" if len(asked) == 1 else ""
            )
    for selector in tally.selectors:
        is_absent = selector.wildcard is None and selector not in tally.present
        if is_absent and str(selector) not in FAILURE and not claims.possible(expr, selector, MISSING):
            return f"no record has {selector}"
    return "" if seen else "the archive has no event of a kind that it could match"


def could_match(expr: Expr | None, kind: EventKind | None) -> bool:
    """Whether a pattern may match an event of a kind, or of one that nobody has heard of; None: no JSON pattern."""
    if expr is None:
        return True
    source, name = ("\0", "\0") if kind is None else kind
    left: Expr | bool = expr
    for selector, found in ((SOURCE, source), (NAME, name)):
        if not isinstance(left, bool):
            left = claims.left(left, selector, found or MISSING)
    return left is not False


def _watched(kind: EventKind, events: int, watches: Sequence[Watch]) -> Watched:
    able = [
        one for one in watches if any(could_match(each.json, kind) for each in patterns_of(one.detection))
    ]
    return Watched(
        kind,
        events,
        {one.detection.name: one.kinds[kind] for one in watches if kind in one.kinds},
        tuple(one.detection.name for one in able if not one.every),
        tuple(one.detection.name for one in able if one.every),
    )
