"""A `RuleTestRun` as Markdown for a pull request: what failed, what is lacking, the mutants and the cases to be added.

In: what `detector.jobs.ruletests` says. Out: Markdown in which everything from files stands as code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detector.quantities import count
from detector.render.kit.markdown import code, document, fenced, heading, plain, table
from detector.render.kit.page import Page
from detector.render.ruletests_text import lacking, reason, said, shown, unnoticed
from detector.ruletests.mutants import Fate

if TYPE_CHECKING:
    from detector.jobs.ruletests import RuleTestRun
    from detector.ruletests import Outcome


def ruletests_markdown(run: RuleTestRun, *, with_coverage: bool = False) -> str:
    """The whole report."""
    counts = [f"{run.failed:,} failed"] if run.failed else []
    counts += [f"{len(run.outcomes) - run.failed:,} passed"]
    counts += [f"{shown(run.score)} of the mutants noticed"] if run.score is not None else []
    lines = [f"**{', '.join(counts)}**, in {count(run.files, 'file')}", ""]
    failed = [_failure(outcome) for outcome in run.outcomes if not outcome.passed]
    failed += [(code(one.name), "-", plain(lacking(one))) for one in run.too_few]
    failed += [(code(name), "-", plain(unnoticed(run, name))) for name in run.too_low]
    failed += [("-", "-", code(str(error), 1_000)) for error in run.errors]
    if failed:
        lines += [*table(("where", "test", "why"), failed), ""]
    if with_coverage:
        lines += [*_coverage(run), ""]
    return document([*lines, *_mutants(run)])


def _failure(outcome: Outcome) -> tuple[str, str, str]:
    why = next(reason(outcome, Page()))
    return code(f"{outcome.path}:{outcome.line}"), code(outcome.title), plain(why)


def _coverage(run: RuleTestRun) -> Iterator[str]:
    yield from heading(3, "Conditions that the cases made true, and false")
    rows = [
        (
            code(name),
            f"{len(one.conditions) - len(one.never_true)} of {len(one.conditions)}",
            f"{len(one.conditions) - len(one.never_false)} of {len(one.conditions)}",
            ", ".join(code(str(node), 1_024) for node in (*one.never_true, *one.never_false)) or "-",
        )
        for name, one in run.coverage.items()
    ]
    yield from table(("detection", "true", "false", "not both"), rows, ("true", "false"))


def _mutants(run: RuleTestRun) -> Iterator[str]:
    if not run.mutants:
        return
    yield from heading(3, "Mutants of the patterns that the cases notice")
    rows = [
        (
            code(name),
            f"{one.killed} of {one.counted}{said(one)}",
            "-" if one.score is None else shown(one.score),
        )
        for name, one in run.mutants.items()
    ]
    yield from table(("detection", "noticed", "share"), rows, ("noticed", "share"))
    listed = [
        (
            code(name),
            plain(str(one.mutant.mistake)),
            code(one.mutant.before, 1_024),
            code(one.mutant.after, 1_024),
        )
        for name, mutated in run.mutants.items()
        for one in (*mutated.of(Fate.SURVIVED), *mutated.of(Fate.UNDECIDED))
    ]
    if listed:
        yield from ("", *table(("detection", "mistake", "before", "after"), listed))
    for path, text in run.pasted.items():
        yield from ("", f"Cases that would notice the others, for {code(path)}:", "")
        yield from fenced(text.rstrip("\n"), "toml")
