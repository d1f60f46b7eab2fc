"""The history of an alarm as the account keeps it: files of ``describe-alarm-history`` in, changes of state out.

In: files, or folders of them: the command's JSON, a list of its items, or an item a line, as ``replay --emit history`` writes
them. Out: one `History`. The claim: the order of items does not matter, one that is in several files counts once, and whatever
cannot be used of it is counted and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from detector.alarm import State
from detector.errors import ArchiveError
from detector.jobs.reconcile.files import EXPECTED, Item, Unusable, items_of
from detector.jsontext import parse_many

_SUMMARY = re.compile(r"Alarm updated from (OK|ALARM|INSUFFICIENT_DATA) to (OK|ALARM|INSUFFICIENT_DATA)")
_OF_THE_SERVICE = ("Threshold Crossed", "Insufficient Data", "Unchecked")


@dataclass(frozen=True, slots=True)
class Actual:
    """One change of state that the account's alarm made.

    ``data`` is its stateReasonData; None where it has none, as when somebody sets the state. ``cut``: its data was cut off, so
    that only the states are known.
    """

    at: datetime
    before: State
    after: State
    reason: str = ""
    data: Mapping[str, Any] | None = field(default=None, compare=False)
    cut: bool = False

    @property
    def by_hand(self) -> bool:
        """Whether SetAlarmState made it: there is no evidence, and the reason is none of the service's."""
        return self.data is None and not self.cut and not self.reason.startswith(_OF_THE_SERVICE)

    @property
    def datapoints(self) -> tuple[float, ...] | None:
        """The recentDatapoints without gaps, oldest first; None where they are not known."""
        listed = None if self.data is None else self.data.get("recentDatapoints")
        if not isinstance(listed, list):
            return None
        return tuple(
            float(value) for value in listed if isinstance(value, int | float) and not isinstance(value, bool)
        )


@dataclass(frozen=True, slots=True)
class Configured:
    """One change of the alarm's settings, in CloudWatch's words; ``after`` is None for a deletion.

    ``before`` has the old values of what changed; for a deletion all settings.
    """

    at: datetime
    kind: str
    after: Mapping[str, Any] | None
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """The items of one alarm in time order.

    ``names`` are the alarms that the files tell of; ``incomplete`` says why there may be more items than these.
    """

    alarm: str
    names: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    items: int
    changes: tuple[Actual, ...]
    configured: tuple[Configured, ...]
    unusable: tuple[Unusable, ...]
    incomplete: tuple[str, ...]


def load_history(paths: Iterable[str | Path], alarm: str, region: str = "", wanted: str = "") -> History:
    """The history of one alarm: that of the name ``wanted``, else of ``alarm``, else of the only one there is.

    `ArchiveError` for a file that is no history, and where it is not clear which alarm or region is meant.
    """
    unusable: list[Unusable] = []
    incomplete: list[str] = []
    listed = [str(path) for path in paths]
    items = items_of(listed, unusable, incomplete)
    where = ", ".join(listed)
    named = _chosen(where, sorted({one.alarm for one in items}), alarm, wanted)
    mine = sorted((one for one in items if one.alarm == named), key=lambda one: (one.at, one.summary))
    mine = _of_one_region(where, mine, region)
    changes: list[Actual] = []
    configured: list[Configured] = []
    for one in mine:
        try:
            found = _meaning(one)
        except ValueError as error:
            unusable.append(Unusable(one.path, f"{one.kind} of {one.at:%Y-%m-%d %H:%M:%S}: {error}"))
            continue
        if isinstance(found, Actual):
            changes.append(found)
        elif found is not None:
            configured.append(found)
    return History(
        named,
        tuple(sorted({one.alarm for one in items})),
        mine[0].at if mine else None,
        mine[-1].at if mine else None,
        len(mine),
        tuple(changes),
        tuple(configured),
        tuple(unusable),
        tuple(dict.fromkeys(incomplete)),
    )


def _of_one_region(where: str, items: Sequence[Item], region: str) -> list[Item]:
    regions = sorted({one.region for one in items if one.region})
    if len(regions) <= 1:
        return list(items)
    if region not in regions:
        name = items[0].alarm
        raise ArchiveError(
            where, f"expected the history of one region, found {name} in {' and '.join(regions)}"
        )
    return [one for one in items if one.region in {"", region}]


def _chosen(where: str, names: Sequence[str], alarm: str, wanted: str) -> str:
    for name in (wanted, alarm):
        if name in names:
            return name
        if name and name == wanted:
            break
    if not names:
        raise ArchiveError(where, f"{EXPECTED}, found no item of an alarm")
    if len(names) == 1 and not wanted:
        return names[0]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")  # noqa: PLR2004 - enough to choose
    raise ArchiveError(
        where, f"expected items of the alarm {wanted or alarm}, found {shown}; --alarm NAME chooses one"
    )


def _meaning(one: Item) -> Actual | Configured | None:
    """The change that an item tells of; None for actions and for a new reason of the same state."""
    data = _object(one.data)
    if one.kind == "StateUpdate":
        return _change(one, data)
    if one.kind != "ConfigurationUpdate":
        return None
    if data is None:
        raise ValueError("its HistoryData is cut off, so that the settings are not known")
    kind = str(data.get("type") or "")
    before = data.get("deletedAlarm" if kind == "Delete" else "originalUpdatedFields")
    after = data.get("updatedAlarm") or data.get("createdAlarm")
    if kind not in {"Create", "Update", "Delete"} or (kind != "Delete" and not isinstance(after, dict)):
        raise ValueError(f"expected a type of Create, Update or Delete with its alarm, found {kind!r:.60}")
    old = before if isinstance(before, dict) else {}
    return Configured(one.at, kind, None if kind == "Delete" else after, old)


def _change(one: Item, data: Mapping[str, Any] | None) -> Actual | None:
    said = _SUMMARY.search(one.summary)
    old, new = ((data or {}).get(name) for name in ("oldState", "newState"))
    old, new = (each if isinstance(each, dict) else {} for each in (old, new))
    states = [each.get("stateValue") for each in (old, new)]
    if said is not None and not all(states):
        states = [said[1], said[2]]
    try:
        before, after = (State(str(state)) for state in states)
    except ValueError:
        raise ValueError(
            f"expected the states OK, ALARM or INSUFFICIENT_DATA, found {states!r:.80}"
        ) from None
    if before is after:
        return None
    evidence = new.get("stateReasonData")
    if isinstance(evidence, str):
        evidence = _object(evidence)
    reason = str(new.get("stateReason") or "")
    return Actual(
        one.at, before, after, reason, evidence if isinstance(evidence, dict) else None, cut=data is None
    )


def _object(text: str) -> dict[str, Any] | None:
    try:
        [value] = parse_many(text.encode("utf-8", "surrogatepass"))
    except (ValueError, UnicodeError):
        return None
    return value if isinstance(value, dict) else None
