"""Laws: however JSON is spelled and whatever holds it, the records come back the same."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive import Event, Plan, Problem, Source, events, locate, walk
from detector.testing import archives
from detector.testing.archives import CONTAINERS, FIRST, Archive, log_file
from tests.archives import text_of
from tests.drawing import examples
from tests.strategies import Speller

FILE = Source("a.json", 0)

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
BLANKS = ("", "", "", " ", "\t ", "\r", "\n", " \n")
LINE_BLANKS = ("", "", " ", "\t")
SEEDS = st.integers(0, 2**32)


def spelled(written: list[dict[str, Any]], seed: int, *, line_breaks: bool = True) -> list[str]:
    """Each record in some legal spelling."""
    blanks = BLANKS if line_breaks else LINE_BLANKS
    speller = Speller(Random(seed), blanks)  # noqa: S311 - no secret
    return [speller.text(record).strip() for record in written]


def same(found: object, record: object) -> bool:
    """Equal, and of the same types all through: 1 and 1.0 and true are three texts."""
    return json.dumps(found, sort_keys=True) == json.dumps(record, sort_keys=True)


@pytest.mark.parametrize("name", CONTAINERS)
@examples(8)
@given(seed=SEEDS, written=st.lists(records, min_size=1, max_size=4))
def test_records_come_back(name: str, seed: int, written: list[dict[str, Any]]) -> None:
    container = CONTAINERS[name]
    texts = spelled(written, seed, line_breaks=container.line_breaks)
    found = list(events(container.write(texts).encode(), FILE))
    assert len(found) == len(written)
    for index, (event, record) in enumerate(zip(found, written, strict=True)):
        assert isinstance(event, Event)
        assert same(event.record, record)
        assert event.position == index
        assert event.message in (texts[index], None)
        assert event.timestamp == (FIRST + index if container.keeps else None)
        if container.keeps:
            assert event.message == texts[index]


@examples(200)
@given(st.binary(max_size=60) | st.text(st.sampled_from('{}[]",:\\u0041 \n1eRecords')).map(str.encode))
def test_no_content_is_fatal_or_silent(content: bytes) -> None:
    found = list(events(content, FILE))
    assert found
    for item in found:
        assert isinstance(item, Event | Problem)
        if isinstance(item, Problem):
            assert item.reason.isprintable()
            assert len(item.reason) < 150


@examples(60)
@given(seed=SEEDS, written=st.lists(records, min_size=1, max_size=3))
def test_a_log_file_cut_off_contributes_nothing(seed: int, written: list[dict[str, Any]]) -> None:
    text = log_file(spelled(written, seed)).encode()
    cut = text[: 1 + seed % (len(text) - 1)]
    (problem,) = events(cut, FILE)
    assert isinstance(problem, Problem)


@examples(60)
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


ARCHIVES = archives()


@examples(25)
@given(ARCHIVES)
def test_an_archive_in_any_containers_has_its_records(drawn: Archive) -> None:
    with TemporaryDirectory() as folder:
        plan = Plan(paths=(str(drawn.write(Path(folder))),), timed=False)
        found = list(walk(plan, plan.locate().files))
    assert [one.record for one in found if isinstance(one, Event)] == list(drawn.records)
