"""Laws of the relation on drawn patterns, and events that are aimed at them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.pattern import Pattern, PatternKind, of_tree
from detector.pattern.evaluate import evaluate
from detector.pattern.predicate import text_predicate
from detector.pattern.syntax import (
    Compare,
    Expr,
    Name,
    Op,
    Role,
    Selector,
    Term,
    Terms,
    Text,
    TextExpr,
)
from detector.relation import Relation, Verdict, relate
from detector.testing import EVENTS, Effect, aimed_at, conditions, conditions_about, edits, trees
from detector.testing.patterns import REGEXES
from tests.drawing import examples

FIELDS = st.sampled_from(
    [Selector(tuple(map(Name, names))) for names in (("a",), ("a", "b"), ("b",))]
) | st.sampled_from([Selector((Name("a"),))])
GLOBS = st.text(st.sampled_from("ab*"), min_size=1, max_size=6).map(Text)
CLOSE = st.builds(Compare, FIELDS, st.sampled_from([Op.EQ, Op.NE]), GLOBS | REGEXES) | conditions(FIELDS)
STEPS = 60_000


def pattern(expr: Expr) -> Pattern:
    return Pattern(f"{{ {expr} }}", PatternKind.JSON, expr, lambda event: evaluate(expr, event))


def related(old: Expr, new: Expr) -> Verdict:
    return relate(pattern(old), pattern(new), STEPS)


def allows(verdict: Verdict, old: bool, new: bool) -> bool:
    """Whether a verdict leaves room for an event of this outcome."""
    if verdict.relation is None or not (old or new):
        return True
    found = verdict.witnesses
    return {(True, False): found.old_only, (False, True): found.new_only, (True, True): found.both}[
        old, new
    ] is not None or (old and new and not _speaks_of_both(verdict))


def _speaks_of_both(verdict: Verdict) -> bool:
    """Whether an event that matches both would contradict: a narrower or wider relation does not say."""
    return verdict.relation is Relation.DISJOINT or verdict.relation is Relation.EQUIVALENT


@st.composite
def pairs_and_events(draw: st.DrawFn) -> tuple[Expr, Expr, list[dict[str, Any]]]:
    """Two trees over conditions that are aimed at some events, these events, and events aimed at the trees."""
    events = draw(st.lists(EVENTS, min_size=1, max_size=3))
    leaves = st.sampled_from(events).flatmap(conditions_about) | CLOSE
    few = draw(st.lists(leaves, min_size=1, max_size=4))
    own = trees(st.sampled_from(few))
    old, new = draw(own), draw(own)
    for one in (old, new):
        events += [
            event for event in draw(st.lists(aimed_at(pattern(one)), max_size=2)) if isinstance(event, dict)
        ]
    return old, new, events


@examples(30)
@given(pairs_and_events())
def test_no_event_contradicts_a_verdict(drawn: tuple[Expr, Expr, list[dict[str, Any]]]) -> None:
    old, new, events = drawn
    verdict = related(old, new)
    for event in events:
        assert allows(verdict, evaluate(old, event), evaluate(new, event)), (verdict, event)


EFFECTS = {
    Effect.KEEPS: {Relation.EQUIVALENT},
    Effect.NARROWS: {Relation.NARROWER, Relation.EQUIVALENT},
    Effect.WIDENS: {Relation.WIDER, Relation.EQUIVALENT},
}


@examples(40)
@given(trees(CLOSE), st.data())
def test_an_edit_does_what_it_is_known_to_do(tree: Expr, data: st.DataObject) -> None:
    before = of_tree(tree)
    edit = data.draw(edits(before))
    verdict = relate(before, edit.pattern, STEPS)
    assert verdict.relation in EFFECTS[edit.effect] | {None}
    for event in (verdict.witnesses.old_only, verdict.witnesses.new_only):
        if isinstance(event, dict):
            assert before.matches(event) <= edit.pattern.matches(event) or edit.effect is Effect.NARROWS
            assert before.matches(event) >= edit.pattern.matches(event) or edit.effect is Effect.WIDENS


MIRRORED = {Relation.NARROWER: Relation.WIDER, Relation.WIDER: Relation.NARROWER}


@examples(20)
@given(trees(CLOSE), trees(CLOSE))
def test_the_other_way_round_is_the_mirror_image(one: Expr, other: Expr) -> None:
    there, back = related(one, other), related(other, one)
    if there.proved and back.proved:
        assert there.relation is not None
        assert back.relation == MIRRORED.get(there.relation, there.relation)


TERMS = st.lists(
    st.builds(Term, st.text(st.sampled_from("ab "), min_size=1, max_size=3), st.sampled_from(Role)),
    max_size=4,
).map(lambda terms: Terms(tuple(terms)))
MESSAGES = st.lists(st.text(st.sampled_from("ab c"), max_size=8), min_size=1, max_size=12)


@settings(deadline=None)
@given(TERMS | REGEXES, TERMS | REGEXES, MESSAGES)
def test_no_message_contradicts_a_verdict_on_text(old: TextExpr, new: TextExpr, messages: list[str]) -> None:
    patterns = [text_pattern(old), text_pattern(new)]
    verdict = relate(patterns[0], patterns[1])
    assert verdict.proved
    for message in messages:
        outcome = [one.matches(message) for one in patterns]
        assert allows(verdict, outcome[0], outcome[1]), (verdict, message)


def text_pattern(expr: TextExpr) -> Pattern:
    return Pattern(str(expr), PatternKind.TEXT, expr, text_predicate(expr))
