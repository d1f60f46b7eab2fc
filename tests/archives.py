"""What the tests of archives share."""

from __future__ import annotations

from detector.archive import DEFAULT_LIMIT, Broken, Problem, Source
from detector.archive.content import parts


def text_of(source: Source, limit: int = DEFAULT_LIMIT) -> bytes:
    """All texts of a source, one after another; `Broken` where one has none to trust."""
    found = b""
    for part in parts(source, limit):
        if isinstance(part, Problem):
            raise Broken(part.kind, part.reason)
        found += part.data
    return found
