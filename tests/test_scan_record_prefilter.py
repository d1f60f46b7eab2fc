"""The compiled pass over a log file agrees with a reference in Python, on sound texts and on broken ones.

The reference splits the members by the standard library's decoder and looks at the string tokens of each.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from array import array
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detector import jsontext
from detector.archive import Clock, Selection
from detector.metrics.matches import Taken
from detector.pattern import grammar
from detector.pattern.predicate import predicate
from detector.pattern.syntax import Compare, Name, Op, Selector, Text
from detector.scan import fast, file_prefilter, plain, record_prefilter
from detector.scan.part import Part
from tests import marks, scans
from tests.scans import log_file, record
from tests.strategies import EVENTS, Speller

if TYPE_CHECKING:
    from detector.scan._native import Prefilter

pytestmark = pytest.mark.skipif(
    record_prefilter.native is None, reason="the package was built without a compiler"
)

DEEPEST = 64
HEAD = '{"Records":['
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
WHOLES, BEGINNINGS, ENDS = (b"StopLogging", b"a"), (b"Access", b"xy"), (b"Operation", b"y/")
MARKED = b"eventName", b"x", b"k", b"k\0l", b"userIdentity", b"userIdentity\0arn", b"k\0"
GATED = (b"StopLogging",), (b"Access",), (b"Operation",)
GATE = (
    (b"StopLogging", b"Access", b"Operation"),
    (b'"StopLogging"', b'"StopLogging\\"', b'"Access', b'Operation"'),
)

Answer = tuple[int, list[tuple[int, bytes]]]
"""The number of records; of those that may match the position and the text."""


def refuse(_: str) -> NoReturn:
    raise ValueError


decoder = json.JSONDecoder(parse_constant=refuse, parse_int=str, parse_float=str)


def blanks(text: str, at: int) -> int:
    return at + len(text[at:]) - len(text[at:].lstrip(" \t\r\n"))


def members(text: str) -> list[tuple[int, int]]:
    """Where the records begin and end; ValueError for a text that is not as it should be."""
    found: list[tuple[int, int]] = []
    at = len(HEAD) - 1
    if not text.startswith(HEAD):
        raise ValueError
    while not found or text[at : at + 1] == ",":
        begin = blanks(text, at + 1)
        member, end = decoder.raw_decode(text, begin)
        if not isinstance(member, dict):
            raise ValueError  # noqa: TRY004 - no other error than those of a broken text
        found.append((begin, end))
        at = blanks(text, end)
    if text[at : at + 1] != "]":
        raise ValueError
    at = blanks(text, at + 1)
    if text[at : at + 1] != "}" or blanks(text, at + 1) != len(text):
        raise ValueError
    return found


def depth(text: str) -> int:
    deepest = level = 0
    for bracket in re.findall(r"[\[\]{}]", TOKEN.sub("", text)):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def spelled(token: str) -> set[str]:
    """The letters that escapes spell; the short ones but a slash spell none that a literal has."""
    return {
        chr(int(code, 16)) if code else char for code, char in ESCAPE.findall(token) if code or char == "/"
    }


def is_open(text: str, *, gated: bool = False) -> bool:
    """Whether a record may hold one of the literals; ``gated``: of those that `GATED` looks for."""
    wholes, beginnings, ends = GATED if gated else (WHOLES, BEGINNINGS, ENDS)
    characters = {chr(number) for literal in (*wholes, *beginnings, *ends) for number in literal}
    return any(
        raw in wholes or raw.startswith(beginnings) or raw.endswith(ends) or spelled(token) & characters
        for token in TOKEN.findall(text)
        for raw in [token.encode("latin-1")]
    )


ENVELOPE = re.compile(r'\{[ \t\r\n]*"(?:[A-Z]|kinesis")')


def reference(data: bytes) -> Answer | None:
    text = data.decode("latin-1")  # a character is a byte
    try:
        data.decode()
        found = members(text)
    except (ValueError, RecursionError):
        return None
    if any(depth(text[begin:end]) > DEEPEST for begin, end in found) or ENVELOPE.match(text, found[0][0]):
        return None
    kept = [(i, bytes(data[begin:end])) for i, (begin, end) in enumerate(found) if is_open(text[begin:end])]
    return len(found), kept


def prefilter(*, gated: bool = False) -> Prefilter:
    assert record_prefilter.native
    literals = (*GATED, *GATE) if gated else (WHOLES, BEGINNINGS, ENDS, (), ())
    made: Prefilter = record_prefilter.native.Prefilter(*literals, MARKED, 0, 1 << 30, 1 << 30, 1 << 30)
    return made


def answer(data: bytes | bytearray, made: Prefilter | None = None) -> Answer | None:
    files, places, rows, text = (made or prefilter()).contents((data,))
    outcome, count, kept = array("q", files)
    if outcome != record_prefilter.WALKED:
        assert (outcome, count, kept, places, rows, text) == (
            record_prefilter.UNKNOWN,
            0,
            0,
            b"",
            b"",
            b'{"Records":[]}',
        )
        return None
    numbers = array("q", places).tolist()
    records = [text[begin:end] for begin, end in zip(numbers[1::3], numbers[2::3], strict=True)]
    assert len(records) == kept
    assert text == b'{"Records":[' + b",".join(records) + b"]}"
    check_marks(rows, records)
    return count, list(zip(numbers[::3], records, strict=True))


def check_marks(rows: bytes, records: list[bytes], members: tuple[bytes, ...] = MARKED) -> None:
    """Those of records are where the members begin, or it is said that they do not tell all."""
    noted, width = array("I", rows), len(members) + 1
    assert len(noted) == width * len(records)
    for number, one in enumerate(records):
        is_odd, *found = noted[width * number : width * (number + 1)]
        expected = marks.row(one, members)
        assert is_odd == (expected is None), one
        assert expected in (None, found), one


def file_of(*records: str) -> bytes:
    return f"{HEAD}{','.join(records)}]}}".encode()


QUIET = '{"k":"v"}'
# Each text of a record, and whether it may hold a literal; None: it is not sound.
RECORDS: dict[str, bool | None] = {
    "{}": False,
    "{ }": False,
    '{"k":{}}': False,
    '{"k":[]}': False,
    '{"k":[ ]}': False,
    '{"k":[[],{},[{}],"",0]}': False,
    ' { "k" : [ 1 , 2 ] } ': False,
    '{"k":true,"l":false,"m":null}': False,
    '{"k":0,"l":-0.5,"m":1e9,"n":1E+2,"o":12.5e-3,"p":-10}': False,
    f'{{"k":{"9" * 5000},"l":1e999}}': False,
    '{"StopLogging":1}': True,
    '{"k":"StopLogging"}': True,
    '{"k":["a"]}': True,
    '{"k":{"l":[{"m":"a"}]}}': True,
    '{"k":"StopLoggin"}': False,
    '{"k":"StopLogging "}': False,
    '{"k":"stopLogging"}': False,
    '{"k":"AccessDenied"}': True,
    '{"k":"Access"}': True,
    '{"k":"Acces"}': False,
    '{"k":"NoAccess"}': False,
    '{"k":"xy"}': True,
    '{"k":"x"}': False,
    '{"k":"Client.UnauthorizedOperation"}': True,
    '{"k":"Operation"}': True,
    '{"k":"peration"}': False,
    '{"k":"Operations"}': False,
    f'{{"k":"{"z" * 100}"}}': False,
    f'{{"k":"Access{"z" * 100}"}}': True,
    f'{{"k":"{"z" * 100}Operation"}}': True,
    '{"k":"StopLogging\\n"}': False,
    r'{"k":"\u0053topLogging"}': True,
    r'{"k":"\u0041"}': True,
    r'{"k":"\u003d\u0026"}': False,
    r'{"k":"\ud800"}': False,
    r'{"k":"\\u0041"}': False,
    r'{"k":"\/"}': True,
    r'{"k":"\"\\\b\f\n\r\t"}': False,
    r'{"k":"\"a\""}': False,
    '{"k":"},{\\"StopLogging\\":1"}': False,
    '{"k":[{"eventVersion":"1"},{"eventVersion":"2"},{"eventVersion":"3"}]}': False,
    '{"é":"é"}': False,
    '{"k":"\x7f"}': False,
    '{"k":1,"k":"StopLogging"}': True,
    '"a"': None,
    "null": None,
    "[]": None,
    "": None,
    '{"k"}': None,
    '{"k":}': None,
    '{"k":1,}': None,
    '{,"k":1}': None,
    '{"k":1 "l":2}': None,
    '{"k":[1,]}': None,
    '{"k":[,1]}': None,
    '{"k":[1 2]}': None,
    '{"k":[1}': None,
    '{"k":{]}': None,
    '{"k":1]': None,
    "{k:1}": None,
    "{1:1}": None,
    '{"k":01}': None,
    '{"k":1.}': None,
    '{"k":.5}': None,
    '{"k":-}': None,
    '{"k":+1}': None,
    '{"k":1e}': None,
    '{"k":1e+}': None,
    '{"k":0x1}': None,
    '{"k":NaN}': None,
    '{"k":Infinity}': None,
    '{"k":tru}': None,
    '{"k":truee}': None,
    '{"k":nul}': None,
    '{"k":"\x00"}': None,
    '{"k":"\n"}': None,
    '{"k":"\x1f"}': None,
    r'{"k":"\x"}': None,
    r'{"k":"\u12"}': None,
    r'{"k":"\u12g4"}': None,
    r'{"k":"\"}': None,
    '{"k":"v}': None,
    "{'k':1}": None,
    '{"k":1}{"k":2}': None,
    '{"k":\x0b1}': None,
    '\u00a0{"k":1}': None,
    "{" + '"k":' + "[" * 63 + "1" + "]" * 63 + "}": False,
    "{" + '"k":' + "[" * 64 + "1" + "]" * 64 + "}": None,
    '{"k":' * 64 + "1" + "}" * 64: False,
    '{"k":' * 65 + "1" + "}" * 65: None,
}


@pytest.fixture(scope="module")
def seasoned() -> Prefilter:
    """One that has met other records."""
    return prefilter()


@pytest.mark.parametrize("text", RECORDS, ids=lambda text: ascii(text)[:40])
def test_one_record_among_others(text: str, seasoned: Prefilter) -> None:
    opened = RECORDS[text]
    for before in (0, 1, 3):
        data = file_of(*[QUIET] * before, text, QUIET)
        found = answer(data)
        assert found == reference(data)
        for _ in range(2):  # at the very end of a text nothing is compared
            assert found == answer(data + b" " * 99, seasoned)
        if opened is None or (not before and ENVELOPE.match(text)):
            assert found is None
        else:
            assert found is not None
            assert (found[0], [place for place, _ in found[1]]) == (before + 2, [before] * opened)


@pytest.mark.parametrize(
    ("text", "may_match"),
    [
        ('{"eventName":"a"}', True),
        ('{"eventName":{"z":["q",{"y":"a"}]}}', True),
        ('{"z":"a"}', False),
        ('{"k":{"z":"a"},"eventName":"z"}', False),
        ('{"eventName":"z","z":"a"}', False),
        ('{"eventName":["z"],"z":["a"]}', False),
        ('{"z":{"eventName":"a"}}', False),
        ('{"z":{"a":1}}', True),
        (r'{"\u007a":"a"}', True),
        (r'{"\u007a":{"z":"a"},"z":1}', True),
        (r'{"z":"\u0061"}', True),
        ('{"userIdentity":{"z":"a"}}', True),
    ],
)
def test_only_what_filters_read_is_looked_at(text: str, *, may_match: bool) -> None:
    assert record_prefilter.native
    read = b"eventName", b"userIdentity", b"userIdentity\0arn", b"k"
    made = record_prefilter.native.Prefilter(
        WHOLES, BEGINNINGS, ENDS, (), (), read, 3, 1 << 30, 1 << 30, 1 << 30
    )
    for _ in range(3):
        files, *_ = made.contents((file_of(QUIET, text, QUIET),))
        assert array("q", files).tolist() == [2, 3, may_match]


def test_a_key_that_was_met_before_is_no_better_for_it() -> None:
    made = prefilter()
    for key, is_sound in (
        (b"\xff", False),
        ("é".encode(), True),
        (b"\xc3", False),
        (b"k", True),
        (b"\\u0061", True),
    ):
        data = b'{"Records":[{"%s":"a"},{"%s":"%s"}]}' % (key, key, b"a" * 40)  # none is seen from a value
        for _ in range(3):
            assert (answer(data + b" " * 99, made) is not None) == is_sound


def test_the_same_text_at_another_place_is_another_step() -> None:
    made = prefilter()
    texts = (
        '{"x":{"y":{"k":"q"},"k":"a"}}',
        '{"x":{"k":"q"},"k":"a"}',
        '{"x":[{"k":"q"},{"k":"a"}]}',
        '{"x":{"y":[["q"],"a"]}}',
        '{"x":[["q"],"a"]}',
        '{"userIdentity":{"arn":"a"},"arn":"a"}',
        '{"k":{"l":"a"},"l":"a"}',
        '{"x":{"l":"a"},"l":"a"}',
    )
    for first in texts:
        data = file_of(first, *texts) + b" " * 99
        assert answer(data, made) == answer(data) == reference(data)
    for wrong in ('{"x":["q"},"k":1}', '{"x":{"y":[{"k":"q"},"k":"a"}]}', '{"x":{"y":["q"]],"a"}}'):
        assert answer(file_of(*texts, wrong) + b" " * 99, made) is None


def test_more_steps_than_are_remembered() -> None:
    made = prefilter()
    many = [
        "{" + ",".join(f'"k{number}{place}":{{"x":["a",{place}]}}' for place in range(40)) + "}"
        for number in range(80)
    ]
    data = file_of(QUIET, *many, QUIET)
    for _ in range(2):
        assert answer(data, made) == reference(data)
        assert answer(file_of(QUIET, '{"eventName":"a"}'), made) == (2, [(1, b'{"eventName":"a"}')])


# What stands around the records.
FILES: dict[bytes, int | None] = {
    b'{"Records":[{}]}': 1,
    b'{"Records":[{},{} , {}]}': 3,
    b'{"Records":[ {} ] } \r\n\t': 1,
    b'{"Records":[]}': None,
    b'{"Records":[{},]}': None,
    b'{"Records":[,{}]}': None,
    b'{"Records":[{}]': None,
    b'{"Records":[{}}': None,
    b'{"Records":[{}]}x': None,
    b'{"Records":[{}]}{"Records":[{}]}': None,
    b'{"Records":[{}]}\x00': None,
    b'{"Records":[{}],"more":1}': None,
    b'{"Records": [{}]}': None,
    b' {"Records":[{}]}': None,
    b'{"records":[{}]}': None,
    b'\xef\xbb\xbf{"Records":[{}]}': None,
    b"": None,
    b"{": None,
    b'{"Records":[': None,
    b'{"Records":[{}\x00]}': None,
    b"[{}]": None,
}


@pytest.mark.parametrize("data", FILES)
def test_what_stands_around_the_records(data: bytes) -> None:
    found = answer(data)
    assert found == reference(data)
    assert (found[0] if found else None) == FILES[data]


def test_every_place_of_every_special_letter() -> None:
    # The letters of a text are looked at in blocks; what counts must not depend on where a block begins.
    for size in range(70):
        for place in range(size + 1):
            for special in ('\\"', "\\\\", "\x01", "é", "\\u0053", "\\"):
                text = "z" * place + special + "z" * (size - place)
                for data in (file_of(f'{{"k":"{text}","l":"a"}}'), file_of(f'{{"k":"{text}"}}')):
                    assert answer(data) == reference(data), data


def test_a_text_that_is_cut_off_anywhere() -> None:
    data = log_file(record(1), record(2, eventName="StopLogging", x=[{"y": "é\n"}, 1.5, None, True]))
    assert answer(data) is not None
    for end in range(len(data)):
        assert answer(data[:end]) is None
        assert answer(bytearray(data[:end])) is None


SPOILS = (
    b"",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"0",
    b"-",
    b".",
    b"e",
    b"t",
    b"\x00",
    b"\n",
    b" ",
    b"\xff",
)


def spoilt(random: Random, data: bytes) -> bytes:
    """The text with one to three bytes replaced, left out or put in."""
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(data))
        data = data[:place] + random.choice(SPOILS) + data[place + random.randint(0, 1) :]
    return data


def written(seed: int, events: list[dict[str, Any]]) -> bytes:
    """Records in one of the many ways to spell them, a lone surrogate by its escape."""
    speller = Speller(Random(seed))  # noqa: S311 - no secret
    return f"{HEAD}{','.join(map(speller.text, events))}]}}".encode("utf-8", "surrogatepass")


@example([{"a": "StopLogging"}], 0)
@given(st.lists(EVENTS, min_size=1, max_size=4), st.integers(0, 2**32))
def test_however_records_are_spelled(events: list[dict[str, Any]], seed: int) -> None:
    data = written(seed, events)
    assert answer(data) == reference(data)
    assert answer(bytearray(data)) == reference(data)


def check_spoilt(seed: int, gated: Prefilter, seasoned: Prefilter) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    names = ["StopLogging", "Access", "x=y", "é", "GetObject", 'a"b', "\n"]
    events = [
        record(i, eventName=random.choice(names), x=[{"y": random.choice(names)}, 1.5]) for i in range(2)
    ]
    data = spoilt(random, written(seed, events) if seed % 2 else log_file(*events))
    found = answer(data)
    assert found == reference(data), data
    assert answer(data + b" " * 99, seasoned) == found, data  # what was met before changes nothing
    files, *_ = gated.contents((data,))
    outcome, total, kept = array("q", files)
    if outcome == record_prefilter.SKIPPED:
        assert data.startswith(b'{"Records":[{')
        assert not is_open(data.decode("latin-1"), gated=True), data
    else:
        assert (outcome == record_prefilter.WALKED, total) == (bool(found), found[0] if found else 0)
        assert kept <= (len(found[1]) if found else 0)
    if found is not None:
        # What counts as sound here is sound for the plain scan.
        document = jsontext.parse_json(data)
        assert isinstance(document, dict)
        assert len(document["Records"]) == found[0]


def test_spoilt_texts() -> None:
    gated, seasoned = prefilter(gated=True), prefilter()
    for seed in range(3_000):
        check_spoilt(seed, gated, seasoned)


@pytest.mark.slow
def test_many_spoilt_texts() -> None:
    gated, seasoned = prefilter(gated=True), prefilter()
    for seed in range(3_000, 300_000):
        check_spoilt(seed, gated, seasoned)


def test_only_bytes_have_an_end_that_can_be_seen() -> None:
    with pytest.raises(TypeError):
        prefilter().contents((memoryview(b'{"Records":[{}]}'),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        prefilter().contents([b""])  # type: ignore[arg-type]
    assert record_prefilter.native
    make = record_prefilter.native.Prefilter
    for wrong, error, said in (
        (((b"",), (), (), (), ()), ValueError, "empty"),
        ((("a",), (), (), (), ()), TypeError, "bytes"),
        (((), (), (), (b"a", b"b", b"c", b"d", b"e"), ()), ValueError, "at most 4 pieces"),
        (((), (), (), (b"a",), (b"b",)), ValueError, "expected a piece in every string"),
    ):
        with pytest.raises(error, match=said):
            make(*wrong, (), 0, 1, 1, 1)


SKIPPING: dict[bytes, bool] = {
    log_file(record(1, eventName="Get")): True,
    log_file(record(1, eventName="StopLoggin")): True,
    log_file(record(1, eventName="StopLogging")): False,
    log_file(record(1, eventName="xStopLogging")): True,
    log_file(record(1, x=[{"eventName": "StopLogging"}])): False,
    log_file(record(1, eventName="NoOperation")): False,
    log_file(record(1, eventName="Operations")): True,
    log_file(record(1, eventName="Get")).replace(b"Get", rb"\u0053x"): False,
    log_file(record(1, eventName="Get")).replace(b"Get", rb"\u003dx"): True,
    log_file(record(1, eventName="Get")).replace(b"Get", rb"\/x"): True,
    log_file(record(1, eventName="Get")).replace(b"Get", rb"\u0022StopLogging\u0022"): False,
    log_file(record(1, eventName="Get")).replace(b"Get", b'\\"StopLogging\\"'): False,
    log_file(record(1, eventName="Get")) + b" \r\n\t": True,
    log_file(record(1, eventName="Get")) + b"x": False,
    log_file(record(1, eventName="Get"))[:-1]: False,
    b" " + log_file(record(1, eventName="Get")): False,
    b'{"Records":[{}] }': True,
    b'{"Records":[{': False,
    b"": False,
}


@pytest.mark.parametrize("data", SKIPPING)
@pytest.mark.parametrize("pad", [0, 1, 15, 16, 40, 200])
def test_which_contents_are_skipped(data: bytes, pad: int) -> None:
    # The bytes are looked at in blocks: where a block begins must not matter.
    padded = data.replace(b'"eventVersion"', b'"%s":1,"eventVersion"' % (b"z" * pad), 1)
    files, *_ = prefilter(gated=True).contents((padded,))
    assert (array("q", files)[0] == record_prefilter.SKIPPED) == SKIPPING[data]


def test_several_contents_are_one_log_file() -> None:
    first, last = log_file(record(1), record(2, x="a")), log_file(record(3, x="a"), record(4, x="a"))
    files, places, _, text = prefilter().contents((first, b"{broken", last))
    assert array("q", files).tolist() == [2, 2, 1, 0, 0, 0, 2, 2, 2]
    assert array("q", places).tolist()[::3] == [1, 0, 1]
    assert jsontext.parse_json(text) == {"Records": [record(2, x="a"), record(3, x="a"), record(4, x="a")]}


def test_limits_of_a_batch() -> None:
    assert record_prefilter.native
    make = record_prefilter.native.Prefilter
    wanted = log_file(record(1, x="a"), record(2, x="a"))
    size = len(wanted) // 2
    plenty = 1 << 20

    def outcomes(limit: int, largest: int, room: int) -> list[int]:
        files, _, _, text = make(WHOLES, BEGINNINGS, ENDS, (), (), (), 0, limit, largest, room).contents(
            (wanted, wanted)
        )
        assert jsontext.parse_json(text)
        return array("q", files).tolist()[::3]

    assert outcomes(plenty, plenty, plenty) == [2, 2]
    assert outcomes(len(wanted) - 1, plenty, plenty) == [0, 0]
    assert outcomes(plenty, size // 2, plenty) == [0, 0]
    assert outcomes(plenty, plenty, 3 * size) == [2, 0]


GOOD = log_file(record(1, x="a"))
PACKED = gzip.compress(GOOD, mtime=0)
FILES_READ: dict[str, tuple[bytes, int]] = {
    "gzip": (PACKED, 2),
    "plain": (GOOD, 2),
    "two members": (gzip.compress(GOOD[:20]) + gzip.compress(GOOD[20:]), 0),
    "zero padding": (PACKED + b"\0" * 8, 0),
    "cut off": (PACKED[:-1], 0),
    "wrong checksum": (PACKED[:-8] + b"abcd" + PACKED[-4:], 0),
    "wrong size": (PACKED[:-4] + b"\x01\0\0\0", 0),
    "size beyond the limit": (PACKED[:-4] + b"\xff\xff\xff\xff", 0),
    "a flipped bit": (PACKED[:30] + bytes([PACKED[30] ^ 1]) + PACKED[31:], 0),
    "only a header": (PACKED[:10], 0),
    "only the magic": (b"\x1f\x8b", 0),
    "nothing": (b"", 0),
    "a bomb": (gzip.compress(b"[" * (1 << 24)), 0),
}


@pytest.mark.parametrize("name", FILES_READ)
def test_files_that_are_read_natively(tmp_path: Path, name: str) -> None:
    made = prefilter()
    if not hasattr(made, "files"):
        pytest.skip("the package was built without libdeflate")
    data, expected = FILES_READ[name]
    path, good = tmp_path / "file", tmp_path / "good"
    path.write_bytes(data)
    good.write_bytes(PACKED)
    files, places, _, text = made.files((os.fsencode(good), os.fsencode(path), os.fsencode(good)))
    assert array("q", files).tolist()[::3] == [2, expected, 2]
    kept = 2 + (expected == record_prefilter.WALKED)
    document = jsontext.parse_json(text)
    assert isinstance(document, dict)
    assert (len(document["Records"]), len(places)) == (kept, 24 * kept)


def test_what_is_not_a_file_is_unknown(tmp_path: Path) -> None:
    made = prefilter()
    if not hasattr(made, "files"):
        pytest.skip("the package was built without libdeflate")
    os.mkfifo(tmp_path / "pipe")
    paths = tuple(os.fsencode(tmp_path / name) for name in ("pipe", "nothing", "."))
    assert array("q", made.files(paths)[0]).tolist() == [0] * 9
    assert made.files(()) == (b"", b"", b"", b'{"Records":[]}')
    with pytest.raises(ValueError, match="null byte"):
        made.files((b"a\0b",))
    with pytest.raises(TypeError):
        made.files(("name",))  # type: ignore[arg-type]


# For which patterns files are cut, and which records of a file with these errorCodes are then decoded.
CODES = ("AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "NoSuchKey", None)
CUTTERS: dict[tuple[str, ...], list[int] | None] = {
    ("{ $.errorCode = AccessDenied }",): [0],
    ('{ $.errorCode = "AccessDenied*" || $.errorCode = "*UnauthorizedOperation" }',): [0, 1, 2],
    ('{ $.errorCode = "AccessDenied*" }', "{ $.errorCode = NoSuchKey }"): [0, 1, 3],
    ("{ $.errorCode = * }",): [0, 1, 2, 3, 4],
    ("{ $.nothing = 1 }",): [],
    ("{ $.errorCode = %Denied% }",): [0, 1, 2, 3, 4],
    ('{ $.errorCode = "*Denied*" }',): None,
    ("{ $.errorCode NOT EXISTS }",): None,
    ("{ $.errorCode = AccessDenied }", "{ $.errorCode NOT EXISTS }"): None,
}


@pytest.mark.parametrize("texts", CUTTERS)
def test_which_records_are_decoded(texts: tuple[str, ...]) -> None:
    prefilter = record_prefilter.record_prefilter(map(grammar.parse, texts))
    expected = CUTTERS[texts]
    assert (prefilter is None) == (expected is None)
    if prefilter:
        data = log_file(*(record(i, errorCode=code) for i, code in enumerate(CODES)))
        candidates = prefilter.of_content(data)
        assert candidates
        assert (candidates.total, list(candidates.positions)) == (len(CODES), expected)
        assert jsontext.parse_json(candidates.text) == {
            "Records": [record(place, errorCode=CODES[place]) for place in candidates.positions]
        }


def test_bytes_that_are_not_utf8_are_not_cut() -> None:
    prefilter = record_prefilter.record_prefilter([grammar.parse("{ $.x = StopLogging }")])
    assert prefilter
    assert prefilter.of_content(log_file(record(1, x="e"))) is not None
    assert (
        prefilter.of_content(log_file(record(1, x="e")).replace(b'"e"', "é".encode().join([b'"'] * 2)))
        is not None
    )
    assert prefilter.of_content(log_file(record(1, x="e")).replace(b'"e"', b'"\xe9"')) is None


def test_a_nested_object_that_looks_like_a_record() -> None:
    nested = [{"eventVersion": "1", "errorCode": "AccessDenied"}] * 3
    prefilter = record_prefilter.record_prefilter([grammar.parse("{ $.errorCode = AccessDenied }")])
    assert prefilter
    candidates = prefilter.of_content(log_file(record(1), record(2, x=nested), record(3)))
    assert candidates
    assert (candidates.total, list(candidates.positions)) == (3, [1])


@given(st.lists(EVENTS, min_size=1, max_size=4), st.integers(0, 2**32))
def test_no_record_that_matches_is_left_out(events: list[dict[str, Any]], seed: int) -> None:
    expr = grammar.parse('{ $.a = "abcd" || $.c = "abcd*" || $.b.a IS NULL }')
    prefilter = record_prefilter.record_prefilter([expr])
    assert prefilter
    candidates = prefilter.of_content(written(seed, events))
    matching = {i for i, event in enumerate(events) if predicate(expr)(event)}
    assert candidates is None or matching <= set(candidates.positions)


def test_records_of_a_cut_file(tmp_path: Path) -> None:
    data = log_file(*(record(i, errorCode=code) for i, code in enumerate(CODES)))
    files = scans.stored(tmp_path, [data, data])
    _, found = scans.agree(scans.plan("{ $.errorCode = NoSuchKey }"), files)
    assert [(match.file, match.position) for match in found.hits[0].matches] == [(0, 3), (1, 3)]
    assert found.records == 2 * len(CODES)


def test_a_cut_file_without_an_open_record(tmp_path: Path) -> None:
    asked = scans.plan(*(f"{{ $.eventName = {name}Thing }}" for name in ("Aaaa", "Bbbb", "Cccc", "Dddd")))
    assert fast.Scanner(*asked, strict=False).file_prefilter is None
    _, found = scans.agree(asked, scans.stored(tmp_path, [log_file(record(1), record(2))]))
    assert (found.records, found.skipped, found.first) == (2, 0, scans.DELIVERED)


EDGES = ("", '"', "*", '*"', '"*', "\\", "*\\", "\\*", "/", "=", "é", "x", "*x", 'x"', "\n")


@pytest.mark.parametrize("left", EDGES)
def test_whatever_stands_at_the_edges_of_a_text(left: str) -> None:
    values = [
        f"{one}Abcdef{other}".replace("*", "") for one in EDGES for other in (*EDGES, '":"', '\\"Abcdef"')
    ]
    records = [record(i, eventName=value) for i, value in enumerate(values)]
    files = [log_file(*records), log_file(*records).replace(b'\\"', b"\\u0022").replace(b"b", b"\\u0062")]
    for right in EDGES:
        expr = Compare(Selector((Name("eventName"),)), Op.EQ, Text(f"{left}Abcdef{right}"))
        matching = {i for i, one in enumerate(records) if predicate(expr)(one)}
        prefilter, may_match = (
            record_prefilter.record_prefilter([expr]),
            file_prefilter.file_prefilter([expr]),
        )
        for data in files:
            candidates = prefilter.of_content(data) if prefilter else None
            assert candidates is None or matching <= set(candidates.positions), (str(expr), data)
        for place in matching:
            alone = log_file(records[place])
            assert may_match is None or may_match(alone), (str(expr), alone)


def test_no_memory_in_the_middle_of_a_file_counts_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = scans.plan(*(f"{{ $.errorCode = {code} }}" for code in CODES if code))
    data = [log_file(*(record(i, errorCode=code) for i, code in enumerate(CODES)))]
    files = scans.stored(tmp_path, data)
    made: list[int] = []
    real = Part.taken

    def taken(*settings: Any, **more: Any) -> Taken:
        made.append(1)
        if len(made) == 3:
            raise MemoryError
        return real(*settings, **more)

    monkeypatch.setattr(Part, "taken", taken)
    found = fast.scan(*asked, files)
    assert len(made) > 3
    assert scans.facts(found) == scans.facts(plain.scan(*asked, files))


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = scans.plan('{ $.errorCode = "AccessDenied*" }')
    data = [log_file(*(record(i, errorCode=code) for i, code in enumerate(CODES)))]
    files = scans.stored(tmp_path, data)
    _, found = scans.agree(asked, files)
    monkeypatch.setattr(record_prefilter, "native", None)
    assert fast.Scanner(*asked, strict=False).record_prefilter is None
    assert scans.facts(scans.agree(asked, files)[1]) == scans.facts(found)


def test_when_all_records_are_needed_nothing_is_cut() -> None:
    text = "{ $.errorCode = AccessDenied }"
    assert fast.Scanner(*scans.plan(text), strict=False).record_prefilter
    assert fast.Scanner(
        *scans.plan(text, selection=Selection(accounts=frozenset("1"))), strict=False
    ).record_prefilter
    assert not fast.Scanner(*scans.plan(text), strict=True).record_prefilter
    for selection in (Selection(start=0), Selection(end=1), Selection(regions=frozenset({"eu-west-1"}))):
        assert not fast.Scanner(*scans.plan(text, selection=selection), strict=False).record_prefilter


LARGE = record(1, errorCode="AccessDenied", x=[1e15] * 40_000)


@pytest.mark.parametrize("pad", [0, 1])
def test_a_large_record_of_a_cut_file(tmp_path: Path, pad: int) -> None:
    # Written compactly each number takes more room than here.
    data = log_file(record(0), LARGE, record(2, errorCode="AccessDenied"), *[record(3)] * pad)
    data = data.replace(b"1000000000000000.0", b"1e15")
    _, found = scans.agree(scans.plan("{ $.errorCode = AccessDenied }"), scans.stored(tmp_path, [data]))
    assert [(match.position, match.oversize) for match in found.hits[0].matches] == [(1, True), (2, False)]
    assert found.records == 3 + pad


def test_the_inflater_is_the_one_that_was_linked() -> None:
    assert record_prefilter.native
    assert hasattr(prefilter(), "files") == bool(record_prefilter.native.INFLATER)


OTHER = "444455556666"
OF_A_BATCH: dict[str, tuple[dict[str, Any], int]] = {
    "event": ({}, 10),
    "delay": ({"delay": 400}, 10),
    "delivery": ({"clock": Clock.DELIVERY}, 10),
    "account": ({"selection": Selection(accounts=frozenset({OTHER}))}, 6),
    "account, delivery": ({"selection": Selection(accounts=frozenset({OTHER})), "clock": Clock.DELIVERY}, 6),
    "region": ({"selection": Selection(regions=frozenset({"us-east-1"}))}, 0),
}


@pytest.mark.parametrize("name", OF_A_BATCH)
def test_each_file_of_a_batch_has_its_own_time_and_account(tmp_path: Path, name: str) -> None:
    settings, matches = OF_A_BATCH[name]
    files = [
        scans.store(
            tmp_path / f"{number}.json.gz",
            log_file(*(record(i, errorCode="NoSuchKey" if i < number else "None") for i in range(4))),
            number=number,
            account=OTHER if number in (2, 4) else scans.ACCOUNT,
            delivered=scans.DELIVERED + 3_700 * number,
        )
        for number in range(5)
    ]
    for text in ("{ $.errorCode = NoSuchKey }", "{ $.errorCode = NoSuch* }"):
        expected, _ = scans.agree(scans.plan(text, **settings), files)
        assert len(expected.hits[0].matches) == matches


@pytest.mark.parametrize("delay", [-400, 0, 400])
def test_a_delay_of_the_first_and_of_the_last_times(tmp_path: Path, delay: int) -> None:
    asked = scans.plan("{ $.errorCode = NoSuchKey }", delay=delay)
    for number, time in enumerate(("1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z")):
        data = log_file(record(1, errorCode="NoSuchKey"), record(2, errorCode="NoSuchKey", eventTime=time))
        scans.agree(asked, scans.stored(tmp_path / str(number), [data]))


def test_files_in_batches_and_without(tmp_path: Path) -> None:
    """The same with files that are read natively and with files that are not."""
    asked = scans.plan('{ $.errorCode = "AccessDenied*" }', "{ $.errorCode = NoSuchKey }")
    data = [log_file(*(record(i, errorCode=code) for i, code in enumerate(CODES)))] * 60
    data[7], data[33] = b"{broken", log_file(LARGE, record(2, errorCode="NoSuchKey", x="é"))
    files = scans.stored(tmp_path, data)
    expected = scans.facts(plain.scan(*asked, files))
    for native in scans.NATIVE:
        with scans.built(native):
            assert scans.facts(fast.scan(*asked, files)) == expected


def test_a_file_that_is_gone_before_it_is_read(tmp_path: Path) -> None:
    asked = scans.plan("{ $.errorCode = NoSuchKey }")
    files = scans.stored(tmp_path, [log_file(record(1, errorCode="NoSuchKey"))] * 3)
    Path(files[1].path).unlink()
    found = fast.scan(*asked, files)
    assert (len(found.hits[0].matches), found.files, len(found.problems)) == (2, 3, 1)
