"""Where the time goes: ``python benchmarks/parts.py``.

In: a corpus. Out: the parts of a scan one by one, in this process and over the same bytes; how the whole program
grows, and its verbs (`growth`). Each figure is the median of some rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pages
from corpus import CACHE
from growth import FREQUENT, Line, growth, records_of, start_up, verbs
from machine import described
from run import archive
from truth import DETECTIONS

from detector.archive import Plan, event_time, locate, whole
from detector.detections import Detection, load_detection
from detector.jobs.replay import replay
from detector.scan import dispatch, fast, plain, record_prefilter
from detector.scan.found import Found

if TYPE_CHECKING:
    from contestants import Archive

TRAIL = (b"CreateTrail", b"UpdateTrail", b"DeleteTrail", b"StartLogging", b"StopLogging")


def median(work: Callable[[], object], rounds: int) -> float:
    """Seconds of processor time in this process."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return statistics.median(times)


def parts(asked: Archive, rounds: int) -> Iterator[Line]:
    """The parts of a scan, each alone, over bytes that lie in memory already."""
    files = locate([str(asked.folder)]).files
    datas = [whole(file) or b"" for file in files]
    records = [record for data in datas for record in records_of(data)]
    frequent, everything = load_detection(FREQUENT), [load_detection(name) for name in DETECTIONS]
    size = sum(map(len, datas))
    found = plain.scan([frequent.filters[0]], Plan(), files)
    ways: Mapping[str, Callable[[], object] | None] = {
        "locate": lambda: locate([str(asked.folder)]),
        "read": lambda: [len(Path(file.path).read_bytes()) for file in files],
        "read and gunzip, checked": lambda: [len(whole(file) or b"") for file in files],
        "search: five literals, bytes.find": lambda: [literal in data for data in datas for literal in TRAIL],
        "search: five literals, stringzilla": _stringzilla(datas),
        "check and cut, one pass": _cut(datas, frequent),
        "decode everything: jsontext (msgspec)": lambda: [len(records_of(data)) for data in datas],
        "decode everything: orjson": lambda: [len(orjson.loads(data)) for data in datas],
        "decode only time and error code: msgspec": _projected(datas),
        "eventTime to seconds": lambda: [event_time(record) for record in records],
        "evaluate cis/cloudwatch-2": lambda: [frequent.filters[0].pattern.holds(record) for record in records],
        f"evaluate all {len(everything)}": lambda: [one.filters[0].pattern.holds(record) for one in everything for record in records],
        "count: merge what was found": lambda: Found.empty(1) | found,
        "fast scan, whole": lambda: fast.scan([frequent.filters[0]], Plan(), files),
        "fast scan, strict": lambda: fast.scan([frequent.filters[0]], Plan(), files, strict=True),
        "plain scan, whole": lambda: plain.scan([frequent.filters[0]], Plan(), files),
        "plain replay, whole": lambda: replay([frequent], [str(asked.folder)], scan=plain.scan),
    }  # fmt: skip
    for name, way in ways.items():
        if way is None:
            continue
        took = median(way, rounds)
        yield name, f"{took:.3f}", f"{size / 1e6 / took:,.0f}" if took else "-"


def _stringzilla(datas: list[bytes]) -> Callable[[], object] | None:
    """The SIMD search, where it is installed; else None, and the line is left out."""
    try:
        import stringzilla  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - not everywhere
    except ImportError:
        return None
    return lambda: [stringzilla.find(data, literal) for data in datas for literal in TRAIL]


def _cut(datas: list[bytes], detection: Detection) -> Callable[[], object] | None:
    """The pass that tells which records can match; None where the package was built without a compiler."""
    prefilter = record_prefilter.record_prefilter([dispatch.tree(detection.filters[0])])
    return None if prefilter is None else lambda: [prefilter.of_content(data) for data in datas]


def _projected(datas: list[bytes]) -> Callable[[], object]:
    """The least that a decoder can do which still reads the two fields, whatever type they have."""
    import msgspec  # noqa: PLC0415 - only here

    record = msgspec.defstruct("Record", [("eventTime", object, None), ("errorCode", object, None)])
    decoder = msgspec.json.Decoder(msgspec.defstruct("File", [("Records", list[record])]))  # type: ignore[valid-type]  # made just above
    return lambda: [decoder.decode(data) is None for data in datas]


def _table(head: Line, lines: Iterator[Line]) -> str:
    shown = [f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for line in lines:
        print(*line, sep="\t", file=sys.stderr)
        shown.append(f"| {' | '.join(line)} |")
    return "\n".join(shown)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=145.0, help="of the parts, alone (default: 145)")
    parser.add_argument("--whole", type=float, default=1450.0, help="of growth and verbs (default: 1450)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the tables into the pages")
    asked = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    small = archive(asked.megabytes, asked.seed)
    alone = _table(("part, alone, one thread", "CPU seconds", "MB/s of JSON"), parts(small, asked.rounds))
    large, rounds = archive(asked.whole, asked.seed), min(3, asked.rounds)
    head = ("whole program, two cores", "seconds", "to cis/cloudwatch-2", "peak")
    grown = _table(head, growth(large, asked.whole, asked.seed, rounds))
    compared = _table(head, verbs(large, rounds))
    started = _table(("start-up", "seconds", "peak"), start_up(rounds))
    first = f"{_measured(small, asked.rounds)}\n\n{alone}"
    second = "\n\n".join([_measured(large, rounds), grown, compared, started])
    print(f"{first}\n\n{second}")
    if asked.write:
        pages.write_between(pages.README, "parts", f"{first}\n\n{second}")
        pages.write_between(pages.PERFORMANCE, "parts", first)
        pages.write_between(pages.PERFORMANCE, "verbs", second)


def _measured(of: Archive, rounds: int) -> str:
    return f"{described()}. Medians of {rounds} rounds; {of.files:,} files, {of.records:,} records, {of.unpacked / 1e6:,.0f} MB."


if __name__ == "__main__":
    main()
