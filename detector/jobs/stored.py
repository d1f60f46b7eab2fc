"""What a store of partial results holds, whether it is sound, and what is removed from it.

In: the folder of a store, and what shall be done with it. Out: a frozen `Stored`. Nothing but ``prune`` changes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.cache.segment import SpoiltError
from detector.cache.store import Store, opened
from detector.jsontext import parse_object

if TYPE_CHECKING:
    from detector.cache.pruning import Pruned


@dataclass(frozen=True, slots=True)
class Holding:
    """What is known of one filter under one kind of pass: of how many files, and how many matches."""

    filter: dict[str, Any]
    """Its pattern, and what its matches publish."""
    settings: dict[str, Any]
    """The clock, and whatever else the results depend on."""
    files: int
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a store holds; ``verified`` is whether every table was compared with its checksum."""

    folder: str
    size: int
    """Bytes on the disk."""
    segments: int
    files: int
    """Different files of which something is known, as they were then."""
    holdings: tuple[Holding, ...]
    versions: tuple[str, ...]
    """Other versions of the package that have kept something, which is not used."""
    spoilt: tuple[tuple[str, str], ...]
    """Segments that are not as they were written, and why."""
    unfinished: int
    """What runs have begun to write: those that go on, and those that were killed."""
    verified: bool
    pruned: Pruned | None


def stored(folder: str, *, verify: bool = False, prune: bool = False) -> Stored:
    """Look into a store; ``prune`` removes what is of no use first. `ArchiveError` if it is none, or is in use."""
    from detector.cache import pruning  # noqa: PLC0415 - polars loads only when needed

    with opened(Path(folder), alone=prune) as store:
        pruned = pruning.prune(store) if prune else None
        return _described(store, pruned, verify=verify or prune)


def _described(store: Store, pruned: Pruned | None, *, verify: bool) -> Stored:
    from detector.cache.frames import TABLES, table  # noqa: PLC0415 - polars loads only when needed
    from detector.cache.pruning import size  # noqa: PLC0415 - the same

    found = store.contents()
    sound, spoilt, keys = [], list(found.spoilt), set[bytes]()
    by_filter: defaultdict[tuple[str, str], set[bytes]] = defaultdict(set)
    matches: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in found.segments:
        try:
            files = set(table(one, "files", ["key"])["key"])
            hits = table(one, "hits", ["filter"])["filter"].value_counts()
            for name in TABLES if verify else ():
                table(one, name)
        except SpoiltError as error:
            spoilt.append((one.folder.name, error.reason))
            continue
        sound.append(one)
        keys |= files
        counted = dict(hits.iter_rows())
        for place, told in enumerate(one.filters):
            by_filter[told, one.settings] |= files
            matches[told, one.settings] += counted.get(place, 0)
    return Stored(
        folder=str(store.folder),
        size=size(store),
        segments=len(sound),
        files=len(keys),
        holdings=tuple(_holdings(by_filter, matches)),
        versions=tuple(sorted({one.version for one in found.foreign})),
        spoilt=tuple(sorted(spoilt)),
        unfinished=found.unfinished,
        verified=verify,
        pruned=pruned,
    )


def _holdings(
    by_filter: dict[tuple[str, str], set[bytes]], matches: dict[tuple[str, str], int]
) -> Iterable[Holding]:
    for told, settings in sorted(by_filter):
        key = told, settings
        yield Holding(
            parse_object(told) or {}, parse_object(settings) or {}, len(by_filter[key]), matches[key]
        )
