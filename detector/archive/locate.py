"""What the user named in, the sources to read out; nothing is opened.

Claim: the answer is the same whatever the order of the names and of the folders' entries; every file
that lies under a name is either in ``files``, counted in ``left_out`` or named in ``problems``.
Layout: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

# ruff: noqa: PTH100, PTH110, PTH114, PTH116, PTH118, PTH119, PTH120, PTH208 - paths stay the text that was typed
from __future__ import annotations

import os
import stat
from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import force_setattr

from detector.archive.access import ACCESS, S3, Access
from detector.archive.layout import NOT_A_LOG, NOWHERE, Place, log_suffix, place_of_file, place_of_folder
from detector.archive.problem import Problem, ProblemKind
from detector.archive.remote import Object
from detector.archive.selection import EVERYTHING, Selection
from detector.archive.source import STANDARD_INPUT, Source, StandardInput
from detector.errors import ArchiveError
from detector.quantities import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BY_NAME, _BY_PATH = attrgetter("name"), attrgetter("path")


class Located(Struct, frozen=True):
    """The log files sorted by path and each once, what was left out by kind, and what could not be looked at.

    The kinds: ``digest``, ``insight``, ``aggregated``, ``other day``, ``other account``, ``not a log file``; in S3 also
    folders that were not listed (`listing`).
    ``digests`` are the hours (since 1970) of the digest files of what is selected: each ends in the time of its name.
    """

    files: list[Source] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    digests: set[int] = field(default_factory=set)
    digest_files: list[Source] = field(default_factory=list)
    """The digest files themselves, sorted by path; their size is not known."""

    def __repr__(self) -> str:
        return f"<Located: {count(len(self.files), 'file')}>"


def locate(
    paths: Sequence[str],
    selection: Selection = EVERYTHING,
    access: Access = ACCESS,
    listings: dict[str, Any] | None = None,
) -> Located:
    """The log files among ``paths`` and in the folders among them; ``listings`` are those of S3 that are known.

    `ArchiveError` for a path that does not exist. In a folder only the usual suffixes are logs; a file
    named itself is read whatever its suffix and day, but a digest stays a digest.
    """
    search = _Search(selection)
    for path in paths:
        if path.startswith(S3):
            search.bucket(path, access, {} if listings is None else listings)
        else:
            search.named(path)
    return search.located()


class _Search:
    """What was found so far; a real file counts once, under the first of its names in sorted order."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.found: dict[str, Source] = {}
        self.left_out: dict[str, str] = {}
        self.problems: set[Problem] = set()
        self.digests: set[int] = set()
        self.digest_files: dict[str, Source] = {}
        self.folders: Counter[str] = Counter()

    def bucket(self, path: str, access: Access, listings: dict[str, Any]) -> None:
        """Sort in the objects of one path in S3; what a day, an account or a name tells is as for a file."""
        from detector.archive.listing import listed  # noqa: PLC0415 - not before S3 is named

        found = (
            listings[path]
            if path in listings
            else listings.setdefault(path, listed(path, self.selection, access))
        )
        self.problems.update(found.problems)
        self.folders += found.folders
        for entry in found.entries:
            folder, _, name = entry.path.rpartition("/")
            if not entry.size and not log_suffix(name):
                continue  # it stands for a folder
            place = place_of_file(name, place_of_folder(folder))
            kind = self._kind(name, place)
            if found.is_object:
                kind = "" if place.kind == NOT_A_LOG else place.kind or self._unwanted_account(place)
            told = place.account, place.region, place.delivered, place.day
            self._sort_in(
                Object(entry.path, entry.size, *told, etag=entry.etag, access=found.access),
                entry.path,
                place,
                kind,
            )

    def named(self, path: str) -> None:
        if path == STANDARD_INPUT:
            self.found[path] = StandardInput()
            return
        status = _status(path)
        if stat.S_ISDIR(status.st_mode):
            self._tree(path)
            return
        real = os.path.realpath(path)
        folder = _place(os.path.dirname(os.path.abspath(path)), os.path.dirname(real))
        place = place_of_file(os.path.basename(path), folder)
        kind = "" if place.kind == NOT_A_LOG else place.kind or self._unwanted_account(place)
        self._sort_in(_source(path, status.st_size, place), real, place, kind)

    def located(self) -> Located:
        files = sorted(self.found.values(), key=_BY_PATH)
        for number, source in enumerate(files):
            # Nobody else has it yet, and a copy of each takes its time.
            force_setattr(source, "number", number)
        left_out = self.folders + Counter(
            kind for real, kind in self.left_out.items() if real not in self.found
        )
        digest_files = sorted(self.digest_files.values(), key=_BY_PATH)
        return Located(files, left_out, sorted(self.problems), self.digests, digest_files)

    def _tree(self, top: str) -> None:
        """Every folder below ``top`` once, however links lead to it."""
        waiting = [(top, os.path.realpath(top))]
        seen: set[str] = set()
        while waiting:
            path, real = waiting.pop()
            if real not in seen:
                seen.add(real)
                waiting += self._folder(path, real)

    def _folder(self, path: str, real: str) -> list[tuple[str, str]]:
        """Sorts in the files of one folder; the folders in it are returned."""
        place, inside = _place(os.path.abspath(path), real), os.path.join(real, "")
        folders = []
        for entry in self._entries(path):
            try:
                target = os.path.realpath(entry.path) if entry.is_symlink() else inside + entry.name
                if entry.is_dir():
                    folders.append((entry.path, target))
                else:
                    self._file(entry, target, place)
            except OSError as error:
                self._problem(entry.path, error)
        return folders

    def _entries(self, path: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(path) as entries:
                yield from sorted(entries, key=_BY_NAME)
        except OSError as error:
            self._problem(path, error)

    def _file(self, entry: os.DirEntry[str], real: str, folder: Place) -> None:
        place = place_of_file(entry.name, folder)
        kind = self._kind(entry.name, place)
        if not place.kind and not (entry.is_file() or _dangling(entry)):
            kind = NOT_A_LOG
        size = 0 if kind else entry.stat().st_size
        self._sort_in(_source(entry.path, size, place), real, place, kind)

    def _kind(self, name: str, place: Place) -> str:
        if place.kind:
            return place.kind
        if not log_suffix(name):
            return NOT_A_LOG
        return self._unwanted_account(place) or ("" if self.selection.may_hold(place.day) else "other day")

    def _unwanted_account(self, place: Place) -> str:
        wanted = self.selection.accounts
        return "other account" if wanted and place.account and place.account not in wanted else ""

    def _wants(self, place: Place) -> bool:
        regions = self.selection.regions
        return not self._unwanted_account(place) and (not regions or place.region in regions)

    def _sort_in(self, source: Source, real: str, place: Place, kind: str) -> None:
        if kind:
            self.left_out[real] = kind
            if kind == "digest":
                self.digest_files[real] = source
                if place.delivered and self._wants(place):
                    self.digests.add((place.delivered - 1) // 3600)
            return
        known = self.found.get(real)
        if known is None or source.path < known.path:
            self.found[real] = source

    def _problem(self, path: str, error: OSError) -> None:
        dangling = os.path.islink(path) and not os.path.exists(path)
        reason = "a link to nothing" if dangling else f"cannot be looked at: {error.strerror or error}"
        self.problems.add(Problem(path, ProblemKind.UNREADABLE, reason))


def _place(path: str, real: str) -> Place:
    """What the path tells as it is spelled, else what it tells with all links followed."""
    place = place_of_folder(path)
    return place if place != NOWHERE else place_of_folder(real)


def _source(path: str, size: int, place: Place) -> Source:
    return Source(path, size, place.account, place.region, place.delivered, place.day)


def _dangling(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)


def _status(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except FileNotFoundError:
        what = "a link to nothing" if os.path.islink(path) else f"no such file or folder{instead(path)}"
        raise ArchiveError(path, what) from None
    except (OSError, ValueError) as error:
        system = (error.strerror if isinstance(error, OSError) else None) or str(error)
        reason = "no path has a null character" if "\0" in path else system
        raise ArchiveError(path, f"cannot be looked at: {reason}") from None


def instead(path: str) -> str:
    """What was probably meant by a path that does not exist."""
    if path.startswith("~"):
        return ": a shell replaces ~ only where it stands without quotes"
    if path.lstrip().startswith("{"):
        return ": this looks like a pattern, and the pattern comes before the paths"
    folder, name = os.path.split(path.rstrip("/"))
    try:
        from difflib import get_close_matches  # noqa: PLC0415 - not before something is wrong

        close = get_close_matches(name, os.listdir(folder or "."), n=1)
    except (OSError, ValueError):
        return ""
    return f"; did you mean {os.path.join(folder, close[0])}?" if close else ""
