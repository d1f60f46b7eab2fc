"""`detector init`: two files that pass as they are, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector import load_detection
from detector.__main__ import main
from detector.detections.schema import json_schema


@pytest.mark.parametrize("name", ["", "sign-ins", "rules/root_use.toml", "x" * 100])
def test_what_is_written_passes_as_it_is(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    assert main(["init", *([name] if name else [])]) == 0
    base = (name or "detection").removesuffix(".toml")
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == [f"wrote {base}.toml", f"wrote {base}.test.toml"]
    detection = load_detection(f"{base}.toml")
    assert detection.filters[0].name == detection.alarm.name == Path(base).name
    assert "MyDetection" not in Path(f"{base}.toml").read_text("utf-8")
    assert main(["check", f"{base}.toml", "--severity", "note"]) == 0
    assert main(["test", f"{base}.toml", "--coverage", "--minimum", "1+1"]) == 0
    assert "6 passed" in capsys.readouterr().out


@pytest.mark.parametrize("there", ["a.toml", "a.test.toml"])
def test_nothing_is_overwritten(
    there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(there).write_text("mine", "utf-8")
    assert main(["init", "a"]) == 2
    assert capsys.readouterr().err == f"detector: expected no file {there}: nothing is overwritten\n"
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {there: "mine"}


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["a b"], "expected a NAME of letters"),
        (["../"], "expected a NAME of letters"),
        (["'"], "expected a NAME of letters"),
        (["x" * 101], "expected a NAME of letters"),
        (["nowhere/a"], "nowhere/a.toml: No such file or directory"),
        (["a", "--schema"], "not both"),
    ],
)
def test_mistakes_are_one_line(
    argv: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", *argv]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
