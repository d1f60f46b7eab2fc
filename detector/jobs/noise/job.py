"""From an archive to exclusions: detections and paths in, a `Noise` each out.

Three passes: one for what the detections do, one for each of their candidates alone, and one for the proposals, whose
figures are those of that replay and no estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from detector.archive import Inputs, Plan, Progress, Settings
from detector.cloudtrail.principals import principal
from detector.detections import Detection
from detector.detections.catalogue import detections_of
from detector.jobs.backtest.attribution import own_rows, with_pattern
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.incidents import IncidentSource, incidents_of
from detector.jobs.noise.cases import cases
from detector.jobs.noise.choice import Candidate, are_apart, chosen, gone, samples_without
from detector.jobs.noise.effects import Effect, Labelled, effect, summed, times_of
from detector.jobs.noise.exclusions import (
    ARN,
    EVENT,
    NAME,
    ROLE,
    SERVICE,
    Exclusion,
    InexpressibleError,
    Member,
    edited,
    fits,
    needs_guard,
)
from detector.jobs.noise.result import Noise, Proposal, Wish
from detector.jobs.reading import Matched, Reading, Scan, read
from detector.jobs.replay import replay
from detector.jobs.replayed import Replay
from detector.quantities import count
from detector.scan import processes

if TYPE_CHECKING:
    import polars as pl

    from detector.jobs.noise.makers import Maker

MOST = 12
"""Roles, users and services for which an exclusion is tried, and as many of their calls."""


def noise(
    detection: Detection | str | Path,
    paths: Inputs,
    *,
    incidents: IncidentSource = None,
    max_pages_per_week: float | None = None,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Noise:
    """Who makes the noise of a detection, and which exclusions would end it; ``settings`` are those of a `Plan`.

    ``incidents`` are not hidden by any proposal; ``max_pages_per_week`` is what to reach.
    """
    [loaded] = detections_of(detection)
    wish = Wish(tuple(incidents_of(incidents)), max_pages_per_week)
    return noises([(loaded, wish)], Plan.of_alarms(paths, **settings), scan=scan, progress=progress)[0]


def noises(
    asked: Sequence[tuple[Detection, Wish]],
    plan: Plan,
    *,
    scan: Scan = processes.scan,
    progress: Progress | None = None,
) -> list[Noise]:
    """The same for several detections; see `replay`."""
    replays = replay([detection for detection, _ in asked], plan, scan=scan, progress=progress, sample=0)
    settled = replays.reading.plan  # with the clock that the archive has decided on
    hits = _hits(asked, settled, scan)
    studies = [_Study.of(one, wish, hits) for one, (_, wish) in zip(replays, asked, strict=True)]
    tried = [one for study in studies for one in study.tried.values()]
    if tried:
        found = iter(read(tried, settled, scan, progress)[1])
        for study in studies:
            study.outcomes = {one: next(found) for one in study.tried}
    proposals = [study.choose() for study in studies]
    proposed = [one for one in proposals if one is not None]
    proved = iter(read(proposed, settled, scan, progress)[1] if proposed else ())
    return [
        study.result(one, next(proved) if one is not None else None)
        for study, one in zip(studies, proposals, strict=True)
    ]


def _hits(asked: Sequence[tuple[Detection, Wish]], plan: Plan, scan: Scan) -> dict[str, pl.DataFrame]:
    """The matches of the patterns that incidents have, in a pass of their own; there rarely are any."""
    patterns = {one.pattern: detection for detection, wish in asked for one in wish.incidents if one.pattern}
    extra = [with_pattern(detection, pattern) for pattern, detection in patterns.items()]
    found = read(extra, plan, scan, None)[1] if extra else []
    return dict(zip(patterns, (one.matches for one in found), strict=True))


@dataclass(slots=True)
class _Study:
    """What is known about one detection while its noise is looked into."""

    replay: Replay
    wish: Wish
    labelled: Labelled
    coverage: Coverage
    present: Effect
    makers: dict[Exclusion, Maker]
    tried: dict[Exclusion, Detection]
    refused: dict[str, str]
    outcomes: dict[Exclusion, Matched]
    candidates: tuple[Candidate, ...] = ()
    taken: tuple[Exclusion, ...] = ()

    @classmethod
    def of(cls, one: Replay, wish: Wish, hits: Mapping[str, pl.DataFrame]) -> _Study:
        """The exclusions that are worth a try, and why others are not."""
        reading, selected = one.reading, one.reading.plan.selection
        coverage = Coverage.of(reading.hours, selected.start, selected.end, digests=reading.digests)
        proven = [each for each in wish.incidents if coverage.proves(*each.span(wish.grace))]
        labelled = Labelled(proven, wish.grace, hits)
        found, tried, refused = (
            dict(_exclusions(one, labelled)),
            dict[Exclusion, Detection](),
            dict[str, str](),
        )
        for exclusion, maker in found.items():
            if exclusion.members[0].selector == NAME:
                refused[maker.value or ""] = "nothing says who it is but a name that a caller can type"
                continue
            try:
                tried[exclusion] = edited(one.detection, [exclusion])
            except InexpressibleError as error:
                refused[maker.value or ""] = str(error)
        study = cls(one, wish, labelled, coverage, Effect(0, 0, 0), found, tried, refused, {})
        study.present = study.effect(one.detection, Matched(one.matches, one.samples))
        return study

    def effect(self, detection: Detection, matched: Matched) -> Effect:
        """What a detection with these matches does, with the incidents of which there is a log."""
        return effect(detection, matched, self.reading, self.labelled)

    @property
    def reading(self) -> Reading:
        """What was read."""
        return self.replay.reading

    def choose(self) -> Detection | None:
        """The detection with the exclusions to take; None where there is none."""
        self.candidates = tuple(self._candidates())
        present = Matched(self.replay.matches, self.replay.samples)
        frames = {one: gone(present, self.outcomes[one.exclusion]) for one in self.candidates}

        def measured(some: Sequence[Candidate]) -> Effect | None:
            asked = [one.exclusion for one in some]
            if not fits(self.replay.detection, asked) or not are_apart([frames[one] for one in some]):
                return None
            samples = samples_without(present.samples, [self.outcomes[one].samples for one in asked])
            times = times_of(self.replay.detection, samples, self.reading)
            return summed(self.present, [one.effect for one in some], times, self.wish.grace)

        most = None if self.wish.most is None else self.wish.most * self.coverage.weeks
        taken = chosen(self.candidates, self.present, measured, most)
        self.taken = tuple(one.exclusion for one in taken)
        return edited(self.replay.detection, self.taken) if self.taken else None

    def _candidates(self) -> Iterator[Candidate]:
        """What each exclusion alone does, if anything: a record may have its caller in another member."""
        for exclusion, matched in self.outcomes.items():
            done = self.effect(self.tried[exclusion], matched)
            if done.matches < self.present.matches:
                hidden = tuple(seen.incident.name for seen in done.hidden_from(self.present))
                guarded = any(
                    needs_guard(each.pattern, member.selector)
                    for each in self.replay.detection.filters
                    for member in exclusion.members
                )
                yield Candidate(exclusion, self.makers[exclusion], done, hidden, guarded)

    def result(self, proposed: Detection | None, matched: Matched | None) -> Noise:
        """Everything that is said about it."""
        from detector.jobs.noise.makers import makers  # noqa: PLC0415 - polars loads while the archive is scanned

        proposal = None
        if proposed is not None and matched is not None:
            done = self.effect(proposed, matched)
            tests = cases(self.replay.detection, proposed, self.taken)
            proposal = Proposal(self.taken, proposed, done, done.hidden_from(self.present), tests)
        return Noise(
            wish=self.wish,
            replay=self.replay,
            coverage=self.coverage,
            makers=makers(self.replay),
            present=self.present,
            candidates=self.candidates,
            refused=self.refused,
            unproven=tuple(one for one in self.wish.incidents if one not in self.labelled.incidents),
            proposal=proposal,
            because=self._because(proposal),
        )

    def _because(self, proposal: Proposal | None) -> str:
        from detector.jobs.noise.makers import LEAST_DAYS, LEAST_HOURS  # noqa: PLC0415 - polars loads while the archive is scanned

        steady = [one for one in self.candidates if one.maker.steady]
        if self.reading.empty is not None or not self.present.matches:
            return "nothing matched: there is nothing to leave out"
        within = (
            self.wish.most is not None and (self.coverage.per_week(self.present.pages) or 0) <= self.wish.most
        )
        if within:
            return "the budget is kept as it is"
        if proposal is None and not steady:
            hours = len(self.reading.hours)
            days = len({hour // 24 for hour in self.reading.hours})
            return (
                f"the archive is too short to show who comes steadily: it has {count(hours, 'hour')} with a log, and it takes "
                f"{LEAST_HOURS}, or {LEAST_DAYS} days"
                if hours < LEAST_HOURS and days < LEAST_DAYS
                else "nobody who could be left out comes steadily: these matches are what the alarm is for, or a fault to mend"
            )
        if proposal is None:
            return "no exclusion of a steady caller helps without hiding an incident or leaving nothing that matches"
        hidden = (
            "no incident is hidden" if self.labelled.incidents else "no incident was given that it could hide"
        )
        if self.wish.most is None:
            return f"{count(len(proposal.exclusions), 'steady caller')} with at least 5 % of the matches; {hidden}"
        kept = (self.coverage.per_week(proposal.effect.pages) or 0) <= self.wish.most
        return (
            f"the fewest exclusions that keep the budget, of all sets of steady callers; {hidden}"
            if kept
            else "all that steady callers account for, and the budget is not reached: whoever is left comes in bursts, or is part of an incident"
        )


def _exclusions(one: Replay, labelled: Labelled) -> Iterator[tuple[Exclusion, Maker]]:
    """Roles, users and services with the most matches as a whole, and the single calls of those that come steadily.

    The latter only of somebody who has a part in an incident: anybody else can be left out as a whole, and needs fewer words.
    """
    from detector.jobs.noise.makers import makers, named  # noqa: PLC0415 - polars loads while the archive is scanned
    from detector.jobs.placed import published  # noqa: PLC0415 - polars loads while the archive is scanned

    ranked = makers(one, None)
    rows = named(published(one.matches, dedupe=one.reading.plan.dedupe))
    meant = {
        who
        for each in labelled.incidents
        if each.is_scoped
        for who in own_rows(each, rows, labelled.grace, labelled.hits)["name"].unique().to_list()
    }
    told = rows.unique("call", keep="first", maintain_order=True)
    first = {name: row for row in told.iter_rows(named=True) if (name := row["name"])}
    whole = [maker for maker in ranked["role"] if maker.value][:MOST]
    for maker in whole:
        yield Exclusion((_member(first[str(maker.value)]),)), maker
    steady = {maker.value for maker in whole if maker.steady}
    calls = {row["call"]: row for row in told.iter_rows(named=True)}
    for maker in [maker for maker in ranked["call"] if maker.steady and maker.value][:MOST]:
        row = calls[str(maker.value)]
        several = sum(other["name"] == row["name"] for other in calls.values()) > 1
        if several and row["name"] in meant & steady and row["event_name"]:
            yield Exclusion((_member(row), Member(EVENT, row["event_name"]))), maker


def _member(row: Mapping[str, Any]) -> Member:
    """The member of a record that says whose it is: of a role without the session, which is another one each time."""
    who = row["principal"]
    found = principal(who)
    if found.session and found.kind == "role":
        return Member(ROLE, found.name)
    if who.startswith("arn:"):
        return Member(ARN, who)
    return Member(SERVICE if found.is_service else NAME, who)
