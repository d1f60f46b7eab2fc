"""Backtests for machines: one row a setting, the detection first, then the fields of docs/backtest.md.

JSON and NDJSON also hold what needs lists. The claim: the same input gives the same bytes, and a row says the
same in every format.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from detector.alarm.values import MINUTE
from detector.jobs.backtest.coverage import BurnIn
from detector.jobs.backtest.draws import likely
from detector.jobs.backtest.grid import setting
from detector.jobs.backtest.metric_data import MetricData
from detector.jobs.backtest.result import Backtest, details, row
from detector.jobs.reading import Reading
from detector.render.backtest_asides import facts
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
    choice = test.choice
    return {
        "title": test.detection.title,
        "because": choice.because,
        "closest": None if choice.keeping else setting(choice.closest.alarm),
        "broken": list(choice.broken),
        "undecided": choice.undecided,
        "complaints": ["\n".join(lines) for lines in test.complaints],
        "incidents": [
            {
                "name": one.name,
                "start": iso(one.start / MINUTE),
                "end": iso(one.end / MINUTE),
                "principals": one.principals,
                "addresses": one.addresses,
                "pattern": one.pattern,
                "verdict": one.verdict,
            }
            for one in test.terms.incidents
        ],
        **_covered(test),
        "left_open": list(test.left_open),
        "evidence": _evidence(test),
        "refused": [str(refused) for refused in test.sweep.refused],
        "asides": facts(test),
        **_read(test.source),
        "notes": list(test.notes),
        "problems": [
            {"path": problem.path, "kind": str(problem.kind), "reason": problem.reason}
            for problem in test.unusable
        ],
    }


def _covered(test: Backtest) -> dict[str, Any]:
    """How much time the figures are of, and which rates would be no surprise."""
    coverage = test.coverage
    return {
        "hours_with_logs": coverage.logged,
        "hours_with_digests_alone": coverage.digested,
        "hours_with_trail_on": len(coverage.on),
        "hours_off": coverage.off,
        "silent_hours": coverage.gaps,
        "assumed_complete": coverage.assumed,
        "burn_in": None if coverage.burn_in is None else _burn_in(coverage.burn_in),
        "too_short": coverage.short,
        "likely_alarms_per_week": {
            name: likely(coverage, cell.score) for name, cell in test.in_question.items()
        },
    }


def _burn_in(found: BurnIn) -> dict[str, Any]:
    return {
        "start": iso(found.start / MINUTE),
        "end": iso(found.end / MINUTE),
        "left_out": found.left_out,
    }


def _evidence(test: Backtest) -> dict[str, Any]:
    """How the best setting does where it was not chosen; the settings that are as good say ``as_good``."""
    choice = test.choice
    found, limits = choice.evidence, choice.limits
    return {
        "best": setting(choice.leader.alarm) if choice.leader else None,
        "more_pages": choice.more_pages,
        "lacking": found.lacking,
        "leave_one_week_out": asdict(found.weeks) if found.weeks else None,
        "leave_one_incident_out": asdict(found.incidents) if found.incidents else None,
        "wins": found.wins,
        "as_good": len(found.plateau),
        "detected_by_chance": found.by_chance,
        "sentences": test.beside,
        "limits": {"delay_minutes": limits.delay / MINUTE, "share_in_alarm": limits.share},
    }


def _read(source: Reading | MetricData) -> dict[str, Any]:
    if isinstance(source, MetricData):
        return {
            "metric": {"path": source.path, "values": len(source.samples)},
            "files": None,
            "records": None,
            "verified": None,
        }
    return {"metric": None, "files": source.files, "records": source.records, "verified": source.verified}


def _table(tests: Sequence[Backtest]) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415 - start-up: polars loads only when used

    named = (test.frame.select(pl.lit(test.detection.name).alias("detection"), pl.all()) for test in tests)
    return pl.concat(named)
