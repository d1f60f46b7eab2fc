"""Hypothesis strategies for property tests of filter patterns, in the optional extra ``testing``.

`patterns` draws valid filter patterns of every kind, `records` CloudTrail records that look real, and `aimed_at`
log events aimed at a given pattern: each condition satisfied, missed, absent, null or of another type; `edits` patterns that
keep, narrow or widen one. `archives` are small archives in every container, `detections`, `alarms`, `timelines` and `rules` what
is replayed over them. The parts they are made of (`trees`, `conditions`, `selectors`, `filters` …) are public too.
docs/property-tests.md has tests to paste.
"""

from __future__ import annotations

try:
    import hypothesis as _hypothesis
except ImportError:
    raise ImportError(
        "detector.testing needs Hypothesis, which is not installed: "
        "install it, or cloudtrail-detector with its extra `testing`"
    ) from None

from detector.testing.aimed import Aim, aimed_at
from detector.testing.alarms import Timeline, alarms, timelines
from detector.testing.archives import Archive, archives
from detector.testing.composites import rules
from detector.testing.detections import detections, filters
from detector.testing.edits import Edit, Effect, edits
from detector.testing.events import EVENTS, SCALARS, VALUES, conditions_about
from detector.testing.patterns import conditions, fields, patterns, selectors, terms, trees
from detector.testing.records import records

__all__ = [
    "EVENTS",
    "SCALARS",
    "VALUES",
    "Aim",
    "Archive",
    "Edit",
    "Effect",
    "Timeline",
    "aimed_at",
    "alarms",
    "archives",
    "conditions",
    "conditions_about",
    "detections",
    "edits",
    "fields",
    "filters",
    "patterns",
    "records",
    "rules",
    "selectors",
    "terms",
    "timelines",
    "trees",
]

del _hypothesis
