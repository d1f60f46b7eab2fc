"""Detections written as TOML: what is written reads back equal."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector import Alarm, Detection, WallClock, load_detection, shipped
from detector.alarm.values import UNITS, WarmUp
from detector.archive import LogGroup, Plan
from detector.archive.log_group import UNKNOWN
from detector.detections import Actions, Variant, toml
from detector.detections.schema import json_schema
from detector.errors import DetectionError
from detector.metrics.filter import MetricFilter
from detector.pattern import PatternKind
from detector.pattern import compile as compile_pattern
from detector.pattern.pretty import WIDTH, pretty
from detector.testing import patterns
from tests.json_schema import errors

SURROGATE = re.compile("[\ud800-\udfff]")
CHARACTERS = st.characters(exclude_categories=["Cs"])
STRINGS = st.text(CHARACTERS) | st.sampled_from(
    ["'", "'''", '"""', "\\", "a\nb", "\n'", "\r\n", "\x7f", "# no", "[a]"]
)
SYSTEM_FIELDS = st.lists(st.sampled_from(["@aws.account", "@aws.region"]), unique=True).map(tuple)
NAMES = STRINGS.filter(bool)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20)
LISTED = st.lists(STRINGS, max_size=3).map(tuple)
# Strategies that never differ are made once: a draw makes those in its body anew, which costs as much as the drawing.
WHOLE_PATTERNS = patterns().filter(lambda one: not SURROGATE.search(one.source))
DIMENSIONS = st.dictionaries(NAMES, st.just("$.a.b"), max_size=3)
LOG_GROUPS = st.builds(
    LogGroup, STRINGS, st.sampled_from(["", "record", "111122223333"]), st.just("eu-west-1")
)
WARM_UPS = st.none() | st.builds(WarmUp, st.integers(1, 2_880), st.booleans())
ACTIONS = st.builds(Actions, st.booleans(), LISTED, LISTED, LISTED)
ALARM_NAMES = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
)
SWEEPS = st.dictionaries(
    st.sampled_from(["threshold", "period", "window"]),
    st.one_of(STRINGS, NUMBERS, st.lists(STRINGS | NUMBERS, max_size=3)),
)


@st.composite
def filters(draw: st.DrawFn, name: str) -> MetricFilter:
    pattern = draw(WHOLE_PATTERNS)
    dimensions = draw(DIMENSIONS) if pattern.kind is PatternKind.JSON else {}
    return MetricFilter(
        name=name,
        pattern=pattern,
        namespace="Test",
        metric="Metric",
        value=draw(
            st.sampled_from(["1", "2.5", "-1e3", *(["$.bytes"] if pattern.kind is PatternKind.JSON else [])])
        ),
        default=None if dimensions else draw(st.none() | NUMBERS),
        dimensions=dimensions,
        unit=draw(st.none() | st.sampled_from(sorted(UNITS))),
        field_selection_criteria=draw(st.sampled_from(["", '@aws.region != "eu-west-1"'])),
        emit_system_field_dimensions=() if dimensions else draw(SYSTEM_FIELDS),
        log_group=draw(LOG_GROUPS),
    )


@st.composite
def alarms(draw: st.DrawFn) -> Alarm:
    periods = draw(st.integers(1, 4))
    settings: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"statistic": "Sum"},
                {"extended_statistic": "p99.9", "evaluate_low_sample_count_percentiles": "ignore"},
            ]
        )
    )
    return Alarm(
        name=draw(ALARM_NAMES),
        period=draw(st.sampled_from([60, 300, 3600])),
        evaluation_periods=periods,
        datapoints_to_alarm=draw(st.none() | st.integers(1, periods)),
        threshold=draw(NUMBERS),
        comparison_operator=draw(st.sampled_from(["GreaterThanThreshold", "LessThanOrEqualToThreshold"])),
        treat_missing_data=draw(st.sampled_from(["missing", "ignore", "breaching"])),
        unit=draw(st.none() | st.just("Count")),
        dimensions=draw(st.dictionaries(NAMES, NAMES, max_size=3)),
        alarm_description=draw(st.text(CHARACTERS, max_size=50)),
        evaluation_window=draw(st.none() | st.sampled_from([WallClock(), WallClock("Europe/Berlin")])),
        warm_up_configuration=draw(WARM_UPS),
        **settings,
    )


@st.composite
def detections(draw: st.DrawFn) -> Detection:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    variants = draw(st.lists(NAMES, max_size=2, unique=True))
    return Detection(
        name=draw(STRINGS),
        title=draw(STRINGS),
        filters=tuple(draw(filters(name)) for name in names),
        alarm=draw(alarms()),
        description=draw(STRINGS),
        references=draw(LISTED),
        variants=tuple(
            Variant(name, draw(STRINGS), draw(STRINGS), draw(LISTED), draw(LISTED)) for name in variants
        ),
        actions=draw(ACTIONS),
        backtest=draw(SWEEPS),
    )


@given(detections())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
