"""A Dask cluster gives what one process gives, whatever becomes of its workers; without a scheduler there is one clear error."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from dask import config as dask_config
from distributed import Client, LocalCluster

from detector.archive import Plan, ProblemKind, Source
from detector.cli.main import main
from detector.errors import ClusterError
from detector.scan import cluster, plain, processes
from detector.scan.cluster import scan_on
from tests import s3_servers, scans
from tests.data import perilous_worker
from tests.scans import facts, log_file, record

PLAN = scans.plan('{ $.eventName = "StopLogging" }', '{ $.eventName != "StopLogging" && $.x > 3 }')
DASK = str(Path(sys.executable).with_name("dask"))
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", dashboard_address=":0"
    ) as local:
        yield str(local.scheduler_address)


def files(folder: Path, *names: str) -> list[Source]:
    """Files with these names, or 60 that take a moment each."""
    return [
        scans.store(
            folder / scans.DAY / f"{number:03}-{name}.json.gz",
            log_file(
                *(record(i, x=i, eventName="StopLogging" if i % 7 == 0 else "Get") for i in range(number))
            ),
            number=number,
        )
        for number, name in enumerate(names or ["slow"] * 60)
    ]


def test_the_command_line_says_the_same(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files(tmp_path, *["plain"] * 12)
    scans.store(tmp_path / scans.DAY / "broken.json.gz", b'{"Records":[{')
    monkeypatch.chdir(tmp_path)
    asked = ["replay", ".", "-d", "cis/cloudwatch-5", "--format", "json"]
    assert main(asked) == 2
    here = capsys.readouterr()
    assert main([*asked, "--scheduler", address]) == 2
    assert capsys.readouterr() == here
    assert json.loads(here.out)


def test_what_dasks_own_configuration_forbids_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with dask_config.set({"distributed.comm.require-encryption": True}):
        assert main(["replay", "samples", "-d", "cis/cloudwatch-5", "--scheduler", "tcp://127.0.0.1:1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "detector: no Dask scheduler answers at tcp://127.0.0.1:1: RuntimeError: encryption required"
    )
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "no Dask scheduler answers at tcp://127.0.0.1:1: "),
        (["--scheduler", "nowhere"], "no Dask scheduler answers at nowhere: "),
        (["--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"], "expected --jobs or --scheduler, not both"),
    ],
)
def test_no_scheduler(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    assert main(["replay", "samples", "-d", "cis/cloudwatch-5", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"detector: {said}")
    assert err.count("\n") == 1


def test_without_the_extra(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["replay", "samples", "-d", "cis/cloudwatch-5", "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "pip install 'cloudtrail-detector[dask]'" in capsys.readouterr().err


def test_a_cluster_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    monkeypatch.setattr(processes, "ATTENTION", 0.05)
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp", dashboard_address=":0") as local,
        Client(local, set_as_default=False) as client,
        pytest.raises(ClusterError, match=r"^the scheduler at tcp://\S+ has had no worker for 0.5 seconds$"),
    ):
        scan_on(client)(*PLAN, files(tmp_path, "plain"))


@contextmanager
def ended(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is killed in the end, with all that it has started."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.stack = stack
        told = folder / "scheduler.json"
        listening = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
        self.scheduler = stack.enter_context(ended(DASK, "scheduler", *listening))
        while not (told.exists() and told.read_text("utf-8").endswith("}")):  # it is written in parts
            time.sleep(0.05)
        self.address = str(json.loads(told.read_text("utf-8"))["address"])
        self.client = stack.enter_context(Client(self.address, set_as_default=False))

    def start(self, count: int, *options: str) -> list[subprocess.Popen[bytes]]:
        """Some workers, each of one thread, which do what the names of files say."""
        preload = ("--preload", perilous_worker.__file__, "--no-dashboard", "--nthreads", "1", *options)
        return [self.stack.enter_context(ended(DASK, "worker", self.address, *preload)) for _ in range(count)]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack, tmp_path)


def during(action: Callable[[], object]) -> Callable[[int, int], None]:
    """A progress that does something once some of the work is done."""
    calls: list[int] = []

    def progress(*_: int) -> None:
        calls.append(0)
        if len(calls) == 4:
            action()

    return progress


@SLOW
def test_a_worker_is_killed(made: Cluster, tmp_path: Path) -> None:
    made.start(2)  # with nannies, which replace them
    there = files(tmp_path)
    made.client.wait_for_workers(2, timeout=60)
    pid, *_ = made.client.run(os.getpid).values()
    found = scan_on(made.client)(*PLAN, there, during(lambda: os.kill(pid, signal.SIGKILL)))
    assert facts(found) == facts(plain.scan(*PLAN, there))
    assert pid not in made.client.run(os.getpid).values()


@SLOW
def test_a_worker_is_killed_that_reads_s3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(s3_servers.rclone(tmp_path))
        for name, value in (*s3_servers.ENVIRONMENT.items(), ("AWS_ENDPOINT_URL", url)):
            monkeypatch.setenv(name, value)
        files(tmp_path / "trail")
        made = Cluster(stack, tmp_path)
        made.start(2)
        made.client.wait_for_workers(2, timeout=60)
        plan = Plan.of("s3://trail")
        there = plan.locate().files
        pid, *_ = made.client.run(os.getpid).values()
        found = scan_on(made.client)(PLAN.filters, plan, there, during(lambda: os.kill(pid, signal.SIGKILL)))
        assert facts(found) == facts(plain.scan(PLAN.filters, plan, there))
        asked = ["replay", "s3://trail", "-d", "cis/cloudwatch-5", "--format", "json"]
        assert main(asked) == 0
        here = capsys.readouterr()
        assert main([*asked, "--scheduler", made.address]) == 0
        assert capsys.readouterr() == here


@SLOW
def test_all_workers_are_killed_and_others_come(made: Cluster, tmp_path: Path) -> None:
    first = made.start(2, "--no-nanny")
    there = files(tmp_path)

    def replace() -> None:
        for worker in first:
            worker.kill()
        made.start(2, "--no-nanny")

    made.client.wait_for_workers(2, timeout=60)
    found = scan_on(made.client)(*PLAN, there, during(replace))
    assert facts(found) == facts(plain.scan(*PLAN, there))
    assert all(worker.poll() is not None for worker in first)


@SLOW
def test_a_file_that_kills_is_named_and_all_others_count(made: Cluster, tmp_path: Path) -> None:
    made.start(2)
    there = files(tmp_path, *["slow"] * 20, "deadly", *["slow"] * 20)
    found = scan_on(made.client)(*PLAN, there)
    (problem,) = [one for one in found.problems if one.kind is ProblemKind.KILLED]
    assert (problem.path, problem.reason) == (there[20].path, processes.KILLED)
    rest = facts(plain.scan(*PLAN, [*there[:20], *there[21:]]))
    assert facts(found) == rest | {
        "files": len(there),
        "problems": sorted([problem, *rest["problems"]]),
    }


@SLOW
def test_the_scheduler_is_killed(made: Cluster, tmp_path: Path) -> None:
    made.start(2)
    files(tmp_path / "logs")
    asked = ("replay", str(tmp_path / "logs"), "-d", "cis/cloudwatch-5", "--scheduler", made.address)
    with subprocess.Popen((sys.executable, "-m", "detector", *asked), stderr=subprocess.PIPE) as process:
        while not any(one["processing"] for one in made.client.run_on_scheduler(busy)):
            time.sleep(0.02)
        made.scheduler.kill()
        _, told = process.communicate(timeout=30)
    assert process.returncode == 2
    assert re.fullmatch(rb"detector: the (executor has ended|scheduler at \S+ is gone).*\n", told)


def busy(dask_scheduler: Any) -> list[dict[str, int]]:
    return [{"processing": len(one.processing)} for one in dask_scheduler.workers.values()]
