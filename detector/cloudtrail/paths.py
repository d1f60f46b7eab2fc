"""The paths that records really have, from a bounded sample; and the one nearest to a selector.

In: records. Out: a hint. The claim: memory is bounded whatever the records hold, and every event name is
sampled, so that a path of a rare event is seen too.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

from detector.pattern.syntax import Name, Selector

MAX_PATHS = 20_000
MAX_KINDS = 5_000
EACH = 20
"""Records looked at per event name and kind of identity, and event names kept per path."""
MAX_DEPTH = 8
MAX_NAME = 128
CLOSE = 0.8

Path: TypeAlias = tuple[str, ...]


class Paths:
    """Paths of member names, arrays passed through."""

    def __init__(self) -> None:
        self._paths: dict[Path, set[str]] = {}
        """Each path with the event names that have it; with `EACH` of them it counts as one of any."""
        self._kinds: Counter[tuple[str, str]] = Counter()

    def add(self, record: dict[str, Any]) -> None:
        """Take note of a record's paths, unless enough of its kind were seen."""
        identity = record.get("userIdentity")
        kind = kind_of(record.get("eventName"), identity.get("type") if isinstance(identity, dict) else None)
        if not self.wants(kind):
            return
        if kind in self._kinds or len(self._kinds) < MAX_KINDS:
            self._kinds[kind] += 1
        found: list[Path] = []
        _add_paths(record, (), found)
        for path in found:
            if len(self._paths) >= MAX_PATHS:
                return
            names = self._paths.setdefault(path, set())
            if len(names) < EACH:
                names.add(kind[0])

    def wants(self, kind: tuple[str, str]) -> bool:
        """Whether records of a kind are still taken note of."""
        return self._kinds[kind] < EACH and len(self._paths) < MAX_PATHS

    def nearest(self, selector: Selector, names: Collection[str] | None = None) -> Selector | None:
        """The selector of a path that was seen and ends most like the one asked for; None if none is near.

        ``names``: in events of these names, because a member of another event is no help; None: in any.
        """
        among = (
            path
            for path, seen in self._paths.items()
            if names is None or len(seen) >= EACH or not seen.isdisjoint(names)
        )
        best = nearest_path(selector, among)
        return None if best is None else Selector(tuple(map(Name, best)))


def nearest_path(selector: Selector, paths: Iterable[Path]) -> Path | None:
    """The path that ends most like a selector; None if none is near."""
    asked = tuple(step.text for step in selector.steps if isinstance(step, Name))
    if not asked:
        return None
    best = max(paths, key=lambda path: (*_likeness(asked, path), -len(path), path), default=())
    ending, whole = _likeness(asked, best) if best else (0.0, 0.0)
    near = ending >= 2 * CLOSE or (ending >= CLOSE and (len(asked) == 1 or whole > CLOSE))
    return best if near else None


def _likeness(asked: Path, path: Path) -> tuple[float, float]:
    """How far the last steps agree, and how alike the whole is."""
    ending = 0.0
    for mine, theirs in zip(reversed(asked), reversed(path), strict=False):
        alike = _alike(mine, theirs)
        if alike < CLOSE:
            break
        ending += alike
    return ending, _alike(".".join(asked), ".".join(path)) if ending >= CLOSE else 0.0


def _alike(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 1.0
    return 0.9 * difflib.SequenceMatcher(None, mine.casefold(), theirs.casefold()).ratio()


def _add_paths(value: Any, path: Path, found: list[Path]) -> None:
    if isinstance(value, dict) and len(path) < MAX_DEPTH:
        for name, member in value.items():
            if len(name) <= MAX_NAME:
                inner = (*path, name)
                found.append(inner)
                if isinstance(member, dict | list):
                    _add_paths(member, inner, found)
    elif isinstance(value, list):
        for member in value[:EACH]:
            _add_paths(member, path, found)


def kind_of(event_name: Any, identity_type: Any) -> tuple[str, str]:
    """What kind of call a record is of."""
    return _text(event_name), _text(identity_type)


def kinds_of(event_names: Sequence[Any], identity_types: Sequence[Any]) -> set[tuple[str, str]]:
    """The different kinds of some records."""
    pairs: Iterable[tuple[Any, Any]] = zip(event_names, identity_types, strict=True)
    try:
        pairs = set(pairs)
    except TypeError:  # a list or an object where there should be a text
        pairs = zip(event_names, identity_types, strict=True)
    return {kind_of(*one) for one in pairs}


def _text(value: Any) -> str:
    return value[:MAX_NAME] if isinstance(value, str) else ""
