"""A Spark cluster of processes gives what one process gives, also when an executor is killed."""

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
from detector.errors import ClusterError
from detector.scan import plain
from tests.scans import facts
from tests.test_cluster import PLAN, during, files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="needs the extra spark: make check-spark installs it")
    if not shutil.which("java"):
        pytest.skip("needs Java 17: Debian has it as openjdk-17-jre-headless")
    builder = sql.SparkSession.builder.master("local-cluster[2,1,1024]")
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
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


def test_a_session_that_has_ended(session: Any, tmp_path: Path) -> None:
    session.stop()
    with pytest.raises(ClusterError, match=r"^expected a Spark session with a context: "):
        spark.scan_on(session)(*PLAN, files(tmp_path, "plain"))
