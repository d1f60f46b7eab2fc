"""What is read is complete and sound, or it is refused: every kind of damage, at every place."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from detector.archive import Broken, Plan, Problem, Source, StandardInput, source_events
from tests.archives import text_of

if TYPE_CHECKING:
    from pathlib import Path

TEXT = b'{"Records":[{"eventName":"GetObject","eventTime":"2023-07-10T12:00:00Z"}]}'
PACKED = gzip.compress(TEXT, mtime=0)
MIB = 1 << 20


def stored(folder: Path, content: bytes) -> Source:
    path = folder / "log"
    path.write_bytes(content)
    return Source(str(path), len(content))


GOOD = {
    "plain": (TEXT, TEXT),
    "gzip": (PACKED, TEXT),
    "empty file": (b"", b""),
    "empty gzip": (gzip.compress(b""), b""),
    "two members": (gzip.compress(TEXT[:20]) + gzip.compress(TEXT[20:]), TEXT),
    "an empty member between": (
        gzip.compress(TEXT[:20]) + gzip.compress(b"") + gzip.compress(TEXT[20:]),
        TEXT,
    ),
    "many members": (b"".join(gzip.compress(TEXT[i : i + 1]) for i in range(len(TEXT))), TEXT),
    "zero padding": (PACKED + bytes(512), TEXT),
    "zero padding between members": (
        gzip.compress(TEXT[:20]) + bytes(7) + gzip.compress(TEXT[20:]) + bytes(1),
        TEXT,
    ),
    "name in the header": (PACKED[:3] + b"\x08" + PACKED[4:10] + b"log.json\0" + PACKED[10:], TEXT),
    "a name longer than the first look": (
        PACKED[:3] + b"\x08" + PACKED[4:10] + b"x" * 9_000 + b"\0" + PACKED[10:],
        TEXT,
    ),
    "byte order mark": (b"\xef\xbb\xbf" + TEXT, b"\xef\xbb\xbf" + TEXT),
    "blanks before": (b"\r\n\t " + TEXT, b"\r\n\t " + TEXT),
    "an array": (b"[]", b"[]"),
    "gzip in gzip": (gzip.compress(PACKED), TEXT),
    "UTF-16": (TEXT.decode().encode("utf-16"), TEXT),
    "UTF-16 without a mark": (TEXT.decode().encode("utf-16-be"), TEXT),
    "an export": (b"2023-07-10T12:00:00.000Z {}", b"2023-07-10T12:00:00.000Z {}"),
}


@pytest.mark.parametrize("name", GOOD)
def test_is_read(tmp_path: Path, name: str) -> None:
    content, expected = GOOD[name]
    assert text_of(stored(tmp_path, content)) == expected


BROKEN = {
    "trailing garbage": (PACKED + b"xyz", "cut off, or followed by bytes"),
    "long trailing garbage": (PACKED + b"no gzip at all " * 10, "corrupt"),
    "garbage after padding": (PACKED + bytes(9) + b"x", "cut off, or followed by bytes"),
    "second member cut off": (PACKED + PACKED[:-3], "cut off"),
    "wrong checksum": (PACKED[:-8] + bytes(4) + PACKED[-4:], "corrupt"),
    "wrong length": (PACKED[:-1] + b"\x07", "corrupt"),
    "unknown method": (PACKED[:2] + b"\x07" + PACKED[3:], "corrupt"),
    "binary": (b"\x00\x01\x02", "does not begin like a log"),
    "binary in gzip": (gzip.compress(bytes(5_000)), "does not begin like a log"),
    "a list of texts": (b'"a", "b"', "a CSV without CloudTrail's columns"),
    "markup": (gzip.compress(b"<Error><Code>AccessDenied</Code></Error>"), "the error that S3 answered with"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_is_refused(tmp_path: Path, name: str) -> None:
    content, reason = BROKEN[name]
    file = stored(tmp_path, content)
    with pytest.raises(Broken, match=reason):
        text_of(file)
    (problem,) = source_events(Plan(), file)
    assert isinstance(problem, Problem)
    assert problem.path == file.path
    assert reason in problem.reason


def test_cut_off_anywhere(tmp_path: Path) -> None:
    for length in range(1, len(PACKED)):
        with pytest.raises(Broken):
            text_of(stored(tmp_path, PACKED[:length]))


def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path: Path) -> None:
    found = 0
    for place in range(len(PACKED) * 8):
        damaged = bytearray(PACKED)
        damaged[place // 8] ^= 1 << place % 8
        try:
            assert text_of(stored(tmp_path, bytes(damaged))) == TEXT
        except Broken:
            found += 1
    # Four bytes of time, one of hints and one of the system say nothing about the content.
    assert found >= (len(PACKED) - 7) * 8


BOMBS = {
    "one member": gzip.compress(b"[" + b" " * 64 * MIB),
    "many members": gzip.compress(b"[" + b" " * MIB) * 64,
    "a size that lies": gzip.compress(b"[" + b" " * 64 * MIB)[:-4] + bytes(4),
    "plain": b"[" + b" " * 3 * MIB,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_stopped_at_the_limit(tmp_path: Path, name: str) -> None:
    file = stored(tmp_path, BOMBS[name])
    tracemalloc.start()
    with pytest.raises(Broken, match="more than the limit of 2,097,152 bytes"):
        text_of(file, 2 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB


def test_what_is_no_log_is_not_decompressed(tmp_path: Path) -> None:
    file = stored(tmp_path, gzip.compress(bytes(64 * MIB)))
    tracemalloc.start()
    with pytest.raises(Broken, match="does not begin like a log"):
        text_of(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MIB


@pytest.mark.parametrize("content", [TEXT, PACKED], ids=["plain", "gzip"])
def test_the_limit_itself_is_allowed(tmp_path: Path, content: bytes) -> None:
    file = stored(tmp_path, content)
    assert text_of(file, len(TEXT)) == TEXT
    with pytest.raises(Broken, match="limit"):
        text_of(file, len(TEXT) - 1)


@pytest.mark.parametrize("content", [TEXT, PACKED, b""], ids=["plain", "gzip", "empty"])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert text_of(StandardInput()) == (TEXT if content else b"")


def test_standard_input_has_the_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[" * 10_000)))
    with pytest.raises(Broken, match="limit"):
        text_of(StandardInput(), 9_999)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("content", [TEXT, PACKED], ids=["plain", "gzip"])
def test_a_pipe_that_comes_byte_by_byte(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for byte in content:
                pipe.write(bytes([byte]))

    writer = threading.Thread(target=write)
    writer.start()
    assert text_of(Source(str(path), 0)) == TEXT
    writer.join()
    assert text_of(Source(str(path), 0)) == TEXT  # nobody writes again
    path.unlink()
    path.write_bytes(b"{}")
    assert text_of(Source(str(path), 0)) == b"{}"


def test_a_file_that_is_gone_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Broken, match=r"^cannot be read: No such file or directory$"):
        text_of(Source(str(tmp_path / "gone.json"), 0))
    with pytest.raises(Broken, match=r"^cannot be read: "):
        text_of(Source(str(tmp_path), 0))


def test_more_than_the_machine_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def exhausted(_text: object) -> object:
        raise MemoryError

    monkeypatch.setattr("detector.archive.content.layout", exhausted)
    with pytest.raises(Broken, match="more memory than there is"):
        text_of(stored(tmp_path, PACKED))
