from array import array
from collections.abc import Iterable
from typing import Any, Self

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
    def __new__(
        cls,
        marked: tuple[bytes, ...],
        asked: int,
        naming: tuple[tuple[bytes, ...], ...],
        longest: int,
        most: int,
    ) -> Self: ...
    def read(
        self, text: bytes, places: bytes, marks: bytes, answered: int, /
    ) -> tuple[bytes, int, bytes, bytes]: ...
    def flagged(self, flags: bytes, /) -> bytes: ...
    def ids(self, numbers: bytes, /) -> str | None: ...
    def take(
        self, columns: tuple[columns.Column | None, ...], numbers: bytes, /
    ) -> list[tuple[int, int, int, bytes]]: ...

def give_back() -> None: ...
def some(column: array[int], places: array[int], /) -> bytes: ...
def order(times: array[int], files: array[int], positions: array[int], /) -> bytes: ...
def tally(
    columns: tuple[columns.Column, ...], rows: array[int], times: array[int], unit: int, /
) -> list[tuple[tuple[Any, ...], int, int]]: ...
def where(column: columns.Column, value: str, rows: array[int], /) -> bytes: ...
def ranked(
    column: columns.Column, rows: array[int], most: int, several: bool, /
) -> tuple[list[tuple[str, int]], int, int]: ...
def again(ids: list[str], places: array[int], /) -> bytes: ...
