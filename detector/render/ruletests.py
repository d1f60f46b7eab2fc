"""Outcomes of rule tests in, text out: what failed with its reason, then one line that counts.

A failed case shows the tree of its explanation, a failed timeline every transition that there was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from detector.render.explanation import because, tree
from detector.render.layout import clean, count, indented
from detector.ruletests.load import MAIN
from detector.ruletests.notation import clock
from detector.ruletests.run import START

if TYPE_CHECKING:
    from detector.pattern.syntax import Node
    from detector.render.style import Style
    from detector.ruletests.coverage import Coverage
    from detector.ruletests.run import Outcome


def failures(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    """Every failed expectation with its reason."""
    for outcome in outcomes:
        if not outcome.passed:
            yield f"{style.bad('FAILED')} {clean(outcome.path, 400)}:{outcome.line}  {style.bold(title(outcome))}"
            yield from (f"  {line}" if line else "" for line in reason(outcome, style))
            yield ""


def title(outcome: Outcome) -> str:
    """The name of a test, and the variant that it is about."""
    return clean(outcome.name) + (f" [{clean(outcome.text)}]" if outcome.text else "")


def reason(outcome: Outcome, style: Style) -> Iterator[str]:
    """Why a test failed."""
    if outcome.explanation is None:
        yield from _timeline(outcome)
        return
    yield "The event must match and does not." if outcome.expected else "The event must not match and does."
    yield from because(outcome.explanation)
    yield from ("", *tree(outcome.explanation, style))


def _timeline(outcome: Outcome) -> Iterator[str]:
    for wrong in outcome.wrong:
        yield f"At {clock(wrong.minute)} the alarm must be in {wrong.expected} and is in {wrong.found}."
    yield "Its transitions:" if outcome.transitions else "It has no transition."
    for transition in outcome.transitions:
        at = transition.at
        minute = clock(int((at - START).total_seconds()) // 60) if isinstance(at, datetime) else str(at)
        yield f"  {minute}  {transition.before} → {transition.after}"
        yield from indented(str(transition.reason), 4)


def summary(outcomes: Sequence[Outcome], files: int, style: Style) -> str:
    """``12 passed, 1 failed, in 2 files``."""
    failed = sum(not outcome.passed for outcome in outcomes)
    said = f"{len(outcomes) - failed:,} passed"
    said = f"{style.bad(f'{failed:,} failed')}, {said}" if failed else style.good(said)
    return f"{said}, in {count(files, 'file')}"


def coverage(found: Mapping[tuple[str, str], Coverage], style: Style) -> Iterator[str]:
    """How many conditions of each pattern were made true and false, and which were not."""
    yield style.bold("Conditions that the cases made true, and false")
    width = max(len(_text(*key)) for key in found)
    for key, one in found.items():
        total = len(one.conditions)
        true, false = total - len(one.never_true), total - len(one.never_false)
        said = f"{true:>3} and {false} of {total}"
        yield f"  {_text(*key):<{width}}  {said if one.complete else style.bad(said)}"
        yield from _untested("never true", one.never_true)
        yield from _untested("never false", one.never_false)


def _text(detection: str, variant: str) -> str:
    return clean(detection if variant == MAIN else f"{detection}@{variant}", 400)


def _untested(label: str, leaves: Sequence[Node]) -> Iterator[str]:
    for leaf in leaves:
        yield f"      {label:<11}  {clean(str(leaf), 1024)}"


def too_few(found: Mapping[tuple[str, str], Coverage], minimum: tuple[int, int]) -> dict[str, str]:
    """What is said of each pattern with fewer cases than are asked for, by its name."""
    return dict(_too_few(found, minimum))


def _too_few(
    found: Mapping[tuple[str, str], Coverage], minimum: tuple[int, int]
) -> Iterator[tuple[str, str]]:
    matching, other = minimum
    for key, one in found.items():
        if one.matching < matching or one.other < other:
            wanted = f"at least {count(matching, 'case')} that must match and {other} that must not"
            yield _text(*key), f"expected {wanted}, found {one.matching} and {one.other}"
