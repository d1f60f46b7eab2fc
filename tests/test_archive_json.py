"""JSON text: what is decoded, what is refused, and that what is written is read back the same."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.jsontext import dump_indented, dump_json, parse_json, parse_many, parse_object

VALUES: dict[str | bytes, Any] = {
    "{}": {},
    ' {"a" : [ 1 , null , true ] }\r\n\t': {"a": [1, None, True]},
    '{"v":1,"v":2}': {"v": 2},
    '{"\\u0061":1,"a":2}': {"a": 2},
    "9007199254740993": 9_007_199_254_740_993,
    "18446744073709551616": 2**64,
    "-99999999999999999999999999": -99_999_999_999_999_999_999_999_999,
    "1" + "0" * 400: 10**400,
    "1e400": math.inf,
    "-1e400": -math.inf,
    "1" * 5_000: math.inf,
    "1e-999": 0.0,
    "0.1": 0.1,
    '"\\ud800"': "\ud800",
    '"a\\udc00b"': "a\udc00b",
    '"\\ud83d\\ude00"': "\U0001f600",
    '"\\u0000\\/"': "\x00/",
    b'"\xc3\xa9"': "\u00e9",
    "[" * 500 + "]" * 500: None,
}

REFUSED: list[str | bytes] = [
    "",
    "  ",
    "{",
    '{"a":1',
    '{"a":1,}',
    "[1,]",
    "{'a':1}",
    "{a:1}",
    "NaN",
    '{"a":NaN}',
    "[Infinity]",
    "-Infinity",
    "{} {}",
    "{}x",
    "{}\x00",
    "01",
    "1.",
    ".5",
    "+1",
    '"a\nb"',
    '"\\x41"',
    '"\\ud80"',
    "\ufeff{}",
    b"\xef\xbb\xbf{}",
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b'"\xc0\xaf"',
    '{"a":1}'.encode("utf-16"),
    "\xa0{}",
    "[" * 100_000,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 100_000 + "1" + "}" * 100_000,
    '["\\ud800",' + "[" * 100_000,
    "// comment\n{}",
]


@pytest.mark.parametrize("text", VALUES, ids=lambda text: ascii(text)[:40])
def test_decodes(text: str | bytes) -> None:
    value = parse_json(text)
    expected = VALUES[text]
    if expected is not None:
        assert value == expected
        assert type(value) is type(expected)
    assert parse_json(dump_json(value)) == value


def test_integers_and_decimals_stay_apart() -> None:
    value = parse_json("[1, 1.0]")
    assert isinstance(value, list)
    assert [type(member) for member in value] == [int, float]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[:40])
def test_refuses(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^[A-Za-z0-9,:'\\() -]{5,90}$"):
        parse_json(text)


def test_a_reason_repeats_nothing_of_the_text() -> None:
    with pytest.raises(ValueError, match=r"^Expecting ':' delimiter \(character 12\)$"):
        parse_json('{"a":"b","c"\x1b[31m secret')


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{}", {}), ('{"a":1}', {"a": 1}), ("[]", None), ("1", None), ("{", None), ("{}{}", None), (b"{}", {})],
)
def test_an_object_or_none(text: str | bytes, expected: object) -> None:
    assert parse_object(text) == expected


def test_several_texts() -> None:
    assert parse_many('{"a":1}{"b":2}\n[3] 4') == [{"a": 1}, {"b": 2}, [3], 4]
    assert parse_many(b"") == []
    with pytest.raises(ValueError, match="character 7"):
        parse_many('{"a":1},{"b":2}')


def test_what_is_written() -> None:
    assert dump_json({"a": [1, "\u00e9", None]}) == '{"a":[1,"\u00e9",null]}'.encode()
    assert dump_json({"n": None, "big": math.inf}) == b'{"n":null,"big":1e999}'
    assert dump_json([-math.inf]) == b"[-1e999]"
    assert dump_json({"\ud800": "\udfff\u00e9", "n": 2**70}) == (
        b'{"\\ud800":"\\udfff\\u00e9","n":1180591620717411303424}'
    )
    deep = json.loads("[" * 700 + "]" * 700)
    assert dump_json(deep) == b"[" * 700 + b"]" * 700


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters())
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner)
)


@given(values)
def test_written_and_read_back(value: object) -> None:
    assert parse_json(dump_json(value)) == value


@given(values)
def test_both_decoders_agree(value: object) -> None:
    text = dump_json(value)
    assert parse_many(text + b"\n[]") == [parse_json(text), []]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_indented_json_is_what_the_standard_library_writes(value: object) -> None:
    assert dump_indented(value) == json.dumps(value, indent=2)


def test_a_lone_surrogate_in_indented_json() -> None:
    assert dump_indented(["\ud800"]) == '[\n  "\\ud800"\n]'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_indented_json_has_no_number_that_json_cannot_spell(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump_indented([value])
