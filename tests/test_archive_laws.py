"""Laws: however JSON is spelled and whatever holds it, the records come back the same."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.archive import Event, Problem, Source, events, locate
from tests.archives import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE = Source("a.json", 0)
MS = 1_688_990_400_123
Draw = Callable[[st.SearchStrategy[Any]], Any]

# Keys that make a document a container are not a record's; eventName is always there in a real one.
RESERVED = {"Records", "messageType", "logEvents", "events", "detail", "detail-type", "digestStartTime"}
texts = st.text(st.characters(), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(texts.filter(lambda key: key not in RESERVED), values, max_size=4).map(
    lambda record: {**record, "eventName": "GetObject"}
)
BLANKS = st.sampled_from(["", "", "", " ", "\t ", "\r", "\n", " \n"])
LINE_BLANKS = st.sampled_from(["", "", " ", "\t"])


def spell(draw: Draw, value: object, blanks: st.SearchStrategy[str]) -> str:
    """Any legal spelling: blanks, escapes, the order of keys, duplicate keys of which the last counts."""

    def blank() -> str:
        return str(draw(blanks))

    match value:
        case dict():
            pairs = [(key, spell(draw, value[key], blanks)) for key in draw(st.permutations(list(value)))]
            earlier = [(key, "0") for key in value if draw(st.integers(0, 7)) == 0]
            members = (
                f"{blank()}{spell_text(draw, key)}{blank()}:{blank()}{text}{blank()}"
                for key, text in earlier + pairs
            )
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(blank() + spell(draw, member, blanks) + blank() for member in value) + "]"
        case str():
            return spell_text(draw, value)
        case _:
            return json.dumps(value)


def spell_text(draw: Draw, text: str) -> str:
    return '"' + "".join(spell_character(draw, character) for character in text) + '"'


def spell_character(draw: Draw, character: str) -> str:
    plain = json.dumps(character, ensure_ascii="\ud800" <= character <= "\udfff")[1:-1]
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return str(draw(st.sampled_from([plain, plain, escaped, escaped.upper().replace("U", "u")])))


def together(texts_: Sequence[str]) -> str:
    return '{"Records": [' + ",".join(texts_) + "]}"


def logged(texts_: Sequence[str]) -> list[dict[str, Any]]:
    return [{"timestamp": MS + index, "message": text} for index, text in enumerate(texts_)]


def bridged(text: str) -> str:
    return f'{{"detail-type": "AWS API Call via CloudTrail", "detail": {text}}}'


# Name: (may the records have line breaks, how the file is written, are messages and times kept)
CONTAINERS: dict[str, tuple[bool, Callable[[Sequence[str]], str], bool]] = {
    "a log file": (True, together, False),
    "an array": (True, lambda each: "[" + ",".join(each) + "]", False),
    "lines": (False, "\n".join, False),
    "lines of Windows": (False, lambda each: "\ufeff" + "\r\n".join(each) + "\r\n", False),
    "lines of log files": (False, lambda each: "\n".join(together([text]) for text in each), False),
    "one after another": (False, "".join, False),
    "log files one after another": (False, lambda each: "".join(together([text]) for text in each), False),
    "EventBridge, lines": (False, lambda each: "\n".join(map(bridged, each)), False),
    "filter-log-events": (True, lambda each: json.dumps({"events": logged(each)}), True),
    "filter-log-events, indented": (True, lambda each: json.dumps({"events": logged(each)}, indent=1), True),
    "a subscription": (
        True,
        lambda each: json.dumps({"messageType": "DATA_MESSAGE", "logEvents": logged(each)}),
        True,
    ),
    "an export": (
        False,
        lambda each: "\n".join(f"2023-07-10T12:00:00.{123 + i}Z {text}" for i, text in enumerate(each)),
        True,
    ),
}


def same(found: object, record: object) -> bool:
    """Equal, and of the same types all through: 1 and 1.0 and true are three texts."""
    return json.dumps(found, sort_keys=True) == json.dumps(record, sort_keys=True)


@pytest.mark.parametrize("name", CONTAINERS)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), written=st.lists(records, min_size=1, max_size=4))
def test_records_come_back(name: str, data: st.DataObject, written: list[dict[str, Any]]) -> None:
    line_breaks, write, keeps = CONTAINERS[name]
    # A line is trimmed, so that a message of an export begins and ends with its braces.
    spelled = [spell(data.draw, record, BLANKS if line_breaks else LINE_BLANKS) for record in written]
    found = list(events(write(spelled).encode(), FILE))
    assert len(found) == len(written)
    for index, (event, record) in enumerate(zip(found, written, strict=True)):
        assert isinstance(event, Event)
        assert same(event.record, record)
        assert event.position == index
        assert event.message == (spelled[index] if keeps else None)
        assert event.timestamp == (MS + index if keeps else None)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(st.sampled_from('{}[]",:\\u0041 \n1eRecords')).map(str.encode))
def test_no_content_is_fatal_or_silent(content: bytes) -> None:
    found = list(events(content, FILE))
    assert found
    for item in found:
        assert isinstance(item, Event | Problem)
        if isinstance(item, Problem):
            assert item.reason.isprintable()
            assert len(item.reason) < 150


@settings(max_examples=60, deadline=None)
@given(data=st.data(), written=st.lists(records, min_size=1, max_size=3))
def test_a_log_file_cut_off_contributes_nothing(data: st.DataObject, written: list[dict[str, Any]]) -> None:
    text = together([spell(data.draw, record, BLANKS) for record in written]).encode()
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    (problem,) = events(cut, FILE)
    assert isinstance(problem, Problem)


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(min_size=1, max_size=400),
    cuts=st.lists(st.integers(0, 401), max_size=5),
    pad=st.booleans(),
)
def test_members_of_gzip_are_one_content(
    tmp_path_factory: pytest.TempPathFactory, *, content: bytes, cuts: list[int], pad: bool
) -> None:
    content = b"{" + content
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    members = [gzip.compress(content[a:b]) for a, b in itertools.pairwise(edges)]
    path = tmp_path_factory.getbasetemp() / "members.gz"
    path.write_bytes(b"".join(members) + bytes(17 * pad))
    assert text_of(Source(str(path), 0)) == content


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tree")
    for name in ("a/b/c.json", "a/b/d.json", "a/e.json", "f/g.json", "f/h.txt"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("{}")
    return top


@given(
    names=st.lists(st.sampled_from(["", "a", "a/b", "a/b/c.json", "a/e.json", "f", "f/h.txt"]), min_size=1)
)
def test_the_order_and_the_number_of_names_do_not_matter(tree: Path, names: list[str]) -> None:
    typed = [str(tree / name) for name in names]
    once = locate(sorted(set(typed)))
    assert locate(typed) == once
    assert [file.path for file in once.files] == sorted({file.path for file in once.files})
    apart = {file.path for name in typed for file in locate([name]).files}
    assert {file.path for file in once.files} == apart
