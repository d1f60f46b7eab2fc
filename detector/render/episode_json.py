"""Episodes and rankings as JSON, the same in every output that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.jobs.runbook import Leaning
from detector.render.kit.json_values import iso

if TYPE_CHECKING:
    from detector.jobs.episodes import Episode
    from detector.jobs.ranking import Ranking


def episode_facts(episode: Episode, most: int | None = None) -> dict[str, Any]:
    """One episode, with at most so many values of each field."""
    fields = {name: ranking_facts(ranking, most) for name, ranking in episode.fields.items()}
    for principal in fields["principals"]["top"]:
        principal["events"] = ranking_facts(episode.calls[principal["value"]], most)
    return {
        "number": episode.number,
        "start": iso(episode.start),
        "end": iso(episode.end),
        "seconds": int(episode.lasted.total_seconds()),
        "reason": str(episode.times[0].raised.reason),
        "leaning": Leaning.of(episode).name.lower(),
        "signs": [
            {"points_to": str(sign.points_to), "rule": sign.rule, "fact": sign.fact} for sign in episode.signs
        ],
        "matches": episode.matches,
        "first": iso(episode.first),
        "last": iso(episode.last),
        **fields,
        "times": [{"start": iso(time.start), "end": iso(time.end)} for time in episode.times],
    }


def ranking_facts(ranking: Ranking, most: int | None = None) -> dict[str, Any]:
    """A ranking, with at most so many values."""
    top = [{"value": value, "count": count} for value, count in ranking.top[:most]]
    return {"top": top, "more": ranking.more + len(ranking.top) - len(top), "others": ranking.others}
