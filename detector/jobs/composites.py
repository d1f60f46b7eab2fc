"""Composite alarms over the replays of their children: one frozen `CompositeReplay` each.

In: composites, the replays of the detections that they rest on, mute rules. Out: for each composite its transitions,
its episodes with who, what and from where, and when its actions ran or what held them. The claim: a composite reads no
record; whatever it says follows from the transitions and the matches of its children.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, cast

from detector.alarm import State, Transition
from detector.alarm.delivery import Delivery, deliveries
from detector.alarm.mute import MuteRule, held
from detector.composite import CompositeTransition, Phase, histories, phases
from detector.composite.suppression import suppressed
from detector.detections.alarmed import Composite, same_alarm
from detector.jobs.reading import Reading
from detector.jobs.replayed import Replay, Verdict
from detector.notebook import table
from detector.quantities import count, minute, span

if TYPE_CHECKING:
    import polars as pl

    from detector.jobs.episodes import Episode, TimeInAlarm
    from detector.jobs.ranking import Ranking
    from detector.metrics.ordered import Ordered


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CompositeReplay:
    """What one composite alarm would have done.

    ``children`` are the replays that it rests on, the suppressor's included, by the names that its rule has for them.
    ``start`` and ``end`` are None without any log. ``phases`` are those of its suppressor, ``deliveries`` has one for
    each transition. ``callers`` are the principals of the matches of the detections in its rule.
    """

    composite: Composite
    reading: Reading
    children: Children
    ordered: Ordered
    """The matches of the children in the rule; those of a suppressor only say why nobody was paged."""
    start: datetime | None
    end: datetime | None
    transitions: tuple[CompositeTransition, ...]
    phases: tuple[Phase, ...]
    deliveries: tuple[Delivery, ...]
    episodes: tuple[Episode, ...]
    callers: Ranking
    mutes: tuple[MuteRule, ...] = ()

    def __repr__(self) -> str:
        alarmed = f"ALARM {count(self.alarms, 'time')}" if self.alarms else "never in ALARM"
        return f"<CompositeReplay {self.name}: {alarmed}, {count(len(self.children), 'child', 'children')}>"

    def _repr_html_(self) -> str:
        head = ("", "raised", "lasted", "matches", "most matches by")
        rows = [
            (
                f"ALARM {one.number}",
                minute(one.start),
                span(one.lasted),
                one.matches,
                one.fields["principals"].first,
            )
            for one in self.episodes
        ]
        return table(repr(self), head, rows)

    @property
    def name(self) -> str:
        """What the user typed to get it."""
        return self.composite.name

    @property
    def matches(self) -> pl.DataFrame:
        """The matches as a polars frame (columns: see `detector.metrics.samples`), in time order."""
        import polars as pl  # noqa: PLC0415 - where it is asked for

        from detector.metrics.samples import NO_MATCHES  # noqa: PLC0415 - the same

        frames = [self.children[name].matches for name in self.composite.settings.children]
        order = ["time", "source", "position", "filter"]
        named = [
            one.with_columns(pl.col("filter").cast(pl.String)) for one in frames or [NO_MATCHES.to_frame()]
        ]
        return pl.concat(named).unique(order, maintain_order=True).sort(order)

    @property
    def matched(self) -> int:
        """Records that match any filter of a detection in its rule."""
        return self.ordered.records

    @property
    def alarms(self) -> int:
        """How many times it went to ALARM."""
        return sum(len(episode.times) for episode in self.episodes)

    @property
    def worst(self) -> tuple[Episode, ...]:
        """The episodes in the order of `Replay.worst`."""
        return tuple(
            sorted(self.episodes, key=lambda one: (-one.fields["events"].size, -one.matches, one.number))
        )

    @property
    def in_alarm(self) -> timedelta:
        """How long it was in ALARM."""
        times = [time for episode in self.episodes for time in episode.times]
        return sum(((time.end or self.end or time.start) - time.start for time in times), timedelta())

    @property
    def share_in_alarm(self) -> float:
        """The share of the time for which it was in ALARM."""
        known = self.end - self.start if self.start and self.end else timedelta()
        return self.in_alarm / known if known else 0.0

    @property
    def verdict(self) -> Verdict:
        """The answer in a word or two."""
        if self.reading.empty is not None:
            return Verdict.NO_EVIDENCE
        if self.episodes:
            return Verdict.ALARM
        return Verdict.NO_ALARM if len(self.ordered) or not self.children else Verdict.NOTHING_MATCHED


Children: TypeAlias = Mapping[str, Replay | CompositeReplay]


def composite_replays(
    composites: Sequence[Composite], replays: Sequence[Replay], reading: Reading, mutes: Sequence[MuteRule]
) -> tuple[CompositeReplay, ...]:
    """The replays of composites; ``replays`` has that of every detection that one of them rests on."""
    return tuple(_replayed(composite, replays, reading, mutes) for composite in composites)


def _replayed(
    composite: Composite, replays: Sequence[Replay], reading: Reading, mutes: Sequence[MuteRule]
) -> CompositeReplay:
    from detector.jobs.rankings import ranked  # noqa: PLC0415 - after the scan

    children: Children = {
        name: _replayed(alarmed, replays, reading, mutes)
        if isinstance(alarmed, Composite)
        else next(one for one in replays if same_alarm(one.detection, alarmed))
        for name, alarmed in composite.alarms.items()
    }
    ordered, between = _matches(composite, children), _between(children, reading)
    changes, stages, delivered = _history(composite, children, mutes, between)
    return CompositeReplay(
        composite=composite,
        reading=reading,
        children=children,
        ordered=ordered,
        start=between[0] if between else None,
        end=between[1] if between else None,
        transitions=changes,
        phases=stages,
        deliveries=delivered,
        episodes=_episodes(ordered, changes, children, reading, between),
        callers=ranked(ordered.rows, "principal"),
        mutes=tuple(mutes),
    )


def _episodes(
    ordered: Ordered,
    changes: tuple[CompositeTransition, ...],
    children: Children,
    reading: Reading,
    between: tuple[datetime, datetime] | None,
) -> tuple[Episode, ...]:
    from detector.jobs.episodes import episodes  # noqa: PLC0415 - after the scan
    from detector.jobs.habits import known_of  # noqa: PLC0415 - the same
    from detector.jobs.rankings import Tallies  # noqa: PLC0415 - the same
    from detector.jobs.signs import with_signs  # noqa: PLC0415 - the same

    def begins(time: TimeInAlarm) -> datetime:
        return _begins(cast("CompositeTransition", time.raised), children)

    if between is None:
        return ()
    # Of a transition, episodes ask when it is and into which state; where its matches begin is said here.
    rows, raised = ordered.published(dedupe=reading.plan.dedupe), cast("tuple[Transition, ...]", changes)
    tallies = Tallies()
    found, inside = episodes(rows, raised, between[1], tallies, begins)
    return with_signs(found, known_of(found, rows, inside, tallies))


def _between(children: Children, reading: Reading) -> tuple[datetime, datetime] | None:
    """When the first of its children is evaluated first, and when the last is last; None without any log."""
    times = [time for child in children.values() for time in (child.start, child.end) if time]
    if not children:
        times = [
            datetime.fromtimestamp(time, UTC) for time in (reading.first, reading.last) if time is not None
        ]
    return (min(times), max(times)) if times else None


def _history(
    composite: Composite,
    children: Children,
    mutes: Sequence[MuteRule],
    between: tuple[datetime, datetime] | None,
) -> tuple[tuple[CompositeTransition, ...], tuple[Phase, ...], tuple[Delivery, ...]]:
    if between is None:
        return (), (), ()
    settings, (start, end) = composite.settings, between
    changes = histories([settings], {name: one.transitions for name, one in children.items()}, start)[
        settings.name
    ]
    delivered, stages = deliveries(changes, enabled=composite.actions.enabled), tuple[Phase, ...]()
    if settings.suppressor:
        suppressor = children[settings.suppressor].transitions
        at = [each.at for each in changes]
        stages = phases(at, suppressor, settings.wait_period, settings.extension_period, end)
        delivered = suppressed(delivered, stages, settings.suppressor)
    return changes, stages, held(delivered, mutes, settings.name, start, end)


def _matches(composite: Composite, children: Children) -> Ordered:
    from detector.metrics.ordered import merged  # noqa: PLC0415 - after the scan

    return merged([own for name in composite.settings.children for own in _named(children[name])])


def _named(child: Replay | CompositeReplay) -> Iterator[tuple[Ordered, Sequence[str]]]:
    """Its matches, and the names of their filters."""
    if isinstance(child, CompositeReplay):
        for name in child.composite.settings.children:
            yield from _named(child.children[name])
    else:
        yield child.gathered.ordered, [one.name for one in child.detection.filters]


def _begins(raised: CompositeTransition, children: Children) -> datetime:
    """Where the matches begin that raised it: with the oldest window of the children that were in ALARM."""
    return min([raised.at, *_windows(raised, children)])


def _windows(raised: CompositeTransition, children: Children) -> Iterator[datetime]:
    from detector.jobs.episodes import TimeInAlarm, first_window  # noqa: PLC0415 - polars

    for told in raised.reason.triggering:
        child = children[told.alarm]
        if isinstance(child, CompositeReplay):
            yield from (_begins(each, child.children) for each in child.transitions if each.at == told.since)
        elif told.state is State.ALARM:
            yield from (
                first_window(TimeInAlarm(each, None)) for each in child.transitions if each.at == told.since
            )
