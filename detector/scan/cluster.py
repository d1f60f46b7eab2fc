"""The fast scan on a Dask cluster, or on an executor of the caller's.

In: metric filters, a plan, sources, and a client or the address of a scheduler. Out: the same `Found` as `fast.scan` gives.
Dask gives the batches of a worker that is lost to others; a batch that took four workers with it comes back as an error, and
`executors` finds out which file it was. A scheduler that is gone, or that has no workers for minutes, is a `ClusterError`.
"""

from __future__ import annotations

import concurrent.futures
import functools
import logging
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from detector.archive import Plan, Progress, Source
from detector.errors import ClusterError
from detector.metrics.filter import MetricFilter
from detector.scan import executors, processes
from detector.scan.executors import IN_FLIGHT, Engine, first_line
from detector.scan.found import Found
from detector.scan.run import Each

if TYPE_CHECKING:
    from distributed import Client

ANSWER = 10
"""Seconds in which a scheduler has to answer."""
PATIENCE = 300
"""Seconds without a single worker after which none is expected any more."""
WAITS = 25
"""Waits in vain between looks at how many workers there are."""
EXTRA = "expected the extra dask: pip install 'cloudtrail-detector[dask]' installs it"


def scan(
    filters: Sequence[MetricFilter],
    plan: Plan,
    sources: Iterable[Source],
    progress: Progress | None = None,
    *,
    client: Client | str,
    in_flight: int | None = None,
    strict: bool | None = None,
    each: Each | None = None,
) -> Found:
    """What `fast.scan` finds, on the workers of a Dask client, or of the scheduler at an address (``tcp://``, ``tls://``)."""
    if isinstance(client, str):
        with connected(client) as one:
            return scan(
                filters, plan, sources, progress, client=one, in_flight=in_flight, strict=strict, each=each
            )
    workers = Workers(client)
    engine = Engine(client.get_executor(pure=False), in_flight or 2 * workers.expected(), workers.check)
    return executors.scan(filters, plan, sources, progress, engine=engine, strict=strict, each=each)


def scan_on(executor: Any, *, in_flight: int | None = None) -> Callable[..., Found]:
    """The scan of any job, on an `Executor` or a ``dask.distributed.Client``: ``replay(…, scan=scan_on(client))``.

    ``in_flight`` batches are submitted at a time: by default twice as many as a Dask cluster has threads, and
    `executors.IN_FLIGHT` elsewhere. `ClusterError` when the executor has ended, or its workers cannot run this version of the
    package.
    """
    if isinstance(executor, getattr(concurrent.futures, "InterpreterPoolExecutor", ())):  # since Python 3.14
        raise ClusterError("expected an executor of processes or of threads, found one of interpreters")
    if isinstance(executor, Executor):
        return functools.partial(executors.scan, engine=Engine(executor, in_flight or IN_FLIGHT))
    return functools.partial(scan, client=executor, in_flight=in_flight)


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A client of the scheduler at an address; it is closed in the end, and what it would log is said in our words."""
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, and half a second to import
    except ModuleNotFoundError as error:
        raise ClusterError(EXTRA) from error
    disabled = logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions of packages that are not ours to compare
            client = Client(address, timeout=ANSWER, set_as_default=False)
        try:
            yield client
        finally:
            client.close(timeout=ANSWER)
    except (
        OSError,
        ValueError,
        TypeError,
        RuntimeError,
    ) as error:  # Dask's own configuration forbids it: RuntimeError
        raise ClusterError(f"no Dask scheduler answers at {address}: {first_line(error)}") from error
    finally:
        logging.disable(disabled)


class Workers:
    """Whether there is anybody left who could answer."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.waits = 0
        """Since there was a worker, as far as is known."""

    def expected(self) -> int:
        """How many threads the workers have, as soon as there is one."""
        while not (threads := self._threads()):
            self.check()
            time.sleep(processes.ATTENTION)
        return threads

    def check(self) -> None:
        """To be called after each wait in vain: `ClusterError` when the scheduler is gone, or has no workers for too long."""
        self.waits += 1
        if (self.client.status != "running" or self.waits % WAITS == 0) and self._threads():
            self.waits = 0
        if self.waits * processes.ATTENTION > PATIENCE:
            raise ClusterError(f"the scheduler at {self._address} has had no worker for {PATIENCE} seconds")

    def _threads(self) -> int:
        if self.client.status != "running":
            raise ClusterError(f"the scheduler at {self._address} is gone")
        try:
            identity = self.client.sync(self.client.scheduler.identity, n_workers=0, callback_timeout=ANSWER)
        except (OSError, TimeoutError) as error:
            raise ClusterError(f"the scheduler at {self._address} is gone: {first_line(error)}") from error
        return int(identity["total_threads"])

    @property
    def _address(self) -> str:
        return str(self.client.scheduler.address)
