"""Which files may be configurations, and what a user gives for what they leave open."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from detector.errors import UnreadableError

TERRAFORM = (".tf", ".tf.json")
SUFFIXES = (".tf", ".json", ".yaml", ".yml", ".template")
MOST = 100_000
_LEFT_OUT = {"node_modules", "venv", "site-packages", "__pycache__"}


class Given(Struct, frozen=True):
    """Values for parameters and variables, and files of them."""

    values: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()


NOTHING = Given()


def files_in(folder: str) -> Iterator[str]:
    """The files below a folder that may be configurations, sorted; hidden folders and those of packages are left out."""
    count = 0
    for path, folders, names in os.walk(folder):
        count += len(folders) + len(names)
        if count > MOST:
            raise UnreadableError(
                folder, "", f"expected a folder of configurations, found one of over {MOST:,} files"
            )
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        yield from _files(path, names)


def files_right_in(folder: str) -> Iterator[str]:
    """The same without the folders inside of it."""
    try:
        yield from _files(folder, os.listdir(folder))  # noqa: PTH208 - a path as it is typed
    except OSError:
        return


def _files(folder: str, names: list[str]) -> Iterator[str]:
    listed = (os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIXES))  # noqa: PTH118 - a path as it is typed
    return filter(os.path.isfile, listed)  # a named pipe would have no end
