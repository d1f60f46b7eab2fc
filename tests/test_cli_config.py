"""The configuration: found upward, its values stand where nothing is typed, and what cannot be in it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.__main__ import main
from tests.cli_archives import archive, burst, detection, write

PATTERN = '{ $.errorCode = "AccessDenied" }'
OWN = 'archive = "logs"\ndetections = ["d.toml", "cis/cloudwatch-1"]\nregion = ["eu-west-1"]\nseverity = "warning"\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a configuration, and a folder in it to be in."""
    archive(tmp_path / "logs")
    detection(tmp_path / "d.toml")
    (tmp_path / "pyproject.toml").write_text(f"[tool.other]\nx = 1\n[tool.detector]\n{OWN}", encoding="utf-8")
    (tmp_path / "below" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "below" / "deep")
    return tmp_path


def test_it_is_found_upward_and_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--format", "json", "-v"]) == 0
    out, err = capsys.readouterr()
    assert [one["detection"] for one in json.loads(out)] == ["../../d.toml", "cis/cloudwatch-1"]
    assert f"detector: {project / 'pyproject.toml'}: archive, detections, region\n" in err
    assert "detector: reading ../../logs: 2 files, " in err


def test_what_is_typed_goes_before_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project / "other" / "a.json", burst(0, 3, awsRegion="us-east-1"))
    typed = ["../../other", "-d", "cis/cloudwatch-2", "--region", "us-east-1"]
    assert main(["replay", *typed, "--format", "json", "-v"]) == 0
    out, err = capsys.readouterr()
    assert [(one["detection"], one["records"]) for one in json.loads(out)] == [("cis/cloudwatch-2", 3)]
    assert f"{project / 'pyproject.toml'}: nothing in it is used" in err
    assert main(["check", "{ $.x.y != a && $.eventName = b }", "--severity", "none"]) == 0


@pytest.mark.usefixtures("project")
def test_every_verb_takes_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", PATTERN, "--count"]) == 0
    assert main(["backtest", "--format", "csv"]) == 0
    assert main(["check"]) == 1  # the severity of the configuration
    assert main(["check", "--severity", "error"]) == 0
    assert main(["explain", PATTERN]) == 0
    assert main(["compare", PATTERN, PATTERN]) == 0
    out = capsys.readouterr().out
    assert "On this archive" not in out  # an archive that is not needed is not read


def test_without_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--no-config"]) == 2
    assert "expected --detection" in capsys.readouterr().err
    (project / "pyproject.toml").write_text("[tool.detector]\nx = [", encoding="utf-8")
    assert main(["replay", "--help"]) == 0  # help is there whatever is in a file
    assert main(["check", PATTERN, "--no-config"]) == 0
    (project / "pyproject.toml").write_text("[tool.other]\nx = [", encoding="utf-8")
    assert main(["check", PATTERN]) == 0  # it is not ours


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('archiv = "x"', "detector.toml:1: archiv: unknown key; did you mean archive?"),
        ('\nseverity = "bad"', "detector.toml:2: severity: expected one of note, warning, error, none"),
        ('account = "1234"', "account: expected an account id of 12 digits"),
        ('clock = ["event"]', "clock: expected a single value"),
        ("archive = 5", "archive: expected a string or a list of strings"),
        ("region = true", "region: expected a string or a list of strings, found true or false (True)"),
        ("jobs = 999", "jobs: expected a number of processes from 1 to 256"),
        ("archive = ", "detector.toml: expected TOML: "),
    ],
)
def test_what_cannot_be_in_it(
    text: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "below" / "detector.toml").write_text(text, encoding="utf-8")
    assert main(["replay"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.startswith(f"detector: {project / 'below' / 'detector.toml'}")


def test_a_metric_needs_no_archive(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "m.csv").write_text("minute,value\n2023-07-10T12:00:00Z,7\n", encoding="utf-8")
    assert main(["backtest", "--metric", "../../m.csv", "-d", "../../d.toml", "--format", "csv"]) == 0
    assert capsys.readouterr().out.count("\n") > 1
