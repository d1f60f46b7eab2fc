"""The program as a process: what it imports, signals, pipes, progress."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from detector.__main__ import main
from detector.cli import progress
from tests.cli_archives import archive, burst, detection, write

PROGRAM = (sys.executable, "-m", "detector")
SAMPLES = Path(__file__).parent.parent / "samples"
HEAVY = ("polars", "rich", "pyparsing", "msgspec", "re2", "isal", "orjson", "stringzilla", "deflate")


def imported(*argv: str) -> set[str]:
    """Which of the heavy packages a run has loaded."""
    code = f"import sys; from detector.__main__ import main; main({list(argv)!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    return set(done.stderr.split()) & set(HEAVY)


@pytest.mark.parametrize(
    ("argv", "allowed"),
    [
        (["--version"], set()),
        (["--help"], set()),
        (["replay", "--help"], set()),
        (["check", "--list"], {*HEAVY} - {"polars", "rich"}),
        (["check", "cis/cloudwatch-2"], {*HEAVY} - {"polars", "rich"}),
        (["match", "{ $.a = 1 }", os.devnull], {*HEAVY} - {"polars", "rich"}),
        (["replay", str(SAMPLES), "-d", "cis/cloudwatch-2"], {*HEAVY} - {"polars", "rich", "pyparsing"}),
    ],
)
def test_nothing_is_imported_before_it_is_needed(argv: list[str], allowed: set[str]) -> None:
    assert imported(*argv) <= allowed


AFTER_THE_SCAN = {
    *("polars", "rich", "pyparsing", "subprocess", "tempfile", "lzma", "html"),
    *("detector.composite", "detector.alarm.history", "detector.alarm.window", "detector.alarm.mute"),
    *(
        "detector.detections.written",
        "detector.jobs.counting",
        "detector.jobs.composites",
        "detector.render.replay_text",
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux")
def test_workers_are_forked_before_anything_is_imported_that_follows_the_scan() -> None:
    code = "import os, sys; os.fork = lambda: (print(*sys.modules), sys.stdout.flush(), os._exit(0)); from detector.__main__ import main; main(sys.argv[1:])"
    argv = ("replay", str(SAMPLES), "-d", "cis/cloudwatch-2", "--jobs", "2")
    done = subprocess.run((sys.executable, "-c", code, *argv), capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "detector.scan.fast" in modules
    assert modules & AFTER_THE_SCAN == set()


def test_the_package_itself_imports_nothing() -> None:
    code = "import sys; before = set(sys.modules); import detector; print(*set(sys.modules) - before)"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if name.startswith("detector.")} == set()


def test_what_is_to_be_done_at_the_end_is_done() -> None:
    code = "import atexit, sys; atexit.register(print, 'done'); atexit.register(sys.stderr.write, 'all'); from detector.__main__ import run; sys.argv = ['detector', *sys.argv[1:]]; run()"
    for argv, told in (["--version"], 0), (["replay"], 2):
        ended = subprocess.run(
            (sys.executable, "-c", code, *argv), capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stdout.splitlines()[-1], ended.stderr[-3:]) == (told, "done", "all")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    name, number = capsys.readouterr().out.split()
    assert name == "detector"
    assert number[0].isdigit()


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    path = write(tmp_path / "many.json", burst(1, 2000))
    with subprocess.Popen(
        (*PROGRAM, "match", "{ $.errorCode = * }", path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline().startswith(b"{")
        run.stdout.close()
        assert run.stderr.read() == b""
        assert run.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_is_written_at_the_end_is_not_lost_in_silence(option: str) -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run((*PROGRAM, option), stdout=full, stderr=subprocess.PIPE, check=False)
    assert (run.returncode, run.stderr) == (2, b"detector: output: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "many.json", burst(1, 2))
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            (*PROGRAM, "match", "{ $.errorCode = * }", path), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"detector: output: No space left on device\n"


def test_interrupt_is_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("detector.jobs.replay.replay", interrupted)
    assert main(["replay", archive(tmp_path), "-d", "cis/cloudwatch-2"]) == 130
    assert capsys.readouterr() == ("", "")


def test_output_that_cannot_encode_the_report_gets_it_all_the_same(tmp_path: Path) -> None:
    denied = detection(tmp_path / "denied.toml")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    argv = (*PROGRAM, "replay", archive(tmp_path / "logs"), "-d", denied)
    done = subprocess.run(argv, capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    assert "OK → ALARM" in done.stdout.decode()
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("check", "{ $.a = }"), 1),
        (("check", "{ $.a = }", "--format", "json"), 1),
        (("check", "{ $.a = 1 }"), 0),
        (("compare", "{ $.a = 1 }", "{ $.a = 2 }", "--expect", "equivalent"), 1),
        (("match", "{ $.a = 1 }", "none", "--count"), 1),
        (("match", "{ $.a = 1 }", "broken", "--count"), 2),
        (("replay", "broken", "-d", "cis/cloudwatch-2"), 2),
        (("replay", "broken", "-d", "cis/cloudwatch-2", "--format", "json"), 2),
        (("explain", "{ $.a = 1 }", "broken"), 2),
        (("test", "wrong.toml"), 1),
    ],
)
@pytest.mark.parametrize("both", [False, True])
def test_a_verdict_survives_a_closed_pipe(
    tmp_path: Path, argv: tuple[str, ...], code: int, *, both: bool
) -> None:
    write(tmp_path / "none", [{"eventName": "X"}])
    (tmp_path / "broken").write_bytes(b"{")
    shipped = Path(__file__).parent.parent / "patterns" / "cis" / "cloudwatch-2.toml"
    (tmp_path / "wrong.toml").write_bytes(shipped.read_bytes())
    (tmp_path / "wrong.test.toml").write_text(
        '[[case]]\nname = "wrong"\nmatches = false\neach = {errorCode = ["AccessDenied"]}\n', "utf-8"
    )
    reader, writer = os.pipe()
    os.close(reader)
    err = writer if both else subprocess.DEVNULL
    done = subprocess.run((*PROGRAM, *argv), stdout=writer, stderr=err, check=False, cwd=tmp_path)
    os.close(writer)
    assert done.returncode == code


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("pattern", ["lab/unauthorized-api-calls", "cis/cloudwatch-5"])
def test_a_named_pipe_is_looked_at_twice(tmp_path: Path, pattern: str, jobs: str) -> None:
    folder = Path(write(tmp_path / "logs" / "many.json", burst(1, 40))).parent
    data = (folder / "many.json").read_bytes()
    os.mkfifo(folder / "pipe.json")
    with subprocess.Popen(
        (
            *PROGRAM,
            "replay",
            str(folder / "pipe.json"),
            str(folder / "many.json"),
            "-d",
            pattern,
            "--jobs",
            jobs,
        ),
        stdout=subprocess.PIPE,
    ) as run:
        (folder / "pipe.json").write_bytes(data)
        out, _ = run.communicate(timeout=30)
    assert run.returncode == 0
    assert b"80 records" in out


def test_no_progress_bar_in_a_pipe() -> None:
    with progress.bar(lambda: (1, 1), quiet=False) as advance:
        assert advance is None


def test_a_progress_bar_on_a_terminal_for_a_long_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "PATIENCE", -1)
    with progress.bar(lambda: (3, 300), quiet=False) as advance:
        assert advance is not None
        advance(1, 100)
    assert "1 of 3 files" in capsys.readouterr().err
    with progress.bar(lambda: (3, 300), quiet=True) as advance:
        assert advance is None


def test_a_short_run_shows_no_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.bar(lambda: (3, 300), quiet=False) as advance:
        assert advance is not None
        advance(1, 100)
    assert capsys.readouterr().err == ""
