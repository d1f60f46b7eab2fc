from array import array
from collections.abc import Iterable
from typing import Self

from detector.metrics import columns

SOURCES: str

class Column(columns.Column):
    def __new__(
        cls,
        most: int,
        joined: bytes = b"",
        sizes: bytes = b"",
        bound: bytes | None = None,
        codes: bytes = b"",
    ) -> Self: ...
    def extend(self, values: Iterable[str], /) -> None: ...

class Reader:
    def __new__(cls, marked: tuple[bytes, ...], asked: int, longest: int, most: int) -> Self: ...
    def read(
        self, text: bytes, places: bytes, marks: bytes, answered: int, /
    ) -> tuple[bytes, int, bytes, bytes]: ...
    def flagged(self, flags: bytes, /) -> bytes: ...
    def ids(self, numbers: bytes, /) -> str | None: ...
    def take(
        self, columns: tuple[columns.Column | None, ...], numbers: bytes, /
    ) -> list[tuple[int, int, int, bytes]]: ...

def some(column: array[int], places: array[int], /) -> bytes: ...
