"""Small archives: records in every container that CloudTrail's records come in, compressed or not, in one file or several.

In: ``draw``. Out: `Archive`s, whose records are those that any verb finds in its files; `CONTAINERS` is how each container is
written.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import strategies as st

from detector.jsontext import dump_json
from detector.testing.records import records as cloudtrail_records

FIRST = 1_688_990_400_123
"""The timestamp of the first log event, where a container has one (milliseconds since 1970); each later one is 1 more."""
ACCOUNT, REGION = "111122223333", "eu-west-1"
DAY = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2023/07/10"

Write: TypeAlias = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Container:
    """How records are written, given the JSON text of each.

    ``line_breaks``: whether such a text may have some. ``keeps``: whether messages and timestamps come back as they are.
    """

    write: Write
    line_breaks: bool = False
    keeps: bool = False


def log_file(each: Sequence[str]) -> str:
    """A log file as CloudTrail delivers it."""
    return '{"Records": [' + ",".join(each) + "]}"


def _logged(each: Sequence[str]) -> list[dict[str, Any]]:
    return [{"timestamp": FIRST + at, "message": text} for at, text in enumerate(each)]


def _subscription(each: Sequence[str]) -> dict[str, Any]:
    return {"messageType": "DATA_MESSAGE", "logGroup": "trail", "logEvents": _logged(each)}


def _payload(each: Sequence[str]) -> str:
    return base64.b64encode(gzip.compress(json.dumps(_subscription(each)).encode(), mtime=0)).decode()


def _bridged(text: str) -> str:
    return f'{{"detail-type": "AWS API Call via CloudTrail", "detail": {text}}}'


CONTAINERS: Mapping[str, Container] = {
    "a log file": Container(log_file, line_breaks=True),
    "an array": Container(lambda each: "[" + ",".join(each) + "]", line_breaks=True),
    "lines": Container("\n".join),
    "lines of Windows": Container(lambda each: "\ufeff" + "\r\n".join(each) + "\r\n"),
    "lines of log files": Container(lambda each: "\n".join(log_file([text]) for text in each)),
    "one after another": Container("".join),
    "log files one after another": Container(lambda each: "".join(log_file([text]) for text in each)),
    "EventBridge, lines": Container(lambda each: "\n".join(map(_bridged, each))),
    "filter-log-events": Container(
        lambda each: json.dumps({"events": _logged(each)}), line_breaks=True, keeps=True
    ),
    "filter-log-events, indented": Container(
        lambda each: json.dumps({"events": _logged(each)}, indent=1), line_breaks=True, keeps=True
    ),
    "a subscription": Container(lambda each: json.dumps(_subscription(each)), line_breaks=True, keeps=True),
    "a subscription, for Lambda": Container(
        lambda each: json.dumps({"awslogs": {"data": _payload(each)}}), line_breaks=True, keeps=True
    ),
    "a subscription, through Kinesis": Container(
        lambda each: json.dumps({"Records": [{"kinesis": {"data": _payload(each)}}]}),
        line_breaks=True,
        keeps=True,
    ),
    "a subscription, through Firehose": Container(
        lambda each: json.dumps({"records": [{"recordId": "1", "data": _payload(each)}]}),
        line_breaks=True,
        keeps=True,
    ),
    "an export": Container(
        lambda each: "\n".join(f"2023-07-10T12:00:00.{123 + at}Z {text}" for at, text in enumerate(each)),
        keeps=True,
    ),
    "lookup-events": Container(
        lambda each: json.dumps({"Events": [{"CloudTrailEvent": text} for text in each]}), line_breaks=True
    ),
    "lookup-events, only the records": Container(lambda each: json.dumps(list(each)), line_breaks=True),
    "CloudTrail Lake": Container(
        lambda each: json.dumps({"QueryResultRows": [[{"eventJson": text}] for text in each]}),
        line_breaks=True,
    ),
    "Logs Insights": Container(
        lambda each: json.dumps({"results": [[{"field": "@message", "value": text}] for text in each]}),
        line_breaks=True,
    ),
}


def _zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    ".json": bytes,
    ".json.gz": lambda data: gzip.compress(data, mtime=0),
    ".json.bz2": bz2.compress,
    ".zip": lambda data: _zipped("a.json", data),
}


@dataclass(frozen=True, slots=True)
class Archive:
    """Files by their path below a folder, and the records in them in the order in which they are read."""

    files: Mapping[str, bytes]
    records: tuple[dict[str, Any], ...]

    def write(self, folder: Path) -> Path:
        """Write the files into a folder, and return it: any verb takes it as a PATH. Draw each archive into a new one."""
        for name, data in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder


_NAMES, _SUFFIXES = st.sampled_from(sorted(CONTAINERS)), st.sampled_from(sorted(PACKED))


def archives(
    records: st.SearchStrategy[dict[str, Any]] | None = None, *, max_size: int = 6
) -> st.SearchStrategy[Archive]:
    """Archives of up to three files with up to ``max_size`` records in each (default: `records`), each in any container."""
    drawn = st.lists(cloudtrail_records() if records is None else records, min_size=1, max_size=max_size)
    return st.lists(st.tuples(drawn, _NAMES, _SUFFIXES), min_size=1, max_size=3).map(_archive)


def _archive(drawn: Sequence[tuple[list[dict[str, Any]], str, str]]) -> Archive:
    files = {}
    for number, (some, container, suffix) in enumerate(drawn):
        text = CONTAINERS[container].write([dump_json(one).decode() for one in some])
        files[f"{DAY}/{number}{suffix}"] = PACKED[suffix](text.encode())
    return Archive(files, tuple(record for some, _, _ in drawn for record in some))
