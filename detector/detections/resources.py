"""What configuration files define, before it is joined: resources with their values, each with its place.

Terraform, CloudFormation and the account's own output all become a `Resource` under Terraform's names. A value that its
file alone does not tell is `Unknown`, with what is missing and where; nothing puts a guess in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from detector.detections.model import Source

_LONGEST = 2000
"""Characters of a part of a placeholder."""


class Kind(StrEnum):
    """What a resource is."""

    FILTER = "metric filter"
    ALARM = "alarm"
    COMPOSITE = "composite alarm"
    TRAIL = "trail"
    TOPIC = "topic"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not known, in a sentence without its end, and where it is asked for."""

    reason: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be told from the file alone.

    ``text`` is the value with ``${…}`` for each part that is missing, so that two of the same text are the same value.
    """

    text: str
    because: tuple[Missing, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return self.text


class Subject(StrEnum):
    """What a remark is about, and so what follows from it."""

    UNREADABLE = "unreadable"
    """A file, or a part of one, that could not be read."""
    UNRESOLVED = "unresolved"
    """A filter or an alarm that is left out, since a value of it is not known."""
    UNSUPPORTED = "unsupported"
    """A filter or an alarm that is left out, since it cannot be replayed, such as metric math."""
    REFUSED = "refused"
    """A filter or an alarm that the service would refuse."""
    NO_ALARM = "filter without alarm"
    NO_FILTER = "alarm without filter"
    NOT_FOLLOWED = "not followed"
    """A module or a nested stack that is somewhere else."""
    ABSENT = "absent"
    """Nothing is made of it, since a count is 0."""
    CONDITIONAL = "conditional"
    """Taken as it stands, though whether it exists at all is not known."""
    PLACEHOLDER = "placeholder"
    """A name or an ARN that has a part which is not known."""

    @property
    def loses(self) -> bool:
        """Whether something that the files define is not looked at."""
        return self in {Subject.UNREADABLE, Subject.UNRESOLVED, Subject.UNSUPPORTED, Subject.REFUSED}


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a reader of the files should know, and where it stands; ``line`` 0: the whole file."""

    subject: Subject
    path: str
    line: int
    address: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.address}: {self.reason}" if self.address else f"{where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: ``values`` under Terraform's names, and where each stands in ``source`` (its keys are the same).

    ``metric_transformation`` of a filter is flat: ``metric``, ``namespace``, ``value``, ``default_value``, ``unit``,
    ``dimensions``. ``region`` is empty where it is not known. ``condition`` is what decides whether it exists, where
    that is not known.
    """

    kind: Kind
    address: str
    source: Source
    values: Mapping[str, Any]
    region: str = ""
    condition: Unknown | None = None
    provider: str = ""
    """What Terraform calls the account and region; empty where it is the usual one."""

    @property
    def place(self) -> str:
        """What two resources have in common that are neighbours: the region, or the provider that knows it."""
        return self.region or self.provider

    def text(self, name: str) -> str:
        """A value as text, with placeholders for what is not known of it; empty where it is absent."""
        value = self.values.get(name)
        return "" if value is None else scalar(value)

    def remark(self, subject: Subject, reason: str, name: str = "") -> Remark:
        """A remark about a value of it."""
        return Remark(
            subject,
            self.source.path,
            self.source.line(name) or self.source.line("") or 0,
            self.address,
            reason,
        )


def scalar(value: Any) -> str:
    """A string, a number or a boolean as the text that Terraform and CloudFormation make of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact up to there
        return str(int(value))
    return str(value)


def unknowns(value: Any, seen: set[int] | None = None) -> Iterator[Unknown]:
    """What is not known inside of a value, each part that it shares with itself once."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        seen = set() if seen is None else seen
        if id(value) not in seen:
            seen.add(id(value))
            for inner in value.values() if isinstance(value, Mapping) else value:
                yield from unknowns(inner, seen)


def size(value: Any, known: dict[int, int] | None = None) -> int:
    """How many values there are in a value, written out: lists of lists that are the same list may be many."""
    if not isinstance(value, Mapping | list | tuple):
        return 1
    known = {} if known is None else known
    if id(value) not in known:
        inner = value.values() if isinstance(value, Mapping) else value
        known[id(value)] = 1 + sum(size(one, known) for one in inner)
    return known[id(value)]


def because(values: Iterable[Any]) -> tuple[Missing, ...]:
    """Why values are not known, each reason once."""
    return tuple(
        dict.fromkeys(reason for value in values for one in unknowns(value) for reason in one.because)
    )


def shown(value: Any) -> str:
    """A value as it stands inside of a placeholder."""
    if size(value) > _LONGEST:
        return "…"
    if isinstance(value, Unknown):
        text = value.text
        return text[2:-1] if text.startswith("${") and text.endswith("}") else f'"{text}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {shown(inner)}" for key, inner in value.items())[:_LONGEST] + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))[:_LONGEST]}]"
    if isinstance(value, str):
        return json.dumps(value[:_LONGEST], ensure_ascii=False)
    return "null" if value is None else scalar(value) if isinstance(value, bool | int | float) else "…"
