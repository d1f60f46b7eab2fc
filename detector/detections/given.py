"""Which files may be configurations, and what a user gives for what they leave open."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SUFFIXES = (".tf", ".json", ".yaml", ".yml", ".template")
_LEFT_OUT = {"node_modules", "venv", "site-packages", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Given:
    """Values for parameters and variables, and files of them."""

    values: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()


NOTHING = Given()


def files_in(folder: str) -> Iterator[str]:
    """The files below a folder that may be configurations, sorted; hidden folders and those of packages are left out."""
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        yield from (os.path.join(path, name) for name in sorted(names) if name.endswith(SUFFIXES))  # noqa: PTH118 - a path as it is typed
