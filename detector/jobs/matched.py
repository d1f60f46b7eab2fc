"""A matched log event, and its columns: time, who did what to what from where, and its place.

In: names of columns. Out: for each a function of a `MatchedEvent`. A column is one of `COLUMNS`, a selector such as
``$.requestParameters.bucketName``, or the same without ``$.``. Claim: the columns of a replay's matches (`replayed`)
have the same names and values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from detector.archive import Event
from detector.cloudtrail.record import Evidence, evidence, string
from detector.errors import PatternError, SettingsError
from detector.jsontext import dump_json
from detector.metrics.filter import MetricFilter
from detector.pattern.evaluate import select
from detector.pattern.syntax import Selector

if TYPE_CHECKING:
    import polars as pl

    from detector.jobs.replay import Replay

EVIDENCE = {
    "principal": "principal",
    "identity": "identity_type",
    "event": "event_name",
    "service": "event_source",
    "error": "error_code",
    "address": "address",
    "agent": "user_agent",
    "region": "region",
    "account": "account",
    "resources": "resources",
}
"""The columns that say who did what, by the fields of `Evidence`, whose names are as good."""
COLUMNS = ("time", "detection", "filter", *EVIDENCE, "event_id", "path", "position")
"""The usual columns, in their order; ``message`` is the whole log event."""


class Sought(NamedTuple):
    """A filter that is looked for, and the name of its detection; a pattern alone is the filter ``pattern`` of none."""

    detection: str
    filter: MetricFilter


@dataclass(frozen=True, slots=True)
class MatchedEvent:
    """A log event, and the filters that match it; with ``invert`` none does."""

    event: Event
    sought: tuple[Sought, ...]

    @property
    def record(self) -> dict[str, Any] | None:
        """The decoded record; None where the message is not a JSON object."""
        return self.event.record

    @property
    def text(self) -> str:
        """The log event's message, as the container has it, else compact JSON."""
        return self.event.text

    @property
    def time(self) -> datetime | None:
        """Its time on the clock of the plan; None where it has no valid one."""
        return None if self.event.time is None else datetime.fromtimestamp(self.event.time, UTC)

    @property
    def path(self) -> str:
        """The file that holds it."""
        return self.event.source.name

    @property
    def position(self) -> int:
        """Its place in the file, from 0."""
        return self.event.position

    @property
    def evidence(self) -> Evidence:
        """Who did what to what from where."""
        return evidence(self.event.record or {})


class Column(NamedTuple):
    """A column, and its value for one event: a string, number, datetime, list, any JSON value, or None."""

    name: str
    value: Callable[[MatchedEvent, Evidence], Any]


def columns(fields: Iterable[str] = ()) -> tuple[Column, ...]:
    """The columns of these names, without any all of `COLUMNS`; `SettingsError` for one that cannot be any."""
    return tuple(map(_column, fields or COLUMNS))


def values(matched: MatchedEvent, chosen: Sequence[Column]) -> list[Any]:
    """One row."""
    told = matched.evidence
    return [column.value(matched, told) for column in chosen]


def frame(events: Iterable[MatchedEvent], chosen: Sequence[Column]) -> pl.DataFrame:
    """A polars frame with a row for each event; what is no string in the column of a selector becomes JSON."""
    import polars as pl  # noqa: PLC0415 - it takes a tenth of a second, and a search does not need it

    rows = [values(event, chosen) for event in events]
    types = _types()
    return pl.DataFrame(
        [
            pl.Series(
                name,
                [row[place] if name in COLUMNS else _as_text(row[place]) for row in rows],
                types.get(name, pl.String()),
            )
            for place, (name, _) in enumerate(chosen)
        ]
    )


def _as_text(value: Any) -> str | None:
    """A string as it is, nothing as None, any other JSON value as JSON."""
    return value if value is None or isinstance(value, str) else dump_json(value).decode()


def replayed(replays: Iterable[Replay]) -> pl.DataFrame:
    """The matches of some replays in the usual columns: a row for each filter that a record matches."""
    import polars as pl  # noqa: PLC0415 - as in frame

    types = _types()
    return pl.concat(
        one.matches.rename({old: new for new, old in EVIDENCE.items()})
        .with_columns(pl.lit(one.detection.name).alias("detection"))
        .select(pl.col(name).cast(types.get(name, pl.String())) for name in COLUMNS)
        for one in replays
    )


def _types() -> dict[str, pl.DataType]:
    """Those of the columns that are no strings."""
    import polars as pl  # noqa: PLC0415 - as in frame

    return {"time": pl.Datetime("us", "UTC"), "position": pl.UInt32(), "resources": pl.List(pl.String())}


def _column(name: str) -> Column:
    value = _NAMED.get(name)
    if value is None:
        from detector.pattern import grammar  # noqa: PLC0415 - pyparsing takes time to import

        try:
            selector = grammar.parse_selector(name if name.startswith("$") else f"$.{name}")
        except PatternError:
            known = ", ".join(COLUMNS)
            raise SettingsError(
                f"expected columns out of {known}, or selectors such as $.requestParameters.bucketName, "
                f"found {name!r}",
                "fields",
            ) from None
        value = _selected(selector)
    return Column(name, value)


def _selected(selector: Selector) -> Callable[[MatchedEvent, Evidence], Any]:
    """What a selector finds: a value, or a list where it has a wildcard."""

    def value(matched: MatchedEvent, _: Evidence) -> Any:
        found = select(selector.steps, matched.record)
        return found if selector.wildcard is not None else next(iter(found), None)

    return value


def _said(name: str) -> Callable[[MatchedEvent, Evidence], Any]:
    return lambda _, told: getattr(told, name)


_NAMED: dict[str, Callable[[MatchedEvent, Evidence], Any]] = {
    "time": lambda matched, _: matched.time,
    "detection": lambda matched, _: ", ".join(dict.fromkeys(one.detection for one in matched.sought)),
    "filter": lambda matched, _: ", ".join(one.filter.name for one in matched.sought),
    "event_id": lambda matched, _: string((matched.record or {}).get("eventID")) or None,
    "path": lambda matched, _: matched.path,
    "position": lambda matched, _: matched.position,
    "message": lambda matched, _: matched.text,
    **{name: _said(name) for name in Evidence._fields},
    **{name: _said(field) for name, field in EVIDENCE.items()},
}
