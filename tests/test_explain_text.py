"""What an explanation says: the English of every kind of condition, what was found, and the hints."""

from __future__ import annotations

from typing import Any

import pytest

import detector
from detector.pattern.explanation import leaves
from detector.pattern.syntax import conditions
from detector.render.explanation_text import explanation_text
from detector.render.explanation_words import found, hint, meaning
from detector.render.kit.page import Page


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('$.a = "x"', 'a is "x"'),
        ("$.a.b[0] = x", 'a.b[0] is "x"'),
        ("$.['a.b'] = x", "['a.b'] is \"x\""),
        ("$.a = 404", 'a is the number 404 or the text "404"'),
        ('$.a = "404"', 'a is "404", as a text or as a number written so'),
        ('$.a = ""', 'a is ""'),
        ("$.a = *", "a is any text or number"),
        ("$.a = x*", 'a begins with "x"'),
        ("$.a = *x", 'a ends with "x"'),
        ("$.a = *x*", 'a contains "x"'),
        ("$.a = x*y*z", 'a begins with "x" and then contains "y" and ends with "z"'),
        ("$.a = %^x%", "a has a match of the regex %^x%"),
        ('$.a != "x"', 'a is a text or a number other than "x"'),
        ("$.a != 404", 'a is a number other than 404 or a text other than "404"'),
        ("$.a != *", "a is a text or a number other than any: never true"),
        ("$.a != x*", 'a is a text or a number that does not begin with "x"'),
        ("$.a != *x", 'a is a text or a number that does not end with "x"'),
        ("$.a != *x*", 'a is a text or a number that does not contain "x"'),
        ("$.a != x*y", 'a is a text or a number that is not like "x*y"'),
        ("$.a != %x%", "a is a text or a number without a match of the regex %x%"),
        ("$.a < 5", "a is a number below 5"),
        ("$.a <= 5", "a is a number of at most 5"),
        ("$.a > 5", "a is a number above 5"),
        ("$.a >= 5", "a is a number of at least 5"),
        ("$.a IS NULL", "a is null"),
        ("$.a IS TRUE", "a is the boolean true"),
        ("$.a IS FALSE", "a is the boolean false"),
        ("$.a NOT EXISTS", "a is absent"),
        ("$.a[*].b = x", 'some a[*].b is "x"'),
        ("$.a[*].b != x", 'a exists, and no a[*].b is "x"'),
        ("$.* != x", 'the event exists, and no * is "x"'),
        ("$.a[*] > 5", "some a[*] is a number above 5"),
        ("$.a[*] IS NULL", "some a[*] is null"),
        ("$.a[*] NOT EXISTS", "there is no a[*]"),
    ],
)
def test_the_meaning_of_a_json_condition(condition: str, expected: str) -> None:
    [leaf] = detector.compile(f"{{ {condition} }}").conditions
    assert meaning(leaf) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ERROR", 'the text contains "ERROR"'),
        ('-"two words"', 'the text does not contain "two words"'),
        ("%x.y%", "the text has a match of the regex %x.y%"),
        ("[a = 5]", "the field a is the number 5"),
        ("[a != 5]", "the field a is not the number 5"),
        ("[a = x]", 'the field a is "x"'),
        ("[a != x]", 'the field a is not "x"'),
        ("[a = x*]", 'the field a begins with "x"'),
        ("[a = x*y]", 'the field a begins with "x" and ends with "y"'),
        ("[a != x*]", 'the field a is not like "x*"'),
        ("[a = *]", "the field a is any text"),
        ("[a != *]", "the field a is not any text: never true"),
        ("[a = %x%]", "the field a has a match of the regex %x%"),
        ("[a != %x%]", "the field a has no match of the regex %x%"),
        ("[a >= 5]", "the field a is a number of at least 5"),
    ],
)
def test_the_meaning_of_the_other_kinds(pattern: str, expected: str) -> None:
    assert meaning(conditions(detector.compile(pattern).expr)[-1]) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"), [("[a]", "there is at least 1 field"), ("[a,,b]", "there are at least 3 fields")]
)
def test_a_field_count(pattern: str, expected: str) -> None:
    assert meaning(conditions(detector.compile(pattern).expr)[0]) == expected


@pytest.mark.parametrize(
    ("condition", "event", "expected", "hinted"),
    [
        ("$.a = x", {"a": "x"}, '"x"', ""),
        ("$.a = x", {"a": "X"}, '"X"', 'Upper and lower case differ: "x" is asked for.'),
        ("$.a = x", {"a": 5}, "5 (number)", ""),
        (
            "$.a = x",
            {"a": None},
            "null",
            "Only a string or a number can be compared; with anything else != is false too.",
        ),
        (
            "$.a = true",
            {"a": True},
            "true (boolean)",
            "Only a string or a number can be compared; with anything else != is false too.",
        ),
        (
            "$.a != x",
            {"a": {"b": 1}},
            '{"b":1} (object)',
            "Only a string or a number can be compared; with anything else != is false too.",
        ),
        ("$.a != x", {"b": 1}, "absent", "A comparison with an absent field is false, != included."),
        ("$.a = x", {"b": 1}, "absent", ""),
        ("$.a > 5", {"a": "7"}, '"7"', "> compares numbers only, and this is a string."),
        ("$.a > 5", {"a": 4}, "4 (number)", ""),
        ("$.a NOT EXISTS", {"a": None}, "null", "NOT EXISTS asks for an absent field, and null is a value."),
        ("$.a NOT EXISTS", {"a": 1}, "1 (number)", ""),
        ("$.a.b = x", {"a": {}}, "absent, a has no b", ""),
        ("$.a.b = x", {}, "absent, the event has no a", ""),
        ("$.a.b = x", {"a": None}, "absent, a is null", ""),
        ("$.a.b = x", {"a": "text"}, "absent, a is a string", ""),
        ("$.a[3] = x", {"a": [1]}, "absent, a has no [3]", ""),
        ("$.a[*] = x", {"a": []}, "nothing in it: a is empty", ""),
        ("$.a[*] = x", {"a": ["y"]}, '"y"', ""),
        ("$.a[*] = x", {"a": ["y", 1, None, {}]}, '4 values: "y", 1 (number), null, …', ""),
        ("$.a = x", {"a": "\x1b[31m" + "y" * 99}, '"\\u001b[31m' + "y" * 48 + "…", ""),
    ],
)
def test_what_was_found_and_the_hint(condition: str, event: Any, expected: str, hinted: str) -> None:
    tree = detector.explain(f"{{ {condition} }}", event).tree
    assert tree is not None
    [leaf] = leaves(tree)
    assert (found(leaf), hint(leaf)) == (expected, hinted)


def test_a_pattern_in_english() -> None:
    assert said('{ $.a = "*b" && ($.c != d || $.e IS NULL) && $.f = true }') == (
        "A JSON log event matches when all of these hold:\n"
        '  - a ends with "b"\n'
        "  - any of these holds:\n"
        '    - c is a text or a number other than "d"\n'
        "    - e is null\n"
        '  - f is "true"\n'
        "\n"
        "Note: != asks for a text or a number that differs. Where the field is absent, null, true, false, an\n"
        "object or an array, it is false.\n"
        'Note: "ends with": CloudWatch looks for the text from the left and does not go back, so its first\n'
        "place has to be the end of the value.\n"
        "Note: true and false are strings here; the JSON booleans are asked for with IS TRUE and IS FALSE.\n"
        "Note: IS NULL is also true of an array that directly holds a null, and false of an absent field.\n"
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", "Every log event matches.\n"),
        ("[]", "Every log event matches.\n"),
        ("{ $.a = 1 }", 'A JSON log event matches when a is the number 1 or the text "1".\n'),
        ("[a]", "A log event matches when there is at least 1 field.\n"),
    ],
)
def test_short_patterns_in_english(pattern: str, expected: str) -> None:
    assert said(pattern) == expected


def said(pattern: str, event: Any = None) -> str:
    return explanation_text(detector.explain(pattern, event), Page())


def test_an_event_that_does_not_match() -> None:
    assert said("{ $.a = 1 && ($.b = 2 || $.c.d != x) }", {"a": 1, "b": 3}) == (
        "NO MATCH\n"
        "$.b = 2 is false: 3 (number).\n"
        "$.c.d != x is false: absent, the event has no c. A comparison with an absent field is false, !=\n"
        "included.\n"
        "\n"
        "✗ all of these hold\n"
        "  ✓ $.a = 1       1 (number)\n"
        "  ✗ any of these holds\n"
        "    ✗ $.b = 2     3 (number)  ◄ decides\n"
        "    ✗ $.c.d != x  absent, the event has no c  ◄ decides\n"
        "\n"
        "Nearest event that would match\n"
        "  b 3 (number) becomes 2 (number)\n"
        "\n"
        "Nearest pattern that would match\n"
        "  $.b = 2 becomes $.b = 2 || $.b = 3\n"
    )


def test_conditions_on_one_field_are_named_together() -> None:
    text = said("{ $.a = x || $.a = y || $.a = z }", {"a": "w"})
    assert text.startswith('NO MATCH\nNone of the 3 conditions on a holds: "w".\n')
    text = said("{ $.a != x && $.a != y }", {"a": "w"})
    assert text.startswith('MATCH\nBoth conditions on a hold: "w".\n')
    text = said("{ $.a = x || $.a = y }", {"a": "w"})
    assert text.startswith('NO MATCH\nNeither of the two conditions on a holds: "w".\n')


def test_many_reasons_are_cut_short() -> None:
    names = "abcdefghij"
    text = said("{ " + " || ".join(f"$.{name} = 1" for name in names) + " }", {})
    assert text.split("\n\n")[0].splitlines()[-1] == "and 4 more"


def test_what_is_no_json_and_what_asks_nothing() -> None:
    assert said("{ $.a = 1 }", "text") == (
        "NO MATCH\nThe log event is not a JSON object, and such an event never matches a JSON pattern.\n"
    )
    assert said("", "text") == "MATCH\nThe pattern asks for nothing: every log event matches.\n"


def test_texts_and_fields() -> None:
    assert said('a -b "c d" ?e', "xxaxx") == (
        "NO MATCH\n"
        '"c d" is false: not in the text.\n'
        "\n"
        "✗ all of these hold\n"
        "  ✓ a      in the text, at character 3\n"
        "  ✓ -b     not in the text\n"
        '  ✗ "c d"  not in the text  ◄ decides\n'
        "\n"
        'Note: ?"e" does not count: beside a term without ? CloudWatch ignores those with it.\n'
    )
    assert said("[a, b = 5]", "x") == (
        "NO MATCH\n"
        "at least 2 fields is false: 1 field.\n"
        "\n"
        "✗ all of these hold\n"
        "  ✗ at least 2 fields  1 field  ◄ decides\n"
        "  ✗ b = 5              no such field\n"
    )


def test_a_long_condition_has_what_was_found_below() -> None:
    name = "n" * 120
    text = said(f"{{ $.{name} = x && $.a = 1 }}", {"a": 1})
    assert all(len(line) <= 140 for line in text.splitlines())
    assert "\n      absent" in text or "\n    absent" in text


def test_what_an_attacker_writes_cannot_steer_the_terminal() -> None:
    event = {"a": "\x1b]0;x\x07\u202e", "\x1b[2J": 1}
    for pattern in ("{ $.a = 1 }", "{ $.* = 1 }", '"\x1b[2J"', "[a = 1]"):
        text = said(pattern, event)
        assert "\x1b" not in text
        assert "\u202e" not in text
