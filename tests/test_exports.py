"""Every export through every reader and every verb: the same answer, or the same sentence about what it has lost."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from detector import pattern
from detector.__main__ import main
from detector.archive import Clock, Event, Plan, Problem, ProblemKind, Source, compression, walk
from detector.scan import fast, plain
from tests.cli_archives import DETECTION
from tests.exports import (
    EXPORTS,
    FILE,
    PARTIAL,
    RECORDS,
    USER,
    comma_separated,
    parquet,
    tarred,
    zipped,
)
from tests.scans import metric_filter

DENIED = '{ $.errorCode = "AccessDenied" }'
DELETED = "{ $.eventName = DeleteBucket }"


def read(path: Path, *asked: str) -> tuple[list[Event], list[Problem]]:
    patterns = [pattern.compile(one) for one in asked]
    found = list(walk(Plan(paths=(str(path),)), asked=patterns))
    return [one for one in found if isinstance(one, Event)], [
        one for one in found if isinstance(one, Problem)
    ]


def stored(folder: Path, content: bytes, name: str = "export") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", EXPORTS)
def test_a_whole_export_gives_the_records(name: str, tmp_path: Path) -> None:
    events, problems = read(stored(tmp_path, EXPORTS[name]()))
    assert [event.record for event in events] == RECORDS
    assert [event.position for event in events] == [0, 1, 2]
    assert problems == []
    assert all(event.known is None for event in events)


@pytest.mark.parametrize("name", EXPORTS)
def test_standard_input_gives_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(EXPORTS[name]())))
    for _ in range(2):
        events = [event.record for event in walk(Plan(paths=("-",))) if isinstance(event, Event)]
        assert events == RECORDS


@pytest.mark.parametrize("name", PARTIAL)
def test_a_table_gives_what_its_columns_say(name: str, tmp_path: Path) -> None:
    events, problems = read(stored(tmp_path, PARTIAL[name]()), DENIED)
    assert problems == []
    assert len(events) == 3
    for event, record in zip(events, RECORDS, strict=True):
        assert event.record is not None
        said = {key: value for key, value in event.record.items() if key != "userIdentity"}
        assert said == {key: record[key] for key in said}
        assert event.record["eventTime"] == record["eventTime"]
        assert event.matches(pattern.compile(DENIED)) is ("errorCode" in record)


@pytest.mark.parametrize(
    "name",
    [
        "Athena, CSV",
        "Athena, get-query-results",
        "Athena, Parquet",
        "Athena, JSON lines",
        "Lake, CSV",
        "Lake, rows",
    ],
)
def test_the_documented_table_has_the_identity_and_the_parameters(name: str, tmp_path: Path) -> None:
    events, _ = read(stored(tmp_path, PARTIAL[name]()))
    for event, record in zip(events, RECORDS, strict=True):
        assert event.record is not None
        assert event.record["requestParameters"] == record["requestParameters"]
        assert event.record["resources"] == record["resources"]
        assert event.record["tlsDetails"] == record["tlsDetails"]
        assert event.record["userIdentity"] == USER


# What a pattern asks -> the fields that the documented table does not tell.
ASKED = {
    DENIED: (),
    "{ $.userIdentity.sessionContext.attributes.mfaAuthenticated = false }": (),
    "{ $.userIdentity.invokedBy NOT EXISTS }": (),
    "{ $.userIdentity.sessionContext.sessionIssuer.userName = Ops }": (),
    "{ $.userIdentity IS NULL || $.userIdentity NOT EXISTS }": (),
    "{ $.requestParameters.bucketName = logs && $.requestParameters.tags[0].k = 1 }": (),
    "{ $.responseElements.x NOT EXISTS }": (),
    "{ $.responseElements = x }": (),
    "{ $.resources[0].ARN = * && $.resources[*].type = * }": (),
    "{ $.responseElements NOT EXISTS }": ("$.responseElements",),
    "{ $.responseElements IS NULL }": ("$.responseElements",),
    "{ $.managementEvent IS TRUE }": ("$.managementEvent",),
    "{ $.userIdentity.identityProvider = x || $.errorCode = x }": ("$.userIdentity.identityProvider",),
    "{ $.userIdentity.* = x }": ("$.userIdentity.*",),
    "{ $.x.y = 1 || $.z = 2 }": ("$.x.y", "$.z"),
    "AccessDenied": ("the message",),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("name", ["Athena, CSV", "Athena, Parquet", "Lake, CSV"])
def test_what_the_table_has_lost_is_not_answered(name: str, asked: str, tmp_path: Path) -> None:
    path = stored(tmp_path, PARTIAL[name]())
    events, problems = read(path, asked)
    assert {event.lost(pattern.compile(asked)) for event in events} == {ASKED[asked]}
    assert [problem.kind for problem in problems] == [ProblemKind.LOST_FIELDS] * bool(ASKED[asked])
    assert all(field in problem.reason for problem in problems for field in ASKED[asked])


def test_neither_a_match_nor_a_miss_where_a_field_is_lost(tmp_path: Path) -> None:
    filters = [
        metric_filter(DENIED, default=0.0),
        metric_filter("{ $.managementEvent NOT EXISTS }", default=0.0),
        metric_filter("-nothing", default=0.0),
        metric_filter(DENIED, value="$.additionalEventData.bytes", default=0.0),
        metric_filter(DENIED, dimensions={"region": "$.awsRegion", "x": "$.x"}),
        metric_filter(DENIED, dimensions={"region": "$.awsRegion"}),
    ]
    path = stored(tmp_path, PARTIAL["Athena, CSV"]())
    for scan in (plain.scan, fast.scan):
        found = scan(filters, Plan(paths=(str(path),)), [Source(str(path), path.stat().st_size)])
        counts = [(len(hits.matches), sum(hits.misses.values())) for hits in found.hits]
        assert counts == [(1, 2), (0, 0), (0, 0), (0, 0), (0, 0), (1, 0)]
        assert {problem.kind for problem in found.problems} == {ProblemKind.LOST_FIELDS}


def identity(*, name: str = "Alice", issuer: str = "null") -> bytes:
    cell = f"{{type=IAMUser, principalid=A, username={name}, sessioncontext={{attributes=null, sessionissuer={issuer}}}}}"
    other = "{type=Root, principalid=B, username=null, sessioncontext=null}"
    return comma_separated(
        ["eventtime", "eventname", "useridentity"],
        [["2023-07-10T12:00:00Z", "X", other], ["2023-07-10T12:00:00Z", "X", cell]],
    )


STRUCTS = {
    "a plain name": (identity(), False),
    "a comma": (identity(name="Bob, the builder"), False),
    "an equals sign": (identity(name="a=b"), False),
    "a comma and a member": (identity(name="Bob, sessioncontext=null"), True),
    "a comma and what looks like a member": (identity(name="Bob, role=admin"), True),
    "a comma and another member of the table": (identity(name="Bob, invokedby=x"), True),
    "a brace": (identity(name="}"), True),
    "a brace opened": (identity(name="{"), True),
    "an undocumented member": (identity(issuer="{type=Role, colour=red}"), True),
}


@pytest.mark.parametrize("name", STRUCTS)
def test_a_struct_that_can_be_read_in_two_ways_is_lost(name: str, tmp_path: Path) -> None:
    content, is_lost = STRUCTS[name]
    events, _ = read(stored(tmp_path, content))
    assert bool(events[1].lost(pattern.compile("{ $.userIdentity.userName = x }"))) is is_lost
    assert not events[1].lost(pattern.compile(DELETED))


LAKE_MAP = comma_separated(
    ["eventTime", "eventName", "requestParameters", "userIdentity"],
    [
        [
            "2023-07-10 12:00:00.000",
            "X",
            "{bucketName=logs, Host=x}",
            "{type=Root, webidfederationdata=null}",
        ],
        ["July 10, 2023, 14:00:00 (UTC+02:00)", "X", "{}", "null"],
    ],
)


def test_a_map_has_lost_the_types_of_its_values(tmp_path: Path) -> None:
    events, problems = read(stored(tmp_path, LAKE_MAP), "{ $.requestParameters.bucketName = logs }")
    assert [event.record and event.record["eventTime"] for event in events] == ["2023-07-10T12:00:00Z"] * 2
    assert [
        bool(event.lost(pattern.compile("{ $.requestParameters.bucketName = logs }"))) for event in events
    ] == [
        True,
        False,
    ]
    assert len(problems) == 1


def test_a_parquet_file_that_is_damaged_anywhere_gives_nothing_or_all(tmp_path: Path) -> None:
    content = PARTIAL["Athena, Parquet"]()
    for place in range(4, len(content), 97):
        damaged = bytearray(content)
        damaged[place] ^= 0x55
        events, problems = read(stored(tmp_path, bytes(damaged)))
        assert len(events) in {0, 3}
        assert events or problems


REFUSED: dict[str, tuple[bytes, str]] = {
    "a Parquet file of something else": (parquet([{"a": 1}]), "a Parquet file without CloudTrail's columns"),
    "a Parquet file cut off": (
        PARTIAL["Athena, Parquet"]()[:-9],
        "a Parquet file that is cut off or damaged",
    ),
    "only the magic of Parquet": (b"PAR1", "a Parquet file that is cut off or damaged"),
    "a CSV of something else": (b"name,age\nx,1\n", "a CSV without CloudTrail's columns"),
    "a query result of something else": (
        b'{"results":[[{"field":"count","value":"7"}]]}',
        "a query result without CloudTrail's columns",
    ),
    "a ZIP with no log": (zipped({"LICENSE": b"x"}), "a ZIP with no log file: none of its 1 files"),
    "an empty ZIP": (zipped({}), "a ZIP with no log file, it is empty"),
    "a ZIP cut off": (zipped({"a.json": FILE})[:-30], "a ZIP that is cut off or damaged"),
    "a tar with no log": (tarred({"LICENSE": b"x"}), "a tar archive with no log file"),
    "a tar cut off": (tarred({"a.json": FILE}, "w")[:700], "cut off"),
    "an Excel workbook": (zipped({"xl/workbook.xml": b"<x/>"}), "an Excel workbook: save the sheet as CSV"),
    "Zstandard cut off": (EXPORTS["zst"]()[:-5], "the Zstandard data is cut off"),
    "Zstandard damaged": (
        EXPORTS["zst"]()[:20] + b"xxxxxx" + EXPORTS["zst"]()[26:],
        "the Zstandard data is corrupt",
    ),
    "bzip2 cut off": (EXPORTS["bz2"]()[:-5], "the bzip2 data is cut off"),
    "UTF-16 cut off": (EXPORTS["UTF-16"]()[:-1], "the UTF-16 data is corrupt"),
    "an S3 error": (
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        "the error that S3 answered",
    ),
    "packed six times over": (
        gzip.compress(
            gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(FILE))))))
        ),
        "is packed more than 5 times over",
    ),
    "a payload that is not one": (b'{"awslogs":{"data":"x"}}', "awslogs: not base64"),
    "a payload in a payload": (
        b'{"awslogs":{"data":"eyJhd3Nsb2dzIjp7ImRhdGEiOiIifX0="}}',
        "awslogs holds no log events",
    ),
    "objects of something else": (
        b'{"a":1}\n{"a":2}\n',
        "holds 2 JSON objects, none of which is a CloudTrail record",
    ),
    "a row too short": (b"eventName,eventTime\nX\n", "row 1: 1 cells, expected 2"),
    "a row that is not UTF-8": (b"eventName,eventTime\nX,\xff\n", "row 1: not UTF-8"),
    **{sentence: (magic + bytes(600), sentence) for magic, sentence in compression.FOREIGN if magic != b"<"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_named_by_what_it_is(name: str, tmp_path: Path) -> None:
    content, sentence = REFUSED[name]
    events, problems = read(stored(tmp_path, content))
    assert events == [] or name == "objects of something else"
    assert sentence in " ".join(problem.reason for problem in problems)
    assert all(problem.means_unread for problem in problems)


def test_a_broken_member_costs_the_others_nothing(tmp_path: Path) -> None:
    content = zipped({"a.json": FILE[:-1], "b\x1b[2J.json": b"{", "c.json": FILE, "d.json": b""})
    events, problems = read(stored(tmp_path, content))
    assert [event.record for event in events] == RECORDS
    assert [problem.reason.partition(":")[0] for problem in problems] == [
        "broken JSON",
        "broken JSON",
        "no records",
    ]


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.json": FILE}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + offset] |= 1
    _, problems = read(stored(tmp_path, bytes(content)))
    assert [problem.reason for problem in problems] == [
        "a.json: is encrypted: extract the ZIP with its password first"
    ]


def test_a_member_has_the_account_and_the_delivery_of_its_name(tmp_path: Path) -> None:
    path = stored(tmp_path, EXPORTS["ZIP"]())
    events = [one for one in walk(Plan(paths=(str(path),), clock=Clock.DELIVERY)) if isinstance(one, Event)]
    assert [event.time for event in events] == [1_688_990_700] * 3
    assert {event.source.account for event in events} == {"111122223333"}


def test_zstandard_without_its_package_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "_zstd", lambda: None)
    _, problems = read(stored(tmp_path, EXPORTS["zst"]()))
    assert [problem.kind for problem in problems] == [ProblemKind.NEEDS_EXTRA]
    assert "pip install 'cloudtrail-detector[zstd]'" in problems[0].reason


HOSTILE = {
    "a CSV of a million columns": b"eventName," + b"a," * 1_000_000 + b"\n",
    "a row of a million cells": b"eventName,eventTime\n" + b"," * 1_000_000 + b"\n",
    "a gigantic cell": b'eventName,eventTime\n"' + b"x" * 20_000_000 + b'",b\n',
    "a quote that never ends": b'eventName,eventTime\n"' + b"\n," * 1_000_000,
    "a deep struct": comma_separated(["eventname", "useridentity"], [["X", "{type=" * 100_000]]),
    "a deep JSON cell": comma_separated(["eventname", "requestparameters"], [["X", "[" * 100_000]]),
    "ten thousand members": zipped({f"{number}.json": b"{" for number in range(10_000)}),
    "a tar header of a gigabyte": tarred({"x" * 2_000_000 + ".json": FILE}, "w"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_a_problem(name: str, tmp_path: Path) -> None:
    _, problems = read(stored(tmp_path, HOSTILE[name]))
    assert problems
    assert len(problems) < 1_002
    assert all(len(problem.reason) < 400 for problem in problems)


def test_a_zip_bomb_stops_at_the_limit_of_all_members_together(tmp_path: Path) -> None:
    path = stored(tmp_path, zipped({f"{number}.json": FILE for number in range(100)}))
    found = list(walk(Plan(paths=(str(path),), limit=10 * len(FILE))))
    assert sum(isinstance(one, Event) for one in found) == 30
    assert [one.kind for one in found if isinstance(one, Problem)] == [ProblemKind.OVER_LIMIT]


VERBS: dict[str, list[str]] = {
    "replay": ["replay", "-d", "DETECTION", "PATH", "--format", "json"],
    "match": ["match", DENIED, "PATH"],
    "match --count": ["match", DENIED, "PATH", "--count"],
    "explain": ["explain", DENIED, "PATH", "--format", "json"],
    "check": ["check", DENIED, "--archive", "PATH", "--format", "json"],
    "backtest": ["backtest", "-d", "DETECTION", "PATH", "--threshold", "1,2", "--format", "json"],
    "compare": ["compare", DENIED, DELETED, "PATH", "--format", "json"],
}


def outcome(verb: str, path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    detection = path.with_name("one.toml")
    detection.write_text(DETECTION.format(title="x", pattern=DENIED, threshold=1, missing="missing"))
    words = [{"PATH": str(path), "DETECTION": str(detection)}.get(word, word) for word in VERBS[verb]]
    code = main(words)
    told = capsys.readouterr()
    return code, told.out.replace(json.dumps(str(path))[1:-1], "PATH"), told.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_whole_export_through_every_verb(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = outcome(verb, stored(tmp_path, FILE), capsys)
    for name, make in EXPORTS.items():
        code, out, err = outcome(verb, stored(tmp_path, make()), capsys)
        assert (name, code, err) == (name, expected[0], expected[2])
        assert matched(out) == matched(expected[1]), name


def matched(out: str) -> Any:
    """What a verb found, without what a log event's own time changes."""
    try:
        told = json.loads(out)
    except ValueError:
        return [json.loads(line) for line in out.splitlines()]
    keys = {"verdict", "alarms", "matched", "matches", "records", "events", "kept", "lost", "gained"}
    reports = told if isinstance(told, list) else [told]
    return [{key: one[key] for key in one.keys() & keys} if isinstance(one, dict) else one for one in reports]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_exit_code_2_in_every_verb(
    verb: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = outcome(verb, stored(tmp_path, REFUSED[name][0]), capsys)
    assert code == 2
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", VERBS)
def test_a_lost_field_is_exit_code_2_in_every_verb(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = comma_separated(["eventTime", "eventName"], [["2023-07-10T12:00:00Z", "X"]])
    code, _, err = outcome(verb, stored(tmp_path, content), capsys)
    assert code == 2
    assert "$.errorCode" in err
