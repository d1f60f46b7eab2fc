"""Where the time goes: ``python benchmarks/parts.py``.

In: a corpus. Out: the parts of a scan one by one, in this process and over the same bytes; how the whole program
grows with records, files, detections and processes; its start-up. Each figure is the median of some rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import orjson
from contestants import DETECTOR, Archive, options
from corpus import CACHE, gzipped, truth_of
from machine import described
from measure import Run, run
from run import README, archive, write_between
from truth import DETECTIONS

from detector.archive import Plan, Source, event_time, locate, whole
from detector.detections import Detection, load_detection
from detector.jobs.replay import replay
from detector.jsontext import parse_json
from detector.scan import dispatch, fast, plain, record_prefilter
from detector.scan.found import Found

BEGIN, END = "<!-- parts: written by parts.py -->", "<!-- end of parts -->"
FREQUENT, RARE = "cis/cloudwatch-2", "cis/cloudwatch-5"
TRAIL = (b"CreateTrail", b"UpdateTrail", b"DeleteTrail", b"StartLogging", b"StopLogging")
Line = tuple[str, str, str]


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
    stored = sum(file.size for file in files)
    datas = [whole(file) or b"" for file in files]
    records = [record for data in datas for record in _records(data)]
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
        "decode everything: jsontext (msgspec)": lambda: [len(_records(data)) for data in datas],
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
    yield (
        f"{asked.files:,} files, {len(records):,} records, {stored / 1e6:,.0f} MB stored",
        "",
        f"{size / 1e6:,.0f} MB",
    )
    for name, way in ways.items():
        if way is None:
            continue
        took = median(way, rounds)
        yield name, f"{took:.3f}", f"{size / 1e6 / took:,.0f}" if took else "-"


def _records(data: bytes) -> list[dict[str, object]]:
    document = parse_json(data)
    assert isinstance(document, dict)  # noqa: S101 - corpus.py writes nothing else
    found: list[dict[str, object]] = document["Records"]
    return found


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


def growth(megabytes: float, seed: int, rounds: int) -> Iterator[Line]:
    """The whole program over more records, smaller files, more detections and more processes."""
    one = _jobs("1")
    for share in (0.125, 0.25, 0.5, 1.0):
        asked = archive(megabytes * share, seed)
        yield _whole(f"{asked.records:,} records", asked, (FREQUENT,), one, rounds)
    asked = archive(megabytes, seed)
    split = _split(asked)
    yield _whole(f"the same records in {split.files:,} files", split, (FREQUENT,), one, rounds)
    names = list(DETECTIONS)
    for count in (2, 5, len(names)):
        yield _whole(f"{count} detections", asked, tuple(names[:count]), one, rounds)
    yield _whole("a rare one", asked, (RARE,), one, rounds)
    for jobs in ("2", "4") if one else ():
        yield _whole(f"{jobs} processes", asked, (FREQUENT,), _jobs(jobs), rounds)


def _jobs(count: str) -> tuple[str, ...]:
    return ("--jobs", count) if "--jobs" in options() else ()


def _whole(what: str, asked: Archive, names: tuple[str, ...], more: tuple[str, ...], rounds: int) -> Line:
    given = [part for name in names for part in ("-d", name)]
    command = (DETECTOR, "replay", str(asked.folder), *given, *more, "--quiet", "--format", "json")
    runs = [_run(command) for _ in range(rounds)]
    wall = statistics.median(run.wall for run in runs)
    peak = max(run.peak for run in runs)
    return what, f"{wall:.2f}", f"{peak / 1e6:.0f} MB"


def start_up(rounds: int) -> Iterator[Line]:
    """What a user waits for before anything happens."""
    python = (sys.executable, "-c", "pass")
    for command in (python, (DETECTOR, "--version"), (DETECTOR, "check", FREQUENT)):
        shown = " ".join(["python -c pass"] if command is python else ["detector", *command[1:]])
        runs = [_run(command) for _ in range(max(5, rounds))]
        peak = max(run.peak for run in runs)
        yield shown, f"{statistics.median(run.wall for run in runs):.3f}", f"{peak / 1e6:.0f} MB"


def _run(command: tuple[str, ...]) -> Run:
    done = run(command, CACHE / "output", None, {})
    if done.code:
        raise SystemExit(f"{' '.join(command[1:3])}: exit code {done.code}: {done.errors}")
    return done


def _split(asked: Archive) -> Archive:
    """The same records in files of at most twenty."""
    folder = asked.folder.with_name(f"{asked.folder.name}-split")
    if not truth_of(folder).is_file():
        for file in locate([str(asked.folder)]).files:
            _split_file(file, asked.folder, folder)
        truth = json.loads(truth_of(asked.folder).read_text(encoding="utf-8"))
        truth["files"] = sum(1 for _ in folder.rglob("*.gz"))
        truth_of(folder).write_text(json.dumps(truth), encoding="utf-8")
    return archive(0, 0, folder)


def _split_file(file: Source, old: Path, new: Path) -> None:
    records = _records(whole(file) or b"")
    path = new / Path(file.path).relative_to(old)
    path.parent.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(records), 20):
        name = f"{path.name.removesuffix('.json.gz')}{start}.json.gz"
        path.with_name(name).write_bytes(gzipped(orjson.dumps({"Records": records[start : start + 20]})))


def _table(head: Line, lines: Iterator[Line]) -> str:
    shown = [f"| {' | '.join(head)} |", "|---|---:|---:|"]
    for line in lines:
        print(*line, sep="\t", file=sys.stderr)
        shown.append(f"| {' | '.join(line)} |")
    return "\n".join(shown)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=145.0, help="decompressed (default: 145)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the tables into README.md")
    asked = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    corpus = archive(asked.megabytes, asked.seed)
    text = "\n\n".join(
        [
            f"{described()}. Medians of {asked.rounds} rounds.",
            _table(("part, alone", "CPU seconds", "MB/s of JSON"), parts(corpus, asked.rounds)),
            _table(("whole program", "seconds", "peak"), growth(asked.megabytes, asked.seed, asked.rounds)),
            _table(("start-up", "seconds", "peak"), start_up(asked.rounds)),
        ]
    )
    print(text)
    if asked.write:
        write_between(README, BEGIN, END, text)


if __name__ == "__main__":
    main()
