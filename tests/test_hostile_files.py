"""Detections and rule tests that somebody made to break the program: a sentence each, and the code of the verb's table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from detector.__main__ import main
from tests.cli_archives import archive, detection, record, write

NINES = "9" * 400
MEASURE = """\
import os, subprocess, sys
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, code, used = os.wait4(run.pid, 0)
print(code, used.ru_utime, used.ru_maxrss)
"""
UNREADABLE = {
    "lists": (
        "[" * 5000 + "]" * 5000,
        "expected TOML with at most 100 tables and lists inside of each other",
    ),
    "tables": (
        "{a=" * 150 + "1" + "}" * 150,
        "expected TOML with at most 100 tables and lists inside of each other",
    ),
    "digits": ("9" * 5000, "expected TOML with numbers of at most 4,000 digits"),
    "hexadecimal": ("0x" + "f" * 5000, "expected TOML with numbers of at most 4,000 digits"),
    "in a list": (f"[[1, 0x{'f' * 5000}]]", "expected TOML with numbers of at most 4,000 digits"),
    "no value": ("", "expected TOML: "),
}
VERBS = (
    ("check",),
    ("replay", "logs", "-d"),
    ("backtest", "logs", "-d"),
    ("match",),
    ("compare", "cis/cloudwatch-2"),
    ("explain",),
    ("test",),
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive(tmp_path / "logs")


@pytest.mark.parametrize(("value", "sentence"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_what_is_no_toml_is_code_2_in_every_verb(
    verb: tuple[str, ...], value: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "x.test.toml" if verb[0] == "test" else "x.toml"
    Path(name).write_text(f"[backtest]\nincident = {value}\n", "utf-8")
    argv = (*verb, name, "logs") if verb[0] == "match" else (*verb, name)
    assert main(argv) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"detector: {name}: {sentence}")
    assert err.count("\n") == 1


def test_deep_dotted_keys_are_no_recursion(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.test.toml").write_text(f"[[case]]\nevent.{'a.' * 5000}b = 1\n", "utf-8")
    assert main(["test", "x.test.toml"]) == 2
    assert "at most 100 tables" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("threshold", NINES, "found a whole number of 400 digits"),
        ("threshold", f"[1, -{NINES}]", "expected numbers such as 1,3,10..50:5"),
        ("threshold", "nan", "expected numbers such as 1,3,10..50:5"),
        ("threshold", '"1..1e999999999"', "expected numbers such as 1,3,10..50:5"),
        ("threshold", '"1..2:1e-9999999999"', "expected at most 10,000 values"),
        ("period", '"1e999"', "expected numbers such as 1,3,10..50:5"),
        ("period", "inf", "expected numbers such as 1,3,10..50:5"),
        ("max_pages_per_week", NINES, "expected a number, found a whole number of 400 digits"),
    ],
)
def test_a_grid_of_impossible_numbers_is_a_sentence(
    key: str, value: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(detection(Path("x.toml")))
    path.write_text(path.read_text("utf-8") + f"[backtest]\n{key} = {value}\n", "utf-8")
    assert main(["backtest", "logs", "-d", "x.toml"]) == 2
    err = capsys.readouterr().err
    assert reason in err
    assert f"backtest.{key}: " in err
    assert len(err) < 300


def test_an_invalid_value_is_what_the_table_of_the_verb_says(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(detection(Path("x.toml")))
    path.write_text(path.read_text("utf-8").replace("threshold = ", f"threshold = {NINES} # "), "utf-8")
    assert main(["check", "x.toml"]) == 1
    assert "alarm.threshold: expected a number, found a whole number of 400 digits" in capsys.readouterr().err
    assert main(["replay", "logs", "-d", "x.toml"]) == 2


@pytest.mark.parametrize("ending", [".toml", ".json", ".csv"])
@pytest.mark.parametrize("start", ["[" * 5000, "9" * 5000, "1" + "0" * 400, "-1", '"\\u0000"'])
def test_incidents_that_cannot_be(ending: str, start: str, capsys: pytest.CaptureFixture[str]) -> None:
    detection(Path("x.toml"))
    contents = {
        ".toml": f'[[incident]]\nname = "a"\nstart = {start}\nend = 2024-01-01',
        ".json": f'[{{"name": "a", "start": {start}, "end": "2024-01-01"}}]',
        ".csv": f"name,start,end\na,{start},2024-01-01",
    }
    Path(f"i{ending}").write_text(contents[ending], "utf-8")
    assert main(["backtest", "logs", "-d", "x.toml", "--incidents", f"i{ending}"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"detector: i{ending}: ")
    assert len(err) < 300


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the memory of a process is not told here")
@pytest.mark.parametrize("period", [10, 60, 300])
@pytest.mark.parametrize("verb", ["replay", "backtest"])
def test_a_span_of_a_century_is_cheap(tmp_path: Path, verb: str, period: int) -> None:
    path = Path(detection(Path("x.toml")))
    path.write_text(path.read_text("utf-8").replace("period = 300", f"period = {period}"), "utf-8")
    times = ("1970-01-01T00:00:05Z", "2099-12-31T23:00:00Z")
    write(tmp_path / "span" / "a.json", [record(0, i, eventTime=time) for i, time in enumerate(times)])
    argv = (sys.executable, "-m", "detector", verb, "span", "-d", "x.toml", "--format", "json", "--jobs", "1")
    # From a small process, because a child begins with the memory of its parent.
    run = subprocess.run((sys.executable, "-c", MEASURE, *argv), stdout=subprocess.PIPE, check=True)
    code, seconds, memory = map(float, run.stdout.split())
    assert code == 0
    assert memory < 200 << (10 if sys.platform == "linux" else 20)
    assert seconds < 10
