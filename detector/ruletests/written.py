"""Cases as they stand in a test file, ready to be pasted.

In: events with the verdicts that are expected of them. Out: ``[[case]]`` sections; events that differ in one value only share
one, with ``each``. The claim: what is written reads back as the same events and verdicts (`detector.ruletests.load`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from detector.detections.toml import inline
from detector.jsontext import dump_json
from detector.ruletests.load import MAIN

WIDTH = 78
"""Of the lines, so that a terminal of 80 columns breaks none."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
Path: TypeAlias = tuple[str, ...]
Leaves: TypeAlias = dict[Path, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A case that is not in any file yet; ``matches`` by variant, as in `Case`."""

    name: str
    event: dict[str, Any] | str
    matches: Mapping[str, bool]
    filter: str = ""


def cases_toml(drafts: Sequence[Draft]) -> str:
    """The sections of all drafts, one blank line between two."""
    leaves = [_leaves(draft) for draft in drafts]
    keys = [
        list(_keys(draft, one)) if one is not None else [] for draft, one in zip(drafts, leaves, strict=True)
    ]
    counted = Counter(key for some in keys for key in some)
    chosen = [max(some, key=lambda key: counted[key], default=None) for some in keys]
    shared = Counter(chosen)
    sections, written, names = list[str](), set[Any](), Counter[str]()
    for draft, one, key in zip(drafts, leaves, chosen, strict=True):
        if one is None or key is None or shared[key] == 1:
            sections.append(_section(draft, distinct(draft.name, names), one))
        elif key not in written:
            written.add(key)
            values = [
                some[key[0]] for some, other in zip(leaves, chosen, strict=True) if some and other == key
            ]
            name = distinct(_shared_name(draft, key[0]), names)
            sections.append(_section(draft, name, one, key[0], list(dict.fromkeys(values))))
    return "\n".join(sections)


def distinct(name: str, used: Counter[str]) -> str:
    """A name that no case before has; a number makes it so."""
    used[name] += 1
    return name if used[name] == 1 else distinct(f"{name} ({used[name]})", used)


def _keys(draft: Draft, leaves: Leaves) -> Iterator[tuple[Any, ...]]:
    """For each text of an event: where it stands, and all that has to be the same for a case to be shared."""
    for path, value in leaves.items():
        if isinstance(value, str):
            rest = tuple((other, repr(one)) for other, one in sorted(leaves.items()) if other != path)
            yield path, rest, tuple(draft.matches.items()), draft.filter


def _leaves(draft: Draft) -> Leaves | None:
    """The values of an event by path; None for what only a message can hold."""
    if isinstance(draft.event, str):
        return None
    found = dict(_walked((), draft.event))
    return found if all(_is_written(path, value) for path, value in found.items()) else None


def _walked(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, member in value.items():
            yield from _walked((*path, key), member)
    else:
        yield path, value


def _is_written(path: Path, value: Any) -> bool:
    """Whether TOML can say it: null stands in ``null`` alone, by a path with dots."""
    if not all(map(_is_text, path)) or (value is None and any("." in name for name in path)):
        return False
    return value is None or _is_toml(value)


def _is_toml(value: Any) -> bool:
    match value:
        case str():
            return _is_text(value)
        case list():
            return all(map(_is_toml, value))
        case dict():
            return all(_is_text(key) and _is_toml(member) for key, member in value.items())
        case _:
            return value is not None


def _is_text(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in value)


def _section(
    draft: Draft, name: str, leaves: Leaves | None, path: Path = (), values: Sequence[str] = ()
) -> str:
    lines = ["[[case]]", f"name = {inline(name)}"]
    if MAIN in draft.matches:
        lines.append(f"matches = {inline(draft.matches[MAIN])}")
    variants = {name: verdict for name, verdict in draft.matches.items() if name != MAIN}
    if variants:
        lines.append(f"variants = {inline(variants)}")
    if draft.filter:
        lines.append(f"filter = {inline(draft.filter)}")
    if leaves is None:
        text = draft.event if isinstance(draft.event, str) else dump_json(draft.event).decode()
        return "\n".join([*lines, f"message = {inline(text)}", ""])
    lines.append('base = "none"')
    kept = {other: value for other, value in leaves.items() if other != path or not values}
    lines += _event(
        [f"{_dotted(other)} = {_value(value)}" for other, value in kept.items() if value is not None]
    )
    if values:
        lines.append(f"each = {{ {_dotted(path)} = {_list(values, len(_dotted(path)) + 13)} }}")
    if nulls := [".".join(other) for other, value in kept.items() if value is None]:
        lines.append(f"null = {inline(nulls)}")
    return "\n".join([*lines, ""])


def _event(said: Sequence[str]) -> list[str]:
    """On one line, or each value on its own."""
    line = f"event = {{ {', '.join(said)} }}"
    return [line] if said and len(line) <= WIDTH else [f"event.{one}" for one in said]


def _shared_name(draft: Draft, path: Path) -> str:
    counts = next(iter(draft.matches.values()))
    return f"{'.'.join(path)} that {'counts' if counts else 'does not count'}"


def _list(values: Sequence[str], beside: int) -> str:
    """On one line, or wrapped; ``beside`` are the characters that stand on the line, too."""
    written = [_value(value) for value in values]
    if sum(map(len, written)) + 2 * len(written) + beside <= WIDTH:
        return f"[{', '.join(written)}]"
    lines, line = list[str](), " "
    for one in written:
        if len(line) + len(one) > WIDTH:
            lines.append(line)
            line = " "
        line += f" {one},"
    return "\n".join(["[", *lines, line, "]"])


def _dotted(path: Path) -> str:
    return ".".join(name if _BARE.fullmatch(name) else _quoted(name) for name in path)


def _quoted(name: str) -> str:
    """A key in quotes."""
    return inline({name: 1}).removeprefix("{ ").removesuffix(" = 1 }")


def _value(value: Any) -> str:
    """As `inline`, but a number keeps its spelling: 1.0 is not 1 to a pattern that compares text."""
    match value:
        case float():
            return ("inf" if value > 0 else "-inf") if math.isinf(value) else repr(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return "{ " + ", ".join(f"{_dotted((key,))} = {_value(one)}" for key, one in value.items()) + " }"
        case _:
            return inline(value)
