"""`detector check`: valid, or the error with its caret."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.__main__ import main
from detector.detections import shipped
from tests.cli_archives import detection

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("checked", "code", "out", "err"),
    [
        (["{ $.a = 1 }"], 0, "valid: { $.a = 1 }\n", ""),
        (["{$.a=1||$.b NOT EXISTS}"], 0, "valid: { $.a = 1 || $.b NOT EXISTS }\n", ""),
        (["ERROR disk"], 0, "valid: ERROR disk\n", ""),
        # A folder's name, mistyped, is a valid pattern too.
        (
            ["ERROR"],
            0,
            "valid: ERROR\n",
            "detector: ERROR: there is no such file or folder; it was checked as a text pattern\n",
        ),
        (["[ip, user]"], 0, "valid: [ip, user]\n", ""),
        (
            ["cis/cloudwatch-2", "--ignore", "D"],
            0,
            "valid: cis/cloudwatch-2: Unauthorized API calls, also cis-1.3.0, cis-4.0.0\n",
            "",
        ),
        (
            ["cis/cloudwatch-2@cis-4.0.0", "--ignore", "D"],
            0,
            "valid: cis/cloudwatch-2@cis-4.0.0: Unauthorized API calls\n",
            "",
        ),
        (
            ["{ $.a == 1 }"],
            1,
            "",
            "detector: expected a value, found a second =\n  { $.a == 1 }\n         ^\n  write = instead of ==\n",
        ),
        (
            ["cis/cloudwatch-99"],
            2,
            "",
            "detector: cis/cloudwatch-99: expected a detection file or the name of a shipped detection; did you mean cis/cloudwatch-9?\n",
        ),
    ],
)
def test_one(checked: list[str], code: int, out: str, err: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *checked]) == code
    assert capsys.readouterr() == (out, err)


def test_all_are_checked_and_the_worst_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "{ $.a = }", "{ $.a = 1 }", "{ $.b = }"]) == 1
    out, err = capsys.readouterr()
    assert out == "valid: { $.a = 1 }\n"
    assert err.count("detector: ") == 2
    assert main(["check", "{ $.a = }", "nowhere.toml"]) == 2


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("period = 300", "perriod = 300", "alarm.perriod: unknown key; did you mean period?"),
        ("threshold = 5", "threshold = 'x'", "alarm.threshold: expected a number, found a string"),
        ("[alarm]", "[alram]", "alram"),
        ("value", "value", ""),
    ],
)
def test_a_detection_file(
    before: str, after: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(detection(tmp_path / "one.toml"))
    path.write_text(path.read_text("utf-8").replace(before, after), encoding="utf-8")
    assert main(["check", str(path)]) == (1 if words else 0)
    out, err = capsys.readouterr()
    assert words in err
    assert bool(out) is not bool(words)


def test_a_variant_is_checked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(detection(tmp_path / "one.toml"))
    text = path.read_text("utf-8") + "[[variant]]\nname = 'old'\npattern = '{ $.a = '\n"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path)]) == 1
    assert "variant.pattern" in capsys.readouterr().err


def test_everything_shipped_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *shipped(), "--severity", "none"]) == 0
    assert capsys.readouterr().err == ""


def test_the_list_names_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list"]) == 0
    listed = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == shipped() != []


def test_nothing_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2
    assert capsys.readouterr().err == "detector: expected a PATTERN or a FILE to check, --list or --rule\n"


def test_a_text_that_is_too_long_for_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x" * 5000]) == 1
    assert capsys.readouterr().err.startswith("detector: expected at most 1024 characters")


def test_control_characters_in_a_pattern_stay_out_of_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "{ $.a = \x1b[31m }", '{ $.a = "\x1b[31m" }']) == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
