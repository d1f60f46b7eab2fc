from typing import Self

INFLATER: str
SOURCES: str

class Prefilter:
    def __new__(
        cls,
        wholes: tuple[bytes, ...],
        beginnings: tuple[bytes, ...],
        ends: tuple[bytes, ...],
        pieces: tuple[bytes, ...],
        gate: tuple[bytes, ...],
        marked: tuple[bytes, ...],
        asked: int,
        limit: int,
        largest: int,
        room: int,
    ) -> Self: ...
    def contents(self, contents: tuple[bytes | bytearray, ...], /) -> tuple[bytes, bytes, bytes, bytes]: ...
    def files(
        self, paths_or_contents: tuple[bytes | memoryview, ...], /
    ) -> tuple[bytes, bytes, bytes, bytes]: ...
