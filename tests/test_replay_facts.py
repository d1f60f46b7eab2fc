"""Every fact of the text report is in the JSON: both are rendered from one result and compared, datum by datum.

Each line of the text has to fit one of `RULES`, which says where in the JSON each of its data is. A line that fits none is
a fact of the text alone, and so is a datum that is not there. That the comparison notices is tried by taking each key of the
JSON away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from msgspec import structs

from detector import Selection, replay
from detector.jobs.emptiness import emptiness
from detector.jobs.replay import Replays
from detector.quantities import number, percent, span
from detector.render.kit.chart import chart
from detector.render.kit.page import Page, ending
from detector.render.replay_alarms import NAME, OTHERS, SHOWN, WORST
from detector.render.replay_json import as_json
from detector.render.replay_text import Detail, report
from tests.cli_archives import detection, record, write

Told: TypeAlias = dict[str, Any]

WIDE = Page(width=20_000)  # nothing is wrapped
FIELDS = {
    "who": "principals",
    "what": "events",
    "on": "resources",
    "errors": "errors",
    "from": "addresses",
    "agents": "user_agents",
    "regions": "regions",
}
KINDS = {
    "{N}": r"(-?\d[\d,.]*(?:e[+-]\d+)?)",
    "{T}": r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?|\d\d:\d\d)",
    "{D}": r"(\d+ (?:d|h|min|s)(?: \d+ (?:h|min))?)",
}

# A line of the text, and where in the JSON its data are: {N} is a number, {T} a time, {D} a duration. A path starts at the
# detection's object, @ at the episode and % at the transition that the line is about; a name in <> is one of `MADE`.
RULES: list[tuple[str, str]] = [
    (r"", ""),
    (r"─+", ""),
    (r"(NO EVIDENCE)\.", "verdict"),
    (r"There was (.+)\.", "empty"),
    (r"(NOTHING MATCHED)\. None of {N} records satisfies the pattern\.", "verdict records"),
    (r"(Never in ALARM)\. {N} of {N} records match the pattern\.", "verdict matches records"),
    (r"(ALARM) {N} times?\. {N} of {N} records match the pattern\.", "verdict alarms matches records"),
    (
        r"(ALARM) {N} times in {N} episodes? \(half an hour apart or more\)\. {N} of {N} records match a filter\.",
        "verdict alarms <episodes> matches records",
    ),
    (
        r"{N} of the matches (?:was|were) .+ \((counted), as CloudWatch does; --dedupe counts once\)\.",
        "repeats <dedupe>",
    ),
    (r"{N} of the matches (?:is|are) over 256 KB and never reach CloudWatch Logs: left out\.", "oversize"),
    (r"(No record has .+|Some record .+|The pattern demands .+)", "why.because"),
    (r"The records do have  (\S+)", "why.conditions.*.nearest"),
    (r"         but not     (\S+)", "why.conditions.*.selector"),
    (r"  Condition +have field +satisfy", ""),
    (r"  (\$.+? +[\d,]+ +[\d,]+)(?:  ◄ .+)?", "<condition>"),
    (r"Pattern   (\w+): {N} match(?:es)?", "filters.*.name filters.*.matches"),
    (r"(?:Pattern|       )   ({.+})", "filters.*.pattern"),
    (
        r"Log group @aws\.region (\S+); (.+): (its events count)",
        "filters.*.log_group.region filters.*.log_group.criteria <counted>",
    ),
    (
        r"Alarm     (.+?): (\w+) (\S+) {N} over {N} s, {N} of {N}, missing data: (\w+); windows: (.+)",
        (
            "alarm.name alarm.statistic <symbol> alarm.threshold alarm.period alarm.datapoints_to_alarm alarm.evaluation_periods "
            "alarm.treat_missing_data window"
        ),
    ),
    (r"Metric    (.+) / (.+): no sample that the alarm looks at", "metric.namespace metric.name"),
    (
        r"Metric    (.+) / (.+): (\w+) over {D}\. A column is the (\w+) value in {D}; \w+ of all {N} at {T}, threshold {N}\.",
        (
            "metric.namespace metric.name alarm.statistic alarm.period <which> series.bucket series.extreme series.extreme_at "
            "alarm.threshold"
        ),
    ),
    (r"( *[\d,.]* ┤.*)", "<chart>"),
    (r" +└[─┬]+", ""),
    (r" +(\d\d[-:]\d\d(?: +\d\d[-:]\d\d)*) ?", "<axis>"),
    (
        r"Worst {N} episodes of {N} \(by the number of different calls, then of matches\)",
        "<worst> <episodes>",
    ),
    (r"ALARM {N}: {T} to {T} \({D}\), {N} match(?:es)?", "worst @start @end @seconds @matches"),
    (
        r"ALARM {N}: {T}, still in ALARM at the end of the logs \({D}\), {N} matches",
        "worst @start @seconds @matches",
    ),
    (r"  signs   (suspicious|misconfiguration): (.+)", "@signs.*.points_to <facts>"),
    (r"The others \(--full shows all in time order, as above\)", ""),
    (r"  ALARM  raised +lasted +matches +calls  signs +most matches by", ""),
    (
        r"  {N} +{T}  {D} +{N} +{N}  (suspicious|misconfiguration|of both kinds|) +(\S*)",
        "@number @start @seconds @matches <different> <kinds> <first>",
    ),
    (r"  and {N} more", "<more episodes>"),
    (
        r"Stuck: in ALARM for (\S+ %) of the time \({D}\)\. (\S+) makes (\S+ %) of the matches\. (.+)\.",
        "<share> in_alarm.seconds stuck.caller <caller> stuck.advice",
    ),
    (r"Summary: {N} of 1 detection in ALARM", "<alarmed>"),
    (r"  Detection +ALARM +of time +matches  first +last +most matches by", ""),
    (r"  (\S+) +- +- +{N} +(nothing matched|no evidence)", "detection matches verdict"),
    (r"  (\S+) +- +- +{N} +(\S+)", "detection matches <who>"),
    (
        r"  (\S+) +{N} +(\S+ %) +{N}  {T}  {T}  (\S+)",
        "detection alarms <share> matches episodes.*.start <last> <who>",
    ),
    (r"  raised  {N} times: (.+)", "<times> <raised>"),
    (r"  reason  (.+)", "@reason"),
    (r"  (?:who|what|on|errors|from|agents|regions) +(.+)", "<ranking>"),
    (r"  (?:calls|     )   (\S+: .+)", "<calls>"),
    (r"  seen    first {T}, last {T}", "@first @last"),
    (r"Transitions: none, the alarm stays in INSUFFICIENT_DATA", ""),
    (r"Transitions: {N}, of which (.+?)(?:; --full lists them)?", "states.transitions <states>"),
    (r"  {T}  (\w+) → (\w+)", "%at %before %after"),
    (r"    (\S.+)", "%reason"),
    (r"What was read \(all times are UTC\)", ""),
    (
        (
            r"Read      {N} files, {N} records(?:; {N} files? of them cannot hold a match and were not decoded)?"
            r"; {N} records? not selected"
        ),
        "files records skipped unselected",
    ),
    (
        r"Logs      {T} to {T} \({D}\); no log at all for {N} hours in between",
        "logs.start logs.end <logs> logs.silent_hours",
    ),
    (r"Left out  files: (.+), {N} without records", "<left out> without_records"),
    (r"Verified  (no) \(no digest files\)", "<verified>"),
    (r"Clock     (event)Time plus {N} s \(--delay\)\. CloudWatch itself .+", "clock delay"),
    (r"Problems  {N} could not be used:", "unusable"),
    (r"  (/.+)", "problems.*.path"),
    (r"      (\S.+)", "problems.*.reason"),
]
COMPILED = [
    (
        re.compile(re.sub(r"\{[NTD]\}", lambda kind: KINDS[kind[0]], rule)),
        paths.replace("more ", "more_").replace("left out", "left_out").split(),
    )
    for rule, paths in RULES
]


def ranked(ranking: Told, shown: int) -> str:
    top = [f"{one['value']} ({one['count']:,})" for one in ranking["top"]]
    others = [f"others ({ranking['others']:,})"] if ranking["others"] else []
    more = ranking["more"] + len(top[shown:])
    return ", ".join([*top[:shown], *others, *([f"and {more:,} more"] if more else [])])


def called(principal: Told) -> str:
    events = principal["events"]
    top = [one | {"value": one["value"].split()[0]} for one in events["top"]]
    return (
        f"{ending(principal['value'], NAME)}: {ranked({'top': top, 'more': events['more'], 'others': 0}, 50)}"
    )


def buckets(told: Told, _: Told) -> set[str]:
    series = told["series"]
    start = datetime.fromisoformat(series["start"])
    starts = [start + timedelta(seconds=series["bucket"] * i) for i in range(len(series["values"]))]
    return {f"{at:{form}}" for at in starts for form in ("%m-%d", "%H:%M")}


# What the text makes of several values: the JSON's object and the episode's in, what the text may say out.
MADE: dict[str, Callable[[Told, Told], Any]] = {
    "<episodes>": lambda told, _: [str(len(told["episodes"]))],
    "<symbol>": lambda told, _: [
        {"GreaterThanOrEqualToThreshold": ">="}[told["alarm"]["comparison_operator"]]
    ],
    "<which>": lambda told, _: ["lowest" if told["series"]["lowest"] else "highest"],
    "<counted>": lambda told, _: [{True: "its events count"}[told["filters"][0]["log_group"]["selects"]]],
    "<dedupe>": lambda told, _: ["left out" if told["dedupe"] else "counted"],
    "<condition>": lambda told, _: [
        f"{one['condition']} {one['present']:,} {one['satisfied']:,}" for one in told["why"]["conditions"]
    ],
    "<chart>": lambda told, _: chart(told["series"]["values"], told["alarm"]["threshold"])[0],
    "<axis>": buckets,
    "<times>": lambda _, episode: [f"{len(episode['times']):,}"],
    "<raised>": lambda _, episode: [", ".join(one["start"][11:16] for one in episode["times"])],
    "<ranking>": lambda _, episode: [ranked(episode[field], SHOWN) for field in FIELDS.values()],
    "<calls>": lambda _, episode: list(map(called, episode["principals"]["top"])),
    "<more_episodes>": lambda told, _: [str(len(told["episodes"]) - WORST - OTHERS)],
    "<worst>": lambda *_: [str(WORST)],
    "<facts>": lambda _, episode: [
        "; ".join(one["fact"] for one in episode["signs"] if one["points_to"] == kind)
        for kind in ("suspicious", "misconfiguration")
    ],
    "<kinds>": lambda _, episode: [
        "of both kinds"
        if len({one["points_to"] for one in episode["signs"]}) > 1
        else "".join({one["points_to"] for one in episode["signs"]})
    ],
    "<different>": lambda _, episode: [str(len(episode["events"]["top"]) + episode["events"]["more"])],
    "<first>": lambda _, episode: [episode["principals"]["top"][0]["value"]],
    "<share>": lambda told, _: [percent(told["in_alarm"]["share"])],
    "<caller>": lambda told, _: [percent(told["stuck"]["caller_share"])],
    "<alarmed>": lambda told, _: ["1" if told["episodes"] else "0"],
    "<who>": lambda told, _: [told["callers"]["top"][0]["value"]],
    "<last>": lambda told, _: [told["episodes"][-1]["times"][-1]["start"].replace("T", " ")[:16]],
    "<states>": lambda told, _: [
        ", ".join(
            f"{told['states'][state]:,} to {state}"
            for state in ("ALARM", "OK", "INSUFFICIENT_DATA")
            if told["states"][state]
        )
    ],
    "<logs>": lambda told, _: [
        span(datetime.fromisoformat(told["logs"]["end"]) - datetime.fromisoformat(told["logs"]["start"]))
    ],
    "<verified>": lambda told, _: ["yes" if told["verified"] else "no"],
    "<left_out>": lambda told, _: [
        ", ".join(f"{count:,} {kind}" for kind, count in told["left_out"].items())
    ],
}


def spellings(value: Any) -> Iterator[str]:
    """How the text may say a value of the JSON."""
    if isinstance(value, list):
        for one in value:
            yield from spellings(one)
    elif isinstance(value, str):
        yield value
        yield from (value.upper(), value[:1].upper() + value[1:])
        if re.fullmatch(r"[\d-]+T[\d:]+Z", value):
            yield from (value[:19].replace("T", " "), value[:16].replace("T", " "), value[11:16])
    elif isinstance(value, int | float):
        yield from (number(value), f"{value:.10g}", span(timedelta(seconds=value)))


def at(value: Any, path: str) -> Any:
    """What is at a path of a JSON value; ``*`` stands for each of a list."""
    step, _, rest = path.partition(".")
    if step == "*":
        return [at(one, rest) for one in value]
    return at(value[step], rest) if rest else value[step]


def unsaid(text: str, told: Told) -> list[str]:
    """The data of one detection's section that its JSON object does not have."""
    episode: Told = {}
    transition: Told = {}
    places = iter(range(len(told.get("transitions", ()))))
    wrong = []
    text = re.sub(
        r"^(  \$.*[^\d\n])\n {4}(?=\S)", r"\1 ", text, flags=re.MULTILINE
    )  # a condition of two lines
    title, *lines = text.splitlines()
    if title.startswith("Summary"):
        lines = [title, *lines]
    elif re.split(" {2,}", title) != [told.get("title"), told.get("detection")]:
        wrong.append(title)
    for line in lines:
        rule, paths, groups = next(
            ((rule, paths, fits.groups()) for rule, paths in COMPILED if (fits := rule.fullmatch(line))),
            (None, [], ()),
        )
        if rule is None or len(paths) != len(groups):
            wrong.append(f"no rule for: {line}")
        if start := re.match(r"ALARM (\d+): |  (\d+) +\d{4}-", line):
            episode = (told.get("episodes") or [{}] * 999)[int(start[1] or start[2]) - 1]
        if re.match(r"  \d.* → ", line):
            transition = told["transitions"][next(places)] if "transitions" in told else {}
        for path, datum in zip(paths, groups, strict=False):
            try:
                wrong += [] if _said(path, datum, told, episode, transition) else [f"{path}: {datum}"]
            except (KeyError, IndexError, TypeError, ValueError):
                wrong.append(f"{path} is gone: {datum}")
    return wrong


def _said(path: str, datum: str | None, told: Told, episode: Told, transition: Told) -> bool:
    if datum and path == "<axis>":
        return set(datum.split()) <= buckets(told, episode)
    if datum and path in MADE:
        return " ".join(datum.split()) in {" ".join(one.split()) for one in MADE[path](told, episode)}
    root = {"@": episode, "%": transition}.get(path[0], told)
    value = at(root, path.lstrip("@%"))
    return datum in spellings(value) if datum is not None else value == 0


@pytest.fixture(autouse=True)
def chart_of_the_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide page has a chart of more columns: the same windows in other buckets, which is tested for itself."""
    monkeypatch.setattr("detector.render.replay_chart.WIDEST", Page().width)


@pytest.fixture(scope="module")
def replays(tmp_path_factory: pytest.TempPathFactory) -> Replays:
    """One that is often in ALARM, one that never is, one that is stuck and one that matches nothing, over an archive that
    has everything.
    """
    folder = tmp_path_factory.mktemp("facts")
    first = datetime(2023, 7, 10, 1, tzinfo=UTC)
    logs: list[dict[str, Any]] = []
    for hour in range(0, 100, 2):
        for again in range(2 if hour % 3 else 1):
            start = first + timedelta(hours=hour, minutes=20 * again)
            for call in range(5 + hour % 7):
                at = f"{start + timedelta(seconds=7 * call):%Y-%m-%dT%H:%M:%SZ}"
                who = {"arn": f"arn:aws:iam::111122223333:user/{'abcdefgh'[call % (hour + 1) % 8]}"}
                what = f"Get{'ABCDEFGH'[call * hour % 7]}"
                logs.append(record(0, len(logs), eventTime=at, userIdentity=who, eventName=what))
    logs += [logs[3], {**logs[8], "eventID": "big", "requestParameters": "x" * 300_000}]
    logs.append(record(0, awsRegion="us-east-1"))
    write(folder / "logs" / "a.json.gz", logs)
    write(
        folder / "logs" / "b.json", [record(number, errorCode=None, eventName="Rare") for number in range(3)]
    )
    write(folder / "logs" / "c.json", [])
    (folder / "logs" / "d.json").write_text("{", encoding="utf-8")
    (folder / "logs" / "notes.txt").write_text("", encoding="utf-8")
    often = Path(
        detection(folder / "often.toml", '{ $.errorCode = "AccessDenied" && $.eventName != "GetA" }')
    )
    both = often.read_text("utf-8") + "[[filter]]\nname = 'others'\npattern = '{ $.eventName = GetA }'\n"
    often.write_text(both.replace("[filter]", "[[filter]]", 1), encoding="utf-8")
    rare = detection(folder / "rare.toml", '{ $.eventName = "Rare" }', title="Rare calls", threshold=1234)
    asking = "[filter]\nfield_selection_criteria = '@aws.region != \"x\"'\nlog_group_region = 'eu-west-1'\n"
    Path(rare).write_text(Path(rare).read_text("utf-8").replace("[filter]\n", asking), encoding="utf-8")
    nothing = detection(
        folder / "no.toml", '{ $.userIdentity.sessionIssuer.userName = "x" && $.errorCode = "y" }', title="No"
    )
    stuck = detection(
        folder / "stuck.toml", '{ $.userIdentity.arn = "*/a" }', title="Stuck", threshold=1, missing="ignore"
    )
    return replay(
        [often, rare, nothing, stuck],
        [str(folder / "logs")],
        delay=60,
        selection=Selection(regions=frozenset({"eu-west-1"})),
    )


def sections(replays: Replays) -> list[tuple[str, Told]]:
    """For each detection the texts about it, and about what was read, with its JSON object; then one without a record."""
    reading = structs.replace(replays.reading, empty=emptiness(replays.reading.plan, ()))
    every = [*replays, replace(replays[2], reading=reading, why=())]
    told = json.loads("".join(as_json(every)))
    return [
        (report(Replays((one,), one.reading), WIDE, detail), facts)
        for one, facts in zip(every, told, strict=True)
        for detail in Detail
    ]


@pytest.mark.parametrize("place", range(5 * len(Detail)))
def test_every_fact_of_the_text_is_in_the_json(place: int, replays: Replays) -> None:
    text, told = sections(replays)[place]
    assert unsaid(text, told) == []


# What the JSON has and the text has not, with all that is in it.
ONLY_JSON = (
    *(
        "samples",
        "evaluated",
        "episodes.*.leaning",
        "episodes.*.signs.*.rule",
        "references",
        "undelivered",  # tests/test_archive_clock.py has it in the text, too
        "drawn_delays",  # and tests/test_archive_delays.py this
        *("warm_up_until", "pages", "mute_rules"),  # tests/test_composite_replay.py has them in the text, too
        "logs.hours",
        "filters.*.why",
        "filters.*.log_group.account",
        "filters.*.log_group.name",
        "problems.*.kind",
        "why.records",
        "why.every",
    ),
    *("episodes.*.times.*.end", "episodes.*.principals.top.*.events.others", "transitions.*.evidence"),
    *("episodes.*.accounts", "episodes.*.identity_types", "callers"),
)


def keys(value: Any, path: str = "") -> Iterator[str]:
    """The path of every key, ``*`` standing for each of a list."""
    if isinstance(value, list):
        yield from dict.fromkeys(key for one in value for key in keys(one, f"{path}.*"))
    elif isinstance(value, dict):
        for key, member in value.items():
            yield f"{path}.{key}".lstrip(".")
            yield from keys(member, f"{path}.{key}")


def without(value: Any, path: str) -> Any:
    """A copy without the key at a path."""
    step, _, rest = path.partition(".")
    if step == "*":
        return [without(one, rest) for one in value]
    if step not in (value or {}):
        return value
    left = {key: member for key, member in value.items() if key != step}
    return left | {step: without(value[step], rest)} if rest else left


def test_a_missing_fact_is_noticed(replays: Replays) -> None:
    told = [(text, facts, set(keys(facts))) for text, facts in sections(replays)]
    every = {path for *_, paths in told for path in paths}
    unnoticed = {
        path
        for path in every
        if not any(path in paths and unsaid(text, without(facts, path)) for text, facts, paths in told)
    }
    assert {path for path in unnoticed if not path.startswith(ONLY_JSON)} == set()
