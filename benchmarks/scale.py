"""What the driver of a very large replay costs: a million objects are listed, planned, sent out and merged.

In: a number of objects. Out: seconds and the peak of memory after each step, as a table. Nothing but the reading is simulated:
the bucket is a server on loopback that makes up the pages of a listing, and an engine that has no workers answers each batch
with matches for one object in ten. All else is the program: listing with delimiters, the clock, batches by bytes, what is
pickled for a worker, the merged answer, the frames and the alarm.

    python benchmarks/scale.py 1000000
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import resource
import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import detector
from detector.archive import Plan, Source
from detector.archive.access import Access
from detector.cloudtrail.record import evidence
from detector.metrics.matches import Match
from detector.scan import executors, processes
from detector.scan.found import Found

SIZE = 50_000
"""Bytes of an object: what an organisation's trail delivers on average is between 5 and 100 kB."""
ACCOUNTS, REGIONS, PER_DAY = 20, 10, 100
PAGE = 1000
PREFIX = "AWSLogs/"
MATCHES_ONE_IN = 10
WORKERS = 200


class Keys:
    """The keys of an organisation's bucket in their order, made when they are asked for."""

    def __init__(self, count: int) -> None:
        self.days = max(1, count // (ACCOUNTS * REGIONS * PER_DAY))

    def __len__(self) -> int:
        return ACCOUNTS * REGIONS * self.days * PER_DAY

    def __getitem__(self, number: int) -> str:
        rest, of_day = divmod(number, PER_DAY)
        rest, day = divmod(rest, self.days)
        account, region = divmod(rest, REGIONS)
        year, of_year = divmod(day, 12 * 28)
        month, of_month = divmod(of_year, 28)
        date = 2020 + year, month + 1, of_month + 1
        name, minute = f"eu-zone-{region:02}", of_day * 14
        stamp = "{}{:02}{:02}T{:02}{:02}Z".format(*date, minute // 60, minute % 60)
        folder = "{}{}/CloudTrail/{}/{}/{:02}/{:02}".format(
            PREFIX, owner := 111122220000 + account, name, *date
        )
        return f"{folder}/{owner}_CloudTrail_{name}_{stamp}_{number:016x}.json.gz"

    def page(self, prefix: str, delimiter: str, after: str) -> tuple[list[str], list[str], str]:
        """Up to a page of keys and folders behind one, and the last of them where there are more."""
        place = max(bisect_left(self, prefix), bisect_left(self, after + "\0") if after else 0)
        keys: list[str] = []
        folders: list[str] = []
        while place < len(self) and (key := self[place]).startswith(prefix):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if len(keys) + len(folders) == PAGE:
                return keys, folders, keys[-1] if keys else f"{folders[-1]}\uffff"
            if end < 0:
                keys.append(key)
                place += 1
            else:
                folders.append(key[: end + 1])
                place = bisect_left(self, f"{key[: end + 1]}\uffff")
        return keys, folders, ""


class Bucket(BaseHTTPRequestHandler):
    """ListObjectsV2 of `Keys`."""

    protocol_version = "HTTP/1.1"
    keys = Keys(0)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """One page of a listing."""
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        after = asked.get("continuation-token") or asked.get("start-after", "")
        keys, folders, more = self.keys.page(asked.get("prefix", ""), asked.get("delimiter", ""), after)
        objects = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{abs(hash(key)):032x}&quot;</ETag><Size>{SIZE}</Size></Contents>"
            for key in keys
        )
        common = "".join(f"<CommonPrefixes><Prefix>{one}</Prefix></CommonPrefixes>" for one in folders)
        token = f"<NextContinuationToken>{escape(more)}</NextContinuationToken>" if more else ""
        body = (
            f"<ListBucketResult><IsTruncated>{str(bool(more)).lower()}</IsTruncated>{token}{objects}{common}"
            "</ListBucketResult>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(count: int, told: Connection) -> None:
    """Be the bucket, in a process of its own."""
    Bucket.keys = Keys(count)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    told.send(server.server_port)
    server.serve_forever()


class Instant(Executor):
    """Workers that need no time: what they take to make up an answer is told apart."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0
        self.sent = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        """Matches for one object in ten."""
        assert fn is executors.work  # noqa: S101 - what is measured is what runs
        begun = time.perf_counter()
        _, _, key, sources, _ = args
        self.calls += 1
        self.sent += len(sources)
        future: Future[Any] = Future()
        future.set_result(pickle.dumps((key, answer(pickle.loads(sources)))))  # noqa: S301 - our own
        self.seconds += time.perf_counter() - begun
        return future


def answer(sources: list[Source]) -> Found:
    """What a worker would have found."""
    found = Found.empty(1)
    for source in sources:
        found.files += 1
        found.records += 700
        found.see(source.delivered or 0)
        if source.number % MATCHES_ONE_IN == 0:
            who = {"eventName": "StopLogging", "awsRegion": source.region, "sourceIPAddress": "192.0.2.1"}
            place = source.delivered or 0, source.number, 7, f"{source.number:036x}"
            found.hits[0].matches.add(Match(*place, 1.0, (), False, evidence(who)))
    return found


class Table:
    """A row for each step: seconds since the last one, and the peak of memory so far."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        print("| step | seconds | peak, MB |\n|---|---:|---:|")
        self.row("the program is imported")

    def row(self, step: str, less: float = 0) -> None:
        """The end of a step, of which some seconds were not the driver's."""
        now = time.perf_counter()
        peak = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            // (1 if sys.platform == "linux" else 1024)
            // 1000
        )
        print(f"| {step} | {now - self.begun - less:.1f} | {peak:,} |", flush=True)
        self.begun = time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", nargs="?", type=int, default=1_000_000)
    count = parser.parse_args().objects
    here, there = multiprocessing.Pipe()
    bucket = multiprocessing.get_context("spawn").Process(target=serve, args=(count, there), daemon=True)
    bucket.start()
    endpoint = f"http://127.0.0.1:{here.recv()}"
    table = Table()
    plan = Plan.of_alarms(f"s3://scale/{PREFIX}")
    plan = Plan(
        paths=plan.paths,
        clock_open=plan.clock_open,
        access=Access(endpoint, region="eu-west-1", unsigned=True),
    )
    files = plan.locate().files
    table.row(f"{len(files):,} objects listed, {sum(one.size for one in files) / 1e9:,.0f} GB")
    runs = processes.runs(files, 2 * WORKERS, executors.MAX_BATCH, executors.MAX_FILES)
    table.row(f"{len(runs):,} batches planned")
    del files, runs
    engine = Instant()
    scan = partial(executors.scan, engine=executors.Engine(engine, 2 * WORKERS))
    (replay,) = detector.replay("cis/cloudwatch-5", plan, scan=scan)
    sent = f"{engine.calls:,} batches sent ({engine.sent / 1e6:,.0f} MB), {replay.matched:,} matches merged and replayed"
    table.row(sent, engine.seconds)
    bucket.terminate()


if __name__ == "__main__":
    main()
