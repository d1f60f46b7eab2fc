"""Every recorded, documented or observed answer, through every engine that there is."""

from __future__ import annotations

import pytest

from detector import pattern
from detector.errors import PatternError
from tests.filter_cases import CONTRADICTED, Case, all_cases, answers, filter_cases, wild_patterns

CASES = filter_cases("json")
ANSWERED = [case for case in CASES if case.expect != "invalid"]
REFUSED = [case for case in CASES if case.expect == "invalid"]


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.id)
def test_every_engine_gives_the_recorded_answer(case: Case) -> None:
    said = answers(case.pattern, case.message, kind="json")
    assert said == dict.fromkeys(said, case.expect), case.note or case.source


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_what_the_service_refuses_is_refused(case: Case) -> None:
    with pytest.raises(PatternError):
        pattern.compile(case.pattern)


@pytest.mark.parametrize(
    "case", [case for case in all_cases() if case.id in CONTRADICTED], ids=lambda c: c.id
)
def test_a_contradicted_row_still_differs(case: Case) -> None:
    # Else its place among the contradicted ones is out of date.
    if case.expect == "invalid":
        pattern.compile(case.pattern)
    else:
        assert pattern.compile(case.pattern).matches(case.message) is not case.expect


def test_the_tables_are_whole() -> None:
    cases = all_cases()
    assert len(cases) == len({case.id for case in cases}) >= 1945
    assert all(case.source and case.strength for case in cases)
    assert len(ANSWERED) >= 1070
    assert len(REFUSED) >= 20
    assert {case.id for case in cases} >= CONTRADICTED.keys()


@pytest.mark.parametrize("text", wild_patterns("json", "valid"))
def test_a_public_pattern_parses_and_prints_back(text: str) -> None:
    tree = pattern.compile(text)
    assert pattern.compile(str(tree)) == tree
    assert str(pattern.compile(str(tree))) == str(tree)


@pytest.mark.parametrize("text", wild_patterns("json", "rejected"))
def test_a_public_pattern_believed_wrong_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        pattern.compile(text)


def test_the_public_patterns_are_all_here() -> None:
    assert len(wild_patterns("json", "valid")) >= 326
    assert len(wild_patterns("json", "rejected")) >= 16
