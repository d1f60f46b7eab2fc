"""Detections by name: a file, or one that comes with the package.

In: what a user typed, or a caller passed: a name, a file, a folder of either, ``cis/*``. Out: a `Detection` or
several, or an `UnreadableError` that names the nearest one. The claim: a name never leads out of the folder of the shipped ones, not even through a link in it; and
what is written like a file or a shipped name is never taken for a pattern.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from detector.detections import toml
from detector.detections.alarmed import Alarmed
from detector.detections.asked import alarmed, is_configuration, only, parted, resting
from detector.detections.model import Detection
from detector.errors import DetectionError, UnreadableError
from detector.pattern import Pattern
from detector.pattern import compile as compile_pattern

_WORD = r"""[^\s{}\[\]"'%]*"""
_LIKE_A_FILE = re.compile(
    rf"(?![?-]){_WORD}(?:\.toml(?:@{_WORD})?|\.(?:tf|json|ya?ml|template)(?:#.*)?|/{_WORD})"
)
"""A word that ends like a file or has a slash in it, and none of the characters that only a pattern has there."""

T = TypeVar("T")
_SHOWN = 80
_A_WORD = re.compile(r"[\w.-]{1,255}")


def shipped() -> list[str]:
    """The names of the detections that come with the package, sorted."""
    folder = _shipped_folder()
    names = (path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml"))
    return sorted((name for name in names if not name.endswith(".test")), key=_natural)


def load_detection(path_or_name: str | Path) -> Detection:
    """The detection in a TOML file, or the shipped one of that name.

    A name followed by ``@variant`` takes the filter pattern of that ``[[variant]]``; a configuration (Terraform,
    CloudFormation, an account's output) followed by ``#ID`` is the alarm of that ID with its filters.
    """
    asked = str(path_or_name)
    if is_configuration(asked, deep=False):
        return only(asked)
    base, at, variant = (asked, "", "") if _is_file(asked) or "@" not in asked else asked.rpartition("@")
    if base.endswith(".test.toml"):
        beside = base.removesuffix(".test.toml")
        reason = f"expected a detection, found tests: name {beside}.toml, or write detector test {base}"
        raise UnreadableError(asked, "", reason)
    try:
        detection = toml.load(_find(base), base)
    except UnreadableError as error:
        if base.endswith(".toml") or not _is_file(base):
            raise
        hint = f'a detection file ends in .toml, and a pattern in a file is given as "$(cat {base})"'
        raise UnreadableError(base, "", f"{error.reason}; {hint}", error.line) from None
    return detection.with_variant(variant) if at else detection


def detections_of(asked: Detection | str | Path | Iterable[Detection | str | Path]) -> list[Detection]:
    """Detections, and whatever else `named` understands, one or several, in the order asked."""
    listed = [asked] if isinstance(asked, Detection | str | Path) else asked
    items: Iterable[Detection | str | Path] = resting(whole(listed))
    return [
        detection
        for item in items
        for detection in ([item] if isinstance(item, Detection) else map(load_detection, named(item)))
    ]


def whole(asked: Iterable[T]) -> list[T | Alarmed | str]:
    """What is asked for, configurations read; `UnreadableError` where they define something that would be left out."""
    items, found = alarmed(asked)
    if found is not None:
        if found.losses:
            more = f"; and {len(found.losses) - 1} more" if len(found.losses) > 1 else ""
            hint = "read_configuration gives the others"
            raise UnreadableError(
                found.losses[0].path, "", f"{found.losses[0].reason}{more}; {hint}", found.losses[0].line
            )
        if not found.detections and not any(isinstance(item, str | Path) for item in items):
            raise found.nothing()
    return items


def named(asked: str | Path) -> list[str]:
    """The files and names that are meant, sorted where they are several.

    A file or a shipped name is itself. A folder on disk, else one of the shipped ones (``cis``), stands for all
    detections in it and below; ``*``, ``?`` and ``[…]`` for all files, else all shipped names, that match; a comma
    stands between several.
    """
    typed = str(asked)
    if not _is_file(typed) and "," in typed:
        return [name for part in typed.split(",") for name in named(part.strip())]
    if not os.path.isdir(typed) and detection_file(typed):  # noqa: PTH112 - as in _is_file
        return [typed]
    inside: Iterable[str | Path] = ()
    if os.path.isdir(typed):  # noqa: PTH112 - as in _is_file
        inside = Path(typed).rglob("*.toml")
    elif not {*"*?["}.isdisjoint(typed):
        import glob  # noqa: PLC0415 - not before something has to be looked for

        inside = glob.iglob(typed, recursive=True)  # noqa: PTH207 - a path of any kind, also an absolute one
    files = [str(path) for path in inside if str(path).endswith(".toml") and _is_file(path)]
    found = [file for file in files if not file.endswith(".test.toml")] or [
        name
        for name in shipped()
        if name.startswith(f"{typed.rstrip('/')}/") or fnmatch.fnmatchcase(name, typed)
    ]
    if not found and inside:
        raise UnreadableError(
            typed, "", "expected detection files (*.toml) there, found none; paths come behind a pattern"
        )
    return sorted(found, key=_natural) or [typed]


def pattern_or_detection(asked: Pattern | Detection | str | Path) -> Pattern | Detection:
    """The same where a pattern may be meant too: what is neither a file nor named like one is a pattern."""
    if isinstance(asked, Pattern | Detection):
        return asked
    given: object = asked
    if not isinstance(given, str | Path):
        what = "expected one pattern, one detection file or the name of one shipped detection"
        raise DetectionError(str(given)[:_SHOWN], "", f"{what}, found {type(given).__name__}")
    return (
        load_detection(asked) if isinstance(asked, Path) or names_detection(asked) else compile_pattern(asked)
    )


def names_detection(typed: str) -> bool:
    """Whether a detection is meant: there is such a file or folder, or it is written like a file or a shipped name.

    ``a/b`` is a file that may not exist, ``cis`` a folder of shipped ones, ``cloudwatch-2`` the end of a shipped name.
    A pattern that looks for such a word has it in quotes.
    """
    if os.path.exists(parted(typed)[0]) or _LIKE_A_FILE.fullmatch(typed):  # noqa: PTH110 - as in _is_file
        return True
    return bool(_A_WORD.fullmatch(typed)) and any(typed in name.split("/") for name in shipped())


def detection_file(asked: str) -> Path | None:
    """The file of that name, else that of the shipped detection; None where there is neither."""
    if _is_file(asked):
        return Path(asked)
    folder = _shipped_folder()
    inside = folder / f"{asked.removesuffix('.toml')}.toml"
    is_inside = _is_file(inside) and inside.resolve().is_relative_to(folder.resolve())
    return inside.resolve() if is_inside else None


def _find(asked: str) -> Path:
    """The file of that name, else the shipped detection; an `UnreadableError` names the nearest one."""
    if found := detection_file(asked):
        return found
    if os.path.isdir(asked):  # noqa: PTH112 - as in _is_file
        raise UnreadableError(
            asked, "", "expected a pattern or a detection, found a folder; paths come behind a pattern"
        )
    several = sum(name.startswith(f"{asked}/") for name in shipped())
    from difflib import get_close_matches  # noqa: PLC0415 - not before something is wrong

    close = get_close_matches(asked, shipped(), n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else "; `detector check --list` shows the shipped ones"
    hint = f"; {asked} stands for {several} of them, name one" if several else hint
    raise UnreadableError(asked, "", f"expected a detection file or the name of a shipped detection{hint}")


def _is_file(name: str | Path) -> bool:
    # os.path, because pathlib raises on a name that is too long or has a character that no name has
    return os.path.isfile(name)  # noqa: PTH113 - the reason above


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _shipped_folder() -> Path:
    """Inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_patterns"
    return installed if installed.is_dir() else package.parent / "patterns"
