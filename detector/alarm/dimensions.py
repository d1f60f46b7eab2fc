"""Dimensions of a metric: in comes any mapping of names to values, out goes a frozen one.

The claim: equal dimensions are equal and hash alike whatever order they were written in, and they
survive pickling (a ``MappingProxyType`` does neither).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Dimensions(Mapping[str, str]):
    """Names and values, sorted by name; as a mapping, read-only and hashable."""

    items_: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, mapping: Mapping[str, str]) -> Dimensions:
        """The frozen form of any mapping."""
        return mapping if isinstance(mapping, Dimensions) else cls(tuple(sorted(mapping.items())))

    def __getitem__(self, name: str) -> str:
        return dict(self.items_)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.items_)

    def __len__(self) -> int:
        return len(self.items_)

    def __eq__(self, other: object) -> bool:
        return Mapping.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(self.items_)

    def __repr__(self) -> str:
        return repr(dict(self.items_))
