"""No evidence is no success: in every verb, and whatever an archive has instead of the records that are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.__main__ import main
from detector.archive import Plan, Problem, Selection, walk
from detector.archive.extent import extent
from tests.cli_archives import burst, detection, record, write

PATTERN = '{ $.errorCode = "AccessDenied" }'
OTHER = '{ $.errorCode = "AccessDenied*" }'
VERBS: dict[str, Callable[[str, list[str]], list[str]]] = {
    "replay": lambda d, paths: ["replay", *paths, "-d", d, "--clock", "event"],
    "backtest": lambda d, paths: [
        "backtest",
        *paths,
        "-d",
        d,
        "--max-pages-per-week",
        "9",
        "--clock",
        "event",
    ],
    "match": lambda _, paths: ["match", PATTERN, *paths],
    "compare": lambda _, paths: ["compare", PATTERN, OTHER, *paths, "--max-lost", "0", "--expect", "wider"],
    "check": lambda d, paths: ["check", d, "--archive", *paths],
    "explain": lambda _, paths: ["explain", PATTERN, *paths],
    "coverage": lambda d, paths: ["coverage", *paths, "-d", d],
    "test": lambda d, paths: ["test", "-d", d, *(word for path in paths for word in ("--propose", path))],
}
TRAIL = "AWSLogs/111122223333/CloudTrail{}/eu-west-1/2023/07/10"
NAME = "111122223333_CloudTrail{}_eu-west-1_20230710T1215Z_0123456789abcdef.json.gz"

# What is in the folder, the options, and what the sentence says.
ARCHIVES: list[tuple[str, list[str], list[str]]] = [
    ("nothing", [], ["no log file in ", "found nothing", "aws s3 sync s3://BUCKET/AWSLogs logs"]),
    ("digests", [], ["no log file in ", "2 files of digests", "beside CloudTrail-Digest"]),
    ("others", [], ["1 file not named like logs", "named itself is read whatever its name"]),
    ("without records", [], ["no record in ", "found 1 file without records", "name more of the archive"]),
    (
        "logs",
        ["--account", "444455556666"],
        ["that is asked for in ", "1 file of other accounts", "with --account"],
    ),
    ("logs", ["--region", "us-east-2"], ["no record that is asked for in ", "3 records outside --region"]),
    (
        "logs",
        ["--from", "2023-07-10T13:00", "--region", "eu-west-1"],
        ["3 records outside --region/--from", "records from 2023-07-10 12:10 to 2023-07-10 12:10 UTC"],
    ),
    (
        "logs",
        ["--to", "2020-01-01"],
        ["no log file that is asked for", "1 file of other days", "records from 2023-07-10 12:10"],
    ),
    ("logs", ["--from=-7d"], ["1 file of other days", "ask for other records with --from"]),
]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("archives")
    (top / "nothing").mkdir()
    for stamp in ("1215", "1315"):
        name = NAME.format("-Digest").replace("1215", stamp)
        write(top / "digests" / TRAIL.format("-Digest") / name, [{}])
    (top / "others").mkdir()
    (top / "others" / "notes.txt").write_text("{}", encoding="utf-8")
    write(top / "without records" / "a.json", [])
    write(top / "logs" / TRAIL.format("") / NAME.format(""), burst(10, 3))
    detection(top / "d.toml")
    return top


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("folder", "options", "said"), ARCHIVES)
def test_no_record_is_no_success(
    verb: str,
    folder: str,
    options: list[str],
    said: list[str],
    archives: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = [*VERBS[verb](str(archives / "d.toml"), [str(archives / folder)]), *options]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    for part in said:
        assert part in err
    assert err.count("\n") == 1
    assert verb not in {"replay", "backtest", "compare"} or "NO EVIDENCE." in out
    assert main([*argv, "--allow-empty", "--quiet"]) == (1 if verb == "match" else 0)
    assert capsys.readouterr().err == ""


def test_an_episode_and_a_summary_of_no_record(archives: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digests, d = str(archives / "digests"), str(archives / "d.toml")
    assert main(["match", d, digests, "--episode", "1"]) == 2
    assert "2 files of digests" in capsys.readouterr().err
    assert main(["replay", digests, "-d", "cis"]) == 2
    assert "in ALARM\nNO EVIDENCE.\nThere was no log file in " in capsys.readouterr().out


@pytest.mark.parametrize("verb", VERBS)
def test_a_record_is_evidence(verb: str, archives: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = VERBS[verb](str(archives / "d.toml"), [str(archives / "logs")])
    for options in ([], ["--account", "111122223333", "--region", "eu-west-1", "--last", "1h"]):
        assert main([*argv, *options]) == 0
        assert "NO EVIDENCE" not in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["replay", "compare", "check", "backtest"])
def test_json_says_why(verb: str, archives: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = VERBS[verb](str(archives / "d.toml"), [str(archives / "digests")])
    assert main([*argv, "--format", "json"]) == 2
    told: Any = json.loads(capsys.readouterr().out)
    told = told[0] if isinstance(told, list) else told["archive"]
    assert told["empty"].startswith("no log file in ")


def test_what_is_broken_is_named_instead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    assert main(["match", PATTERN, str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["match", PATTERN, str(tmp_path), "--allow-empty"]) == 2  # it is broken all the same


def test_a_pattern_that_matches_nothing_is_a_finding(
    archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["check", '{ $.errorCode = "NoSuchKey" }', "--archive", str(archives / "logs")]
    assert main(argv) == 0
    assert "D702 warning: the pattern matches none of the archive's 3 records." in capsys.readouterr().out
    assert main([*argv, "--severity", "warning"]) == 1
    never = '{ $.errorCode = "a" && $.errorCode = "b" }'
    assert main(["check", never, "--archive", str(archives / "logs")]) == 1
    assert "D702" not in capsys.readouterr().out.partition("D101")[2]


def test_the_last_days_of_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = [record(0, number, eventTime=f"2023-07-{10 + number}T12:00:00Z") for number in range(10)]
    write(tmp_path / "a.json", days)
    for options, count in (
        (["--last", "3d"], 4),
        (["--last", "1w"], 8),
        (["--last", "3d", "--delay", "5m"], 4),
        (["--last", "90d", "--region", "eu-west-1"], 10),
    ):
        assert main(["match", PATTERN, str(tmp_path), "--count", *options]) == 0
        assert capsys.readouterr().out == f"{count}\n"
    assert main(["match", PATTERN, str(tmp_path), "--last", "3d", "--from", "2023-07-10"]) == 2
    assert "expected --last or --from and --to, not both" in capsys.readouterr().err


def test_before_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "a.json", [record(0), record(120, 1)])
    monkeypatch.setattr("detector.cli.values.time", lambda: 1_689_084_000.9)  # 2023-07-11T14:00:00Z
    for options, count in ((["--from=-1d"], 1), (["--from", "-26h"], 2), (["--to", "-25h"], 1)):
        assert main(["match", PATTERN, str(tmp_path), "--count", *options]) == 0
        assert capsys.readouterr().out == f"{count}\n"


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6 * 24 * 60),
            st.booleans(),
            st.lists(st.integers(0, 47 * 60), max_size=3),
        ),
        max_size=6,
    ),
    st.sampled_from([0, 90, 7200]),
)
def test_an_extent_is_that_of_all_records(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[int, bool, list[int]]], delay: int
) -> None:
    """Files that were delivered on some day have records of that day and the day before, up to the delivery."""
    top = tmp_path_factory.mktemp("extent")
    for number, (minute, is_stamped, ages) in enumerate(files):
        day, hour = 10 + minute // 1440, minute // 60 % 24
        stamp = f"202307{day}T{hour:02}{minute % 60:02}Z"
        name = (
            f"111122223333_CloudTrail_eu-west-1_{stamp}_{number:016}.json" if is_stamped else f"{number}.json"
        )
        earliest = (minute // 1440 - 1) * 1440
        write(
            top / name,
            [record(max(minute - age, earliest) - 720) for age in ages]
            if is_stamped
            else [record(minute - age - 720) for age in ages],
        )
    plan = Plan(paths=(str(top),), delay=delay, selection=Selection(start=0, end=1))
    times = [
        event.time
        for event in walk(Plan(paths=plan.paths, delay=delay))
        if not isinstance(event, Problem) and event.time is not None
    ]
    assert extent(plan) == ((min(times), max(times)) if times else None)
