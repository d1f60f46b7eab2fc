"""Files that are not as CloudTrail writes them: the fast scan says of each what the plain one says."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from detector.archive import Clock, Selection, Source
from detector.archive.walk import NAMED
from detector.scan import fast
from detector.scan.found import Found
from tests import scans
from tests.archives import text_of
from tests.exports import PAYLOAD
from tests.scans import ACCOUNT, log_file, record

FILTERS = (
    '{ $.eventName = "GetObject" }',
    '{ $.eventName != "GetObject" }',
    '{ $.userIdentity.type = "IAMUser" && $.x NOT EXISTS }',
    "{ $.x = 1 || $.x != 1 || $.x IS NULL || $.x = * }",
    "{ $.x.y = * || $.x[0] = * || $.eventID NOT EXISTS }",
    '{ $.eventName = "StopLogging" }',
    '{ $.x[*].eventName = "StopLogging" }',
)
SKIPPED_BY = FILTERS[5]
LETTERS = "x" * 70_000


def with_member(text: str) -> bytes:
    """A file whose second record has the member ``x`` as it is spelled here."""
    whole = log_file(record(1), record(2, x="HERE"), record(3, eventName="PutObject")).decode()
    return whole.replace('"HERE"', text).encode("utf-8", "surrogatepass")


def with_time(value: object) -> bytes:
    return log_file(record(1), record(2, eventTime=value), record(3, eventName="StopLogging"))


def cut_off(data: bytes, name: str) -> bytes:
    return data.replace(f'"{name}"'.encode(), f'"un{name}"'.encode(), 1)


MEMBERS = {
    "beyond a double": "1e400",
    "beyond a double below": '{"y":-1e400}',
    "a big integer": "9" * 50,
    "a huge integer": "9" * 5_000,
    "more than 64 bit below": "[18446744073709551616]",
    "NaN": "NaN",
    "infinity": '{"y":-Infinity}',
    "a number that ends with its point": "1.",
    "a number with a zero in front": "01",
    "nothing": "",
    "a lone surrogate": '"\\ud800"',
    "surrogates in the wrong order": '"\\udc00\\ud800"',
    "a pair": '"\\ud83d\\ude00"',
    "a lone surrogate as a key": '{"\\udfff":1}',
    "a surrogate in UTF-8": '"\ud800"',
    "a control character": '"a\tb"',
    "a wrong escape": '"\\x41"',
    "deep": "[" * 600 + "]" * 600,
    "too deep": "[" * 5_000 + "]" * 5_000,
    "not closed": "[[",
    "an object": '{"y":{"z":1}}',
    "an array of records": json.dumps([record(9, eventName="StopLogging")]),
    "a record in a text": json.dumps(json.dumps(record(9, eventName="StopLogging"))),
    "a member twice": '1,"x":"a"',
    "an object, then a number": '{"y":1},"x":2',
    "a number, then an object": '2,"x":{"y":1}',
    "its name escaped": '1,"\\u0078":null',
    "the end of the records in a text": '"]}"',
    "event-like members": '{"eventID":"a","eventTime":"b","eventName":"StopLogging"}',
    "a pivot as an object": '1,"eventName":{"y":1}',
    "a pivot as an array": '1,"eventName":["GetObject"]',
    "a pivot as a number": '1,"eventName":1',
    "a pivot as true": '1,"eventName":true',
    "a pivot as null": '1,"eventName":null',
    "an id as an object": '1,"eventID":{"a":1}',
    "an id as a number": '1,"eventID":1',
    "an empty id": '1,"eventID":""',
    "an id with a NUL": '1,"eventID":"a\\u0000b"',
    "an id with a lone surrogate": '1,"eventID":"a\\ud800b"',
    "an id that is not ASCII": '1,"eventID":"\u20ac"',
    "who is a text": '1,"userIdentity":"IAMUser"',
    "who is an array": '1,"userIdentity":[{"type":"IAMUser"}]',
    "who is null": '1,"userIdentity":null',
    "who twice": '1,"userIdentity":{"userName":"bob"}',
    "a region as a number": '1,"awsRegion":7',
}

TIMES: dict[str, object] = {
    "a number": 1_688_990_700,
    "null": None,
    "true": True,
    "an object": {},
    "a list": ["2023-07-10T12:00:00Z"],
    "empty": "",
    "19 characters": "2023-07-10T12:00:00",
    "21 characters": "2023-07-10T12:00:000Z",
    "a fraction": "2023-07-10T12:00:00.5Z",
    "an offset": "2023-07-10T14:00:00+02:00",
    "a blank for T": "2023-07-10 12:00:00Z",
    "no such day": "2023-02-30T12:00:00Z",
    "no such month": "2023-13-01T12:00:00Z",
    "day 0": "2023-07-00T12:00:00Z",
    "24:00": "2023-07-10T24:00:00Z",
    "minute 60": "2023-07-10T12:60:00Z",
    "a leap second": "2023-07-10T12:00:60Z",
    "lowercase z": "2023-07-10T12:00:00z",
    "lowercase t": "2023-07-10t12:00:00Z",
    "Arabic digits of the day": "2023-07-\u0661\u0660T12:00:00Z",
    "Arabic digits of the minute": "2023-07-10T12:\u0661\u0660:00Z",
    "Arabic digits of the second": "2023-07-10T12:00:\u0660\u0661Z",
    "full width": "2023-07-10T12:00:0\uff11Z",
    "superscript": "2023-07-10T12:00:0\u00b9Z",
    "blanks around": " 2023-07-10T12:00:0Z",
    "minus": "2023-07-10T12:00:-1Z",
    "before 1970": "1969-12-31T23:59:59Z",
    "the first second": "1970-01-01T00:00:00Z",
    "year 0": "0000-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59Z",
    "year 2099": "2099-12-31T23:59:59Z",
    "a far other hour": "2031-01-01T00:00:00Z",
    "an hour in another column": "xyz2023-07-10T12:00Z",
    "colons in other columns": "2023-07-10T12-00:00Z",
    "a colon too many": "2023-07-10T12:00::0Z",
    "a dash before the seconds": "2023-07-10T12:00-00Z",
    "two times": "2023-07-10T12:00:00Z2023-07-10T12:00:00Z",
    "a lone surrogate": "2023-07-10T12:00:0\ud800Z",
    "a null character": "2023-07-10T12:00:00\x00",
}

EACH = b'{"Records":[%s]}'
EVENT = json.dumps(
    {"timestamp": 1_688_990_401_500, "message": json.dumps(record(9, eventName="StopLogging"))}
)
WHOLE: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "no records": b'{"Records":[]}',
    "an object, no records": b"{}",
    "records are null": b'{"Records":null}',
    "records are an object": b'{"Records":{"a":1}}',
    "records that are no objects": EACH % b'1,null,"a",[{}],true',
    "one record that is no object": log_file(record(1), "StopLogging", record(2)),
    "an empty record": EACH % b"{}",
    "an envelope of Kinesis": json.dumps({"Records": [{"kinesis": {"data": PAYLOAD}}]}).encode(),
    "an envelope of Kinesis, compact": log_file({"kinesis": {"data": PAYLOAD}}),
    "envelopes of get-records": log_file({"SequenceNumber": "1", "Data": PAYLOAD, "PartitionKey": "a"}),
    "records twice": log_file(record(1))[:-1] + b"," + log_file(record(2, eventName="StopLogging"))[1:],
    "records, then null": log_file(record(1, eventName="StopLogging"))[:-1] + b',"Records":null}',
    "records by an escaped name": log_file(record(1)).replace(b'"Records"', b'"\\u0052ecords"'),
    "a member before": log_file(record(1)).replace(b"{", b'{"a":[{"eventName":"StopLogging"}],', 1),
    "a member behind": log_file(record(1))[:-1] + b',"a":[{"eventName":"StopLogging"}]}',
    "blanks": b' { "Records" : [ ' + json.dumps(record(1)).encode() + b" ] } \n",
    "indented": json.dumps({"Records": [record(1), record(2)]}, indent=1).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + log_file(record(1)),
    "more behind the end": log_file(record(1)) + b"x",
    "two documents": log_file(record(1)) + log_file(record(2, eventName="StopLogging")),
    "two lines": log_file(record(1)) + b"\n" + log_file(record(2, eventName="StopLogging")),
    "a log event behind": log_file(record(1)) + b'{"events":[' + EVENT.encode() + b"]}",
    "a log event in a line behind": log_file(record(1)) + b"\n[" + EVENT.encode() + b"]",
    "lines": b"\n".join(json.dumps(record(i)).encode() for i in range(4)),
    "log events": b'{"events":[' + EVENT.encode() + b"]}",
    "a digest": b'{"digestStartTime":"2023-07-10T12:00:00Z"}',
    "not JSON": b"{Records}",
    "cut off": log_file(record(1), record(2))[:-30],
    "the last quote is missing": log_file(record(1)).replace(b'"}]}', b"}]}"),
    "a broken record in the middle": log_file(record(1)).replace(b'"1.08"', b"1.08."),
    "invalid UTF-8 in a skipped member": with_member('"HERE"').replace(b'"HERE"', b'"\xff"'),
    "overlong UTF-8": with_member('"HERE"').replace(b'"HERE"', b'"\xc0\xaf"'),
    "UTF-8 cut off": with_member('"HERE"').replace(b'"HERE"', b'"\xe2\x82"'),
    "sound UTF-8": with_member('"\u20ac"'),
    "invalid UTF-8 in a key": with_member('{"HERE":1}').replace(b"HERE", b"\xff"),
    "two times cut in another place": log_file(
        record(1, eventTime="2023-07-10T12:00:00"), record(2, eventTime="Z2023-07-10T12:00:00Z")
    ),
    "three hours": log_file(*(record(1, eventTime=f"2023-07-10T{hour}:00:00Z") for hour in (15, 12, 18))),
    "a record of another region": log_file(record(1), record(2, awsRegion="us-east-1")),
    "no id": cut_off(log_file(record(1), record(2)), "eventID"),
    "no time": cut_off(log_file(record(1), record(2)), "eventTime"),
    "no name": cut_off(log_file(record(1), record(2)), "eventName"),
    "over 256 KB": log_file(record(1), record(2, x=LETTERS * 4), record(3)),
    "just over 256 KB, not ASCII": log_file(record(1), record(2, x="\u20ac" * 90_000)).decode().encode(),
    "over 256 KB, with another id inside": log_file(
        record(1), record(2, x=[{"eventID": "a"}, LETTERS * 2, {"eventID": "b"}, LETTERS * 2])
    ),
    "over 256 KB, with many ids inside, one of them for a record without": log_file(
        {**record(1), "eventID": "a"},
        {
            key: value
            for key, value in record(2, x=[{"eventID": "b"}, LETTERS * 4]).items()
            if key != "eventID"
        },
    ),
    "over 256 KB, with its id escaped": log_file(record(1, x=LETTERS * 4)).replace(
        b'"eventID"', b'"event\\u0049D"'
    ),
    "over 256 KB, where all ids are escaped or inside": log_file(
        record(1, x=[*({"eventID": i, "y": "x" * 15_000} for i in range(19)), LETTERS])
    ).replace(b'"eventID":"id-1"', b'"\\u0065ventID":"id-1"'),
    "large because of a number": log_file(record(1, x=[1e15] * 15_000)).replace(
        b"1000000000000000.0", b"1e15"
    ),
    "large, its records small": log_file(*(record(i, x="y" * 400) for i in range(150))),
    "large, ids with blanks": log_file(*(record(i, x="y" * 400) for i in range(150))).replace(
        b'"eventID":', b'"eventID" : '
    ),
    **{f"member: {name}": with_member(text) for name, text in MEMBERS.items()},
    **{f"time: {name}": with_time(value) for name, value in TIMES.items()},
}

HOUR = 1_688_990_400 // 3600 * 3600
PLANS: dict[str, dict[str, Any]] = {
    "event": {},
    "delay": {"delay": 400},
    "a delay out of all years": {"delay": 10**12},
    "a delay before all years": {"delay": -(10**12)},
    "a delay out of some years": {"delay": 400 * 86_400},
    "back by a minute": {"delay": -60},
    "delivery": {"clock": Clock.DELIVERY},
    "from and to": {"selection": Selection(start=HOUR + 122, end=HOUR + 183)},
    "from": {"selection": Selection(start=HOUR + 100), "delay": 60},
    "to": {"selection": Selection(end=0)},
    "to, on delivery": {"selection": Selection(end=scans.DELIVERED), "clock": Clock.DELIVERY},
    "region": {"selection": Selection(regions=frozenset({"eu-west-1"}))},
    "region of a record": {"selection": Selection(regions=frozenset({"us-east-1"}))},
    "other region": {"selection": Selection(regions=frozenset({"eu-north-1"}), end=HOUR + 130)},
    "account": {"selection": Selection(accounts=frozenset({ACCOUNT}))},
    "other account": {"selection": Selection(accounts=frozenset({"444455556666"}))},
    "dedupe": {"dedupe": True},
    "a low limit": {"limit": 1_000},
}
PLACES: dict[str, dict[str, Any]] = {
    "in the layout": {},
    "loose": {"account": None, "region": None, "delivered": None},
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Source]]:
    folder = tmp_path_factory.mktemp("odd")
    return {name: scans.stored(folder / name, WHOLE.values(), **place) for name, place in PLACES.items()}


def names(files: Sequence[Source]) -> dict[str, Source]:
    return dict(zip(WHOLE, files, strict=True))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", PLANS)
def test_all_filters_on_each_file(archive: dict[str, list[Source]], name: str, place: str) -> None:
    asked = scans.plan(*FILTERS, **PLANS[name])
    assert len(list(scans.agreed(asked, ([one] for one in archive[place])))) == len(WHOLE)


@pytest.mark.parametrize("text", FILTERS)
def test_each_filter_on_all_files(archive: dict[str, list[Source]], text: str) -> None:
    for files in archive.values():
        scans.agree(scans.plan(text), files)


def test_what_becomes_of_each_file(archive: dict[str, list[Source]]) -> None:
    # The tests above would hold of a fast scan that gave every file to the plain one.
    files = names(archive["in the layout"])
    handed = {name for name, one in files.items() if handed_over(one)}
    assert {"no records", "two lines", "over 256 KB", "invalid UTF-8 in a skipped member"} <= handed
    assert {"time: 24:00", "time: an hour in another column", "member: NaN"} <= handed
    assert (
        not {
            "blanks",
            "indented",
            "records by an escaped name",
            "a member before",
            "large, its records small",
            "sound UTF-8",
            "no name",
            "member: an id as an object",
            "member: who is a text",
            "member: a pivot as a number",
            "time: year 2099",
            "time: a blank for T",
        }
        & handed
    )


def handed_over(one: Source) -> bool:
    """Whether the fast scan gives a file to the plain one."""
    scanner = fast.Scanner(*scans.plan(*FILTERS[:4]), strict=True)
    try:
        scanner._scan_records(one, text_of(one), Found.empty(4))
    except Exception:  # noqa: BLE001 - the real entry decides which errors mean "look yourself"
        return True
    return False


def test_a_file_that_is_skipped_is_counted_and_seen(archive: dict[str, list[Source]]) -> None:
    files = names(archive["in the layout"])
    some = [files[name] for name in ("no name", "sound UTF-8", "large, its records small")]
    expected, found = scans.agree(scans.plan(SKIPPED_BY), some)
    assert (found.skipped, found.files, found.records) == (3, 3, 0)
    assert (found.first, found.hours) == (expected.first, expected.hours)


def test_a_loose_file_is_never_skipped(archive: dict[str, list[Source]]) -> None:
    # Its minutes are known from its records alone.
    assert scans.agree(scans.plan(SKIPPED_BY), archive["loose"])[1].skipped == 0


def sized(size: int, **fields: Any) -> dict[str, Any]:
    """A record whose compact JSON has exactly so many bytes."""
    empty = record(1, pad="", **fields)
    return {**empty, "pad": "x" * (size - len(json.dumps(empty, separators=(",", ":"))))}


@pytest.mark.parametrize(("size", "oversize"), [(262_143, False), (262_144, False), (262_145, True)])
def test_the_limit_of_256_kb_is_exact(tmp_path: Path, size: int, oversize: bool) -> None:
    data = log_file(record(1), sized(size), record(2))
    expected, _ = scans.agree(scans.plan(FILTERS[0]), scans.stored(tmp_path, [data]))
    assert [match.oversize for match in expected.hits[0].matches] == [False, oversize, False]


def test_one_large_record_among_many(tmp_path: Path) -> None:
    small = [record(i) for i in range(40)]
    unnamed = [{key: value for key, value in one.items() if key != "eventID"} for one in small[:14]]
    nested = [{"eventID": str(i), "pad": "x" * 20_000} for i in range(15)]
    escaped = log_file(record(1, x=nested), *small[:14]).replace(b'"eventID":"id-', b'"event\\u0049D":"id-')
    contents = [
        log_file(*small, sized(300_000), *small),
        log_file(*small, record(1, requestParameters={"parts": nested}), *small),
        # As many keys as records: the inner ones stand for those of records without, or of other letters.
        log_file(*unnamed, record(1, x=nested[1:])),
        escaped,
    ]
    assert escaped.count(b'"eventID"') == 15
    expected, _ = scans.agree(scans.plan(FILTERS[0]), scans.stored(tmp_path, contents))
    assert sum(match.oversize for match in expected.hits[0].matches) == 4


RAW = {
    "several members": gzip.compress(log_file(record(1))[:60]) + gzip.compress(log_file(record(1))[60:]),
    "two files in one": gzip.compress(log_file(record(1))) + gzip.compress(log_file(record(2))),
    "zero padding": gzip.compress(log_file(record(1))) + bytes(100),
    "cut off": gzip.compress(log_file(record(1)))[:-20],
    "bits flipped": gzip.compress(log_file(*map(record, range(50)))).replace(b"\x08", b"\x09", 2),
    "a wrong checksum": gzip.compress(log_file(record(1)))[:-8]
    + b"\x00\x01\x02\x03"
    + gzip.compress(b"")[-4:],
    "more behind": gzip.compress(log_file(record(1))) + b"more",
    "no gzip": log_file(record(1)),
    "nothing": b"",
    "an empty member": gzip.compress(b""),
}


def test_gzip_of_every_kind(tmp_path: Path) -> None:
    files = []
    for number, (name, raw) in enumerate(RAW.items()):
        path = tmp_path / f"{name}.json.gz"
        path.write_bytes(raw)
        files.append(Source(str(path), len(raw), ACCOUNT, delivered=scans.DELIVERED, number=number))
    files.append(Source(str(tmp_path / "gone.json.gz"), delivered=scans.DELIVERED, number=len(files)))
    expected, _ = scans.agree(scans.plan(*FILTERS), files)
    broken = {Path(problem.path).name.partition(".")[0] for problem in expected.problems}
    assert broken >= {"cut off", "bits flipped", "a wrong checksum", "more behind", "nothing", "gone"}
    assert not broken & {"several members", "two files in one", "zero padding", "no gzip"}
    assert len(expected.hits[0].matches) == 5


def test_a_file_with_thousands_of_problems_names_some_and_counts_the_rest(tmp_path: Path) -> None:
    data = log_file(*(record(i, eventTime="never") for i in range(NAMED + 5)))
    expected, _ = scans.agree(scans.plan(FILTERS[0]), scans.stored(tmp_path, [data]))
    assert len(expected.problems) == NAMED + 1
    assert expected.problems[-1].reason == "5 more problems in this file"


@pytest.mark.parametrize("steps", [31, 32, 33, 34, 500])
def test_long_selectors_are_read_as_they_are_written(tmp_path: Path, steps: int) -> None:
    names, value = ["x"] * steps, "yes"
    inner: dict[str, Any] = {"x": value}
    for _ in range(min(steps, 400) - 2):
        inner = {"x": inner}
    data = log_file(record(1), record(2, x=inner), record(3, x={"x": 1}))
    asked = scans.plan(
        f"{{ $.{'.'.join(names)} = {value} }}", f"{{ $.{'.'.join(names)} NOT EXISTS }}", "{ $.x.x = 1 }"
    )
    found, _ = scans.agree(asked, scans.stored(tmp_path, [data]))
    assert [len(hits.matches) for hits in found.hits] == [steps <= 400, 2 + (steps > 400), 1]
