"""What an alarm would have done with the matches of a pass: a `Replay` for each detection.

In: detections, and what was gathered of each. Out: their replays. All of it follows the scan, and is imported meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from detector.alarm import Samples, first_evaluation, transitions, windows
from detector.jobs.episodes import episodes
from detector.jobs.habits import known_of
from detector.jobs.rankings import Tallies, ranked
from detector.jobs.replayed import Replay
from detector.jobs.series import series
from detector.jobs.signs import with_signs
from detector.quantities import instant

if TYPE_CHECKING:
    from detector.alarm.mute import MuteRule
    from detector.detections import Detection
    from detector.jobs.conditions import Conditions
    from detector.jobs.gathered import Gathered
    from detector.jobs.reading import Reading


def outcomes(
    detections: Sequence[Detection],
    gathered: Sequence[Gathered],
    why: Sequence[tuple[Conditions, ...]],
    reading: Reading,
    mutes: tuple[MuteRule, ...],
) -> Iterator[Replay]:
    """The replay of each detection; ``why`` says of each filter why it matched nothing."""
    tallies = Tallies()
    for each in zip(detections, gathered, why, strict=True):
        yield _outcome(*each, reading, tallies, mutes)


def _outcome(
    detection: Detection,
    gathered: Gathered,
    why: tuple[Conditions, ...],
    reading: Reading,
    tallies: Tallies,
    mutes: tuple[MuteRule, ...],
) -> Replay:
    alarm, sampled = detection.alarm, gathered.sampled
    span = reading.evaluated_with(alarm, [minute for minute, *_ in (*sampled[:1], *sampled[-1:])])
    callers = tallies.once(ranked, gathered.ordered.rows, "principal")
    if span is None:
        return Replay(detection, reading, gathered, None, None, (), (), callers, None, why, mutes=mutes)
    (start, end), samples = span, Samples.of_seconds(sampled)
    first = first_evaluation(alarm, samples, start)
    seen = windows(samples, alarm, start=first, end=end, reach=alarm.evaluation_range)
    changes = tuple(transitions(alarm, seen))
    rows = gathered.ordered.published(dedupe=reading.plan.dedupe)
    found, inside = episodes(rows, changes, end, tallies)
    return Replay(
        detection=detection,
        reading=reading,
        gathered=gathered,
        start=start,
        end=end,
        transitions=changes,
        episodes=with_signs(found, known_of(found, rows, inside, tallies)),
        callers=callers,
        series=series(alarm, samples, start, end, seen=seen if first == start else None),
        why=why,
        warm_until=instant(first) if first != start else None,
        mutes=mutes,
    )
