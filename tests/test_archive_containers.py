"""Every container that is known, and everything that can be wrong in one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from detector.archive import (
    Event,
    Plan,
    Problem,
    ProblemKind,
    Source,
    containers,
    events,
    oversize,
    source_events,
)
from detector.archive.walk import NAMED
from detector.jsontext import parse_many
from tests.exports import EXPORTS, PARTIAL

FILE = Source("a.json", 0)
A = {"eventName": "A", "eventTime": "2023-07-10T12:00:00Z"}
B = {"eventName": "B", "userIdentity": {"type": "Root"}}
JA = json.dumps(A)
JB = json.dumps(B, separators=(",", ":"))
MS = 1_688_990_400_123


def read(text: str | bytes) -> list[Event | Problem]:
    return list(events(text.encode() if isinstance(text, str) else text, FILE))


def facts(text: str | bytes) -> list[Any]:
    """Each event as (record, message, timestamp), each problem as its reason."""
    return [
        (item.record, item.message, item.timestamp) if isinstance(item, Event) else item.reason
        for item in read(text)
    ]


def agree(found: list[Any], expected: list[Any]) -> bool:
    """Whether they are the same, and every reason begins as expected: the rest is the decoder's."""
    return len(found) == len(expected) and all(
        is_.startswith(should) if isinstance(is_, str) and isinstance(should, str) else is_ == should
        for is_, should in zip(found, expected, strict=True)
    )


def pretty(*values: object) -> str:
    return "\n".join(json.dumps(value, indent=2) for value in values)


BRIDGED = {"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.s3", "detail": A}
LOGGED = {"logStreamName": "s", "timestamp": MS, "message": JA, "ingestionTime": MS + 5, "eventId": "1"}
SENT = {
    "messageType": "DATA_MESSAGE",
    "owner": "111122223333",
    "logEvents": [{"id": "1", "timestamp": MS, "message": JA}, {"id": "2", "timestamp": MS, "message": JB}],
}
CONTROL = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "timestamp": MS, "message": "CWL"}]}
DIGEST = {"awsAccountId": "111122223333", "digestStartTime": "2023-07-10T12:00:00Z", "logFiles": []}

AB = [(A, None, None), (B, None, None)]
LOGS = [(A, JA, MS), (B, JB, MS)]

CONTAINERS: dict[str, tuple[str, list[Any]]] = {
    "a log file": (json.dumps({"Records": [A, B]}), AB),
    "a log file with a newline at its end": (json.dumps({"Records": [A, B]}) + "\n", AB),
    "a log file with blank lines around": ("\n\r\n" + json.dumps({"Records": [A, B]}) + "\n \n", AB),
    "a log file, indented": (pretty({"Records": [A, B]}), AB),
    "a log file, a record a line": ('{"Records":[\n' + JA + ",\n" + JB + "\n]}\n", AB),
    "a log file with a mark": ("\ufeff" + json.dumps({"Records": [A, B]}), AB),
    "a log file with other keys": (json.dumps({"x": 1, "Records": [A, B]}), AB),
    "duplicate keys: the last Records": (f'{{"Records":[{JB}],"Records":[{JA},{JB}]}}', AB),
    "one record": (JA, AB[:1]),
    "one record, indented": (pretty(A), AB[:1]),
    "any object is a record": ("{}", [({}, None, None)]),
    "an array of records": (json.dumps([A, B]), AB),
    "an array, indented": (pretty([A, B]), AB),
    "an array of log files": (json.dumps([{"Records": [A]}, {"Records": [B]}]), AB),
    "lines": (f"{JA}\n{JB}\n", AB),
    "lines without the last newline": (f"{JA}\n{JB}", AB),
    "lines of Windows": (f"\ufeff{JA}\r\n{JB}\r\n", AB),
    "lines with blank ones": (f"\n{JA}\n\n  \n{JB}\n", AB),
    "lines of log files": (json.dumps({"Records": [A]}) + "\n" + json.dumps({"Records": [B]}), AB),
    "lines of arrays": (json.dumps([A]) + "\n" + json.dumps([B]), AB),
    "lines of several": (f"{JA}{JB}\n{JB} {JA}", AB + AB[::-1]),
    "one after another": (f"{JA}{JB}", AB),
    "log files one after another": (json.dumps({"Records": [A]}) + json.dumps({"Records": [B]}), AB),
    "indented, one after another": (pretty(A, B), AB),
    "indented, without a newline between": (pretty(A) + pretty(B), AB),
    "EventBridge": (json.dumps(BRIDGED), AB[:1]),
    "EventBridge, lines": (json.dumps(BRIDGED) + "\n" + json.dumps({**BRIDGED, "detail": B}), AB),
    "a record with a detail of its own": (json.dumps({"detail": {}}), [({"detail": {}}, None, None)]),
    "filter-log-events": (
        json.dumps({"events": [LOGGED, {**LOGGED, "message": JB}], "searchedLogStreams": []}),
        LOGS,
    ),
    "filter-log-events, indented": (pretty({"events": [LOGGED, {**LOGGED, "message": JB}]}), LOGS),
    "filter-log-events, only its events": (json.dumps([LOGGED, {**LOGGED, "message": JB}]), LOGS),
    "filter-log-events, an event a line": (
        json.dumps(LOGGED) + "\n" + json.dumps({**LOGGED, "message": JB}),
        LOGS,
    ),
    "a subscription": (json.dumps(SENT), LOGS),
    "Firehose, one after another": (json.dumps(CONTROL) + json.dumps(SENT) + json.dumps(SENT), LOGS + LOGS),
    "an export": (f"2023-07-10T12:00:00.123Z {JA}\n2023-07-10T12:00:00.123Z {JB}\n", LOGS),
    "an export without a fraction": (f"2023-07-10T12:00:00Z {JA}", [(A, JA, MS - 123)]),
    "a message that is text": (
        "2023-07-10T12:00:00.123Z START id",
        [(None, "START id", MS)],
    ),
    "a message that is an array": (
        json.dumps({"events": [{**LOGGED, "message": "[1]"}]}),
        [(None, "[1]", MS)],
    ),
    "a message with more after it": (
        json.dumps({"events": [{**LOGGED, "message": JA + "x"}]}),
        [(None, JA + "x", MS)],
    ),
    "a message is not unwrapped": (
        json.dumps({"events": [{**LOGGED, "message": json.dumps(BRIDGED)}]}),
        [(BRIDGED, json.dumps(BRIDGED), MS)],
    ),
    "a message of a lone surrogate": (
        json.dumps({"events": [{**LOGGED, "message": '{"a":"\ud800"}'}]}),
        [({"a": "\ud800"}, '{"a":"\ud800"}', MS)],
    ),
    "a timestamp that is none": (
        json.dumps(
            {"events": [{**LOGGED, "timestamp": stamp} for stamp in ("now", 1.5, True, -1, 10**20, None)]}
        ),
        [(A, JA, None)] * 6,
    ),
    "big numbers": (
        '{"Records":[{"a":9007199254740993,"b":1e400}]}',
        [({"a": 2**53 + 1, "b": 1e999}, None, None)],
    ),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_holds(name: str) -> None:
    text, expected = CONTAINERS[name]
    assert facts(text.encode("utf-8", "surrogatepass")) == expected


def test_every_container_has_a_row() -> None:
    examples = [text for text, _ in [*CONTAINERS.values(), *BROKEN.values()]]
    documents: list[Any] = []
    for text in [*examples, *(make() for make in [*EXPORTS.values(), *PARTIAL.values()])]:
        try:
            values = parse_many(text)
        except ValueError:  # not JSON, or broken
            continue
        for document in values:
            documents += document if isinstance(document, list) else [document]
    taken = {
        next(i for i, one in enumerate(containers.CONTAINERS) if one.recognises(document))
        for document in documents
        if isinstance(document, dict)
    }
    assert taken == set(range(len(containers.CONTAINERS)))


def test_a_mark_is_no_part_of_a_message() -> None:
    assert facts(f"\ufeff2023-07-10T12:00:00.123Z {JA}") == LOGS[:1]


BROKEN: dict[str, tuple[str | bytes, list[Any]]] = {
    "nothing": ("", ["no records"]),
    "blanks": (" \n\t", ["no records"]),
    "only a mark": ("\ufeff", ["no records"]),
    "no records": ('{"Records":[]}', ["no records"]),
    "an empty array": ("[]", ["no records"]),
    "only a test of a subscription": (json.dumps(CONTROL), ["no records"]),
    "no log events": ('{"events":[]}', ["no records"]),
    "Records is no array": ('{"Records":{}}', ["Records is an object, expected an array"]),
    "Records is null": ('{"Records":null}', ["Records is null, expected an array"]),
    "members that are no objects": (
        f'{{"Records":[1,{JA},null,"x",[],true]}}',
        [
            "Records[0] is a number, expected an object",
            AB[0],
            "Records[2] is null, expected an object",
            "Records[3] is a string, expected an object",
            "Records[4] is an array, expected an object",
            "Records[5] is true or false, expected an object",
        ],
    ),
    "an array in an array": (f"[[{JA}],{JB}]", ["[0] is an array, expected an object", AB[1]]),
    "a number": ("17", ["the document is a number, expected an object"]),
    "detail is no object": (
        json.dumps({**BRIDGED, "detail": "x"}),
        ["detail is a string, expected an object"],
    ),
    "log events that are none": (
        json.dumps({"events": [LOGGED, 1, {"timestamp": 1}, {**LOGGED, "message": None}]}),
        [
            (A, JA, MS),
            "events[1] is a number, expected an object",
            "events[2] has no message",
            "events[3] has no message",
        ],
    ),
    "a digest": (json.dumps(DIGEST), ["a digest file, which holds no records"]),
    "a log file cut off": (
        json.dumps({"Records": [A, B]})[:-1],
        ["broken JSON: "],
    ),
    "a log file, broken inside": (
        '{"Records":[' + JA + ',{"a":}]}',
        ["broken JSON: "],
    ),
    "a log file with more after it": (
        json.dumps({"Records": [A]}) + "x",
        ["broken JSON: "],
    ),
    "a log file with not a number": ('{"Records":[{"a":NaN}]}', ["broken JSON: NaN is no JSON"]),
    "a log file that is not UTF-8": (b'{"Records":[{"a":"\xff"}]}', ["broken JSON: not UTF-8 at byte 18"]),
    "a log file nested too deeply": (
        '{"Records":[' + "[" * 99_999 + "]" * 99_999 + "]}",
        ["broken JSON: nested too deeply"],
    ),
    "an indented log file cut off": (
        pretty({"Records": [A, B]})[:-4],
        ["broken JSON: "],
    ),
    "a record a line, cut off": (
        '{"Records":[\n' + JA + ",\n" + JB,
        ["broken JSON: "],
    ),
    "one record a line, cut off": (
        '{"Records":[\n' + JA,
        ["broken JSON: "],
    ),
    "a record a line, broken in the first line": (
        '{"Records":[x\n' + JA + ",\n" + JB + "\n]}",
        ["broken JSON: "],
    ),
    "one record a line, broken in the first line": (
        '{"Records":[x\n' + JA + "\n]}",
        ["broken JSON: "],
    ),
    "one after another, the second broken": (
        JA + JB[:-2],
        ["broken JSON: "],
    ),
    "lines, the first broken": (
        f'{{"a":1\n{JA}\n{JB}',
        ["line 1: broken JSON: ", *AB],
    ),
    "two lines, the first broken": (
        f"{JB[:-3]}\n{JA}",
        ["line 1: broken JSON: ", AB[0]],
    ),
    "lines, one broken": (
        f"{JA}\n{JA[:20]}\n{JB}\n",
        [AB[0], "line 2: broken JSON: ", AB[1]],
    ),
    "lines, the last cut off": (
        f"{JA}\n{JB}\n{JA[:1]}",
        [*AB, "line 3: broken JSON: "],
    ),
    "lines, one not UTF-8": (
        JA.encode() + b'\n{"a":"\xff"}\n' + JB.encode(),
        [AB[0], "line 2: broken JSON: not UTF-8 at byte 6", AB[1]],
    ),
    "lines, one a number": (f"{JA}\n5\n", [AB[0], "line 2: the document is a number, expected an object"]),
    "lines, one with more after it": (
        f"{JA}\n{JB}x\n",
        [AB[0], "line 2: broken JSON: "],
    ),
    "an export, one line without a time": (
        f"2023-07-10T12:00:00.123Z {JA}\nat line 2\n2023-07-10T12:00:00.123Z {JB}",
        [LOGS[0], "line 2: broken JSON: ", LOGS[1]],
    ),
    "an export, one line with a wrong time": (
        f"2023-07-10T12:00:00.123Z {JA}\n2023-02-30T12:00:00.123Z {JB}",
        [LOGS[0], "line 2: broken JSON: "],
    ),
    "an export, one line not UTF-8": (
        f"2023-07-10T12:00:00.123Z {JA}\n2023-07-10T12:00:00.123Z ".encode() + b"\xff",
        [LOGS[0], "line 2: not UTF-8 at byte 0"],
    ),
    "text": ("Permission Check Successful", ["broken JSON: "]),
    "lines of text": ("one\ntwo\nthree", ["broken JSON: "]),
    "lines of broken JSON": (
        "{a\n{b\n",
        ["broken JSON: "],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_names(name: str) -> None:
    text, expected = BROKEN[name]
    found = facts(text)
    assert agree(found, expected), found


@pytest.mark.parametrize("form", ["compact", "a record a line", "indented"])
def test_a_broken_document_contributes_nothing_wherever_it_is_cut(form: str) -> None:
    text = {
        "compact": json.dumps({"Records": [A, B, A]}),
        "a record a line": '{"Records":[\n' + f"{JA},\n{JB},\n{JA}\n" + "]}",
        "indented": pretty({"Records": [A, B, A]}),
    }[form]
    for end in range(1, len(text)):
        (problem,) = read(text[:end])
        assert isinstance(problem, Problem)


@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_cut_line_costs_nothing_but_itself(line: int) -> None:
    for end in range(1, len(JB)):
        lines = [JA, JB, JA, JB, JA]
        lines[line] = lines[line][:end]
        found = read("\n".join(lines))
        assert [item.position for item in found if isinstance(item, Event)] == [
            i for i in range(5) if i != line
        ]
        assert isinstance(found[line], Problem)


def test_positions_count_what_is_broken_too() -> None:
    found = read(f'{{"Records":[{JA},1,{JB}]}}')
    assert [item.position for item in found if isinstance(item, Event)] == [0, 2]


def test_a_flood_of_problems_is_counted() -> None:
    def problems(count: int) -> list[Event | Problem]:
        return list(source_events(Plan(), FILE, ("[" + "1," * (count - 1) + "1]").encode()))

    found = problems(3_000)
    assert len(found) == NAMED + 1
    assert found[-1] == Problem("a.json", ProblemKind.MORE, "2,000 more problems in this file")
    assert len(problems(NAMED)) == NAMED


def test_more_than_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_data: object) -> object:
        raise MemoryError

    monkeypatch.setattr("detector.archive.decode.parse_many", exhausted)
    assert read(JA) == [
        Problem("a.json", ProblemKind.NO_MEMORY, "its records need more memory than there is")
    ]


OVERSIZE = 262_144


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Event({"a": "x" * (OVERSIZE - 8)}), False),
        (Event({"a": "x" * (OVERSIZE - 7)}), True),
        (Event({"a": "\u00e9" * (OVERSIZE // 2)}), True),
        (Event({}, "x" * OVERSIZE), False),
        (Event({}, "x" * (OVERSIZE + 1)), True),
        (Event({}, "\u00e9" * (OVERSIZE // 2)), False),
        (Event({}, "\u00e9" * (OVERSIZE // 2 + 1)), True),
        (Event({}, "\ud800" * OVERSIZE), True),
        (Event(None, "small"), False),
        (Event({"a": "x" * OVERSIZE}, "{}"), False),
    ],
    ids=range(10),
)
def test_over_256_kilobytes(event: Event, expected: object) -> None:
    assert oversize(event) is expected


def test_over_256_kilobytes_once_written() -> None:
    """A number can be written longer than it was read; the size of the file must not hide that."""
    (event,) = read("[" + '{"a":[' + ",".join(["1e15"] * 20_000) + "]}]")
    assert isinstance(event, Event)
    assert event.room < OVERSIZE
    assert oversize(event)
