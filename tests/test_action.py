"""The action for GitHub, step by step as its runner would take them: in a repository, with what the runner sets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from detector.__main__ import main

ROOT = Path(__file__).parent.parent
ACTION = ROOT / "action.yml"
GIT = ("git", "-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main")
pytestmark = [
    pytest.mark.skipif(not ACTION.exists(), reason="the action is not beside the package"),
    pytest.mark.skipif(not all(map(shutil.which, ("bash", "git"))), reason="the steps need bash and git"),
]


def steps() -> dict[str, dict[str, Any]]:
    """The steps that run a script, by name."""
    read = yaml.safe_load(ACTION.read_text("utf-8"))
    return {one["name"]: one for one in read["runs"]["steps"] if "run" in one}


class Runner:
    """A repository with one detection, and the files and variables that a step of a workflow finds."""

    def __init__(self, folder: Path) -> None:
        self.repository, self.temp, self.bin = (folder / name for name in ("theirs", "temp", "bin"))
        for one in (self.repository / "detections", self.temp, self.bin):
            one.mkdir(parents=True)
        self.program("detector", f'exec "{sys.executable}" -P -m detector "$@"')
        self.program("gh", 'printf "%s " "$@" >> "$RUNNER_TEMP/gh"; exit "${GH_FAILS:-0}"')
        self.git("init", "-q")
        self.git("remote", "add", "origin", str(self.repository))
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        assert main(("init", str(self.repository / "detections" / "mine"))) == 0
        self.base = self.commit()

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            (*GIT, *arguments), cwd=self.repository, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def change(self, old: str, new: str) -> None:
        rule = self.repository / "detections" / "mine.toml"
        text = rule.read_text("utf-8")
        assert old in text
        rule.write_text(text.replace(old, new), "utf-8")
        self.commit()

    def take(self, step: str, **inputs: str) -> tuple[int, str]:
        """Exit code and output of a step; what the step's ``env`` names has to be given."""
        asked = steps()[step]
        given = {"DETECTIONS": "detections", **inputs}
        assert set(asked.get("env", {})) - {"GH_TOKEN"} <= set(given)
        done = subprocess.run(
            ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", asked["run"]),
            cwd=self.repository,
            env={
                **os.environ,
                **given,
                "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
                "GITHUB_OUTPUT": str(self.temp / "output"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_no_input_is_written_into_a_script() -> None:
    assert [name for name, step in steps().items() if "${{" in step["run"]] == []


def test_findings_become_annotations_and_sarif(runner: Runner) -> None:
    runner.change('$.eventName = "ConsoleLogin"', '$.eventname = "ConsoleLogin"')
    code, printed = runner.take("Check", SEVERITY="note")
    assert code == 1
    assert any(line.startswith("::") and "mine.toml" in line for line in printed.splitlines())
    assert json.loads((runner.temp / "detector.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert "sarif=true" in (runner.temp / "output").read_text("utf-8")
    assert "mine.toml" in (runner.temp / "summary.md").read_text("utf-8")


def test_a_folder_that_is_not_there_is_no_success(runner: Runner) -> None:
    code, printed = runner.take("Check", SEVERITY="error", DETECTIONS="detection")
    assert (code, printed) == (2, "::error::there is no file or folder detection\n")


def test_a_wider_pattern_fails_its_tests_and_is_told_of(runner: Runner) -> None:
    assert runner.take("Test")[0] == 0
    runner.change('"ConsoleLogin" &&', '"ConsoleLogin" ||')
    assert runner.take("Test")[0] == 1
    request = {"BASE": runner.base, "PULL_REQUEST": "7", "COMMENT": "true"}
    code, _ = runner.take("Compare with the base branch", **request)
    assert code == 0
    told = (runner.temp / "compare.md").read_text("utf-8")
    assert "wider" in told.lower()
    assert (runner.temp / "gh").read_text("utf-8").startswith("pr comment 7 --edit-last --create-if-none")
    code, printed = runner.take("Compare with the base branch", GH_FAILS="1", **request)
    assert (code, "::notice::" in printed) == (0, True)


@pytest.mark.skipif(not (ROOT / "samples").exists(), reason="samples/ are not beside the package")
@pytest.mark.parametrize(("budget", "code"), [("0", 1), ("1000", 0)])
def test_the_page_budget_is_kept_or_fails(runner: Runner, budget: str, code: int) -> None:
    runner.change('"Failure"', "*")
    runner.change("threshold = 3", "threshold = 1")
    assert runner.take("Page budget", ARCHIVE=str(ROOT / "samples"), BUDGET=budget)[0] == code
