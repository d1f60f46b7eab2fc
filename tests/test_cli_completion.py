"""The completion scripts do in the real shells what they are for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from detector.__main__ import main

# What was typed, the words that have to be offered, and one that must not be.
TYPED = [
    (["detector", "rep"], {"replay"}, "match"),
    (["detector", "replay", "--acc"], {"--account"}, "--region"),
    (["detector", "replay", "--format", ""], {"text", "json", "ndjson"}, "sarif"),
    (
        ["detector", "replay", "-d", "cis/cloudwatch-1"],
        {"cis/cloudwatch-1", "cis/cloudwatch-14"},
        "cis/cloudwatch-2",
    ),
    (["detector", "check", "organ"], {"organ.toml"}, "cis/organizations"),
    (["detector", "completion", "ba"], {"bash"}, "zsh"),
]
BASH = """source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
$(complete -p detector | sed 's/.*-F \\([^ ]*\\).*/\\1/') detector "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """source $argv[1]
complete -C (string join ' ' -- $argv[2..]) | string split -f 1 \\t
"""
ZSH = """autoload -Uz compinit; compinit -u -d "$1.dump"
eval "$(cat "$1")"
whence -w $_comps[detector] _detector_named
"""


def script(shell: str, folder: Path) -> Path:
    path = folder / f"detector.{shell}"
    assert main(["completion", shell, "-o", str(path)]) == 0
    return path


def ran(*argv: str, folder: Path) -> str:
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("shell", "program", "before"), [("bash", BASH, ["-c"]), ("fish", FISH, ["-c"])])
def test_words_are_completed(shell: str, program: str, before: list[str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = script(shell, tmp_path)
    (tmp_path / "organ.toml").touch()
    name = [shell] if shell == "bash" else []  # $0 of bash -c
    for typed, offered, other in TYPED:
        found = set(ran(shell, *before, program, *name, str(path), *typed, folder=tmp_path).split())
        assert offered <= found, typed
        assert other not in found, typed


def test_zsh_takes_the_functions(tmp_path: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    path = script("zsh", tmp_path)
    out = ran("zsh", "-f", "-c", ZSH, "zsh", str(path), folder=tmp_path)
    assert out == "_shtab_detector: function\n_detector_named: function\n"
    assert path.read_text("utf-8").startswith("#compdef detector")
