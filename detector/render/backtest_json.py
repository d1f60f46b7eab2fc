"""Backtests for machines: one row a setting, the detection first, then the fields of docs/backtest.md.

JSON and NDJSON also hold what needs lists. The claim: the same input gives the same bytes, and a row says the
same in every format.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from detector.alarm.values import MINUTE
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.result import Backtest, details, row, setting
from detector.jobs.reading import Reading
from detector.render.kit.json_values import iso, ndjson
from detector.render.kit.printable import lines_printable

if TYPE_CHECKING:
    import polars as pl


def as_json(tests: Sequence[Backtest]) -> bytes:
    """One list of rows, a row a line."""
    lines = ",\n".join(json.dumps(row, allow_nan=False) for row in _rows(tests))
    return f"[\n{lines}\n]\n".encode()


def as_ndjson(tests: Sequence[Backtest]) -> bytes:
    """A row a line."""
    return ndjson(_rows(tests)).encode()


def as_csv(tests: Sequence[Backtest]) -> bytes:
    """A header line, then a row a line; nothing where a value is null."""
    return lines_printable(_table(tests).write_csv()).encode()


def as_parquet(tests: Sequence[Backtest]) -> bytes:
    """The typed columns."""
    buffer = io.BytesIO()
    _table(tests).write_parquet(buffer)
    return buffer.getvalue()


FORMATS: Mapping[str, Callable[[Sequence[Backtest]], bytes]] = {
    "json": as_json,
    "ndjson": as_ndjson,
    "csv": as_csv,
    "parquet": as_parquet,
}


def _rows(tests: Sequence[Backtest]) -> Iterator[dict[str, Any]]:
    return (
        {
            "detection": test.detection.name,
            **row(test, cell),
            **details(test, cell),
            "about": _about(test) if cell.current else None,
        }
        for test in tests
        for cell in test.sweep.cells
    )


def _about(test: Backtest) -> dict[str, Any]:
    """What is true of the whole sweep, and so said once: with the present setting, of which there is always one."""
    coverage, choice = test.coverage, test.choice
    intervals = {name: coverage.interval(cell.score.alarms) for name, cell in test.in_question.items()}
    return {
        "title": test.detection.title,
        "because": choice.because,
        "closest": None if choice.keeping else setting(choice.closest.alarm),
        "broken": list(choice.broken),
        "undecided": choice.undecided,
        "complaints": ["\n".join(lines) for lines in test.complaints],
        "incidents": [
            {"name": one.name, "start": iso(one.start / MINUTE), "end": iso(one.end / MINUTE)}
            for one in test.terms.incidents
        ],
        "hours_with_logs": len(coverage.hours),
        "silent_hours": coverage.gaps,
        "too_short": coverage.short,
        "likely_alarms_per_week": intervals,
        "refused": [str(refused) for refused in test.sweep.refused],
        **_read(test.source),
        "notes": list(test.notes),
        "problems": [
            {"path": problem.path, "kind": str(problem.kind), "reason": problem.reason}
            for problem in test.unusable
        ],
    }


def _read(source: Reading | MetricData) -> dict[str, Any]:
    if isinstance(source, MetricData):
        return {
            "metric": {"path": source.path, "values": len(source.samples)},
            "files": None,
            "records": None,
        }
    return {"metric": None, "files": source.files, "records": source.records}


def _table(tests: Sequence[Backtest]) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415 - start-up: polars loads only when used

    named = (test.frame.select(pl.lit(test.detection.name).alias("detection"), pl.all()) for test in tests)
    return pl.concat(named)
