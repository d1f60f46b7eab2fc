"""One table of hostile strings through every verb and every format: nothing runs, links, steers, or adds a line.

Each string is what records hold (who, what, from where, with which agent, on what, and names of parameters), what files are
called, and what detections, tests and incidents are called. Every output is read by a reader of its own format.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from detector.__main__ import main
from detector.alarm import State
from detector.cli import main as cli
from detector.composite.syntax import InState, Reference
from detector.detections import Detection
from detector.lint import cures
from tests.cli_archives import DETECTION, burst, write
from tests.hostile import STRINGS

PLACE = ("--alarm-account", "111122223333", "--alarm-region", "eu-west-1", "--enrich")
PATTERN = '{ $.errorCode = "AccessDenied" && $.userAgent != "STRING" }'
COMMANDS: dict[str, tuple[str, ...]] = {
    "replay": ("logs", "-d", "few"),
    "match": ("rules", "logs"),
    "check": ("rules", *(PATTERN.replace("STRING", string) for string in STRINGS.values())),
    "audit": ("rules", "--account", "111122223333", "--region", "eu-west-1", "--control", "CloudWatch.2"),
    "backtest": ("logs", "-d", "rules/0.toml", "--incidents", "incidents.json", "--threshold", "1..3"),
    "noise": ("logs", "-d", "rules/0.toml", "--incidents", "incidents.json"),
    "compare": ("rules/0.toml", PATTERN.replace("STRING", STRINGS["bars"]), "logs"),
    "reconcile": ("rules/0.toml", "--history", "history.json", "--metric", "metric.json", "logs"),
    "explain": (PATTERN.replace("STRING", STRINGS["ticks"]), "logs"),
    "cache": ("kept",),
    "coverage": (
        "logs",
        *(word for number in range(len(STRINGS)) for word in ("-d", f"rules/{number}.toml")),
    ),
    "test": ("rules", "--coverage", "--mutants"),
}
"""A command of each verb that prints what others have written; the other verbs print nothing of the kind."""
FEW = ("element", "lines", "bidi", "reference", "address", "ticks", "block", "bars", "annotation line")
"""Strings by which detections that are replayed are called; the other verbs have all of them."""
OTHERS = {"init", "completion", "convert", "verify"}
MORE = (
    ("replay", "logs", "-d", "few", "--full"),
    ("replay", "logs", "-d", "few", "--brief"),
    *(
        ("replay", "logs", "-d", "both", "--mute", "held.mute", "--format", form)
        for form in ("text", "json", "markdown")
    ),
    ("replay", "logs", "-d", "both", "--mute", "held.mute", "--emit=eventbridge=-", *PLACE),
    ("check", "both"),
    *(("compare", "both", "few", "--format", form) for form in ("text", "json", "markdown")),
    (
        "replay",
        "logs",
        "-d",
        "few",
        *(f"--emit={kind}=-" for kind in ("sns", "eventbridge", "history")),
        *PLACE,
    ),
    ("replay", "logs", "-d", "rules/1.toml", "--matches", "matches.csv"),
    (
        "match",
        *COMMANDS["match"],
        "--fields",
        "user_agent,principal,event,resources,path,$.requestParameters",
    ),
    *(
        ("match", *COMMANDS["match"], "--format", form, "--fields", "user_agent,principal,address")
        for form in ("csv", "table", "markdown")
    ),
    ("check", "rules", "--archive", "logs", "--format", "markdown"),
    ("explain", PATTERN.replace("STRING", "x"), "event.json"),
    *(
        ("convert", f"rules/{place}.toml", "--to", form)
        for place in range(len(STRINGS))
        for form in ("toml", "terraform", "cloudformation", "cli")
    ),
)


def formats(verb: str) -> Iterator[str]:
    """Every format that a verb has."""
    choices = next(action.choices for action in cli.parser()._actions if action.dest == "verb")
    assert isinstance(choices, dict)
    for action in choices[verb]._actions:
        if action.dest == "format":
            yield from action.choices
            return
    yield "text"


def every() -> Iterator[tuple[str, ...]]:
    """Each verb in each of its formats, and `MORE`."""
    for verb, words in COMMANDS.items():
        for form in formats(verb):
            yield (verb, *words, *(() if verb == "test" else ("--format", form)))
    yield from MORE


ALL = list(every())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, detections, their tests, incidents and an event, of all of which the strings are part."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "rules").mkdir()
    (folder / "few").mkdir()
    (folder / "both").mkdir()
    for place, (kind, string) in enumerate(STRINGS.items()):
        _records(folder / "logs", place, string)
        (folder / "rules" / f"{place}.toml").write_text(_detection(string), "utf-8")
        if kind in FEW:
            (folder / "few" / f"{place}.toml").symlink_to(folder / "rules" / f"{place}.toml")
            (folder / "both" / f"{place}.toml").write_text(_composite(string, place), "utf-8")
            with (folder / "held.mute").open("a", encoding="utf-8") as file:
                file.write(_mute(string))
        event = f"{{ errorCode = 'AccessDenied', a = {_toml(string)} }}"
        case = f"[[case]]\nname = {_toml(string)}\nmatches = false\nevent = {event}\n"
        (folder / "rules" / f"{place}.test.toml").write_text(case, "utf-8")
    hours = [(string, 12 + place % 10) for place, string in enumerate(STRINGS.values())]
    named = [
        {"name": string, "start": f"2023-07-10T{hour}:00:00Z", "end": f"2023-07-10T{hour}:30:00Z"}
        for string, hour in hours
    ]
    (folder / "incidents.json").write_text(json.dumps(named), "utf-8")
    (folder / "history.json").write_text(_history(), "utf-8")
    (folder / "metric.json").write_text('{"Datapoints": [{"Timestamp": 1688990400, "Sum": 1}]}', "utf-8")
    (folder / "event.json").write_text(json.dumps(dict(enumerate(STRINGS.values()))), "utf-8")
    kept = ("--cache", str(folder / "kept"), "--output", str(folder / "report.txt"))
    main(("replay", str(folder / "logs"), "-d", str(folder / "rules" / "0.toml"), *kept))
    return folder


def _history() -> str:
    """An alarm whose every state has a string as its reason, and whose settings have them, too."""
    named = _name(next(iter(STRINGS.values())))
    items: list[dict[str, Any]] = []
    for place, string in enumerate(STRINGS.values()):
        states = ("OK", "ALARM")[:: 1 if place % 2 else -1]
        old, new = ({"stateValue": state, "stateReason": string} for state in states)
        update = {"type": "Update", "updatedAlarm": {"threshold": string, "statistic": string}}
        changed = {"version": string, "oldState": old, "newState": new}
        for kind, data in (("StateUpdate", changed), ("ConfigurationUpdate", update), (string, {})):
            at = 1688990400 + 600 * place
            one = {"AlarmName": named, "Timestamp": at, "HistorySummary": string, "HistoryItemType": kind}
            items.append({**one, "HistoryData": json.dumps(data)})
    return json.dumps({"AlarmHistoryItems": items, "NextToken": "more"})


def _records(folder: Path, place: int, string: str) -> None:
    """Two calls of which everything is called like that, and a file that cannot be read."""
    said: dict[str, Any] = {
        "userAgent": string,
        "errorMessage": string,
        "sourceIPAddress": string,
        "eventName": string,
        "awsRegion": string,
        "recipientAccountId": string,
        "userIdentity": {"type": string, "arn": string, "userName": string},
        "requestParameters": {string: string, "bucketName": string},
        "resources": [{"ARN": string}],
    }
    name = re.sub(r"[/\x00\ud800-\udc7f]", "_", string)[:60]
    write(folder / name / f"{place}.json", burst(60 * (place % 12), 2, **said))
    (folder / name / f"{name}broken.json").write_text("{", "utf-8")


def _composite(string: str, place: int) -> str:
    """A composite over the detection of that place, whose every name and text is the string."""
    rule = InState(State.ALARM, Reference(_name(string)))
    return (
        f"title = {_toml(string)}\n[composite]\nname = {_toml(_name(string) + '2')}\nalarm_rule = {_toml(str(rule))}\n"
        f'children = ["../rules/{place}.toml"]\nalarm_description = {_toml(string)}\n'
    )


def _mute(string: str) -> str:
    rule = 'expression = "cron(0 * * * *)"\nduration = "PT40M"\n'
    return f"[[mute]]\nname = {_toml(_name(string))}\n{rule}alarm_names = [{_toml(_name(string) + '2')}]\n"


def _name(string: str) -> str:
    """What an alarm can be called."""
    return "".join(char for char in string if ord(char) > 31 and char != "\x7f")


def _detection(string: str) -> str:
    """A detection whose every name and text is the string."""
    name = _name(string)
    text = DETECTION.format(title="TITLE", pattern="PATTERN", threshold=1, missing="missing")
    for old, new in (
        ('"TITLE"', string),
        ('"denied"', string),
        ("'''PATTERN'''", '{ $.errorCode = "AccessDenied" }'),
        ('"denied-alarm"', name),
    ):
        text = text.replace(old, _toml(new))
    actions = f"alarm_actions = [{_toml(string)}]\nalarm_description = {_toml(string)}\n"
    return f"description = {_toml(string)}\n{text}{actions}"


def _toml(string: str) -> str:
    """As a TOML string, without what no TOML file can hold."""
    held = "".join("?" if "\ud800" <= char <= "\udfff" else char for char in string)
    return json.dumps(held, ensure_ascii=False).replace("\x7f", "\\u007f")


@pytest.fixture(scope="module", autouse=True)
def _days() -> Iterator[None]:
    """A day that shows a cure is lived once for all alarms of the same settings: here they differ in what they are called."""
    real, known = cures.day, dict[str, Any]()

    def day(*pair: Detection) -> Any:
        unnamed = [
            (replace(one.alarm, name="x"), [replace(each, name="x") for each in one.filters]) for one in pair
        ]
        if (key := repr(unnamed)) not in known:
            known[key] = real(*pair)
        return known[key]

    with mock.patch("detector.lint.alarms.day", day):
        yield


@pytest.mark.parametrize(
    "argv",
    ALL,
    ids=lambda argv: f"{argv[0]}-{ALL.index(argv)}-{argv[-1][:20]}".encode("unicode_escape").decode(),
)
def test_no_output_says_more_than_text(
    argv: tuple[str, ...], world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world)
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n", write_through=True) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert main(argv) in {0, 1, 2}
    printed, said = (stream.buffer.getvalue() for stream in (out, err))
    form = argv[argv.index("--format") + 1] if "--format" in argv else "text"
    assert printed or argv[0] == "convert"  # a shell script has no way to say some characters
    if "--enrich" in argv:
        form = "ndjson"
    if form != "parquet":
        READERS.get(form, _text)(printed.decode())
    _text(said.decode())
    if "--matches" in argv:
        _csv(Path("matches.csv").read_text("utf-8"))


def _text(printed: str) -> None:
    """Lines of printable characters, none of which is a command to a workflow."""
    assert {char for char in printed if not char.isprintable()} <= {"\n"}
    commands = [line for line in printed.split("\n") if line.strip().startswith("::") or "##[" in line]
    assert commands == []


def _json(printed: str) -> None:
    assert {char for char in printed if not char.isprintable()} <= {"\n"}
    assert json.loads(printed)


def _ndjson(printed: str) -> None:
    for line in printed.splitlines():
        _json(line)


def _csv(printed: str) -> None:
    _text(printed)
    rows = list(csv.reader(io.StringIO(printed)))
    assert len(rows) == len(printed.splitlines())
    assert len({len(row) for row in rows}) == 1
    begun = [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\uff1d", "\uff0b"))]
    assert begun == []
    # Only a number may begin with a minus.
    assert all(re.fullmatch(r"-[\d.e-]+", cell) for row in rows for cell in row if cell.startswith("-"))


def _github(printed: str) -> None:
    """A command for each finding, and nothing else that looks like one."""
    assert {char for char in printed if not char.isprintable()} <= {"\n"}
    for line in printed.splitlines():
        if line.startswith("::"):
            assert re.fullmatch(r"::(error|warning|notice) [^:]*(:[^:]+)?::.*", line)
            properties = line.partition("::")[2].partition("::")[0].partition(" ")[2]
            assert [part.partition("=")[0] for part in properties.split(",")] in (
                ["title"],
                ["file", "line", "col", "title"],
            )
        else:
            assert re.match(r"\d+ finding", line)


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ALLOWED = {
    *("heading", "paragraph", "bullet_list", "list_item", "inline", "fence", "code_inline", "strong", "text"),
    *("table", "thead", "tbody", "tr", "th", "td", "softbreak"),
}
LIVELY = re.compile(r"https?:|www\.|@|#\d|GH-\d|[\[\]<`]|:skull:|\$w|evil")


def _markdown(printed: str) -> None:
    """No link, image or HTML, and outside of code nothing that somebody else has written."""
    _text(printed)
    tokens = MARKDOWN.parse(printed)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    assert {re.sub("_(open|close)$", "", token.type) for token in flat} <= ALLOWED
    assert [
        token.content for token in flat if token.type == "text" and LIVELY.search(_ours(token.content))
    ] == []
    assert all(len(set(table)) == 1 for table in _widths(tokens))


def _ours(text: str) -> str:
    """Without the datapoints of a reason, which stand in brackets."""
    return re.sub(r"\[\d+\.0 \(\d\d/\d\d/\d\d \d\d:\d\d:\d\d\)\]", "", text)


def _widths(tokens: Any) -> list[list[int]]:
    """How many cells each row of each table has."""
    tables: list[list[int]] = []
    for token in tokens:
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append(0)
        elif token.type in {"td_open", "th_open"}:
            tables[-1][-1] += 1
    return tables


READERS = {
    "json": _json,
    "sarif": _json,
    "asff": _json,
    "ocsf": _ndjson,
    "ndjson": _ndjson,
    "csv": _csv,
    "github": _github,
    "markdown": _markdown,
}


def test_junit_is_xml_and_has_a_case_each(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world)
    main(["test", "rules", "--junit", "junit.xml"])
    written = Path("junit.xml").read_text("utf-8")
    Path("junit.xml").unlink()
    assert {char for char in written if not char.isprintable()} <= {"\n"}
    root = ET.fromstring(written)  # noqa: S314 - the program has written it
    assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "failure"}
    assert len(list(root.iter("testcase"))) == len(STRINGS)


def test_every_verb_is_here() -> None:
    assert set(COMMANDS) | OTHERS == set(cli.VERBS)
