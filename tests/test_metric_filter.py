"""A metric filter: what it may say, and what one log event publishes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from detector.alarm.values import UNITS
from detector.archive import LogGroup, Plan
from detector.errors import SettingsError
from detector.metrics.filter import Sample, as_number
from tests.scans import metric_filter

ACCOUNT = ("@aws.account",)
JSON, SPACE, TEXT = '{ $.a = "x" }', "[first, second = x*, ...]", "ERROR"

# What is refused: the settings, the setting that is named, and a piece of the sentence.
REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a value that is no number": (JSON, {"value": "many"}, "value", "a number, or a field such as $.bytes"),
    "an empty value": (JSON, {"value": ""}, "value", "a number"),
    "a value with blanks": (JSON, {"value": " 1"}, "value", "' 1'"),
    "infinity": (JSON, {"value": "inf"}, "value", "'inf'"),
    "digits of another script": (JSON, {"value": "\u0661"}, "value", "a number"),
    "a field without its dollar": (JSON, {"value": "bytes"}, "value", "$.bytes"),
    "a broken field": (JSON, {"value": "$.a[}"}, "value", "$.a[}"),
    "a field with a wildcard": (JSON, {"value": "$.a[*]"}, "value", "without a wildcard"),
    "a space field in a JSON pattern": (JSON, {"value": "$first"}, "value", "$first"),
    "a JSON field in a space pattern": (SPACE, {"value": "$.first"}, "value", "$.first"),
    "a long value": (JSON, {"value": "1" * 101}, "value", "100 characters"),
    "no name": (JSON, {"name": ""}, "name", "1 to 512 characters, found 0"),
    "a long name": (JSON, {"name": "n" * 513}, "name", "1 to 512 characters, found 513"),
    "a long metric": (JSON, {"metric": "m" * 256}, "metric", "1 to 255 characters, found 256"),
    "a long namespace": (JSON, {"namespace": "n" * 256}, "namespace", "1 to 255 characters, found 256"),
    "an unknown unit": (JSON, {"unit": "Widgets"}, "unit", "Widgets"),
    "a unit in small letters": (JSON, {"unit": "count"}, "unit", "Count"),
    "a default that is no number": (JSON, {"default": math.nan}, "default_value", "finite"),
    "an infinite default": (JSON, {"default": math.inf}, "default_value", "finite"),
    "four dimensions": (JSON, {"dimensions": dict.fromkeys("abcd", "$.a")}, "dimensions", "found 4"),
    "a dimension that is no field": (JSON, {"dimensions": {"A": "literal"}}, "dimensions", "selector"),
    "a dimension with a wildcard": (JSON, {"dimensions": {"A": "$.a.*"}}, "dimensions", "wildcard"),
    "dimensions and a default": (JSON, {"dimensions": {"A": "$.a"}, "default": 0.0}, "dimensions", "both"),
    "an unknown system field": (
        JSON,
        {"emit_system_field_dimensions": ("@aws.nope",)},
        "emit_system_field_dimensions",
        "@aws.account",
    ),
    "a system field twice": (
        JSON,
        {"emit_system_field_dimensions": ("@aws.region",) * 2},
        "emit_system_field_dimensions",
        "twice",
    ),
    "four with the system fields": (
        JSON,
        {
            "dimensions": dict.fromkeys("ab", "$.a"),
            "emit_system_field_dimensions": ("@aws.account", "@aws.region"),
        },
        "dimensions",
        "with the system fields, found 4",
    ),
    "criteria that are none": (
        JSON,
        {"field_selection_criteria": "nonsense"},
        "field_selection_criteria",
        "@aws.account",
    ),
    "an account that is none": (
        JSON,
        {"log_group": LogGroup(account="1111")},
        "log_group_account",
        "12 digits",
    ),
    "a region that is none": (
        JSON,
        {"log_group": LogGroup(region="Ireland")},
        "log_group_region",
        "eu-west-1",
    ),
    "dimensions of text": (TEXT, {"dimensions": {"A": "$.a"}}, "dimensions", "does not support dimensions"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    pattern, settings, setting, piece = REFUSED[name]
    with pytest.raises(SettingsError) as refused:
        metric_filter(pattern, **settings)
    assert refused.value.setting == setting
    assert piece in refused.value.reason


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (JSON, {}),
    (JSON, {"name": "n" * 512, "metric": "m" * 255}),
    (JSON, {"value": "-2.5e3"}),
    (JSON, {"value": "$.other.['a b'][3]"}),
    (SPACE, {"value": "$second", "dimensions": {"A": "$first", "B": "$2"}}),
    (TEXT, {"value": "$.bytes"}),
    (JSON, {"default": 0.0, "unit": "Bytes/Second"}),
    (JSON, {"dimensions": {"A": "$.a", "B": "$.b", "C": "$.c"}}),
]


@pytest.mark.parametrize(("pattern", "settings"), ACCEPTED)
def test_what_is_accepted(pattern: str, settings: dict[str, Any]) -> None:
    made = metric_filter(pattern, **settings)
    assert (made.constant is None) is made.value.startswith("$")


def test_the_units_are_those_of_put_metric_data() -> None:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
    assert len(UNITS) == 27
    assert {
        "None",
        "Count",
        "Count/Second",
        "Percent",
        "Kilobytes",
        "Terabits/Second",
        "Microseconds",
    } <= set(UNITS)


# A value found in an event -> what is published.
NUMBERS: list[tuple[Any, float | None]] = [
    (7, 7.0),
    (2.5, 2.5),
    (-0.0, 0.0),
    ("11.5", 11.5),
    ("-1e2", -100.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("banana", None),
    ("", None),
    (" 7", None),
    ("7 ", None),
    ("0x10", None),
    ("1_000", None),
    ("nan", None),
    ("inf", None),
    ("1e999", None),
    ("\u0667", None),
    (math.inf, None),
    (True, None),
    (False, None),
    (None, None),
    ([7], None),
    ({"a": 7}, None),
]


@pytest.mark.parametrize(("found", "expected"), NUMBERS, ids=ascii)
def test_which_values_are_published(found: Any, expected: float | None) -> None:
    assert as_number(found) == expected


def test_an_integer_beyond_a_double_is_not_published() -> None:
    assert as_number(10**400) is None
    assert as_number(10**30) == 1e30


# Pattern, settings, record or None, message or None -> the sample.
SAMPLES: list[tuple[str, dict[str, Any], Any, str | None, Sample | None]] = [
    (JSON, {}, {"a": "x"}, None, Sample(1.0, ())),
    (JSON, {"value": "2.5"}, {"a": "x"}, None, Sample(2.5, ())),
    (JSON, {"value": "$.n"}, {"a": "x", "n": 3}, None, Sample(3.0, ())),
    (JSON, {"value": "$.n"}, {"a": "x", "n": "3"}, None, Sample(3.0, ())),
    (JSON, {"value": "$.n"}, {"a": "x", "n": "three"}, None, None),
    (JSON, {"value": "$.n"}, {"a": "x"}, None, None),
    (JSON, {"value": "$.n", "default": 7}, {"a": "x", "n": "three"}, None, None),
    (JSON, {"value": "$.n", "default": 7}, {"a": "x"}, None, Sample(7.0, ())),
    (JSON, {"value": "$.n", "default": 7}, {"a": "x", "n": None}, None, Sample(7.0, ())),
    (SPACE, {"value": "$3", "default": 7}, None, '1 xyz ""', None),
    (SPACE, {"value": "$3", "default": 7}, None, "1 xyz", Sample(7.0, ())),
    (JSON, {"value": "$.n.m[1]"}, {"n": {"m": [0, 4]}}, None, Sample(4.0, ())),
    (JSON, {"dimensions": {"A": "$.a"}}, {"a": "x"}, None, Sample(1.0, (("A", "x"),))),
    (JSON, {"dimensions": {"A": "$.n"}}, {"n": 1.0}, None, Sample(1.0, (("A", "1.0"),))),
    (JSON, {"dimensions": {"A": "$.a", "B": "$.b"}}, {"a": "x"}, None, Sample(1.0, ())),
    (JSON, {"dimensions": {"A": "$.a"}}, {"a": None}, None, Sample(1.0, ())),
    (JSON, {"dimensions": {"A": "$.a"}}, {"a": True}, None, Sample(1.0, ())),
    (SPACE, {"value": "$first"}, None, "17.5 xyz", Sample(17.5, ())),
    (SPACE, {"value": "$first"}, None, '"17.5" xyz', Sample(17.5, ())),
    (SPACE, {"value": "$first"}, None, "banana xyz", None),
    (SPACE, {"dimensions": {"A": "$second"}}, None, "1 xyz 3", Sample(1.0, (("A", "xyz"),))),
    (TEXT, {"value": "$.n"}, {"n": 5}, '{"n":5,"l":"ERROR"}', Sample(5.0, ())),
    (TEXT, {"value": "$.n"}, None, "ERROR", None),
    # Recorded: text patterns can have system fields, which an event is never without; default values have none.
    (TEXT, {"emit_system_field_dimensions": ACCOUNT}, None, "ERROR", Sample(1.0, (("@aws.account", "1"),))),
    (
        JSON,
        {"dimensions": {"A": "$.a"}, "emit_system_field_dimensions": ACCOUNT},
        {"a": "x"},
        None,
        Sample(1.0, (("A", "x"), ("@aws.account", "1"))),
    ),
    (
        JSON,
        {"dimensions": {"A": "$.b"}, "emit_system_field_dimensions": ACCOUNT},
        {"a": "x"},
        None,
        Sample(1.0, (("@aws.account", "1"),)),
    ),
    (
        JSON,
        {"default": 0, "value": "$.n", "emit_system_field_dimensions": ACCOUNT},
        {"a": "x"},
        None,
        Sample(0.0, ()),
    ),
]


@pytest.mark.parametrize(("pattern", "settings", "record", "message", "sample"), SAMPLES)
def test_what_a_match_publishes(
    pattern: str, settings: dict[str, Any], record: Any, message: str | None, sample: Sample | None
) -> None:
    assert metric_filter(pattern, **settings).sampler()(record, message, LogGroup(account="1")) == sample


def test_what_the_log_group_is_has_to_be_said() -> None:
    # The options come before the detection; a filter that asks for nothing needs to know nothing.
    asking = metric_filter(JSON, field_selection_criteria='@aws.region = "eu-west-1"')
    assert metric_filter(JSON).log_group_of(Plan()) == LogGroup()
    with pytest.raises(SettingsError, match="--log-group-region") as refused:
        asking.log_group_of(Plan(log_group=LogGroup(account="111122223333")))
    assert refused.value.setting == "log_group_region"
    told = metric_filter(
        JSON, field_selection_criteria='@aws.region = "eu-west-1"', log_group=LogGroup(region="eu-west-1")
    )
    assert told.log_group_of(Plan()).region == "eu-west-1"
    assert told.log_group_of(Plan(log_group=LogGroup(region="record"))).region == "record"
    assert [told.selects(LogGroup(region=region)) for region in ("eu-west-1", "eu-west-2", "record")] == [
        True,
        False,
        None,
    ]
