"""One source for what a detection file may hold: the reader, the JSON Schema and the page agree.

After a change in ``detector/detections/schema.py``: ``python -m tests.test_detection_schema`` writes the shipped schema and
the tables of docs/detection-file.md.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import detector
from detector import load_detection, shipped
from detector.archive import LogGroup
from detector.detections import toml
from detector.detections.schema import SECTIONS, Key, json_schema
from tests import test_alarm_model as alarms
from tests import test_metric_filter as filters
from tests.json_schema import errors
from tests.test_detections import COMPLAINTS, WHOLE

FILE = Path(detector.__file__).parent / "detections" / "detection.schema.json"
PAGE = Path(__file__).parents[1] / "docs" / "detection-file.md"
HEADINGS = {"": "At the top", "variant": "`[[variant]]`"}
TEXT = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"

# What is refused for a reason that a schema cannot say.
BEYOND = {
    **dict.fromkeys(
        ["a section twice", "a variant in one bracket", "variants that are no tables", "broken TOML"],
        "not TOML",
    ),
    **dict.fromkeys(
        [
            "a default that is not finite",
            "a default beyond a double",
            "a threshold that is not finite",
            "a threshold beyond a double",
            "a default that is no number",
            "an infinite default",
        ],
        "JSON has no such numbers",
    ),
    **dict.fromkeys(
        [
            "a pattern that is refused",
            "a value that is no number",
            "a dimension that is no field",
            "an empty value",
            "a value with blanks",
            "infinity",
            "digits of another script",
            "a field without its dollar",
            "a broken field",
            "a field with a wildcard",
            "a space field in a JSON pattern",
            "a JSON field in a space pattern",
            "a dimension with a wildcard",
            "dimensions of text",
            "criteria that are none",
            "four with the system fields",
        ],
        "a grammar, or what the kind of the pattern allows",
    ),
}
NOT_IN_A_SCHEMA = (
    "must be a finite number",
    "(2) must not be greater",
    "more than seven days",
    "289 * 300 = 86700",
)


def wrong(text: str) -> list[str]:
    return list(errors(json_schema(), tomllib.loads(text)))


def words(key: Key) -> str:
    """What a value must be, in the words of the page."""
    rule = key.rule
    listed = rule.get("enum", rule.get("items", {}).get("enum", ()))
    names = ", ".join(f"`{one}`" for one in listed)
    of = names or "strings"
    longest = f"{rule.get('maxLength', 0):,} characters"
    told = {
        "enum": f"one of {names}" if len(listed) < 20 else f"one of CloudWatch's {len(listed)} units",
        "minLength": f"{key.kind} of 1 to {longest}",
        "maxLength": f"{key.kind} of at most {longest}",
        "maxProperties": f"{key.kind} of at most {rule.get('maxProperties')} strings",
        "maxItems": f"a list of {of}",
        "minimum": f"{key.kind}, at least {rule.get('minimum')}",
    }
    return next((told[keyword] for keyword in told if keyword in rule), str(key.kind))


def table(section: str) -> str:
    lines = ["| key | value | |", "|---|---|---|"]
    for name, key in SECTIONS[section].items():
        shown = f"**`{name}`**" if key.required else f"`{name}`"
        lines.append(f"| {shown} | {words(key)} | {key.about} |".replace("||", "\\|\\|"))
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its tables as they should be."""
    for section in SECTIONS:
        heading = f"## {HEADINGS.get(section, f'`[{section}]`')}\n"
        assert heading in text
        before, _, after = text.partition(heading)
        body, mark, rest = after.partition("\n## ")
        said = body.partition("| key")[0].rstrip("\n")
        gap = "\n\n" if said else "\n"
        text = f"{before}{heading}{said}{gap}{table(section)}{mark}{rest}"
    return text


def test_the_page_has_every_key() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text


def test_the_shipped_schema_is_that_of_the_reader() -> None:
    assert FILE.read_text("utf-8") == TEXT


@pytest.mark.parametrize("name", shipped())
def test_shipped_detections_fit(name: str) -> None:
    assert wrong(Path(load_detection(name).path).read_text("utf-8")) == []
    assert wrong(toml.write(load_detection(name))) == []


def test_everything_at_once_fits() -> None:
    assert wrong(WHOLE) == []


@pytest.mark.parametrize("name", COMPLAINTS)
def test_what_the_reader_refuses_the_schema_refuses_where_it_can(name: str) -> None:
    old, new, *_ = COMPLAINTS[name]
    text = WHOLE.replace(old, new, 1)
    if BEYOND.get(name) == "not TOML":
        with pytest.raises(tomllib.TOMLDecodeError):
            wrong(text)
    else:
        assert bool(wrong(text)) is (name not in BEYOND)


def document(**sections: dict[str, Any]) -> dict[str, Any]:
    """A file that is valid, with other sections."""
    return tomllib.loads(WHOLE) | sections


@pytest.mark.parametrize("changed", alarms.ACCEPTED, ids=str)
def test_alarms_that_are_accepted_fit(changed: dict[str, Any]) -> None:
    assert list(errors(json_schema(), document(alarm=alarm(changed)))) == []


@pytest.mark.parametrize(("changed", "setting", "sentence"), alarms.REFUSED, ids=str)
def test_alarms_that_are_refused_do_not_fit_where_a_schema_can_say_it(
    changed: dict[str, Any], setting: str, sentence: str
) -> None:
    fits = not list(errors(json_schema(), document(alarm=alarm(changed))))
    assert fits is any(piece in sentence for piece in NOT_IN_A_SCHEMA), setting


def alarm(changed: dict[str, Any]) -> dict[str, Any]:
    table = alarms.PLAIN | changed
    if "evaluation_window" in table:
        table["evaluation_window"] = {"wall_clock": table["evaluation_window"].timezone}
    return {key: value for key, value in table.items() if value is not None}


@pytest.mark.parametrize("name", filters.REFUSED)
def test_filters_that_are_refused_do_not_fit_where_a_schema_can_say_it(name: str) -> None:
    pattern, asked, *_ = filters.REFUSED[name]
    settings = dict(asked)
    metric = {"namespace": settings.pop("namespace", "N"), "name": settings.pop("metric", "M")}
    group = settings.pop("log_group", LogGroup())
    renamed = {"default_value" if key == "default" else key: value for key, value in settings.items()}
    lists = {key: list(value) if isinstance(value, tuple) else value for key, value in renamed.items()}
    table = {
        "name": "f",
        "pattern": pattern,
        "log_group_account": group.account,
        "log_group_region": group.region,
    }
    fits = not list(errors(json_schema(), document(filter=table | lists, metric=metric)))
    assert fits is (name in BEYOND)


if __name__ == "__main__":
    FILE.write_text(TEXT, "utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
