"""D801 to D813: what a valid alarm does that its author will not have meant.

In: a detection. Out: a finding for each, with what follows from it and the settings that cure it. What is said to be never
or always so is proved by `detector.metrics.reachable`, and a cure is given only if it does away with the finding, brings no
error, and shows on a made-up day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detector.alarm import AlarmSettings, ComparisonOperator, MissingData, State, Statistic, decide
from detector.detections import Detection
from detector.errors import SettingsError
from detector.lint import targets
from detector.lint.cures import Cure, Day, cured, day
from detector.lint.rules import RULES, Severity
from detector.lint.series import Series
from detector.lint.targets import Place
from detector.metrics.reachable import may_lack_dimensions
from detector.quantities import number, percent


@dataclass(frozen=True, slots=True)
class AlarmFinding:
    """A code, the key of the setting that it is about, what follows from it, and the settings to use instead.

    ``day`` is what the alarm does with either on a made-up day; None where no state depends on it. ``ignored`` are the
    codes that a comment beside the key says to ignore.
    """

    code: str
    severity: Severity
    key: str
    consequence: str
    cure: Cure = ()
    day: Day | None = None
    place: Place | None = None
    ignored: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What findings of this code are about."""
        return RULES[self.code].title


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a rule says; ``cures`` are tried one after the other."""

    code: str
    key: str
    consequence: str
    cures: tuple[Cure, ...] = ()
    severity: Severity | None = None


_SUM: Cure = (("alarm.statistic", "Sum"), ("alarm.extended_statistic", None))
_AS_OK: Cure = (("alarm.treat_missing_data", "notBreaching"),)
_AS_BREACHING: Cure = (("alarm.treat_missing_data", "breaching"),)
_ONE: Cure = (("filter.value", "1"),)
_NO_UNIT: Cure = (("alarm.unit", None),)
_NO_DIMENSIONS: Cure = (("alarm.dimensions", {}),)
_PLAIN: Cure = (("filter.dimensions", {}),)
_AT_ONE: Cure = (("alarm.threshold", 1.0),)
_NOT_SHOWN = {"D807", "D812"}
"""Whose cure may change nothing on any day: it guards against another change, or is about who is told."""
_OTHERS = {
    ComparisonOperator.GREATER: ComparisonOperator.GREATER_OR_EQUAL,
    ComparisonOperator.GREATER_OR_EQUAL: ComparisonOperator.GREATER,
    ComparisonOperator.LESS: ComparisonOperator.LESS_OR_EQUAL,
    ComparisonOperator.LESS_OR_EQUAL: ComparisonOperator.LESS,
}


def lint_alarm(detection: Detection) -> tuple[AlarmFinding, ...]:
    """What is wrong with the alarm of a valid detection, in the order of the codes."""
    return tuple(_finding(detection, draft) for draft in _drafts(detection))


def _finding(detection: Detection, draft: _Draft) -> AlarmFinding:
    cure, shown = next(_cures(detection, draft), ((), None))
    place, ignored = targets.of_key(detection, draft.key)
    severity = RULES[draft.code].severity if draft.severity is None else draft.severity
    return AlarmFinding(draft.code, severity, draft.key, draft.consequence, cure, shown, place, ignored)


def _cures(detection: Detection, draft: _Draft) -> Iterator[tuple[Cure, Day | None]]:
    """The cures that keep their promise."""
    for cure in draft.cures:
        changed = tuple((key, value) for key, value in cure if _value(detection, key) != value)
        try:
            other = cured(detection, changed)
        except SettingsError:
            continue
        codes = {one.code for one in _drafts(other)}
        if draft.code in codes or codes & {"D801", "D802"}:
            continue
        shown = day(detection, other)
        if shown is not None or draft.code in _NOT_SHOWN:
            yield changed, shown


def _value(detection: Detection, key: str) -> object:
    section, _, name = key.partition(".")
    if name == "actions_enabled":
        return detection.actions.enabled
    return getattr(detection.alarm if section == "alarm" else detection.filters[0], name)


def _drafts(detection: Detection) -> Iterator[_Draft]:
    series = Series.of(detection.filters, detection.alarm)
    if series is not None:
        for rule in (_never, _always, _silent, _uncounted, _ratio, _one_off, _premature):
            yield from rule(detection, series)
    yield from _unseen(detection)
    yield from _told(detection)


def _never(detection: Detection, series: Series) -> Iterator[_Draft]:
    """D801: no evaluation can decide on ALARM."""
    alarm = detection.alarm
    if State.ALARM in series.states:
        return
    cures: tuple[Cure, ...] = (_NO_UNIT, _NO_DIMENSIONS, _PLAIN, _NO_UNIT + _NO_DIMENSIONS)
    if not series.unseen_by:
        other = (("alarm.comparison_operator", str(_OTHERS[alarm.operator])),)
        cures = (_SUM, _ONE, _ONE + _SUM, *([] if series.above else [_AS_BREACHING]), other, other + _SUM)
        cures += (_AT_ONE, _AT_ONE + _ONE)
    key = series.unseen_by or (_statistic(alarm) if _is_uncounted(alarm) else "alarm.threshold")
    yield _Draft("D801", key, f"{series.why_never}: the alarm can never fire", cures)


def _always(detection: Detection, series: Series) -> Iterator[_Draft]:
    """D802: every evaluation decides on ALARM, or every one for which there are log events."""
    alarm = detection.alarm
    cures: tuple[Cure, ...] = (_AS_OK, _AS_OK + _NO_UNIT, _AS_OK + _NO_DIMENSIONS, _NO_UNIT, _NO_DIMENSIONS)
    swap = (("alarm.comparison_operator", str(_OTHERS[alarm.operator])),)
    if series.states == {State.ALARM} and alarm.treat_missing_data == MissingData.BREACHING:
        why = (
            f"{series.why_never}, and" if not series.breaching else "every period with a match breaches, and"
        )
        said = f"{why} a period without a datapoint counts as breaching: the alarm is always in ALARM"
        yield _Draft("D802", "alarm.treat_missing_data", said, (*cures, swap, _SUM))
    elif series.breaching and not series.good and not series.sparse:
        said = f"{series.so} is {alarm.operator.words} {number(alarm.threshold)}"
        said += " in every period with log events: the alarm is in ALARM for as long as there are any"
        yield _Draft("D802", "alarm.threshold", said, (swap, _AT_ONE, _SUM + _AT_ONE))


def _silent(detection: Detection, series: Series) -> Iterator[_Draft]:
    """D803, D804, D808, D809: what becomes of a metric that has no datapoint where nothing matches."""
    alarm = detection.alarm
    treated, key = MissingData(alarm.treat_missing_data), "alarm.treat_missing_data"
    if not series.sparse or not series.kinds or (series.above and not series.constant):
        return
    if not series.above:
        counts = alarm.statistic_name in {Statistic.SUM, Statistic.SAMPLE_COUNT}
        if series.breaching and counts and treated is not MissingData.BREACHING:
            said = f"a period without a match has no datapoint, which counts as {treated}: silence does not raise the alarm"
            yield _Draft("D809", key, said, (_AS_BREACHING,))
        return
    if treated is MissingData.BREACHING and State.OK in series.states:
        alone = "" if series.breaching else ", and nothing else raises it"
        said = f"the metric has no datapoint where nothing matches, which counts as breaching: silence raises the alarm{alone}"
        yield _Draft("D808", key, said, (_AS_OK, _AS_OK + _SUM))
    elif series.breaching and treated is MissingData.IGNORE:
        until = (
            "only a period with too few matches ends ALARM"
            if series.good
            else "it can never leave ALARM, and tells of nothing after the first match"
        )
        said = f"the metric has no datapoint where nothing matches, and missing data is ignored: {until}"
        yield _Draft("D803", key, said, (_AS_OK,))
    elif series.breaching and not series.good and treated is MissingData.MISSING:
        said = "every period with a match breaches and no other has a datapoint: after ALARM and before it the state is INSUFFICIENT_DATA, never OK"
        lost = bool(detection.actions.ok)
        said += ", so the OK actions never run" if lost else ""
        yield _Draft("D804", key, said, (_AS_OK,), Severity.WARNING if lost else None)


def _is_uncounted(alarm: AlarmSettings) -> bool:
    """Whether the statistic is one of single samples."""
    return alarm.statistic_name not in {Statistic.SUM, Statistic.SAMPLE_COUNT}


def _statistic(alarm: AlarmSettings) -> str:
    return "alarm.extended_statistic" if alarm.statistic is None else "alarm.statistic"


def _uncounted(detection: Detection, series: Series) -> Iterator[_Draft]:
    """D805: Average, Minimum, Maximum or a percentile of samples that are all alike."""
    alarm = detection.alarm
    values = series.values
    alike = len(values) == 1 or (len(values) == 2 and alarm.statistic_name in {Statistic.MAXIMUM, "p100"})  # noqa: PLR2004 - value and default
    if not (_is_uncounted(alarm) and alike and series.constant and series.above and series.breaching):
        return
    always = State.OK not in series.states and (
        not series.sparse or alarm.treat_missing_data == MissingData.BREACHING
    )
    if always:  # D802
        return
    most = number(max(values))
    said = f"{series.so} of a period with matches is {most}, however many they are"
    yield _Draft("D805", _statistic(alarm), said, (_SUM,))


def _ratio(detection: Detection, series: Series) -> Iterator[_Draft]:
    """D806: a default value is averaged with the matches."""
    alarm = detection.alarm
    share = series.share
    if share is None or not series.above or not series.breaching or not series.good:
        return
    if share >= 1:
        said = f"{series.so} breaches only where every log event of a period matches"
        yield _Draft("D806", _statistic(alarm), said, (_SUM,))
    else:
        least = "more than" if alarm.operator is ComparisonOperator.GREATER else "at least"
        said = f"{series.so} is a share of all log events, and breaches where {least} {percent(share) if share else 'none'} of them match"
        yield _Draft("D806", _statistic(alarm), said, (_SUM,), Severity.NOTE)


def _one_off(detection: Detection, series: Series) -> Iterator[_Draft]:
    """D807: a threshold that one match does not cross, or that nothing falls short of."""
    alarm = detection.alarm
    if not (series.constant and series.above and series.breaching) or _is_uncounted(alarm):
        return
    step = 1.0 if alarm.statistic_name == Statistic.SAMPLE_COUNT else max(series.values)
    words = f"{alarm.statistic_name} {alarm.operator.symbol} {number(alarm.threshold)}"
    if alarm.operator is ComparisonOperator.GREATER and alarm.threshold == step and series.good:
        said = f"{words} needs more than one match in a period: a single one does not raise the alarm"
        cure = (("alarm.comparison_operator", str(ComparisonOperator.GREATER_OR_EQUAL)),)
        yield _Draft("D807", "alarm.comparison_operator", said, (cure,))
    elif (
        alarm.operator is ComparisonOperator.GREATER_OR_EQUAL
        and alarm.threshold <= 0
        and series.sparse
        and not series.good
    ):
        said = f"{words} holds of every datapoint there can be: with a default value the alarm would always be in ALARM"
        yield _Draft("D807", "alarm.threshold", said, (_AT_ONE,))


def _premature(detection: Detection, series: Series) -> Iterator[_Draft]:
    """D810: with missing data as missing, one breaching datapoint decides when it is old enough."""
    alarm = detection.alarm
    if not (series.sparse and series.constant and series.breaching and series.above) or alarm.m == 1:
        return
    if alarm.treat_missing_data != MissingData.MISSING:
        return
    breaching = next(value for value in (alarm.threshold, alarm.threshold + 1) if alarm.breaches(value))
    if decide(alarm, [breaching] + [None] * (alarm.m - 1)).state is State.ALARM:
        said = f"{alarm.m} of {alarm.evaluation_periods} datapoints are asked for, and missing ones are not filled in: one "
        said += f"that breaches raises the alarm by itself once it is {alarm.m} periods old, if nothing else matches"
        yield _Draft("D810", "alarm.treat_missing_data", said, (_AS_OK,))


def _unseen(detection: Detection) -> Iterator[_Draft]:
    """D811: matches are published with dimensions, and the alarm watches the series without any."""
    seen = [one for one in detection.filters if Series.has(one, detection.alarm)]
    if detection.alarm.dimensions or not all(map(may_lack_dimensions, seen)):
        return
    for metric_filter in seen:
        names = ", ".join(metric_filter.dimensions)
        said = f"matches are published with dimensions ({names}), and the alarm has none: it sees only those that lack the field"
        yield _Draft("D811", "alarm.dimensions", said, (_PLAIN,))


def _told(detection: Detection) -> Iterator[_Draft]:
    """D812 and D813: nobody hears of a transition."""
    actions = detection.actions
    if not actions.enabled:
        said = "the alarm changes its state and runs no action"
        yield _Draft("D812", "alarm.actions_enabled", said, ((("alarm.actions_enabled", True),),))
    # A detection file need not say who is told; one that says something, or a deployed alarm, does.
    deployed = bool(detection.path) and not detection.path.endswith(".toml")
    says = actions.ok or actions.insufficient_data or "alarm.alarm_actions" in detection.source.offsets
    without = targets.is_without(detection, "alarm.alarm_actions")
    if actions.enabled and not actions.alarm and without and (says or deployed):
        yield _Draft(
            "D813", "alarm.alarm_actions", "no action runs when the alarm goes into ALARM: nobody is told"
        )
