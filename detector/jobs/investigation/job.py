"""The investigation of replays: two more looks at the archive, and everything that a page says.

In: the replays of one pass. Out: an `Investigation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from detector.archive import Progress
from detector.cloudtrail.principals import Principal
from detector.jobs.habits import leading
from detector.jobs.investigation.besides import Besides, besides
from detector.jobs.investigation.choices import Choices, choices
from detector.jobs.investigation.dossier import FULL, Dossier, Suspect, dossiers
from detector.jobs.investigation.records import EPISODES, records
from detector.jobs.reading import Reading
from detector.jobs.replayed import Verdict
from detector.jobs.runbook import Leaning
from detector.scan import processes

if TYPE_CHECKING:
    from detector.jobs.composites import CompositeReplay
    from detector.jobs.reading import Scan
    from detector.jobs.replay import Replays
    from detector.jobs.replayed import Replay


DESCRIBED = 250
"""Episodes of a page that are described, the worst of each detection; the others are rows of a table."""
ACTORS = 10
"""Principals over all detections that are listed."""


@dataclass(frozen=True, slots=True)
class Investigated:
    """One detection: its replay, what other settings would have done, and a dossier of each episode in time order."""

    replay: Replay
    choices: Choices | None
    dossiers: tuple[Dossier, ...]
    described: int = DESCRIBED
    """How many of the worst episodes are described; the others are rows of a table."""

    @property
    def worst(self) -> tuple[Dossier, ...]:
        """The dossiers in the order of `Replay.worst`."""
        return tuple(self.dossiers[one.number - 1] for one in self.replay.worst)


@dataclass(frozen=True, slots=True)
class Actor:
    """A principal over all detections: which of them it has matches in an episode of, and when.

    ``widest`` are the most different calls that it makes in an episode with signs of probing that it leads.
    """

    written: str
    parts: Principal
    detections: tuple[str, ...]
    widest: int
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
    composites: tuple[CompositeReplay, ...] = ()
    muted: Mapping[str, int] = field(default_factory=dict)
    """How many pages each mute rule kept back."""

    @property
    def raised(self) -> tuple[Investigated, ...]:
        """The detections that went to ALARM."""
        return tuple(one for one in self.detections if one.replay.episodes)


def investigate(
    replays: Replays, *, scan: Scan = processes.scan, progress: Progress | None = None
) -> Investigation:
    """What a person on call asks about replays: see docs/html.md for what is looked at and its bounds."""
    around = besides(replays, scan, progress)
    # What is shown of each shrinks with the number of detections that have something to show.
    share = max(1, sum(bool(one.episodes) for one in replays))
    described = max(15, DESCRIBED // share)
    found = tuple(
        Investigated(one, choices(one, share), _dossiers(one, around, share), described) for one in replays
    )
    muted = {rule.name: replays.muted[rule.name] for rule in replays.mutes}
    ordered, actors = tuple(sorted(found, key=_concern)), tuple(_actors(found))
    return Investigation(ordered, replays.reading, actors, replays.composites, muted)


def _dossiers(
    replay: Replay, around: Mapping[tuple[str, int, str], Besides], share: int
) -> tuple[Dossier, ...]:
    mine = {
        (number, name): other
        for (detection, number, name), other in around.items()
        if detection == replay.detection.name
    }
    return dossiers(replay, records(replay, max(3, EPISODES // share)), mine, max(5, FULL // share))


def _concern(one: Investigated) -> tuple[int, int]:
    order = (Leaning.PROBING, Leaning.BOTH, Leaning.NEITHER, Leaning.MISCONFIGURATION)
    found = [order.index(Leaning.of(episode)) for episode in one.replay.episodes]
    if not found:
        return len(order) + (one.replay.verdict is not Verdict.NO_ALARM), 0
    return min(found), -max(episode.fields["events"].size for episode in one.replay.episodes)


def _actors(found: Sequence[Investigated]) -> Iterator[Actor]:
    """The principals of all episodes: those that lead probing first, then those of the most detections."""
    together: dict[str, list[tuple[str, Suspect]]] = {}
    widest: dict[str, int] = {}
    for one in found:
        title = one.replay.detection.title
        for dossier in one.dossiers:
            if Leaning.of(dossier.episode) in {Leaning.PROBING, Leaning.BOTH}:
                for name in leading(dossier.episode):
                    widest[name] = max(dossier.episode.calls[name].size, widest.get(name, 0))
            for suspect in dossier.suspects:
                together.setdefault(suspect.written, []).append((title, suspect))
    actors = [
        Actor(
            written,
            told[0][1].parts,
            tuple(dict.fromkeys(title for title, _ in told)),
            widest.get(written, 0),
            sum(suspect.matches for _, suspect in told),
            min(suspect.first for _, suspect in told),
            max(suspect.last for _, suspect in told),
            tuple(dict.fromkeys(address for _, suspect in told for address, _ in suspect.addresses.top)),
        )
        for written, told in together.items()
    ]
    yield from sorted(
        actors,
        key=lambda one: (
            -one.widest,
            one.parts.is_service,
            -len(one.detections),
            -one.matches,
            one.written,
        ),
    )[:ACTORS]
