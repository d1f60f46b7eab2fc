"""Detections: several filters with dimensions, values and defaults, and the alarm on their metric.

In: ``draw``. Out: `Detection`s that can be written in every format that can say them, and read back. Texts are any that TOML
can hold.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from detector.alarm import Alarm, WarmUp
from detector.alarm.values import UNITS
from detector.archive import LogGroup
from detector.detections.model import Actions, Detection, Variant
from detector.metrics.filter import MetricFilter
from detector.pattern import Pattern, PatternKind
from detector.testing.alarms import alarms
from detector.testing.patterns import patterns

CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS) | st.sampled_from(
    ["'", "'''", '"""', "\\", "a\nb", "\n'", "\r\n", "\x7f", "# no", "[a]"]
)
NAMES = TEXTS.filter(bool)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SYSTEM_FIELDS = st.lists(st.sampled_from(["@aws.account", "@aws.region"]), unique=True).map(tuple)
_LISTED = st.lists(TEXTS, max_size=3).map(tuple)
_PATTERNS = patterns().filter(lambda one: not _SURROGATE.search(one.source))
_DIMENSIONS = st.dictionaries(NAMES, st.just("$.a.b"), max_size=3)
_LOG_GROUPS = st.builds(
    LogGroup, TEXTS, st.sampled_from(["", "record", "111122223333"]), st.just("eu-west-1")
)
_WARM_UPS = st.none() | st.builds(WarmUp, st.integers(1, 2_880), st.booleans())
_ACTIONS = st.builds(Actions, st.booleans(), _LISTED, _LISTED, _LISTED)
_ALARM_NAMES = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
)
_ALARM_DIMENSIONS = st.dictionaries(NAMES, NAMES, max_size=3)
_DESCRIPTIONS = st.text(CHARACTERS, max_size=50)
_SWEEPS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["threshold", "period", "window"]),
    st.one_of(TEXTS, NUMBERS, st.lists(TEXTS | NUMBERS, max_size=3)),
)
_ALARMS = alarms()


@st.composite
def filters(draw: st.DrawFn, name: str, asked: st.SearchStrategy[Pattern] | None = None) -> MetricFilter:
    """Metric filters of one metric: a constant or a field as the value, a default value or dimensions."""
    pattern = draw(_PATTERNS if asked is None else asked)
    is_json = pattern.kind is PatternKind.JSON
    dimensions = draw(_DIMENSIONS) if is_json else {}
    return MetricFilter(
        name=name,
        pattern=pattern,
        namespace="Test",
        metric="Metric",
        value=draw(st.sampled_from(["1", "2.5", "-1e3", *(["$.bytes"] if is_json else [])])),
        default=None if dimensions else draw(st.none() | NUMBERS),
        dimensions=dimensions,
        unit=draw(st.none() | st.sampled_from(sorted(UNITS))),
        field_selection_criteria=draw(st.sampled_from(["", '@aws.region != "eu-west-1"'])),
        emit_system_field_dimensions=() if dimensions else draw(_SYSTEM_FIELDS),
        log_group=draw(_LOG_GROUPS),
    )


@st.composite
def detections(draw: st.DrawFn, asked: st.SearchStrategy[Pattern] | None = None) -> Detection:
    """Detections with up to three filters, whose patterns are drawn from ``asked`` (default: any)."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    variants = draw(st.lists(NAMES, max_size=2, unique=True))
    return Detection(
        name=draw(TEXTS),
        title=draw(TEXTS),
        filters=tuple(draw(filters(name, asked)) for name in names),
        alarm=_settled(draw, draw(_ALARMS)),
        description=draw(TEXTS),
        references=draw(_LISTED),
        variants=tuple(
            Variant(name, draw(TEXTS), draw(TEXTS), draw(_LISTED), draw(_LISTED)) for name in variants
        ),
        actions=draw(_ACTIONS),
        backtest=draw(_SWEEPS),
    )


def _settled(draw: st.DrawFn, alarm: Alarm) -> Alarm:
    """An alarm with what does not decide its states: a name, a description, what it watches."""
    return replace(
        alarm,
        name=draw(_ALARM_NAMES),
        threshold=draw(NUMBERS),
        unit=draw(st.none() | st.just("Count")),
        dimensions=draw(_ALARM_DIMENSIONS),
        alarm_description=draw(_DESCRIPTIONS),
        warm_up_configuration=draw(_WARM_UPS),
    )
