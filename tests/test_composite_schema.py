"""One source for what files of composite alarms and mute rules may hold: the readers, their JSON Schemas, the page.

After a change in ``detector/detections/composite.py`` or ``mutes.py``: ``python -m tests.test_composite_schema`` writes the
shipped schemas and the tables of docs/composite-alarms.md.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.detections import composite, mutes
from detector.detections.schema import Section
from tests.json_schema import errors
from tests.test_composite_replay import COMPOSITE, FLAWED, MAINTENANCE, MUTES, SAMPLE
from tests.test_detection_schema import words

FOLDER = Path(detector.__file__).parent / "detections"
PAGE = Path(__file__).parents[1] / "docs" / "composite-alarms.md"
SCHEMAS = {"composite": composite.json_schema(), "mute": mutes.json_schema()}
TABLES: dict[str, Section] = {
    "[composite]": composite.COMPOSITE["composite"],
    "[[mute]]": mutes.MUTES["mute"],
}

# What is refused for a reason that a schema cannot say: a language, or other files.
BEYOND = {
    *(
        "an alarm that is not there",
        "a suppressor that is not there",
        "a broken rule",
        "itself",
        "itself as a file",
    ),
    *("two accounts", "a broken cron", "a date of its own", "a date that is none"),
}


def shipped(name: str) -> Path:
    return FOLDER / f"{name}.schema.json"


def text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def table(section: Section) -> str:
    lines = ["| key | value | |", "|---|---|---|"]
    for name, key in section.items():
        lines.append(f"| {f'**`{name}`**' if key.required else f'`{name}`'} | {words(key)} | {key.about} |")
    return "\n".join(lines) + "\n"


def page(written: str) -> str:
    """The page with its tables as they should be."""
    for name, section in TABLES.items():
        before, heading, after = written.partition(f"### `{name}`\n\n")
        assert heading, name
        body = after[after.index("\n\n") :]
        written = f"{before}{heading}{table(section)}{body[1:]}"
    return written


def test_the_page_has_every_key() -> None:
    assert page(PAGE.read_text("utf-8")) == PAGE.read_text("utf-8")


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schema_is_that_of_the_reader(name: str) -> None:
    assert shipped(name).read_text("utf-8") == text(SCHEMAS[name])


def test_the_samples_fit() -> None:
    for name, path in (("composite", SAMPLE), ("mute", MAINTENANCE)):
        assert list(errors(SCHEMAS[name], tomllib.loads(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("flaw", [*FLAWED, *MUTES])
def test_what_the_reader_refuses_the_schema_refuses_where_it_can(flaw: str) -> None:
    if flaw in FLAWED:
        rule, more, *_ = FLAWED[flaw]
        name, written = "composite", COMPOSITE.format(name="both", rule=rule, more=more)
    else:
        name, written = "mute", MUTES[flaw][0]
    assert (list(errors(SCHEMAS[name], tomllib.loads(written))) == []) is (flaw in BEYOND)


if __name__ == "__main__":
    for each, schema in SCHEMAS.items():
        shipped(each).write_text(text(schema), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8")), encoding="utf-8")
