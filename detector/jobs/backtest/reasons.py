"""Why a setting is recommended, or none: in come a sweep and the choice made of it, out go sentences with its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.jobs.backtest.budget import Budget
from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.draws import DRAWS
from detector.jobs.backtest.evidence import Evidence, Held
from detector.jobs.backtest.ranking import Limits, outcome
from detector.jobs.backtest.scores import Score
from detector.jobs.backtest.sweep import Cell, Sweep
from detector.quantities import count, minutes, number, percent


def nothing(
    sweep: Sweep, budget: Budget, keeping: Sequence[Cell], finding: Sequence[Cell], limits: Limits
) -> str:
    """Why nothing is recommended."""
    incidents = len(sweep.incidents)
    none = f"no setting meets this, of {len(sweep.cells):,}"
    if not keeping:
        return none
    if not incidents and budget.max_pages_per_week is None and budget.max_time_in_alarm is None:
        lacking = "an incident with evidence" if sweep.unproven or sweep.early else "--incidents"
        return f"nothing: without {lacking} or a budget, fewer pages is all that can be seen"
    those = f": none of the {len(keeping):,} that keep the budget" if budget else ": none"
    if all(limits.is_blind(cell.score) for cell in finding) and finding:
        return f"{none}{those} is in ALARM for {percent(limits.share)} of the time outside of incidents or less; a stuck alarm is blind"
    if not incidents:
        return f"{none}{those} pages at all here, and nothing shows that it ever would"
    return f"{none}{those} detects {'any of ' if incidents > 1 else ''}the {count(incidents, 'incident')}"


def more_pages(present: Score, chosen: Score) -> str:
    """That it pages more than the present setting; empty where it does not."""
    if chosen.alarms <= present.alarms:
        return ""
    detected = f", and detects {count(chosen.detected - present.detected, 'more incident')}"
    more = chosen.detected > present.detected
    return f"it pages more than the present setting ({chosen.alarms:,} against {present.alarms:,}){detected if more else ''}"


def because(sweep: Sweep, chosen: Cell, keeping: Sequence[Cell], budget: Budget, limits: Limits) -> str:
    """Why this setting: the rule of `outcome`, with its figures."""
    if budget and len(keeping) == 1:
        return "it is the only setting that keeps the budget"
    kept = f" of the {len(keeping):,} that keep the budget" if budget else ""
    if not sweep.incidents:
        return "it keeps the budget" if chosen.current else f"it is the nearest to the present setting{kept}"
    score = chosen.score
    against = "" if chosen.current else f"; the present one has {sweep.current.score.alarms:,}"
    steps = [
        f"no setting{kept} misses fewer incidents ({score.missed} of {len(score.delays)})",
        f"none detects fewer later than {minutes(limits.delay)} ({score.late(limits.delay)})",
        f"none that is in ALARM for at most {percent(limits.share)} of the time otherwise has fewer pages ({score.alarms:,}{against})",
        f"none has fewer false alarms ({score.false_alarms:,})",
        f"none has a shorter slowest delay ({minutes(score.slowest_delay)})",
    ]
    equal = sum(outcome(cell.score, limits) == outcome(score, limits) for cell in keeping)
    if equal > 1 and not chosen.current:
        steps.append(f"{equal:,} do equally well, and it is the nearest to the present one")
    return "; of those ".join(steps)


def sentence(words: str) -> str:
    """The words as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def cost(coverage: Coverage, chosen: Score, other: Score) -> str:
    """What the runner-up would cost instead of the recommended setting, and what it gives in return."""
    differences = list(_differences(coverage, chosen, other))
    more = [difference for worse, difference in differences if worse]
    less = [difference for worse, difference in differences if not worse]
    costs = f"costs {_listed(more)}" if more else "costs nothing more"
    return costs + (f", and gives {_listed(less)}" if less else "")


def _differences(coverage: Coverage, chosen: Score, other: Score) -> Iterator[tuple[bool, str]]:
    """Whether it is worse, and by how much."""
    for change, noun in (
        (other.missed - chosen.missed, "missed incident"),
        (other.false_alarms - chosen.false_alarms, "false alarm"),
        (other.alarms - chosen.alarms, "page"),
    ):
        weekly = coverage.per_week(abs(change)) if noun == "page" else None
        if change:
            difference = f"{count(abs(change), noun)} {'more' if change > 0 else 'fewer'}"
            yield change > 0, difference + ("" if weekly is None else f" ({weekly:.1f} a week)")
    for mine, theirs, name in (
        (chosen.median_delay, other.median_delay, "median"),
        (chosen.slowest_delay, other.slowest_delay, "slowest"),
    ):
        if mine is not None and theirs is not None and mine != theirs:
            word = "more" if theirs > mine else "less"
            yield theirs > mine, f"{minutes(abs(theirs - mine))} {word} of {name} delay"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def beside(sweep: Sweep, evidence: Evidence) -> Iterator[str]:
    """What the best setting does where it was not chosen, a sentence each."""
    for what, held in (("week", evidence.weeks), ("incident", evidence.incidents)):
        if held is not None:
            yield _held(what, held)
    if evidence.wins is not None:
        again = f"Days drawn again {DRAWS:,} times: no setting does better than the best one here in {percent(evidence.wins)}"
        yield f"{again} of the draws."
    if len(evidence.plateau) > 1:
        yield f"As good, for all that these days can tell: {_plateau(sweep, evidence)}."
    if evidence.by_chance is not None:
        yield (
            f"By chance it would detect {evidence.by_chance:.1f} of {count(len(sweep.incidents), 'incident')}: were they at "
            "any other time, and whoever paged."
        )


def _held(what: str, held: Held) -> str:
    """``Each incident, with the setting chosen on the others: …``."""
    among = f"of {count(held.incidents, 'incident')} missed"
    missed = f" ({', '.join(held.missed)})" if held.missed else ""
    paged = f"{count(held.pages, 'page')}, " if what == "week" else ""
    present = f"{count(held.present_pages, 'page')}, " if what == "week" else ""
    return (
        f"Each {what}, with the setting chosen on the others ({held.settings} different in {held.parts}): {paged}"
        f"{len(held.missed)} {among}{missed}. The present setting: {present}{len(held.present_missed)} missed. No alarm: "
        f"{'no page, ' if what == 'week' else ''}{held.incidents} missed."
    )


def _plateau(sweep: Sweep, evidence: Evidence) -> str:
    """``12 settings: thresholds 3 to 5, periods 60 to 300 s, 1/1, 2/3 or 2/4``."""
    keys = set(evidence.plateau)
    alarms = [cell.alarm for cell in sweep.cells if cell.key in keys]
    thresholds, periods = sorted({one.threshold for one in alarms}), sorted({one.period for one in alarms})
    pairs = sorted({f"{one.m}/{one.evaluation_periods}" for one in alarms})
    return (
        f"{count(len(alarms), 'setting')}, thresholds {_range(thresholds)}, periods {_range(periods)} s, datapoints "
        f"{', '.join(pairs)}"
    )


def _range(values: Sequence[float]) -> str:
    first, last = number(values[0]), number(values[-1])
    return first if first == last else f"{first} to {last}"
