"""Mutants of a pattern: every kind is made, none is lost, and what is said of them holds."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detector
from detector.__main__ import main
from detector.pattern import Pattern
from detector.pattern.mutants import mutants
from detector.ruletests import load
from detector.ruletests.load import Case
from detector.ruletests.mutants import Fate, Mutation, mutation
from detector.ruletests.written import Draft, cases_toml
from detector.testing import EVENTS, patterns
from tests.cli_archives import DETECTION

_PATTERNS = patterns()
# A condition, and what is made of it. The first is beside the second in the pattern.
MADE = {
    '{ $.a = "Stop" }': (
        '$.a = "Stop*"',
        '$.a = "*Stop"',
        '$.a = "*"',
        '$.a = "Sto"',
        '$.a = "top"',
        '$.a = "sTOP"',
        '$.a = "stop"',
        '$.a != "Stop"',
    ),
    '{ $.a != "Denied*" }': (
        '$.a != "Denied"',
        '$.a != "*Denied*"',
        '$.a != "enied*"',
        '$.a != "*Denied"',
        '$.a != "Denie*"',
        '$.a != "*"',
        '$.a != "dENIED*"',
        '$.a != "denied*"',
        '$.a = "Denied*"',
        '$.a != "Denied*" || $.a NOT EXISTS',
    ),
    "{ $.a >= 5 }": ("$.a >= 6", "$.a >= 4", "$.a > 5", "$.a <= 5"),
    "{ $.a != 5 }": ("$.a != 6", "$.a != 4", '$.a != "5"', "$.a = 5", "$.a != 5 || $.a NOT EXISTS"),
    "{ $.a NOT EXISTS }": ('$.a = "*"', "$.a IS NULL"),
    "{ $.a IS TRUE }": ("$.a IS NULL", "$.a IS FALSE", '$.a = "true"'),
    "{ $.r[*].t = %^a\\.b$% }": (
        "$.r[*].t = %a\\.b$%",
        "$.r[*].t = %^a\\.b%",
        "$.r[*].t = %^a.b$%",
        "$.r[*].t != %^a\\.b$%",
        "$.r[0].t = %^a\\.b$%",
    ),
    "{ $.a NOT EXISTS && ($.b IS NULL || $.c IS NULL) }": (
        "$.a NOT EXISTS || ($.b IS NULL || $.c IS NULL)",
        "$.a NOT EXISTS && $.b IS NULL || $.c IS NULL",
        "$.b IS NULL || $.c IS NULL",
        "$.a NOT EXISTS",
        "$.a NOT EXISTS && ($.b IS NULL && $.c IS NULL)",
        "$.a NOT EXISTS && $.c IS NULL",
        "$.a NOT EXISTS && $.b IS NULL",
    ),
    "{ $.a IS NULL && $.b IS NULL && $.c IS NULL }": (
        "$.a IS NULL || $.b IS NULL || $.c IS NULL",
        "$.a IS NULL || $.b IS NULL && $.c IS NULL",
        "$.a IS NULL && $.b IS NULL || $.c IS NULL",
    ),
}


@pytest.mark.parametrize("source", MADE)
def test_every_kind_of_mistake_is_made(source: str) -> None:
    found = {str(one.pattern) for one in mutants(detector.compile(source))}
    wanted = {str(detector.compile(f"{{ {one} }}")) for one in MADE[source]}
    assert wanted <= found
    if "&&" not in source:
        assert wanted == found


def test_patterns_of_other_kinds() -> None:
    line = {str(one.pattern) for one in mutants(detector.compile("[ip, user!=root, code>=400]"))}
    assert {
        "[ip, user != root*, code >= 400]",
        "[ip, user, code >= 400]",
        "[user != root, code >= 400]",
        "[..., ip, user != root, code >= 400]",
    } <= line
    text = {str(one.pattern) for one in mutants(detector.compile("ERROR -Exit"))}
    assert {"ERROR", "-Exit", "error -Exit", "ERROR Exit", "ERRO -Exit", "ERROR ?Exit"} <= text
    assert list(mutants(detector.compile(""))) == []


@settings(max_examples=15)
@given(_PATTERNS, st.integers(0, 9))
def test_a_mutant_is_another_pattern_that_the_service_takes(pattern: Pattern, first: int) -> None:
    found = [one.pattern for one in mutants(pattern)]
    assert all(detector.compile(str(one)) == one for one in found[first::10])
    assert pattern not in found
    assert len({str(one) for one in found}) == len(found)


def tried(pattern: str, *cases: tuple[dict[str, Any], bool]) -> Mutation:
    name, text = "x", DETECTION.format(title="t", pattern=pattern, threshold=5, missing="missing")
    found = detector.detections.toml.read(text, name)
    return mutation(found, [(Case("c", 1, event, {"": verdict}), verdict) for event, verdict in cases])


def test_what_a_case_notices_and_what_it_does_not() -> None:
    pattern = '{ $.a = "Stop" }'
    positive = ({"a": "Stop"}, True)
    survivors = [one.mutant.after for one in tried(pattern, positive).of(Fate.SURVIVED)]
    assert survivors == ['$.a = "Stop*"', '$.a = "*Stop"', '$.a = "*"']
    lacking = tried(pattern, positive, ({"a": "Stopx"}, False)).lacking
    assert [(one.mutant.after, one.telling.event) for one in lacking if one.telling] == [
        ('$.a = "*Stop"', {"a": "aStop"})
    ]
    assert tried(pattern, positive, ({"a": "Stopx"}, False), ({"a": "xStop"}, False)).score == 1
    assert tried(pattern).score == 0
    # A case that fails tells nothing about mutants.
    assert tried(pattern, ({"a": "Stop"}, False)).score == 0


def test_what_means_the_same_is_left_out_and_what_is_not_decided_is_said() -> None:
    found = tried('{ $.a = "Stop*" || $.a = "Stop" }', ({"a": "Stop"}, True))
    same = [str(one.mutant.pattern) for one in found.of(Fate.EQUIVALENT)]
    assert '{ $.a = "Stop*" }' in same
    assert found.counted == len(found.tried) - len(same)
    open_one = tried('{ $.a = %\\Bx% && $.a = "x*" }').of(Fate.UNDECIDED)
    assert open_one
    assert all(one.why_not for one in open_one)


@given(st.lists(st.tuples(EVENTS, st.booleans()), min_size=1, max_size=4))
@settings(max_examples=15)
def test_a_case_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "x.test.toml"
    drafts = [Draft("n\u202e", event, {"": verdict, "v": not verdict}, "f") for event, verdict in rows]
    path.write_text(cases_toml(drafts), "utf-8")
    pattern = detector.compile("{ $.a = 1 }")
    read = [
        ((case.event if isinstance(case.event, dict) else json.loads(case.event)), dict(case.matches))
        for case in load(path).cases
    ]
    asked = [(draft.event, draft.matches) for draft in drafts]
    assert all(one in asked for one in read)
    assert all(one in read for one in asked)
    assert pattern.kind.value == "json"


def test_events_that_differ_in_one_value_share_a_case() -> None:
    drafts = [Draft("n", {"a": name, "b": {"c d": 1.0}}, {"": False}) for name in ("x", "y")]
    drafts.append(Draft("null", {"a": None, "b": [True, 1]}, {"": True}))
    drafts.append(Draft("deep", {"a": [None]}, {"": True}))
    assert cases_toml(drafts) == (
        '[[case]]\nname = "a that does not count"\nmatches = false\nbase = "none"\n'
        'event = { b."c d" = 1.0 }\neach = { a = ["x", "y"] }\n\n'
        '[[case]]\nname = "null"\nmatches = true\nbase = "none"\nevent = { b = [true, 1] }\nnull = ["a"]\n\n'
        '[[case]]\nname = "deep"\nmatches = true\nmessage = \'{"a":[null]}\'\n'
    )


def test_the_tests_of_shipped_detections_notice_every_mutant() -> None:
    run = detector.run_rule_tests(mutants=True, least=1)
    assert (run.score, run.passed, run.pasted, run.too_low) == (1, True, {}, ())
    assert sum(one.killed for one in run.mutants.values()) > 1300


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = DETECTION.format(title="t", pattern='{ $.errorCode = "Denied*" }', threshold=5, missing="missing")
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    (tmp_path / "x.test.toml").write_text(
        '[[case]]\nname = "a"\nmatches = true\nevent.errorCode = "Denied"\n'
        '[[case]]\nname = "b"\nmatches = false\nevent.errorCode = "denied"\n',
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_pasted_cases_notice_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "x.toml", "--mutants"]) == 0
    out = capsys.readouterr().out
    assert "  x.toml    5 of 9, 55.5 %\n" in out
    assert 'literal widened: $.errorCode = "Denied*" became $.errorCode = "Denie*"\n' in out
    assert main(["test", "x.toml", "--minimum", "1+1,90%"]) == 1
    assert "FAILED x.toml: expected 90% of the mutants to be noticed, found 55.5 %" in capsys.readouterr().out
    pasted = out[out.index("[[case]]") : out.rindex("\n\n")]
    with (folder / "x.test.toml").open("a", encoding="utf-8") as file:
        file.write(pasted)
    assert main(["test", "x.toml", "--mutants", "--minimum", "100%"]) == 0
    assert "100 %" in capsys.readouterr().out


def test_the_formats_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "x.toml", "--mutants", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    counted = found["mutants"]["x.toml"]
    assert (counted["tried"], counted["killed"], counted["survived"]) == (9, 5, 4)
    assert [one["event"] for one in counted["unnoticed"] if one["after"] == '$.errorCode = "Denie*"']
    assert tomllib.loads(found["pasted"]["x.test.toml"])["case"]
    assert main(["test", "x.toml", "--mutants", "--coverage", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "**2 passed, 55.5 % of the mutants noticed**, in 1 file" in out
    assert "| `x.toml` | 5 of 9 | 55.5 % |" in out
    junit = folder / "x.xml"
    assert main(["test", "x.toml", "--minimum", "60%", "--junit", str(junit)]) == 1
    assert "expected 60% of the mutants" in junit.read_text("utf-8")


def test_a_line_of_many_fields_is_told_apart() -> None:
    flow = "[account, source, destport = 22, protocol = 6, packets, bytes > 9]"
    found = tried(flow)
    assert not found.of(Fate.UNDECIDED)
    telling = {one.mutant.after: one.telling.event for one in found.of(Fate.SURVIVED) if one.telling}
    assert str(telling["destport = 23"]).split()[2:4] in (["22", "6"], ["23", "6"])
