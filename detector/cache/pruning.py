"""What is of no use in a store is removed, and small segments become large ones.

In: a store that nobody else uses. Out: how much was removed. Claim: what is asked afterwards of files that are as they
were is known as before; whenever this is killed, nothing is lost but what was of no use, and nothing counts twice.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from detector.archive.source import version_of
from detector.cache.frames import contents, restricted, stacked, table
from detector.cache.segment import Segment, SpoiltError
from detector.cache.store import Store, remove

LARGE = 64 << 20
"""Bytes from which on a segment is left as it is, unless files in it are gone."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: whole segments that could not be used, and what was known of files that are not there any more."""

    segments: int
    files: int
    before: int
    after: int
    """Bytes of the store."""


def prune(store: Store) -> Pruned:
    """Remove what is of no use; OSError where something cannot be removed or written."""
    before = size(store)
    found = store.contents()
    useless = [one.folder for one in found.foreign] + [store.segments / name for name, _ in found.spoilt]
    for entry in store.leftovers():
        shutil.rmtree(entry)
    alike: defaultdict[tuple[object, ...], list[Segment]] = defaultdict(list)
    for one in found.segments:
        try:
            for name in one.checksums:
                table(one, name)
        except SpoiltError:
            useless.append(one.folder)
        else:
            alike[one.settings, one.filters, one.counts].append(one)
    for folder in useless:
        remove(folder)
    files = sum(_merged(store, group) for some in alike.values() for group in _groups(some))
    return Pruned(len(useless), files, before, size(store))


def size(store: Store) -> int:
    """Bytes of everything in it."""
    return sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file())


def _groups(segments: Iterable[Segment]) -> Iterable[list[Segment]]:
    """Segments to be made one, which is no larger than need be."""
    group: list[Segment] = []
    room = LARGE
    for one in segments:
        if group and one.size > room:
            yield group
            group, room = [], LARGE
        group.append(one)
        room -= one.size
    if group:
        yield group


def _merged(store: Store, segments: Sequence[Segment]) -> int:
    """Make one segment of some, with each file that is still there once; returned is how many files are not."""
    parts = [{name: table(one, name) for name in ("files", "hits", "misses")} for one in segments]
    every = stacked(parts)
    there = _are_there(every["files"].with_row_index("row"))
    first = there.unique("key", keep="first", maintain_order=True)
    known = every["files"]["key"].n_unique()
    if len(segments) == 1 and len(first) == len(every["files"]):
        return 0
    kept = restricted(every, first["row"])
    one = segments[0]
    if len(kept["files"]):
        header: Mapping[str, object] = {
            "settings": one.settings,
            "filters": list(one.filters),
            "counts": one.counts,
            "files": len(kept["files"]),
            "matches": len(kept["hits"]),
        }
        store.add(header, contents(kept))
    for each in segments:
        remove(each.folder)
    return known - len(first)


def _are_there(files: pl.DataFrame) -> pl.DataFrame:
    """Those that are as they were, as far as it can be seen without asking anybody over a network."""
    return files.filter(
        pl.Series(
            [
                "://" in path or _is_same(path, version)
                for path, version in files.select("path", "version").iter_rows()
            ],
            dtype=pl.Boolean,
        )
    )


def _is_same(path: str, version: str) -> bool:
    try:
        return version_of(path) == version
    except (OSError, ValueError):
        return False
