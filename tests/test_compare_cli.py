"""``detector compare`` as it is typed, and ``detector.compare``."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from pathlib import Path

import pytest

import detector
from detector.__main__ import main
from tests.cli_archives import archive, detection, record, write

OLD, NEW = '{ $.errorCode = "AccessDenied" }', '{ $.errorCode = "AccessDenied*" }'

CODES = [
    ([], 0),
    (["--expect", "wider"], 0),
    (["--expect", "narrower"], 1),
    (["--expect", "equivalent"], 1),
    (["--expect", "narrower", "--expect", "wider"], 0),
    (["--max-lost", "0"], 2),  # without an archive there is nothing to count
    (["--max-lost", "none"], 2),
    (["--expect", "same"], 2),
]


@pytest.mark.parametrize(("options", "code"), CODES, ids=[" ".join(options) for options, _ in CODES])
def test_the_exit_code_says_whether_expectations_are_met(options: list[str], code: int) -> None:
    assert main(["compare", OLD, NEW, *options]) == code


def test_what_is_not_met_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", OLD, NEW, "--expect", "narrower", "--expect", "equivalent"]) == 1
    printed = capsys.readouterr()
    assert printed.err == (
        "detector: expected the new pattern to be narrower or equivalent, but it is wider\n"
    )
    assert main(["compare", "[a]", "[a, b]", "--expect", "narrower"]) == 1
    assert "but it is not decided" in capsys.readouterr().err


def test_records_that_may_be_lost_and_gained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = archive(tmp_path / "logs")
    gate = ["compare", OLD, '{ $.sourceIPAddress = 198.51.100.9 || $.eventName = "List*" }', logs]
    assert main([*gate, "--max-lost", "2", "--max-gained", "1"]) == 0
    assert main([*gate, "--max-lost", "1", "--max-gained", "0"]) == 1
    assert capsys.readouterr().err == (
        "detector: expected at most 1 records lost, but 2 are\ndetector: expected at most 0 records gained, but 1 are\n"
    )


def test_an_input_that_cannot_be_read_outweighs_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(tmp_path / "logs")
    (tmp_path / "logs" / "broken.json").write_text("{", encoding="utf-8")
    assert main(["compare", OLD, NEW, str(tmp_path / "logs"), "--expect", "narrower"]) == 2
    assert "broken.json: broken JSON" in capsys.readouterr().err
    assert main(["compare", OLD, NEW, str(tmp_path / "nothing")]) == 2


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("{ $.a = }", "expected a"),
        ("no/such.toml", "expected a detection file"),
        ("cis/cloudwatch-99", "did you mean"),
    ],
)
def test_what_is_no_pattern_and_no_detection_is_an_error(
    old: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", old, NEW]) == 2
    assert said in capsys.readouterr().err


def test_the_object_without_an_archive(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", OLD, NEW, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "old": {"detection": None, "pattern": OLD},
        "new": {"detection": None, "pattern": NEW},
        "relation": "wider",
        "proved": True,
        "why_not": None,
        "witnesses": {
            "old_only": None,
            "new_only": {"errorCode": "AccessDenieda"},
            "both": {"errorCode": "AccessDenied"},
        },
        "not_found": [],
        "never_match": [],
        "filters": [],
        "archive": None,
    }


NEVER = [
    ("{ $.a = 1 && $.a = 2 }", " Neither can ever match.", "no event"),
    (
        "[a = 1 && a = 2]",
        "",
        "none found",
    ),  # equal because it is written so; that it never matches is not proved
    ("{ $.a[5000] = 1 }", "", "none found"),
]


@pytest.mark.parametrize(("pattern", "never", "both"), NEVER)
def test_that_nothing_matches_is_only_said_where_it_is_proved(
    pattern: str, never: str, both: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", pattern, pattern]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"EQUIVALENT. Both match the same events.{never} Proved for every event."
    assert [line.split("  ")[-1].strip() for line in lines[-3:]] == ["no event", "no event", both]
    main(["compare", pattern, pattern, "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["proved"], found["witnesses"]["both"]) == (True, None)
    assert found["not_found"] == (["both"] if both == "none found" else [])
    assert found["never_match"] == (["old", "new"] if never else [])


def test_the_object_of_what_is_not_decided(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", "[a, b]", "[a, b, c]", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["relation"], found["proved"]) == (None, False)
    assert found["why_not"].startswith("space-delimited patterns")
    assert isinstance(found["witnesses"]["old_only"], str)


def test_an_infinite_number_is_written_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", "{ $.a = Infinity }", "{ $.a = Infinity && $.a != 1 }", "--format", "json"])
    printed = capsys.readouterr().out
    assert '{"a":1e999}' in printed
    assert json.loads(printed)["relation"] == "narrower"


def test_the_object_with_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = archive(tmp_path / "logs")
    old = detection(tmp_path / "old.toml")
    new = detection(tmp_path / "new.toml", '{ $.eventName = "List*" }')
    main(["compare", old, new, logs, "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["old"] == {"detection": old, "pattern": OLD}
    on = found["archive"]
    assert (on["both"], on["gained"], on["lost"], on["records"], on["files"]) == (0, 1, 9, 10, 2)
    assert on["groups"]["gained"]["event_name"] == {
        "top": [{"value": "ListBuckets", "count": 1}],
        "more": 0,
        "others": 0,
    }
    assert list(on["groups"]) == ["gained", "lost", "both"]
    assert on["examples"]["gained"] == [
        {
            "path": str(Path(logs) / "a.json.gz"),
            "position": 8,
            "time": "2023-07-10T12:30:00Z",
            "event_id": "30-0",
            "principal": "arn:aws:sts::111122223333:assumed-role/worker/i-0",
            "identity_type": "AssumedRole",
            "event_name": "ListBuckets",
            "event_source": "s3.amazonaws.com",
            "error_code": "",
            "address": "192.0.2.7",
            "user_agent": "aws-cli/2.13",
            "region": "eu-west-1",
            "account": "111122223333",
            "resources": [],
        }
    ]
    assert set(on["transitions"]) == {"kept", "gained", "lost", "moved"}
    assert set(on["transitions"]["lost"][0]) == {"at", "before", "after", "reason"}
    assert on["problems"] == []


REPORTS = {
    (OLD, NEW): "WIDER. NEW matches all that OLD does, and more. Proved for every event.",
    (NEW, OLD): "NARROWER. NEW matches nothing that OLD does not, and loses events. Proved for every event.",
    (OLD, "{($.errorCode=AccessDenied)}"): "EQUIVALENT. Both match the same events. Proved for every event.",
    (OLD, "{ $.a = x }"): "OVERLAPPING. NEW loses events that OLD matches, and gains others. Proved for every event.",
    (OLD, "{ $.errorCode != AccessDenied }"): "DISJOINT. No event matches both. Proved for every event.",
    (OLD, "{ $.a = 1 && $.a = 2 }"): "NARROWER. NEW matches nothing that OLD does not, and loses events. NEW can never match. Proved for every event.",
    ("{ $.a = 1 && $.a = 2 }", OLD): "WIDER. NEW matches all that OLD does, and more. OLD can never match. Proved for every event.",
    ("{ $.a = 1 && $.a = 2 }", '{ $.b != "*" }'): "EQUIVALENT. Both match the same events. Neither can ever match. Proved for every event.",
    ("[a]", "[a, b]"): "NOT DECIDED. How NEW relates to OLD on any event is not known:",
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), REPORTS)
def test_the_verdict_in_a_sentence(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", old, new])
    verdict = capsys.readouterr().out.split("\n\n")[0]
    assert " ".join(verdict.split()).startswith(REPORTS[old, new])


def test_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("a.json"), [record(1), record(2, errorCode="AccessDeniedException\x1b[2J")])
    main(["compare", OLD, NEW, "a.json"])
    assert capsys.readouterr().out == REPORT


REPORT = """\
WIDER. NEW matches all that OLD does, and more. Proved for every event.

OLD  { $.errorCode = "AccessDenied" }
NEW  { $.errorCode = "AccessDenied*" }

only OLD  no event
only NEW  {"errorCode":"AccessDenieda"}
both      {"errorCode":"AccessDenied"}

On this archive (1 file, 2 records; all times are UTC)
OLD matches 1, NEW 2: 1 the same, 0 lost, 1 gained.

Gained: 1 record
  who             1  arn:aws:sts::111122223333:assumed-role/worker/i-0
  what            1  GetObject
  service         1  s3.amazonaws.com
  error           1  AccessDeniedException�[2J
  from            1  192.0.2.7
  e.g.    2023-07-10 12:02:00  GetObject AccessDeniedException�[2J …22223333:assumed-role/worker/i-0
          a.json, record 1
"""


def test_standard_input_is_read_when_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.dumps({"Records": [record(1), record(2, errorCode="AccessDeniedException")]}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["compare", OLD, NEW, "-", "--format", "json", "--max-gained", "1"]) == 0
    found = json.loads(capsys.readouterr().out)["archive"]
    assert (found["both"], found["gained"]) == (1, 1)
    assert found["groups"]["gained"]["error_code"]["top"] == [{"value": "AccessDeniedException", "count": 1}]


def test_without_a_path_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["compare", OLD, NEW]) == 0
    sys.stdin.close()  # what stands in its place for as long as the process lives


def test_the_library_takes_texts_patterns_detections_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    detection(path)
    sides: list[str | Path | detector.Pattern | detector.Detection] = [
        OLD,
        detector.compile(OLD),
        path,
        str(path),
        detector.load_detection(path),
    ]
    for old in sides:
        for new in sides:
            found = detector.compare(old, new)
            assert (found.relation, found.proved, found.archive) == ("equivalent", True, None)
    assert detector.compare("cis/cloudwatch-2", "cis/cloudwatch-2@cis-1.3.0").relation == "wider"


def test_a_comparison_is_frozen() -> None:
    found = detector.compare(OLD, NEW)
    assert found.witnesses.both == {"errorCode": "AccessDenied"}
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.verdict = found.verdict  # type: ignore[misc]  # that is the point


def test_a_message_without_a_character_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "[a]", "[...]"]) == 0
    assert 'only NEW  ""  (the empty message, which PutLogEvents may refuse)\n' in capsys.readouterr().out
