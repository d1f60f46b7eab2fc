"""What is claimed of a pattern without any event: sound on the small world, useful by an exact table."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pytest

import detector
from detector import jsontext
from detector.pattern import claims, evaluate, grammar
from detector.pattern.evaluate import MISSING
from detector.pattern.predicate import access, predicate
from detector.pattern.syntax import And, Compare, Expr, Is, NotExists, Or, Selector, conditions
from tests import small_world as world

EVENTS = world.events()
FEW_EVENTS = [event for event in EVENTS if event.keys() <= {"a", "c"}][::5]
FEWER = pytest.mark.parametrize(
    "events",
    [pytest.param(FEW_EVENTS[::3], id="some"), pytest.param(FEW_EVENTS, id="all", marks=pytest.mark.slow)],
)
PAIRED = [world.condition(text) for text in world.PAIRED]
FEW = [world.condition(text) for text in ("$.a = 1", "$.a = a", "$.a NOT EXISTS", "$.c = 1", "$.c IS NULL")]


def text_of(found: Any) -> str | None:
    """What counts as the text of a value, or None where it has none."""
    if not evaluate.is_comparable(found):
        return None
    return found if isinstance(found, str) else evaluate.canonical(found)


def false_claims(exprs: Iterable[Expr], events: list[dict[str, Any]]) -> list[str]:
    """What is claimed of some pattern, and not so in an event that matches."""
    spelled = [(event, jsontext.dump_json(event)) for event in events]
    return [
        f"{expr}: {claim} on {event}"
        for expr in exprs
        for check in [Claims(expr)]
        for event, data in spelled
        if check.holds(event)
        for claim in check.broken(event, data)
    ]


class Claims:
    """All claims about one pattern, made once."""

    def __init__(self, expr: Expr) -> None:
        self.expr = expr
        self.holds = predicate(expr)
        self.pivot = claims.pivot(expr)
        self.literals = claims.literals(expr)
        chosen = {leaf.selector for leaf in conditions(expr) if leaf.selector.wildcard is None}
        self.texts = [(one, claims.texts(expr, one)) for one in chosen]
        self.selectors = [(one, access(one)) for one in chosen]

    def broken(self, event: dict[str, Any], data: bytes) -> list[str]:
        """The claims that one matching event contradicts."""
        wrong = [
            f"{selector} finds {read(event)!r} and is impossible"
            for selector, read in self.selectors
            if not claims.possible(self.expr, selector, read(event))
        ]
        wrong += [
            f"{selector} has only {known}"
            for selector, known in self.texts
            if known is not None and text_of(evaluate.find(selector, event)) not in known
        ]
        if self.literals is not None and not any(literal in data for literal in self.literals):
            wrong.append(f"holds one of {self.literals}")
        return wrong


@world.SIZES
def test_claims_about_every_condition_are_sound(events: list[dict[str, Any]]) -> None:
    assert false_claims(world.vocabulary(), events) == []


@FEWER
def test_claims_about_every_pair_are_sound(events: list[dict[str, Any]]) -> None:
    assert false_claims(world.pairs(PAIRED), events) == []


def test_claims_about_three_conditions_are_sound() -> None:
    assert false_claims(world.triples(FEW), FEW_EVENTS[::3]) == []


@FEWER
def test_where_all_conditions_have_one_selector_possible_is_the_answer(events: list[dict[str, Any]]) -> None:
    # A scan takes it for the answer, and does not ask again.
    exprs = [expr for expr in chain(world.vocabulary(), world.pairs(PAIRED)) if is_about_one(expr)]
    assert len(exprs) > 400
    wrong = [
        f"{expr} on {event}"
        for expr in exprs
        for event in events
        if claims.possible(expr, selector_of(expr), evaluate.find(selector_of(expr), event))
        is not evaluate.evaluate(expr, event)
    ]
    assert wrong == []


@FEWER
def test_what_is_left_is_the_answer_where_the_selector_finds_this(events: list[dict[str, Any]]) -> None:
    # A scan asks what is left in place of the whole.
    exprs = list(chain(world.vocabulary(), world.pairs(PAIRED), list(world.triples(FEW))[::5]))
    assert [wrong for expr in exprs for wrong in wrong_rests(expr, events[::4])] == []


def wrong_rests(expr: Expr, events: list[dict[str, Any]]) -> list[str]:
    selectors = {leaf.selector for leaf in conditions(expr) if leaf.selector.wildcard is None}
    return [
        f"{expr} given {selector} on {event}"
        for selector in selectors
        for event in events
        for rest in [claims.left(expr, selector, evaluate.find(selector, event))]
        if (rest if isinstance(rest, bool) else evaluate.evaluate(rest, event))
        is not evaluate.evaluate(expr, event)
        or (not isinstance(rest, bool) and selector in {leaf.selector for leaf in conditions(rest)})
    ]


def selector_of(expr: Expr) -> Selector:
    return conditions(expr)[0].selector


def is_about_one(expr: Expr) -> bool:
    return len({leaf.selector for leaf in conditions(expr)}) == 1 and selector_of(expr).wildcard is None


def test_a_pivot_is_read_by_the_pattern_and_has_no_wildcard() -> None:
    for expr in chain(world.vocabulary(), world.pairs(PAIRED)):
        pivot = claims.pivot(expr)
        assert pivot is None or (
            pivot.wildcard is None and pivot in {leaf.selector for leaf in conditions(expr)}
        )


NAME, CODE = "$.eventName", "$.errorCode"
# Pattern -> its pivot, and the literals of which a match holds one (None: nothing is known).
USEFUL: dict[str, tuple[str | None, set[str] | None]] = {
    '$.eventName = "StopLogging"': (NAME, {'"StopLogging"'}),
    "$.eventName = StopLogging": (NAME, {'"StopLogging"'}),
    "$.eventName = A || $.eventName = Bcde": (NAME, {'"Bcde"', '"eventName"'}),
    '$.eventName = "Ab" || $.eventName = "Bcde"': (NAME, {'"Ab"', '"Bcde"'}),
    '$.eventName = "Stop*"': (NAME, {'"Stop'}),
    '$.eventName = "*Logging"': (NAME, {'Logging"'}),
    '$.eventName = "Stop*Log*ging"': (NAME, {'"Stop'}),
    '$.eventName = "*Stop*"': (NAME, {"Stop"}),
    '$.eventName = "*"': (NAME, {'"eventName"'}),
    '$.eventName = ""': (NAME, {'"eventName"'}),
    "$.eventName != StopLogging": (NAME, {'"eventName"'}),
    "$.eventName = %Stop%": (NAME, {'"eventName"'}),
    "$.eventName IS NULL": (NAME, {'"eventName"'}),
    "$.eventName NOT EXISTS": (None, None),
    "$.eventName = 1": (NAME, {'"eventName"'}),
    '$.eventName = "1.0E10"': (NAME, {'"eventName"'}),
    '$.eventName = "Infinity"': (NAME, {'"eventName"'}),
    '$.eventName = "a/b"': (NAME, {'"eventName"'}),
    '$.eventName = "a&b"': (NAME, {'"eventName"'}),
    '$.eventName = "é"': (NAME, {'"eventName"'}),
    '$.eventName = "a\\"b"': (NAME, {'"eventName"'}),
    '$.eventName = "arn:aws:iam::1:role"': (NAME, {'"arn:aws:iam::1:role"'}),
    "$.['é'] = 1": ("$.['é']", None),
    "$.['é'].code > 1": ("$.['é'].code", {'"code"'}),
    "$.a.['é'] > 1": ("$.a.['é']", {'"a"'}),
    "$.a[3] > 1": ("$.a[3]", {'"a"'}),
    "$.a[*] = Some": (None, {'"Some"'}),
    "$.a[*].b != Some": (None, None),
    "$.a[*].b NOT EXISTS": (None, None),
    "$.a[*].b IS TRUE": (None, {'"b"'}),
    "$.* = Some": (None, {'"Some"'}),
    # And takes the rarest, Or needs all.
    "$.errorCode = * && $.eventName = Some": (NAME, {'"Some"'}),
    "$.errorCode = Denied && $.eventName = Some": (NAME, {'"Denied"'}),
    '$.eventSource = "iam.amazonaws.com" && $.eventName = Some': (NAME, {'"Some"'}),
    '$.eventSource = "iam.amazonaws.com" && $.eventName = *': (
        "$.eventSource",
        {'"iam.amazonaws.com"'},
    ),
    "$.errorCode = Denied || $.eventName = Some": (None, {'"Denied"', '"Some"'}),
    "$.errorCode NOT EXISTS || $.eventName = Some": (None, None),
    "$.errorCode NOT EXISTS && $.eventName = Some": (NAME, {'"Some"'}),
    "$.errorCode = Denied && $.errorCode = Refused": (CODE, {'"Denied"'}),
    "$.errorCode NOT EXISTS && $.readOnly IS FALSE": ("$.readOnly", {'"readOnly"'}),
    "($.errorCode = Denied || $.errorCode = Refused) && $.eventName != Some": (
        CODE,
        {'"Denied"', '"Refused"'},
    ),
    "$.errorCode = Denied || ($.errorCode = Refused && $.eventName = Some)": (
        CODE,
        {'"Denied"', '"Refused"'},
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", USEFUL)
def test_what_is_claimed(text: str) -> None:
    expr = grammar.parse(f"{{ {text} }}")
    pivot, literals = claims.pivot(expr), claims.literals(expr)
    said = (
        None if pivot is None else str(pivot),
        None if literals is None else {literal.decode() for literal in literals},
    )
    assert said == USEFUL[text]


# Pattern and selector -> the only texts that it can have.
TEXTS: dict[tuple[str, str], set[str] | None] = {
    ("$.a = x", "$.a"): {"x"},
    ("$.a = x", "$.b"): None,
    ("$.a = x && $.b = y", "$.b"): {"y"},
    ("$.a = x || $.a = y", "$.a"): {"x", "y"},
    ("$.a = x || $.b = y", "$.a"): None,
    ("$.a = x && $.a = y", "$.a"): set(),
    ("($.a = x || $.a = y) && $.a = y", "$.a"): {"y"},
    ("$.a = x && $.a != y", "$.a"): {"x"},
    ("$.a = x*", "$.a"): None,
    ("$.a = %x%", "$.a"): None,
    ("$.a = 1", "$.a"): None,
    ('$.a = "1"', "$.a"): {"1"},
    ("$.a != x", "$.a"): None,
    ("$.a NOT EXISTS", "$.a"): None,
}


@pytest.mark.parametrize(("text", "selector"), TEXTS)
def test_which_texts_are_claimed(text: str, selector: str) -> None:
    found = claims.texts(grammar.parse(f"{{ {text} }}"), grammar.parse_selector(selector))
    assert found == TEXTS[text, selector]


# Pattern, selector, what it finds -> whether the rest may still hold.
POSSIBLE: list[tuple[str, str, Any, bool]] = [
    ("$.a = x", "$.a", "x", True),
    ("$.a = x", "$.a", "y", False),
    ("$.a = x", "$.b", "y", True),
    ("$.a = x", "$.a", MISSING, False),
    ("$.a != x", "$.a", MISSING, False),
    ("$.a != x", "$.a", None, False),
    ("$.a NOT EXISTS", "$.a", MISSING, True),
    ("$.a NOT EXISTS", "$.a", None, False),
    ("$.a = x && $.b = y", "$.a", "y", False),
    ("$.a = x || $.b = y", "$.a", "y", True),
    ("$.a = x || $.a = y", "$.a", "z", False),
    ("$.a IS NULL", "$.a", [1, None], True),
    ("$.a IS TRUE", "$.a", 1, False),
    ("$.a = 1", "$.a", 1.0, True),
    ('$.a = "1"', "$.a", 1.0, False),
]


@pytest.mark.parametrize(("text", "selector", "found", "answer"), POSSIBLE)
def test_what_is_possible(text: str, selector: str, found: Any, answer: bool) -> None:
    expr = grammar.parse(f"{{ {text} }}")
    assert claims.possible(expr, grammar.parse_selector(selector), found) is answer


def test_every_shipped_control_has_a_pivot_or_literals() -> None:
    blunt = []
    for name in detector.shipped():
        expr = detector.load_detection(name).filters[0].pattern.expr
        assert isinstance(expr, And | Or | Compare | Is | NotExists)
        if claims.pivot(expr) is None and claims.literals(expr) is None:
            blunt.append(name)
    assert blunt == []


def test_many_rare_literals_or_a_common_one() -> None:
    names = [f"Put{letter}" for letter in "ABCDEFGH"]
    any_name = " || ".join(f"$.eventName = {name}" for name in names)
    expr = grammar.parse(f"{{ $.eventSource = s3.amazonaws.com && ({any_name}) }}")
    assert claims.literals(expr) == frozenset({b'"s3.amazonaws.com"'})
    assert claims.literals(expr, many=8) == frozenset(f'"{name}"'.encode() for name in names)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("StopLogging", {"StopLogging"}),
        ("StopLogging DeleteTrail2", {"DeleteTrail2"}),
        ("-StopLogging", None),
        ("-StopLogging DeleteTrail", {"DeleteTrail"}),
        ("?StopLogging ?DeleteTrail", {"StopLogging", "DeleteTrail"}),
        ("?StopLogging ?abc", None),
        ("?StopLogging DeleteTrail", {"DeleteTrail"}),
        ('"eventName\\":\\"StopLogging\\""', {"StopLogging"}),
        ('"arn:aws:iam::1:user/al"', {"user"}),
        ("1234567", None),
        ("12E45", None),
        ("12x45", {"12x45"}),
        ("%Stop%", {"Stop"}),
        ("%AccessDenied|Unauthorized.*Op%", {"AccessDenied", "Unauthorized"}),
        ("%Access.?Denied.Long+%", None),
        ("%Access.Denied%", {"Access"}),
        ("%AccessDenied|abc%", None),
        ("%^Stop%", None),
        ("%Stops?%", None),
        ("%[S]top%", None),
        ("[]", None),
        ("[a, b]", None),
        ("[a = *Stop*Logging*, ...]", {"Logging"}),
        ("[a != Stop, b = 5, c = Stop]", {"Stop"}),
        ("[a = StopLogging || a = DeleteTrail]", {"StopLogging", "DeleteTrail"}),
        ("{ $.eventName = StopLogging && $.a = 1 }", {'"StopLogging"'}),
        ("{ $.eventName = StopLogging || $.a NOT EXISTS }", None),
    ],
)
def test_what_a_text_has_that_matches(source: str, expected: set[str] | None) -> None:
    found = claims.text_literals(detector.compile(source).expr)
    assert (None if found is None else {one.decode() for one in found}) == expected
