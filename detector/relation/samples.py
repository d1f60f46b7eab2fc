"""Messages that are worth a try where two patterns are not decided by reasoning.

In: two patterns. Out: a bounded number of messages, made of the values that the patterns name and of things beside
them. Nothing is claimed of them; they are put to both patterns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice, pairwise, product

from detector import jsontext
from detector.pattern import Pattern, PatternKind
from detector.pattern.syntax import NUMBER, Compare, Fields, Number, Regex, Term, Text, Value, conditions
from detector.relation import objects
from detector.relation.budget import Budget, ExhaustedError
from detector.relation.formula import TRUE, Formulas
from detector.relation.regex import Search
from detector.relation.regex_syntax import UnknownRegexError
from detector.relation.relation import WANTED, Event, Matching, meaning
from detector.relation.texts import Answer, Reader, Texts

MOST = 4_000
_PLAIN = ("x", "0", "")
_FEW = 8
_DIGITS = 20


def tried(old: Pattern, new: Pattern, steps: int) -> dict[Matching, Event]:
    """Of the messages that were tried, the first for each outcome."""
    found: dict[Matching, Event] = {}
    for message in messages(old, new, steps):
        matching = meaning(old, message), meaning(new, message)
        if matching in WANTED:
            found.setdefault(matching, message)
        if found.keys() == WANTED:
            break
    return found


def messages(old: Pattern, new: Pattern, steps: int) -> Iterator[str]:
    """At most `MOST` messages, short ones first."""
    words = list(dict.fromkeys([*_words(old), *_words(new), *_PLAIN]))
    yield from islice(_all(old, new, words, steps), MOST)
    yield from islice(_lines(_most_fields(old, new), [*_beside(words), *words]), MOST)


def _all(old: Pattern, new: Pattern, words: Sequence[str], steps: int) -> Iterator[str]:
    yield from words
    for pattern in (old, new):
        if pattern.kind is PatternKind.JSON:
            yield from _events(pattern, words, steps)
    yield from _lines(_most_fields(old, new), words)
    yield " ".join(words)


def _events(pattern: Pattern, words: Sequence[str], steps: int) -> Iterator[str]:
    """A matching event, by itself and with each of the words and all of them beside it; and one without anything."""
    found = objects.example(pattern, steps)
    for event in ({}, found if isinstance(found, dict) else {}):
        free = next(name for name in ("_", *map(str, range(len(event) + 1))) if name not in event)
        yield jsontext.dump_json(event).decode()
        for beside in (*words, list(words)):
            yield json.dumps({**event, free: beside}, ensure_ascii=False)


def _lines(fields: int, words: Sequence[str]) -> Iterator[str]:
    """Lines of up to two fields more than the patterns name."""
    cells = [word if word and not set(word) & set(' \t\n"[]') else f'"{word}"' for word in words]
    for count in range(fields + 3):
        for line in islice(product(cells, repeat=count), MOST // 4):
            yield " ".join(line)


def _beside(words: Sequence[str]) -> Iterator[str]:
    """Numbers between those that are named, and each of the words with more around it."""
    short = (word for word in words if len(word) < _DIGITS and NUMBER.fullmatch(word))
    named = {Decimal(word) for word in short if "e" not in word.lower()}
    yield from (f"{(low + high) / 2:f}" for low, high in pairwise(sorted(named)))
    yield from (f"x{word}x" for word in words[:_FEW] if word)


def _most_fields(old: Pattern, new: Pattern) -> int:
    return max(map(_fields, (old, new)))


def _fields(pattern: Pattern) -> int:
    return len(pattern.expr.entries) if isinstance(pattern.expr, Fields) else 1


def _words(pattern: Pattern) -> Iterator[str]:
    """Texts that the values of a pattern name."""
    for leaf in conditions(pattern.expr):
        match leaf:
            case Compare(_, _, value) | (Regex() as value):
                yield from _of_value(value)
            case Term(text):
                yield text
            case _:
                pass


def _of_value(value: Value) -> Iterator[str]:
    match value:
        case Number(written):
            yield written
            if isinstance(value.value, int):
                yield from (str(value.value + step) for step in (-1, 1))
        case Text(wanted):
            yield from dict.fromkeys(wanted.replace("*", inside) for inside in ("", "x"))
        case Regex(source):
            yield from _matching(source)


def _matching(source: str) -> Iterator[str]:
    """A shortest text in which a regex is found."""
    formulas = Formulas()
    try:
        readers = [Reader(Search(source), (Answer(0, equal=True, collected=False),))]
        found = Texts(formulas, readers, Budget()).strings(
            (formulas.atom(0), formulas.atom(0)), surrogates=False
        )
    except (UnknownRegexError, ExhaustedError):
        return
    yield from (word for left, word in found.items() if left == (TRUE, TRUE))
