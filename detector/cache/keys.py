"""What a partial result depends on, as text: the log file, the metric filter, and everything else.

In: sources, filters, a plan. Out: keys that differ wherever the results may. Claim: nothing else decides about the
result of a file without problems. The settings of alarms, the names of filters and metrics, and which other files are
read are in no key; nor is the time that is asked for, since a file of which all records are asked for is the same.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from detector.archive import Plan, Source
from detector.jsontext import dump_json
from detector.metrics.filter import MetricFilter
from detector.pattern import PatternKind, claims
from detector.scan.dispatch import is_simple, tree
from detector.scan.file_prefilter import MAX_LITERALS, MAX_PIECES, common_pieces
from detector.scan.record_prefilter import ANY_NUMBER

KEY_SIZE = 16
ELSEWHERE = {"paths", "selection", "clock_open", "undelivered", "log_group", "access", "snapshot", "columns"}
"""Fields of a plan that are told otherwise, by files and filters, or decide about no record; a new one is told."""


class FileKey(NamedTuple):
    """A log file as it was when it was located."""

    key: bytes
    path: str
    """Where it really is, links followed; the address of what is no local file."""
    size: int
    version: str


def of_file(source: Source) -> FileKey | None:
    """The key of a file; None for what may not be the same when it is read again, or cannot be looked at."""
    version = version_of(source)
    if version is None:
        return None
    path = source.path if "://" in source.path else _real(source.path)
    told = (path, source.size, version, source.account, source.region, source.delivered)
    return FileKey(
        blake2b(repr(told).encode("utf-8", "surrogateescape"), digest_size=KEY_SIZE).digest(),
        path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        source.size,
        version,
    )


def version_of(source: Source) -> str | None:
    """The version of a file; None where nothing tells, or it cannot be looked at."""
    try:
        return source.version()
    except OSError:
        return None


def _real(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(_real_folder(folder), name)  # noqa: PTH118 - paths stay as they are


@lru_cache(maxsize=4096)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)


def of_filter(one: MetricFilter, plan: Plan) -> str:
    """A metric filter: its pattern in canonical spelling, and what its matches publish."""
    told: dict[str, object] = {"pattern": str(one.pattern), "kind": one.pattern.kind, "value": one.value}
    if one.default is not None:
        told["default"] = float(one.default)
    if one.dimensions:
        told["dimensions"] = list(one.dimensions.items())
    if one.system_fields:
        group = one.log_group_of(plan)
        told["criteria"] = one.field_selection_criteria
        told["system fields"] = one.emit_system_field_dimensions
        told["log group"] = [group.name, group.account, group.region]
    return dump_json(told).decode()


def of_pass(filters: Sequence[MetricFilter], plan: Plan, *, strict: bool) -> str:
    """What else decides: the records that are asked for, their clock, and how they are counted."""
    told: dict[str, object] = {
        one.name: _plain(getattr(plan, one.name)) for one in fields(plan) if one.name not in ELSEWHERE
    }
    told |= {
        "accounts": sorted(plan.selection.accounts),
        "regions": sorted(plan.selection.regions),
        "json": all(one.pattern.kind is PatternKind.JSON for one in filters),
        "strict": strict,
    }
    if not strict and (skipping := _skipping(filters)):
        # Which files are skipped, and not counted, depends on all filters of the pass.
        told["skipping"] = skipping
        told["time"] = plan.selection.asks_time
    return dump_json(told).decode()


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | None) else repr(value)


def _skipping(filters: Sequence[MetricFilter]) -> list[str]:
    """The literals without which a file is skipped; none where every file is looked at."""
    if not all(map(is_simple, filters)):
        return []
    skipping: set[bytes] = set()
    for many in (claims.MANY, ANY_NUMBER):
        known = [claims.literals(tree(one), many) for one in filters]
        wanted = frozenset().union(*(found for found in known if found is not None))
        pieces = common_pieces(literal.removesuffix(b'"') for literal in wanted)
        if None not in known and len(wanted) <= MAX_LITERALS and len(pieces) <= MAX_PIECES:
            skipping |= wanted or {b""}
    return sorted(literal.decode() for literal in skipping)
