"""An audit: for each control the filter, how it relates to the prescribed one, and whether anybody would hear of a match.

In: a `Configuration` and a benchmark. Out: one `Audit`. The claims: a relation is proved or not decided; what is said to
be dead is proved so by the findings of `detector check`; what the configuration does not show is never counted against it,
and always named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from detector.alarm import State
from detector.detections import Detection
from detector.detections.benchmark import CONTROLS, SECURITY_HUB, Control
from detector.detections.configuration import Configuration
from detector.detections.given import NOTHING, Given
from detector.jobs.audit import wiring
from detector.jobs.audit.asked import gathered
from detector.jobs.audit.candidates import Candidate, Match, candidates, matches
from detector.jobs.audit.result import Aspect, Audit, Audited, Found, Level, Reason, TextCheck
from detector.jsontext import dump_json
from detector.lint import lint, lint_alarm, targets
from detector.lint.rules import Severity
from detector.lint.targets import Place
from detector.relation import Relation

Asked: TypeAlias = Detection | str | Path
_MATCHES_ALL = "D107"
_NEARLY_ALL = "D104"
_NOBODY_TOLD = {"D812", "D813"}
_QUOTED = re.compile(r'("(?:\\.|[^"\\])*")|\s+')


def audit(
    asked: Asked | Iterable[Asked] | Configuration,
    benchmark: str = SECURITY_HUB,
    controls: Iterable[Control] = CONTROLS,
    *,
    given: Given = NOTHING,
) -> Audit:
    """Hold a configuration against the texts of a benchmark: one of `detector.detections.benchmark.BENCHMARKS`.

    Controls that the benchmark does not have are left out; with Security Hub's, CIS's own control is there as 7.0.0 has it.
    """
    if not isinstance(asked, Configuration):
        asked = gathered([asked] if isinstance(asked, Detection | str | Path) else asked, given)
    configuration = asked
    found = candidates(configuration)
    audited = []
    for control in controls:
        asked = benchmark if control.section(benchmark) or benchmark != SECURITY_HUB else "7.0.0"
        prescribed = control.prescribed(asked)
        if prescribed:
            audited.append(_audited(control, control.section(asked), prescribed, found, configuration))
    return Audit(
        configuration.sources,
        benchmark,
        tuple(audited),
        filters=len({id(each) for one in found for each in one.filters}),
        alarms=len(configuration.detections),
        trails=len(configuration.trails),
        remarks=configuration.remarks,
    )


def _audited(
    control: Control,
    section: str,
    prescribed: Sequence[Detection],
    found: Sequence[Candidate],
    configuration: Configuration,
) -> Audited:
    about = matches(found, prescribed)
    judged = [(match, list(dict.fromkeys(_said(match, configuration)))) for match in about]
    texts = {one.name: one.filters[0].pattern.source for one in prescribed}
    check = _text_check(control, [match.candidate for match in about])
    if not judged:
        return Audited(control, section, texts, Level.ABSENT, None, (), (), check)
    match, said = max(judged, key=lambda each: (_level(each[1]), *(-part for part in each[0].rank)))
    reasons = sorted((one for one in said if isinstance(one, Reason)), key=lambda one: one.level)
    return Audited(
        control,
        section,
        texts,
        _level(said),
        _found(match, configuration),
        tuple(reasons),
        tuple(one for one in said if isinstance(one, str)),
        check,
        tuple(dict.fromkeys(one.candidate.name for one in about if one is not match)),
    )


def _level(said: Iterable[Reason | str]) -> Level:
    return min((one.level for one in said if isinstance(one, Reason)), default=Level.COVERED)


def _found(match: Match, configuration: Configuration) -> Found:
    one, verdict = match.candidate, match.verdict
    detection = one.detection
    return Found(
        one.name,
        one.pattern,
        _place(one),
        verdict.relation,
        match.to.name,
        verdict.witnesses.old_only,
        verdict.witnesses.new_only,
        None if detection is None else detection.alarm,
        () if detection is None else detection.actions.alarm,
        () if detection is None else wiring.receivers(detection, configuration),
    )


def _place(one: Candidate) -> Place | None:
    part = one.source.part(one.key)
    line = one.source.line(one.key)
    return Place(targets.shown(part.path), line, 1) if part.path and line else None


def _said(match: Match, configuration: Configuration) -> Iterator[Reason | str]:
    """Everything that speaks against a filter being the one of a control, and what is not shown."""
    one = match.candidate
    place = _place(one)
    for error in one.errors:
        lead = (
            "matches every event"
            if error.code == _MATCHES_ALL
            else "present, and can never fire: the filter can never match"
        )
        yield Reason(Level.DEAD, Aspect.FILTER, f"{lead}: {error.consequence}", error.code, place)
    if not one.errors:
        yield from _missed(match, place)
        yield from (
            Reason(
                Level.UNSOUND,
                Aspect.FILTER,
                f"counts nearly every record: {each.consequence}",
                each.code,
                place,
            )
            for part in one.filters
            for each in lint(part.pattern)
            if each.code == _NEARLY_ALL
        )
    if one.detection is None:
        yield Reason(Level.UNSOUND, Aspect.ALARM, "no alarm is on the metric of the filter", "", place)
    else:
        yield from _of_alarm(one.detection)
        yield from wiring.actions(one.detection, configuration)
    for part in one.filters:
        yield from wiring.trail(part, configuration)


def _missed(match: Match, place: Place | None) -> Iterator[Reason]:
    verdict = match.verdict
    if verdict.relation in {Relation.EQUIVALENT, Relation.WIDER}:
        return
    if verdict.relation is None:
        said = f"how it relates to the prescribed filter is not decided: {verdict.why_not}"
    else:
        event = verdict.witnesses.old_only
        shown = (
            ""
            if event is None
            else f", such as {event if isinstance(event, str) else dump_json(event).decode()}"
        )
        narrower = verdict.relation is Relation.NARROWER
        lead = "narrower than the prescribed filter" if narrower else "not the prescribed filter"
        said = f"{lead}: it misses events that are to be counted{shown}"
    yield Reason(Level.PARTIAL, Aspect.FILTER, said, "", place)


def _of_alarm(detection: Detection) -> Iterator[Reason]:
    """What keeps an alarm from telling of every match."""
    dead = False
    for finding in lint_alarm(detection):
        if finding.severity is Severity.ERROR:
            dead = True
            lead = "present, and can never fire" if finding.code == "D801" else "present, and always in ALARM"
            yield Reason(
                Level.DEAD, Aspect.ALARM, f"{lead}: {finding.consequence}", finding.code, finding.place
            )
        elif finding.severity is Severity.WARNING and finding.code not in _NOBODY_TOLD:
            yield Reason(Level.UNSOUND, Aspect.ALARM, finding.consequence, finding.code, finding.place)
    alarm = detection.alarm
    value = detection.filters[0].constant
    if dead or value is None:
        return
    history = alarm.history([(1, value)], start=1, end=1 + alarm.evaluation_range * (alarm.period // 60 + 1))
    if State.ALARM not in {one.after for one in history}:
        place, _ = targets.of_key(detection, "alarm.threshold")
        said = f"a single match does not raise it ({alarm}); the benchmark prescribes that one does"
        yield Reason(Level.UNSOUND, Aspect.ALARM, said, "", place)


def _text_check(control: Control, about: Sequence[Candidate]) -> TextCheck:
    """Whether the text is Security Hub's own but for blanks, which is all that its check looks at in a filter."""
    if not control.in_security_hub:
        return TextCheck(None, "Security Hub has no such control")
    [wanted] = control.prescribed(SECURITY_HUB)
    text = _plain(wanted.filters[0].pattern.source)
    if not about:
        return TextCheck(False, "fails: no filter has the prescribed text")
    if any(_plain(part.pattern.source) == text for one in about for part in one.filters):
        return TextCheck(True, "passes: the text is the prescribed one")
    return TextCheck(False, "fails: the text is not the prescribed one, whatever it means")


def _plain(source: str) -> str:
    """A pattern without the blanks outside of its strings."""
    return _QUOTED.sub(lambda found: found[1] or "", source)
