"""``detector explain``: where events come from, what is counted over many, and the facts as JSON."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.__main__ import main
from detector.archive import Event
from detector.jobs.counting import count
from detector.render.explanation_json import explanation_json

ROOT = Path(__file__).parents[1]
PATTERN = "{ $.a = 1 && $.b = 1 }"


def explained(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> Any:
    assert main(["explain", *argv, "--format", "json"]) == code
    out = capsys.readouterr().out
    return json.loads(out) if out else None


@pytest.mark.parametrize("form", ["inline", "file", "records", "pipe"])
def test_one_event_from_anywhere(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '{"a": 1, "b": 2}'
    path = tmp_path / "event.json"
    path.write_text(f'{{"Records": [{text}]}}' if form == "records" else text, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    event = {"inline": text, "pipe": "-"}.get(form, str(path))
    found = explained(capsys, PATTERN, event)
    assert (found["matches"], found["decisive"]) == (False, ["$.b = 1"])


@pytest.mark.parametrize("pattern", ["cis/cloudwatch-2", "patterns/cis/cloudwatch-2.toml"])
def test_a_detection_stands_for_its_pattern(
    pattern: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert explained(capsys, pattern, '{"errorCode": "AccessDenied"}')["matches"] is True


def test_a_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(explained(capsys, "cis/cloudwatch-2@cis-1.3.0")["tree"]["terms"]) == 4


def test_text_is_typed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, "ERROR", "an ERROR")["matches"] is True
    assert explained(capsys, '"a" -b', '{"a": 1}')["matches"] is True
    assert main(["explain", "ERROR", "no-such-file"]) == 2
    assert (
        "found 'no-such-file': no such file or folder (a log event of one word needs a blank in front of it)"
        in (capsys.readouterr().err)
    )
    assert explained(capsys, "ERROR", " ERROR")["matches"] is True
    assert explained(capsys, "", "")["matches"] is True
    assert explained(capsys, "x", "[x]")["matches"] is True


@pytest.mark.parametrize("message", ["not json", "[1, 2]", "[]", '"x"', '{"a": 1', '{"a": 1} x', " x", ""])
def test_what_is_no_json_object_never_matches(message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "{ $.a NOT EXISTS }", message]) == 0
    out, err = capsys.readouterr()
    assert (
        out
        == "NO MATCH\nThe log event is not a JSON object, and such an event never matches a JSON pattern.\n"
    )
    assert ("EVENT: broken JSON" in err) is message.startswith("{")


def test_a_file_is_read_whatever_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "an [event].json"
    path.write_text('{"a": 1}', encoding="utf-8")
    assert explained(capsys, "{ $.a = 1 }", str(path))["matches"] is True


def test_the_facts_of_one_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, "{ $.a = 1 && ($.b IS NULL || $.c.d = 2) }", '{"a": 1, "c": {}}') == {
        "pattern": "{ $.a = 1 && ($.b IS NULL || $.c.d = 2) }",
        "kind": "json",
        "ignored": [],
        "matches": False,
        "because": ["$.b IS NULL is false: absent.", "$.c.d = 2 is false: absent, c has no d."],
        "decisive": ["$.b IS NULL", "$.c.d = 2"],
        "nearest": {
            "event": {"fields": [{"field": "$.b", "after": None}]},
            "pattern": {
                "conditions": [{"before": "$.b IS NULL", "after": "$.b IS NULL || $.b NOT EXISTS"}],
                "pattern": "{ $.a = 1 && ($.b IS NULL || $.b NOT EXISTS || $.c.d = 2) }",
            },
        },
        "tree": {
            "rule": "all",
            "holds": False,
            "terms": [
                {
                    "rule": "condition",
                    "text": "$.a = 1",
                    "meaning": 'a is the number 1 or the text "1"',
                    "holds": True,
                    "decisive": False,
                    "found": {
                        "kind": "number",
                        "values": [1],
                        "reached": None,
                        "blocked": None,
                        "words": "1 (number)",
                    },
                    "hint": None,
                },
                {
                    "rule": "any",
                    "holds": False,
                    "terms": [
                        {
                            "rule": "condition",
                            "text": "$.b IS NULL",
                            "meaning": "b is null",
                            "holds": False,
                            "decisive": True,
                            "found": {
                                "kind": "absent",
                                "values": [],
                                "reached": "$",
                                "blocked": "object",
                                "words": "absent",
                            },
                            "hint": None,
                        },
                        {
                            "rule": "condition",
                            "text": "$.c.d = 2",
                            "meaning": 'c.d is the number 2 or the text "2"',
                            "holds": False,
                            "decisive": True,
                            "found": {
                                "kind": "absent",
                                "values": [],
                                "reached": "$.c",
                                "blocked": "object",
                                "words": "absent, c has no d",
                            },
                            "hint": None,
                        },
                    ],
                },
            ],
        },
    }


def test_the_facts_of_a_pattern_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, "?a b ?c") == {
        "pattern": "?a b ?c",
        "kind": "text",
        "ignored": ["?a", "?c"],
        "notes": ["a term is found inside words too, and upper and lower case differ."],
        "tree": {"rule": "condition", "text": "b", "meaning": 'the text contains "b"'},
    }


def test_facts_are_json_whatever_the_event_holds() -> None:
    facts = explanation_json(detector.explain("{ $.a = 1 }", '{"a": [1e999, "\\ud800", {"b": -1e999}]}'))
    assert json.loads(facts)["tree"]["found"]["values"] == [["1e999", "\ud800", {"b": "-1e999"}]]
    assert facts.isascii()
    assert json.loads(explanation_json(detector.explain("{ $.a = 1 }", "no JSON")))["tree"] is None


def test_a_value_of_endless_nesting_is_cut() -> None:
    event = '{"a":' * 900 + "1" + "}" * 900  # nearly as deep as can be read
    tree = json.loads(explanation_json(detector.explain("{ $.a = 1 }", event)))["tree"]
    assert "… (object)" in json.dumps(tree["found"]["values"], ensure_ascii=False)
    assert tree["found"]["words"].endswith("… (object)")


def test_several_filters_are_explained_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    detection = tmp_path / "two.toml"
    text = (ROOT / "patterns" / "cis" / "cloudwatch-3.toml").read_text("utf-8")
    head, _, rest = text.partition("[filter]")
    table, _, tail = rest.partition("\n[")
    table = re.sub(r"^name = .*$", "", table, flags=re.MULTILINE)
    other = re.sub(r"pattern = '''.*?'''", "pattern = '''{ $.a = 1 }'''", table, flags=re.DOTALL)
    both = f'[[filter]]\nname = "x"{table}[[filter]]\nname = "y"{other}\n[{tail}'
    detection.write_text(head + both, encoding="utf-8")
    found = explained(capsys, str(detection), '{"a": 1}')["filters"]
    assert [(one["filter"], one["matches"]) for one in found] == [("x", False), ("y", True)]
    assert main(["explain", str(detection), '[{"a": 1}, {}]']) == 0
    out = capsys.readouterr().out
    assert out.startswith("filter x\n0 of 2 events match.\n")
    assert "\n\nfilter y\n1 of 2 events match.\n" in out
    assert main(["explain", str(detection)]) == 0
    assert "\n\nfilter y\nA JSON log event matches when a is" in capsys.readouterr().out


def test_many_events_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    events = '[{"a": 1, "b": 1}, {"a": 1}, {"a": 1, "b": null}, {"b": 5}]'
    found = explained(capsys, PATTERN, events)
    assert (found["events"], found["matched"], found["no_json"], found["most_often"]) == (4, 1, 0, "$.b = 1")
    assert [
        (one["condition"], one["in_the_way"], one["alone"], one["found"]) for one in found["conditions"]
    ] == [
        ("$.a = 1", 1, 0, {"absent": 1}),
        ("$.b = 1", 3, 2, {"absent": 1, "null": 1, "number": 1}),
    ]
    assert main(["explain", PATTERN, events]) == 0
    assert capsys.readouterr().out == (
        "1 of 4 events match.\n"
        "$.b = 1 most often stood in the way: 3 of 3 times, and 2 times it alone. Found there: absent 1, null\n"
        "1, number 1.\n"
        "\n"
        "  Condition  in the way     alone\n"
        "  $.a = 1             1         0\n"
        "  $.b = 1             3         2\n"
        "\n"
        "In the way: false, with every group around it false too. Alone: the event would match if this one\n"
        "held.\n"
    )


def counted(pattern: str, *records: dict[str, Any]) -> dict[str, tuple[int, int]]:
    [found] = count([detector.compile(pattern)], [Event(record) for record in records]).patterns
    return {one.condition: (one.in_the_way, one.alone) for one in found.conditions}


def test_a_false_condition_under_a_true_group_is_not_in_the_way() -> None:
    assert counted("{ ($.a = 1 || $.b = 1) && $.c = 1 }", {"a": 1}) == {
        "$.a = 1": (0, 0),
        "$.b = 1": (0, 0),
        "$.c = 1": (1, 1),
    }


def test_either_of_two_alternatives_would_do() -> None:
    assert counted("{ $.a = 1 || ($.b = 1 && $.c = 1) }", {"b": 1}, {}) == {
        "$.a = 1": (2, 2),
        "$.b = 1": (1, 0),
        "$.c = 1": (2, 1),
    }


def test_a_condition_that_is_written_twice_is_one() -> None:
    assert counted("{ ($.a = 1 && $.b = 1) || ($.a = 1 && $.c = 1) }", {"b": 1, "c": 1}) == {
        "$.a = 1": (1, 1),
        "$.b = 1": (0, 0),
        "$.c = 1": (0, 0),
    }


def test_they_are_ranked() -> None:
    pattern = detector.compile("{ $.a = 1 && $.b = 1 && $.c = 1 }")
    [found] = count([pattern], [Event({"a": 1, "b": 1}), Event({"a": 1})]).patterns
    assert [one.condition for one in found.obstacles] == ["$.c = 1", "$.b = 1"]


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"a": 1', encoding="utf-8")
    for event, reason in ((str(broken), "broken JSON"), ("nope.json", "no such file or folder")):
        assert main(["explain", PATTERN, event]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert reason in err


def test_nothing_to_explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", PATTERN, str(tmp_path)]) == 2
    assert "no log file in " in capsys.readouterr().err


def test_a_bad_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "{ $.a = }"]) == 2
    assert "expected a value after the operator" in capsys.readouterr().err


@pytest.mark.skipif(not (ROOT / "samples").exists(), reason="samples/ are not beside the package")
def test_the_page_shows_what_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(
        r"```text\n\$ detector (.*?)\n(.*?)```", (ROOT / "docs" / "explain.md").read_text("utf-8"), re.DOTALL
    )
    assert len(blocks) == 4
    for typed, shown in blocks:
        assert main(shlex.split(typed)) == 0
        wanted = re.sub(r"\d", "0", shown.removesuffix("...\n"))
        assert re.sub(r"\d", "0", capsys.readouterr().out).startswith(wanted)
