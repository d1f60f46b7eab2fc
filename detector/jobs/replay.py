"""From archive to alarm: detections over log files, one pass, one immutable `Replay` per detection.

In: detections and paths. Out: `Replays`, which say everything that a report of any format says: what matched, the
samples of the metric, the transitions of the alarm, its episodes with who, what and from where, the series of the
chart, why nothing matched, what was read and what could not be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, overload

from detector.archive import Inputs, Plan, Progress, Settings
from detector.detections import Detection
from detector.detections.alarmed import Alarmed
from detector.detections.alarms import alarms_of, with_children
from detector.jobs.reading import SAMPLE, Reading, Scan, scanned
from detector.jobs.replayed import Replay
from detector.notebook import Shown, table
from detector.quantities import count, percent
from detector.scan import processes

if TYPE_CHECKING:
    from detector.alarm.mute import MuteRule
    from detector.jobs.composites import CompositeReplay
    from detector.jobs.conditions import Conditions
    from detector.jobs.gathered import Gathered

__all__ = ["Replay", "Replays", "replay"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Replays(Shown, Sequence[Replay]):
    """The replays of one pass in the order in which the detections were named, and what the pass read."""

    detections: tuple[Replay, ...]
    reading: Reading = field(repr=False)
    composites: tuple[CompositeReplay, ...] = ()
    """The composite alarms that were asked for; the detections that they rest on are among ``detections``."""
    mutes: tuple[MuteRule, ...] = ()

    @overload
    def __getitem__(self, place: int) -> Replay: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Replay, ...]: ...
    def __getitem__(self, place: int | slice) -> Replay | tuple[Replay, ...]:
        return self.detections[place]

    @property
    def muted(self) -> Mapping[str, int]:
        """How many pages each mute rule kept back, for a while or for good."""
        delivered = chain.from_iterable(one.deliveries for one in (*self, *self.composites))
        return Counter(rule for one in delivered if one.is_page for rule in one.muted_by)

    @property
    def alarm_names(self) -> tuple[str, ...]:
        """The names of all alarms."""
        return (
            *(one.detection.alarm.name for one in self),
            *(one.composite.alarm_name for one in self.composites),
        )

    def __repr__(self) -> str:
        alarmed = sum(bool(one.episodes) for one in self)
        read = count(self.reading.records, "record")
        return f"<Replays: {alarmed:,} of {count(len(self), 'detection')} in ALARM, {read}>"

    def _repr_html_(self) -> str:
        head = ("detection", "title", "verdict", "times in ALARM", "of time", "matches", "most matches by")
        rows = []
        for one in self:
            figures = (one.verdict, one.alarms, percent(one.share_in_alarm), one.matched)
            rows.append((one.detection.name, one.detection.title, *figures, one.callers.first))
        return table(repr(self), head, rows)

    def __iter__(self) -> Iterator[Replay]:
        return iter(self.detections)

    def __len__(self) -> int:
        return len(self.detections)


def replay(
    detections: Alarmed | str | Path | Iterable[Alarmed | str | Path],
    paths: Inputs,
    *,
    mutes: Iterable[MuteRule] = (),
    scan: Scan = processes.scan,
    progress: Progress | None = None,
    sample: int | None = SAMPLE,
    **settings: Unpack[Settings],
) -> Replays:
    """Replay detections over log files: one pass over the archive, one `Replay` per detection.

    ``detections``: files, names of shipped ones, `Detection` and `Composite`, with whose detections it is replayed.
    ``mutes`` hold actions, and change no state. ``paths``: files, folders, or a `Plan`. ``settings``: ``clock`` (event or delivery; without it and ``delay`` that of deliveries where every file tells it), ``delay`` (seconds, shifts the event clock), ``selection``,
    ``dedupe``, ``limit`` (bytes of a file); see `Plan`. ``scan`` is `scan.plain.scan` or anything equal to it; the
    default uses all cores for a large archive. Where a detection matched nothing, a second pass finds out why: over
    ``sample`` bytes of a large archive, with None over all of it, with 0 not at all. Raises `ArchiveError` for a
    path that does not exist; whatever else cannot be read is in ``reading.problems``.
    """
    rules = tuple(mutes)
    asked, composites = with_children(alarms_of(detections))
    reading, found = scanned(asked, Plan.of_alarms(paths, **settings), scan, progress, _import_the_rest)
    from detector.jobs.gathered import gathered  # noqa: PLC0415 - after the scan
    from detector.jobs.outcome import outcomes  # noqa: PLC0415 - the same

    matched = gathered(asked, found, reading.located.files, dedupe=reading.plan.dedupe)
    why = _why(asked, reading, matched, sample, progress)
    replays = tuple(outcomes(asked, matched, why, reading, rules))
    if not composites:
        return Replays(replays, reading, mutes=rules)
    from detector.jobs.composites import composite_replays  # noqa: PLC0415 - few runs have one

    return Replays(replays, reading, composite_replays(composites, replays, reading, rules), rules)


def _why(
    detections: Sequence[Detection],
    reading: Reading,
    matched: Sequence[Gathered],
    sample: int | None,
    progress: Progress | None,
) -> list[tuple[Conditions, ...]]:
    """For each detection that matched nothing why each of its filters did not, from a second pass."""
    # A filter that takes the events of some log groups only is not explained by its pattern.
    explained = [
        not len(own.ordered) and not any(each.field_selection_criteria for each in one.filters)
        for one, own in zip(detections, matched, strict=True)
    ]
    patterns = [
        each.pattern for one, why in zip(detections, explained, strict=True) if why for each in one.filters
    ]
    if not patterns or sample == 0 or reading.empty is not None:
        return [()] * len(detections)
    from detector.jobs.counting import count_archive  # noqa: PLC0415 - where everything matched it is not needed

    found = count_archive(patterns, reading.plan, reading.located, sample=sample, progress=progress)
    whys = iter(found.patterns)
    return [
        tuple(islice(whys, len(one.filters) * has)) for one, has in zip(detections, explained, strict=True)
    ]


def _import_the_rest() -> None:
    """Import what follows the scan while workers are at work; what is imported before, they wait for."""
    from detector.jobs import outcome  # noqa: F401, PLC0415 - that it is imported is the point
