"""A Spark cluster of processes gives what one process gives, also when an executor is killed, and names a file that kills."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import spark
from detector.archive import ProblemKind
from detector.errors import ClusterError
from detector.scan import plain, processes
from tests.data import perilous_worker
from tests.scans import facts
from tests.test_cluster import PLAN, during, files

pytestmark = pytest.mark.slow


PRELOAD = """\
import sys
sys.path.append({path!r})
import perilous_worker
perilous_worker.dask_setup(None)
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="needs the extra spark: make check-spark installs it")
    if not shutil.which("java"):
        pytest.skip("needs Java 17: Debian has it as openjdk-17-jre-headless")
    folder = tmp_path_factory.mktemp("preload")
    preload = PRELOAD.format(path=str(Path(perilous_worker.__file__).parent))
    (folder / "sitecustomize.py").write_text(preload, "utf-8")
    builder = sql.SparkSession.builder.master("local-cluster[2,1,1024]")
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executorEnv.PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in options.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        made = builder.getOrCreate()
        made.sparkContext.setLogLevel("OFF")
        yield made
        made.stop()


def executors() -> list[int]:
    """The processes of the executors that this process has started, by way of Spark's."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"CoarseGrainedExecutorBackend" in command and os.getpid() in ancestors(int(folder.name)):
            found.append(int(folder.name))
    return found


def ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1])


def test_an_executor_is_killed(session: Any, tmp_path: Path) -> None:
    there = files(tmp_path)
    first = spark.scan_on(session)(*PLAN, there[:4])
    assert facts(first) == facts(plain.scan(*PLAN, there[:4]))
    pid, _ = executors()
    found = spark.scan_on(session, in_flight=4)(*PLAN, there, during(lambda: os.kill(pid, signal.SIGKILL)))
    assert facts(found) == facts(plain.scan(*PLAN, there))
    assert pid not in executors()


def test_a_file_that_kills_is_named_and_all_others_count(session: Any, tmp_path: Path) -> None:
    there = files(tmp_path, *["slow"] * 10, "deadly", *["slow"] * 10)
    found = spark.scan_on(session)(*PLAN, there)
    (problem,) = [one for one in found.problems if one.kind is ProblemKind.KILLED]
    assert (problem.path, problem.reason) == (there[10].path, processes.KILLED)
    rest = facts(plain.scan(*PLAN, [*there[:10], *there[11:]]))
    problems = sorted([problem, *rest["problems"]])
    assert facts(found) == rest | {"files": len(there), "problems": problems}


def test_a_session_that_has_ended(session: Any, tmp_path: Path) -> None:
    session.stop()
    with pytest.raises(ClusterError, match=r"^expected a Spark session with a context: "):
        spark.scan_on(session)(*PLAN, files(tmp_path, "plain"))
