"""The recorded answers of the service, and every engine that has to repeat them.

In: ``tests/tables/filter_cases.jsonl`` and ``wild_patterns.jsonl``. Out: rows by kind of pattern, and `ENGINES`, the
one list of the ways in which this package can be asked whether a pattern matches a message. A new
engine (a scan, a service) is added there and meets every row.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal, TypeAlias

from detector import jsontext, pattern
from detector.archive import Clock, Plan, Source
from detector.metrics.filter import MetricFilter
from detector.pattern import grammar
from detector.pattern.evaluate import evaluate
from detector.pattern.predicate import predicate
from detector.scan import fast, plain

TABLES = Path(__file__).parent / "tables"

Kind: TypeAlias = Literal["json", "space-delimited", "text"]
Engine: TypeAlias = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Case:
    """One answer: does ``pattern`` match ``message``, or is it refused ("invalid")."""

    id: str
    pattern: str
    message: str
    expect: bool | Literal["invalid"]
    source: str
    strength: str
    note: str = ""

    @property
    def kind(self) -> Kind:
        return kind_of(self.pattern)


# The rows that the rest of the evidence contradicts, and why this package answers otherwise.
CONTRADICTED = {
    "doc20-wild-6": "the page of 2018-2020 calls a * in the middle literal; later pages dropped the sentence, "
    "and 1*3 matched 123 in 2019, as did a * in the middle of a bucket name in 2026",
    "cfchou-blanks-around": "refused once in 2019 for a reason that was not found; public templates deploy "
    "patterns with blanks and line breaks around the braces",
}


def kind_of(text: str) -> Kind:
    """The first character that is no blank decides (recorded)."""
    start = text.lstrip()[:1]
    return "json" if start == "{" else "space-delimited" if start == "[" else "text"


def filter_cases(kind: Kind) -> list[Case]:
    """The rows whose pattern is of this kind, in the order of the table, the contradicted ones left out."""
    return [case for case in all_cases() if case.kind == kind and case.id not in CONTRADICTED]


def all_cases() -> list[Case]:
    return [Case(**row) for row in _rows("filter_cases.jsonl")]


def wild_patterns(kind: Kind, believed: str) -> list[str]:
    """Patterns found in public code or pages; templates are believed to be nothing at all."""
    rows = _rows("wild_patterns.jsonl")
    return [row["pattern"] for row in rows if row["kind"] == kind and row["believed"] == believed]


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TABLES / name).read_text("utf-8").splitlines()]


# Rows of one pattern stand together, and parsing is most of what they cost.
_parse = functools.lru_cache(64)(grammar.parse)
_compile = functools.lru_cache(64)(pattern.compile)


def _evaluated(text: str, message: str) -> bool:
    return evaluate(_parse(text), jsontext.parse_object(message))


def _compiled(text: str, message: str) -> bool:
    event = jsontext.parse_object(message)
    return event is not None and predicate(_parse(text))(event)


def _matches_decoded(text: str, message: str) -> bool:
    event = jsontext.parse_object(message)
    return event is not None and _compile(text).matches(event)


def _scanned(scan: Callable[..., Any], **how: bool) -> Engine:
    """A scan of one file of the S3 layout, which holds the raw message and nothing else."""

    def matches(text: str, message: str) -> bool:
        metric_filter = MetricFilter(name="row", pattern=_compile(text), namespace="Test", metric="Row")
        with NamedTemporaryFile(suffix=".json") as file:
            file.write(_contained(message))
            file.flush()
            plan = Plan(clock=Clock.DELIVERY)
            found = scan([metric_filter], plan, [Source(file.name, delivered=0)], **how)
        return len(found.hits[0].matches) == 1

    return matches


def _contained(message: str) -> bytes:
    """The message as a member of a log file where it is an object, else as an event of a log stream."""
    if jsontext.parse_object(message) is not None:
        return f'{{"Records":[{message.strip()}]}}'.encode()
    return json.dumps({"events": [{"timestamp": 0, "message": message}]}).encode()


# What knows JSON patterns only, beside what knows every kind.
JSON_ENGINES: dict[str, Engine] = {
    "evaluate": _evaluated,
    "compiled predicate": _compiled,
    "matches(dict)": _matches_decoded,
}
ENGINES: dict[str, Engine] = {
    "matches(str)": lambda text, message: _compile(text).matches(message),
    "matches(bytes)": lambda text, message: _compile(text).matches(message.encode()),
    "scan.plain": _scanned(plain.scan),
    "scan.fast": _scanned(fast.scan),
    "scan.fast, strict": _scanned(fast.scan, strict=True),
}


def answers(text: str, message: str, *, kind: Kind) -> dict[str, bool]:
    """What each engine that knows this kind of pattern says."""
    engines = ENGINES | JSON_ENGINES if kind == "json" else ENGINES
    return {name: engine(text, message) for name, engine in engines.items()}
