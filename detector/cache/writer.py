"""Partial results into a store while a scan goes on.

In: what was found in some files, again and again. Out: segments, so that whatever ends the run costs little. Claim: only
what is the same in any other pass with the same keys is kept: of a file with a problem, nothing, unless it is only empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from detector.archive import Selection, Source
from detector.cache.keys import FileKey, version_of
from detector.cache.store import Store
from detector.scan.found import Found, Share

if TYPE_CHECKING:
    import polars as pl

LEAST, MOST = 16 << 20, 1 << 30
"""Bytes as stored between two segments: a tenth of what was read, so that a killed run loses no more, within these."""


class Writer:
    """Keeps what it is called with; to be flushed in the end."""

    def __init__(
        self,
        store: Store,
        settings: str,
        filters: Mapping[str, int],
        keys: Mapping[int, FileKey],
        selection: Selection,
        say: Callable[[str], object],
        *,
        counts: bool,
    ) -> None:
        self.store = store
        self.settings = settings
        self.filters = filters
        self.keys = keys
        self.selection = selection
        self.say = say
        self.counts = counts
        self.pending: list[dict[str, pl.DataFrame]] = []
        self.size = self.done = 0
        self.broken = False

    def __call__(self, sources: Sequence[Source], found: Found) -> None:
        """Keep what was found in some files, as soon as there is enough of it."""
        if self.broken:
            return
        from detector.cache.frames import frames_of  # noqa: PLC0415 - polars, which starts threads, after the workers

        names = {source.number: source for source in sources}
        shares = [one for one in found.shares or () if self._is_kept(one, names)]
        if shares:
            self.pending.append(frames_of(found, shares, self.keys, list(self.filters.values())))
        self.size += sum(source.size for source in sources)
        if self.size >= min(max(LEAST, self.done // 10), MOST):
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        from detector.cache.frames import contents, stacked  # noqa: PLC0415 - the reason above

        pending, self.pending = self.pending, []
        self.done, self.size = self.done + self.size, 0
        if not pending:
            return
        tables = stacked(pending)
        header = {
            "settings": self.settings,
            "filters": list(self.filters),
            "counts": self.counts,
            "files": len(tables["files"]),
            "matches": len(tables["hits"]),
        }
        try:
            self.store.add(header, contents(tables))
        except OSError as error:
            self.broken = True
            self.say(f"{self.store.folder}: what was found cannot be kept: {error.strerror or error}")

    def _is_kept(self, share: Share, names: Mapping[int, Source]) -> bool:
        key = self.keys.get(share.file)
        # A file that was written meanwhile may have been read as the old or the new one.
        return (
            key is not None
            and share.is_sound
            and self._is_asked_for(share)
            and version_of(names[share.file]) == key.version
        )

    def _is_asked_for(self, share: Share) -> bool:
        """Whether the whole of a file is, and so its share is that of a pass without a selection by time."""
        start, end = self.selection.start, self.selection.end
        if share.is_skipped or share.is_empty or not self.selection.asks_time:
            return True
        return (
            share.oldest is not None
            and share.newest is not None
            and (start is None or share.oldest >= start)
            and (end is None or share.newest < end)
        )
