"""A bucket and a prefix in, the objects below it that can hold records of a selection out; nothing is read.

Claim: every object that a folder of the same files would give is given, but what lies in the folder of an account,
a region or days that are not asked for, or of another service, which is not listed: such folders are counted by kind.
A page of keys is asked for first, and only where there are more is the prefix split into its folders, which are
listed at once: small prefixes cost one request, large ones are pruned and listed by many.
"""

from __future__ import annotations

import difflib
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from detector.archive import bucket
from detector.archive.access import S3, split
from detector.archive.layout import NOT_A_LOG, days_of_folder, log_suffix, partitions, place_of_folder
from detector.archive.problem import Problem, ProblemKind
from detector.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from detector.archive.access import Access
    from detector.archive.selection import Selection

PAGE = 1000
FEW = 100
"""Folders into which a prefix of an unknown layout is split at most."""
AT_ONCE = 32
"""Requests that are under way."""
HOMES = frozenset({"us-east-1", "us-gov-west-1", "cn-north-1", "cn-northwest-1"})
"""Regions of the events of global services, which lie in the files of other regions."""
_EPOCH = date(1970, 1, 1)


class Entry(NamedTuple):
    """One object of a listing: its path, its size, and its ETag as it was listed."""

    path: str
    size: int
    etag: str


@dataclass(slots=True)
class Listing:
    """What was listed below a prefix, the folders that were not, by kind, and what could not be."""

    access: Access
    entries: list[Entry] = field(default_factory=list)
    folders: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    is_object: bool = False
    """Whether it is the object itself that was named."""


def listed(path: str, selection: Selection, access: Access) -> Listing:
    """What lies below ``s3://bucket/prefix``, or is that object; `ArchiveError` where there is nothing of that name."""
    name, key = split(path)
    prefix = key.rstrip("/")
    if not name:
        raise ArchiveError(path, "expected a bucket: s3://BUCKET/PREFIX")
    search = _Search(name, selection, bucket.resolved(access, name))
    try:
        if log_suffix(prefix.rpartition("/")[2]) and search.object(prefix):
            return search.found
        search.run(prefix)
        if prefix and not search.found.entries and not search.exists(prefix) and not search.object(prefix):
            raise ArchiveError(path, f"no such object or prefix{search.instead(prefix)}")
    except bucket.errors() as error:
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(path, bucket.sentence_of_listing(error, name, search.found.access)) from None
    return search.found


def edge(path: str, selection: Selection, access: Access, *, newest: bool) -> date | None:
    """The last (or the first) day that there is a folder of; None where no folder is of days. `ArchiveError`.

    Of the folders of years, months and days only the last (or the first) is looked into.
    """
    name, prefix = split(path)
    search = _Search(name, selection, bucket.resolved(access, name))
    days: list[date] = []
    waiting = [prefix.rstrip("/")]
    try:
        with ThreadPoolExecutor(AT_ONCE, "detector-s3-list") as threads:
            while waiting:
                levels = [sorted(search.wanted(each)) for each in threads.map(search.folders, waiting)]
                waiting = [one for level in levels for one in search.at_edge(level, newest=newest)]
                days += [day for one in waiting if (day := place_of_folder(search.root + one).day)]
                waiting = [one for one in waiting if not place_of_folder(search.root + one).day]
    except bucket.errors() as error:
        raise (
            error
            if isinstance(error, ArchiveError)
            else ArchiveError(path, bucket.sentence_of_listing(error, name, search.found.access))
        ) from None
    return (max if newest else min)(days, default=None)


class _Search:
    """One prefix of a bucket; pages are asked for by many threads, and taken by one."""

    def __init__(self, name: str, selection: Selection, access: Access) -> None:
        self.root = f"{S3}{name}/"
        self.selection = selection
        self.store = bucket.store_of(access, name)
        self.found = Listing(access)

    def run(self, prefix: str) -> None:
        """List the prefix; what goes wrong with the whole of it is raised, with a part of it a problem."""
        with ThreadPoolExecutor(AT_ONCE, "detector-s3-list") as threads:
            todo: dict[Future[_Found], str] = {threads.submit(self._list, prefix): prefix}
            while todo:
                done, _ = wait(todo, return_when=FIRST_COMPLETED)
                for one in done:
                    below = todo.pop(one)
                    try:
                        found = one.result()
                    except bucket.errors() as error:
                        if below == prefix:
                            raise
                        told = bucket.sentence(error, split(self.root)[0], self.found.access)
                        reason = f"cannot be looked at: {told}"
                        self.found.problems.append(Problem(self.root + below, ProblemKind.UNREADABLE, reason))
                        continue
                    self.found.entries += found.entries
                    todo |= {threads.submit(self._list, each): each for each in self.wanted(found.folders)}

    def object(self, key: str) -> bool:
        """Take the object of this very name, if there is one."""
        import obstore  # noqa: PLC0415 - an extra

        try:
            self.found.entries += self._entries([obstore.head(self.store, key)])
        except FileNotFoundError:
            return False
        self.found.is_object = True
        return True

    def exists(self, prefix: str) -> bool:
        """Whether there is any key below a prefix, asked for or not."""
        import obstore  # noqa: PLC0415 - an extra

        return bool(self.found.folders) or any(obstore.list(self.store, prefix, chunk_size=1))

    def _list(self, prefix: str) -> _Found:
        """A prefix that has up to a page of keys, or that cannot be split, as a whole; else what is right below it."""
        import obstore  # noqa: PLC0415 - an extra
        from obstore.exceptions import InvalidPathError  # noqa: PLC0415 - the same

        pages = obstore.list(self.store, prefix or None, offset=self._start(prefix), chunk_size=PAGE)
        try:
            first = next(iter(pages), [])
        except InvalidPathError:  # of one key, which may lie in one folder of many
            level = obstore.list_with_delimiter(self.store, prefix or None)
            return _Found(self._entries(level["objects"]), level["common_prefixes"])
        inside = len(prefix) + 1 if prefix else 0
        if len(first) == PAGE and "/" in first[-1]["path"][inside:] and not self._is_past(prefix, first[-1]):
            level = obstore.list_with_delimiter(self.store, prefix or None)
            folders = level["common_prefixes"]
            if len(folders) <= FEW or any(_is_known(self.root + one) for one in folders[:FEW]):
                return _Found(self._entries(level["objects"]), folders)
        return _Found([*self._entries(first), *self._rest(prefix, first, pages)], [])

    def _rest(self, prefix: str, page: Sequence[Any], pages: Iterable[Sequence[Any]]) -> Iterator[Entry]:
        """The keys of all further pages, as far as the days asked for go."""
        while len(page) == PAGE and not self._is_past(prefix, page[-1]):
            page = next(iter(pages), [])
            yield from self._entries(page)

    def _start(self, prefix: str) -> str | None:
        """The key behind which the first day that is asked for begins, in the folder of a trail's region."""
        if self.selection.start is None or not self._is_region(prefix):
            return None
        before = _EPOCH + timedelta(seconds=self.selection.start) - timedelta(days=1)
        return f"{prefix}/{before:%Y/%m/%d}/~"

    def _is_past(self, prefix: str, last: Any) -> bool:
        """Whether the days asked for end before a key in the folder of a trail's region."""
        if self.selection.end is None or not self._is_region(prefix):
            return False
        day = place_of_folder(self.root + last["path"].rpartition("/")[0]).day
        return day is not None and day > _EPOCH + timedelta(seconds=self.selection.end, days=1)

    def _is_region(self, prefix: str) -> bool:
        place = place_of_folder(self.root + prefix)
        is_trail = place.trail and not partitions(prefix)
        return is_trail and place.region is not None and prefix.endswith(f"/{place.region}")

    def folders(self, prefix: str) -> list[str]:
        """The folders right below a prefix; none where there are too many of an unknown layout."""
        import obstore  # noqa: PLC0415 - an extra

        found = list(obstore.list_with_delimiter(self.store, prefix or None)["common_prefixes"])
        return found if len(found) <= FEW or any(_is_known(self.root + one) for one in found[:FEW]) else []

    def at_edge(self, folders: list[str], *, newest: bool) -> list[str]:
        """Of folders of days the last (or the first), and all others; those of digests and the like tell nothing."""
        logs = [one for one in folders if not place_of_folder(self.root + one).kind]
        of_days = [one for one in logs if days_of_folder(self.root + one)]
        return [*(one for one in logs if one not in of_days), *(of_days[-1:] if newest else of_days[:1])]

    def wanted(self, folders: Iterable[str]) -> Iterable[str]:
        """The folders that can hold what is asked for; the others are counted."""
        for folder in folders:
            kind = self._unwanted(self.root + folder)
            if kind:
                self.found.folders[kind] += 1
            else:
                yield folder

    def _unwanted(self, folder: str) -> str:
        chosen, place = self.selection, place_of_folder(folder)
        if place.kind == NOT_A_LOG:
            return "folder of another service"
        if chosen.accounts and place.account and place.account not in chosen.accounts:
            return "folder of another account"
        if chosen.regions and place.region and not chosen.regions & {place.region, *HOMES}:
            return "folder of another region"
        days = days_of_folder(folder)
        return "" if days is None or chosen.may_hold(*days) else "folder of other days"

    def _entries(self, objects: Iterable[Any]) -> list[Entry]:
        return [Entry(self.root + one["path"], one["size"], one["e_tag"] or "") for one in objects]

    def instead(self, key: str) -> str:
        """What was probably meant by a name that does not exist."""
        import obstore  # noqa: PLC0415 - an extra

        above, _, name = key.rpartition("/")
        level = obstore.list_with_delimiter(self.store, above or None)
        names = [*level["common_prefixes"], *(one["path"] for one in level["objects"])]
        close = difflib.get_close_matches(name, [one.rpartition("/")[2] for one in names], n=1)
        return f"; did you mean {self.root}{f'{above}/' if above else ''}{close[0]}?" if close else ""


class _Found(NamedTuple):
    """The keys of one request or more, and the folders that are still to be listed."""

    entries: list[Entry]
    folders: Sequence[str]


def _is_known(folder: str) -> bool:
    """Whether a folder is one of a layout in which it can be told what is in it."""
    place = place_of_folder(folder)
    return place.trail or bool(place.kind) or "/AWSLogs/" in folder
