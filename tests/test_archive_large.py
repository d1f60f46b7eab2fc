"""A large log file is read record by record and gives the same events and problems as a small one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from detector.archive import Event, Problem, Source, events

FILE = Source("one.json", 0)
RECORD = '{"eventTime":"2025-03-05T12:00:00Z","n":%s}'
CONTENTS = {
    "records": '{"Records":[' + ",".join(RECORD % i for i in range(4)) + "]}",
    "one record": '{"Records":[' + RECORD % 1 + "]}",
    "blanks and a line break": '{"Records":[ ' + RECORD % 1 + " ,\n" + RECORD % 2 + " ] }\n",
    "none": '{"Records":[]}',
    "members that are no objects": '{"Records":[1,' + RECORD % 1 + ',null,"x",[2]]}',
    "a number beyond doubles": '{"Records":[' + RECORD % "1e400" + "]}",
    "a lone surrogate": '{"Records":[' + RECORD % '"\\ud800"' + "]}",
    "an integer beyond 64 bits": '{"Records":[' + RECORD % "123456789012345678901234567890" + "]}",
    "duplicate keys": '{"Records":[{"a":1,"a":2}]}',
    "another member beside": '{"Records":[' + RECORD % 1 + '],"more":1}',
    "cut off": '{"Records":[' + RECORD % 1 + ",",
    "a broken record": '{"Records":[' + RECORD % 1 + "," + RECORD % "NaN" + "]}",
    "not an array": '{"Records":{"a":1}}',
    "two documents": '{"Records":[' + RECORD % 1 + ']}{"Records":[' + RECORD % 2 + "]}",
    "not ASCII": '{"Records":[' + RECORD % '"\u00e9\u6f22"' + "]}",
}


def listed(content: bytes) -> list[object]:
    return [
        item if isinstance(item, Problem) else (item.position, json.dumps(item.record))
        for item in events(content, FILE)
    ]


@pytest.mark.parametrize("name", CONTENTS)
def test_the_same_as_a_small_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = CONTENTS[name].encode()
    small = listed(content)
    monkeypatch.setattr("detector.archive.decode.LARGE", 0)
    assert listed(content) == small


def test_letters_that_are_no_utf8_spoil_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'{"Records":[{"a":1},{"b":"\xff"}]}'
    small = listed(content)
    monkeypatch.setattr("detector.archive.decode.LARGE", 0)
    assert listed(content) == small
    assert [type(one) for one in small] == [Problem]


def test_only_one_record_at_a_time_is_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []

    def counted(text: bytes) -> object:
        decoded.append(len(text))
        return json.loads(text)

    monkeypatch.setattr("detector.archive.decode.LARGE", 0)
    monkeypatch.setattr("detector.archive.decode.parse_json", counted)
    found: Iterator[Event | Problem] = events(CONTENTS["records"].encode(), FILE)
    next(found)
    assert len(decoded) == 1
