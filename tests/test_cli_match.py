"""`detector match` behaves like grep."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.__main__ import main
from detector.render.kit.printable import json_printable
from tests.cli_archives import archive, record, write


@pytest.fixture
def logs(tmp_path: Path) -> str:
    return archive(tmp_path / "logs")


def log_events(path: Path, *messages: str, timestamp: int = 1_689_000_000_000) -> str:
    events = [{"timestamp": timestamp, "message": message} for message in messages]
    path.write_text(json.dumps({"events": events}), encoding="utf-8")
    return str(path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("options", "code", "count"),
    [
        (["{ $.errorCode = * }"], 0, 9),
        (["{ $.errorCode = * }", "--invert"], 0, 1),
        (["{ $.errorCode = Nothing }"], 1, 0),
        (["{ $.errorCode = Nothing }", "--invert"], 0, 10),
        (["{ $.errorCode = * }", "--from", "2023-07-10T12:11"], 0, 1),
        (["{ $.errorCode = * }", "--to", "2023-07-10T12:11"], 0, 8),
        (["{ $.errorCode = * }", "--region", "us-east-1", "--allow-empty"], 1, 0),
        (["{ $.errorCode = * }", "--account", "111122223333"], 0, 9),
    ],
)
def test_like_grep(
    options: list[str], code: int, count: int, logs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern, *rest = options
    assert main(["match", pattern, logs, *rest]) == code
    assert len(lines(capsys)) == count
    assert main(["match", pattern, logs, *rest, "--count"]) == code
    assert capsys.readouterr() == (f"{count}\n", "")


def test_records_are_one_line_each_in_the_order_of_paths(
    logs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["match", "{ $.errorCode = * }", str(Path(logs, "b.json")), logs]) == 0
    found = lines(capsys)
    assert [one["eventTime"][11:16] for one in found] == ["12:03", *["12:10"] * 7, "12:45"]
    assert found[0] == record(3)


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        ('{ "errorCode" : "A\\u003db" }', '{ "errorCode" : "A\\u003db" }'),
        ('{\n "errorCode": "A"\n}', '{"errorCode":"A"}'),
        ('{"errorCode":"\\u00e9 é"}', '{"errorCode":"\\u00e9 é"}'),
    ],
)
def test_the_raw_message_is_printed_where_there_is_one(
    message: str, printed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = log_events(tmp_path / "events.json", message)
    assert main(["match", "{ $.errorCode = * }", path]) == 0
    assert capsys.readouterr().out == printed + "\n"


def test_a_lone_surrogate_is_written_as_json_spells_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.json"
    path.write_text('{"errorCode":"\\ud800"}', encoding="utf-8")
    assert main(["match", "{ $.errorCode = * }", str(path)]) == 0
    assert capsys.readouterr().out == '{"errorCode":"\\ud800"}\n'


def test_text_patterns_see_the_raw_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = log_events(tmp_path / "events.json", "an ERROR here", "all is well")
    assert main(["match", "ERROR", path]) == 0
    assert capsys.readouterr().out == "an ERROR here\n"


def test_a_message_that_is_no_object_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = log_events(tmp_path / "events.json", '{"errorCode":"A"}', "plain text")
    assert main(["match", "{ $.errorCode = * }", path]) == 2
    out, err = capsys.readouterr()
    assert out == '{"errorCode":"A"}\n'
    assert err.endswith("events.json: log event 1: not a JSON object\n")


def test_a_time_is_asked_for_only_with_a_span(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.json"
    path.write_text('{"errorCode":"A"}', encoding="utf-8")
    assert main(["match", "{ $.errorCode = * }", str(path)]) == 0
    capsys.readouterr()
    assert main(["match", "{ $.errorCode = * }", str(path), "--from", "2023-07-10"]) == 2
    assert capsys.readouterr().err.endswith("record 0: no valid eventTime\n")


@pytest.mark.parametrize("path", [["-"], []])
def test_standard_input(
    path: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a":1}\n{"a":2}\n')))
    assert main(["match", "{ $.a = 2 }", *path]) == 0
    assert capsys.readouterr().out == '{"a":2}\n'


def test_broken_input_is_exit_2_after_the_rest(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(logs, "0.json").write_text("{", encoding="utf-8")
    assert main(["match", "{ $.errorCode = * }", logs, "--count"]) == 2
    out, err = capsys.readouterr()
    assert out == "9\n"
    assert err.startswith("detector: ")
    assert "0.json: broken JSON" in err
    assert main(["match", "{ $.errorCode = * }", logs, "--count", "--quiet"]) == 2
    assert capsys.readouterr().err == ""


def test_an_empty_file_is_no_failure(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path(logs, "empty.json.gz"), [])
    assert main(["match", "{ $.errorCode = * }", logs, "--count"]) == 0
    assert capsys.readouterr() == ("9\n", "")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["{ $.a == 1 }", "."], "found a second ="),
        (["{ $.a = 1 }", "nowhere"], "nowhere: no such file or folder"),
        ([], "expected PATTERN"),
        (["{ $.a = 1 }", ".", "--frob"], "unknown option --frob"),
    ],
)
def test_mistakes_are_exit_2(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err.splitlines()[0]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_escape_sequence_reaches_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nasty = "\u009b31m \u202e \U000e0041 é"
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"errorCode": nasty}, ensure_ascii=False), encoding="utf-8")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["match", "{ $.errorCode = * }", str(path), "--format", "ndjson", "--quiet"]) == 0
    printed = terminal.getvalue()
    assert printed.rstrip("\n").isprintable()
    assert json.loads(printed) == {"errorCode": nasty}


def test_json_printable_keeps_what_is_printable() -> None:
    assert json_printable('{"a":"é \\u202e"}') == '{"a":"é \\u202e"}'


EVIL = '=HYPERLINK("http://192.0.2.1";1)'


@pytest.fixture
def evil(tmp_path: Path) -> str:
    """Records whose members want to be a formula, steer a terminal, or begin another line or cell."""
    hostile = {"userAgent": EVIL, "errorCode": "x\u202e\x1b[31m\r\ny;=1", "requestParameters": {"n": -1}}
    write(tmp_path / "a.json", [record(1), record(2) | hostile])
    return str(tmp_path)


def test_fields_in_every_format(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        "match",
        "{ $.requestParameters.n = -1 }",
        evil,
        "--fields",
        "time, event,$.requestParameters,agent",
    ]
    expected = {
        "time": record(2)["eventTime"],
        "event": record(2)["eventName"],
        "$.requestParameters": {"n": -1},
        "agent": EVIL,
    }
    assert main(asked) == 0
    assert lines(capsys) == [expected]
    assert main([*asked, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [expected]
    assert main([*asked, "--format", "csv"]) == 0
    head, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head == list(expected)
    assert rows == [[expected["time"], expected["event"], '{"n":-1}', f"'{EVIL}"]]


def test_no_cell_is_a_formula_or_holds_a_line_break(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", "{ $.eventName = * }", evil, "--format", "csv"]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 3
    assert all(line.isprintable() for line in out.splitlines())
    cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert r"x\u202e\u001b[31m\u000d\u000ay;=1" in cells
    assert '"x\\u202e' in out  # in quotes, since a semicolon may part cells too


def test_an_array_is_json_also_without_any_match(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", "{ $.eventName = * }", evil, "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert main(["match", "{ $.nothing = * }", evil, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == []


def test_control_characters_are_escaped_in_a_pipe_unless_raw(
    evil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["match", "{ $.requestParameters.n = -1 }", evil]
    assert main(asked) == 0
    escaped = capsys.readouterr().out
    assert "\u202e" not in escaped
    assert main([*asked, "--raw"]) == 0
    raw = capsys.readouterr().out
    assert "\u202e" in raw
    assert json.loads(escaped) == json.loads(raw)


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_table_is_as_wide_as_the_terminal(columns: int, evil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["match", "cis/cloudwatch-2", "samples"]) == 0
    head, *rows = terminal.getvalue().splitlines()
    fields = ["time", "principal", "event", "error", "address", "resources"]
    assert head.split() == fields[: 4 if columns < 72 else 5 if columns < 120 else 6]
    assert len(rows) > 1000
    assert min(columns, 120) - 30 < max(map(len, rows)) <= columns
    assert main(["match", "{ $.eventName = * }", evil, "--fields", "time,error,agent"]) == 0
    assert all(line.isprintable() for line in terminal.getvalue().splitlines())


def test_a_table_has_messages_that_are_not_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = log_events(tmp_path / "events.json", "an ERROR\x1b here")
    assert main(["match", "ERROR", path, "--format", "table"]) == 0
    assert capsys.readouterr().out == "2023-07-10 14:40:00  an ERROR\N{REPLACEMENT CHARACTER} here\n"


def test_from_an_alarm_to_its_records(capsys: pytest.CaptureFixture[str]) -> None:
    name = "lab/unauthorized-api-calls"
    (replay,) = detector.replay(name, "samples")
    episode = replay.episodes[1]
    assert main(["match", name, "samples", "--episode", "2", "-c"]) == 0
    assert capsys.readouterr().out == f"{episode.matches}\n"
    assert main(["match", name, "samples", "--episode", "2"]) == 0
    found = lines(capsys)
    assert {one["userIdentity"]["arn"] for one in found} == {
        who for who, _ in episode.fields["principals"].top
    }
    between = ["--between", min(one["eventTime"] for one in found), "2025-03-04T02:12Z"]
    assert main(["match", name, *between, "samples", "-c"]) == 0
    assert capsys.readouterr().out == f"{len(found)}\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--between", "2025-03-04", "2025-03-05", "--from", "2025-03-04"], "--between or --from and --to"),
        (["--between", "2025-03-05", "2025-03-04"], "expected --from to be earlier than --to"),
        (["--episode", "1", "--invert"], "--episode or --invert, not both"),
        (["--episode", "1"], "expected a detection with --episode"),
        (["--dedupe"], "expected --dedupe with --episode"),
        (["--window", "sliding"], "expected --window with --episode"),
        (["--raw", "--format", "csv"], "expected --raw with --format ndjson"),
        (["--fields", "a b"], "expected columns out of time, "),
        (["--format", "xml"], "unknown --format 'xml', expected ndjson, json, csv, table or markdown"),
    ],
)
def test_options_that_contradict_each_other(
    options: list[str], words: str, logs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["match", "{ $.errorCode = * }", logs, *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
