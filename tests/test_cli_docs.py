"""docs/cli.md holds the help word for word, the examples run, and docs/json-output.md names every key.

After a change of an option: ``python -m tests.test_cli_docs`` writes the help into the page.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from detector.__main__ import main
from detector.cli import main as cli

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cli.md"
BLOCK = re.compile(r"(?m)^## detector ?(\w*)\n\n```text\n(.*?)^```$", re.DOTALL)


def help_of(verb: str) -> str:
    """What ``--help`` prints."""
    top = cli.parser()
    choices = next(action.choices for action in top._actions if action.dest == "verb")
    assert isinstance(choices, dict)
    assert list(choices) == list(cli.VERBS)
    return str((choices[verb] if verb else top).format_help())


def test_the_page_holds_the_help() -> None:
    blocks = dict(BLOCK.findall(PAGE.read_text("utf-8")))
    assert list(blocks) == ["", *cli.VERBS]
    assert {verb: help_of(verb) for verb in blocks} == blocks


@pytest.mark.parametrize("verb", ["", *cli.VERBS])
def test_help_is_what_is_printed(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*verb.split(), "--help"]) == 0
    assert capsys.readouterr().out == help_of(verb)


def examples() -> list[str]:
    command = re.compile(rf"  (?:\w.*[ (])?detector ({'|'.join(cli.VERBS)})\b")
    return [
        line.strip()
        for verb in ("", *cli.VERBS)
        for line in help_of(verb).splitlines()
        if command.match(line)
    ]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an account says of an alarm that did what the replay of the samples says."""
    file = tmp_path_factory.mktemp("account") / "history.json"
    place = ("--alarm-account", "111122223333", "--alarm-region", "eu-west-1")
    main(["replay", str(ROOT / "samples"), "-d", "cis/cloudwatch-1", "--emit", f"history={file}", *place])
    return file


@pytest.mark.skipif(not (ROOT / "samples").exists(), reason="samples/ are not beside the package")
@pytest.mark.parametrize(
    "example", [one for one in examples() if " verify " not in one]
)  # they want AWS, or its keys
def test_an_example_of_the_help_runs(
    example: str,
    tmp_path: Path,
    history: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """In a folder with nothing but what the help speaks of: logs, incidents.toml and history.json."""
    (tmp_path / "logs").symlink_to(ROOT / "samples" / "AWSLogs")
    (tmp_path / "incidents.toml").symlink_to(ROOT / "samples" / "incidents.toml")
    (tmp_path / "history.json").symlink_to(history)
    monkeypatch.chdir(tmp_path)
    assert _run(example, tmp_path) == 0
    printed, said = capfd.readouterr()
    assert said == ""
    written = [path for path in tmp_path.iterdir() if path.is_file() and not path.is_symlink()]
    assert printed or written
    assert all(path.read_bytes() for path in written)


def _run(example: str, folder: Path) -> int:
    """Here, unless a shell has something to do: a process of its own costs more than most examples."""
    words = shlex.split(example, comments=True)
    if not re.search(r"[|&>*$]", re.sub(r"'[^']*'", "", example)):
        return main(words[1:])
    program = folder / "bin" / "detector"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m detector "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(("sh", "-c", example), env={**os.environ, "PATH": path}, check=False).returncode


def test_no_example_names_what_only_a_checkout_has() -> None:
    assert [line for line in examples() if re.search(r"\b(samples|patterns|tests|docs)/?\b", line)] == []


def test_every_verb_has_two_examples() -> None:
    every = examples()
    assert all(sum(f"detector {verb}" in line for line in every) >= 2 for verb in cli.VERBS)


def keys(value: object) -> set[str]:
    """Every key of a JSON value, but not inside the evidence, which has a page of its own."""
    if isinstance(value, dict):
        inner = (keys(member) for name, member in value.items() if name not in {"evidence", "left_out"})
        return {*value, *(key for some in inner for key in some)}
    return {key for one in value for key in keys(one)} if isinstance(value, list) else set()


def test_the_json_page_names_every_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.cli_archives import archive, detection

    logs = archive(tmp_path / "logs")
    Path(logs, "broken.json").write_text("{", encoding="utf-8")
    argv = [
        "replay",
        logs,
        "-d",
        detection(tmp_path / "d.toml"),
        "-d",
        "lab/unauthorized-api-calls-as-deployed",
    ]
    main([*argv, "--format", "json"])
    found = keys(json.loads(capsys.readouterr().out))
    page = (ROOT / "docs" / "json-output.md").read_text("utf-8")
    assert found - set(re.findall(r"[`{ ](\w+)[`,}]", page)) == set()
    assert len(found) > 30


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    PAGE.write_text(
        BLOCK.sub(
            lambda found: f"## detector {found[1]}".rstrip() + f"\n\n```text\n{help_of(found[1])}```",
            text,
        ),
        encoding="utf-8",
    )
