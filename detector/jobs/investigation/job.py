"""The investigation of replays: two more looks at the archive, and everything that a page says.

In: the replays of one pass. Out: an `Investigation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from detector.archive import Progress
from detector.cloudtrail.principals import Principal
from detector.jobs.investigation.besides import Besides, besides
from detector.jobs.investigation.choices import Choices, choices
from detector.jobs.investigation.dossier import Dossier, Suspect, dossiers
from detector.jobs.investigation.records import records
from detector.jobs.reading import Reading
from detector.jobs.replay import Replay
from detector.jobs.replayed import Verdict
from detector.jobs.runbook import Leaning
from detector.scan import processes

if TYPE_CHECKING:
    from detector.jobs.reading import Scan


ACTORS = 10
"""Principals over all detections that are listed."""


@dataclass(frozen=True, slots=True)
class Investigated:
    """One detection: its replay, what other settings would have done, and a dossier of each episode in time order."""

    replay: Replay
    choices: Choices | None
    dossiers: tuple[Dossier, ...]

    @property
    def worst(self) -> tuple[Dossier, ...]:
        """The dossiers in the order of `Replay.worst`."""
        return tuple(self.dossiers[one.number - 1] for one in self.replay.worst)


@dataclass(frozen=True, slots=True)
class Actor:
    """A principal over all detections: which of them it has matches in an episode of, and when."""

    written: str
    parts: Principal
    detections: tuple[str, ...]
    matches: int
    first: datetime
    last: datetime
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Investigation:
    """Everything that the page of some replays says.

    ``detections`` are in the order in which to look at them: what looks like probing first, then what may be anything, then
    what looks like a misconfiguration, then what never went to ALARM.
    """

    detections: tuple[Investigated, ...]
    reading: Reading
    actors: tuple[Actor, ...] = ()


def investigate(
    replays: Sequence[Replay], *, scan: Scan = processes.scan, progress: Progress | None = None
) -> Investigation:
    """What a person on call asks about replays: see docs/html.md for what is looked at and its bounds."""
    around = besides(replays, scan, progress)
    found = tuple(Investigated(one, choices(one), _dossiers(one, around)) for one in replays)
    return Investigation(tuple(sorted(found, key=_concern)), replays[0].reading, tuple(_actors(found)))


def _dossiers(replay: Replay, around: Mapping[tuple[str, int, str], Besides]) -> tuple[Dossier, ...]:
    mine = {
        (number, name): other
        for (detection, number, name), other in around.items()
        if detection == replay.detection.name
    }
    return dossiers(replay, records(replay), mine)


def _concern(one: Investigated) -> tuple[int, int]:
    order = (Leaning.PROBING, Leaning.BOTH, Leaning.NEITHER, Leaning.MISCONFIGURATION)
    found = [order.index(Leaning.of(episode)) for episode in one.replay.episodes]
    if not found:
        return len(order) + (one.replay.verdict is not Verdict.NO_ALARM), 0
    return min(found), -max(episode.fields["events"].size for episode in one.replay.episodes)


def _actors(found: Sequence[Investigated]) -> Iterator[Actor]:
    """The principals of all episodes, those of the most detections first, services of AWS last."""
    together: dict[str, list[tuple[str, Suspect]]] = {}
    for one in found:
        for dossier in one.dossiers:
            for suspect in dossier.suspects:
                together.setdefault(suspect.written, []).append((one.replay.detection.title, suspect))
    actors = [
        Actor(
            written,
            told[0][1].parts,
            tuple(dict.fromkeys(title for title, _ in told)),
            sum(suspect.matches for _, suspect in told),
            min(suspect.first for _, suspect in told),
            max(suspect.last for _, suspect in told),
            tuple(dict.fromkeys(address for _, suspect in told for address, _ in suspect.addresses.top)),
        )
        for written, told in together.items()
    ]
    yield from sorted(
        actors, key=lambda one: (one.parts.is_service, -len(one.detections), -one.matches, one.written)
    )[:ACTORS]
