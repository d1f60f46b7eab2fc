"""What a refused pattern is told, compared whole with ``tests/tables/pattern_errors.txt``.

``python -m tests.test_pattern_errors`` writes the table anew from its patterns; read the difference before it is
committed.
"""

from __future__ import annotations

import functools
import pickle
import re

import pytest

from detector import pattern
from detector.errors import DetectorError, PatternError
from detector.pattern.json_mistakes import MISTAKES
from detector.pattern.mistakes import Mistake
from tests.filter_cases import TABLES

TABLE = TABLES / "pattern_errors.txt"


def blocks(text: str) -> list[str]:
    return [block for block in text.strip("\n").split("\n\n") if not block.startswith("#")]


def pattern_of(block: str) -> str:
    return "\n".join(line[2:] for line in block.splitlines() if line.startswith("| "))


def rendered(text: str) -> str:
    """The block of one pattern: its lines after bars, then the message."""
    bars = "\n".join(f"| {line}" for line in text.split("\n"))
    return f"{bars}\n{refusal(text)}"


@functools.cache
def refusal(text: str) -> PatternError:
    with pytest.raises(PatternError) as caught:
        pattern.compile(text)
    return caught.value


BLOCKS = blocks(TABLE.read_text("utf-8"))


@pytest.mark.parametrize("block", BLOCKS, ids=map(pattern_of, BLOCKS))
def test_the_whole_message_is_the_golden_one(block: str) -> None:
    assert rendered(pattern_of(block)) == block


def _wording(template: str) -> str:
    """A mistake's template as an expression for what it can say."""
    return re.sub(r"\\{\w+\\}", ".*", re.escape(template.replace("{{", "{").replace("}}", "}")))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_of_the_table_is_made(mistake: Mistake) -> None:
    made = (refusal(pattern_of(block)) for block in BLOCKS)
    assert any(
        re.fullmatch(_wording(mistake.reason), error.reason)
        and re.fullmatch(_wording(mistake.hint), error.hint)
        for error in made
    )


def test_the_table_is_whole() -> None:
    assert len(BLOCKS) == len(set(map(pattern_of, BLOCKS))) >= 200


@pytest.mark.parametrize("block", BLOCKS, ids=map(pattern_of, BLOCKS))
def test_the_words_are_one_sentence_and_the_caret_is_inside(block: str) -> None:
    text = pattern_of(block)
    error = refusal(text)
    start, end = error.span
    assert 0 <= start < end <= len(text) + 1
    assert re.fullmatch(r"expected [^\n]+[^\s.]", error.reason)
    assert error.hint
    assert "\n" not in error.hint


def test_an_error_is_a_value_error_and_survives_pickling() -> None:
    error = refusal("{ $.a == 1 }")
    assert isinstance(error, ValueError)
    assert isinstance(error, DetectorError)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is PatternError
    assert (copy.reason, copy.source, copy.span, copy.hint) == (
        error.reason,
        error.source,
        error.span,
        error.hint,
    )
    assert str(copy) == str(error)


def test_reason_and_span_are_attributes() -> None:
    error = refusal('{ $.eventName = "x" && $.errorCode EXISTS }')
    assert error.reason == "expected NOT EXISTS or a comparison; there is no EXISTS"
    assert error.source[slice(*error.span)] == "EXISTS"
    assert error.hint == 'write $.errorCode = "*", which is true when it holds a string or a number'


@pytest.mark.parametrize("before", ["", "$.z = 1 &&\n", "\n\n  ", '$.z = "\t" || '])
@pytest.mark.parametrize("after", ["", "\n&& $.y = 2", "  \n"])
def test_the_caret_stands_under_the_place_on_its_own_line(before: str, after: str) -> None:
    _, line, caret, _ = str(refusal(f"{{ {before}$.a == 1{after} }}")).split("\n")
    assert line[caret.index("^") :].startswith("= 1")
    assert line[caret.index("^") - 1] == "="


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\x0b", "\x1b[31m", "\u202e"])
def test_control_characters_do_not_reach_the_terminal(newline: str) -> None:
    told = str(refusal(f"{{ $.a = x &&{newline} $.b == 1 }}"))
    assert newline not in told
    assert told.split("\n")[1].isprintable()


@pytest.mark.parametrize(("value", "columns"), [("\u6f22\u5b57", 4), ("e\u0301", 1), ("\U0001f600", 2)])
def test_the_caret_counts_the_columns_of_wide_characters(value: str, columns: int) -> None:
    caret = str(refusal(f'{{ $.b = "{value}" && $.a == 1 }}')).split("\n")[2]
    assert caret.index("^") == 2 + len('{ $.b = "') + columns + len('" && $.a =')


@pytest.mark.parametrize("depth", [5, 30])
def test_parentheses_nest(depth: int) -> None:
    assert pattern.compile("{ " + "(" * depth + "$.a = 1" + ")" * depth + " }").matches({"a": 1})


def test_parentheses_nest_as_deeply_as_a_pattern_is_long() -> None:
    deep = "{ " + "(" * 490 + "$.a = 1" + ")" * 490 + " }"
    assert pattern.compile(deep) == pattern.compile("{ $.a = 1 }")
    mixed = "{ " + "($.a = 1 && ($.b = 2 || " * 36 + "$.c = 3" + "))" * 36 + " }"
    assert pattern.compile(str(pattern.compile(mixed))) == pattern.compile(mixed)
    assert pattern.compile(mixed).matches({"a": 1, "b": 2})
    assert (
        refusal("{ " + "(" * 490 + "$.a = 1" + ")" * 489 + " }").reason
        == "expected ) to close this parenthesis"
    )


def test_a_pattern_that_is_too_long_says_how_long() -> None:
    error = refusal("{ $.a = " + "x" * 1100 + " }")
    assert error.reason == "expected at most 1024 characters, found 1110"


if __name__ == "__main__":
    kept = TABLE.read_text("utf-8").strip("\n").split("\n\n")
    fresh = [block if block.startswith("#") else rendered(pattern_of(block)) for block in kept]
    TABLE.write_text("\n\n".join(fresh) + "\n", "utf-8")
