"""Whether CloudWatch Logs answers as the package does: cases in, every answer and every difference out.

In: cases (rows of a conformance table, or records of an archive with a filter's pattern) and something to ask, such as
`detector.aws.service.FilterTest`. Out: a frozen `Verification`. Nothing here knows AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from detector.archive import Event, Plan, Problem
from detector.archive.walk import walk
from detector.errors import PatternError, UnreadableError
from detector.jobs.emptiness import Emptiness, emptiness
from detector.jsontext import parse_object
from detector.pattern import Pattern, PatternKind
from detector.pattern import compile as compile_pattern

MOST_MESSAGES = 50
"""Messages in a call (documented)."""
MOST_BYTES = 900_000
"""Of the messages in a call; a request may have a megabyte."""
LONGEST_MESSAGE = 256 * 1024
"""CloudTrail sends no larger event to CloudWatch Logs (documented)."""
MOST_ROWS = 100_000

Ask: TypeAlias = Callable[[str, Sequence[str]], Collection[int] | str]
"""Which messages match a pattern, counted from 0; or why it is refused."""


class Verdict(StrEnum):
    """What can be said of a pattern and a message."""

    MATCH = "match"
    NO_MATCH = "no match"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Case:
    """A pattern and a message; ``expect`` is what a table has recorded, None for a record of an archive."""

    name: str
    pattern: str
    message: str
    expect: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the package and the service say of a case; ``reason`` is the service's where it refuses the pattern."""

    case: Case
    ours: Verdict
    theirs: Verdict
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the package says what the service says."""
        return self.ours is self.theirs

    @property
    def is_as_recorded(self) -> bool:
        """Whether the service still says what the table has; true where there is no table."""
        return self.case.expect in {None, self.theirs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All answers; ``unasked`` are cases that a call cannot hold: an empty message, or one that is too long."""

    answers: tuple[Answer, ...]
    unasked: int = 0
    calls: int = 0
    records: int | None = None
    """How many records there were to choose from; None for a table."""
    problems: tuple[Problem, ...] = ()
    empty: Emptiness | None = None

    @property
    def differences(self) -> tuple[Answer, ...]:
        """Where the package says something else than the service."""
        return tuple(one for one in self.answers if not one.agrees)

    @property
    def changed(self) -> tuple[Answer, ...]:
        """Where the service says something else than the table."""
        return tuple(one for one in self.answers if not one.is_as_recorded)

    @property
    def holds(self) -> bool:
        """Whether there were answers, and none of them differs."""
        return bool(self.answers) and not self.differences and not self.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Cases from an archive, and what was read for them."""

    cases: tuple[Case, ...]
    records: int
    problems: tuple[Problem, ...]
    empty: Emptiness | None


def verify(cases: Iterable[Case], ask: Ask, sample: Sample | None = None) -> Verification:
    """Ask about every case, as many of a pattern in a call as it holds."""
    by_pattern: dict[str, list[Case]] = {}
    unasked = 0
    for case in cases:
        if 0 < len(case.message.encode("utf-8", "surrogatepass")) <= LONGEST_MESSAGE:
            by_pattern.setdefault(case.pattern, []).append(case)
        else:
            unasked += 1
    answers: list[Answer] = []
    calls = 0
    for pattern, asked in by_pattern.items():
        ours = _compiled(pattern)
        for batch in _batches(asked):
            calls += 1
            answers += _answers(batch, ours, ask(pattern, [case.message for case in batch]))
    return Verification(
        answers=tuple(answers),
        unasked=unasked,
        calls=calls,
        records=sample.records if sample else None,
        problems=sample.problems if sample else (),
        empty=sample.empty if sample else None,
    )


def _compiled(pattern: str) -> Pattern | None:
    try:
        return compile_pattern(pattern)
    except PatternError:
        return None


def _batches(cases: Sequence[Case]) -> Iterator[list[Case]]:
    batch: list[Case] = []
    size = 0
    for case in cases:
        length = len(case.message.encode("utf-8", "surrogatepass"))
        if batch and (len(batch) == MOST_MESSAGES or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(case)
        size += length
    if batch:
        yield batch


def _answers(batch: Sequence[Case], ours: Pattern | None, said: Collection[int] | str) -> Iterator[Answer]:
    for number, case in enumerate(batch):
        mine = Verdict.INVALID if ours is None else _verdict(ours.matches(case.message))
        if isinstance(said, str):
            yield Answer(case, mine, Verdict.INVALID, said)
        else:
            yield Answer(case, mine, _verdict(number in said))


def _verdict(holds: object) -> Verdict:
    return Verdict.MATCH if holds else Verdict.NO_MATCH


def sample(patterns: Sequence[tuple[str, Pattern]], plan: Plan, most: int = MOST_MESSAGES) -> Sample:
    """For each named pattern up to ``most`` records, half of them such as match, drawn evenly from the whole archive.

    The draw is the same at every run. Where fewer match, more that do not are taken, and the other way round.
    """
    chosen = {name: (_Reservoir(most), _Reservoir(most)) for name, _ in patterns}
    problems: list[Problem] = []
    records = 0
    expects_json = all(pattern.kind is PatternKind.JSON for _, pattern in patterns)
    for item in walk(plan, expects_json=expects_json, asked=[pattern for _, pattern in patterns]):
        if isinstance(item, Problem):
            problems.append(item)
            continue
        records += 1
        for name, pattern in patterns:
            chosen[name][not item.matches(pattern)].add(item)
    cases = []
    for name, pattern in patterns:
        matching, others = (reservoir.kept for reservoir in chosen[name])
        first = max(most // 2, most - len(others))
        taken = matching[:first]
        for event in [*taken, *others[: most - len(taken)]]:
            place = f"{event.source.path}#{event.position + 1}"
            cases.append(Case(f"{name} {place}", pattern.source, event.text))
    empty = None if records else emptiness(plan, problems)
    return Sample(cases=tuple(cases), records=records, problems=tuple(problems), empty=empty)


class _Reservoir:
    """Up to so many of the events that are added, each with the same chance."""

    def __init__(self, most: int) -> None:
        self.most, self.seen = most, 0
        self.kept: list[Event] = []
        self.random = Random(0)  # noqa: S311 - a sample, no secret

    def add(self, event: Event) -> None:
        self.seen += 1
        if len(self.kept) < self.most:
            self.kept.append(event)
        elif (place := self.random.randrange(self.seen)) < self.most:
            self.kept[place] = event


def read_table(path: str) -> list[Case]:
    """The rows of a conformance table: a JSON object a line, with ``id``, ``pattern``, ``message`` and ``expect``.

    ``expect`` is true, false or ``"invalid"``. `UnreadableError` with the line of what is not.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            cases = []
            for number, line in enumerate(file, 1):
                if number > MOST_ROWS:
                    raise UnreadableError(path, "", f"expected a table of at most {MOST_ROWS:,} rows")
                if line.strip():
                    cases.append(_row(path, number, line))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
        raise UnreadableError(path, "", f"expected a table of JSON lines: {reason}") from None
    return cases


def _row(path: str, number: int, line: str) -> Case:
    row: Any = parse_object(line) or {}
    pattern, message, expect = row.get("pattern"), row.get("message"), row.get("expect")
    known = {True: Verdict.MATCH, False: Verdict.NO_MATCH, "invalid": Verdict.INVALID}
    if (
        not isinstance(pattern, str)
        or not isinstance(message, str)
        or not isinstance(expect, bool | str)
        or expect not in known
    ):
        expected = 'expected an object with "pattern" and "message" (strings) and "expect" (true, false or "invalid")'
        raise UnreadableError(path, "", expected, number)
    return Case(str(row.get("id", number)), pattern, message, known[expect])
