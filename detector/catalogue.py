"""The detections that come with the package: a name in, its file out.

Claim: a name never leads out of the folder of the shipped ones, not even through a link in it.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from detector.errors import DetectionError


def shipped() -> list[str]:
    """The names of the detections that come with the package, sorted."""
    folder = _shipped_folder()
    names = (path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml"))
    return sorted((name for name in names if not name.endswith(".test")), key=_natural)


def find(asked: str) -> Path:
    """The file of that name, else the shipped detection; a `DetectionError` names the nearest one."""
    given = Path(asked)
    if is_file(given):
        return given
    folder = _shipped_folder()
    inside = folder / f"{asked.removesuffix('.toml')}.toml"
    if is_file(inside) and inside.resolve().is_relative_to(folder.resolve()):
        return inside.resolve()
    close = difflib.get_close_matches(asked, shipped(), n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else "; `detector check --list` shows the shipped ones"
    raise DetectionError(asked, "", f"expected a detection file or the name of a shipped detection{hint}")


def is_file(path: Path) -> bool:
    """Whether there is such a file; no name is too odd to be asked about."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # longer than a name can be, or with letters that no name has
        return False


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _shipped_folder() -> Path:
    """Inside the package when installed, beside it in a checkout."""
    here = Path(__file__).parent
    installed = here / "_patterns"
    return installed if installed.is_dir() else here.parent / "patterns"
