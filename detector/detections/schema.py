"""What a detection file may hold: every key, what it must be, and what it is for.

In: nothing. Out: `SECTIONS`, by which files are read strictly and written; `json_schema`, for editors; and the tables of
docs/detection-file.md. The claim: whatever the JSON Schema refuses is refused here too. The other way round there is
more: a schema cannot parse a pattern, know the time zones, or compare two numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from detector.alarm.validation import (
    BELOW_A_MINUTE,
    DESCRIPTION_LENGTH,
    MOST_DIMENSIONS,
    NAME_LENGTH,
    WALL_CLOCK_PERIODS,
)
from detector.alarm.values import (
    LONGEST_WARM_UP,
    LONGEST_ZONE,
    MINUTE,
    UNITS,
    WEEK,
    ComparisonOperator,
    LowSamples,
    MissingData,
    Statistic,
)
from detector.archive.log_group import RECORD
from detector.cloudtrail.record import ACCOUNT, REGION
from detector.detections.strict import Kind, Schema
from detector.metrics import criteria
from detector.metrics.criteria import SystemField
from detector.metrics.filter import LONGEST, MAX_DIMENSIONS, MAX_VALUE_LENGTH


class Key(Struct, frozen=True):
    """One key of a section: ``rule`` are keywords of JSON Schema for what its kind does not say."""

    kind: Kind
    about: str
    rule: Mapping[str, Any] = field(default_factory=dict)
    required: bool = False

    def json_schema(self) -> dict[str, Any]:
        """The value as a JSON Schema."""
        kinds: dict[Kind, dict[str, Any]] = {
            Kind.STRING: {"type": "string"},
            Kind.NUMBER: {"type": "number"},
            Kind.INTEGER: {"type": "integer"},
            Kind.BOOLEAN: {"type": "boolean"},
            Kind.STRINGS: {"type": "array", "items": {"type": "string"}},
            Kind.TABLE: {"type": "object"},
            Kind.VALUES: {"type": ["number", "string", "array"]},
        }
        return {**kinds[self.kind], **self.rule, "description": self.about}


Section = Mapping[str, Key]

_OR_RECORD = "or `record`: that of each record"


def _string(about: str, *, required: bool = False, **rule: Any) -> Key:
    return Key(Kind.STRING, about, rule, required)


def _named(about: str, longest: int, **rule: Any) -> Key:
    return _string(about, required=True, minLength=1, maxLength=longest, **rule)


def _table_of_strings(about: str, most: int, least: int = 0) -> Key:
    strings = {"type": "string", "minLength": least}
    return Key(Kind.TABLE, about, {"additionalProperties": strings, "maxProperties": most})


_PUBLISHED: Section = {
    "value": _string(
        "What a match publishes: a number, or a field such as `$.bytes` (`$name` of a space-delimited pattern); 1 by "
        "default. A value that is not a number publishes nothing.",
        maxLength=MAX_VALUE_LENGTH,
    ),
    "default_value": Key(
        Kind.NUMBER,
        "Published for each log event that does not match, and for a match whose value is missing or null; not together "
        "with `dimensions`.",
    ),
    "unit": _string("The unit of the samples; `None` by default.", enum=list(UNITS)),
    "dimensions": _table_of_strings(
        "A name and a selector for each dimension of the samples.", MAX_DIMENSIONS
    ),
}
_SWEPT = "Values to try, as in `detector backtest"

SECTIONS: Mapping[str, Section] = {
    "": {
        "title": _string("One line for people; the name of the file by default."),
        "description": _string("What the detection is for, in a paragraph."),
        "references": Key(Kind.STRINGS, "Where the detection comes from."),
    },
    "filter": {
        "name": _named("The name of the metric filter, unique in the file.", LONGEST["name"]),
        "pattern": _string("The filter pattern, of at most 1,024 characters.", required=True),
        "field_selection_criteria": _string(
            'Which log groups\' events count: `@aws.account IN ["111122223333"] AND @aws.region != "us-east-1"`.',
            maxLength=criteria.MAX_LENGTH,
        ),
        "emit_system_field_dimensions": Key(
            Kind.STRINGS,
            "System fields of the log group that become dimensions of what a match publishes.",
            {"items": {"enum": list(SystemField)}, "uniqueItems": True, "maxItems": MAX_DIMENSIONS},
        ),
        "log_group_name": _string("The log group that the filter is on; kept, and used as `@source.log`."),
        "log_group_account": _string(
            f"The account of the log group, {_OR_RECORD}.", pattern=f"^({ACCOUNT}|{RECORD}|)$"
        ),
        "log_group_region": _string(
            f"The region of the log group, {_OR_RECORD}.", pattern=f"^({REGION}|{RECORD}|)$"
        ),
        **_PUBLISHED,
    },
    "metric": {
        "namespace": _named("The namespace of the metric.", LONGEST["namespace"]),
        "name": _named("The name of the metric, which all filters feed.", LONGEST["metric"]),
        **_PUBLISHED,
    },
    "alarm": {
        "name": _named("The name of the alarm.", NAME_LENGTH, pattern="^[^\\u0000-\\u001f\\u007f]*$"),
        "statistic": _string("The statistic over a period; or `extended_statistic`.", enum=list(Statistic)),
        "extended_statistic": _string(
            "A percentile such as `p90` or `p99.9`.",
            pattern=r"^p(0?[0-9]{1,2}(\.[0-9]{1,10})?|100(\.0{1,10})?)$",
        ),
        "period": Key(
            Kind.INTEGER,
            "The seconds of a window: 10, 20, 30, or a multiple of 60 of at most a week.",
            {
                "anyOf": [{"enum": list(BELOW_A_MINUTE)}, {"minimum": MINUTE, "multipleOf": MINUTE}],
                "maximum": WEEK,
            },
            required=True,
        ),
        "evaluation_periods": Key(
            Kind.INTEGER, "N of M out of N datapoints.", {"minimum": 1, "maximum": WEEK // 10}, required=True
        ),
        "datapoints_to_alarm": Key(Kind.INTEGER, "M; all of them by default.", {"minimum": 1}),
        "threshold": Key(Kind.NUMBER, "What the statistic is compared with.", required=True),
        "comparison_operator": _string(
            "How: the datapoint is on the left.", required=True, enum=list(ComparisonOperator)
        ),
        "treat_missing_data": _string(
            "What a window without a datapoint counts as; `missing` by default.", enum=list(MissingData)
        ),
        "evaluate_low_sample_count_percentiles": _string(
            "Whether a percentile of too few samples is evaluated (the default) or keeps the state; only with "
            "`extended_statistic`.",
            enum=list(LowSamples),
        ),
        "unit": _string("Only samples of this unit are looked at; of any unit by default.", enum=list(UNITS)),
        "dimensions": _table_of_strings(
            "The series that is looked at, a value for each of its dimensions.", MOST_DIMENSIONS, least=1
        ),
        "alarm_description": _string("Kept with the alarm.", maxLength=DESCRIPTION_LENGTH),
        "evaluation_window": Key(
            Kind.TABLE,
            '`{ wall_clock = "Europe/Berlin" }` lays the windows on the clock of a time zone (a name, `+05:30` or '
            f"`UTC+05:30`; periods of {', '.join(map(str, WALL_CLOCK_PERIODS))} seconds); they slide by default.",
            {
                "properties": {"wall_clock": {"type": "string", "minLength": 1, "maxLength": LONGEST_ZONE}},
                "required": ["wall_clock"],
                "additionalProperties": False,
            },
        ),
        "warm_up_configuration": Key(
            Kind.TABLE,
            "`{ warm_up_period_duration_in_minutes = 30 }`: for so long after its creation the alarm is not evaluated; it "
            "begins early, once data fills its evaluation periods, unless "
            "`only_start_evaluating_after_warm_up_period_ends = true`. A replay creates the alarm where it begins.",
            {
                "properties": {
                    "warm_up_period_duration_in_minutes": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": LONGEST_WARM_UP,
                    },
                    "only_start_evaluating_after_warm_up_period_ends": {"type": "boolean"},
                },
                "required": ["warm_up_period_duration_in_minutes"],
                "additionalProperties": False,
            },
        ),
        "actions_enabled": Key(
            Kind.BOOLEAN,
            "Whether changes of state set off the actions; true by default. States do not depend on it.",
        ),
        "alarm_actions": Key(
            Kind.STRINGS,
            "What a change to ALARM sets off, for `--emit`: ARNs, or names of SNS topics.",
        ),
        "ok_actions": Key(Kind.STRINGS, "What a change to OK sets off."),
        "insufficient_data_actions": Key(Kind.STRINGS, "What a change to INSUFFICIENT_DATA sets off."),
    },
    "backtest": {
        **{
            key: Key(Kind.VALUES, f"{_SWEPT} --{key.replace('_', '-')}`.")
            for key in ("threshold", "period", "datapoints", "treat_missing_data", "statistic", "window")
        },
        "incidents": _string("A file of known incidents, beside the detection."),
        "grace": _string("How long after an incident an alarm still detects it: `30m`."),
        "max_pages_per_week": Key(Kind.NUMBER, "The budget: pages a week."),
        "must_detect": Key(Kind.VALUES, "Incidents, or files of them, that must be detected."),
        "max_time_in_alarm": _string("The budget: the share of the time in ALARM: `5%`."),
        "max_delay": _string("How long after its start an incident must be detected: `10m`."),
        "office_hours": _string("Pages outside of these are counted apart: `09:00-17:00 Europe/Berlin`."),
    },
    "variant": {
        "name": _string(
            "What stands after the @: `cis/cloudwatch-2@cis-1.3.0`; unique in the file.", required=True
        ),
        "pattern": _string("The filter pattern in place of the filter's.", required=True),
        "filter": _string("Of several filters, the name of the one that it is about."),
        "versions": Key(Kind.STRINGS, "The versions of the benchmark that have this pattern."),
        "references": Key(Kind.STRINGS, "Where the pattern comes from."),
    },
}
PUBLISHED = tuple(_PUBLISHED)
"""What ``[metric]`` may say for all filters."""
REQUIRED = ("filter", "metric", "alarm")

_EITHER = {
    # A default value has no dimensions. (Empty ones do no harm.)
    "dependencies": {"default_value": {"properties": {"dimensions": {"maxProperties": 0}}}}
}
_TOGETHER: Mapping[str, Mapping[str, Any]] = {
    "filter": _EITHER,
    "metric": _EITHER,
    "alarm": {
        "oneOf": [{"required": ["statistic"]}, {"required": ["extended_statistic"]}],
        "dependencies": {
            "evaluate_low_sample_count_percentiles": ["extended_statistic"],
            "evaluation_window": {"properties": {"period": {"enum": list(WALL_CLOCK_PERIODS)}}},
        },
    },
}
"""What keys of a section ask of each other."""


def strict(section: str) -> Schema:
    """A section as `detector.detections.strict` reads it."""
    return keys(SECTIONS[section])


def keys(section: Section) -> Schema:
    """The same of the keys of any section."""
    return {f"{name}{'!' * key.required}": key.kind for name, key in section.items()}


def section_schema(section: Section) -> dict[str, Any]:
    """The JSON Schema of one section."""
    return {
        "type": "object",
        "properties": {name: key.json_schema() for name, key in section.items()},
        "required": [name for name, key in section.items() if key.required],
        "additionalProperties": False,
    }


def json_schema() -> dict[str, Any]:
    """A JSON Schema (draft 7) of a detection file."""
    sections: dict[str, Any] = {}
    for section in SECTIONS:
        if section:
            sections[section] = {**section_schema(SECTIONS[section]), **_TOGETHER.get(section, {})}
    several = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/filter"}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A detection of cloudtrail-detector",
        "type": "object",
        "definitions": {"filter": sections["filter"]},
        "properties": {
            **{name: key.json_schema() for name, key in SECTIONS[""].items()},
            **sections,
            "filter": {"anyOf": [{"$ref": "#/definitions/filter"}, several]},
            "variant": {"type": "array", "items": sections["variant"]},
        },
        "required": list(REQUIRED),
        "additionalProperties": False,
    }
