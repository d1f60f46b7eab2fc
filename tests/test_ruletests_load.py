"""Test files: what they say, and every mistake with its file, line and suggestion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.alarm import State
from detector.errors import DetectionError
from detector.ruletests import load
from detector.ruletests.base_records import NAMES, base
from detector.ruletests.load import MAIN

CASE = '[[case]]\nname = "x"\nmatches = true\n'


def loaded(folder: Path, text: str) -> Any:
    path = folder / "x.test.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def event(folder: Path, text: str) -> Any:
    return loaded(folder, CASE + text).cases[0].event


def test_a_case_is_a_change_of_a_realistic_record(tmp_path: Path) -> None:
    found = event(
        tmp_path,
        'event = { errorCode = "E", userIdentity.sessionContext.sessionIssuer.userName = "u", requestParameters.n = 1 }',
    )
    expected = base("role")
    expected["errorCode"] = "E"
    expected["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] = "u"
    expected["requestParameters"]["n"] = 1
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('base = "none"', {}),
        ('base = "none"\nevent.a = [1, { b = 2.5 }]', {"a": [1, {"b": 2.5}]}),
        ('base = "none"\nnull = ["a.b", "c"]', {"a": {"b": None}, "c": None}),
        ('base = "none"\nevent = { a.b = 1, a.c = 2 }\nnull = ["a.b"]', {"a": {"b": None, "c": 2}}),
        ('base = "service"\nwithout = ["userIdentity"]\nevent.userIdentity.type = "x"', {"type": "x"}),
        ('message = "ERROR x"', "ERROR x"),
    ],
)
def test_how_a_record_is_changed(tmp_path: Path, text: str, expected: Any) -> None:
    found = event(tmp_path, text)
    assert (found["userIdentity"] if "service" in text else found) == expected


def test_what_is_taken_away_is_absent(tmp_path: Path) -> None:
    found = event(tmp_path, 'without = ["userIdentity.sessionContext.sessionIssuer", "no.such", "eventType"]')
    assert "sessionIssuer" not in found["userIdentity"]["sessionContext"]
    assert "eventType" not in found
    assert "no" not in found


def test_a_case_of_several_values(tmp_path: Path) -> None:
    cases = loaded(tmp_path, CASE + 'event.a = 1\neach = { userIdentity.type = ["A", "B"] }').cases
    assert [(case.name, case.event["userIdentity"]["type"], case.event["a"]) for case in cases] == [
        ("x: A", "A", 1),
        ("x: B", "B", 1),
    ]


def test_events_from_files(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "two.json").write_text(json.dumps({"Records": [{"a": 1}, {"a": 2}]}), encoding="utf-8")
    assert event(tmp_path, 'file = "one.json"\nevent.b = 2') == {"a": 1, "b": 2}
    assert event(tmp_path, 'file = "two.json"\nposition = 1') == {"a": 2}
    with pytest.raises(DetectionError, match="position = 0 to 1: the file has 2 events"):
        event(tmp_path, 'file = "two.json"')
    with pytest.raises(DetectionError, match="position = 0 to 1"):
        event(tmp_path, 'file = "two.json"\nposition = 2')


def test_expectations_for_the_pattern_and_for_variants(tmp_path: Path) -> None:
    text = '[[case]]\nname = "x"\nmatches = false\nvariants = { a = true }\n[[case]]\nname = "y"\nvariants.b = false\n'
    first, second = loaded(tmp_path, text).cases
    assert (first.matches, first.line) == ({MAIN: False, "a": True}, 1)
    assert (second.matches, second.line) == ({"b": False}, 5)


def test_a_timeline(tmp_path: Path) -> None:
    text = '[[timeline]]\nname = "t"\nmatches = "_ 5"\nvalue = 2\nstate = "OK"\nstates = { "00:09" = "OK", "00:02" = "ALARM" }'
    [found] = loaded(tmp_path, text).timelines
    assert (found.matches, found.value, found.state) == ({1: 5}, 2, State.OK)
    assert list(found.states.items()) == [(2, State.ALARM), (9, State.OK)]


def test_which_detection_it_is_about(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").detection == str(tmp_path / "x.toml")
    assert loaded(tmp_path, 'detection = "cis/cloudwatch-2"').detection == "cis/cloudwatch-2"
    (tmp_path / "y.toml").write_text("", encoding="utf-8")
    assert loaded(tmp_path, 'detection = "y.toml"').detection == str(tmp_path / "y.toml")
    other = tmp_path / "z.toml"
    other.write_text("", encoding="utf-8")
    with pytest.raises(DetectionError, match=r"expected the name x\.test\.toml beside x\.toml"):
        load(other)


STATES = 'states = { "00:01" = "OK" }\n'
LINE = '[[timeline]]\nname = "t"\n'


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("[cases]", 1, "cases: unknown key; did you mean case?"),
        ("detection = 1", 1, "detection: expected a string, found a whole number"),
        ("[case]", 1, r"case: expected \[\[case\]\], with two brackets"),
        ("case = [1]", 1, r"case: expected \[\[case\]\], with two brackets"),
        ("[[case]]", 1, "case: expected the key name"),
        ('[[case]]\nname = "x"', 1, r"case: expected the key matches \(true or false\), or variants"),
        ('[[case]]\nname = "x"\nmatch = true', 3, "case.match: unknown key; did you mean matches?"),
        (
            '[[case]]\nname = "x"\nmatches = 1',
            3,
            "case.matches: expected true or false, found a whole number",
        ),
        ("[[case]]\nname = true\nmatches = true", 2, "case.name: expected a string, found true"),
        (
            '[[case]]\nname = "x"\nvariants = { v = "yes" }',
            3,
            "case.variants.v: expected true or false for v, found 'yes'",
        ),
        (CASE + 'base = "rol"', 4, "case.base: unknown base record 'rol'; did you mean role?"),
        (CASE + "position = 1", 4, "case.position: expected position beside file only"),
        (CASE + "without = [1]", 4, "case.without: expected a list of strings, found a list"),
        (
            CASE + "event = { a = 2025-01-01 }",
            4,
            "case.event.a: expected a value that JSON has; write a time in quotes",
        ),
        (CASE + "event = { a = [nan] }", 4, "case.event.a: expected a value that JSON has, found nan"),
        (CASE + "[case.event]\na = 2025-01-01", 5, "case.event.a: expected a value that JSON has"),
        (CASE + "each = { a = [] }", 4, "case.each: expected one field with a list of its values"),
        (CASE + "each = { a = [1], b = [1] }", 4, "case.each: expected one field"),
        (CASE + "each = { a = 1 }", 4, "case.each: expected one field"),
        (CASE + 'file = "nope.json"', 4, "case.file: nope.json: cannot be read"),
        (CASE + 'file = "x"\nbase = "role"', 5, "case.base: expected either base or file, found both"),
        (CASE + 'message = "x"\nnull = ["a"]', 4, "case.message: expected message alone, found null too"),
        (CASE + CASE + "wrong = 1", 7, "case.wrong: unknown key"),
        (LINE + 'matches = "5"', 1, "timeline: expected the key states"),
        (LINE + 'matches = "x"\n' + STATES, 3, "timeline.matches: expected matches per minute such as"),
        (
            LINE + 'matches = "5"\nstates = {}',
            4,
            "timeline.states: expected the state at one minute at least",
        ),
        (
            LINE + 'matches = "5"\nstates = { "1" = "OK" }',
            4,
            "timeline.states: expected a time such as 00:05",
        ),
        (
            LINE + 'matches = "5"\nstates = { "00:01" = "ok" }',
            4,
            "expected OK, ALARM or INSUFFICIENT_DATA, found 'ok'",
        ),
        (LINE + 'matches = "5"\nstate = "ok"\n' + STATES, 4, "timeline.state: expected OK, ALARM or"),
        (
            LINE + 'matches = "5"\nvalue = "1"\n' + STATES,
            4,
            "timeline.value: expected a number, found a string",
        ),
        ("case = [", None, "expected TOML: "),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int | None, reason: str) -> None:
    with pytest.raises(DetectionError, match=reason) as caught:
        loaded(tmp_path, text)
    assert caught.value.line == line
    assert caught.value.path == str(tmp_path / "x.test.toml")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match=r"x\.test\.toml: expected a readable text file: No such file"):
        load(tmp_path / "x.test.toml")
    (tmp_path / "y.test.toml").write_bytes(b"\xff")
    with pytest.raises(DetectionError, match="expected a readable text file in UTF-8"):
        load(tmp_path / "y.test.toml")


def test_base_records_are_fresh_and_look_real() -> None:
    for name in NAMES[:-1]:
        record = base(name)
        assert {"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "eventID"} <= set(
            record
        )
        record["userIdentity"].clear()
        assert base(name)["userIdentity"]["type"]


OUTSIDE = (
    "expected a file below the folder of the test file, found {} (detector test --allow-outside reads any)"
)


@pytest.mark.parametrize(
    "how", ["../secret.json", "/proc/self/environ", "link.json", "sub/../../secret.json"]
)
def test_a_test_file_names_files_below_its_own_folder_only(tmp_path: Path, how: str) -> None:
    (tmp_path / "secret.json").write_text('{"a": 1}', "utf-8")
    folder = tmp_path / "rules"
    (folder / "sub").mkdir(parents=True)
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    tests = folder / "x.test.toml"
    tests.write_text(f'[[case]]\nname = "n"\nmatches = true\nfile = "{how}"\n', "utf-8")
    with pytest.raises(DetectionError) as refused:
        load(tests)
    assert refused.value.reason == OUTSIDE.format(how)
    assert (refused.value.key, refused.value.line) == ("case.file", 4)
    if how.endswith(".json"):
        assert load(tests, outside=True).cases[0].event == {"a": 1}


@pytest.mark.parametrize("name", ["../x.toml", "../x.toml@v", "{}/x.toml"])
def test_a_detection_elsewhere_has_to_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text("", "utf-8")
    (tmp_path / "rules").mkdir()
    name = name.format(tmp_path)
    tests = tmp_path / "rules" / "t.test.toml"
    tests.write_text(f'detection = "{name}"\n', "utf-8")
    with pytest.raises(DetectionError) as refused:
        load(tests)
    assert refused.value.reason == OUTSIDE.format(name)
    assert load(tests, outside=True).detection == str(tmp_path / "rules" / name)
    tests.write_text('detection = "cis/cloudwatch-2"\n', "utf-8")
    assert load(tests).detection == "cis/cloudwatch-2"
