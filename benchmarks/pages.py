"""What is written into the pages: between markers, so that no figure on them is typed by hand.

In: the rows of `run`. Out: the tables and sentences of README.md, benchmarks/README.md and docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from run import Row

HERE = Path(__file__).parent
README = HERE / "README.md"
FRONT = HERE.parent / "README.md"
PERFORMANCE = HERE.parent / "docs" / "performance.md"
FLOORS = {"frequent": (2.0, 1.3), "rare": (1.5, 0.9), "all": (3.0, 2.1)}
"""What is to be reached on one core and on two."""
COLUMNS = ("detector, one core", "detector", "DuckDB, 2 threads", "polars, 2 threads")


def write_between(path: Path, name: str, text: str) -> None:
    """Put a text between its two markers in a page; ValueError if they are not there."""
    page = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: written by make bench-full -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{path.name}: expected {begin} and {end}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def headline(rows: Sequence[Row]) -> str:
    """What was asked of what, for the front page."""
    return (
        f"Exact answers from {rows[0].archive} of JSON, whole processes, as multiples of the time that\n"
        "decompression alone takes; [how it was measured](benchmarks/README.md), and"
        " [why it is not faster](docs/performance.md):"
    )


def summary(rows: Sequence[Row], titles: dict[str, str]) -> str:
    """One line a question: ratios of ours on one core and on two, and those of the peers that read all of it."""
    floors = "floors: one core, two"
    lines = [f"{rows[0].archive}; wall time as a multiple of `{rows[0].name}` in the same round, medians.\n"]
    lines += [_line(("question", *COLUMNS, floors)), "|---" + "|---:" * (len(COLUMNS) + 1) + "|"]
    for question, title in titles.items():
        ratios = {
            row.name: row for row in rows if row.question == question and row.archive == rows[0].archive
        }
        if not ratios:
            continue
        shown = [_ratio(ratios[name]) if name in ratios else "" for name in COLUMNS]
        lines.append(_line((title, *shown, ", ".join(map(str, FLOORS[question])))))
    return "\n".join(lines)


def _ratio(row: Row) -> str:
    return "wrong" if row.wrong else f"{row.ratio:.2f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
