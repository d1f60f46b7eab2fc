"""`detector match` behaves like grep."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

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
        ([], "required: PATTERN"),
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
    assert main(["match", "{ $.errorCode = * }", str(path), "--quiet"]) == 0
    printed = terminal.getvalue()
    assert printed.rstrip("\n").isprintable()
    assert json.loads(printed) == {"errorCode": nasty}


def test_json_printable_keeps_what_is_printable() -> None:
    assert json_printable('{"a":"é \\u202e"}') == '{"a":"é \\u202e"}'
