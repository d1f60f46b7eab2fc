"""Event names that belong together, and what a list of some of them leaves out.

In: ``families.tsv``, which names its sources. Out: `Family`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from detector.cloudtrail.operations import table


@dataclass(frozen=True, slots=True)
class Family:
    """Operations of one service with one effect; ``later`` are those that the benchmark's own list lacks."""

    name: str
    source: str
    effect: str
    members: tuple[str, ...]
    later: frozenset[str]


@functools.cache
def families() -> tuple[Family, ...]:
    """Every family, the smaller ones first."""
    found = [_family(*row) for row in table("families.tsv")]
    return tuple(sorted(found, key=lambda family: len(family.members)))


def _family(name: str, source: str, effect: str, listed: str) -> Family:
    later = frozenset(one.removeprefix("+") for one in listed.split() if one.startswith("+"))
    return Family(name, source, effect, tuple(one.removeprefix("+") for one in listed.split()), later)
