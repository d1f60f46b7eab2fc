"""A large text is read in batches and gives the same events as a small one, and none at all where it is broken."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import sys
import tracemalloc
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.archive import DEFAULT_LIMIT, Event, Problem, Source, StandardInput
from detector.archive.content import log_events

RECORD = '{"eventVersion":"1.08","eventTime":"2025-03-05T12:00:00Z","n":%s}'
FOUR = ",".join(RECORD % i for i in range(4))
LOOKED_UP = json.dumps({"CloudTrailEvent": RECORD % 1})
CONTENTS = {
    "records": '{"Records":[' + FOUR + "]}",
    "one record": '{"Records":[' + RECORD % 1 + "]}",
    "blanks and a line break": '{"Records":[ ' + RECORD % 1 + " ,\n" + RECORD % 2 + " ] }\n",
    "indented": json.dumps({"Records": [json.loads(RECORD % i) for i in range(4)]}, indent=4),
    "none": '{"Records":[]}',
    "members that are no objects": '{"Records":[1,' + RECORD % 1 + ',null,"x",[2]]}',
    "a number beyond doubles": '{"Records":[' + RECORD % "1e400" + "]}",
    "a lone surrogate": '{"Records":[' + RECORD % '"\\ud800"' + "]}",
    "an integer beyond 64 bits": '{"Records":[' + RECORD % "123456789012345678901234567890" + "]}",
    "duplicate keys": '{"Records":[{"a":1,"a":2}]}',
    "brackets in strings": '{"Records":[' + RECORD % '"]},{\\"[\\\\"' + "," + FOUR + "]}",
    "another member before": '{"more":[1],"Records":[' + FOUR + "]}",
    "another member beside": '{"Records":[' + FOUR + '],"more":{"Records":1}}',
    "cut off": '{"Records":[' + RECORD % 1 + ",",
    "cut off in a record": '{"Records":[' + FOUR[:-5],
    "a comma too many": '{"Records":[' + FOUR + ",]}",
    "a comma too many in the middle": '{"Records":[' + RECORD % 1 + ",," + RECORD % 2 + "]}",
    "a comma at the beginning": '{"Records":[,' + FOUR + "]}",
    "a bracket of the wrong kind": '{"Records":[' + FOUR + "}}",
    "the last record broken": '{"Records":[' + FOUR + "," + RECORD % "NaN" + "]}",
    "more after it": '{"Records":[' + FOUR + "]}x",
    "not an array": '{"Records":{"a":1}}',
    "two documents": '{"Records":[' + FOUR + ']}{"Records":[' + FOUR + "]}",
    "two documents, the second cut off": '{"Records":[' + FOUR + ']}{"Records":[' + FOUR + "]",
    "not ASCII": '{"Records":[' + RECORD % '"\u00e9\u6f22"' + "]}",
    "an array": "[" + FOUR + "]",
    "an array of texts": json.dumps([RECORD % 1, RECORD % 2]),
    "objects one after another": FOUR.replace('},{"eventV', '}{"eventV'),
    "lines": FOUR.replace('},{"eventV', '}\n{"eventV'),
    "lines, one broken": FOUR.replace('},{"eventV', '}\n{"eventV') + '\n{"a":\n' + RECORD % 9,
    "lookup-events": '{"Events":[' + ",".join([LOOKED_UP] * 3) + '],"NextToken":"x"}',
    "a table": "eventTime,eventName\n" + '2025-03-05T12:00:00Z,"A\nB ""x"""\n' * 3 + "1\n",
}


def listed(content: bytes, folder: Path) -> list[object]:
    path = folder / "one.json"
    path.write_bytes(content)
    return [
        item.reason if isinstance(item, Problem) else (item.position, json.dumps(item.record))
        for item in log_events(Source(str(path), len(content)), DEFAULT_LIMIT)
    ]


def in_batches(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr("detector.archive.content.WHOLE", 0)
    monkeypatch.setattr("detector.archive.batches.BATCH", batch)


@pytest.mark.parametrize("batch", [1, 100, 4096])
@pytest.mark.parametrize("name", CONTENTS)
def test_the_same_as_a_small_one(
    name: str, batch: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small = listed(CONTENTS[name].encode(), tmp_path)
    in_batches(monkeypatch, batch)
    large = listed(CONTENTS[name].encode(), tmp_path)
    if any(isinstance(one, str) and one.startswith("broken JSON") for one in small):
        assert len(large) == 1
        assert str(large[0]).startswith("broken JSON")
    else:
        assert large == small


def test_bytes_that_are_not_utf8_spoil_the_whole_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_batches(monkeypatch, 64)
    content = b'{"Records":[' + FOUR.encode() + b',{"b":"\xff"}]}'
    assert [type(one) for one in listed(content, tmp_path)] == [str]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_checksum_at_the_very_end_counts_before_the_first_event(
    pack: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_batches(monkeypatch, 64)
    packed = pack(CONTENTS["records"].encode())  # type: ignore[operator]  # a function
    assert len(listed(packed, tmp_path)) == 4
    damaged = packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:]
    assert [type(one) for one in listed(damaged, tmp_path)] == [str]


MEGABYTE = 1 << 20


def many(megabytes: int) -> Iterator[bytes]:
    records = ",".join(RECORD % f'"{"x" * 900}"' for _ in range(1_000)).encode()
    yield b'{"Records":[' + records
    for _ in range(megabytes - 1):
        yield b"," + records
    yield b"]}"


def peak(source: Source) -> tuple[int, int]:
    """How many events, and the most memory in bytes that reading them took."""
    tracemalloc.start()
    count = sum(isinstance(item, Event) for item in log_events(source, DEFAULT_LIMIT))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, most


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.writelines(many(100))
    count, most = peak(Source(str(path), path.stat().st_size))
    assert count == 100_000
    assert most < 64 * MEGABYTE


def test_memory_does_not_grow_with_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"".join(many(100)), 1))))
    count, most = peak(StandardInput())
    assert count == 100_000
    assert most < 64 * MEGABYTE


@pytest.mark.parametrize("beginning", [b"[", b'{"Records":[{"a":"', b'{"a":1}\n', b"a,eventName\n"])
@pytest.mark.parametrize("filling", [b" ", b"x", b"[", b'"', b","])
def test_a_bomb_costs_little_of_its_limit(beginning: bytes, filling: bytes, tmp_path: Path) -> None:
    size = 20 * MEGABYTE
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(beginning)
        block = filling * (MEGABYTE // len(filling))
        for _ in range(size // MEGABYTE):
            file.write(block)
    tracemalloc.start()
    found = deque(log_events(Source(str(path), path.stat().st_size), 16 * MEGABYTE), maxlen=1)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found[-1], Problem)
    assert most < 52 * MEGABYTE
