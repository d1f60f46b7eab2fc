"""Episodes as incidents to be labelled: a TOML file for ``detector backtest --incidents``, an incident an episode.

In: replays. Out: the file's text, with ``verdict = "?"`` everywhere. The claim: read back and called attacks, the
incidents are those that the replayed alarms detect, and no name of a record is anything but a string in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from detector.detections.quoted import SHORT, escaped
from detector.errors import SettingsError
from detector.jobs.episodes import Episode
from detector.jobs.ranking import Ranking
from detector.jobs.replay import Replay
from detector.quantities import count

_HEAD = """\
# Drafted from the alarm's episodes. Say of each what it was: verdict = "attack", "misconfiguration" or "noise"; backtest
# leaves out what is still "?". Delete the principals and addresses that had nothing to do with it, and give it a name.
"""
_CALLS = 5


def drafts(replays: Sequence[Replay]) -> str:
    """The whole file; SettingsError where there is no episode, since a file without an incident is none."""
    names = Counter[str]()
    stubs = [stub for replay in replays for stub in _stubs(replay, names)]
    if not stubs:
        raise SettingsError(
            "expected an alarm that went to ALARM: there is no episode to label", "draft_incidents"
        )
    return "\n".join([_HEAD, *stubs])


def _stubs(replay: Replay, names: Counter[str]) -> Iterator[str]:
    for episode in replay.episodes:
        start, end = _span(episode)
        name = f"{replay.detection.alarm.name} {start:%Y-%m-%d %H:%M}"
        names[name] += 1
        fields = episode.fields
        lines = {
            "name": _quoted(name if names[name] == 1 else f"{name} ({names[name]})"),
            "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "principal": _list(fields["principals"]),
            # No address has a slash in it, and a network would be more than was seen.
            "address": _list(fields["addresses"], without="/"),
            "verdict": '"?"',
            "description": _quoted(_said(episode)),
        }
        yield "[[incident]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value)


def _span(episode: Episode) -> tuple[datetime, datetime]:
    """From the minute of the first match to the end of that of the last; without matches, the times in ALARM."""
    first = min(episode.first or episode.start, episode.start).astimezone(UTC)
    last = episode.last or episode.end or episode.times[-1].start
    last = max(last, episode.times[-1].start).astimezone(UTC)
    minute = timedelta(minutes=1)
    return first.replace(second=0, microsecond=0), last.replace(second=0, microsecond=0) + minute


def _said(episode: Episode) -> str:
    calls = ", ".join(f"{call} {size:,}" for call, size in episode.fields["events"].top[:_CALLS])
    return f"{count(episode.matches, 'match', 'matches')}: {calls}"


def _list(ranking: Ranking, without: str = "") -> str:
    """The values as an array; none where there are too many to name all, since the rest would then be someone else's."""
    named = [value for value, _ in ranking.top if not without or without not in value]
    if not named or ranking.more or ranking.others or len(named) < len(ranking.top):
        return ""
    return f"[{', '.join(map(_quoted, named))}]"


def _quoted(text: str) -> str:
    return f'"{escaped(text, SHORT)}"'
