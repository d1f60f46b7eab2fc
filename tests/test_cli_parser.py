"""The command line: options anywhere, and what is said about a line that cannot be meant."""

from __future__ import annotations

import argparse

import pytest

from detector.__main__ import main
from detector.cli import main as cli

P, Q = "{ $.a = 1 }", "{ $.a = 2 }"

# A line, and another that means the same.
SAME = [
    (["match", P, "--count", "logs"], ["match", "--count", P, "logs"]),
    (["match", "a", P, "--count"], ["match", "--count", "a", P]),
    (["match", P, "a", "--invert", "b", "--from", "2025-03-08", "c"], ["match", "--from", "2025-03-08", "--invert", P, *"abc"]),
    (["compare", P, Q, "--max-lost", "0", "logs"], ["compare", "--max-lost", "0", P, Q, "logs"]),
    (["compare", P, "--expect=wider", Q], ["compare", "--expect", "wider", P, Q]),
    (["replay", "a", "-d", "D", "b", "-dE", "-"], ["replay", "-d", "D", "--detection=E", "a", "b", "-"]),
    (["replay", "-d", "D", "--", "--odd", "-d"], ["replay", "-d", "D", "--", "--odd", "-d"]),
    (["explain", P, "--format", "json", "-"], ["explain", "--format", "json", P, "-"]),
    (["test", "a", "-k", "-x y", "b"], ["test", "-k-x y", "a", "b"]),
    (["match", "-5", "logs"], ["match", "--", "-5", "logs"]),
    (["match", "-ERROR now", "logs"], ["match", "--", "-ERROR now", "logs"]),
    (["match", "--count", "--", "-ERROR", "logs"], ["match", "--count", "--", "-ERROR", "logs"]),
    (["backtest", "-d", "D", "--threshold", "-1,2", "a"], ["backtest", "a", "-d", "D", "--threshold=-1,2"]),
]  # fmt: skip


def parsed(argv: list[str]) -> argparse.Namespace:
    return cli.parser().parse_args(argv)


@pytest.mark.parametrize(("argv", "same"), SAME)
def test_options_stand_anywhere(argv: list[str], same: list[str]) -> None:
    assert parsed(argv) == parsed(same)


def test_what_stands_after_two_dashes_is_no_option() -> None:
    assert parsed(["replay", "-d", "D", "--", "--odd", "-d"]).paths == ["--odd", "-d"]
    assert parsed(["match", "--", "-ERROR", "--count"]).paths == ["--count"]
    assert parsed(["test", "a", "-k", "-x y", "b"]).k == "-x y"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "expected VERB (try: detector --help)"),
        (["mtach"], "unknown verb 'mtach'; did you mean match? (try: detector --help)"),
        (["comp"], "unknown verb 'comp'; did you mean compare or completion? (try: detector --help)"),
        (["frobnicate"], "unknown verb 'frobnicate', expected replay, match, check"),
        (["--vresion"], "expected a VERB before --vresion: options follow the verb (try: detector --help)"),
        (["--format", "json", "match"], "expected a VERB before --format"),
        (["match", P, "--cuont"], "unknown option --cuont; did you mean --count? (try: detector match --help)"),
        (["match", P, "--max=1"], "unknown option --max; did you mean --max-file-size?"),
        (["compare", P, Q, "--max", "1"], "did you mean --max-file-size, --max-gained or --max-lost? (try: detector compare --help)"),
        (["match", "-Root", "."], "unknown option -Root; an argument that begins with - goes after --"),
        (["match", P, "-invert"], "unknown option -invert; did you mean --invert?"),
        (["match", P, "--zzz"], "unknown option --zzz (try: detector match --help)"),
        (["match", "-ERROR"], "unknown option -ERROR; an argument that begins with - goes after --"),
        (["replay", ".", "-d", "D", "--format", "jsno"], "unknown --format 'jsno'; did you mean json?"),
        (["replay", ".", "-d", "D", "--format", "xml"], "unknown --format 'xml', expected text, markdown, json, ndjson, csv or parquet (try: detector replay --help)"),
        (["replay", ".", "-d", "--dedupe"], "argument -d/--detection: expected one argument (try: detector replay --help)"),
        (["explain", P, "a", "b"], "unexpected argument 'b': expected one EVENT; with -d every argument is an event"),
        (["match"], "expected PATTERN"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_meant(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("detector: ")
    assert said in err
    assert err.count("\n") == 1
