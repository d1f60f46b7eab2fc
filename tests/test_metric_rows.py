"""Rows are ordered and counted natively as the plain functions say; several detections' matches are put together as sets."""

from __future__ import annotations

from array import array
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.metrics import rows
from detector.metrics.columns import Column
from detector.metrics.evidence import native
from detector.metrics.rows import again, groups, in_order, plain_groups, ranked, where

pytestmark = pytest.mark.skipif(native is None, reason="built without a compiler")
TEXT = st.text("ab é\0", max_size=4)
COLUMNS = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.tuples(*[TEXT] * width, st.integers(-200, 200)), min_size=1, max_size=30)
)


def plainly(call: Any, *given: Any, **named: Any) -> Any:
    with mock.patch.object(rows, "native", None):
        return call(*given, **named)


def columns(make: type[Column], told: list[tuple[Any, ...]], most: int) -> tuple[Column, ...]:
    """Of which some values may not be kept apart."""
    found = []
    for *values, _ in [list(zip(*told, strict=True))]:
        for each in values:
            one = make(most)
            one.extend(each)
            one.prune()
            found.append(one)
    return tuple(found)


@given(told=COLUMNS, most=st.integers(1, 8), unit=st.sampled_from([0, 60]), data=st.data())
def test_rows_are_counted_as_the_plain_functions_say(
    told: list[tuple[Any, ...]], most: int, unit: int, data: st.DataObject
) -> None:
    assert native is not None
    fast, plain = columns(native.Column, told, most), columns(Column, told, most)
    asked = array("I", data.draw(st.lists(st.integers(0, len(told) - 1), max_size=40)))
    times = array("q", [told[row][-1] for row in asked])
    assert groups(fast, asked, times, unit) == plain_groups(plain, asked, times, unit)
    for several in (False, True):
        found = ranked(fast[0], asked, most, several=several)
        assert found == plainly(ranked, plain[0], asked, most, several=several)
    for value in {each[0] for each in told}:
        assert where(fast[0], value, asked) == plainly(where, plain[0], value, asked)
    with pytest.raises(IndexError):
        groups(fast, array("I", [len(told)]), array("q", [0]), unit)


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 2)), max_size=40))
def test_the_order_is_that_of_tuples(told: list[tuple[int, int, int]]) -> None:
    times, files, positions = zip(*told, strict=True) if told else ((), (), ())
    given = array("q", times), array("I", files), array("I", positions)
    assert in_order(*given) == plainly(in_order, *given)


@given(st.lists(st.lists(st.text("ab", max_size=2), min_size=1), max_size=8), st.data())
def test_an_id_is_there_again_when_it_was_there_before(ids: list[list[str]], data: st.DataObject) -> None:
    joined, count = ["\0".join(some) for some in ids], sum(map(len, ids))
    places = array("I", data.draw(st.permutations(range(count))))
    assert again(joined, places) == plainly(again, joined, places)
    with pytest.raises(IndexError):
        again(joined, array("I", [count]))
