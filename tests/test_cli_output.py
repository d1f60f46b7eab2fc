"""Reports into files are whole or absent, and signals leave nothing behind: seen from outside, on real processes."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from detector.__main__ import main
from detector.cli import output
from detector.cli.main import VERBS
from tests.cli_archives import archive, burst, detection, write

PROGRAM = (sys.executable, "-m", "detector")


def backtest(folder: Path, target: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    denied, logs = detection(folder / "denied.toml"), archive(folder / "logs")
    argv = (*PROGRAM, "backtest", logs, "-d", denied, "--threshold", "1..50", "--format", "json")
    return subprocess.run((*argv, "--output", target), capture_output=True, check=False, **options)  # type: ignore[call-overload, no-any-return]  # whatever subprocess takes


def smallest_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


WITHOUT_BYTECODE = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
"""For a process that cannot write much: Python would leave the first 4,096 bytes of a module in the checkout."""


@pytest.mark.parametrize("before", [None, b"what was there"])
def test_a_report_that_does_not_fit_leaves_what_was_there(tmp_path: Path, before: bytes | None) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    if before is not None:
        (folder / "r.json").write_bytes(before)
    done = backtest(tmp_path, str(folder / "r.json"), preexec_fn=smallest_files, env=WITHOUT_BYTECODE)
    assert done.returncode == 2
    assert done.stderr.decode() == f"detector: {folder / 'r.json'}: File too large\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == (
        {} if before is None else {"r.json": before}
    )


def test_a_link_stays_one_and_permissions_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("before", "utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    output.write(str(link), b"after")
    assert link.is_symlink()
    assert real.read_bytes() == b"after"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    new = tmp_path / "new.json"
    output.write(str(new), b"")
    (tmp_path / "plain").write_bytes(b"")
    assert new.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_standard_output_and_named_pipes_are_written_directly(tmp_path: Path) -> None:
    whole = backtest(tmp_path, "/dev/stdout").stdout
    assert whole.startswith(b"[")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(("cat", tmp_path / "pipe"), stdout=subprocess.PIPE) as reader:
        assert backtest(tmp_path, str(tmp_path / "pipe")).returncode == 0
        assert reader.communicate()[0] == whole
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("target", ["missing/r.json", "logs", "/dev/full"])
def test_a_file_that_cannot_be_written_is_named_as_it_was_typed(tmp_path: Path, target: str) -> None:
    done = backtest(tmp_path, target, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"detector: {target}: ")
    assert done.stderr.count(b"\n") == 1


def test_an_interrupt_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        output.write(str(tmp_path / "r.json"), b"report")
    assert list(tmp_path.iterdir()) == []


HELD = """
import os, sys, time
from detector.__main__ import run
from detector.scan import worker
serve = worker.serve
def held(*given):
    while not os.path.exists(sys.argv[-1] + "/go"):
        time.sleep(0.01)
    serve(*given)
worker.serve = held
run()
"""
"""The program, but its workers begin when there is a file "go" in the folder that its last argument names."""


def waiting(folder: Path, hangup: signal.Handlers = signal.SIG_DFL) -> subprocess.Popen[bytes]:
    """A replay with two workers that wait, and what becomes of a hangup: `nohup` would have it ignored."""
    for i in range(2):
        write(folder / "logs" / f"{i}.json", burst(1, 2))
    rule, report = detection(folder / "denied.toml"), str(folder / "out" / "report.txt")
    Path(report).parent.mkdir()
    argv = (
        sys.executable,
        "-c",
        HELD,
        "replay",
        "-d",
        rule,
        "--jobs",
        "2",
        "-o",
        report,
        str(folder / "logs"),
    )
    pipe = subprocess.PIPE
    before = partial(signal.signal, signal.SIGHUP, hangup)
    run = subprocess.Popen(argv, preexec_fn=before, stdout=pipe, stderr=pipe)  # noqa: PLW1509 - no threads here
    late = time.monotonic() + 60
    while len(workers(run.pid)) < 2 and run.poll() is None and time.monotonic() < late:
        time.sleep(0.02)
    return run


def workers(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_workers_too_quietly_with_its_code(tmp_path: Path, ended_by: signal.Signals) -> None:
    with waiting(tmp_path) as run:
        children = workers(run.pid)
        assert len(children) == 2
        run.send_signal(ended_by)
        code = run.wait(timeout=20)
        assert code == 128 + ended_by
        assert run.stderr is not None
        assert run.stderr.read() == b""
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
def test_a_hangup_that_was_ignored_stays_ignored(tmp_path: Path) -> None:
    with waiting(tmp_path, signal.SIG_IGN) as run:
        run.send_signal(signal.SIGHUP)
        (tmp_path / "logs" / "go").touch()
        run.communicate(timeout=60)
        assert run.returncode == 0
        assert "4 records" in (tmp_path / "out" / "report.txt").read_text("utf-8")


LINES = {
    "replay": ["replay", "L", "-d", "D"],
    "backtest": ["backtest", "L", "-d", "D", "--format", "csv"],
    "match": ["match", '{ $.errorCode = "AccessDenied" }', "L", "--format", "ndjson"],
    "check": ["check", "D"],
    "audit": ["audit", "D", "--level", "none"],
    "noise": ["noise", "L", "-d", "D"],
    "coverage": ["coverage", "L", "-d", "D"],
    "cache": ["cache", "C"],
    "reconcile": ["reconcile", "D", "--history", "H", "L"],
    "convert": ["convert", "D", "--to", "terraform"],
    "compare": ["compare", "{ $.a = 1 }", "{ $.a = 2 }"],
    "explain": ["explain", "{ $.a = 1 }"],
    "test": ["test", "cis/cloudwatch-1"],
    "completion": ["completion", "bash"],
    "init": ["init", "--schema"],
}


@pytest.mark.parametrize("verb", sorted({*VERBS} - {"verify"}))  # it asks AWS; tests/test_verify.py
def test_every_verb_writes_what_it_would_print(
    verb: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    places = {"L": archive(tmp_path / "logs"), "D": detection(tmp_path / "d.toml")}
    if verb == "reconcile":
        places["H"] = str(tmp_path / "history.json")
        place = ("--alarm-account", "111122223333", "--alarm-region", "eu-west-1")
        main(["replay", places["L"], "-d", places["D"], "--emit", f"history={places['H']}", *place])
    if verb == "cache":
        places["C"] = str(tmp_path / "kept")
        main(["replay", places["L"], "-d", places["D"], "--cache", places["C"]])
    capfd.readouterr()
    argv = [places.get(word, word) for word in LINES[verb]]
    assert main(argv) == 0
    printed = capfd.readouterr().out
    assert main([*argv, "--output", str(tmp_path / "report")]) == 0
    assert capfd.readouterr().out == ""
    assert (tmp_path / "report").read_text("utf-8") == printed != ""


def test_what_fails_leaves_no_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report").write_text("before", encoding="utf-8")
    assert main(["match", "{ $.a = 1 }", str(tmp_path / "none"), "-o", str(tmp_path / "report")]) == 2
    assert capfd.readouterr().err.startswith(f"detector: {tmp_path / 'none'}: no such file or folder")
    assert (tmp_path / "report").read_text("utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
