"""Noise as Markdown for a pull request: who makes it, what each exclusion would do, and the pattern to take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.jobs.noise import Noise
from detector.quantities import minutes, percent
from detector.render.kit.markdown import code, document, fenced, heading, listed, plain, table
from detector.render.noise_text import did, every, name_of
from detector.render.reading_markdown import reading

_MAKERS = ("matches", "share", "pages", "in ALARM", "days", "every")
_ALONE = ("pages", "in ALARM", "matches")


def report(found: Sequence[Noise]) -> str:
    """The whole report."""
    lines = [line for one in found for line in (*_one(one), "")]
    return document([*lines, *reading(found[0].replay.reading)])


def _one(one: Noise) -> Iterator[str]:
    yield from heading(2, plain(one.detection.title), f"({code(one.detection.name)})")
    if one.replay.reading.empty is not None:
        yield f"**NO EVIDENCE.** There was {code(str(one.replay.reading.empty), 1_000)}."
        return
    yield from listed(_choice(one))
    if one.proposal is not None:
        for each in one.proposal.detection.filters:
            yield ""
            yield from fenced(each.pattern.source)
    yield ""
    yield from _makers(one)
    yield ""
    yield from _alone(one)
    refused = one.refused.items()
    yield from listed(
        ("cannot be left out", f"{code(name)}: {code(reason, 600)}") for name, reason in refused
    )


def _makers(one: Noise) -> list[str]:
    rows = (
        (
            code(each.value or ""),
            f"{each.matches:,}",
            percent(each.share),
            f"{each.pages:,}",
            minutes(each.seconds),
            f"{each.days:,}",
            every(each),
            "yes" if each.steady else "no",
        )
        for each in one.makers["role"]
    )
    return table(("role, user or service", *_MAKERS, "steady"), rows, _MAKERS)


def _alone(one: Noise) -> list[str]:
    rows = (
        (
            code(name_of(each.exclusion.members), 400),
            f"{each.effect.pages:,}",
            minutes(each.effect.seconds),
            f"{each.effect.matches:,}",
            ", ".join(map(code, each.hidden)),
        )
        for each in one.candidates
    )
    return table(("left out alone", *_ALONE, "hides"), rows, _ALONE)


def _choice(one: Noise) -> Iterator[tuple[str, str]]:
    yield "now", did(one, one.present)
    if one.kept is not None:
        yield "budget", f"at most {one.wish.most:g} pages a week: {'kept' if one.kept else 'NOT KEPT'}"
    yield "because", plain(one.because)
    if one.unproven:
        yield "no evidence", ", ".join(code(each.name) for each in one.unproven)
    if one.proposal is None:
        yield "proposed", "nothing"
        return
    for exclusion in one.proposal.exclusions:
        yield "leave out", code(str(exclusion), 600)
    yield "then", f"{did(one, one.proposal.effect)}; proved narrower, figures of a replay"
    for before, after in zip(one.present.incidents, one.proposal.effect.incidents, strict=True):
        paged = "paged" if after.paged else "no page"
        yield (
            "incident",
            f"{code(before.incident.name)}: {paged}, {after.matches:,} of {before.matches:,} matches stay",
        )
