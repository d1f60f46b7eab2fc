"""What the user named in, the sources to read out; nothing is opened.

Claim: the answer is the same whatever the order of the names and of the folders' entries; every file
that lies under a name is either in ``files``, counted in ``left_out`` or named in ``problems``.
Layout: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

# ruff: noqa: PTH100, PTH110, PTH114, PTH116, PTH118, PTH119, PTH120, PTH208 - paths stay the text that was typed
from __future__ import annotations

import difflib
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detector.archive.layout import NOT_A_LOG, NOWHERE, Place, log_suffix, place_of_file, place_of_folder
from detector.archive.log_group import account_of, region_of
from detector.archive.problem import Problem, ProblemKind
from detector.archive.source import STANDARD_INPUT, Source, StandardInput
from detector.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

_DAY = 86_400
_EPOCH = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records are asked for: empty sets and None ask for all; ``start`` <= epoch second < ``end``."""

    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    start: int | None = None
    end: int | None = None

    def shifted(self, seconds: int) -> Selection:
        """The same records for a clock that shows other times: ``seconds`` later, or earlier if negative."""
        start = None if self.start is None else self.start + seconds
        end = None if self.end is None else self.end + seconds
        return Selection(self.accounts, self.regions, start, end)

    @property
    def asks_time(self) -> bool:
        """Whether a record needs a time to be selected."""
        return self.start is not None or self.end is not None

    def may_hold(self, day: date | None) -> bool:
        """Whether a file delivered on ``day`` can hold a record of the time asked for.

        A record is delivered at or after its time, by the end of the next day at the latest.
        """
        if day is None:
            return True
        number = day.toordinal() - _EPOCH
        after_start = self.start is None or number >= self.start // _DAY
        return after_start and (self.end is None or number <= self.end // _DAY + 1)


@dataclass(frozen=True, slots=True)
class Located:
    """The log files sorted by path and each once, what was left out by kind, and what could not be looked at.

    The kinds: ``digest``, ``insight``, ``aggregated``, ``other day``, ``other account``, ``not a log file``.
    ``digests`` are the hours (since 1970) of the digest files of what is selected: each ends in the time of its name.
    """

    files: list[Source] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    digests: set[int] = field(default_factory=set)


EVERYTHING = Selection()


def locate(paths: Sequence[str], selection: Selection = EVERYTHING) -> Located:
    """The log files among ``paths`` and in the folders among them.

    `ArchiveError` for a path that does not exist. In a folder only the usual suffixes are logs; a file
    named itself is read whatever its suffix and day, but a digest stays a digest.
    """
    search = _Search(selection)
    for path in paths:
        search.named(path)
    return search.located()


def takes(selection: Selection, file: Source, record: dict[str, Any] | None) -> bool:
    """Whether a record is of an account and a region asked for; the time is the caller's, who has a clock."""
    if selection.accounts and account_of(file, record) not in selection.accounts:
        return False
    return not selection.regions or region_of(file, record) in selection.regions


class _Search:
    """What was found so far; a real file counts once, under the first of its names in sorted order."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.found: dict[str, Source] = {}
        self.left_out: dict[str, str] = {}
        self.problems: set[Problem] = set()
        self.digests: set[int] = set()

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
        self._sort_in(path, real, status.st_size, place, kind)

    def located(self) -> Located:
        files = sorted(self.found.values(), key=lambda source: source.path)
        for number, source in enumerate(files):
            object.__setattr__(
                source, "number", number
            )  # nobody else has it yet, and a copy of each takes its time
        left_out = Counter(kind for real, kind in self.left_out.items() if real not in self.found)
        return Located(files, left_out, sorted(self.problems), self.digests)

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
                yield from sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._problem(path, error)

    def _file(self, entry: os.DirEntry[str], real: str, folder: Place) -> None:
        place = place_of_file(entry.name, folder)
        kind = self._kind(entry, place)
        size = 0 if kind else entry.stat().st_size
        self._sort_in(entry.path, real, size, place, kind)

    def _kind(self, entry: os.DirEntry[str], place: Place) -> str:
        if place.kind:
            return place.kind
        if not log_suffix(entry.name) or not (entry.is_file() or _dangling(entry)):
            return NOT_A_LOG
        return self._unwanted_account(place) or ("" if self.selection.may_hold(place.day) else "other day")

    def _unwanted_account(self, place: Place) -> str:
        wanted = self.selection.accounts
        return "other account" if wanted and place.account and place.account not in wanted else ""

    def _wants(self, place: Place) -> bool:
        regions = self.selection.regions
        return not self._unwanted_account(place) and (not regions or place.region in regions)

    def _sort_in(self, path: str, real: str, size: int, place: Place, kind: str) -> None:
        if kind:
            self.left_out[real] = kind
            if kind == "digest" and place.delivered and self._wants(place):
                self.digests.add((place.delivered - 1) // 3600)
            return
        known = self.found.get(real)
        if known is None or path < known.path:
            self.found[real] = Source(path, size, place.account, place.region, place.delivered, place.day)

    def _problem(self, path: str, error: OSError) -> None:
        dangling = os.path.islink(path) and not os.path.exists(path)
        reason = "a link to nothing" if dangling else f"cannot be looked at: {error.strerror or error}"
        self.problems.add(Problem(path, ProblemKind.UNREADABLE, reason))


def _place(path: str, real: str) -> Place:
    """What the path tells as it is spelled, else what it tells with all links followed."""
    place = place_of_folder(path)
    return place if place != NOWHERE else place_of_folder(real)


def _dangling(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)


def _status(path: str) -> os.stat_result:
    if path.startswith("s3://"):
        raise ArchiveError(
            path, f"lies in S3, from where nothing is read: run aws s3 sync {path} FOLDER, then name FOLDER"
        )
    try:
        return os.stat(path)
    except FileNotFoundError:
        what = "a link to nothing" if os.path.islink(path) else f"no such file or folder{instead(path)}"
        raise ArchiveError(path, what) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ArchiveError(path, f"cannot be looked at: {reason}") from None


def instead(path: str) -> str:
    """What was probably meant by a path that does not exist."""
    if path.startswith("~"):
        return ": a shell replaces ~ only where it stands without quotes"
    if path.lstrip().startswith("{"):
        return ": this looks like a pattern, and the pattern comes before the paths"
    folder, name = os.path.split(path.rstrip("/"))
    try:
        close = difflib.get_close_matches(name, os.listdir(folder or "."), n=1)
    except (OSError, ValueError):
        return ""
    return f"; did you mean {os.path.join(folder, close[0])}?" if close else ""
