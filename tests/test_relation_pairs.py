"""Pairs of patterns with known relations, one a line, and what their witnesses are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from detector.detections import load_detection, shipped
from detector.pattern import compile as compile_pattern
from detector.relation import Relation, relate

EQUIVALENT, NARROWER, WIDER, OVERLAPPING, DISJOINT = (
    "equivalent",
    "narrower",
    "wider",
    "overlapping",
    "disjoint",
)

# old, new, the relation of new to old
JSON = [
    # order, blanks, quotes and parentheses
    ("$.a = x", '$.a = "x"', EQUIVALENT),
    ("$.a=x&&$.b=y", "($.b   =  y) && (($.a = x))", EQUIVALENT),
    ("$.a = x || $.b = y && $.c = z", "($.c = z && $.b = y) || $.a = x", EQUIVALENT),
    ("($.a = x || $.b = y) && $.c = z", "$.a = x || $.b = y && $.c = z", WIDER),
    ("$.a = x && $.b = y && $.c = z", "$.a = x && ($.b = y && $.c = z)", EQUIVALENT),
    ("$.a[*] = 1", "$.a.* = 1", EQUIVALENT),
    ("$.a = 1", "$.['a'] = 1", EQUIVALENT),
    ("$.a.b = 1", "$.['a.b'] = 1", OVERLAPPING),
    ("$.a = 1 && $.a = 1", "$.a = 1 || $.a = 1", EQUIVALENT),
    ("$.a = x && ($.a = x || $.b = y)", "$.a = x", EQUIVALENT),
    ("($.a = x || $.b = y) && ($.a = x || $.c = z)", "$.a = x || $.b = y && $.c = z", EQUIVALENT),
    # numbers and their texts
    ("$.a = 404", '$.a = "404"', NARROWER),
    ("$.a = 404", "$.a = 404.0", OVERLAPPING),
    ("$.a = 1 && $.a < 2", "$.a = 1.0 && $.a < 2", EQUIVALENT),
    ("$.a = 1e3 && $.a > 0", "$.a = 1000 && $.a > 0", EQUIVALENT),
    ("$.a = 1", '$.a = "1.0"', OVERLAPPING),
    ("$.a = +1", "$.a = 1", OVERLAPPING),
    ("$.a > 3", "$.a >= 4", NARROWER),
    ("$.a > 3 && $.a < 4", "$.a > 3", WIDER),
    ("$.a < 3 || $.a >= 3", '$.a = * && $.a != "Infinity" && $.a != "-Infinity"', WIDER),
    ("$.a < 3 || $.a >= 3", "$.a != 1 || $.a = 1", WIDER),
    ("$.a > 1 && $.a < 0", "$.a IS TRUE && $.a IS FALSE", EQUIVALENT),
    ("$.a >= 1 && $.a <= 1", "$.a = 1 && $.a > -1", EQUIVALENT),
    ("$.a >= 400 && $.a < 500 && $.a != *.*", "$.a = %^4\\d\\d$% && $.a > 0", EQUIVALENT),
    ("$.a > 9007199254740992 && $.a < 9007199254740994", "$.a = 9007199254740993 && $.a > 0", EQUIVALENT),
    ("$.a > 1.7976931348623157e308 && $.a = *.*", "$.a > 0 && $.a < 0", EQUIVALENT),
    ("$.a > 0", "$.a >= 5e-324", EQUIVALENT),
    ("$.a = 1e309 && $.a = *.*E*", "$.a IS NULL && $.a = 1", EQUIVALENT),
    ("$.a > 1e2147483647", "$.a < -1e2147483647", EQUIVALENT),
    ("$.a > 1e-2147483647", "$.a > 0", EQUIVALENT),
    ("$.a > 1e4301", "$.a > 1 && $.a < 1", EQUIVALENT),  # such a number is infinite
    ("$.a > 0 && $.a < 1e-400", "$.a > 1 && $.a < 1", EQUIVALENT),
    # != and what is not there
    ("$.a != x", "$.a NOT EXISTS", DISJOINT),
    ("$.a != x", "$.a = *", WIDER),
    ("$.a != x || $.a = x", "$.a = *", EQUIVALENT),
    ("$.a != x || $.a NOT EXISTS", "$.a != x", NARROWER),
    ('$.a != "*"', "$.a = 1 && $.a IS NULL", EQUIVALENT),
    ("$.a != 1 || $.a = 1", '$.a = "*"', WIDER),  # 1e309 is a number, yet neither
    ("$.a NOT EXISTS", "$.a IS NULL", DISJOINT),
    ("$.a NOT EXISTS", "$.a.b NOT EXISTS", WIDER),
    ("$.a = x || $.a.b = y", "$.a.b = y || $.a = x", EQUIVALENT),
    ("$.a = x && $.a.b = y", "$.a = x && $.a[0] = y", EQUIVALENT),
    ("$.a = x", "$.a = x && $.a.b NOT EXISTS", EQUIVALENT),
    ("$.a IS TRUE", "$.a = true", DISJOINT),
    ("$.a IS TRUE || $.a IS FALSE", "$.a = *", DISJOINT),
    # De Morgan does not hold, for != is no negation
    ("$.a != x && $.a != y", "$.a != x || $.a != y", WIDER),
    ("$.a != x || $.a != y", "$.a = *", EQUIVALENT),
    ("$.a != x || $.b != y", "$.a = x && $.b = y", DISJOINT),
    ("$.a != x || $.b != y", "$.a != x && $.b != y", NARROWER),
    # arrays and wildcards
    ("$.a[*] = 1", "$.a[0] = 1", NARROWER),
    ("$.a[*] = 1", "$.a[0] = 1 || $.a[*] = 1", EQUIVALENT),
    ("$.a[*] != 1", "$.a[*] = 1", DISJOINT),
    ("$.a[*] != 1 || $.a[*] = 1", "$.a NOT EXISTS", DISJOINT),
    ("$.a[*] != 1", "$.a[0] != 1", OVERLAPPING),
    ("$.a[*] NOT EXISTS", "$.a NOT EXISTS", NARROWER),
    ("$.a[*].b = 1 && $.a[*].c = 2", "$.a[0].b = 1 && $.a[0].c = 2", NARROWER),
    ("$.a IS NULL", "$.a[0] IS NULL", OVERLAPPING),
    ("$.a IS NULL && $.a[1] NOT EXISTS && $.a[0] = *", "$.a = 1 && $.a = 2", EQUIVALENT),
    ("$.a IS NULL && $.a[1] NOT EXISTS && $.a[*] = *", "$.a = 1 && $.a = 2", EQUIVALENT),
    ("$.a IS NULL && $.a[2] NOT EXISTS && $.a[*] = 1 && $.a[*] = 2", "$.a = 1 && $.a = 2", EQUIVALENT),
    ("$.a[1] = x", "$.a[1] = x && $.a[*] = x", EQUIVALENT),
    ("$.a[1] = x", "$.a[1] = x && $.a[0] NOT EXISTS", NARROWER),
    ("$.a[1] = x && $.a[0] NOT EXISTS", "$.b = 1 && $.b IS NULL", EQUIVALENT),
    ("$.a.b = x && $.a[0] = x", "$.a[*] = x && $.a[*] NOT EXISTS", EQUIVALENT),
    ("$.a.b = x", "$.a.b = x && $.a.* = x", EQUIVALENT),
    ("$.* = x", "$.a = x", NARROWER),
    ("$.* != x && $.a = x", "$.a = 1 && $.a IS NULL", EQUIVALENT),
    # * is leftmost and does not go back
    ('$.a = "*111.111.111"', "$.a = %111\\.111\\.111$%", WIDER),
    ('$.a = "*ab"', "$.a = %ab$%", WIDER),
    ('$.a = "*a*b"', '$.a = "*b"', OVERLAPPING),
    ('$.a = "a*"', "$.a = %^a%", EQUIVALENT),
    ('$.a = "*a*"', "$.a = %a%", EQUIVALENT),
    ('$.a = "a**b"', '$.a = "a*b"', EQUIVALENT),
    ('$.a = "a*b"', "$.a = %^a[^b]*b$%", EQUIVALENT),
    ('$.a = "*"', "$.a = %^%", EQUIVALENT),
    ('$.a = "*"', "$.a = %.%", NARROWER),
    ('$.a = "*a*b*"', "$.a = %a.*b%", NARROWER),  # . is no line break
    ('$.a = "*a*b*"', "$.a = %a[^\\x00]*b%", NARROWER),
    ('$.a = "abc*" && $.a = "*xyz"', '$.a = "abc*xyz"', EQUIVALENT),
    ('$.a = "aba*" && $.a = "*aba"', '$.a = "aba*aba"', DISJOINT),  # "aba" alone; "abaaba" holds it too early
    ("$.a = AccessDenied", '$.a = "AccessDenied*"', WIDER),
    ("$.a = %^x?$%", '$.a = "" || $.a = x', EQUIVALENT),
    ("$.a = %[[:digit:]]{3}%", "$.a = %\\d\\d\\d%", EQUIVALENT),
    ("$.a = %\\bx\\b%", "$.a = x", NARROWER),
    ("$.a != %x%", "$.a = %x%", DISJOINT),
    ("$.a = %^[a-c]$%", "$.a = a || $.a = b || $.a = c", EQUIVALENT),
    ("$.a = %^[a-c]$%", "$.a = a || $.a = b", NARROWER),
    # edits of the usual kind
    ('$.e = "AccessDenied*"', '$.e = "AccessDenied*" && $.u.arn != "*:role/x"', NARROWER),
    ('$.e = "AccessDenied*" && $.u.arn != "*:role/x"', '$.e = "AccessDenied*" && ($.u.arn NOT EXISTS || $.u.arn != "*:role/x")', WIDER),
    ("$.n = A || $.n = B", "$.n = B || $.n = C", OVERLAPPING),
    ("$.n = A", "$.n = B", DISJOINT),
    ("$.n = A && $.n = B", "$.n = A && $.n = C", EQUIVALENT),
    ("$.n = A", "$.n = A && $.n = C", NARROWER),
    ("$.n = A && $.n = C", "$.n = A", WIDER),
]  # fmt: skip

TEXT = [
    ("ERROR WARN", "WARN  ERROR", EQUIVALENT),
    ("ERROR", '"ERROR"', EQUIVALENT),
    ("ERROR", "ERROR WARN", NARROWER),
    ("?ERROR ?WARN", "ERROR", NARROWER),
    ("?ERROR WARN", "WARN", EQUIVALENT),
    ("ERROR ERR", "ERROR", EQUIVALENT),
    ("-ERROR", "ERROR", DISJOINT),
    ("-ERROR ERR", "-ERR", DISJOINT),
    ("ab ba", "aba", NARROWER),
    ("%a.c%", '"abc"', NARROWER),
    ("%abc%", "abc", EQUIVALENT),
    ("ab -b", "xy -y", EQUIVALENT),
    ("", "ERROR", NARROWER),
    ('"a*b"', "a b", WIDER),
]  # fmt: skip

OTHERS = [
    ("[a, b = 4*, c]", "[x, y=4*, z]", EQUIVALENT),
    ("[a, b = 1 || b = 2]", "[p, (q = 2) || (q = 1)]", EQUIVALENT),
    ("", "[...]", EQUIVALENT),
    ("", "{ $.a = 1 }", NARROWER),
    ("[]", "ERROR", NARROWER),
    ("ERROR", "{ $.a = 1 }", OVERLAPPING),
    ('[a = "x*"]', "xy", OVERLAPPING),
    ("[a, b]", "[a, b, c]", None),
    ("[a = 4*]", "[a = 404]", None),
    ("ERROR", "[a = ERROR]", None),
]


LONG = [
    ("$.a > 1e400", "$.a > 1e3000", NARROWER),
    ("$.a > 1e4200", "$.a > 1 && $.a < 1", NARROWER),
]


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "relation"), LONG)
def test_numbers_of_thousands_of_digits(old: str, new: str, relation: Relation) -> None:
    test_json_patterns(f"{{ {old} }}", f"{{ {new} }}", relation)


@pytest.mark.parametrize(("old", "new", "relation"), [(f"{{ {a} }}", f"{{ {b} }}", c) for a, b, c in JSON])
def test_json_patterns(old: str, new: str, relation: str) -> None:
    check(old, new, relation)


@pytest.mark.parametrize(("old", "new", "relation"), [*TEXT, *OTHERS])
def test_other_patterns(old: str, new: str, relation: str | None) -> None:
    check(old, new, relation)


MIRRORED = {None: None, EQUIVALENT: EQUIVALENT, NARROWER: WIDER, WIDER: NARROWER, OVERLAPPING: OVERLAPPING, DISJOINT: DISJOINT}  # fmt: skip


def check(old: str, new: str, relation: str | None) -> None:
    verdict = relate(compile_pattern(old), compile_pattern(new))
    assert (verdict.relation, verdict.proved) == (relation, relation is not None), verdict
    assert bool(verdict.why_not) is (relation is None)
    assert relate(compile_pattern(new), compile_pattern(old)).relation == MIRRORED[relation]


def test_the_versions_of_the_benchmark() -> None:
    found = {}
    for name in shipped():
        names = [
            name,
            *(f"{name}@{variant}" for variant in [one.name for one in load_detection(name).variants]),
        ]
        for old, new in pairwise(names):
            patterns = [load_detection(one).filters[0].pattern for one in (old, new)]
            found[new] = relate(patterns[0], patterns[1]).relation
    assert found == {
        "cis/cloudwatch-2@cis-1.3.0": Relation.WIDER,
        "cis/cloudwatch-2@cis-4.0.0": Relation.NARROWER,
        "cis/cloudwatch-3@cis-1.2.0": Relation.WIDER,
        "cis/cloudwatch-10@cis-5.0.0": Relation.WIDER,
        "cis/cloudwatch-13@cis-4.0.0-audit": Relation.NARROWER,
    }


def test_the_lab() -> None:
    deployed, corrected = (
        load_detection(name).filters[0].pattern
        for name in ("lab/unauthorized-api-calls-as-deployed", "lab/unauthorized-api-calls")
    )
    verdict = relate(deployed, corrected)
    assert verdict.relation is Relation.OVERLAPPING
    assert verdict.witnesses.new_only == {"errorCode": "AccessDenied"}


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        ("{ $.a = %\\C% }", "{ $.a = x }", "a regular expression holds what is not followed here: \\C"),
        (
            "{ $.a[5000] = 1 }",
            "{ $.a[5000] = 2 }",
            "an array of more than 1,000 elements would have to be tried",
        ),
        (
            '{ $.a = "0.3000000000000000*" && $.a > 0 }',
            "{ $.a = 1 && $.a = 2 }",
            "it is not known whether a double with exactly the digits that are asked for exists",
        ),
        (
            "[a, b]",
            "[a, b, c]",
            "space-delimited patterns with different conditions are only put to a few messages",
        ),
        ("ERROR", "[a = ERROR]", "patterns of different kinds are only put to a few messages"),
    ],
)
def test_what_is_not_decided_says_why(old: str, new: str, because: str) -> None:
    verdict = relate(compile_pattern(old), compile_pattern(new))
    assert (verdict.relation, verdict.proved, verdict.why_not) == (None, False, because)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{ $.a[1000] = 1 }", "{ ($.a[1000]=1) }"),
        ("{ $.a[5000] = 1 && ($.b = x || $.c = y) }", "{ ($.c = y || $.b = x) && $.a[5000] = 1 }"),
        ("{ $.a = %\\C% }", "{ $.a = %\\C% || $.a = %\\C% }"),
        ("%\\C%", "  %\\C%"),
    ],
)
def test_what_asks_the_same_is_equivalent_whatever_it_asks(old: str, new: str) -> None:
    verdict = relate(compile_pattern(old), compile_pattern(new))
    assert (verdict.relation, verdict.why_not) == (Relation.EQUIVALENT, "")


@pytest.mark.parametrize(
    ("pattern", "both"),
    [
        ("[a > 5 && a < 6]", "5.5"),
        ("[x != a && x = %a%, ...]", "xax"),
        ('[a = "1e99999999999999999999" && a != y]', "1e99999999999999999999"),
    ],
)
def test_messages_between_what_is_named_are_tried(pattern: str, both: str) -> None:
    assert relate(compile_pattern(pattern), compile_pattern(pattern)).witnesses.both == both


def test_the_bound_on_work_is_kept() -> None:
    texts = [
        " && ".join(f'$.a = "*{chr(97 + i)}{chr(98 + i)}*"' for i in range(start, start + 16))
        for start in (0, 5)
    ]
    old, new = (compile_pattern(f"{{ {text} }}") for text in texts)
    verdict = relate(old, new, steps=2_000)
    assert verdict.relation is None
    assert verdict.why_not == "the bound on work was reached"


def test_differences_that_were_found_prove_even_without_the_rest() -> None:
    """Where all three outcomes have an event, nothing that is left out can change the relation."""
    old, new = compile_pattern("{ $.a[5000] = 1 || $.b = x }"), compile_pattern("{ $.b = x || $.c = y }")
    assert relate(old, new).relation is None
    old, new = compile_pattern("{ $.a[5000] = 1 || $.b = x }"), compile_pattern("{ $.b = x* || $.c = y }")
    assert relate(old, new).relation is None
    old, new = compile_pattern("{ $.a[5000] = 1 || $.b = * }"), compile_pattern("{ $.b = x* || $.c = y }")
    assert relate(old, new).relation is Relation.OVERLAPPING


def test_witnesses_are_small() -> None:
    verdict = relate(
        compile_pattern('{ $.e = "Access*" }'), compile_pattern("{ $.e = AccessDenied && $.n != x }")
    )
    assert verdict.witnesses.old_only == {"e": "Access"}
    assert verdict.witnesses.both == {"e": "AccessDenied", "n": ""}
    long = compile_pattern("{ $.a >= 1e308 }")
    assert repr(relate(long, long).witnesses.both) == "{'a': 1e+308}"
