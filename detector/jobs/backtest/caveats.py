"""What the scores of a backtest leave out or cannot say: a sweep and what its archive proves in, sentences out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from detector.jobs.backtest.coverage import Coverage
from detector.jobs.backtest.incidents import Incident, Verdict
from detector.jobs.backtest.sweep import Sweep
from detector.quantities import count, minute, minutes

_NAMED = 10
"""Incidents named in a sentence."""


def left_open(
    sweep: Sweep, coverage: Coverage, incidents: Sequence[Incident], *, anonymous: bool
) -> Iterator[str]:
    """What of the incidents cannot be judged, or says less than it seems to; ``anonymous``: nothing says who did what."""
    if sweep.unproven:
        yield (
            f"no evidence for {count(len(sweep.unproven), 'incident')} ({_names(sweep.unproven)}): no log in those hours, so "
            f"nothing shows whether a setting detects {'it' if len(sweep.unproven) == 1 else 'them'}"
        )
    if sweep.early:
        until = _at(coverage.since)
        yield f"left out, since they begin in the burn-in, before {until}: {_names(sweep.early)}"
    if unmatched := sweep.labels.unmatched:
        yield (
            f"no match is that of {_names(unmatched)}: nobody and nothing that {'its' if len(unmatched) == 1 else 'their'} "
            "label names matches in that time, so that no setting detects it, and either the label or the filter pattern is wrong"
        )
    undecided = [one for one in sweep.labels.others if one.verdict is Verdict.UNDECIDED]
    if undecided:
        wanted = ", ".join(verdict for verdict in Verdict if verdict is not Verdict.UNDECIDED)
        yield (
            f"left out, since nobody has said what they are: {_names(undecided)} (verdict is one of {wanted})"
        )
    if anonymous and any(one.is_scoped for one in incidents):
        yield "a metric does not say who: incidents are scored by their times alone"


def burn_in(coverage: Coverage) -> str:
    """What of the beginning is in no score, or why nothing is left out; empty where there was no log."""
    found = coverage.burn_in
    if found is None:
        return ""
    length = minutes(found.end - found.start)
    if not found.left_out:
        return f"Burn-in: the setting that looks back furthest looks back {length}; the archive is too short to leave so much out"
    return (
        f"Burn-in: the first {length}, until {_at(found.end)}, are in no score, since some setting still looks back to before the "
        "archive"
    )


def _names(incidents: Sequence[Incident]) -> str:
    more = f" and {len(incidents) - _NAMED:,} more" if len(incidents) > _NAMED else ""
    return ", ".join(one.name for one in incidents[:_NAMED]) + more


def _at(second: int) -> str:
    return minute(datetime.fromtimestamp(second, UTC))
