"""The bound on work is real: pairs made to be hard end with a verdict or a reason, after a counted amount of work.

No clock is asked. What a step may cost is counted in calls of functions, by Python's own hook. Measured by hand on two
slow cores (September 2026): each of these pairs ends within 3 seconds and 100 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from detector.pattern import compile as compile_pattern
from detector.relation import STEPS, relate
from detector.relation.regex import RegexSearch


def filled(condition: Callable[[int], str], sign: str = " && ", start: int = 0) -> str:
    """As many conditions as a pattern of 1,024 characters holds."""
    conditions: list[str] = []
    while len(sign.join([*conditions, condition(start)])) <= 1_016:
        conditions.append(condition(start))
        start += 1
    return "{ " + sign.join(conditions) + " }"


def letters(number: int) -> str:
    """Any number in two letters of an alphabet, so that the strings overlap."""
    return format(number, "b").replace("0", "a").replace("1", "b")


def suffix(number: int) -> str:
    return f'$.a = "*.{number}xlarge"'


DEEP = ".a" * 500
NESTED = "$.a = 1"
for level in range(52):
    NESTED = f"$.{'ab'[level % 2]} = {level} {'&&' if level % 2 else '||'} ({NESTED})"

# name, old, new, the relation; None: not decided
PAIRS = [
    ("a regex of 2^300 states", "{ $.a = %[ab]*a[ab]{300}% }", "{ $.a = %[ab]*b[ab]{300}% }", "overlapping"),
    ("the same as whole strings", "{ $.a = %^[ab]*a[ab]{300}$% }", "{ $.a = %^[ab]*b[ab]{300}$% }", None),
    ("a contradiction of 2^20 states", "{ $.a = %^[ab]*a[ab]{20}$% && $.a = %^[ab]*b[ab]{20}$% }", "{ $.b = x }", None),
    ("repeats beyond what is followed", "{ $.a = %" + "[a-z]{1000}" * 40 + "% }", "{ $.a = x }", None),
    ("ranges of repeats", "{ $.a = %^[ab]{0,900}[bc]{0,900}[cd]{0,900}$% }", "{ $.a = %^[ab]{0,899}[bc]{0,900}[cd]{0,900}$% }", None),
    ("optional items", "{ $.a = %^" + "a?" * 240 + "$% }", "{ $.a = %^a{0,240}$% }", "equivalent"),
    ("fifty alternatives", "{ $.a = %" + "|".join(f"[ab]*{'ab'[i % 2]}[ab]{{{i}}}" for i in range(3, 53)) + "% }", "{ $.a = %^[ab]{9}$% }", "narrower"),
    ("wildcards in one value", '{ $.a = "' + "*ab" * 150 + '" && $.a = "' + "*ba" * 150 + '*" }', '{ $.a = "' + "*aab" * 150 + '" }', None),
    ("eighty substrings at once", filled(lambda i: f'$.a = "*{letters(i + 8)}*"'), filled(lambda i: f'$.a = "*{letters(i + 9)}*"'), None),
    ("eighty substrings, none of them", filled(lambda i: f'$.a != "*{letters(i + 8)}*"'), filled(lambda i: f'$.a != "*{letters(i + 9)}*"'), "wider"),
    ("many suffixes and one", filled(suffix, " || "), '{ $.a = "*xlarge" }', "overlapping"),
    ("many suffixes and a regex", filled(suffix, " || "), r"{ $.a = %\.[0-9]+xlarge$% }", "wider"),
    ("many suffixes shifted", filled(suffix, " || "), filled(suffix, " || ", 3), "overlapping"),
    ("pairs of substrings", filled(lambda i: f"($.a = *x{i}* && $.b = *y{i}*)", " || "), filled(lambda i: f"($.a = *x{i}* && $.b = *y{i + 1}*)", " || "), None),
    ("many fields", filled(lambda i: f"$.f{i} = x"), filled(lambda i: f"$.f{i} = x", start=1), "overlapping"),
    ("many alternatives", filled(lambda i: f"$.f{i} = x", " || "), filled(lambda i: f"$.f{i} = x", " || ", 1), "overlapping"),
    ("pairs of fields", filled(lambda i: f"($.f{i} = x || $.g{i} = y)"), filled(lambda i: f"($.f{i} = x || $.g{i + 1} = y)"), "overlapping"),
    ("bounds", filled(lambda i: f"$.a > {i * 7}", " || "), filled(lambda i: f"$.a < {i * 7}"), "disjoint"),
    ("numbers and their digits", r"{ $.a = %^\d*1\d{12}7\d*$% && $.a > 1e4 }", r"{ $.a = %^\d*7\d{12}1\d*$% && $.a > 1e4 }", None),
    ("numbers of thousands of digits", "{ $.a > 1e4200 && $.a != *99* }", "{ $.a > 1e4100 && $.a = %12[3-5]{800}% }", None),
    ("a selector of 500 names", f"{{ ${DEEP} = x }}", f"{{ ${DEEP} = y }}", "disjoint"),
    ("a wildcard over 240 names", "{ $.*" + ".a" * 240 + " = x && $" + ".a" * 240 + " = y }", f"{{ ${DEEP[:-2]} != y }}", "disjoint"),
    ("indexes in indexes", "{ $.a" + "[99]" * 240 + " = 1 }", "{ $.a" + "[99]" * 240 + " = 2 }", "disjoint"),
    ("elements that are absent", filled(lambda i: f"$.a[{i}] = {i}", " || "), filled(lambda i: f"$.a[{i * 2}] = {i}", " || "), "overlapping"),
    ("and in or in and", f"{{ {NESTED} }}", f"{{ {NESTED} }}".replace("= 1 ", "= 2 "), "equivalent"),
    ("terms", " ".join(f'"{chr(97 + i % 26)}{i}"' for i in range(150)), " ".join(f"?{chr(97 + i % 26)}{i}" for i in range(150)), "wider"),
    ("terms and a regex", " ".join(f"a{i}" for i in range(200)), "%a[0-9]{300}%", None),
    ("two regexes of messages", "%^[ab]*a[ab]{15}$%", "%^[ab]*b[ab]{15}$%", None),
    ("fields of a line", "[f = %^[ab]*a[ab]{300}$%]", "[f = %^[ab]*b[ab]{300}$%]", None),
]  # fmt: skip
FEW_STEPS = 20_000
CALLS_A_STEP = 40
CALLS_BESIDE = 4_000_000
"""Candidates are tried, arrays of thousands of elements built and read: that is bounded without steps."""


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """How many functions are called or left."""
    count = [0]

    def hook(_: FrameType, __: str, ___: object) -> None:
        count[0] += 1

    before = sys.getprofile()
    sys.setprofile(hook)
    try:
        yield count
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize(("old", "new"), [pair[1:3] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_what_is_done_is_charged(old: str, new: str) -> None:
    patterns = compile_pattern(old), compile_pattern(new)
    with counted_calls() as count:
        verdict = relate(*patterns, FEW_STEPS)
    assert count[0] < CALLS_A_STEP * FEW_STEPS + CALLS_BESIDE
    assert verdict.proved or verdict.why_not


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "relation"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS]
)
def test_hard_pairs_end_with_a_verdict_or_a_reason(old: str, new: str, relation: str | None) -> None:
    verdict = relate(compile_pattern(old), compile_pattern(new))
    assert (verdict.relation, bool(verdict.why_not)) == (relation, relation is None)


def test_the_same_question_has_the_same_answer() -> None:
    old, new = (compile_pattern(text) for text in PAIRS[13][1:3])
    assert relate(old, new, FEW_STEPS) == relate(old, new, FEW_STEPS)


def test_a_longer_expression_costs_more_a_step() -> None:
    costs = [RegexSearch(f"a[ab]{{{size}}}").cost for size in (10, 100, 1_000)]
    assert costs == sorted(set(costs))
    assert STEPS > FEW_STEPS


INSTANCES = "{ (($.eventName = RunInstances) || ($.eventName = StartInstances)) && (" + " || ".join(
    f"($.requestParameters.instanceType = *.{size}xlarge)" for size in (32, 24, 18, 16, 12, 10, 9, 8, 4)
)


@pytest.mark.parametrize("steps", [STEPS, 60_000])
@pytest.mark.parametrize("closing", [") }", "}"])
def test_one_more_alternative_is_wider_by_construction(steps: int, closing: str) -> None:
    more = " || ($.requestParameters.instanceType = *.48xlarge)"
    new = INSTANCES + (more + ") }" if closing == ") }" else ")" + more + " }")
    verdict = relate(compile_pattern(INSTANCES + ") }"), compile_pattern(new), steps)
    assert verdict.relation == "wider"
    assert verdict.witnesses.new_only is not None
    assert verdict.witnesses.both is not None


def test_selectors_of_150_steps_are_compared_like_any_other() -> None:
    selector = "$" + ".ab" * 150
    old, new = compile_pattern(f"{{ {selector} = x }}"), compile_pattern(f"{{ {selector} = x* }}")
    assert relate(old, new).relation == "wider"
