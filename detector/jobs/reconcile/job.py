"""Reconcile: what the replay says against what the account's alarm really did.

In: a detection, the alarm's history, and an archive, the real datapoints, or both. Out: a `Reconciliation`. The claim: the
replay begins in the state that the account's alarm was in, both are compared only where both can know, and a cause that is
said to be shown was tried: a replay with it has the account's transition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from detector.alarm import Samples, State, Transition
from detector.archive import Clock, Inputs, Plan, Progress, Settings
from detector.detections import Detection, load_detection
from detector.errors import SettingsError
from detector.jobs.backtest.metric_data import MetricData, load_metric
from detector.jobs.changes import as_detection
from detector.jobs.moved import paired
from detector.jobs.reading import Reading, Scan, read
from detector.jobs.reconcile.causes import Case, explained
from detector.jobs.reconcile.eras import Era, eras
from detector.jobs.reconcile.history import Actual, History, load_history
from detector.jobs.reconcile.result import Agreement, Edit, Entry, Minute, Minutes, Reconciliation
from detector.jobs.reconcile.runs import key, run
from detector.pattern import compile as compile_pattern
from detector.quantities import instant, minute
from detector.scan import processes

if TYPE_CHECKING:
    import polars as pl

_LEAST_REACH = 1800
"""Seconds: two transitions further apart are not the same one, unless the alarm looks back further."""
EXAMPLES = 10


def reconcile(
    detection: Detection | str | Path,
    history: str | Path | Iterable[str | Path],
    paths: Inputs = (),
    *,
    metric: str | Path | None = None,
    alarm: str = "",
    scan: Scan = processes.scan,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Reconciliation:
    """Hold a replay of ``detection`` against the account's ``history``, files of describe-alarm-history.

    ``paths`` is the archive; without any the alarm alone is replayed on the datapoints of ``metric``. With both, these
    are compared minute by minute, too. ``alarm`` is the name in the history, where it has several. Raises `ArchiveError`
    for a file that is none of these, `DetectionError`, and `SettingsError` without an archive and a metric.
    """
    one = detection if isinstance(detection, Detection) else load_detection(detection)
    plan = Plan.of_alarms(paths, **settings)
    if not plan.paths and metric is None:
        raise SettingsError("expected an archive, or metric data", "paths")
    files = [history] if isinstance(history, str | Path) else list(history)
    told = load_history(files, one.alarm.name, one.filters[0].log_group.region, alarm)
    real = None if metric is None else load_metric(metric)
    frame, span, reading, edits = _samples(one, told, plan, real, scan, progress)
    found = Reconciliation(
        one,
        told,
        eras(one.alarm, told),
        edits=edits,
        reading=reading,
        metric="" if real is None else real.path,
        empty=_empty(told, span, reading),
    )
    return found if found.empty or span is None else _compared(found, frame, span, real, scan)


def _samples(
    one: Detection,
    told: History,
    plan: Plan,
    real: MetricData | None,
    scan: Scan,
    progress: Progress | None,
) -> tuple[pl.DataFrame, tuple[datetime, datetime] | None, Reading | None, tuple[Edit, ...]]:
    """What the alarm is replayed on and when it is evaluated; of an archive what was read, and the calls that change it."""
    if not plan.paths and real is not None:
        return real.samples, _span(real, one, plan), None, ()
    watched = as_detection(compile_pattern(_edits_pattern(one, told.alarm)))
    reading, (matched, calls) = read([one, watched], plan, scan, progress)
    span = None if reading.empty else reading.evaluated(one.alarm, matched.samples)
    return matched.samples, span, reading, _edits(calls.matches)


def _compared(
    found: Reconciliation,
    frame: pl.DataFrame,
    span: tuple[datetime, datetime],
    real: MetricData | None,
    scan: Scan,
) -> Reconciliation:
    """The same with what the replay says against the history, from where both are known."""
    detection, history = found.detection, found.history
    alarm, step = detection.alarm, detection.alarm.step
    start, end = max(span[0], _floor(history.first or span[0], step)), span[1]
    inside = [one for one in history.changes if start <= _floor(one.at, step) <= end]
    state, samples = _state_at(history, start), Samples.of(frame)
    ours = run((Era(None, None, alarm),), samples, start, end, state)
    beside = real if found.reading is not None else None
    case = Case(
        found=found,
        samples=samples,
        start=start,
        end=end,
        state=state,
        begin=span[0],
        real=None if beside is None else Samples.of(beside.samples),
        delivered=lambda: _by_delivery(found, scan),
    )
    entries, delay, by_delivery = explained(_entries(ours, inside, step, _reach(detection)), case)
    return replace(
        found,
        start=start,
        end=end,
        entries=tuple(entries),
        earlier=sum(_floor(one.at, step) < start for one in history.changes),
        later=sum(_floor(one.at, step) > end for one in history.changes),
        delay=delay,
        by_delivery=by_delivery,
        minutes=None
        if beside is None or found.reading is None
        else _minutes(frame, beside, found.reading, detection),
    )


def _by_delivery(found: Reconciliation, scan: Scan) -> Samples | None:
    """The samples of another pass, in which the time of a record is that of its delivery."""
    plan = None if found.reading is None else found.reading.plan
    if plan is None or plan.clock is Clock.DELIVERY or "-" in map(str, plan.paths):
        return None
    _, [(_, samples)] = read([found.detection], replace(plan, clock=Clock.DELIVERY, delay=0), scan, None)
    return Samples.of(samples)


def _span(real: MetricData, detection: Detection, plan: Plan) -> tuple[datetime, datetime]:
    """The first and the last evaluation that the datapoints reach."""
    alarm, chosen = detection.alarm, plan.selection
    start, end = real.first, real.last + max(60 + alarm.evaluation_range * alarm.period, alarm.step)
    start = start if chosen.start is None else max(start, chosen.start - chosen.start % 60)
    end = end if chosen.end is None else min(end, chosen.end)
    return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(max(end - end % 60, start), UTC)


def _empty(history: History, span: tuple[datetime, datetime] | None, reading: Reading | None) -> str:
    """Why nothing can be compared; empty where it can."""
    if reading is not None and reading.empty is not None:
        return str(reading.empty)
    if span is None or history.first is None or history.last is None:
        return "no record with a time"
    start, end = span
    if history.last < start:
        return f"nothing in common: the history ends at {minute(history.last)}, and the log begins at {minute(start)}"
    if history.first > end + timedelta(minutes=1):
        return f"nothing in common: the history begins at {minute(history.first)}, and the log ends at {minute(end)}"
    return ""


def _floor(at: datetime, step: int) -> datetime:
    """The evaluation that an instant belongs to: the service's come at any second of their minute."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % step, UTC)


def _state_at(history: History, start: datetime) -> State:
    """The state of the account's alarm before the first evaluation that is compared."""
    known = [one for one in history.changes if one.at < start]
    if known:
        return known[-1].after
    created = any(
        one.kind == "Create" and one.at <= start + timedelta(minutes=1) for one in history.configured
    )
    return history.changes[0].before if history.changes and not created else State.INSUFFICIENT_DATA


def _reach(detection: Detection) -> timedelta:
    alarm = detection.alarm
    return timedelta(seconds=max(_LEAST_REACH, alarm.period * alarm.evaluation_periods))


def _entries(
    ours: Sequence[Transition], theirs: Sequence[Actual], step: int, reach: timedelta
) -> list[Entry]:
    """Both side by side in time order: first what is the same, then the nearest, then what has another state before."""
    left, right, entries = list(ours), list(theirs), []

    def take(mine: Transition, other: Actual) -> None:
        shift = _floor(other.at, step) - instant(mine.at)
        same = not shift and mine.before is other.before
        kind = Agreement.AGREES if same else Agreement.DIFFERS
        entries.append(Entry(kind, mine, other, instant(mine.at), shift))

    exact = {key(one.at, one.before, one.after, step): one for one in right}
    pairs = [(one, exact.get(key(one.at, one.before, one.after, step))) for one in left]
    same = [(one, other) for one, other in pairs if other is not None]
    nearest = _without(left, right, same)
    moved = [(nearest[0][i], nearest[1][j]) for i, j in paired(*nearest, reach).items()]
    rest = _without(*nearest, moved)
    by_minute = {(_floor(one.at, step), one.after): one for one in rest[1]}
    other_state = [
        (one, by_minute[(instant(one.at), one.after)])
        for one in rest[0]
        if (instant(one.at), one.after) in by_minute
    ]
    for mine, other in (*same, *moved, *other_state):
        take(mine, other)
    here, there = _without(*rest, other_state)
    entries += [Entry(Agreement.ONLY_HERE, one, None, instant(one.at)) for one in here]
    entries += [Entry(Agreement.ONLY_THERE, None, one, _floor(one.at, step)) for one in there]
    return sorted(entries, key=lambda one: (one.at, one.theirs is None))


def _without(
    ours: Sequence[Transition], theirs: Sequence[Actual], pairs: Sequence[tuple[Transition, Actual]]
) -> tuple[list[Transition], list[Actual]]:
    taken = {id(one) for pair in pairs for one in pair}
    return [one for one in ours if id(one) not in taken], [one for one in theirs if id(one) not in taken]


def _minutes(frame: pl.DataFrame, real: MetricData, reading: Reading, detection: Detection) -> Minutes:
    """Sums a minute on both sides, in the hours for which there is a log and between the ends of the metric."""
    import polars as pl  # noqa: PLC0415 - not before the scan

    ours, theirs = (
        {
            int(at.timestamp()): value
            for at, value in each.group_by("minute")
            .agg(pl.col("value").mul(pl.col("samples")).sum())
            .iter_rows()
        }
        for each in (frame, real.samples)
    )
    known = [
        at
        for at in sorted(ours.keys() | theirs.keys())
        if real.first <= at <= real.last and at // 3600 in reading.hours
    ]
    other = [at for at in known if ours.get(at) != theirs.get(at)]
    here, there = (sum(at not in side for at in other) for side in (theirs, ours))
    examples = [
        Minute(datetime.fromtimestamp(at, UTC), ours.get(at), theirs.get(at)) for at in other[:EXAMPLES]
    ]
    return Minutes(
        same=len(known) - len(other),
        differ=len(other) - here - there,
        only_here=here,
        only_there=there,
        examples=tuple(examples),
        doubts=tuple(real.doubts(detection.alarm.period)),
    )


def _edits_pattern(detection: Detection, alarm: str) -> str:
    """Calls that change the filters or the alarm, as far as a pattern can hold their names."""

    def named(selector: str, name: str) -> str:
        return f'{selector} = "{name}"' if re.fullmatch(r"[^\"\\*%\x00-\x1f]{1,200}", name) else ""

    filters = [named("$.requestParameters.filterName", one.name) for one in detection.filters]
    metric = named("$.requestParameters.metricTransformations[0].metricName", detection.filters[0].metric)
    alarms = [
        named("$.requestParameters.alarmName", alarm),
        named("$.requestParameters.alarmNames[0]", alarm),
    ]
    sides = []
    for source, terms in (
        ("logs.amazonaws.com", [*dict.fromkeys(filters), metric]),
        ("monitoring.amazonaws.com", alarms),
    ):
        known = [term for term in terms if term][:20]
        verbs = '$.eventName = "Put*" || $.eventName = "Delete*" || $.eventName = "Set*"'
        verbs += ' || $.eventName = "Enable*" || $.eventName = "Disable*"'
        if known:
            sides.append(f'($.eventSource = "{source}" && ({verbs}) && ({" || ".join(known)}))')
    return f"{{ {' || '.join(sides) or '$.eventSource = none'} }}"


def _edits(calls: pl.DataFrame) -> tuple[Edit, ...]:
    rows = calls.sort("time").select("time", "event_name", "principal").iter_rows()
    return tuple(Edit(at, event or "", who or "") for at, event, who in rows)
