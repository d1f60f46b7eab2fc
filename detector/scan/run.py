"""What is asked of a worker process and what it answers, as the one who talks to it knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from detector.archive import Source
from detector.scan.found import Found


class Run(NamedTuple):
    """Some files to scan, by number, and how often a worker died while it had one alone."""

    first: int
    end: int
    deaths: int = 0


def sources_of(sources: Sequence[Source], runs: Iterable[Run]) -> list[Source]:
    """The files of some runs."""
    return [source for run in runs for source in sources[run.first : run.end]]


def size_of(sources: Sequence[Source], runs: Iterable[Run]) -> int:
    """Their bytes as stored."""
    return sum(source.size for source in sources_of(sources, runs))


NOTHING = Run(0, 0)
"""What is asked of a worker that shall hand over what it has kept."""


class Answer(NamedTuple):
    """Files that were read now, or read in vain where ``files`` is negative; what was found; a file that kills."""

    run: Run
    files: int
    found: Found | None = None
    kills: bool = False
    covers: tuple[Run, ...] = ()
    """All that was found in."""


Each: TypeAlias = Callable[[Sequence[Source], Found], object]
"""Called with some files and what was found in them."""
