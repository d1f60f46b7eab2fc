"""The matched records of a replay as a file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest

import detector
from detector.__main__ import main
from detector.jobs.matched import COLUMNS, replayed
from tests.cli_archives import record, write

NAME = "lab/unauthorized-api-calls"


@pytest.mark.parametrize("ending", ["csv", "ndjson", "jsonl", "parquet", "CSV"])
def test_every_format_has_all_matches(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"matches.{ending}"
    assert main(["replay", "samples", "-d", NAME, "-d", "cis/cloudwatch-3", "--matches", str(path)]) == 0
    assert "ALARM" in capsys.readouterr().out
    frame = replayed(detector.replay([NAME, "cis/cloudwatch-3"], "samples"))
    assert frame["detection"].n_unique() == 2
    if ending == "parquet":
        assert pl.read_parquet(path).equals(frame)
        return
    written = path.read_text(encoding="utf-8")
    if ending.lower() == "csv":
        rows = list(csv.DictReader(io.StringIO(written)))
        resources = [" ".join(value) for value in frame["resources"].to_list()]
    else:
        rows = [json.loads(line) for line in written.splitlines()]
        resources = frame["resources"].to_list()
    assert tuple(rows[0]) == COLUMNS
    assert [row["resources"] for row in rows] == resources
    assert [int(row["position"]) for row in rows] == frame["position"].to_list()
    assert [row["time"] for row in rows] == frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list()
    for name in ("principal", "event", "error", "address", "region", "path", "event_id"):
        assert [row[name] for row in rows] == frame[name].to_list()


def test_what_an_attacker_wrote_is_harmless(tmp_path: Path) -> None:
    evil = {
        "errorCode": "AccessDenied\u202e",
        "userAgent": "=cmd|' /C calc'!A0",
        "sourceIPAddress": "@SUM(1)\n2",
    }
    write(tmp_path / "logs" / "a.json", [record(1), record(2) | evil])
    for ending in ("csv", "ndjson"):
        path = tmp_path / f"out.{ending}"
        assert main(["replay", str(tmp_path / "logs"), "-d", NAME, "--matches", str(path)]) == 0
        assert all(line.isprintable() for line in path.read_text(encoding="utf-8").splitlines())
    head, *rows = csv.reader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8")))
    (row,) = [row for row in rows if "cmd" in row[head.index("agent")]]
    assert not [cell for cell in row if cell.startswith(("=", "@"))]
    assert row[head.index("agent")] == f"'{evil['userAgent']}"


def test_the_name_says_the_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "matches.xlsx"
    assert main(["replay", "samples", "-d", NAME, "--matches", str(path)]) == 2
    assert capsys.readouterr().err.endswith("xlsx: expected a file named .ndjson, .csv or .parquet\n")
    assert not path.exists()


def test_no_match_is_a_file_with_a_header(tmp_path: Path) -> None:
    path = tmp_path / "matches.csv"
    asked = ["replay", "samples", "-d", "cis/cloudwatch-3", "--to", "2025-03-08"]
    assert main([*asked, "--matches", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == ",".join(COLUMNS) + "\n"
