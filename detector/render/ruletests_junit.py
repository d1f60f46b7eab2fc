"""Outcomes of rule tests as JUnit's XML, which CI systems read: a suite a file, a case an expectation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from detector.render.ruletests import reason, title
from detector.render.style import Style

if TYPE_CHECKING:
    from detector.ruletests.run import Outcome

# What XML 1.0 cannot hold in any spelling.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(
    outcomes: Sequence[Outcome], broken: Sequence[str] = (), few: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The whole document; without times, so that the same tests give the same bytes.

    ``broken`` are the messages of files that could not be used: a suite of errors. ``few`` says by its name what is
    wrong with each pattern that has fewer cases than are asked for: a suite of failures.
    """
    suites = [_suite(path, list(some)) for path, some in groupby(outcomes, key=lambda one: one.path)]
    if few:
        suites.append(_failures(few))
    if broken:
        suites.append(_errors(broken))
    head = _counts("detector test", outcomes, errors=len(broken), few=len(few))
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites {head}>\n{"".join(suites)}</testsuites>\n'


def _suite(path: str, outcomes: Sequence[Outcome]) -> str:
    return f"  <testsuite {_counts(path, outcomes)}>\n{''.join(map(_case, outcomes))}  </testsuite>\n"


def _failures(few: Mapping[str, str]) -> str:
    cases = (
        f'    <testcase classname="minimum" name={_attribute(name)}>\n'
        f"      <failure message={_attribute(message)}/>\n    </testcase>\n"
        for name, message in few.items()
    )
    return f"  <testsuite {_counts('minimum', (), few=len(few))}>\n{''.join(cases)}  </testsuite>\n"


def _errors(broken: Sequence[str]) -> str:
    cases = (
        f'    <testcase classname="files" name={_attribute(message.partition(": ")[0])}>\n'
        f"      <error message={_attribute(message)}/>\n    </testcase>\n"
        for message in broken
    )
    return f"  <testsuite {_counts('files', (), errors=len(broken))}>\n{''.join(cases)}  </testsuite>\n"


def _counts(name: str, outcomes: Sequence[Outcome], *, errors: int = 0, few: int = 0) -> str:
    failed = few + sum(not outcome.passed for outcome in outcomes)
    tests = len(outcomes) + errors + few
    return f'name={_attribute(name)} tests="{tests}" failures="{failed}" errors="{errors}"'


def _case(outcome: Outcome) -> str:
    head = (
        f"    <testcase classname={_attribute(outcome.path)} name={_attribute(title(outcome))} "
        f'file={_attribute(outcome.path)} line="{outcome.line}"'
    )
    if outcome.passed:
        return f"{head}/>\n"
    first, *more = reason(outcome, Style())
    body = escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", "\n".join([first, *more])))
    return f"{head}>\n      <failure message={_attribute(first)}>{body}</failure>\n    </testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))
