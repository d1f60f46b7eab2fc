"""Detections written as TOML: what is written reads back equal."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given

from detector import Detection, load_detection, shipped
from detector.archive import Plan
from detector.archive.log_group import UNKNOWN
from detector.detections import toml
from detector.detections.schema import json_schema
from detector.errors import DetectionError
from detector.pattern import compile as compile_pattern
from detector.pattern.pretty import WIDTH, pretty
from detector.testing import detections, patterns
from tests.drawing import examples
from tests.json_schema import errors

DETECTIONS = detections()


@given(DETECTIONS)
@examples(60, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_reads_back_equal(detection: Detection) -> None:
    written = toml.write(detection)
    assert toml.read(written, detection.name) == detection
    assert toml.write(toml.read(written, detection.name)) == written
    assert list(errors(json_schema(), tomllib.loads(written))) == []


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_detection_is_written_and_read_back(name: str) -> None:
    detection = load_detection(name)
    again = toml.read(toml.write(detection), name)
    assert again == detection
    for variant in detection.variants:
        assert again.with_variant(variant.name) == detection.with_variant(variant.name)


def test_what_a_file_looks_like() -> None:
    assert toml.write(toml.read(WRITTEN, "x.toml")) == WRITTEN


WRITTEN = """\
title = "Denied calls"
description = \'\'\'
Two lines,
and no more.\'\'\'
references = ["CIS 1.2.0 3.1"]

[metric]
namespace = "Test"
name = "Denied"

[[filter]]
name = "calls"
pattern = \'\'\'
{ ($.errorCode = "AccessDenied*" || $.errorCode = "*UnauthorizedOperation") &&
  $.userIdentity.sessionContext.sessionIssuer.userName != "AWSServiceRoleForConfig" }\'\'\'
log_group_name = "trail"
value = "1"
default_value = 0

[[filter]]
name = "bytes"
pattern = \'{ $.eventName = "GetObject" }\'
value = "$.bytes"
dimensions = { "Bucket" = "$.requestParameters.bucketName" }

[alarm]
name = "denied-alarm"
statistic = "Sum"
period = 300
evaluation_periods = 3
threshold = 2.5
comparison_operator = "GreaterThanOrEqualToThreshold"
treat_missing_data = "missing"
evaluation_window = { "wall_clock" = "Europe/Berlin" }
actions_enabled = false
alarm_actions = ["arn:aws:sns:eu-west-1:111122223333:pager"]

[backtest]
threshold = [1, 2.5, "5..10"]

[[variant]]
name = "exact"
pattern = \'{ $.errorCode = "AccessDenied" }\'
filter = "calls"
versions = ["1.2.0"]
"""


def test_a_pattern_is_broken_at_its_operators() -> None:
    calls = " || ".join(f"($.eventName = Delete{number:03})" for number in range(4))
    wide = compile_pattern(f"{{ $.a = 1 && ({calls}) && ($.b NOT EXISTS || ({calls}) && $.c = x) }}")
    assert pretty(wide).split("\n") == [
        "{ $.a = 1 &&",
        "  ($.eventName = Delete000 ||",
        "   $.eventName = Delete001 ||",
        "   $.eventName = Delete002 ||",
        "   $.eventName = Delete003) &&",
        "  ($.b NOT EXISTS ||",
        "   (($.eventName = Delete000 ||",
        "     $.eventName = Delete001 ||",
        "     $.eventName = Delete002 ||",
        "     $.eventName = Delete003) &&",
        "    $.c = x)) }",
    ]


@given(patterns())
def test_a_pretty_pattern_is_the_same_pattern(pattern: Any) -> None:
    assert compile_pattern(pretty(pattern)) == pattern


def test_a_pattern_stays_as_it_is_where_line_breaks_would_make_it_too_long() -> None:
    source = "{ " + "||".join(f"$.a={number}" for number in range(100, 200)) + "}"
    assert len(source) < 1024
    assert pretty(compile_pattern(f" {source}\n")) == source
    assert len(source) > WIDTH


def test_what_no_toml_file_can_hold() -> None:
    detection = toml.read(WRITTEN.replace("Denied calls", "x"), "x.toml")
    with pytest.raises(DetectionError, match=r"x\.toml: expected text that UTF-8 can hold"):
        toml.write(Detection(name="x.toml", title="\ud800", filters=detection.filters, alarm=detection.alarm))


PAGE = (Path(__file__).parents[1] / "docs" / "detections.md").read_text("utf-8")


def test_the_page_shows_files_that_can_be_used() -> None:
    one, several, placed = re.findall(r"(?ms)^```toml\n(.*?)^```$", PAGE)
    assert toml.read(one, "x.toml").alarm.threshold == 5
    found = toml.read(f"{several}\n{one[one.index('[alarm]') :]}", "x.toml")
    event = {"errorCode": "AccessDenied", "userIdentity": {"type": "Root"}}
    samples = [one.sampler()(event, None, UNKNOWN) for one in found.filters if one.pattern.matches(event)]
    assert [sample and sample.value for sample in samples] == [1, 10]
    [on] = toml.read(f"{placed}\n{one[one.index('[metric]') :]}", "x.toml").filters
    assert on.selects(on.log_group_of(Plan())) is True
