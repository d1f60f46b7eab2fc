"""Event names that belong together, and what a list of some of them leaves out.

In: ``families.tsv``, which names its sources. Out: `Family`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from detector.cloudtrail.operations import table


@dataclass(frozen=True, slots=True)
class Family:
    """Operations of one service with one effect; ``later`` are those that the benchmark's own list lacks.

    ``control`` is the shipped detection whose list it is, empty where it is none.
    """

    name: str
    source: str
    effect: str
    members: tuple[str, ...]
    later: frozenset[str]
    control: str = ""


@functools.cache
def families() -> tuple[Family, ...]:
    """Every family, the smaller ones first."""
    found = [_family(*row) for row in table("families.tsv")]
    return tuple(sorted(found, key=lambda family: len(family.members)))


@functools.cache
def prescribed() -> tuple[frozenset[str], ...]:
    """The lists of event names that the benchmark's own controls have."""
    return tuple(frozenset(one.members) - one.later for one in families() if one.control)


def _family(name: str, source: str, effect: str, listed: str, control: str = "") -> Family:
    later = frozenset(one.removeprefix("+") for one in listed.split() if one.startswith("+"))
    members = tuple(one.removeprefix("+") for one in listed.split())
    return Family(name, source, effect, members, later, control)
