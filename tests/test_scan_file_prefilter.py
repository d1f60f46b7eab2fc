"""The gate never turns away a file that holds a match, however its JSON is spelled, and does turn files away."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detector import jsontext
from detector.pattern import grammar
from detector.pattern.predicate import predicate
from detector.scan import file_prefilter
from tests.drawing import examples
from tests.scans import log_file, record
from tests.strategies import Speller

LITERAL = '{ $.eventName = "StopLogging" }'


def gate_of(*texts: str) -> file_prefilter.FilePrefilter | None:
    return file_prefilter.file_prefilter(map(grammar.parse, texts))


def passes(data: bytes, *texts: str) -> bool:
    test = gate_of(*(texts or (LITERAL,)))
    assert test is not None
    return test(data)


QUIET = log_file(record(1), record(2, eventName="PutObject"))
LOUD = log_file(record(1), record(2, eventName="StopLogging"))

# Why a file is let through, or turned away (False).
FILES: dict[str, tuple[bytes, bool]] = {
    "the literal is in it": (LOUD, True),
    "it is not": (QUIET, False),
    "blanks at the end": (QUIET[:-2] + b" ]\r\n\t } \n", False),
    "it is, in a place where it says nothing": (log_file(record(1, x={"y": ["StopLogging"]})), True),
    "only a part of it": (log_file(record(1, eventName="StopLoggingNow")), False),
    "one letter escaped": (LOUD.replace(b"StopL", b"\\u0053topL"), True),
    "one letter escaped, in capitals": (LOUD.replace(b"opLog", b"\\u006FpLog"), True),
    "its quote escaped, as in the message of a log event": (
        log_file(record(1, x=json.dumps({"eventName": "StopLogging"}))),
        True,
    ),
    "another letter escaped": (log_file(record(1, x="a=b")).replace(b"=", b"\\u003d"), False),
    "many other letters": (log_file(record(1, x="=&'<>")).replace(b"=&'<>", b"\\u003d\\u0026\\u0027"), False),
    "another letter escaped, then one of it": (
        log_file(record(1, userIdentity="a=b")).replace(b"=", b"\\u003d").replace(b"s3", b"\\u0074\\u0033"),
        True,
    ),
    "a letter of it escaped elsewhere": (QUIET.replace(b"s3", b"\\u0074\\u0033"), True),
    "a backslash in front of what looks like an escape": (QUIET.replace(b"s3", b"\\\\u0074"), True),
    "a broken escape": (QUIET.replace(b"s3", b"\\u00"), False),
    "no Records": (b'{"records":[{"a":1}]}', True),
    "records spelled with blanks": (QUIET.replace(b'{"Records":[', b'{ "Records": ['), True),
    "no end": (QUIET[:-1], True),
    "more behind the end": (QUIET + b"x", True),
    "no first object": (b'{"Records":[]}', True),
    "nothing": (b"", True),
    "lines": (b"{}\n{}", True),
}


@pytest.mark.parametrize("name", FILES)
def test_which_files_are_turned_away(name: str) -> None:
    data, passed = FILES[name]
    assert passes(data) is passed
    assert passes(bytes(bytearray(data))) is passed


def test_a_slash_may_be_escaped() -> None:
    assert file_prefilter.escapes_hide("/", b"a\\/b")
    assert not file_prefilter.escapes_hide("a", b"a\\/b")


# A gate that would seldom turn a file away is not worth its passes over the bytes: None.
GATES: dict[tuple[str, ...], bool] = {
    (LITERAL,): True,
    (LITERAL, '{ $.errorCode = "AccessDenied" }'): True,
    ("{ $.eventName NOT EXISTS }",): False,
    (LITERAL, "{ $.eventName NOT EXISTS }"): False,
    tuple(f'{{ $.eventName = "{name}" }}' for name in ("Abcd", "Efgh", "Ijkl")): True,
    tuple(f'{{ $.eventName = "{name}" }}' for name in ("Abcd", "Efgh", "Ijkl", "Mnop")): False,
    tuple(f'{{ $.eventName = "{name}NetworkAcl" }}' for name in "ABCDEF"): True,
    tuple(f'{{ $.eventName = "{name}NetworkAcl" }}' for name in "ABCDEFG"): False,
}


@pytest.mark.parametrize("texts", GATES)
def test_when_there_is_a_gate(texts: tuple[str, ...]) -> None:
    assert (gate_of(*texts) is not None) is GATES[texts]


PIECES: dict[tuple[bytes, ...], set[bytes]] = {
    (): set(),
    (b'"CreateRoute',): {b'"CreateRoute'},
    (b'"CreateNetworkAcl', b'"DeleteNetworkAcl'): {b"teNetworkAcl"},
    (b'"Create', b'"Delete'): {b'"Create', b'"Delete'},
    (b"abcdefghij", b"defghij", b"xxxxxxxxxx"): {b"defghij", b"xxxxxxxxxx"},
    (b"same literal", b"same literal"): {b"same literal"},
}


@pytest.mark.parametrize("literals", PIECES)
def test_common_pieces(literals: tuple[bytes, ...]) -> None:
    pieces = set(file_prefilter.common_pieces(literals))
    assert all(any(piece in literal for piece in pieces) for literal in literals)
    assert pieces == PIECES[literals]


@given(st.lists(st.text("ab", min_size=4, max_size=24).map(str.encode), max_size=8))
def test_each_literal_holds_one_of_the_common_pieces(literals: list[bytes]) -> None:
    pieces = file_prefilter.common_pieces(literals)
    assert all(any(piece in literal for piece in pieces) for literal in literals)


NAMES = ("StopLogging", "StopLoggingNow", "DeleteTrail", "ConsoleLogin", "iam.amazonaws.com", "é", "1", "")
TESTS = (
    '$.eventName = "StopLogging"',
    '$.eventName = "Stop*"',
    '$.eventName = "*Trail" && $.errorCode NOT EXISTS',
    "$.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS",
    '$.eventSource = "iam.amazonaws.com" && ($.eventName = "StopLogging" || $.eventName = "DeleteTrail")',
    "$.errorCode = *",
    "$.errorCode IS NULL || $.eventName = %Console%",
    "$.requestParameters.names[*] = StopLogging",
    "$.requestParameters.a.b > 1",
    "$.eventName = 1",
)
RECORDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "eventName": st.sampled_from(NAMES) | st.just(1),
        "eventSource": st.sampled_from(NAMES),
        "errorCode": st.sampled_from(NAMES) | st.none(),
        "userIdentity": st.fixed_dictionaries({}, optional={"type": st.sampled_from(["Root", "IAMUser"])}),
        "requestParameters": st.sampled_from([None, {"names": ["StopLogging"]}, {"a": {"b": 2}}, {"a": []}]),
    },
)


@examples(400)
@given(
    records=st.lists(RECORDS, min_size=1, max_size=3),
    texts=st.lists(st.sampled_from(TESTS), min_size=1, max_size=2),
    seed=st.integers(0, 2**32),
    nested=st.booleans(),
)
@example(records=[{"eventName": "StopLogging"}], texts=[TESTS[0]], seed=0, nested=True)
def test_a_file_with_a_match_is_never_turned_away(
    records: list[dict[str, Any]], texts: list[str], seed: int, nested: bool
) -> None:
    exprs = [grammar.parse(f"{{ {text} }}") for text in texts]
    test = file_prefilter.file_prefilter(exprs)
    if test is None or not any(predicate(expr)(one) for expr in exprs for one in records):
        return
    speller = Speller(Random(seed))  # noqa: S311 - no secret
    spelled = [speller._spelled(one) for one in records]
    assert [jsontext.parse_object(one) for one in spelled] == records
    if nested:
        events = ",".join(f'{{"timestamp":1,"message":{speller._spelled(one)}}}' for one in spelled)
        data = f'{{"Records":[{{}}]}}{{"events":[{events}]}}'
    else:
        data = f'{{"Records":[{",".join(spelled)}]}}'
    assert file_prefilter.is_log_file(data.encode())
    assert test(data.encode())
