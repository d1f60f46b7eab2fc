"""Several processes give what one gives, whatever becomes of them."""

from __future__ import annotations

import ast
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from detector.archive import Source, StandardInput
from detector.scan import fast, plain, processes, worker
from detector.scan.found import Found
from tests import scans
from tests.data import perilous_worker
from tests.scans import facts, log_file, record

PERILOUS = (sys.executable, str(Path(__file__).parent / "data" / "perilous_worker.py"))
PLAN = scans.plan('{ $.eventName = "StopLogging" }', '{ $.eventName != "StopLogging" && $.x > 3 }')


def contents(count: int) -> list[bytes]:
    """Files of different sizes, a match here and there, one broken."""
    made = [
        log_file(
            *(
                record(i, x=number, eventName="StopLogging" if i % 7 == 0 else "GetObject")
                for i in range(number)
            )
        )
        for number in range(1, count + 1)
    ]
    made[count // 2] = b'{"Records":[{"eventName":"StopLogging"'
    return made


@pytest.fixture(autouse=True, params=["forked", "fresh"])
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """How workers are started. (This process has other threads, but none that holds a lock for long.)"""
    forks = request.param == "forked"
    monkeypatch.setattr(processes, "may_fork", lambda: forks)
    return request.param


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    return scans.stored(tmp_path_factory.mktemp("many"), contents(60))


@pytest.fixture(scope="module")
def expected(files: list[Source]) -> dict[str, Any]:
    return facts(plain.scan(*PLAN, files))


def places(found: Found) -> list[list[tuple[int, int]]]:
    """The places of the matches as they lie there."""
    return [[(match.file, match.position) for match in hits.matches] for hits in found.hits]


class Pools(list[processes.Pool]):
    """Every pool that was made."""


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    made = Pools()
    real = processes.Pool

    def pool(*asked: Any, **settings: Any) -> processes.Pool:
        made.append(real(*asked, **settings))
        return made[-1]

    monkeypatch.setattr(processes, "Pool", pool)
    return made


def alive(pool: processes.Pool) -> list[int]:
    return [one.pid for one in pool.workers if one.poll() is None]


@pytest.mark.parametrize("jobs", [None, 1, 2, 3])
def test_the_number_of_jobs_does_not_matter(
    files: list[Source], expected: dict[str, Any], jobs: int | None
) -> None:
    assert facts(processes.scan(*PLAN, iter(files), jobs=jobs)) == expected


@pytest.mark.parametrize("most", [1, 500, 1 << 30])
def test_the_length_of_runs_does_not_matter(
    files: list[Source], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(processes, "MAX_RUN", most)
    monkeypatch.setattr(processes, "RUNS_PER_JOB", 1)
    assert facts(processes.scan(*PLAN, files, jobs=2)) == expected


def test_runs_hold_every_file_once_and_places(files: list[Source]) -> None:
    for jobs in (1, 2, 7, 100):
        made = processes.runs(files, jobs)
        assert [number for run in made for number in range(run.first, run.end)] == list(range(len(files)))
        assert all(run.first < run.end for run in made)
        assert len(made) >= min(jobs, len(files))
    assert processes.runs([], 2) == []
    empty = [Source(str(i), number=i) for i in range(5)]
    assert len(processes.runs(empty, 2)) == 5


def test_a_large_archive_may_skip_files(
    files: list[Source], monkeypatch: pytest.MonkeyPatch, pools: Pools
) -> None:
    asked = scans.plan('{ $.eventName = "DeleteTrail" }')
    assert processes.scan(*asked, files, jobs=2).skipped == 0
    assert processes.scan(*asked, files, jobs=1).skipped == 0
    monkeypatch.setattr(processes, "SMALL", 0)
    monkeypatch.setattr(processes, "cores", lambda: 2)
    found = processes.scan(*asked, files)
    assert found.skipped == len(files) - 1
    assert facts(found) == facts(fast.scan(*asked, files))
    assert processes.scan(*asked, files, strict=True).skipped == 0
    assert processes.scan(*asked, files, jobs=1).skipped == found.skipped
    assert [len(pool.workers) for pool in pools] == [2, 2, 2, 1]


def test_small_inputs_need_no_further_process(files: list[Source], pools: Pools) -> None:
    processes.scan(*PLAN, files)
    processes.scan(*PLAN, files[:1], jobs=8)
    processes.scan(*PLAN, [], jobs=2)
    assert pools == []


def test_progress_counts_every_file_once(files: list[Source]) -> None:
    seen: list[tuple[int, int]] = []
    processes.scan(*PLAN, files, lambda *done: seen.append(done), jobs=2)
    assert sum(count for count, _ in seen) == len(files)
    assert sum(size for _, size in seen) == sum(file.size for file in files)


def test_workers_that_are_killed_are_replaced(
    files: list[Source], expected: dict[str, Any], pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "RUNS_PER_JOB", 4)
    answers = []

    def kill(*done: int) -> None:
        answers.append(done)
        if len(answers) == 1:  # all of them, each with several files
            for pid in alive(pools[0]):
                os.kill(pid, signal.SIGKILL)
        elif len(answers) == 12 and (left := alive(pools[0])):
            os.kill(left[0], signal.SIGKILL)

    found = processes.scan(*PLAN, files, kill, jobs=3)
    assert facts(found) == expected
    assert len(pools[0].workers) > 3
    assert alive(pools[0]) == []


@pytest.fixture
def perils(workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers to which names of files mean something."""
    monkeypatch.setattr(worker, "COMMAND", PERILOUS)
    if workers == "forked":
        monkeypatch.setattr(fast, "scanner", perilous_worker.Perilous)


def perilous(folder: Path, *names: str) -> list[Source]:
    """Twelve files; those that are named have a name that means something to the perilous worker."""
    plain_names = [f"{number:02}-{names[number] if number < len(names) else 'calm'}" for number in range(12)]
    return [
        scans.store(folder / f"{name}.json.gz", log_file(record(1, eventName="StopLogging")), number=number)
        for number, name in enumerate(plain_names)
    ]


@pytest.mark.usefixtures("perils")
def test_a_file_that_kills_its_worker_twice_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "RUNS_PER_JOB", 2)
    files = perilous(tmp_path, "calm", "deadly", "once", "calm", "deadly")
    seen: list[int] = []
    found = processes.scan(*PLAN, files, lambda count, _: seen.append(count), jobs=2)
    assert [(Path(one.path).name, one.reason) for one in sorted(found.problems)] == [
        ("01-deadly.json.gz", processes.KILLED),
        ("04-deadly.json.gz", processes.KILLED),
    ]
    assert sorted(places(found)[0]) == [(number, 0) for number in range(12) if number not in {1, 4}]
    assert found.files == sum(seen) == 12


@pytest.mark.usefixtures("perils")
def test_a_file_that_kills_its_worker_once_counts(tmp_path: Path) -> None:
    files = perilous(tmp_path, *["once"] * 3)
    assert facts(processes.scan(*PLAN, files, jobs=2)) == facts(plain.scan(*PLAN, files))


@pytest.mark.parametrize(
    "command", [("false",), (sys.executable, "-c", "print('hello')"), ("no-such-program",)]
)
def test_where_no_worker_can_be_started_the_parent_scans(
    files: list[Source],
    expected: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    pools: Pools,
    command: Any,
) -> None:
    def none(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(worker, "COMMAND", command)
    monkeypatch.setattr(processes, "fork", none)
    seen: list[int] = []
    found = processes.scan(*PLAN, files, lambda count, _: seen.append(count), jobs=2)
    assert facts(found) == expected
    assert sum(seen) == len(files)
    assert alive(pools[0]) == []


def test_an_interrupt_ends_all_workers(files: list[Source], pools: Pools) -> None:
    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        processes.scan(*PLAN, files, interrupt, jobs=3)
    assert alive(pools[0]) == []


INTERRUPTED = """
import sys
from pathlib import Path
from detector.archive import Source
from detector.scan import fast, processes, worker
from tests.data import perilous_worker
from tests.test_scan_processes import PERILOUS, PLAN

class Told(list):
    def append(self, worker):
        super().append(worker)
        print(worker.pid, flush=True)

kind, *paths = sys.argv[1:]
worker.COMMAND = PERILOUS
processes.may_fork = lambda: kind == "forked"
if kind == "forked":
    fast.scanner = perilous_worker.Perilous
real = processes.Pool
def pool(*arguments, **named):
    made = real(*arguments, **named)
    made.workers = Told()
    return made
processes.Pool = pool
files = [Source(path, 10, number=i) for i, path in enumerate(paths)]
try:
    processes.scan(*PLAN, files, jobs=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_everything_at_once(tmp_path: Path, workers: str) -> None:
    files = perilous(tmp_path, *["sleepy"] * 12)
    run = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, workers, *(file.path for file in files)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
        start_new_session=True,  # as a terminal does it: the signal goes to parent and workers
    )
    assert run.stdout is not None
    pids = [int(run.stdout.readline()) for _ in range(2)]
    time.sleep(1.0)  # both are at work, or about to
    os.killpg(run.pid, signal.SIGINT)
    told, _ = run.communicate(timeout=20)
    assert told == "interrupted\n"
    assert run.returncode == 0
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_a_worker_imports_nothing_from_where_the_user_is(
    files: list[Source], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("detector", "deflate", "msgspec", "json"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert facts(processes.scan(*PLAN, files, jobs=2)) == expected
    assert not (tmp_path / "imported").exists()


def test_standard_input_is_read_by_the_parent(
    files: list[Source], monkeypatch: pytest.MonkeyPatch, pools: Pools
) -> None:
    data = log_file(record(1, eventName="StopLogging"), record(2))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    piped = [StandardInput(), *(structs.replace(file, number=file.number + 1) for file in files)]
    expected = facts(plain.scan(*PLAN, piped))
    assert len(expected["matches"][0]) > 1
    assert facts(processes.scan(*PLAN, piped, jobs=2)) == expected
    assert len(pools) == 1
    assert facts(processes.scan(*PLAN, piped[:1], jobs=2)) == facts(plain.scan(*PLAN, piped[:1]))


def test_a_plan_arrives_as_it_was_sent() -> None:
    stream = io.BytesIO()
    asked = scans.plan('{ $.a = "x" || $.b[*] != 1 }', "[a, b = 1*]", "?x -y", dedupe=True, delay=3)
    worker.send(stream, (asked, [1]))
    worker.send(stream, "more")
    stream.seek(0)
    plan, rest = worker.receive(stream)
    assert (plan, rest) == (asked, [1])
    assert [one.pattern.matches('{"a":"x"}') for one in plan.filters] == [True, False, True]
    assert worker.receive(stream) == "more"
    with pytest.raises(EOFError):
        worker.receive(stream)
    cut = io.BytesIO(stream.getvalue()[:20])
    with pytest.raises(EOFError):
        worker.receive(cut)


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_a_forked_worker_ends_when_nobody_asks_it_any_more(files: list[Source], workers: str) -> None:
    if workers == "fresh":
        return
    work = worker.Work(PLAN.filters, PLAN.plan, False, files)
    started: list[worker.Worker] = []
    for _ in range(2):
        started.append(worker.fork(work, started))
    for one in started:  # the second must not keep the first one's pipe open
        assert worker.receive(worker.pipe(one.stdout)) == worker.READY
        worker.pipe(one.stdin).close()
        assert one.wait() == 0
        one.kill()  # of which it cannot be harmed
        worker.pipe(one.stdout).close()


def test_a_process_with_threads_is_not_forked() -> None:
    enough = threading.Event()
    other = threading.Thread(target=enough.wait)
    other.start()
    assert not worker.may_fork()
    enough.set()
    other.join()


def test_a_forked_worker_that_fails_says_why(
    files: list[Source], workers: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    if workers == "forked":
        monkeypatch.setattr(fast, "scanner", fail)
        one = worker.fork(worker.Work(PLAN.filters, PLAN.plan, False, files), [])
        worker.send(worker.pipe(one.stdin), (0, 1, True))
        assert one.wait() == 1
        for stream in (one.stdin, one.stdout):
            worker.pipe(stream).close()
        assert "ZeroDivisionError" in capfd.readouterr().err


def test_no_pool() -> None:
    # A pool hangs when one of its workers is killed. Whoever brings an executor has chosen it.
    folder = Path(processes.__file__).parent
    for path in {*folder.glob("*.py")} - {folder / "executors.py", folder / "cluster.py"}:
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        }
        assert not {"multiprocessing", "concurrent.futures"} & imported, path.name


def test_pipes_of_workers_without_work_are_closed(workers: str) -> None:
    pool = processes.Pool(worker.Work(*PLAN, False, []), Found.empty(len(PLAN[0])), None)
    pool.run([], 2)
    assert len(pool.workers) == (2 if workers == "forked" else 0)
    for one in pool.workers:
        assert worker.pipe(one.stdin).closed
        assert worker.pipe(one.stdout).closed
        assert one.poll() is not None
