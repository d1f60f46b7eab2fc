"""What a pass over an archive has gathered of each detection: its matches in order and its samples; frames of them on demand.

In: what a scan found. Out: a `Gathered` for each detection. Claim: whoever asks for a frame gets what
`detector.metrics.samples` says; whoever does not, does without polars.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from detector.metrics.ordered import Ordered, Sample, different

if TYPE_CHECKING:
    import polars as pl

    from detector.archive import Source
    from detector.detections import Detection
    from detector.metrics.matches import Hits
    from detector.scan.found import Found


class Gathered(Struct, eq=False):
    """One detection's matches in their order, and the samples that its alarm watches."""

    ordered: Ordered
    sampled: list[Sample]
    frames: Frames
    place: int

    @property
    def matches(self) -> pl.DataFrame:
        """A row for each filter that a record matches (columns: `detector.metrics.samples`)."""
        return self.frames.made()[self.place]

    @property
    def samples(self) -> pl.DataFrame:
        """The samples per minute (columns: the same)."""
        from detector.metrics.samples import samples_frame  # noqa: PLC0415 - polars, where it is asked for

        return samples_frame(self.sampled)


class Frames(Struct, eq=False):
    """The frames of the matches of all detections, which are slices of one: made when the first is asked for."""

    detections: Sequence[Detection]
    hits: Sequence[Hits]
    sources: Sequence[Source]
    _made: list[pl.DataFrame] | None = None

    def made(self) -> list[pl.DataFrame]:
        """One for each detection."""
        if self._made is None:
            from detector.metrics.samples import matches_frames  # noqa: PLC0415 - polars, where it is asked for

            groups = [one.filters for one in self.detections]
            self._made = matches_frames(groups, self.hits, self.sources)
        return self._made


def gathered(
    detections: Sequence[Detection], found: Found, sources: Sequence[Source], *, dedupe: bool
) -> list[Gathered]:
    """That of each detection; those that matched alike share the order of their matches."""
    found.evidence.prune()
    each, frames = iter(found.hits), Frames(detections, found.hits, sources)
    hits = [list(islice(each, len(one.filters))) for one in detections]
    places, apart = different([[hit.matches.runs for hit in own] for own in hits], operator.eq)
    ordered = [Ordered.of(runs, found.evidence) for runs in apart]
    return [
        Gathered(
            ordered[which],
            ordered[which].samples(own, one.filters, one.alarm, dedupe=dedupe),
            frames,
            place,
        )
        for place, (which, own, one) in enumerate(zip(places, hits, detections, strict=True))
    ]
