"""What one setting did: in come its times in ALARM, the incidents and the hours with a log, out goes a score.

The claim: every word of a backtest is defined here, in one place each.

* A **page** is a transition into ALARM: that is when CloudWatch notifies.
* A **flap** is a page at most 30 minutes after the alarm had left ALARM.
* An incident is **detected** by a page from its start until its end and the grace time after it. Where it says whose it
  is, matches of its own must lie in the windows that breached. An alarm that was already in ALARM when the incident
  began pages nobody for it: no detection, unless it is raised again.
* An incident has **no evidence** where its hours, the grace time included, have no log: it is neither detected
  nor missed, and a page in its time is not a false alarm.
* The **delay** is from the incident's start to that page; the **share** how much of the matches in that page's windows
  is the incident's.
* A page **belongs** to an incident if it could detect it; where the incident does not say whose it is, if the time in
  ALARM overlaps the time from its start until its end and the grace time after it.
* A **false alarm** is a page that belongs to no attack; one that belongs to a misconfiguration or to noise is counted as
  that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import sub
from statistics import median

from detector.alarm.values import DAY, HOUR, MINUTE, WEEK
from detector.jobs.backtest.attribution import Activity, Stretch
from detector.jobs.backtest.incidents import Incident, Verdict
from detector.jobs.backtest.times import InAlarm, Stretches

# 1970-01-05, a Monday: weeks begin there.
MONDAY = 4 * DAY
# Seconds; as long as a report counts an alarm that comes back to the same episode.
_FLAP = 30 * MINUTE
GRACE = 30 * MINUTE
"""Seconds after an incident's end in which an ALARM still belongs to it, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one setting did; times in seconds.

    ``delays`` has one entry an incident, None for one that was missed. ``by_hour`` begins at midnight UTC,
    ``by_weekday`` on Monday; ``by_week`` counts pages by the number of the week since Monday 1970-01-05.
    ``by_day`` by the number of the day since 1970. ``unlogged`` are those of ``seconds`` that lie in a gap of the archive;
    ``evaluated`` is all the time, ``calm`` what of it is outside of all attacks, and ``blind`` the time in ALARM there.
    ``starts`` are the pages.
    ``pages`` and ``shares`` have one entry an incident: the pages that belong to it, and how much of the matches in the
    windows of the first one are its own (None where it does not say, or is missed). Of the ``false_alarms``,
    ``misconfigurations`` and ``noise`` belong to an incident of that kind.
    """

    alarms: int = 0
    seconds: int = 0
    longest: int = 0
    median: float | None = None
    lookback: int = 0
    flaps: int = 0
    by_hour: tuple[int, ...] = (0,) * 24
    by_weekday: tuple[int, ...] = (0,) * 7
    by_week: tuple[tuple[int, int], ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    delays: tuple[int | None, ...] = ()
    shares: tuple[float | None, ...] = ()
    pages: tuple[tuple[int, ...], ...] = ()
    false_alarms: int = 0
    misconfigurations: int = 0
    noise: int = 0
    unlogged: int = 0
    evaluated: int = 0
    calm: int = 0
    blind: int = 0
    starts: tuple[int, ...] = field(default=(), repr=False)

    @property
    def share_in_alarm(self) -> float:
        """The share of the evaluated time in ALARM."""
        return self.seconds / self.evaluated if self.evaluated else 0.0

    @property
    def blind_share(self) -> float:
        """The same outside of all attacks: there an alarm that is on only keeps quiet about what is new."""
        return self.blind / self.calm if self.calm else 0.0

    def late(self, soon: int) -> int:
        """How many incidents are detected, but later than so many seconds after their start."""
        return sum(delay is not None and delay > soon for delay in self.delays)

    @property
    def detected(self) -> int:
        """How many incidents."""
        return len(self.delays) - self.missed

    @property
    def missed(self) -> int:
        """How many incidents."""
        return self.delays.count(None)

    @property
    def median_delay(self) -> float | None:
        """Over the incidents that were detected."""
        known = [delay for delay in self.delays if delay is not None]
        return median(known) if known else None

    @property
    def slowest_delay(self) -> int | None:
        """Over the incidents that were detected."""
        return max((delay for delay in self.delays if delay is not None), default=None)

    @property
    def precision(self) -> float | None:
        """The share of pages that belong to an incident; None without any page or any incident."""
        return (self.alarms - self.false_alarms) / self.alarms if self.alarms and self.delays else None

    @property
    def recall(self) -> float | None:
        """The share of incidents that were detected; None without any."""
        return self.detected / len(self.delays) if self.delays else None


class Labels:
    """What happened, prepared once for any number of settings: the ``incidents`` are to be detected.

    The others only explain pages: ``unproven`` ones have no evidence, ``early`` ones begin in the burn-in, ``others`` are misconfigurations, noise, and what
    nobody has judged. ``silent`` are the gaps of the archive, in seconds since 1970 and in time order. Without ``activity``
    nothing is known of whose a match is, and only times count.
    """

    def __init__(
        self,
        incidents: Sequence[Incident],
        grace: int = GRACE,
        *,
        unproven: Sequence[Incident] = (),
        others: Sequence[Incident] = (),
        early: Sequence[Incident] = (),
        silent: Sequence[tuple[int, int]] = (),
        activity: Activity | None = None,
    ) -> None:
        self.incidents, self.unproven, self.early, self.others = incidents, unproven, early, others
        self.grace = grace
        self._silent = Stretches(silent)
        self._attacks = Stretches(one.span(grace) for one in (*incidents, *unproven, *early))
        self._activity = activity or Activity()

    @property
    def unmatched(self) -> tuple[Incident, ...]:
        """The incidents that say whose they are and have no match, so that no setting can detect them."""
        own = self._activity.own
        return tuple(one for one in self.incidents if one in own and not own[one])

    def found(self, incident: Incident, times: InAlarm) -> tuple[list[int], int | None, float | None]:
        """The pages that belong to an incident; the delay of the first that detects it, and its share."""
        start, end = incident.span(self.grace)
        first, last = bisect_left(times.starts, start), bisect_left(times.starts, end)
        if incident in self._activity.own:
            shares = {
                page: self._activity.share(incident, times.breached(page)) for page in range(first, last)
            }
            pages = [page for page, share in shares.items() if share]
            detecting, share = pages[:1], shares[pages[0]] if pages else None
        else:
            # A time in ALARM that is over in the second in which it began is a page all the same.
            pages = list(range(min(first, bisect_right(times.ends, start)), last))
            detecting, share = list(range(first, last))[:1], None
        return pages, times.starts[detecting[0]] - start if detecting else None, share

    def unlogged(self, starts: Sequence[int], ends: Sequence[int]) -> int:
        """How many seconds of some times lie in gaps."""
        return self._silent.within(starts, ends)

    def apart(self, starts: Sequence[int], ends: Sequence[int]) -> int:
        """How many seconds of some times lie outside of all attacks."""
        return sum(ends) - sum(starts) - self._attacks.within(starts, ends)


def score(times: InAlarm, labels: Labels, span: Stretch = (0, 0)) -> Score:
    """The score of one setting's times in ALARM, evaluated from a second to another."""
    starts, (on, off) = times.starts, times.everything
    nothing, calm = (None,) * len(labels.incidents), labels.apart(*zip(span, strict=True))
    evaluated = span[1] - span[0]
    if not on:
        return Score(
            delays=nothing, shares=nothing, pages=((),) * len(nothing), evaluated=evaluated, calm=calm
        )
    found = [labels.found(incident, times) for incident in labels.incidents]
    false, misconfigured, noise = _false(labels, times, {page for pages, *_ in found for page in pages})
    lengths = list(map(sub, off, on))
    # Counted by hour of the week first, which are only 168, however many pages there are.
    by_hour, by_weekday = [0] * 24, [0] * 7
    for hour, count in Counter([start // HOUR % 168 for start in starts]).items():
        by_hour[hour % 24] += count
        by_weekday[(hour // 24 + 3) % 7] += count  # 1970-01-01 was a Thursday: three days after Monday
    return Score(
        alarms=len(starts),
        seconds=sum(lengths),
        longest=max(lengths),
        median=median(lengths),
        lookback=times.lookback,
        flaps=sum(map(_FLAP.__ge__, map(sub, on[1:], off))),
        by_hour=tuple(by_hour),
        by_weekday=tuple(by_weekday),
        by_week=tuple(_by(starts, WEEK, MONDAY)),
        by_day=tuple(_by(starts, DAY)),
        delays=tuple(delay for _, delay, _ in found),
        shares=tuple(share for *_, share in found),
        pages=tuple(tuple(starts[page] for page in pages) for pages, *_ in found),
        false_alarms=false,
        misconfigurations=misconfigured,
        noise=noise,
        unlogged=labels.unlogged(on, off),
        evaluated=evaluated,
        calm=calm,
        blind=labels.apart(on, off),
        starts=tuple(starts),
    )


def week_of(second: int) -> int:
    """The number of the week in which a second since 1970 lies."""
    return (second - MONDAY) // WEEK


def _false(labels: Labels, times: InAlarm, right: set[int]) -> tuple[int, int, int]:
    """The false alarms, and how many of them are misconfigurations and noise; ``right`` pages belong to an attack."""
    kinds: dict[Verdict, set[int]] = {verdict: set() for verdict in Verdict}
    for other in (*labels.unproven, *labels.early, *labels.others):
        kinds[other.verdict].update(labels.found(other, times)[0])
    unjudged = right | kinds[Verdict.ATTACK] | kinds[Verdict.UNDECIDED]
    misconfigured = kinds[Verdict.MISCONFIGURATION] - unjudged
    noise = kinds[Verdict.NOISE] - unjudged - misconfigured
    # Without an attack, nobody has said that whatever is left is false.
    rest = len(times.starts) - len(unjudged | misconfigured | noise) if labels.incidents else 0
    return len(misconfigured) + len(noise) + rest, len(misconfigured), len(noise)


def _by(starts: Sequence[int], length: int, offset: int = 0) -> Iterator[tuple[int, int]]:
    """The days or weeks that have pages, and how many."""
    low = 0
    while low < len(starts):
        number = (starts[low] - offset) // length
        high = bisect_left(starts, (number + 1) * length + offset, low)
        yield number, high - low
        low = high
