"""JSON that is written in pieces: the bytes of one dump, and no more in memory than some entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.render.kit import json_values
from detector.render.kit.json_values import indented

VALUES = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
OBJECTS = st.lists(
    st.tuples(
        st.dictionaries(st.text("ab"), VALUES, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from(["episodes", "transitions"]), st.lists(VALUES, max_size=5)),
    ),
    max_size=3,
)


@given(OBJECTS, st.integers(1, 3))
def test_the_pieces_are_the_whole(
    objects: list[tuple[dict[str, Any], dict[str, list[Any]]]], at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "_AT_ONCE", at_once)
        pieces = "".join(indented(objects))
    assert pieces == json.dumps([members | lists for members, lists in objects], indent=2) + "\n"


def test_entries_are_made_when_they_are_written() -> None:
    made = []

    def entries() -> Iterator[int]:
        for number in range(10 * json_values._AT_ONCE):
            made.append(number)
            yield number

    pieces = indented([({"name": "one"}, {"episodes": entries()})])
    while not made:
        next(pieces)
    assert len(made) == json_values._AT_ONCE
    assert "".join(pieces).endswith("\n    ]\n  }\n]\n")
