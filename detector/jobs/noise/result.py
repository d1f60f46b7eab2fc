"""What is known about the noise of one detection: one frozen `Noise`.

The claim: it has whatever a report of any format says: who makes the matches and the pages, what each exclusion would do, which
ones to take and why, the edited detection with its rule tests, and what could not be excluded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from detector.detections import Detection
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.incidents import Incident, Verdict
from detector.jobs.noise.choice import Candidate
from detector.jobs.noise.effects import Effect, Seen
from detector.jobs.noise.exclusions import Exclusion
from detector.jobs.replayed import Replay
from detector.notebook import Shown, table
from detector.quantities import count, percent

if TYPE_CHECKING:
    from detector.jobs.noise.makers import Maker


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked about one detection: incidents that nothing may hide, and at most so many pages a week.

    What was labelled noise or a misconfiguration is no reason to keep a page, and is dropped from ``incidents``.
    ``grace`` in seconds: how long after its end an incident still explains a page.
    """

    incidents: tuple[Incident, ...] = ()
    most: float | None = None
    grace: int = 1800

    def __post_init__(self) -> None:
        kept = (one for one in self.incidents if one.verdict not in {Verdict.NOISE, Verdict.MISCONFIGURATION})
        object.__setattr__(self, "incidents", tuple(kept))


@dataclass(frozen=True, slots=True)
class Proposal:
    """The exclusions that are proposed, the detection with them, what a replay of it gives, and its rule tests."""

    exclusions: tuple[Exclusion, ...]
    detection: Detection
    effect: Effect
    hidden: tuple[Seen, ...]
    tests: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Noise(Shown):
    """One detection's noise; ``refused`` has for whoever cannot be left out the reason, by name.

    ``unproven`` are incidents of which the archive has no log: nothing shows what an exclusion would hide of them.
    """

    wish: Wish
    replay: Replay
    coverage: Coverage
    makers: Mapping[str, tuple[Maker, ...]]
    present: Effect
    candidates: tuple[Candidate, ...]
    refused: Mapping[str, str]
    unproven: tuple[Incident, ...]
    proposal: Proposal | None
    because: str

    @property
    def detection(self) -> Detection:
        """The detection as it is."""
        return self.replay.detection

    @property
    def kept(self) -> bool | None:
        """Whether the budget is kept with the proposal, or without where there is none; None without a budget."""
        if self.wish.most is None:
            return None
        weekly = self.weekly(self.present if self.proposal is None else self.proposal.effect)
        return weekly is not None and weekly <= self.wish.most

    def weekly(self, effect: Effect) -> float | None:
        """Its pages a week with a log."""
        return self.coverage.per_week(effect.pages)

    def __repr__(self) -> str:
        proposed = count(len(self.proposal.exclusions), "exclusion") if self.proposal else "no exclusion"
        return f"<Noise {self.detection.name}: {count(self.present.pages, 'page')}, {proposed} proposed>"

    def _repr_html_(self) -> str:
        head = ("role or user", "matches", "share", "pages", "steady")
        rows = [
            (one.value, one.matches, percent(one.share), one.pages, "yes" if one.steady else "no")
            for one in self.makers["role"]
        ]
        return table(repr(self), head, rows)
