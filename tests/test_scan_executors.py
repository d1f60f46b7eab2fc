"""Whoever runs the batches, and whatever becomes of them, the answer is that of one process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.archive import ProblemKind, Source
from detector.errors import ClusterError
from detector.scan import executors, plain, processes
from detector.scan.cluster import scan_on
from tests import scans
from tests.scans import facts, log_file, record

PLAN = scans.plan('{ $.eventName = "StopLogging" }', '{ $.eventName != "StopLogging" && $.x > 3 }')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("many")


@pytest.fixture(scope="module")
def files(folder: Path) -> list[Source]:
    contents = [
        log_file(*(record(i, x=n, eventName="StopLogging" if i % 7 == 0 else "GetObject") for i in range(n)))
        for n in range(1, 31)
    ]
    contents[13] = b'{"Records":[{"eventName":"StopLogging"'
    return scans.stored(folder, contents)


@pytest.fixture(scope="module")
def expected(files: list[Source]) -> dict[str, Any]:
    return facts(plain.scan(*PLAN, files))


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


class Engine(Executor):
    """An engine that does at once what its ``way`` makes of a call."""

    def __init__(self, way: Callable[..., bytes]) -> None:
        self.way = way
        self.asked: list[tuple[Any, ...]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        self.asked.append(args)
        future: Future[Any] = Future()
        try:
            future.set_result(self.way(fn, *args))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


@pytest.mark.parametrize("in_flight", [1, 3, 1_000])
def test_threads(files: list[Source], expected: dict[str, Any], threads: Executor, in_flight: int) -> None:
    assert facts(scan_on(threads, in_flight=in_flight)(*PLAN, iter(files))) == expected


def test_processes_in_another_folder(
    folder: Path, files: list[Source], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        executor.submit(os.getcwd).result()
        monkeypatch.chdir(folder)
        relative = [
            Source(
                str(Path(one.path).relative_to(folder)),
                one.size,
                one.account,
                one.region,
                one.delivered,
                None,
                one.number,
            )
            for one in files
        ]
        found = scan_on(executor)(*PLAN, relative)
        assert [one.path for one in found.problems] == [relative[13].path]
        for one in found.problems:
            object.__setattr__(one, "path", files[13].path)
        assert facts(found) == expected
        executor.submit(signal.raise_signal, signal.SIGKILL)
        with pytest.raises(
            ClusterError, match=r"^the executor (has ended|takes no more work).*: BrokenProcessPool: "
        ):
            scan_on(executor)(*PLAN, files)


def test_a_job_says_the_same(folder: Path, files: list[Source], threads: Executor) -> None:
    assert files
    asked = ["cis/cloudwatch-2", "cis/cloudwatch-5"]
    here = detector.replay(asked, [folder])
    there = detector.replay(asked, [folder], scan=detector.scan_on(threads))
    assert [one.matches.rows() for one in here] == [one.matches.rows() for one in there]
    assert here.reading == there.reading


def test_progress_counts_every_file_once(files: list[Source], threads: Executor) -> None:
    seen: list[tuple[int, int]] = []
    scan_on(threads)(*PLAN, files, lambda *work: seen.append(work))
    assert sum(count for count, _ in seen) == len(files)
    assert sum(size for _, size in seen) == sum(one.size for one in files)
    assert len(seen) > 5


def test_a_batch_counted_twice_is_dropped_and_one_that_was_not_is_asked_again(
    files: list[Source], expected: dict[str, Any]
) -> None:
    answers: list[bytes] = []

    def confused(fn: Callable[..., bytes], *args: Any) -> bytes:
        answers.append(fn(*args))
        return answers[0 if len(answers) == 2 else -1]

    engine = Engine(confused)
    assert facts(scan_on(engine)(*PLAN, files)) == expected
    first, second, *_ = [args[2] for args in engine.asked]
    assert sorted(args[2] for args in engine.asked if args[-1]) == [second]
    assert [args[2] for args in engine.asked].count(first) == 1


def test_a_batch_whose_worker_died_is_read_in_a_process_of_its_own(
    files: list[Source], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[processes.Pool] = []

    def pool(*asked: Any) -> processes.Pool:
        pools.append(processes.Pool(*asked))
        return pools[-1]

    monkeypatch.setattr(executors, "Pool", pool)
    monkeypatch.setattr(processes, "RUNS_PER_JOB", 1)

    def dying(fn: Callable[..., bytes], *args: Any) -> bytes:
        if not args[-1] and args[2] == 0:
            raise RuntimeError("its worker died")
        return fn(*args)

    engine = Engine(dying)
    assert facts(scan_on(engine, in_flight=3)(*PLAN, files)) == expected
    assert len(pools) == 1
    assert [args[2] for args in engine.asked].count(0) == 2


def test_a_batch_that_nobody_can_read_is_named_and_all_others_count(files: list[Source]) -> None:
    def dying(fn: Callable[..., bytes], *args: Any) -> bytes:
        if args[2] == 0:
            raise MemoryError
        return fn(*args)

    engine = Engine(dying)
    found = scan_on(engine, in_flight=3)(*PLAN, files)
    lost = [one for one in found.problems if one.kind is ProblemKind.KILLED]
    assert [one.path for one in lost] == [one.path for one in files[: len(lost)]]
    assert found.files == len(files)
    rest = facts(plain.scan(*PLAN, files[len(lost) :]))
    assert facts(found) == rest | {"files": len(files), "problems": sorted([*lost, *rest["problems"]])}


def test_a_worker_without_detector(files: list[Source]) -> None:
    def refusing(*_: Any) -> bytes:
        raise ModuleNotFoundError("No module named 'detector'")

    with pytest.raises(ClusterError) as error:
        scan_on(Engine(refusing))(*PLAN, files)
    expected = f"a worker cannot run detector: expected cloudtrail-detector {detector.__version__} there"
    assert str(error.value) == f"{expected} (ModuleNotFoundError: No module named 'detector')"


def test_a_worker_with_another_version(files: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "__version__", "9.9.9")

    def older(fn: Callable[..., bytes], *args: Any) -> bytes:
        with monkeypatch.context() as there:
            there.setattr(executors, "__version__", "0.0.1")
            return fn(*args)

    with pytest.raises(ClusterError, match=r"^a worker has detector 0\.0\.1: expected 9\.9\.9, .* asks$"):
        scan_on(Engine(older))(*PLAN, files)


def test_no_more_batches_wait_than_are_allowed_and_none_after_an_error(files: list[Source]) -> None:
    waiting: list[Future[bytes]] = []

    class Idle(Executor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
            assert fn is executors.work
            assert args
            waiting.append(Future())
            return waiting[-1]

    def enough() -> None:
        raise ClusterError("enough")

    with pytest.raises(ClusterError, match="enough"):
        executors.scan(*PLAN, files, engine=executors.Engine(Idle(), 3, enough))
    assert len(waiting) == 3
    assert all(one.cancelled() for one in waiting)


def test_an_executor_that_was_shut_down(files: list[Source]) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ClusterError, match=r"^the executor takes no more work: RuntimeError: "):
        scan_on(executor)(*PLAN, files)


def test_interpreters_are_refused(threads: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concurrent.futures.InterpreterPoolExecutor", type(threads), raising=False)
    with pytest.raises(ClusterError, match="found one of interpreters"):
        scan_on(threads)
