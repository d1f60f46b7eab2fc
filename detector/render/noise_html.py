"""Noise as a page: who makes it, which exclusions would end it, and the pattern with them.

In: what is known about detections of one pass. Out: one HTML document; layout is in ``pages/noise.html``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detector.jobs.noise import Noise
from detector.pattern.pretty import pretty
from detector.quantities import count, minute, minutes, percent
from detector.render.kit.html import Scripts, page
from detector.render.noise_altair import effect_rows, effects, maker_rows, makers, paging
from detector.render.noise_text import did, every, name_of


def page_of(found: Noise) -> str:
    """The page of one detection."""
    return document([found])


def document(found: Sequence[Noise], scripts: Scripts | None = None) -> str:
    """The page; ``scripts`` may have been started before the archive was read."""
    facts: dict[str, Any] = {
        "charts": {one.__name__: one().to_dict(validate=False) for one in (makers, paging, effects)},
        "rows": {},
        "detections": [],
    }
    for place, one in enumerate(found):
        facts["rows"][f"makers{place}"] = {"makers": maker_rows(one)}
        facts["rows"][f"paging{place}"] = {"paging": maker_rows(one)}
        facts["rows"][f"effects{place}"] = {"effects": effect_rows(one)}
    return page(
        "noise.html",
        scripts or Scripts(),
        facts,
        found=found,
        title=found[0].detection.title if len(found) == 1 else f"{len(found)} detections",
        reading=found[0].replay.reading,
        **{one.__name__: one for one in (lead, did, every, name_of, pretty)},
        **{one.__name__: one for one in (count, minute, minutes, percent)},
    )


def lead(one: Noise) -> str:
    """What to do, in a sentence."""
    if one.replay.reading.empty is not None:
        return f"No evidence: there was {one.replay.reading.empty}."
    if one.proposal is None:
        return f"Nothing is proposed: {one.because}."
    many = count(len(one.proposal.exclusions), "exclusion")
    kept = "" if one.kept is not False else " The budget is not kept."
    return f"{many}: {count(one.proposal.effect.pages, 'page')} in place of {one.present.pages:,}.{kept}"
