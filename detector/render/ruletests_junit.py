"""A `RuleTestRun` as JUnit's XML, which CI systems read: a suite per file, a case per expectation.

It has no times, so that the same tests give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from detector.render.kit.page import Page
from detector.render.kit.printable import printable
from detector.render.ruletests_text import lacking, reason, unnoticed

if TYPE_CHECKING:
    from detector.jobs.ruletests import RuleTestRun
    from detector.ruletests import Outcome

# What XML 1.0 cannot hold in any spelling.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(run: RuleTestRun) -> str:
    """The whole document; too few cases are a suite of failures, unusable files a suite of errors."""
    suites = [_suite(path, list(some)) for path, some in groupby(run.outcomes, key=lambda one: one.path)]
    few = [
        (printable(one.name, 400), f"<failure message={_attribute(lacking(one))}/>") for one in run.too_few
    ]
    few += [
        (printable(name, 400), f"<failure message={_attribute(unnoticed(run, name))}/>")
        for name in run.too_low
    ]
    messages = [str(error) for error in run.errors]
    errors = [(text.partition(": ")[0], f"<error message={_attribute(text)}/>") for text in messages]
    if few:
        suites.append(_others("minimum", few, failures=len(few)))
    if errors:
        suites.append(_others("files", errors, errors=len(errors)))
    tests = len(run.outcomes) + len(few) + len(errors)
    head = _counts("detector test", tests, run.failed + len(few), len(errors))
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites {head}>\n{"".join(suites)}</testsuites>\n'


def _suite(path: str, outcomes: Sequence[Outcome]) -> str:
    counts = _counts(path, len(outcomes), sum(not outcome.passed for outcome in outcomes), 0)
    return f"  <testsuite {counts}>\n{''.join(map(_case, outcomes))}  </testsuite>\n"


def _case(outcome: Outcome) -> str:
    head = (
        f"    <testcase classname={_attribute(outcome.path)} name={_attribute(printable(outcome.title))} "
        f'file={_attribute(outcome.path)} line="{outcome.line}"'
    )
    if outcome.passed:
        return f"{head}/>\n"
    first, *more = reason(outcome, Page())
    body = escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", "\n".join([first, *more])))
    return f"{head}>\n      <failure message={_attribute(first)}>{body}</failure>\n    </testcase>\n"


def _others(suite: str, cases: Sequence[tuple[str, str]], *, failures: int = 0, errors: int = 0) -> str:
    written = (
        f'    <testcase classname="{suite}" name={_attribute(name)}>\n      {xml}\n    </testcase>\n'
        for name, xml in cases
    )
    return f"  <testsuite {_counts(suite, len(cases), failures, errors)}>\n{''.join(written)}  </testsuite>\n"


def _counts(name: str, tests: int, failures: int, errors: int) -> str:
    return f'name={_attribute(name)} tests="{tests}" failures="{failures}" errors="{errors}"'


def _attribute(string: str) -> str:
    return quoteattr(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", string))
