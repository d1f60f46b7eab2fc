"""S3 on loopback for tests: real servers as processes, and a proxy before one that notes requests and spoils answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
BIN = Path(sys.executable).parent
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


def free_port() -> int:
    """A port of loopback that nobody listens on; SeaweedFS takes the one that is 10,000 above it too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 10_000))
                return port


@contextlib.contextmanager
def process(*words: str | Path, port: int) -> Iterator[str]:
    """A server as a process, once it answers; its URL."""
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        list(map(str, words)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(url, timeout=1).close()
                    break
                except urllib.error.HTTPError as error:
                    error.close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield url
        finally:
            server.kill()


@contextlib.contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """The folders of a folder as buckets. It refuses wrong credentials, and knows neither ranges nor If-Match."""
    port = free_port()
    words = ("--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}", "--dir-cache-time", "0s")
    with process(BIN / "rclone", "serve", "s3", *words, folder, port=port) as url:
        yield url


@contextlib.contextmanager
def seaweed(folder: Path) -> Iterator[str]:
    """An empty SeaweedFS. It refuses wrong credentials, and honours ranges and If-Match."""
    config = folder / "s3.json"
    account = {
        "name": "x",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    config.write_text(json.dumps({"identities": [account]}))
    port = free_port()
    names = ("master.port", "volume.port", "filer.port", "s3.port.iceberg", "s3.port.lance")
    others = [f"-{name}={free_port()}" for name in names]
    words = (
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3",
        f"-s3.port={port}",
        f"-s3.config={config}",
        *others,
    )
    with process(BIN / "weed", "server", f"-dir={folder}", *words, port=port) as url:
        yield url


@dataclass
class Faults:
    """What a proxy does to a request, by what is asked and how often it was asked before.

    ``of`` gives the name of a fault or an empty string: ``503``, ``403``, ``404``, ``reset``, ``cut``, ``late``.
    """

    of: Callable[[str, int], str] = lambda _path, _times: ""
    asked: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def lists(self) -> list[str]:
        """The requests that list a bucket."""
        return [path for path in self.asked.elements() if "list-type=2" in path]

    def next(self, path: str, headers: dict[str, str]) -> str:
        with self.lock:
            fault = self.of(path, self.asked[path])
            self.asked[path] += 1
            self.done[fault] += 1
            self.headers.append(headers)
        return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream = ""
    faults = Faults()

    def do_GET(self) -> None:
        fault = self.faults.next(self.path, dict(self.headers))
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault in {"503", "403", "404"}:
            self._answer(int(fault), {}, {"503": SLOW_DOWN, "403": DENIED}.get(fault, b""))
        else:
            self._pass_on(fault)

    do_HEAD = do_GET  # noqa: N815 - the library's name for it

    def _pass_on(self, fault: str) -> None:
        if fault == "late":
            time.sleep(0.05)
        asked = http.client.HTTPConnection(self.upstream, timeout=30)
        asked.request(self.command, self.path, headers=dict(self.headers))
        answer = asked.getresponse()
        body = answer.read()
        asked.close()
        kept = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() not in {"transfer-encoding", "connection", "date", "server"}
        }
        self._answer(answer.status, kept, body, cut=fault == "cut")

    def _answer(self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """A client that has gone is no news."""


@contextlib.contextmanager
def proxy(url: str, faults: Faults) -> Iterator[str]:
    """A server that passes requests on to another one; its URL."""
    handler = type("Handler", (_Handler,), {"upstream": url.removeprefix("http://"), "faults": faults})
    server = _Server(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
