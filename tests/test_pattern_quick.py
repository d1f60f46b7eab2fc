"""The quick parser gives the tree of the grammar, spans included, or leaves the text to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.detections import shipped
from detector.detections.catalogue import detections_of
from detector.errors import PatternError
from detector.pattern import grammar, quick
from detector.pattern.syntax import Expr
from detector.testing import patterns

WILD = Path(__file__).parent / "tables" / "wild_patterns.jsonl"


def of_grammar(source: str) -> Expr | None:
    try:
        return grammar.parse(source)
    except PatternError:
        return None


def agrees(source: str) -> bool:
    """Whether the quick parser knows it; what it says is always right, to the last span."""
    quickly = quick.parse(source)
    assert quickly is None or repr(quickly) == repr(of_grammar(source)), source
    return quickly is not None


def test_patterns_of_others() -> None:
    lines = [json.loads(line) for line in WILD.read_text("utf-8").splitlines()]
    texts = {text for line in lines for text in line.values() if isinstance(text, str)}
    assert sum(map(agrees, texts)) > 290


def test_shipped_patterns_need_no_grammar() -> None:
    assert all(agrees(each.pattern.source) for one in detections_of(shipped()) for each in one.filters)


@pytest.mark.parametrize(
    "source",
    [
        *(
            "",
            "{}",
            "{",
            "}",
            "{ }",
            "{ $.a }",
            "{ $.a = }",
            "{ ($.a = 1 }",
            "{ $.a = 1) }",
            "{ $.a = 1 } }",
            "{ $.a = 1 } x",
        ),
        *(
            "{ $.a = null }",
            "{ $.a = NULLs }",
            "{ $.a = 1x }",
            "{ $.a = 01 }",
            "{ $.a = -0 }",
            "{ $.a = 1.5 }",
            "{ $.a = 1e3 }",
        ),
        *(
            "{ $.a = é }",
            "{ $.a = bé }",
            '{ $.a = "é" }',
            '{ $.a = "a\\"b" }',
            "{ $.a = 1\u00a0}",
            "{ $.a =\x0b1 }",
            '{ $.a = "\t\n" }',
        ),
        *(
            "{ $.a[0] = 1 }",
            "{ $.a.* = 1 }",
            "{ $.a. = 1 }",
            "{ $.['a'] = 1 }",
            "{ $.a IS NULL }",
            "{ $.a = %x% }",
        ),
        *(
            "{ $.a NOT EXISTS }",
            "{ $.a not\nexists}",
            "{ $.aNOT EXISTS }",
            "{ $.a NOTEXISTS }",
            "{ $.a NOT EXISTSx }",
        ),
        *(
            "{$.a=1&&$.b!=x||$.c<=-3}",
            "{ $.a=1 & $.b=2 }",
            "{ ((($.a = 1))) }",
            "{ () }",
            "{ && }",
            "{ $.a < x }",
            "{ $.a != * }",
        ),
        *(
            "{ $.a = x&&$.b = y }",
            "{ $.a = x}",
            "{ $.a = x|| $.b = y }",
            '{ $.a = "x"&&$.b = y }',
            "{ $.a = x$.b = y }",
        ),
        " \n{ $.a = 1 } \t",
        "\u00a0{ $.a = 1 }",
        "{ $.a = 1 }\x0c",
        "{ " + "(" * 64 + "$.a = 1" + ")" * 64 + " }",
        "{ " + "(" * 65 + "$.a = 1" + ")" * 65 + " }",
    ],
)
def test_edges(source: str) -> None:
    agrees(source)


@given(
    st.lists(
        st.sampled_from(
            [
                *"{}()$ \n",
                "&&",
                "||",
                "$.a",
                ".b",
                "=",
                "!=",
                "<",
                ">=",
                "1",
                "-2",
                "x",
                '"',
                "*",
                "NOT",
                "EXISTS",
                "IS",
            ]
        )
    )
)
def test_any_tokens(tokens: list[str]) -> None:
    agrees("{" + "".join(tokens) + "}")


@given(patterns())
def test_any_pattern(source: object) -> None:
    agrees(str(source))
