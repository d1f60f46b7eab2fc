"""Whether the evidence carries a choice: in come ranked settings, out goes how the choice does where it was not made.

The claim: nothing here is measured on what the setting was chosen on. Weeks and incidents are left out one at a time,
the best of the rest is taken, and what was left out judges it. Days are drawn again with all that lies in them
(a block bootstrap with a fixed seed), and incidents are moved to all other times.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from detector.alarm.values import DAY
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.draws import FEWEST_DAYS, at_least, drawn_days
from detector.jobs.backtest.grid import Key
from detector.jobs.backtest.incidents import Incident
from detector.jobs.backtest.scores import Score, week_of
from detector.jobs.backtest.sweep import Cell
from detector.quantities import count

FEWEST_WEEKS, FEWEST_INCIDENTS = 2, 3
"""Of fewer, none can be left out."""
_CHANCE = 0.05
# Bits of a key: missed incidents, those that are found too late, pages.
_LATE, _MISSED, _KEY = 32, 48, 8


@dataclass(frozen=True, slots=True)
class Held:
    """What was left out and scored: by the setting that was chosen on the rest, by the present one, by none at all.

    ``missed`` are the names of incidents; without any alarm, ``incidents`` are missed and nothing pages. ``settings``
    are the different settings that were chosen.
    """

    parts: int
    incidents: int
    pages: int
    missed: tuple[str, ...]
    present_pages: int
    present_missed: tuple[str, ...]
    settings: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best setting beside the figures that it was chosen by.

    ``wins``: in which share of the draws no setting does better; None where no draw can tell. ``plateau``: the settings
    that miss as much and keep the limits as well, with no more pages in one draw of twenty or more. ``by_chance``: how
    many of the incidents would be detected if they had been at any other time, whoever paged. ``lacking``: what the
    evidence does not carry, and what would; empty where it carries the choice.
    """

    weeks: Held | None = None
    incidents: Held | None = None
    wins: float | None = None
    plateau: tuple[Key, ...] = ()
    by_chance: float | None = None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """The candidates, the best first, the present setting, the incidents, and how soon is soon enough (seconds).

    ``best`` ranks the candidates by some of the incidents and the pages that a function counts.
    """

    candidates: Sequence[Cell]
    present: Cell
    incidents: Sequence[Incident]
    coverage: Coverage
    grace: int
    soon: int
    best: Callable[[Sequence[int], Callable[[Score], int]], Cell]

    def evidence(self) -> Evidence:
        """All of it."""
        leader = self.candidates[0]
        draws = Draws.of(self)
        incidents = bool(self.incidents)
        found = Evidence(
            weeks=self._weeks() if incidents else None,
            incidents=self._incidents() if incidents else None,
            wins=draws.wins() if incidents else None,
            plateau=draws.plateau(),
            by_chance=sum(chances(self, leader)) if incidents else None,
        )
        lacking = () if leader.current else tuple(self._lacking(found))
        return Evidence(found.weeks, found.incidents, found.wins, found.plateau, found.by_chance, lacking)

    def _weeks(self) -> Held | None:
        """Each week left out in turn."""
        weeks = self.coverage.calendar
        if len(weeks) < FEWEST_WEEKS:
            return None
        everyone, folds = range(len(self.incidents)), []
        for week in weeks:
            out = [place for place in everyone if week_of(self.incidents[place].start) == week]
            rest = [place for place in everyone if place not in out]
            if rest:
                folds.append((out, rest, _pages_of_week(week)))
        return self._held(folds)

    def _incidents(self) -> Held | None:
        """Each incident left out in turn, with the pages that belong to it."""
        everyone = range(len(self.incidents))
        if len(everyone) < FEWEST_WEEKS:
            return None
        return self._held(
            [([one], [place for place in everyone if place != one], _pages_for(one)) for one in everyone]
        )

    def _held(self, folds: Sequence[tuple[list[int], list[int], Callable[[Score], int]]]) -> Held | None:
        if not folds:
            return None
        pages, present_pages, missed, present_missed, settings = 0, 0, [], [], set()
        for out, rest, inside in folds:
            chosen = self.best(rest, _others(inside))
            settings.add(chosen.key)
            pages += inside(chosen.score)
            present_pages += inside(self.present.score)
            missed += [self.incidents[one].name for one in out if chosen.score.delays[one] is None]
            present_missed += [
                self.incidents[one].name for one in out if self.present.score.delays[one] is None
            ]
        scored = sum(len(out) for out, *_ in folds)
        return Held(
            len(folds), scored, pages, tuple(missed), present_pages, tuple(present_missed), len(settings)
        )

    def _lacking(self, found: Evidence) -> Iterator[str]:
        coverage = self.coverage
        if coverage.weeks < FEWEST_WEEKS:
            yield (
                f"{coverage.length} with the trail on are too few: {FEWEST_WEEKS} weeks or more would let a week judge "
                "what was chosen on the others"
            )
        if not self.incidents:
            return
        # What no setting detects tells none from another.
        told = sum(any(delays) for delays in zip(*map(self._detects, self.candidates), strict=True))
        if told < FEWEST_INCIDENTS:
            yield (
                f"{count(told, 'incident')} that a setting detects cannot show it: {FEWEST_INCIDENTS} or more would let "
                "one judge what was chosen on the others"
            )
        for what, held in (("week", found.weeks), ("incident", found.incidents)):
            if held is not None and len(held.missed) > len(held.present_missed):
                yield (
                    f"chosen without the {what} that it is scored on, it misses {len(held.missed)} of {held.incidents} "
                    f"({', '.join(held.missed)}; the present setting: {len(held.present_missed)}): more incidents of "
                    "that kind would show which settings hold"
                )
        yield from self._luck()

    @staticmethod
    def _detects(cell: Cell) -> list[bool]:
        return [delay is not None for delay in cell.score.delays]

    def _luck(self) -> Iterator[str]:
        """Whether as many incidents would be detected wherever they were; one that says whose it is cannot be luck."""
        leader = self.candidates[0]
        found = [
            (chance, delay is not None)
            for chance, delay, one in zip(
                chances(self, leader), leader.score.delays, self.incidents, strict=True
            )
            if not one.is_scoped
        ]
        detected = sum(hit for _, hit in found)
        if (
            found
            and len(found) == len(self.incidents)
            and at_least(detected, [c for c, _ in found]) > _CHANCE
        ):
            expected = sum(chance for chance, _ in found)
            yield (
                f"{detected} of {len(found)} incidents are detected, and {expected:.1f} would be by chance: incidents with a "
                "principal, an address or a pattern, or more of them, would tell the two apart"
            )


@dataclass(frozen=True, slots=True)
class Draws:
    """Days drawn again: a packed number for each draw, with a key for each candidate in it.

    A key has the missed incidents in its highest bits, then those that are found too late, then the pages, so that the
    lowest key does best, and keys of days add up.
    """

    trial: Trial
    keys: Sequence[memoryview] = ()
    told: Sequence[bool] = field(default=())

    @classmethod
    def of(cls, trial: Trial) -> Draws:
        """The draws, each as many days as there are."""
        days = sorted({*trial.coverage.days, *(one.start // DAY for one in trial.incidents)})
        if len(days) < FEWEST_DAYS:
            return cls(trial)
        place = {day: number for number, day in enumerate(days)}
        columns = [array("Q", bytes(_KEY * len(trial.candidates))) for _ in days]
        for number, cell in enumerate(trial.candidates):
            for day, pages in cell.score.by_day:
                if day in place:
                    columns[place[day]][number] += pages
            for one, delay in zip(trial.incidents, cell.score.delays, strict=True):
                late = 1 << _MISSED if delay is None else (delay > trial.soon) << _LATE
                columns[place[one.start // DAY]][number] += late
        packed = [int.from_bytes(column.tobytes(), "little") for column in columns]
        holding = {place[one.start // DAY] for one in trial.incidents}
        keys, told, size = [], [], _KEY * len(trial.candidates)
        for drawn in drawn_days(len(days)):
            total = sum(packed[day] * times for day, times in drawn.items())
            keys.append(memoryview(total.to_bytes(size, "little")).cast("Q"))
            told.append(not holding.isdisjoint(drawn))
        return cls(trial, keys, told)

    def wins(self) -> float | None:
        """In which share of the draws that hold an incident nothing does better than the first candidate."""
        counted = [keys[0] <= min(keys) for keys, told in zip(self.keys, self.told, strict=True) if told]
        return sum(counted) / len(counted) if counted else None

    def plateau(self) -> tuple[Key, ...]:
        """The candidates as good as the first one, which is among them."""
        soon, (first, *_) = self.trial.soon, self.trial.candidates
        mask, enough = (1 << _LATE) - 1, _CHANCE * len(self.keys)
        found = []
        for number, cell in enumerate(self.trial.candidates):
            if _found(cell.score, soon) == _found(first.score, soon):
                fewer = sum((keys[number] & mask) <= (keys[0] & mask) for keys in self.keys)
                if fewer >= enough if self.keys else cell.score.alarms <= first.score.alarms:
                    found.append(cell.key)
        return tuple(found)


def chances(trial: Trial, cell: Cell) -> list[float]:
    """For each incident, at which share of all times it would be detected by a page, whoever paged."""
    first, last = trial.coverage.extent
    length = max(1, last - first)
    pages = [start for start in cell.score.starts if first <= start < last]
    if not pages:
        return [0.0] * len(trial.incidents)
    # The time before each page until the one before it; before the first one, that since the last.
    gaps = [later - before for before, later in zip([pages[-1] - length, *pages], pages, strict=False)]
    spans = [end - start for start, end in (one.span(trial.grace) for one in trial.incidents)]
    return [sum(min(span, gap) for gap in gaps) / length for span in spans]


def _found(score: Score, soon: int) -> tuple[int, int]:
    return score.missed, score.late(soon)


def _others(pages: Callable[[Score], int]) -> Callable[[Score], int]:
    return lambda score: score.alarms - pages(score)


def _pages_of_week(week: int) -> Callable[[Score], int]:
    return lambda score: dict(score.by_week).get(week, 0)


def _pages_for(incident: int) -> Callable[[Score], int]:
    return lambda score: len(score.pages[incident])
