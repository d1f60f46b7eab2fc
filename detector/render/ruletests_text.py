"""A `RuleTestRun` as text: what failed with its reason, the coverage, the mutants, then one line that counts.

A failed case shows the tree of its explanation, a failed timeline every transition that there was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from detector.quantities import count
from detector.render.explanation_text import because, tree
from detector.render.kit.page import Page
from detector.render.kit.printable import printable
from detector.ruletests.mutants import Fate
from detector.ruletests.notation import clock
from detector.ruletests.run import START

if TYPE_CHECKING:
    from detector.jobs.ruletests import RuleTestRun, TooFew
    from detector.ruletests import Outcome
    from detector.ruletests.mutants import Mutation


def report(run: RuleTestRun, page: Page, *, with_coverage: bool = False) -> str:
    """The whole report; empty if no file could be used."""
    lines = [line for outcome in run.outcomes if not outcome.passed for line in _failure(outcome, page)]
    if with_coverage and run.outcomes:
        lines += [*_coverage(run, page), ""]
    if run.mutants:
        lines += [*_mutants(run, page), ""]
    lines += [f"{page.bad('FAILED')} {printable(one.name, 400)}: {lacking(one)}" for one in run.too_few]
    lines += [f"{page.bad('FAILED')} {printable(name, 400)}: {unnoticed(run, name)}" for name in run.too_low]
    passed = f"{len(run.outcomes) - run.failed:,} passed"
    counts = f"{page.bad(f'{run.failed:,} failed')}, {passed}" if run.failed else page.good(passed)
    lines += [*([""] if run.too_few or run.too_low else []), f"{counts}, in {count(run.files, 'file')}"]
    return "\n".join(lines) + "\n" if run.files else ""


def reason(outcome: Outcome, page: Page) -> Iterator[str]:
    """Why a test failed; the first line says it in one sentence."""
    if outcome.expected is not None:
        yield (
            "The event must match and does not." if outcome.expected else "The event must not match and does."
        )
        yield from because(outcome.explanation, page)
        yield from ("", *tree(outcome.explanation, page))
        return
    for wrong in outcome.wrong:
        yield f"At {clock(wrong.minute)} the alarm must be in {wrong.expected} and is in {wrong.found}."
    yield "Its transitions:" if outcome.transitions else "It has no transition."
    for transition in outcome.transitions:
        at = transition.at
        minute = clock(int((at - START).total_seconds()) // 60) if isinstance(at, datetime) else str(at)
        yield f"  {minute}  {transition.before} → {transition.after}"
        yield from page.indented(str(transition.reason), 4)


def lacking(one: TooFew) -> str:
    """How many cases a detection should have, and has."""
    matching, other = one.minimum
    wanted = f"at least {count(matching, 'case')} that must match and {other} that must not"
    return f"expected {wanted}, found {one.matching} and {one.other}"


def unnoticed(run: RuleTestRun, name: str) -> str:
    """Which share of a detection's mutants should be noticed, and is."""
    found = run.mutants[name].score
    return f"expected {run.least:.0%} of the mutants to be noticed, found {'none' if found is None else shown(found)}"


def shown(share: float) -> str:
    """A share in percent, rounded down: 100 % is all."""
    return f"{int(share * 1000) / 10:g} %"


def _mutants(run: RuleTestRun, page: Page) -> Iterator[str]:
    """How many mutants of each detection the cases notice, those that they do not, and the cases that would."""
    yield page.bold("Mutants of the patterns that the cases notice")
    names = {name: printable(name, 400) for name in run.mutants}
    width = max(map(len, names.values()))
    for name, mutated in run.mutants.items():
        score = mutated.score
        figures = f"{mutated.killed:>3} of {mutated.counted:,}"
        figures += "" if score is None else f", {shown(score)}"
        figures += said(mutated)
        yield f"  {names[name]:<{width}}  {figures if score == 1 else page.bad(figures)}"
        for one in (*mutated.of(Fate.SURVIVED), *mutated.of(Fate.UNDECIDED)):
            about = f"filter {one.filter}, " if len({tried.filter for tried in mutated.tried}) > 1 else ""
            yield from page.indented(printable(f"{about}{one.mutant}", 1_200), 6)
            yield from page.indented(printable(f"not decided: {one.why_not}"), 8) if one.why_not else ()
    if run.score is not None and len(run.mutants) > 1:
        yield f"  all together: {shown(run.score)}"
    for path, text in run.pasted.items():
        yield ""
        yield from page.indented(
            f"Cases that would notice the others, to be put into {printable(path, 400)}:"
        )
        yield ""
        yield from (printable(line, 2_000) for line in text.rstrip("\n").split("\n"))


def said(mutated: Mutation) -> str:
    """What else there is to say about the mutants of a detection."""
    same, open_ones = len(mutated.of(Fate.EQUIVALENT)), len(mutated.of(Fate.UNDECIDED))
    about = [f"{same} mean the same" if same else "", f"{open_ones} not decided" if open_ones else ""]
    listed = ", ".join(filter(None, about))
    return f" ({listed})" if listed else ""


def _failure(outcome: Outcome, page: Page) -> Iterator[str]:
    title = page.bold(printable(outcome.title))
    yield f"{page.bad('FAILED')} {printable(outcome.path, 400)}:{outcome.line}  {title}"
    yield from (f"  {line}" if line else "" for line in reason(outcome, page))
    yield ""


def _coverage(run: RuleTestRun, page: Page) -> Iterator[str]:
    """How many conditions of each detection were made true and false, and which were not."""
    yield page.bold("Conditions that the cases made true, and false")
    names = {name: printable(name, 400) for name in run.coverage}
    width = max(map(len, names.values()))
    for name, covered in run.coverage.items():
        total = len(covered.conditions)
        true, false = total - len(covered.never_true), total - len(covered.never_false)
        figures = f"{true:>3} and {false} of {total}"
        yield f"  {names[name]:<{width}}  {figures if covered.complete else page.bad(figures)}"
        for label, nodes in (("never true", covered.never_true), ("never false", covered.never_false)):
            for node in nodes:
                yield from page.hanging(f"{label:<11}  {printable(str(node), 1024)}", 6)
