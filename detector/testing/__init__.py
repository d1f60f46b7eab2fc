"""Hypothesis strategies for property tests of filter patterns, in the optional extra ``testing``.

`patterns` draws valid filter patterns of every kind, `records` CloudTrail records that look real, and `aimed_at`
log events aimed at a given pattern: each condition satisfied, missed, absent, null or of another type. The parts
they are made of (`trees`, `conditions`, `selectors`, `events` …) are public too. docs/property-tests.md has a test to paste.
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
from detector.testing.events import EVENTS, SCALARS, VALUES, conditions_about
from detector.testing.patterns import conditions, fields, patterns, selectors, terms, trees
from detector.testing.records import records

__all__ = [
    "EVENTS",
    "SCALARS",
    "VALUES",
    "Aim",
    "aimed_at",
    "conditions",
    "conditions_about",
    "fields",
    "patterns",
    "records",
    "selectors",
    "terms",
    "trees",
]

del _hypothesis
