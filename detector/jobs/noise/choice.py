"""Which exclusions to take: candidates in, the cheapest set that keeps the budget out, none of which hides an incident.

All sets of at most `MOST` callers are tried, since neither pages nor budgets add up: without one of two noisy roles
there may be more pages than with both. The claim: every set is measured by the alarm's own evaluation, and nobody who is
not steady is ever chosen, because a burst may be what the alarm is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from detector.jobs.noise.effects import Effect
from detector.jobs.noise.exclusions import Exclusion
from detector.jobs.reading import Matched

if TYPE_CHECKING:
    import polars as pl

    from detector.jobs.noise.makers import Maker

_PLACE = ("source", "position", "filter")
MOST = 8
"""Callers of whom every set is tried: those with the most matches."""
LEAST = 0.05
"""The share of matches from which on somebody is left out without a budget that asks for it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An exclusion, who would be left out, and what it alone would do; ``hidden`` names incidents that it hides."""

    exclusion: Exclusion
    maker: Maker
    effect: Effect
    hidden: tuple[str, ...]
    guarded: bool
    """Whether it has a NOT EXISTS, because a record may lack the member."""


def chosen(
    candidates: Sequence[Candidate],
    present: Effect,
    measured: Callable[[Sequence[Candidate]], Effect | None],
    most: float | None,
) -> tuple[Candidate, ...]:
    """The fewest that leave at most ``most`` pages, of those that leave out the fewest matches; if none do, the best.

    Without a budget as many as possible, of those with at least `LEAST` of the matches. A set that leaves nothing to
    match is never chosen. ``measured`` gives the effect of several, None where they cannot stand together.
    """
    if most is not None and present.pages <= most:
        return ()
    able = sorted(_able(candidates), key=lambda one: -one.maker.matches)
    able = [one for one in able if most is not None or one.maker.share >= LEAST][:MOST]
    # Without a match the alarm is not quieter but off, and whatever it was there for would go with the noise.
    found = [
        (some, effect)
        for some, effect in _sets(able, measured)
        if effect.matches and not effect.hidden_from(present)
    ]
    if most is None:
        return max(found, key=lambda each: (len(each[0]), -each[1].pages), default=((), present))[0]
    keeping = [each for each in found if each[1].pages <= most]
    if keeping:
        return min(keeping, key=lambda each: (len(each[0]), -each[1].matches, each[1].pages))[0]
    better = [each for each in found if each[1].pages < present.pages]
    return min(better, key=lambda each: (each[1].pages, len(each[0])), default=((), present))[0]


def _able(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Steady ones that hide nothing; a single call only of somebody who cannot be left out as a whole."""
    whole = {
        one.exclusion.members[0] for one in candidates if len(one.exclusion.members) == 1 and not one.hidden
    }
    for one in candidates:
        alone = len(one.exclusion.members) == 1 or one.exclusion.members[0] not in whole
        if one.maker.steady and not one.hidden and alone:
            yield one


def _sets(
    able: Sequence[Candidate], measured: Callable[[Sequence[Candidate]], Effect | None]
) -> Iterator[tuple[tuple[Candidate, ...], Effect]]:
    for size in range(1, len(able) + 1):
        for some in combinations(able, size):
            if (effect := measured(some)) is not None:
                yield some, effect


def gone(present: Matched, without: Matched) -> pl.DataFrame:
    """The places of matches that there are no more."""
    return present.matches.select(_PLACE).join(without.matches.select(_PLACE), on=_PLACE, how="anti")


def are_apart(frames: Sequence[pl.DataFrame]) -> bool:
    """Whether no record is left out by two exclusions, so that their changes add up."""
    return all(not len(one.join(other, on=_PLACE, how="semi")) for one, other in combinations(frames, 2))


def samples_without(present: pl.DataFrame, alone: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The samples with several exclusions that are apart, by those with each alone: its own go, and its defaults come."""
    import polars as pl  # noqa: PLC0415 - polars loads while the archive is scanned

    less = present.with_columns(samples=-pl.col("samples") * (len(alone) - 1))
    counted = pl.concat([less, *alone]).group_by("minute", "value").agg(pl.col("samples").sum())
    return counted.filter(pl.col("samples") > 0).sort("minute", "value")
