"""``detector test``: what is printed, the exit codes, and the XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from detector.__main__ import main
from tests.cli_archives import DETECTION

TESTS = """
[[case]]
name = "a denied call"
matches = true
event.errorCode = "AccessDenied"
[[case]]
name = "wrong\\u001b[31m"
matches = {wrong}
event.errorCode = "accessdenied"
[[timeline]]
name = "five raise it"
matches = "5"
states = {{ "00:01" = "{state}" }}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = DETECTION.format(
        title="t", pattern="{ $.errorCode = AccessDenied }", threshold=5, missing="missing"
    )
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, wrong: str = "false", state: str = "ALARM") -> None:
    (folder / "x.test.toml").write_text(TESTS.format(wrong=wrong, state=state), encoding="utf-8")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("asked", ["x.toml", "x.test.toml", "."])
def test_all_pass(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", asked]) == 0
    assert capsys.readouterr() == ("3 passed, in 1 file\n", "")


def test_what_fails_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "true", "OK")
    assert main(["test", "x.toml"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(
        "FAILED x.test.toml:6  wrong\ufffd[31m\n"
        "  The event must match and does not.\n"
        '  $.errorCode = AccessDenied is false: "accessdenied". Upper and lower case differ: "AccessDenied" is\n'
        "  asked for.\n"
        "\n"
        '  ✗ $.errorCode = AccessDenied  "accessdenied"  ◄ decides\n'
        "\n"
        "FAILED x.test.toml:10  five raise it\n"
        "  At 00:01 the alarm must be in OK and is in ALARM.\n"
        "  Its transitions:\n"
        "    00:01  INSUFFICIENT_DATA → ALARM\n"
    )
    assert out.endswith("\n2 failed, 1 passed, in 1 file\n")


def test_the_default_is_all_shipped_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--minimum", "1+1"]) == 0
    assert capsys.readouterr().out.endswith(" passed, in 17 files\n")


@pytest.mark.usefixtures("folder")
def test_a_part_of_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "x.toml", "-k", "DENIED"]) == 0
    assert capsys.readouterr().out == "1 passed, in 1 file\n"
    assert main(["test", "x.toml", "-k", "nothing"]) == 2
    assert "found no test with 'nothing' in it" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_coverage_and_minimum(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "x.toml", "--coverage", "-k", "denied"]) == 0
    assert capsys.readouterr().out == (
        "Conditions that the cases made true, and false\n"
        "  x.toml    1 and 0 of 1\n"
        "      never false  $.errorCode = AccessDenied\n"
        "\n"
        "1 passed, in 1 file\n"
    )
    assert main(["test", "x.toml", "--minimum", "1+1"]) == 0
    assert main(["test", "x.toml", "--minimum", "2+1"]) == 1
    assert (
        "expected at least 2 cases that must match and 1 that must not, found 1 and 1"
        in capsys.readouterr().out
    )
    assert main(["test", "x.toml", "--minimum", "two"]) == 2
    assert (
        "expected two numbers of cases such as 1+1, a share of the mutants such as 90%, or 1+1,90%, found 'two'"
        in capsys.readouterr().err
    )


def test_a_variant_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "cis/cloudwatch-2@cis-4.0.0", "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "cloudwatch-2.toml@cis-4.0.0    4 and 4 of 4\n" in out
    assert "cis-1.3.0" not in out


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_used_does_not_keep_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.test.toml").write_text("[cases]", encoding="utf-8")
    assert (
        main(["test", "bad.test.toml", "x.toml", "cis/cloudwatch-222", "x.test.toml", "--junit", "j.xml"])
        == 2
    )
    out, err = capsys.readouterr()
    assert out == "3 passed, in 1 file\n"
    first, second = err.splitlines()
    assert first == "detector: bad.test.toml:1: cases: unknown key; did you mean case?"
    assert second.startswith(
        "detector: cis/cloudwatch-222: expected a detection file or the name of a shipped"
    )
    suites = ET.parse("j.xml").getroot()  # noqa: S314 - our own file
    assert [(suite.get("tests"), suite.get("errors")) for suite in suites] == [("3", "0"), ("2", "2")]


def test_without_tests_beside_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "x.test.toml").unlink()
    assert main(["test", "x.toml"]) == 2
    assert (
        capsys.readouterr().err == "detector: x.toml: expected tests beside the detection, in x.test.toml\n"
    )
    assert main(["test", "."]) == 2
    assert "expected test files (*.test.toml) in the folder" in capsys.readouterr().err


def test_junit(folder: Path) -> None:
    write(folder, "true", "OK")
    assert main(["test", "x.toml", "--junit", "j.xml"]) == 1
    root = ET.parse(folder / "j.xml").getroot()  # noqa: S314 - our own file
    assert root.attrib == {"name": "detector test", "tests": "3", "failures": "2", "errors": "0"}
    [suite] = root
    assert [case.get("name") for case in suite] == ["a denied call", "wrong\ufffd[31m", "five raise it"]
    assert [failure.get("message") for failure in suite.iter("failure")] == [
        "The event must match and does not.",
        "At 00:01 the alarm must be in OK and is in ALARM.",
    ]


def test_too_few_cases_are_a_failure_in_the_xml(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "x.toml", "--minimum", "2+1", "--junit", "j.xml"]) == 1
    said = "expected at least 2 cases that must match and 1 that must not, found 1 and 1"
    assert f"FAILED x.toml: {said}\n\n3 passed, in 1 file\n" in capsys.readouterr().out
    root = ET.parse(folder / "j.xml").getroot()  # noqa: S314 - our own file
    assert root.attrib == {"name": "detector test", "tests": "4", "failures": "1", "errors": "0"}
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("x.test.toml", "3", "0"),
        ("minimum", "1", "1"),
    ]
    assert [(case.get("name"), case[0].get("message")) for case in root[1]] == [("x.toml", said)]
