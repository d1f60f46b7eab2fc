"""Results in a notebook: one line, and a small table in which whatever a record says is text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detector
from detector.notebook import LONGEST, ROWS, table
from tests.cli_archives import burst, detection, record, write

NASTY = "<script>alert(1)</script><img src=x onerror='x()'>\"&amp;\u202egnp.exe\x1b[31m"
TAGS = {"div", "p", "b", "table", "tr", "th", "td"}


class Reader(HTMLParser):
    """Takes HTML apart: the tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Any]] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.said += data


@given(st.text(max_size=40), st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=4))
def test_a_table_says_its_cells_and_has_no_tags_but_its_own(title: str, rows: list[tuple[str, str]]) -> None:
    read = Reader(table(title, ("a", "b"), rows))
    assert {tag for tag, _ in read.tags} <= TAGS
    assert all(not attrs for _, attrs in read.tags)
    assert read.said.isprintable()
    for string in (title, *(cell for row in rows for cell in row)):
        if string.isprintable():
            assert string in read.said


def test_a_table_stays_small() -> None:
    page = table("x", ("a",), [["long" * 1_000]] * 1_000)
    assert page.count("<tr>") == 1 + ROWS + 1
    assert f"and {1_000 - ROWS} more" in page
    assert len(page) < (ROWS + 2) * (LONGEST + 60)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """One of each kind, over records and names that an attacker wrote."""
    folder = tmp_path_factory.mktemp("notebook")
    fields = dict.fromkeys(
        ("eventName", "eventSource", "sourceIPAddress", "userAgent", "errorMessage"), NASTY
    )
    records = [*burst(1, 7, **fields, userIdentity={"arn": NASTY}), record(30, errorCode=NASTY)]
    logs = write(folder / "a.json", records)
    rule = detection(
        folder / "d.toml", title=NASTY.split("\x1b", maxsplit=1)[0].replace('"', "").replace("\u202e", "")
    )
    pattern = '{ $.eventName = "<b>*" && $.a != 1 }'
    replays = detector.replay(rule, logs)
    explanations = detector.explain(pattern, json.dumps(records[0]))
    explained = explanations.filters[0].event
    assert explained is not None
    return {
        "Replay": replays[0],
        "Replays": replays,
        "Matching": detector.match(rule, logs),
        "Comparison": detector.compare(rule, pattern, logs),
        "Explanation": explained,
        "Explanations": explanations,
        "Backtest": detector.backtest(rule, logs, {"threshold": "1..3"}),
        "Checks": detector.check([rule, pattern, "{ <i>", str(Path("no", "<u>.toml"))]),
    }


LINES = {
    "Replay": r"<Replay \S+d\.toml: 7 of 8 records match, ALARM 1 time>",
    "Replays": r"<Replays: 1 of 1 detection in ALARM, 8 records>",
    "Matching": r"<Matching: 7 of 8 records match>",
    "Comparison": r"<Comparison: overlapping, proved; \d+ lost, \d+ gained>",
    "Explanation": r"<Explanation: no match, 1 condition decided>",
    "Explanations": r"<Explanations: 1 filter of 1 event>",
    "Backtest": r"<Backtest \S+d\.toml: 4 settings, nothing is recommended>",
    "Checks": r"<Checks: 4 checked, 2 not valid, \d+ findings?>",
}


@pytest.mark.parametrize("kind", LINES)
def test_a_result_is_one_line_and_a_small_table(kind: str, results: dict[str, Any]) -> None:
    found = results[kind]
    assert re.fullmatch(LINES[kind], repr(found))
    page = found._repr_html_()
    read = Reader(page)
    assert {tag for tag, _ in read.tags} == TAGS
    assert all(not attrs for _, attrs in read.tags)
    assert repr(found) in read.said
    assert page.isprintable()
    assert len(page) < 5_000


def test_who_did_it_is_in_the_table(results: dict[str, Any]) -> None:
    for kind in ("Replay", "Replays"):
        assert "<script>alert(1)</script>" in Reader(results[kind]._repr_html_()).said
