"""A budget for an alarm: what it may cost and what it has to find, and how a setting breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.scores import Score
from detector.quantities import percent


@dataclass(frozen=True, slots=True)
class Budget:
    """Nothing is demanded where a value is None or empty.

    ``must_detect`` are names of incidents. ``max_delay`` (seconds) holds for these, or for all incidents
    where none is named: one that is missed is not found in time.
    """

    max_pages_per_week: float | None = None
    must_detect: frozenset[str] = frozenset()
    max_delay: int | None = None
    max_time_in_alarm: float | None = None
    """A share of the time outside of incidents."""

    def __bool__(self) -> bool:
        return self != Budget()

    def demands(self, incident: Incident) -> bool:
        """Whether the incident has to be detected."""
        return incident.name in self.must_detect or (self.max_delay is not None and not self.must_detect)

    def breaks(self, score: Score, incidents: Sequence[Incident], coverage: Coverage) -> Iterator[str]:
        """What a setting breaks, a sentence each; nothing where it keeps the budget."""
        if self.max_pages_per_week is not None:
            weekly = coverage.per_week(score.alarms)
            if weekly is None:
                yield "there was no log at all, so nothing shows how many pages a week there are"
            elif weekly > self.max_pages_per_week:
                yield f"{weekly:.1f} pages a week are more than {self.max_pages_per_week:g}"
        if self.max_time_in_alarm is not None and score.blind_share > self.max_time_in_alarm:
            most = percent(self.max_time_in_alarm)
            yield f"in ALARM for {percent(score.blind_share)} of the time outside of incidents, more than {most}"
        for incident, delay in zip(incidents, score.delays, strict=True):
            if not self.demands(incident):
                continue
            if delay is None:
                yield f"{incident.name} is missed"
            elif self.max_delay is not None and delay > self.max_delay:
                yield f"{incident.name} is detected after {_exact(delay)}, later than {_exact(self.max_delay)}"


def _exact(seconds: int) -> str:
    """``6 min``, ``10 s``, ``1 min 30 s``."""
    minutes, rest = divmod(seconds, 60)
    parts = [f"{minutes} min"] * (minutes > 0) + [f"{rest} s"] * (rest > 0 or not minutes)
    return " ".join(parts)
