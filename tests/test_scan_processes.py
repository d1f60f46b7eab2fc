"""Several processes give what one gives, whatever becomes of them."""

from __future__ import annotations

import ast
import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detector.archive import Source, StandardInput
from detector.scan import fast, plain, processes, worker
from detector.scan.found import Found
from tests import scans
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


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    return scans.stored(tmp_path_factory.mktemp("many"), contents(60))


@pytest.fixture(scope="module")
def expected(files: list[Source]) -> dict[str, Any]:
    return facts(plain.scan(*PLAN, files))


def in_order(found: Found) -> list[list[tuple[int, int]]]:
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
def test_the_size_of_batches_does_not_matter(
    files: list[Source], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(processes, "MAX_BATCH", most)
    monkeypatch.setattr(processes, "BATCHES_PER_JOB", 1)
    assert facts(processes.scan(*PLAN, files, jobs=2)) == expected


def test_batches_hold_every_file_once_and_in_order(files: list[Source]) -> None:
    for jobs in (1, 2, 7, 100):
        made = processes.batches(files, jobs)
        assert [one for batch in made for one in batch] == files
        assert all(made)
        assert len(made) >= min(jobs, len(files))
    assert processes.batches([], 2) == []
    empty = [Source(str(i), number=i) for i in range(5)]
    assert len(processes.batches(empty, 2)) == 5


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
    assert [len(pool.workers) for pool in pools] == [2, 2, 2]


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
    monkeypatch.setattr(processes, "BATCHES_PER_JOB", 4)
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
    assert in_order(found) == in_order(fast.scan(*PLAN, files))
    assert len(pools[0].workers) > 3
    assert alive(pools[0]) == []


def perilous(folder: Path, *names: str) -> list[Source]:
    """Twelve files; those that are named have a name that means something to the perilous worker."""
    plain_names = [f"{number:02}-{names[number] if number < len(names) else 'calm'}" for number in range(12)]
    return [
        scans.store(folder / f"{name}.json.gz", log_file(record(1, eventName="StopLogging")), number=number)
        for number, name in enumerate(plain_names)
    ]


def test_a_file_that_kills_its_worker_twice_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "COMMAND", PERILOUS)
    monkeypatch.setattr(processes, "BATCHES_PER_JOB", 2)
    files = perilous(tmp_path, "calm", "deadly", "once", "calm", "deadly")
    seen: list[int] = []
    found = processes.scan(*PLAN, files, lambda count, _: seen.append(count), jobs=2)
    assert [(Path(one.path).name, one.reason) for one in found.problems] == [
        ("01-deadly.json.gz", processes.KILLED),
        ("04-deadly.json.gz", processes.KILLED),
    ]
    assert in_order(found)[0] == [(number, 0) for number in range(12) if number not in {1, 4}]
    assert found.files == sum(seen) == 12


def test_a_file_that_kills_its_worker_once_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "COMMAND", PERILOUS)
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
    monkeypatch.setattr(worker, "COMMAND", command)
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
from detector.scan import processes, worker
from tests.test_scan_processes import PERILOUS, PLAN

class Told(list):
    def append(self, worker):
        super().append(worker)
        print(worker.pid, flush=True)

worker.COMMAND = PERILOUS
real = processes.Pool
def pool(*arguments, **named):
    made = real(*arguments, **named)
    made.workers = Told()
    return made
processes.Pool = pool
files = [Source(path, 10, number=i) for i, path in enumerate(sys.argv[1:])]
try:
    processes.scan(*PLAN, files, jobs=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_everything_at_once(tmp_path: Path) -> None:
    files = perilous(tmp_path, *["sleepy"] * 12)
    run = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *(file.path for file in files)],
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


def test_workers_that_stand_by_are_taken_and_the_others_end(
    files: list[Source], expected: dict[str, Any], pools: Pools
) -> None:
    with worker.Standby(3) as ready:
        waiting = list(ready.waiting)
        assert facts(processes.scan(*PLAN, files, jobs=2, standby=ready)) == expected
        assert len(ready.waiting) == 1
        assert {one.pid for one in pools[0].workers} < {one.pid for one in waiting}
    assert [one.poll() is None for one in waiting] == [False] * 3


def test_a_worker_that_died_while_it_stood_by_is_replaced(
    files: list[Source], expected: dict[str, Any]
) -> None:
    with worker.Standby(2) as ready:
        for one in ready.waiting:
            one.kill()
        assert facts(processes.scan(*PLAN, files, jobs=2, standby=ready)) == expected


def test_without_a_system_that_starts_processes_nobody_stands_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "COMMAND", ("no-such-program",))
    with worker.Standby(2) as ready:
        assert ready.take() is None


def test_for_whom_workers_stand_by(
    files: list[Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(files[0].path).parents[6]
    monkeypatch.setattr(worker, "cores", lambda: 4)
    size = sum(file.size for file in files)
    for small, expected in ((size, 0), (size - 1, 4)):
        monkeypatch.setattr(worker, "SMALL", small)
        assert worker.likely([str(folder)], None) == expected
        assert worker.likely([file.path for file in files], None) == expected
        assert worker.likely(["-", str(tmp_path / "no such"), "\0", str(folder)], None) == expected
    assert worker.likely([str(folder)], 3) == 3
    assert worker.likely([str(folder)], 10_000) == len(files)
    assert worker.likely([files[0].path], 3) == 0
    assert worker.likely([str(folder)], 1) == 0
    assert worker.likely([], 3) == 0
    monkeypatch.setattr(worker, "cores", lambda: 1)
    assert worker.likely([str(folder)], None) == 0


def test_small_files_get_no_second_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(*sizes: int) -> list[Source]:
        return [Source("x", size, number=i) for i, size in enumerate(sizes)]

    monkeypatch.setattr(processes, "cores", lambda: 8)
    worth = processes.WORTH_A_THREAD
    assert processes.threads_for(of(worth, worth)) == 2
    assert processes.threads_for(of(worth, worth - 1)) == 1
    assert processes.threads_for(of()) == 1
    monkeypatch.setattr(processes, "cores", lambda: 1)
    assert processes.threads_for(of(worth)) == 1


def test_standard_input_is_read_by_the_parent(
    files: list[Source], monkeypatch: pytest.MonkeyPatch, pools: Pools
) -> None:
    data = log_file(record(1, eventName="StopLogging"), record(2))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    piped = [StandardInput(), *(replace(file, number=file.number + 1) for file in files)]
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


def test_no_fork_and_no_pool() -> None:
    # A pool hangs when one of its workers is killed, and a fork copies threads and locks.
    folder = Path(processes.__file__).parent
    for path in folder.glob("*.py"):
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        }
        assert not {"multiprocessing", "concurrent.futures", "fork"} & imported, path.name
