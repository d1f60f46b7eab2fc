"""Mistakes that people make: each is tried on every verb that it concerns, and each answer says what to do.

A row: the command line, where ``P`` stands for a pattern, ``D`` for a detection file and ``L`` for the logs, the exit code,
and what stands on stderr. Nothing is ever a traceback.
"""

from __future__ import annotations

import gzip
import io
import shlex
import sys
from pathlib import Path

import pytest

from detector.__main__ import main
from tests.cli_archives import archive, detection

BRACES = "a JSON pattern stands in braces: write { $.field = value }"
NAME = "did you mean cis/cloudwatch-2?"
BUCKET = "s3://: expected a bucket: s3://BUCKET/PREFIX"
TRAILING = "write $.errorCode"

# What people do, and for each verb the command line, the exit code and what is said.
MISTAKES: dict[str, list[tuple[str, int, str]]] = {
    "a path with a typo": [
        ("replay lgos -d D", 2, "lgos: no such file or folder; did you mean logs?"),
        ("backtest lgos -d D", 2, "did you mean logs?"),
        ("match P lgos", 2, "did you mean logs?"),
        ("compare P P lgos", 2, "did you mean logs?"),
        ("check P --archive lgos", 2, "did you mean logs?"),
        ("explain P lgos", 2, "did you mean logs?"),
    ],
    "a bucket without a name": [
        ("replay s3:// -d D", 2, BUCKET),
        ("backtest s3:// -d D", 2, BUCKET),
        ("match P s3://", 2, BUCKET),
        ("compare P P s3://", 2, BUCKET),
        ("check P --archive s3://", 2, BUCKET),
        ("explain P s3://", 2, BUCKET),
    ],
    "a path in quotes": [("match P '~/logs'", 2, "a shell replaces ~ only where it stands without quotes")],
    "a name with a typo": [
        ("replay L -d cis/cloudwach-2", 2, NAME),
        ("backtest L -d cis/cloudwach-2", 2, NAME),
        ("match cis/cloudwach-2 L", 2, NAME),
        ("compare cis/cloudwach-2 P", 2, NAME),
        ("check cis/cloudwach-2", 2, NAME),
        ("explain cis/cloudwach-2", 2, NAME),
        ("test cis/cloudwach-2", 2, NAME),
    ],
    "a pattern without braces": [
        ("match '$.errorCode = A' L", 2, BRACES),
        ("compare '$.errorCode = A' P", 2, BRACES),
        ("check '$.errorCode = A'", 1, BRACES),
        ("explain '$.errorCode = A'", 2, BRACES),
    ],
    "a $ that the shell has taken": [
        ("match '{ .errorCode = A }' L", 2, TRAILING),
        ("compare '{ .errorCode = A }' P", 2, TRAILING),
        ("check '{ .errorCode = A }'", 1, TRAILING),
        ("explain '{ .errorCode = A }'", 2, TRAILING),
    ],
    "another language's operators": [
        ("check '{ $.a == \"b\" }'", 1, "write = instead of =="),
        ("check '{ $.a = \"b\" AND $.c = 1 }'", 1, "write && instead of AND"),
        ("check \"{ $.a = 'b' }\"", 1, 'write "b"'),
    ],
    "a key with a typo": [
        ("replay L -d typo.toml", 2, "typo.toml:15: alarm.treshold: unknown key; did you mean threshold?"),
        ("backtest L -d typo.toml", 2, "did you mean threshold?"),
        ("match typo.toml L", 2, "did you mean threshold?"),
        ("compare typo.toml D", 2, "did you mean threshold?"),
        ("check typo.toml", 1, "did you mean threshold?"),
        ("explain typo.toml", 2, "did you mean threshold?"),
    ],
    "the verb further right": [
        ("L replay -d D", 2, "expected the verb first, found 'logs': write detector replay …"),
        ("-d D replay L", 2, "expected a VERB before -d: options follow the verb"),
        ("help replay", 2, "write detector replay --help"),
        ("", 2, "expected VERB (try: detector --help)"),
    ],
    "a verb with a typo": [("replya L -d D", 2, "unknown verb 'replya'; did you mean replay?")],
    "an option with a typo": [
        ("replay L --form 2023-01-01 -d D", 2, "unknown option --form; did you mean --format or --from?"),
        ("match P L --acount 111122223333", 2, "did you mean --account or --count?"),
    ],
    "paths before the pattern": [
        (
            "match L P",
            2,
            "logs: expected detection files (*.toml) there, found none; paths come behind a pattern",
        ),
        ("explain L P", 2, "paths come behind a pattern"),
    ],
    "a detection without -d": [
        ("replay L D", 2, "expected --detection FILE-OR-NAME: write -d d.toml"),
        ("replay L cis/cloudwatch-2", 2, "write -d cis/cloudwatch-2"),
        ("backtest L D", 2, "write -d d.toml"),
        ("replay L", 2, "such as -d cis/cloudwatch-1 (detector check --list)"),
    ],
    "a pattern in a file": [
        ("match pattern.txt L", 2, 'a pattern in a file is given as "$(cat pattern.txt)"'),
        ("check pattern.txt", 2, 'a pattern in a file is given as "$(cat pattern.txt)"'),
        ("explain pattern.txt", 2, '"$(cat pattern.txt)"'),
    ],
    "tests for a detection": [
        ("replay L -d d.test.toml", 2, "found tests: name d.toml, or write detector test d.test.toml"),
        ("match d.test.toml L", 2, "name d.toml"),
    ],
    "a file that was cut off": [
        ("replay cut.json.gz -d D --format json", 2, "cut.json.gz: the gzip data is cut off"),
        ("match P cut.json.gz", 2, "the gzip data is cut off"),
        ("compare P P cut.json.gz", 2, "the gzip data is cut off"),
        ("check P --archive cut.json.gz", 2, "the gzip data is cut off"),
        ("explain P cut.json.gz", 2, "the gzip data is cut off"),
        ("backtest cut.json.gz -d D --format json", 2, "the gzip data is cut off"),
    ],
    "an empty file": [
        (
            "match P empty.json",
            2,
            "no record in empty.json, so nothing is proved: found 1 file without records",
        ),
        ("explain P empty.json", 2, "found 1 file without records"),
    ],
    "a time before the archive": [
        (
            "match P L --to 2020-01-01",
            2,
            "records from 2023-07-10 12:03 to 2023-07-10 12:45 UTC; ask for other records with --to",
        ),
    ],
    "a time that is written otherwise": [
        ("match P L --from 10/07/2023", 2, "expected a date or a time such as 2023-07-10"),
        ("replay L -d D --last week", 2, "expected a time span such as 30d or 12h, found 'week'"),
        ("match P L --from 2023-07-10 --to 2023-07-09", 2, "expected --from to be earlier than --to"),
    ],
    "an account with dashes": [
        ("match P L --account 1111-2222-3333", 2, "expected an account id of 12 digits"),
    ],
    "a region with a typo": [("match P L --region eu-west1", 2, "10 records outside --region")],
    "a range with a dash": [
        ("backtest L -d D --threshold 1-10", 2, "expected numbers such as 1,3,10..50:5, found '1-10'"),
    ],
    "one side of two": [("compare P", 2, "expected NEW (try: detector compare --help)")],
    "a shell that is not known": [("completion tcsh", 2, "expected bash, zsh or fish")],
    "a folder that is not there": [
        ("match P L -o missing/report", 2, "missing/report: No such file or directory")
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("mistakes")
    archive(top / "logs")
    right = Path(detection(top / "d.toml")).read_text("utf-8")
    (top / "typo.toml").write_text(right.replace("threshold =", "treshold =", 1), encoding="utf-8")
    (top / "d.test.toml").write_text("[[case]]\n", encoding="utf-8")
    (top / "pattern.txt").write_text("{ $.errorCode = A }\n", encoding="utf-8")
    (top / "cut.json.gz").write_bytes(gzip.compress(b'{"Records":[{"a":1}]}')[:-9])
    (top / "empty.json").touch()
    return top


@pytest.mark.parametrize(
    ("line", "code", "said"), [pytest.param(*row, id=row[0]) for rows in MISTAKES.values() for row in rows]
)
def test_the_answer_says_what_to_do(
    line: str,
    code: int,
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    words = {"P": '{ $.errorCode = "AccessDenied" }', "D": "d.toml", "L": "logs"}
    assert main([words.get(word, word) for word in shlex.split(line)]) == code
    err = capsys.readouterr().err
    assert said in err
    assert err.startswith("detector: ")
    assert "Traceback" not in err


def test_there_are_enough() -> None:
    assert len(MISTAKES) >= 20


def test_a_module_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert (
        capsys.readouterr().err
        == "detector: shtab is not installed: pip install cloudtrail-detector brings it\n"
    )
