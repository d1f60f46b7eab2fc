"""Why a job has looked at no record: no evidence is no success, and here alone it is said what was found instead.

In: a plan of which no record was selected. Out: an `Emptiness`, which every result over an archive has in its place
(``empty``, None where there were records), and which reads as one sentence: what was looked for, what was found
instead, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from detector.archive import Plan, Problem, source_events
from detector.archive.ahead import ahead
from detector.archive.extent import extent
from detector.archive.layout import NOT_A_LOG
from detector.quantities import count, minute

_LEFT_OUT = {
    "digest": "of digests",
    "insight": "of Insights",
    "aggregated": "of aggregated events",
    "other day": "of other days",
    "other account": "of other accounts",
    NOT_A_LOG: "not named like logs",
}
_NAMED = 3
_SYNC = "aws s3 sync s3://BUCKET/AWSLogs logs"


@dataclass(frozen=True, slots=True)
class Emptiness:
    """What there was instead of a record that was asked for.

    ``files`` were read, ``broken`` of them are named as problems, ``unselected`` records are not asked for, ``left_out`` counts the files that were not
    opened by kind. ``extent`` are the first and the last time of the archive's records (seconds since 1970) where a
    time was asked for, None without any.
    """

    plan: Plan
    files: int
    broken: int
    unselected: int
    left_out: Mapping[str, int]
    extent: tuple[int, int] | None = None

    def __str__(self) -> str:
        paths = ["standard input" if path == "-" else path for path in self.plan.paths]
        more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
        where = f"{', '.join(paths[:_NAMED])}{more}"
        what = "record" if self.files else "log file"
        selected = " that is asked for" if self._options and (self.unselected or self._elsewhere) else ""
        found = ", ".join(self._found) or "nothing"
        return f"no {what}{selected} in {where}, so nothing is proved: found {found}; {self._advice}"

    @property
    def _options(self) -> str:
        """The options that select, as they are typed."""
        chosen = self.plan.selection
        asked = {
            "--account": chosen.accounts,
            "--region": chosen.regions,
            "--from": chosen.start is not None,
            "--to": chosen.end is not None,
        }
        return "/".join(option for option, is_asked in asked.items() if is_asked)

    @property
    def _elsewhere(self) -> int:
        return self.left_out.get("other day", 0) + self.left_out.get("other account", 0)

    @property
    def _found(self) -> Iterator[str]:
        if self.broken:
            yield f"{count(self.broken, 'file')} of which nothing could be used"
        if self.files > self.broken and not self.unselected:
            yield f"{count(self.files - self.broken, 'file')} without records"
        if self.unselected:
            yield f"{count(self.unselected, 'record')} outside {self._options}"
        for kind, number in self.left_out.items():
            yield f"{count(number, 'file')} {_LEFT_OUT.get(kind, f'({kind})')}"
        if self.extent is not None:
            first, last = (minute(datetime.fromtimestamp(time, UTC)) for time in self.extent)
            yield f"records from {first} to {last} UTC"

    @property
    def _advice(self) -> str:
        if self._options and (self.unselected or self._elsewhere):
            return f"ask for other records with {self._options}"
        if self.broken:
            return "what is wrong with them is named"
        if self.left_out.keys() - {NOT_A_LOG, "other day", "other account"}:
            return "log files are in the folder CloudTrail, beside CloudTrail-Digest and CloudTrail-Insight"
        if self.left_out:
            return "a file that is named itself is read whatever its name, in a folder .json, .json.gz and the like are"
        if self.files:
            return "CloudTrail delivers such files where nothing happened: name more of the archive"
        return f"name a folder with CloudTrail log files ({_SYNC})"


def emptiness(plan: Plan, problems: Iterable[Problem], unselected: int | None = None) -> Emptiness:
    """Look again at a plan of which no record was selected; ``unselected`` spares a second look at its files."""
    located = plan.locate()
    if unselected is None:
        events = (event for source in ahead(located.files) for event in source_events(plan, source))
        unselected = sum(not isinstance(event, Problem) and not event.selected for event in events)
    return Emptiness(
        plan=plan,
        files=len(located.files),
        broken=len({problem.path for problem in problems if problem.means_unread}),
        unselected=unselected,
        left_out=dict(sorted(located.left_out.items())),
        extent=extent(plan) if plan.selection.asks_time else None,
    )
