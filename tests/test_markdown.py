"""What is written as Markdown reads back as the text it was, as code, whatever the text is."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from detector.render.kit.markdown import code, document, fenced, heading, plain, table
from detector.render.kit.printable import printable
from tests.hostile import STRINGS

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PIECES = st.sampled_from(
    [*STRINGS.values(), *"`|\\<>[]()*_~#@&! \n-a1.:/", "``", "www.", "https://", "\\|", "é"]
)
TEXTS = st.one_of(st.text(max_size=12), st.lists(PIECES, max_size=6).map("".join))


def inline(source: str) -> list[Any]:
    return [inner for token in READER.parse(source) for inner in token.children or ()]


@given(TEXTS)
def test_code_is_one_code_span(text: str) -> None:
    shown = printable(text, 200).strip()
    spans = [(token.type, token.content) for token in inline(f"who {code(text)}")]
    if shown:
        assert spans == [("text", "who "), ("code_inline", shown)]
    else:
        assert spans == [("text", "who -")]


@given(TEXTS, TEXTS)
def test_a_cell_stays_a_cell(one: str, other: str) -> None:
    lines = table(("a", "b"), [(code(one), code(other)), (code(other), "1")], ("b",))
    tokens = READER.parse("\n".join(lines))
    assert [token.type for token in tokens].count("td_open") == 4
    kinds = {inner.type for token in tokens for inner in token.children or ()}
    assert kinds <= {"text", "code_inline"}


@example("www.")
@given(TEXTS)
def test_plain_text_means_nothing_in_markdown(text: str) -> None:
    for token in inline(f"who {plain(text)}"):
        assert token.type in {"text", "code_inline"}
        if token.type == "text":
            assert not set(token.content) & set("[]`*_~#@&!|\\$\n")
            # "www." alone is a word; a forge makes a link of it where a name follows at once.
            assert not re.search(r"www\.\S|//|</|<a", token.content)


@given(TEXTS)
def test_a_block_holds_its_text(text: str) -> None:
    [block] = READER.parse("\n".join(fenced(text)))
    assert (block.type, block.content) == (
        "fence",
        "".join(f"{printable(line, 2_000)}\n" for line in text.split("\n")),
    )


def test_words_and_figures_stay_as_they_are() -> None:
    for text in (
        "one principal tries 31 different calls in 18 services within 9 min",
        "2.0 weeks: 337 hours with a log, none missing in between.",
        "Unauthorized API calls (as deployed)",
        "at 13:43 of 2025-03-05, 12 of 1,234; 3/4",
    ):
        assert plain(text) == text
    for text in ("see example.com/x", "@all", "#1", "a_b", "GH-12", "x@y", "1234567", "abc1234", "", "a\nb"):
        assert plain(text) != text


def test_a_document_has_no_gaps() -> None:
    assert document(["", *heading(2, "a", "b"), "", "", "c ", ""]) == "## a b\n\nc\n"
