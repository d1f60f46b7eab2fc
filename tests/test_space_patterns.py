"""Space-delimited patterns: every recorded row, fields and conditions beyond them, the errors, and the laws."""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import pattern
from detector.errors import PatternError
from detector.pattern import PatternKind, space_grammar
from detector.pattern.space import compare, cut
from detector.pattern.syntax import (
    AnyFields,
    Column,
    Compare,
    Field,
    Fields,
    Name,
    Number,
    Op,
    Or,
    Regex,
    Span,
    Text,
    Value,
)
from detector.testing import fields
from detector.testing.patterns import FIELD_CHARACTERS as ALPHABET
from detector.testing.patterns import FIELD_VALUES as VALUES
from tests.filter_cases import Case, answers, filter_cases, wild_patterns

CASES = filter_cases("space-delimited")
ANSWERED = [case for case in CASES if case.expect != "invalid"]
REFUSED = [case for case in CASES if case.expect == "invalid"]

A = Column((Name("a"),))


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.id)
def test_the_recorded_answer(case: Case) -> None:
    said = answers(case.pattern, case.message, kind="space-delimited")
    assert said == dict.fromkeys(said, case.expect), case.note or case.source


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_what_the_service_refuses_is_refused(case: Case) -> None:
    with pytest.raises(PatternError):
        pattern.compile(case.pattern)


def test_the_rows_are_all_here() -> None:
    assert len(ANSWERED) >= 325
    assert len(REFUSED) >= 7
    assert len(wild_patterns("space-delimited", "valid")) >= 28


@pytest.mark.parametrize("text", wild_patterns("space-delimited", "valid"))
def test_a_public_pattern_parses_and_prints_back(text: str) -> None:
    tree = pattern.compile(text)
    assert tree.kind is PatternKind.SPACE
    assert pattern.compile(str(tree)) == tree
    assert str(pattern.compile(str(tree))) == str(tree)


@pytest.mark.parametrize("text", wild_patterns("space-delimited", "template"))
def test_a_template_is_no_surprise(text: str) -> None:
    # Inside quotes a placeholder is text like any other.
    if '"${' in text:
        assert pattern.compile(text).kind is PatternKind.SPACE
    else:
        with pytest.raises(PatternError, match="template placeholder"):
            pattern.compile(text)


APACHE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
REQUEST = "GET /index.html HTTP/1.0"
TIME = "10/Oct/2000:13:25:15 -0700"


@pytest.mark.parametrize(
    ("source", "message", "fields"),
    [
        # as TestMetricFilter prints them (API reference)
        ("[]", APACHE, ["127.0.0.1", "-", "frank", TIME, REQUEST, "404", "1534"]),
        ("[...]", "a b", ["a", "b"]),
        (
            "[ip, ..., status, size]",
            APACHE,
            {
                "$ip": "127.0.0.1",
                "$2": "-",
                "$3": "frank",
                "$4": TIME,
                "$5": REQUEST,
                "$status": "404",
                "$size": "1534",
            },
        ),
        # nameless fields
        ("[, b,]", "1 2 3 4", {"$1": "1", "$b": "2", "$3": "3 4"}),
        ("[,]", "1 2", ["1", "2"]),
        ("[,]", "1", None),
        # ... in every position
        ("[..., z]", "1 2 3", {"$1": "1", "$2": "2", "$z": "3"}),
        ("[..., z]", "1", {"$z": "1"}),
        ("[..., z]", " ", None),
        ("[a, ...]", "1", {"$a": "1"}),
        ("[a, ...]", "1 2 3", {"$a": "1", "$2": "2", "$3": "3"}),
        ("[a, ..., z]", "1 2", {"$a": "1", "$z": "2"}),
        ("[a, ..., z]", "1", None),
        ("[a, ..., y, z]", '1 2 "3 4" 5', {"$a": "1", "$2": "2", "$y": "3 4", "$z": "5"}),
        ("[..., ]", "1 2", ["1", "2"]),
        # the rest of the line
        ("[a]", "1 2", {"$a": "1 2"}),
        ("[a]", "", None),
        ("[a, b]", '1 "2 3" 4', {"$a": "1", "$b": '"2 3" 4'}),
        ("[a, b]", '1 "2 3"', {"$a": "1", "$b": "2 3"}),
        ("[a, b]", '1 "2 3" \n', {"$a": "1", "$b": "2 3"}),
        ("[a, b]", "1 2  3 \t", {"$a": "1", "$b": "2  3"}),
        ("[a, b]", "1 [2] [3]", {"$a": "1", "$b": "[2] [3]"}),
        ("[a, b]", "1 2\n3", {"$a": "1", "$b": "2\n3"}),
        ("[a, b]", "1  ", None),
        ("[a, b]", '1 ""', {"$a": "1", "$b": ""}),
        # quotes and brackets
        ("[a, b, c]", 'x "y z', {"$a": "x", "$b": '"y', "$c": "z"}),
        ("[a, b, c]", "x [y z", {"$a": "x", "$b": "[y", "$c": "z"}),
        ("[a, b, c]", 'x "b"c d', {"$a": "x", "$b": "b", "$c": "c d"}),
        ("[a, b, c]", '"" [] " "', {"$a": "", "$b": "", "$c": " "}),
        ("[a, b]", 'k="v w" x', {"$a": 'k="v', "$b": 'w" x'}),
        ("[a, b]", "[x [y] z", {"$a": "x [y", "$b": "z"}),
        ("[a, b]", '["x y" z] 1', {"$a": '"x y" z', "$b": "1"}),
        ("[a, b]", "] x", {"$a": "]", "$b": "x"}),
        # white space
        ("[a, b]", " \t1\u00a02\r\n3", {"$a": "1\u00a02", "$b": "3"}),
        # a condition that is not fulfilled leaves nothing
        ("[a = 1, b]", "2 3", None),
    ],
)
def test_fields(source: str, message: str, fields: dict[str, str] | list[str] | None) -> None:
    asked = pattern.compile(source)
    if isinstance(fields, list):
        fields = {f"${place}": text for place, text in enumerate(fields, start=1)}
    assert asked.matches(message) is (fields is not None)
    assert asked.extract(message) == (fields or {})
    assert list(asked.extract(message)) == list(fields or {})


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        # a bare number is compared as one with what looks like one, else letter by letter
        ("a = 1", ["1", "1.0", "01", "+1", "1e0", "10e-1", "1."], ["x", "1x", "0x1", "1,0", "\u0661", "11"]),
        ("a = 0", ["0", "-0", "0.0", ".0"], ["", "-", "null", "false"]),
        ("a = 9007199254740993", ["9007199254740993"], ["9007199254740992"]),
        ("a = 1e3", ["1e3", "1000", "1E+3"], ["1e", "1e33"]),
        ("a != 1", ["x", "2", "NaN"], ["1", "1.0", "1e0"]),
        ('a = "1"', ["1"], ["1.0", "01", "+1"]),
        ('a != "1"', ["1.0", "x"], ["1"]),
        # orderings ask for a number
        ("a > 1000", ["1001", "1000.5", "1e9", "1e999999"], ["1000", "x", "1001x", "1,001", "Infinity", "-"]),
        ("a >= -1", ["-1", "-1.0", "0"], ["-1.1", "-2", "--1"]),
        ("a < 5", ["4.99", "-1e400"], ["5", "x", "NaN"]),
        ("a <= 5", ["5.0"], ["5.01"]),
        ("a < 5", ["1e-999999999"], ["1e-99999999999999999999999", "9" * 5000]),
        # words; wildcards, found leftmost; regexes
        ("a = ERROR", ["ERROR"], ["error", "ERRORS", ""]),
        ('a = ""', ['""'], ["x", '" "']),
        ("a != ERROR", ["error", "ERRORS"], ["ERROR"]),
        ("a = *", ["x", '""'], []),
        ("a = 4*", ["4", "404", "4x"], ["14"]),
        ('a = "*b c*"', ['"a b c d"'], ["b"]),
        ("a = *111.1", ["2111.1"], ["111.111.1"]),
        ("a != *html*", ["x"], ["a.html"]),
        (r"a = %^1\d+$%", ["12", "123"], ["1", "21"]),
        ("a != %x%", ["y"], ["axb"]),
        ("a = %x y%", ['"ax yb"'], ["xy"]),
        # && before ||, parentheses
        ("a = 1 || a = 2 && a = 3", ["1"], ["2", "3"]),
        ("(a = 1 || a = 2) && a != 1", ["2"], ["1", "3"]),
        ("a!=1&&a!=2", ["3"], ["1", "2"]),
        # what is no number and no keyword in a value
        ("a = true", ["true"], ["True", "1"]),
        ("a = NULL1", ["NULL1"], ["NULL"]),
        ("a = SPACE*", ["SPACES"], ["OUTER"]),
        ('a = "SPACE"', ["SPACE"], ["space"]),
        ("a = space", ["space"], ["SPACE"]),
        ("a = -", ["-"], ["--"]),
        ("a = ...", ["..."], [".."]),
        ("a = café", ["café"], ["cafe"]),
    ],
)
def test_conditions(condition: str, yes: list[str], no: list[str]) -> None:
    first = pattern.compile(f"[{condition}, ...]")
    alone = pattern.compile(f"[{condition}]")
    for text in yes:
        assert first.matches(f"{text} x"), text
        assert alone.matches(text), text
    for text in no:
        assert not first.matches(f"{text} x"), text
        assert not alone.matches(text), text


def test_the_last_field_is_the_rest_also_for_its_condition() -> None:
    assert pattern.compile("[level = ERROR]").matches("ERROR")
    assert not pattern.compile("[level = ERROR]").matches("ERROR in line 1")
    assert pattern.compile("[level = ERROR*]").matches("ERROR in line 1")


def test_an_object_is_cut_as_one_compact_line() -> None:
    event = {"kind": "two words", "n": 1}
    assert pattern.compile("[a, b]").extract(event) == {"$a": '{"kind":"two', "$b": 'words","n":1}'}
    assert pattern.compile("[a, b]").holds(event)
    assert pattern.compile("[a, b]").matches(b"\xff x")


@pytest.mark.parametrize(
    ("source", "entries"),
    [
        ("[]", []),
        ("[ \t]", []),
        (" [ a ]\n", [Field("a")]),
        ("[,]", [Field(), Field()]),
        ("[...,]", [AnyFields(), Field()]),
        ("[_a1, ERROR]", [Field("_a1"), Field("ERROR")]),
        ("[a=1,b]", [Field("a", Compare(A, Op.EQ, Number("1"))), Field("b")]),
        ('[a = "x\ty, ]"]', [Field("a", Compare(A, Op.EQ, Text("x\ty, ]")))]),
        (r'[a = "say \"x\""]', [Field("a", Compare(A, Op.EQ, Text('say "x"')))]),
        ("[a = %[,]%]", [Field("a", Compare(A, Op.EQ, Regex("[,]")))]),
    ],
)
def test_entries(source: str, entries: list[Field | AnyFields]) -> None:
    tree = pattern.compile(source)
    assert tree.expr == Fields(tuple(entries))
    assert pattern.compile(str(tree)) == tree


def test_every_node_knows_its_place() -> None:
    a, dots, b = space_grammar.parse(' [ a , ... , bc  !=  "x" || bc = 1 ]').entries
    assert isinstance(b, Field)
    assert isinstance(b.condition, Or)
    first = b.condition.terms[0]
    assert isinstance(first, Compare)
    assert [a.span, dots.span, b.span] == [(3, 4), (7, 10), (13, 34)]
    assert (first.span, first.value_span) == (Span(13, 24), Span(21, 24))


GOLDEN = {
    "[ip, status = 4* && bytes > 1000]": """\
expected a condition on status only, found bytes in the same entry
  [ip, status = 4* && bytes > 1000]
                      ^^^^^^^^^^^^
  each condition stands in its own field's entry: […, status = …, bytes > 1000, …]""",
    "[a, a]": """\
expected every field name once, found a a second time
  [a, a]
      ^
  write a2, or nothing between the commas""",
    "[a, ..., b, ...]": """\
expected at most one ... in a pattern
  [a, ..., b, ...]
              ^^^
  name the fields in between, or leave them nameless between commas: [a, , b]""",
    "[kind = SPACE, value]": """\
expected a value, found the reserved word SPACE
  [kind = SPACE, value]
          ^^^^^
  write "SPACE" for the word; fields are separated by blanks anyway""",
    "[a = null]": """\
expected a value, found the keyword null
  [a = null]
       ^^^^
  a field is always text: "null" is that word, and "" the empty field""",
    "[a == 1]": """\
expected a value, found a second =
  [a == 1]
      ^
  write = instead of ==""",
    "[a='x']": """\
expected double quotes, found single ones
  [a='x']
     ^^^
  write "x\"""",
    '[a > "1"]': """\
expected a number without quotes after an ordering
  [a > "1"]
       ^^^
  write 1""",
    "[a = x OR a = y]": """\
expected ||, found OR
  [a = x OR a = y]
         ^^
  write || instead of OR""",
    '[a = x || "y"]': """\
expected a condition, found a value alone
  [a = x || "y"]
            ^^^
  write a = "y\"""",
    "[a = x || y]": """\
expected a condition, found a value alone
  [a = x || y]
             ^
  write a = y""",
    "[url = /a/b, c]": """\
expected a value, found /a/b
  [url = /a/b, c]
         ^^^^
  a value with this character needs double quotes: "/a/b\"""",
    "[a = x:y]": """\
expected , or ] or the end of the value, found :
  [a = x:y]
        ^^
  a value with this character needs double quotes: "x:y\"""",
    "[a = two words, b]": """\
expected , or ] after the value, found another word
  [a = two words, b]
           ^^^^^
  a value with a blank needs double quotes, "two words", and fields are separated by commas""",
    '[a = "x]': """\
expected a second double quote to close this one
  [a = "x]
       ^
  a quote inside quotes is \\\"""",
    "[a = %x]": """\
expected a second % to close this regex
  [a = %x]
       ^
  a regex is %…%, without line breaks""",
    "[a = %x%, b = %y%, c = %z%]": """\
expected at most 2 regular expressions per filter pattern, found 3
  [a = %x%, b = %y%, c = %z%]
                         ^^^
  a | inside one regex joins two""",
    "[a = 1e99999999999]": """\
expected an exponent of at most 32 bits
  [a = 1e99999999999]
       ^^^^^^^^^^^^^
  a text that looks like a number needs "quotes\"""",
    "[request-id, b]": """\
expected letters, digits or _ in a field name, found -
  [request-id, b]
          ^^^
  write _ in place of -""",
    "[1a]": """\
expected a field name that does not begin with a digit
  [1a]
   ^^
  write _1a, or a condition such as code = 1a""",
    "[$a]": """\
expected a field name without $
  [$a]
   ^^
  write a""",
    '["ERROR", b]': """\
expected a field name, found a value
  ["ERROR", b]
   ^^^^^^^
  give the field a name and compare it: word = "ERROR\"""",
    "[ERROR*]": """\
expected a field name without *
  [ERROR*]
        ^
  a wildcard belongs into a value: ERROR = ERROR*""",
    "[= ERROR]": """\
expected a field name in front of =
  [= ERROR]
   ^
  name the field: word = …""",
    "[a NOT EXISTS]": """\
expected a comparison of a, found NOT
  [a NOT EXISTS]
     ^^^
  a field is there or the event does not match; an empty one is a = \"\"""",
    "[.., a]": """\
expected three dots for any number of fields, found ..
  [.., a]
   ^^
  write ...""",
    "[a b]": """\
expected a comma between two fields
  [a b]
     ^
  write [a, …]""",
    "[a": """\
expected ] to close the pattern
  [a
    ^
  a pattern that begins with [ ends with ]""",
    "[a] x": """\
expected nothing after the closing ]: a pattern that begins with [ ends with ]
  [a] x
      ^
  to look for brackets in the text, put them into double quotes""",
    "[id = ${id}]": """\
expected a pattern, found a template placeholder
  [id = ${id}]
        ^^^^^
  render the template first""",
}


@pytest.mark.parametrize("source", GOLDEN)
def test_errors(source: str) -> None:
    with pytest.raises(PatternError) as caught:
        pattern.compile(source)
    assert str(caught.value) == GOLDEN[source]


ALSO_REFUSED = """
[[a]] · [a]] · [a, b · [a.b] · [café] · [!a] · [*] · [%x%] · [a <> 1] · [a => 1] · [a = 1)] · [(a = 1]
[a || a = 1] · [a = 1 || ] · [a = (x)] · [a: x] · [a ~= x] · [a = "x"y] · [a = %(x)%] · [a = %%]
[a IS NULL] · [a = 1 AND a = 2] · [a = 1 & a = 2] · [a > b] · [a > ] · [a = NULL] · [a;b] · [{a}]
"""


@pytest.mark.parametrize("source", re.split(r" · |\n", ALSO_REFUSED.strip()))
def test_also_refused(source: str) -> None:
    with pytest.raises(PatternError) as caught:
        pattern.compile(source)
    assert caught.value.reason.startswith("expected ")
    assert "Re:" not in caught.value.reason  # pyparsing's own words


def test_limits() -> None:
    assert pattern.compile("[" + "," * 1022 + "]").matches("x " * 1023)
    with pytest.raises(PatternError, match="at most 1024 characters"):
        pattern.compile("[" + "," * 1023 + "]")
    assert pattern.compile("[" + "(" * 400 + "a=1" + ")" * 400 + "]").matches("1")


def test_an_event_of_brackets_that_are_never_closed_takes_no_longer() -> None:
    # Quadratic would be minutes here.
    line = "[ " * 100_000
    assert sum(1 for _ in cut(line)) == 100_000
    assert sum(1 for _ in cut('" ' * 99_999 + "[ ")) == 49_999 + 2


@given(fields())
def test_a_printed_pattern_is_read_as_the_same_tree(tree: Fields) -> None:
    try:
        assert space_grammar.parse(str(tree)) == tree
    except PatternError as error:
        assert "regular expressions" in str(error)  # noqa: PT017 - more than two of them, and nothing else


@given(
    st.text(ALPHABET, max_size=12).map("[{}]".format)
    | st.text('[],.=!<>ab1 "%&|()*', max_size=20).map("[".__add__)
)
def test_nothing_but_a_pattern_error(source: str) -> None:
    try:
        tree = pattern.compile(source)
    except PatternError as error:
        assert "Re:" not in str(error)  # noqa: PT017 - pyparsing's own words
        return
    assert pattern.compile(str(tree)) == tree
    assert pickle.loads(pickle.dumps(tree)) == tree  # noqa: S301 - our own bytes


@given(st.text(ALPHABET, max_size=20))
def test_cutting_is_one_regular_expression(message: str) -> None:
    blank = r"[^ \t\n\r\f\v]"
    wanted = [
        quoted or bracketed or word
        for quoted, bracketed, word in re.findall(rf'"([^"]*)"|\[([^\]]*)\]|({blank}+)', message)
    ]
    assert [piece.text for piece in cut(message)] == wanted


@given(st.text(ALPHABET, max_size=6), VALUES)
def test_not_equal_is_the_negation_of_equal(text: str, value: Value) -> None:
    assert compare(text, Op.NE, value) is not compare(text, Op.EQ, value)


@given(fields(), st.text(ALPHABET, max_size=20))
def test_every_field_of_a_match_is_extracted_once(tree: Fields, message: str) -> None:
    try:
        asked = pattern.compile(str(tree))
    except PatternError:
        return
    found = asked.extract(message)
    assert asked.matches(message) or not found
    if asked.matches(message):
        rest = len(tree.entries) > 0 and AnyFields() not in tree.entries
        assert len(found) == (len(tree.entries) if rest else sum(1 for _ in cut(message)))
