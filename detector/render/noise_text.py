"""Noise as text: who makes it, what each exclusion would do, and which to take, with the pattern.

In: what `detector.jobs.noise` says. Out: lines for a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.jobs.noise import Noise
from detector.jobs.noise.effects import Effect
from detector.jobs.noise.makers import LEAST_DAYS, LEAST_HOURS, Maker
from detector.pattern.pretty import pretty
from detector.quantities import count, minutes, percent
from detector.render.kit.page import Page, joined, middle
from detector.render.kit.printable import printable
from detector.render.reading_text import reading

LABEL = 14
DIMENSIONS = {
    "principal": "principals",
    "service": "services",
    "event": "events",
    "error": "errors",
    "call": "calls",
}
_NAMED = 3


def report(found: Sequence[Noise], page: Page) -> str:
    """The whole report of some detections of one pass."""
    lines = [line for one in found for line in (*_one(one, page), "")]
    return joined([*lines, *reading(found[0].replay.reading, page)])


def _one(one: Noise, page: Page) -> Iterator[str]:
    yield from page.heading(one.detection.title, one.detection.name)
    if one.replay.reading.empty is not None:
        yield page.bad("NO EVIDENCE.")
        yield from page.indented(printable(f"There was {one.replay.reading.empty}.", 2_000))
        return
    yield from page.indented(f"{did(one, one.present)}, in {count(one.present.matches, 'match', 'matches')}.")
    if one.makers["role"]:
        yield ""
        yield from _makers(one.makers["role"], page)
        for dimension, label in DIMENSIONS.items():
            said = ", ".join(
                f"{middle(each.value or '-', 60)} ({percent(each.share)})"
                for each in one.makers[dimension][:_NAMED]
            )
            yield from page.labelled(label, said, LABEL, break_on_hyphens=False)
    if one.candidates:
        yield ""
        yield from _candidates(one, page)
    for name, reason in one.refused.items():
        yield from page.indented(f"{middle(name, 60)} cannot be left out: {printable(reason, 400)}.")
    yield ""
    yield from _proposal(one, page)


def did(one: Noise, effect: Effect) -> str:
    """What a setting does, in a sentence without its end."""
    weekly = one.weekly(effect)
    rate = "" if weekly is None else f" ({weekly:.1f} a week)"
    return f"{count(effect.pages, 'page')}{rate}, in ALARM for {minutes(effect.seconds)}"


def every(maker: Maker) -> str:
    """How far apart its matches are, half of the time."""
    seconds = maker.interval
    if seconds is None:
        return "-"
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} s"


def _makers(makers: Sequence[Maker], page: Page) -> Iterator[str]:
    width = page.width - 59
    yield page.bold("Who makes it")
    yield page.dim(
        f"  {'role, user or service':<{width}}{'matches':>9}{'share':>7}{'pages':>7}{'in ALARM':>11}{'days':>6}{'every':>9}  steady"
    )
    for one in makers:
        name = middle(one.value or "(no name)", width - 1)
        yield (
            f"  {name:<{width}}{one.matches:>9,}{percent(one.share):>7}{one.pages:>7,}{_hours(one.seconds):>11}"
            f"{one.days:>6}{every(one):>9}  {'yes' if one.steady else 'no'}"
        )
    told = (
        "pages: those of whose matches it made half or more; every: the median time between two matches; steady: on "
        f"half of the days with a log ({LEAST_DAYS} or more), or in half of the hours ({LEAST_HOURS} or more)"
    )
    yield from (page.dim(line) for line in page.indented(told, 2))


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:,.1f} h"


def _candidates(one: Noise, page: Page) -> Iterator[str]:
    width = page.width - 38
    yield page.bold("Left out alone")
    yield page.dim(f"  {'exclusion':<{width}}{'pages':>8}{'in ALARM':>11}{'matches':>9}  hides")
    for each in one.candidates:
        effect, hidden = each.effect, len(each.hidden)
        name = middle(name_of(each.exclusion.members), width - 1)
        yield (
            f"  {name:<{width}}{effect.pages:>8,}{_hours(effect.seconds):>11}{effect.matches:>9,}  {hidden or '-'}"
        )
        if hidden:
            yield from page.indented(f"hides {', '.join(printable(name, 80) for name in each.hidden)}", 4)


def name_of(members: Sequence[tuple[str, str]]) -> str:
    """An exclusion by its values, and what each is a value of."""
    return ", ".join(f"{selector.rpartition('.')[2]} {value}" for selector, value in members)


def _proposal(one: Noise, page: Page) -> Iterator[str]:
    if one.kept is not None:
        said = "kept" if one.kept else page.bad("NOT KEPT")
        yield f"{'Budget':<{LABEL}}at most {one.wish.most:g} pages a week: {said}"
    yield from page.labelled("Because", one.because, LABEL)
    if one.unproven:
        names = ", ".join(printable(each.name, 80) for each in one.unproven)
        yield from page.labelled("No evidence", f"the archive has no log of {names}", LABEL)
    proposal = one.proposal
    if proposal is None:
        yield from page.labelled("Proposed", "nothing", LABEL)
        return
    for exclusion in proposal.exclusions:
        yield from page.labelled("Leave out", printable(str(exclusion), 600), LABEL, break_on_hyphens=False)
    yield from page.labelled("Now", did(one, one.present), LABEL)
    yield from page.labelled("Then", did(one, proposal.effect), LABEL)
    for before, after in zip(one.present.incidents, proposal.effect.incidents, strict=True):
        kept = "paged" if after.paged else "no page" if before.paged else "no page, as before"
        said = f"{printable(before.incident.name, 80)}: {kept}; {after.matches:,} of {count(before.matches, 'match', 'matches')} stay"
        yield from page.labelled("Incident", said, LABEL)
    yield from page.labelled(
        "Proved", "narrower on any event; the figures are those of a replay with it", LABEL
    )
    for metric_filter in proposal.detection.filters:
        yield ""
        yield page.bold("Pattern") + f" of {printable(metric_filter.name, 100)}"
        for line in pretty(metric_filter.pattern).split("\n"):
            yield from page.hanging(printable(line, 1_100))
