"""The notation of timelines: a table of texts and what they say, and of texts that say nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.ruletests.notation import LONGEST, clock, minute, minutes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", {0: 5}),
        ("5 2+3x2 _", {0: 5, 1: 2, 2: 5, 3: 8}),
        ("_ 1", {1: 1}),
        ("_x3 1", {3: 1}),
        ("0x2 _ 0", {0: 0, 1: 0, 2: 0, 4: 0}),
        ("2x3", {0: 2, 1: 2, 2: 2, 3: 2}),
        ("6-2x3", {0: 6, 1: 4, 2: 2, 3: 0}),
        ("4x0", {0: 4}),
        ("", {}),
        ("_", {}),
        ("5 matches at 00:01", {1: 5}),
        ("5 matches at 00:01, 1 match at 01:07,3 at 25:00", {1: 5, 67: 1, 1500: 3}),
        ("0 at 00:00", {0: 0}),
    ],
)
def test_what_a_text_says(text: str, expected: dict[int, int]) -> None:
    assert minutes(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "found 'x'"),
        ("5,", "found '5,'"),
        ("-1", "found '-1'"),
        ("1.5", "found '1.5'"),
        ("_2", "found '_2'"),
        ("1x", "found '1x'"),
        ("1+x2", "found '1.x2'"),
        ("5-3x3", "to go below"),
        ("1x44640", "to go beyond"),
        ("_x44641", "to go beyond"),
        ("5 matches at 00:01,", "found ''"),
        ("5 matches at 00:60", "found '00:60'"),
        ("5 matches at 745:00", "found '745:00'"),
        ("five at 00:01", "found 'five at 00:01'"),
        ("1 at 00:01, 2 at 00:01", "found 00:01 twice"),
    ],
)
def test_what_says_nothing(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        minutes(text)


def test_the_longest_timeline_is_allowed() -> None:
    assert len(minutes(f"1x{LONGEST - 1}")) == LONGEST


@given(st.integers(0, LONGEST))
def test_a_time_reads_back(at: int) -> None:
    assert minute(clock(at)) == at


@given(st.dictionaries(st.integers(0, 200), st.integers(0, 99), max_size=8))
def test_both_ways_to_write_say_the_same(found: dict[int, int]) -> None:
    compact = " ".join(str(found.get(at, "_")) for at in range(201))
    assert minutes(compact) == found
    if found:
        assert minutes(", ".join(f"{number} at {clock(at)}" for at, number in found.items())) == found
