"""Threads share batches of files: each file once, errors raised, large files one at a time."""

from __future__ import annotations

import threading
import time

import pytest

from detector.archive import Source
from detector.jsontext import parse_json
from detector.scan.threads import LARGE, share

FILES: list[Source] = [Source(f"{number}.json.gz", size=number, number=number) for number in range(50)]
BATCHES = [[file] for file in FILES]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_file_once(threads: int) -> None:
    results: list[list[int]] = [[] for _ in range(threads)]
    done: list[tuple[int, int]] = []

    def work(sources: list[Source], result: list[int]) -> None:
        time.sleep(0.0005)
        result.extend(source.number for source in sources)

    share(work, results, iter(BATCHES), lambda *step: done.append(step))
    assert sorted(number for result in results for number in result) == list(range(50))
    assert sorted(done) == [(1, size) for size in range(50)]
    assert all(results)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_an_error_in_any_thread_is_raised_and_ends_all(threads: int) -> None:
    seen: list[int] = []

    def work(sources: list[Source], _: None) -> None:
        seen.extend(source.number for source in sources)
        if threads == 1 or threading.current_thread() is not threading.main_thread():
            raise KeyError
        time.sleep(0.002)

    with pytest.raises(KeyError):
        share(work, [None] * threads, iter(BATCHES))
    assert len(seen) < len(FILES)


def test_large_files_one_at_a_time() -> None:
    large: list[Source] = [Source("x", size=LARGE + 1, number=number) for number in range(10)]
    busy = threading.Lock()
    together: list[bool] = []

    def work(_: list[Source], __: None) -> None:
        together.append(not busy.acquire(blocking=False))
        time.sleep(0.002)
        busy.release()

    share(work, [None] * 3, [[source] for source in large])
    assert together == [False] * 10


def test_deep_json_in_a_helping_thread() -> None:
    deep = b"[" * 900 + b"]" * 900
    before = threading.stack_size()
    results: list[list[object]] = [[] for _ in range(3)]
    share(lambda _, result: result.append(parse_json(deep)), results, BATCHES)
    assert threading.stack_size() == before
