"""The investigation of replays: two more looks at the archive, and everything that a page says.

In: the replays of one pass. Out: an `Investigation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from detector.archive import Progress
from detector.jobs.investigation.besides import Besides, besides
from detector.jobs.investigation.choices import Choices, choices
from detector.jobs.investigation.dossier import Dossier, dossiers
from detector.jobs.investigation.records import records
from detector.jobs.reading import Reading
from detector.scan import processes

if TYPE_CHECKING:
    from detector.jobs.reading import Scan
    from detector.jobs.replay import Replay


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
class Investigation:
    """Everything that the page of some replays says."""

    detections: tuple[Investigated, ...]
    reading: Reading


def investigate(
    replays: Sequence[Replay], *, scan: Scan = processes.scan, progress: Progress | None = None
) -> Investigation:
    """What a person on call asks about replays: see docs/html.md for what is looked at and its bounds."""
    around = besides(replays, scan, progress)
    found = tuple(Investigated(one, choices(one), _dossiers(one, around)) for one in replays)
    return Investigation(found, replays[0].reading)


def _dossiers(replay: Replay, around: Mapping[tuple[str, int, str], Besides]) -> tuple[Dossier, ...]:
    mine = {
        (number, name): other
        for (detection, number, name), other in around.items()
        if detection == replay.detection.name
    }
    return dossiers(replay, records(replay), mine)
