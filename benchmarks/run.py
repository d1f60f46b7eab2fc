"""Measure the program against its limits and its peers: ``python benchmarks/run.py --rounds 3 --write``.

In: what is installed on this machine. Out: a table, and with ``--write`` the same table in README.md and chart.svg.
Everybody gets the same question about the same files, one after another, round after round; a ratio is taken
within a round, and the median of the rounds is shown. An answer that is not the true one is shown as wrong.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pages
from contestants import SHIPPED, Archive, Contestant, contestants
from corpus import CACHE, SHAPE, truth_of, write
from machine import described
from measure import Run, run
from truth import DETECTIONS, QUESTIONS

HERE = Path(__file__).parent
TITLES = {
    "frequent": "A frequent detection: cis/cloudwatch-2, a fifth of all records",
    "rare": "A rare detection: cis/cloudwatch-5, a handful of records",
    SHIPPED: f"All {len(DETECTIONS)} shipped detections in one pass",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One contestant's medians: seconds, CPU seconds, MB, and times the base of the same round."""

    question: str
    archive: str
    name: str
    wall: float
    cpu: float
    peak: float
    ratio: float
    slowest: float
    wrong: str
    limit: bool
    ours: bool


def archive(megabytes: float, seed: int, given: Path | None = None) -> Archive:
    """The corpus of that size, written now if it is not there."""
    folder = given or CACHE / f"corpus-{megabytes:g}-{seed}"
    if not given and not _is_current(folder):
        print(f"writing {megabytes:g} MB of records …", file=sys.stderr)
        write(folder, seed, megabytes, processes=2)
    listed = truth_of(folder).with_suffix(".list")
    paths = sorted(str(path) for path in folder.rglob("*.gz"))
    listed.write_text("\0".join(paths), encoding="utf-8")
    for path in paths:
        Path(path).read_bytes()  # into the system's cache, so that nobody pays for the disk
    truth = json.loads(truth_of(folder).read_text(encoding="utf-8"))
    facts = {key: truth[key] for key in ("matches", "minutes", "unpacked", "files", "records")}
    return Archive(folder, listed, **facts)


def _is_current(folder: Path) -> bool:
    """Whether there is a corpus, and of today's shape."""
    try:
        return bool(json.loads(truth_of(folder).read_text(encoding="utf-8")).get("shape") == SHAPE)
    except FileNotFoundError:
        return False


def compare(
    question: str, whole: Archive, part: Archive, rounds: int, only: Sequence[str], out: Path
) -> tuple[list[Row], list[str]]:
    """One question to everybody, in interleaved rounds."""
    names = QUESTIONS.get(question, tuple(DETECTIONS))
    rows: list[Row] = []
    missing: set[str] = set()
    for which, tenth in ((whole, False), (part, True)):
        here, away = contestants(question, names, which, tenth=tenth)
        chosen = [one for one in here if one.base or not only or any(part in one.name for part in only)]
        missing.update(away)
        peaks = [_measured(one, which, out, watched=True)[0].peak for one in chosen]
        runs = [[_measured(one, which, out) for one in chosen] for _ in range(rounds)]
        rows += _rows(question, which, chosen, peaks, runs)
    return rows, sorted(missing)


def _measured(one: Contestant, asked: Archive, out: Path, *, watched: bool = False) -> tuple[Run, str]:
    done = run(one.command, out, asked.listed, one.environment, one.cores, watched=watched)
    failed = f"exit code {done.code}: {done.errors}" if done.code else ""
    wrong = failed or one.check(out)
    print(
        f"  {one.name:34} {done.wall:8.2f} s {done.cpu:8.2f} s {done.peak / 1e6:7.0f} MB {wrong}",
        file=sys.stderr,
    )
    return done, wrong


def _rows(
    question: str,
    asked: Archive,
    chosen: list[Contestant],
    peaks: list[int],
    rounds: list[list[tuple[Run, str]]],
) -> list[Row]:
    bases = [done[0][0].wall for done in rounds]
    rows = []
    for place, one in enumerate(chosen):
        runs = [done[place][0] for done in rounds]
        ratios = [run.wall / base for run, base in zip(runs, bases, strict=True)]
        rows.append(
            Row(
                question,
                f"{asked.files:,} files, {asked.records:,} records, {asked.unpacked / 1e6:,.0f} MB",
                one.name,
                statistics.median(run.wall for run in runs),
                statistics.median(run.cpu for run in runs),
                peaks[place] / 1e6,
                statistics.median(ratios),
                max(ratios),
                next((done[place][1] for done in rounds if done[place][1]), ""),
                one.limit,
                one.ours,
            )
        )
    return rows


def table(rows: list[Row], missing: Sequence[str], rounds: int) -> str:
    """The rows as Markdown, a table for each question and archive."""
    base = rows[0].name
    parts = [f"{described()}. Medians of {rounds} interleaved rounds, whole processes; the ratio is wall time to `{base}` in the same round (in brackets: the worst round)."]  # fmt: skip
    shown: set[str] = set()
    groups = list(dict.fromkeys((row.question, row.archive) for row in rows))
    for question, which in groups:
        title = f"\n### {TITLES[question]}\n" if question not in shown else ""
        shown.add(question)
        parts.append(f"{title}\n{which}\n")
        parts.append(
            f"| | seconds | CPU seconds | peak MB | to {base} | answer |\n|---|---:|---:|---:|---:|---|"
        )
        chosen = [row for row in rows if (row.question, row.archive) == (question, which)]
        parts += [_line(row) for row in sorted(chosen, key=lambda row: row.ratio)]
    if missing:
        parts.append(f"\nNot on this machine, so left out: {', '.join(missing)}.")
    return "\n".join(parts)


def _line(row: Row) -> str:
    answer = "none" if row.limit else f"**wrong**: {row.wrong}" if row.wrong else "right"
    name = f"**{row.name}**" if row.ours else row.name
    figures = f"{row.wall:.2f} | {row.cpu:.2f} | {row.peak:.0f} | {row.ratio:.2f} ({row.slowest:.2f})"
    return f"| {name} | {figures} | {answer.replace('|', '/')} |"


def main() -> int:
    asked = _arguments()
    whole = archive(asked.megabytes, asked.seed, asked.corpus)
    part = archive(asked.megabytes / 10, asked.seed, asked.tenth)
    rows: list[Row] = []
    missing: set[str] = set()
    with tempfile.TemporaryDirectory() as out:
        for question in asked.question or TITLES:
            print(question, file=sys.stderr)
            more, away = compare(question, whole, part, asked.rounds, asked.only, Path(out) / "output")
            rows += more
            missing.update(away)
    text = table(rows, sorted(missing), asked.rounds)
    print(text)
    if asked.write:
        _write(rows, text)
    return int(any(row.wrong for row in rows if row.ours))


def _write(rows: list[Row], text: str) -> None:
    """The pages, the chart, and beside the corpora every figure."""
    from chart import draw  # noqa: PLC0415 - who writes no picture needs no Altair

    pages.write_between(pages.README, "table", text)
    pages.write_between(pages.FRONT, "headline", pages.headline(rows))
    pages.write_between(pages.PERFORMANCE, "summary", pages.summary(rows, TITLES))
    draw(rows, TITLES, HERE / "chart.svg")
    CACHE.mkdir(exist_ok=True)
    (CACHE / "results.json").write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=1450.0, help="decompressed (default: 1450)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--question", action="append", choices=list(TITLES), help="default: all three")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="contestants whose name holds TEXT"
    )
    parser.add_argument("--corpus", type=Path, help="an archive that corpus.py has written")
    parser.add_argument("--tenth", type=Path, help="a smaller one, for contestants that are slow")
    parser.add_argument("--write", action="store_true", help="write the table into README.md, and chart.svg")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
