"""The fast scan on a Spark cluster, such as Glue, EMR or Databricks run.

In: a session. Out: a scan for any job, which finds what `detector.scan.fast` finds. A batch of files is a job of one
task, so that answers are merged as they come, and a file that kills whoever reads it fails no other batch: Spark runs a
task of a lost executor again, four times by default, then `detector.scan.executors` finds out which file it was.

The executors need this package; of Spark's own API nothing but ``mapPartitions`` is used, for which they need nothing else.
"""

from __future__ import annotations

import functools
import pickle
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from detector.archive import Plan, Progress, Source
from detector.errors import ClusterError
from detector.metrics.filter import MetricFilter
from detector.scan import executors
from detector.scan.executors import Engine, first_line
from detector.scan.found import Found
from detector.scan.run import Each

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LACKS = re.compile(r"^\s*(?:ModuleNotFound|Import)Error: .{1,200}", re.MULTILINE)
"""What the trace of an executor says that has not all that it needs."""


def scan_on(session: SparkSession, *, in_flight: int | None = None) -> Callable[..., Found]:
    """The scan of any job on the executors of a session: ``replay(…, scan=detector.spark.scan_on(session))``.

    ``in_flight`` batches are submitted at a time: by default twice Spark's parallelism, which dynamic allocation may not know
    at first. `ClusterError` when the session has ended, has no context (Spark Connect), or its executors cannot run this
    version of the package.
    """
    return functools.partial(scan, session=session, in_flight=in_flight)


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    *,
    session: SparkSession,
    in_flight: int | None = None,
    strict: bool | None = None,
    each: Each | None = None,
) -> Found:
    """What `fast.scan` finds; ``strict`` and ``each`` as for `processes.scan`."""
    try:
        context = session.sparkContext
        width = in_flight or 2 * context.defaultParallelism
    except Exception as error:
        raise ClusterError(f"expected a Spark session with a context: {first_line(error)}") from error
    jobs = Jobs(context, width)
    try:
        engine = Engine(jobs, width)
        return executors.scan(filters, plan, sources, progress, engine=engine, strict=strict, each=each)
    finally:
        jobs.end()


class Jobs:
    """Spark as an executor: a thread for each job that runs, and a job for each batch."""

    def __init__(self, context: Any, width: int) -> None:
        self.context = context
        self.threads = ThreadPoolExecutor(width, thread_name_prefix="detector-spark")
        self.group = f"detector-{uuid.uuid4()}"

    def submit(self, fn: Callable[..., bytes], /, *args: Any) -> Future[bytes]:
        """Have a function called on some executor."""
        return self.threads.submit(self._run, pickle.dumps((fn, args), protocol=pickle.HIGHEST_PROTOCOL))

    def end(self) -> None:
        """Stop what is still running, which nobody wants any more."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        if self.context._jsc is not None:  # noqa: SLF001 - how a context says that it was stopped
            self.context.cancelJobGroup(self.group)

    def _run(self, call: bytes) -> bytes:
        try:
            self.context.setJobGroup(self.group, "a batch of log files")
            [(answer, refusal)] = self.context.parallelize([call], 1).mapPartitions(called).collect()
        except Exception as error:
            if lacks := LACKS.search(str(error)):
                raise ImportError(lacks[0].strip()) from error
            if self.context._jsc is None or type(error).__name__ == "Py4JNetworkError":  # noqa: SLF001 - as above
                raise ClusterError(f"the Spark session has ended: {first_line(error)}") from error
            raise
        if refusal:
            raise ClusterError(refusal)
        return bytes(answer)


def called(calls: Iterable[bytes]) -> Iterator[tuple[bytes, str]]:
    """On an executor: what the functions give, or the sentence with which they refuse."""
    for call in calls:
        fn, args = pickle.loads(call)  # noqa: S301 - an executor runs what it is sent
        try:
            yield fn(*args), ""
        except ClusterError as refusal:
            yield b"", str(refusal)
