"""Sources in, the same in their order out; objects in S3 are read before they are asked for, many at once.

Claim: what comes out is what went in, with its bytes where they are small: an object that cannot be read says so when
it is opened. At most `IN_FLIGHT` requests wait for an answer, and at most `ROOM` bytes for whoever takes them. Without
an object nothing is started.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Any

from detector.archive.remote import Fetched, Object
from detector.archive.source import QUICK, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor

IN_FLIGHT = 48
AHEAD = 2 * IN_FLIGHT
"""Objects that were asked for and not taken: as many may have come as are under way."""
ROOM = 64 << 20
"""Bytes of them as stored."""


def ahead(sources: Iterable[Source]) -> Iterator[Source]:
    """The sources; each small object has its bytes."""
    waiting: deque[Source | Future[Source]] = deque()
    sizes: deque[int] = deque()
    room = ROOM
    try:
        for source in sources:
            is_fetched = type(source) is Object and 0 < source.size <= QUICK
            if not is_fetched and not waiting:
                yield source
                continue
            waiting.append(_threads().submit(_fetch, source) if is_fetched else source)  # type: ignore[arg-type]  # `is_fetched`
            sizes.append(source.size if is_fetched else 0)
            room -= sizes[-1]
            while room < 0 or len(waiting) > AHEAD:
                room += sizes.popleft()
                yield _come(waiting.popleft())
        while waiting:
            yield _come(waiting.popleft())
    finally:
        for one in waiting:
            if not isinstance(one, Source):
                one.cancel()


def _come(one: Source | Future[Source]) -> Source:
    return one if isinstance(one, Source) else one.result()


def _fetch(source: Object) -> Source:
    from detector.archive import bucket  # noqa: PLC0415 - not before an object is read

    body: bytes | OSError
    try:
        body = bucket.get(source)
    except OSError as error:
        body = error
    told: dict[str, Any] = {name: getattr(source, name) for name in source.__struct_fields__}
    return Fetched(**told, body=body)


@cache
def _threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - not before an object is read

    return ThreadPoolExecutor(IN_FLIGHT, "detector-s3")
