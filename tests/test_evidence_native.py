"""The native evidence equals its meaning: `columns.Column`, and `cloudtrail.record.evidence` of decoded records."""

from __future__ import annotations

import json
import pickle
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive.eventtime import event_time
from detector.cloudtrail.record import Evidence, evidence
from detector.jsontext import parse_json
from detector.metrics import columns
from detector.metrics.evidence import EvidenceTable, native, some
from detector.scan.evidence import NAMING, Candidates, marked, reader
from detector.scan.plain import FallbackError
from tests import marks, scans

pytestmark = pytest.mark.skipif(native is None, reason="built without a compiler")
ARN = "arn:aws:iam::111122223333:user/u"
VALUES = st.text("ab é\0", max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("extend"), st.lists(VALUES, max_size=12)),
        st.tuples(st.just("put"), VALUES),
        st.tuples(st.just("merge"), st.lists(VALUES, max_size=12)),
        st.tuples(st.just("prune"), st.none()),
        st.tuples(st.just("pickle"), st.none()),
    ),
    max_size=8,
)


@given(most=st.integers(1, 6), steps=STEPS)
def test_a_column_is_what_the_plain_one_is(most: int, steps: list[tuple[str, Any]]) -> None:
    assert native is not None
    pair: list[columns.Column] = [columns.Column(most), native.Column(most)]
    for name, values in steps:
        for i, column in enumerate(pair):
            match name:
                case "extend":
                    column.extend(values)
                case "put" if len(column):
                    column.put(len(column) - 1, values, b"spelled")
                case "merge":
                    other = type(column)(most)
                    other.extend(values)
                    column.take_in(other)
                case "prune":
                    column.prune()
                case _:
                    pair[i] = pickle.loads(pickle.dumps(column))  # noqa: S301 - our own
        plain, fast = pair
        assert (fast.names(), fast.codes(), len(fast)) == (plain.names(), plain.codes(), len(plain))
        assert [fast.name(row) for row in range(len(fast))] == [plain.name(row) for row in range(len(plain))]


STRINGS = st.one_of(
    st.sampled_from(["", "alice", ARN, "é" * 130, "x" * 257, 'a "b"', "a\\b", "\0", "arn:aws:s3:::b"]),
    st.text(max_size=5),
)
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(0, 9), STRINGS, st.just({}), st.just([]))
OBJECTS = st.dictionaries(st.sampled_from(["ARN", "arn", "type", "accountId"]), ANYTHING, max_size=3)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["bucketName", "key", "roleArn", "x]}", "name", "value", "externalId", "content", "keyIds"]
    ),
    st.one_of(ANYTHING, OBJECTS),
    max_size=5,
)
MESSAGES = st.sampled_from([f"User: {ARN} is not authorized on resource: arn:aws:s3:::b", "x", None, 7])
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "eventName": ANYTHING,
        "eventSource": ANYTHING,
        "errorCode": ANYTHING,
        "sourceIPAddress": ANYTHING,
        "userAgent": ANYTHING,
        "awsRegion": ANYTHING,
        "recipientAccountId": ANYTHING,
        "userIdentity": st.one_of(
            ANYTHING,
            st.dictionaries(
                st.sampled_from(["arn", "userName", "invokedBy", "principalId", "accountId", "type", "é"]),
                ANYTHING,
            ),
        ),
        "resources": st.one_of(ANYTHING, st.lists(st.one_of(OBJECTS, ANYTHING), max_size=8)),
        "requestParameters": st.one_of(ANYTHING, PARAMETERS),
        "errorMessage": MESSAGES,
        "eventTime": st.sampled_from(
            ["2023-07-10T12:00:59Z", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2100-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2099-12-31T23:59:59Z", "2023-07-10T24:00:00Z", "2023-07-10t12:00:00Z", "2023-07-10T12:60:00Z", 7]
        ),
        "eventID": ANYTHING,
        "other": st.one_of(ANYTHING, PARAMETERS),
    },
)  # fmt: skip


def candidates(texts: list[str], names: tuple[str, ...] = ()) -> Candidates:
    members = marked(names)
    read = reader(members)
    assert read is not None
    text, places, noted = bytearray(b'{"Records":['), array("q"), array("I")
    for number, one in enumerate(texts):
        text += b"," if number else b""
        places.extend((number, len(text), len(text) + len(one.encode())))
        text += one.encode()
        found = marks.row(one.encode(), members[0])
        noted.extend([1] + [0] * len(members[0]) if found is None else [0, *found])
    return read(bytes(text + b"]}"), places.tobytes(), noted.tobytes())


def is_odd(text: str) -> bool:
    return marks.row(text.encode(), marked(())[0]) is None


def told(texts: list[str]) -> list[Evidence]:
    """Twice, because what parameters name is remembered."""
    table, read = EvidenceTable(), candidates(texts)
    for _ in range(2):
        read.add_to(table, array("I", range(len(texts))))
    once, again = ([table.row(row + first) for row in range(len(texts))] for first in (0, len(texts)))
    assert once == again
    return once


@given(st.lists(RECORDS, max_size=6), st.sampled_from([None, 1]), st.booleans())
def test_the_evidence_of_candidates_is_that_of_the_records(
    records: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    texts = [json.dumps(one, indent=indent, ensure_ascii=ascii_only) for one in records]
    assert told(texts) == list(map(evidence, records))


@given(st.lists(RECORDS, max_size=6), st.sets(st.sampled_from(Evidence._fields), min_size=1))
def test_columns_that_are_not_kept_change_nothing(records: list[dict[str, Any]], kept: set[str]) -> None:
    texts = list(map(json.dumps, records))
    table = EvidenceTable(kept)
    for _ in range(2):
        candidates(texts).add_to(table, array("I", range(len(texts))))
    others: Any = dict.fromkeys({*Evidence._fields} - kept)
    wanted = [one._replace(**others) for one in map(evidence, records)]
    assert [table.row(row) for row in range(len(table))] == 2 * wanted


READ = ["eventName", "other", "requestParameters", "userIdentity", "userIdentity\0type", "userIdentity\0arn"]


def in_part(value: Any, key: str, names: set[str]) -> Any:
    """Of a member what filters read; None for nothing."""
    below = {name.partition("\0")[2] for name in names if name.startswith(f"{key}\0")}
    if key in names or (below and not isinstance(value, dict)):
        return value
    return {name: value[name] for name in value if name in below} if below else None


@given(st.lists(RECORDS, max_size=4), st.sets(st.sampled_from(READ)))
def test_what_is_projected_and_when_it_was(records: list[dict[str, Any]], names: set[str]) -> None:
    names -= (
        {"userIdentity\0type", "userIdentity\0arn"} if "userIdentity" in names else set()
    )  # all of it is read
    read = candidates(list(map(json.dumps, records)), tuple(names))
    projected: Any = parse_json(read.projected)
    odd = [is_odd(json.dumps(one)) for one in records]
    assert [projected["Records"][number] for number in read.spellings] == [
        one
        if as_it_is
        else {key: in_part(one[key], key, names) for key in one if in_part(0, key, names) == 0}
        for one, as_it_is in zip(json.loads(json.dumps(records)), odd, strict=True)
    ]
    times = [None if as_it_is else event_time(one) for one, as_it_is in zip(records, odd, strict=True)]
    assert read.times.tolist() == [-1 if time is None else time for time in times]
    ids = [one["eventID"] if isinstance(one.get("eventID"), str) else "" for one in records]
    every = array("I", range(len(records)))
    if any(odd) or any("\\" in json.dumps(one) for one in ids):
        with pytest.raises(FallbackError):
            read.ids(every)
    else:
        assert read.ids(every) == "\0".join(ids)


@pytest.mark.parametrize(
    "text",
    [
        '{"eventName":"A","eventName":"B","userIdentity":{"arn":"a","arn":"b"}}',
        '{"event\\u004eame":"A"}',
        '{"userIdentity":{"\\u0061rn":"a","type":"T"}}',
        '{"resources":[{"\\u0041RN":"a"}]}',
        '{"errorMessage":"on resource: a\\"b because"}',
        '{ "resources" : [ 7 , { "arn" : "a" } , [ { "ARN" : "b" } ] ] }',
        '{"requestParameters":{"bucketName":"}]\\"{["},"eventName":"\\ud800"}',
        '{"requestParameters":{"name":"n","value":"v","keyId":"k"}}',
        '{"requestParameters":{"name":"arn:a","Values":[],"keyId":"k"}}',
        '{"requestParameters":{"externalId":"e","versionId":"v","keyId":"k"}}',
        '{"requestParameters":{"externalId":"arn:e","x":"\\u0061rn:x","keyId":"k"}}',
        '{"requestParameters":{"aId":"1","bId":"2","cId":"2","dId":"4","eId":"5","fId":"6","gId":"7"}}',
        '{"requestParameters":{"bucketName":"b","key":"arn:k","aId":"b/arn:k","bId":"b"}}',
        '{"requestParameters":{"bucketName":"","key":"","Name":""}}',
        '{"requestParameters":{"key":"k"},"errorMessage":"on resource: r because"}',
        '{"requestParameters":{"keyId":"k"},"errorMessage":"on resource: r because"}',
        '{"requestParameters":{"keyId":"k","keyId":"l","x":{"keyId":"m"}}}',
        '{"requestParameters":{"x":{"keyId":"m"}, "keyIds" : [ "n" ] }}',
        f'{{"requestParameters":{{"bucketName":"{"b" * 200}","key":"{"k" * 200}","aId":"{"i" * 300}"}}}}',
        f'{{"requestParameters":{{"bucketName":"{"b" * 200}","key":"{"é" * 60}","aId":"{"é" * 200}"}}}}',
        '{"requestParameters":{' + ",".join(f'"x{number}Id":"{number % 4}"' for number in range(33)) + "}}",
    ],
)
def test_odd_spellings(text: str) -> None:
    assert told([text, text]) == [evidence(json.loads(text))] * 2


@pytest.mark.parametrize(
    "places", [(0, 0, 2), (0, 12, 40), (0, 12, 12), (0, 13, 14), (0, -1, 3), (0, 12, 15)]
)
def test_records_that_are_none_are_refused(places: tuple[int, int, int]) -> None:
    assert native is not None
    members, _ = marked(())
    read, none = native.Reader(members, 0, NAMING, 256, 5), array("I", [0] * (len(members) + 1)).tobytes()
    with pytest.raises(ValueError, match="expected records"):
        read.read(b'{"Records":[{"a":1}]}', array("q", places).tobytes(), none, 0)
    with pytest.raises(IndexError):
        read.ids(array("I", [0]).tobytes())


def test_marks_that_are_of_other_records_are_refused() -> None:
    assert native is not None
    members, _ = marked(())
    read, text, places = (
        native.Reader(members, 0, NAMING, 256, 5),
        b'{"Records":[{"a":1}]}',
        array("q", (0, 12, 19)),
    )
    for wrong in ([], [0] * len(members), [0, 7, *[0] * (len(members) - 1)], [0] * 2 * (len(members) + 1)):
        with pytest.raises(ValueError, match="expected records"):
            read.read(text, places.tobytes(), array("I", wrong).tobytes(), 0)
    for few in ((), members[:-1], (b"userIdentity\0arn", *members)):
        with pytest.raises(ValueError, match="expected a member before its own"):
            native.Reader(few, 0, NAMING, 256, 5)


def test_columns_of_a_reader_are_its_own() -> None:
    assert native is not None
    read = native.Reader(*marked(()), NAMING, 256, 5)
    one = native.Column(9)
    for wrong in [(), (one,) * 10, tuple(map(columns.Column, range(10)))]:
        with pytest.raises(TypeError, match="10 different columns"):
            read.take(wrong, b"")
    with pytest.raises(RuntimeError, match="a batch that was read"):
        read.take(tuple(native.Column(9) for _ in range(10)), b"")
    with pytest.raises(TypeError, match="another Column"):
        one.take_in(one)


@pytest.mark.parametrize("letter", "BIq")
def test_items_of_an_array(letter: str) -> None:
    column = array(letter, [7, 0, 255])
    assert some(column, array("I", [2, 0, 2])) == array(letter, [255, 7, 255])
    assert some(column, array("I")) == array(letter)
    for place in (3, 2**32 - 1):
        with pytest.raises(IndexError):
            some(column, array("I", [0, place]))


def test_surrogates_are_no_values() -> None:
    assert native is not None
    with pytest.raises(UnicodeEncodeError):
        native.Column(9).extend(["\ud800"])


def test_there_is_a_flag_for_each_spelling() -> None:
    assert native is not None
    members = marked(("a",))
    read = native.Reader(*members, NAMING, 256, 5)
    text, places = b'{"Records":[{"a":1},{"a":2},{"a":1}]}', array("q", (0, 12, 19, 1, 20, 27, 2, 28, 35))
    noted = array("I", [0, 5, *[0] * (len(members[0]) - 1)] * 3).tobytes()
    new, first, spellings, _ = read.read(text, places.tobytes(), noted, 0)
    assert (new, first, array("I", spellings).tolist()) == (b'{"Records":[{"a":1},{"a":2}]}', 0, [0, 1, 0])
    assert array("I", read.flagged(b"\1\0")).tolist() == [0, 2]
    assert read.flagged(b"\0\0") == b""
    with pytest.raises(ValueError, match="a flag for each spelling"):
        read.flagged(b"\1")
    assert read.read(text, places.tobytes(), noted, 2)[:2] == (b'{"Records":[]}', 2)
    assert read.read(text, places.tobytes(), noted, 1)[:2] == (new, 0)  # what was not answered is asked again


def test_what_nobody_asked_about_is_asked_again() -> None:
    """Batches of one spelling each: what is asked about at last has not the answer of the first, whose number it has."""
    members = marked(("a",))
    read, noted = reader(members), array("I", [0, 5, *[0] * (len(members[0]) - 1)]).tobytes()
    assert read is not None
    for value, asked in ((1, True), (2, False), (3, False), (3, True)):
        one = b'{"Records":[{"a":%d}]}' % value
        batch = read(one, array("q", (0, 12, 19)).tobytes(), noted)
        if asked:
            hits = batch.hits(lambda text: [[0] if b'"a":1}' in text else []])
            assert list(map(list, hits)) == [[0] if value == 1 else []]


def test_a_reader_that_has_read_nothing_says_so() -> None:
    assert native is not None
    reader = native.Reader(*marked(("x",)), NAMING, 9, 9)
    with pytest.raises(RuntimeError, match="expected a batch that was read"):
        reader.ids(b"")
    with pytest.raises(RuntimeError, match="expected a batch that was read"):
        reader.take(EvidenceTable().columns, b"")


def test_columns_that_are_full_are_what_the_plain_ones_are() -> None:
    """The same steps without Hypothesis: many values, some twice, merged, put and pickled."""
    assert native is not None
    for most in (1, 3, 5):
        pair: list[columns.Column] = [columns.Column(most), native.Column(most)]
        for step in range(4):
            for i, column in enumerate(pair):
                column.extend([f"v{number % 7 * step}" for number in range(9)])
                other = type(column)(most)
                other.extend([f"w{number}" for number in range(3 * step)])
                column.take_in(pickle.loads(pickle.dumps(other)))  # noqa: S301 - our own
                column.put(step, "é")
                pair[i] = pickle.loads(pickle.dumps(column))  # noqa: S301 - our own
        plain, fast = pair
        for _ in range(2):
            assert (plain.names(), plain.codes(), len(plain)) == (fast.names(), fast.codes(), len(fast))
            assert [plain.name(row) for row in range(len(plain))] == [
                fast.name(row) for row in range(len(fast))
            ]
            plain.prune()
            fast.prune()


def test_filters_that_read_what_others_do_not(tmp_path: Path) -> None:
    """Records that are spelled alike but for what no filter reads, over several batches of one scanner."""
    asked = scans.plan(
        '{ $.eventName = "StopLogging" }',
        '{ ($.eventName = "StopLogging") && ($.userIdentity.type = "Root") }',
        '{ ($.eventName = "StopLogging") && ($.userIdentity.sessionContext.attributes.mfa = "true") }',
        '{ ($.eventName = "GetObject") && ($.x = "y") }',
    )
    who: list[Any] = [
        {"type": "Root", "arn": ARN},
        {"type": "IAMUser", "arn": ARN},
        {"type": "Root", "sessionContext": {"attributes": {"mfa": "true"}}},
        {"sessionContext": {"attributes": {"mfa": "false", "x": 1}}, "type": 7},
        "nobody",
        None,
    ]
    contents = [
        scans.log_file(
            *(
                scans.record(
                    number, eventName=name, userIdentity=who[(number + shift) % 6], x="xy"[number % 2]
                )
                for number in range(12)
                for name in ("StopLogging", "GetObject")
            )
        )
        for shift in range(30)
    ]
    expected, _ = scans.agree(asked, scans.stored(tmp_path, contents))
    assert [len(hits.matches) for hits in expected.hits] == [360, 120, 60, 180]
