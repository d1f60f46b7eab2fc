"""The automata of the reasoning accept exactly what the reference definitions say, and tell apart no less."""

from __future__ import annotations

import itertools
import math
import random
import struct
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import PatternError
from detector.pattern import compile as compile_pattern
from detector.pattern import evaluate
from detector.pattern.regex import RegexError, compile_regex
from detector.relation import characters
from detector.relation.automata import Automaton, Literals, accepts, contains, glob, is_included
from detector.relation.budget import Budget
from detector.relation.intervals import representatives
from detector.relation.numbers import Form, Numbers, kinds
from detector.relation.regex import ACCEPTING, DEAD, RegexSearch
from detector.relation.regex_syntax import UnknownRegexError

TEXTS = ["".join(chars) for size in range(8) for chars in itertools.product("ab", repeat=size)]


def globs() -> Iterator[str]:
    return ("".join(chars) for size in range(1, 7) for chars in itertools.product("ab*", repeat=size))


def test_every_short_glob_on_every_short_text() -> None:
    wrong = [
        (text, found)
        for wanted in globs()
        if "*" in wanted
        for automaton in [glob(wanted)]
        for text in TEXTS
        if (found := accepts(automaton, text)) is not evaluate.glob(wanted, text)
    ]
    assert wrong == []


def test_words_and_substrings_on_every_short_text() -> None:
    for wanted in TEXTS[1:40]:
        assert [text for text in TEXTS if accepts(Literals([wanted]), text)] == [wanted]
        assert [text for text in TEXTS if accepts(contains(wanted), text)] == [
            text for text in TEXTS if wanted in text
        ]


def test_an_inclusion_holds_for_every_short_text() -> None:
    """And it is found wherever it holds, among these: an exact answer is what saves the search its work."""
    values = ["a*", "*a", "a*b", "*a*", "*", "ab*ab", "*ab*b", "*ba"]
    automata: list[Automaton] = [*map(glob, values), Literals(["ab"]), RegexSearch("^ab"), RegexSearch("a$")]
    accepted = [{text for text in TEXTS if accepts(one, text)} for one in automata]
    for (one, mine), (other, theirs) in itertools.product(zip(automata, accepted, strict=True), repeat=2):
        assert is_included(one, other, Budget()) is (mine <= theirs)


def test_a_settled_state_never_changes_its_mind() -> None:
    automata: list[Automaton] = [
        *map(glob, ("a*", "*a", "a*b", "*a*", "*", "ab*ab")),
        Literals(["ab"]),
        RegexSearch("^ab"),
        RegexSearch("a$"),
    ]
    for automaton in automata:
        for text in TEXTS[:60]:
            state = automaton.start
            for char in text:
                state = automaton.step(state, char)
            if state in (ACCEPTING, DEAD):
                later = {automaton.accepted(automaton.step(state, char)) for char in "abc"}
                assert later == {automaton.accepted(state)}


ATOMS = st.sampled_from(
    [
        *"ab01_- \n.^$",
        *(r"\d", r"\D", r"\s", r"\S", r"\w", r"\W", r"\b", r"\A", r"\z", r"\.", r"\x41", r"\n", r"\-", r"\x{e9}"),
        *("[ab]", "[^a]", "[a-b1]", r"[\d-]", r"[^\w]", "[]a]", "[^]]", "[[:alpha:]]", "[^[:digit:]_]", "[a-]", r"[\x30-\x39]"),
        *("{", "}", "{,2}", "a{x", "é", r"\101", r"\07", ":", "\\_", "]"),
    ]
)  # fmt: skip
REPEATS = st.sampled_from(
    ["", "", "", "*", "+", "?", "*?", "{2}", "{1,3}", "{0,}", "{0}", "|", "+?", "{2,1}"]
)
REGEXES = st.lists(st.tuples(ATOMS, REPEATS).map("".join), min_size=1, max_size=5).map("".join)
WORDS = st.text(st.sampled_from("ab01_- \nAé.?:{}x\ud800"), max_size=6)


@given(REGEXES, st.lists(WORDS, min_size=1, max_size=8))
def test_a_search_is_what_re2_finds(source: str, texts: list[str]) -> None:
    try:
        found = compile_regex(source)
    except RegexError:
        return
    automaton = RegexSearch(source)
    assert [accepts(automaton, text) for text in texts] == [found(text) for text in texts]


@given(REGEXES, WORDS)
def test_letters_of_a_class_are_alike_to_a_search(source: str, text: str) -> None:
    try:
        compile_regex(source)
    except RegexError:
        return
    automaton = RegexSearch(source)
    classes = characters.classes(automaton.sets)
    for char in text:
        alike = [one for one in classes if same_class(automaton.sets, one, char)]
        assert len(alike) == 1
        assert accepts(automaton, text.replace(char, alike[0])) is accepts(automaton, text)


def same_class(sets: Iterable[characters.CharacterSet], one: str, other: str) -> bool:
    return all(characters.has(ranges, one) is characters.has(ranges, other) for ranges in sets)


@pytest.mark.parametrize("source", [r"\B", r"\C", r"\Qa\E", "(a)", "a**"])
def test_what_is_not_followed_is_said(source: str) -> None:
    with pytest.raises(UnknownRegexError):
        RegexSearch(source)


def test_a_regex_too_large_to_follow_is_said() -> None:
    with pytest.raises(UnknownRegexError, match="3,000"):
        RegexSearch("[ab]{1000}" * 4)


BOUNDS: tuple[int | Decimal, ...] = (
    *(0, 1, -1, 404, 10**7, 10**30, -(10**8)),
    *map(Decimal, ("1.5", "-0.5", "0.001", "1e-400", "1e400", "9999999.5", "-2.5E-7", "1.0E10", "0.25")),
)


def read(numbers: Numbers, text: str) -> object:
    state = numbers.start
    for char in text:
        after = numbers.step(state, char)
        if after is None:
            return None
        state = after
    return state if numbers.accepts(state) else None


def doubles() -> list[float]:
    drawn = random.Random(5)  # noqa: S311 - no secret
    raw = (struct.unpack("<d", drawn.randbytes(8))[0] for _ in range(3_000))
    near = [float(bound) * factor for bound in BOUNDS for factor in (1, 1 + 2**-52, 1 - 2**-53, 0.5, 10, -1)]
    small = (
        [n / 8 for n in range(-40, 40)]
        + [n * 1e-3 for n in range(30)]
        + [drawn.uniform(-99, 99) for _ in range(500)]
    )
    powers = [sign * 10.0**n for n in range(-323, 309) for sign in (1, -1)]
    every = [*raw, *near, *small, *powers, 5e-324, 1.7976931348623157e308, -0.0]
    return [number for number in every if math.isfinite(number)]


def test_every_double_is_read_and_bounds_tell_it_where_it_lies() -> None:
    places: dict[object, set[tuple[bool, ...]]] = {}
    plain, scientific = Numbers(BOUNDS, Form.PLAIN), Numbers(BOUNDS, Form.SCIENTIFIC)
    for number in doubles():
        text = evaluate.canonical(number)
        automaton = scientific if "E" in text else plain
        other = plain if "E" in text else scientific
        state = read(automaton, text)
        assert state is not None, text
        assert read(other, text) is None
        assert automaton.number(text) == number
        exact = Decimal(text)
        sides = tuple(exact < bound for bound in BOUNDS) + tuple(exact == bound for bound in BOUNDS)
        places.setdefault(("E" in text, state), set()).add(sides)
    assert {len(sides) for sides in places.values()} == {1}


def test_there_is_a_representative_wherever_a_number_can_lie() -> None:
    def sides(number: float) -> tuple[object, ...]:
        exact = evaluate.exact(number)
        return (isinstance(number, int), *((exact < bound, exact == bound) for bound in BOUNDS))

    known = set(map(sides, representatives(BOUNDS)))
    assert {sides(number) for number in [*doubles(), *map(int, doubles())]} <= known


def test_every_whole_number_is_read_and_bounds_tell_it_where_it_lies() -> None:
    integers = Numbers(BOUNDS, Form.WHOLE)
    places: dict[object, set[tuple[bool, ...]]] = {}
    numbers = [
        *range(-1200, 1200),
        *(10**n + d for n in range(3, 40) for d in (-1, 0, 1)),
        -(10**8) - 1,
        -(10**50),
    ]
    for number in numbers:
        state = read(integers, str(number))
        assert state is not None
        sides = tuple(number < bound for bound in BOUNDS) + tuple(number == bound for bound in BOUNDS)
        places.setdefault(state, set()).add(sides)
    assert {len(sides) for sides in places.values()} == {1}


@pytest.mark.parametrize("text", ["", "-", "01", "-0", "+1", "1.", ".5", "1.50", "00.5", "0.00", "0.0001", "1e5", "1E5", "1.0E6", "10000000.0", "1.0E-3", "12.0E10", "1.0E07"])  # fmt: skip
def test_what_is_no_text_of_a_number_is_not_read(text: str) -> None:
    assert [read(kind, text) for kind in kinds(())] == [None, None, None]


def test_the_regexes_of_the_language_are_followed() -> None:
    """Whatever the language lets through and RE2 compiles is either followed or named."""
    for source in ("a|b", "^a.*z$", r"[0-9]{1,3}\.[0-9]{1,3}", r"\x28.+?\x29", "[A-Z]+|x*", r"\bword\b"):
        try:
            compile_pattern(f"{{ $.a = %{source}% }}")
        except PatternError:
            pytest.fail(source)
        RegexSearch(source)
