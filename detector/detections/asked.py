"""Which of what a user typed are configurations, and their detections in its place.

In: files, folders, names, patterns of names, each perhaps with ``#ID`` behind it. Out: the same with detections for those
that are Terraform, CloudFormation or an account's output. The claim: nothing heavy is imported for anything else.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from detector.detections.alarmed import Alarmed, Composite, name_of
from detector.detections.given import NOTHING, SUFFIXES, Given, files_in, files_right_in
from detector.detections.model import Detection
from detector.errors import UnreadableError

if TYPE_CHECKING:
    from detector.detections.configuration import Configuration

T = TypeVar("T")


def parted(typed: str) -> tuple[str, str]:
    """A path and the ID behind its ``#``; a path may have that character too."""
    at = typed.find("#")
    while at > 0 and not os.path.exists(typed):  # noqa: PTH110 - a path of any kind
        if os.path.exists(typed[:at]):  # noqa: PTH110 - the same
            return typed[:at], typed[at + 1 :]
        at = typed.find("#", at + 1)
    return typed, ""


def is_configuration(typed: object, *, deep: bool = True) -> bool:
    """Whether a file that is there has such a name, or a folder a file of one; an ID may stand behind it.

    Unless ``deep``, the file is right in the folder.
    """
    if not isinstance(typed, str | Path):
        return False
    path, _ = parted(str(typed))
    if os.path.isdir(path):  # noqa: PTH112 - as above
        try:
            return next(files_in(path) if deep else files_right_in(path), None) is not None
        except UnreadableError:  # a folder of that many files is something else
            return False
    return path.endswith(SUFFIXES) and os.path.isfile(path)  # noqa: PTH113 - as above


def configured(
    asked: Iterable[T], given: Given = NOTHING
) -> tuple[list[T | Detection | str], Configuration | None]:
    """As `alarmed`, with the detections that a composite rests on in its place."""
    items, found = alarmed(asked, given)
    return list(resting(items)), found


def resting(items: Iterable[T | Alarmed]) -> Iterator[T | Detection]:
    """The same with the detections that a composite rests on in its place, of those that are not there yet."""
    met: set[int] = set()
    for item in items:
        for one in item.detections() if isinstance(item, Composite) else (item,):
            if id(one) not in met or not isinstance(item, Composite):
                met.add(id(one))
                yield one


def alarmed(
    asked: Iterable[T], given: Given = NOTHING
) -> tuple[list[T | Alarmed | str], Configuration | None]:
    """What was asked for with the alarms of configurations in their place; and everything that those hold.

    The configurations are read together, because an account's filters and alarms are in different files. A folder that
    has detection files too stays, behind its detections. None where there is no configuration.
    """
    listed: list[T | Alarmed | str] = list(_spread(asked))
    paths = list(dict.fromkeys(parted(str(item))[0] for item in listed if is_configuration(item)))
    if not paths:
        return listed, None
    from detector.detections.reading import read  # noqa: PLC0415 - only when there is something to read

    found = read(paths, given)
    if not (found.sources or found.remarks):  # a folder of other files with such names, such as records
        return listed, None
    rest: list[Alarmed] = [*found.detections, *found.composed]
    alarms = list(rest)
    result: list[T | Alarmed | str] = []
    for item in listed:
        if not is_configuration(item):
            result.append(item)
            continue
        path, wanted = parted(str(item))
        if wanted:
            result.append(chosen(str(item), wanted, alarms))
            continue
        result += rest
        rest = []
        if os.path.isdir(path) and next(Path(path).rglob("*.toml"), None):  # noqa: PTH112 - as above
            result.append(item)
    return result, found


def _spread(asked: Iterable[T]) -> Iterator[T | str]:
    """Lists with commas and patterns of names one by one, where they are about configurations."""
    for item in asked:
        typed = str(item) if isinstance(item, str | Path) else ""
        if not typed or os.path.exists(typed):  # noqa: PTH110 - as above
            yield item
        elif "," in typed and any(map(is_configuration, typed.split(","))):
            yield from typed.split(",")
        elif glob.has_magic(typed) and (found := [one for one in _glob(typed) if one.endswith(SUFFIXES)]):
            yield from sorted(found)
        else:
            yield item


def _glob(typed: str) -> list[str]:
    return glob.glob(typed, recursive=True)  # noqa: PTH207 - a path of any kind, also an absolute one


def chosen(typed: str, wanted: str, alarms: Sequence[Alarmed]) -> Alarmed:
    """The detection or the composite of an ID, or of an alarm's name."""
    head = typed.removesuffix(f"#{wanted}")
    here = [one for one in alarms if one.name.startswith(f"{head}#")] or list(alarms)
    for one in here:
        if wanted in {one.name.removeprefix(f"{head}#"), name_of(one)}:
            return one
    names = [one.name.removeprefix(f"{head}#") for one in here]
    from difflib import get_close_matches  # noqa: PLC0415 - not before something is wrong

    close = get_close_matches(wanted, names, n=1, cutoff=0.4)
    hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(names[:10]) or 'none'}"
    raise UnreadableError(typed, "", f"expected the ID of an alarm on a metric that a filter writes{hint}")


def only(typed: str, given: Given = NOTHING) -> Detection:
    """The one detection that a configuration has, or that an ID chooses of it."""
    detections, found = configured([typed], given)
    named = [one for one in detections if isinstance(one, Detection)]
    if len(named) == 1:
        return named[0]
    if not named:
        if found:
            raise found.nothing()
        raise UnreadableError(
            typed, "", "expected a pattern or a detection, found a folder; paths come behind a pattern"
        )
    most = 5
    listed = ", ".join(one.name for one in named[:most]) + (", …" if len(named) > most else "")
    raise UnreadableError(typed, "", f"expected one detection, found {len(named)}: name one ({listed})")
