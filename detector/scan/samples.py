"""What the matches of a batch publish, where that has to be read from them.

In: a filter, places of records in the text of a batch. Out: the places of each sample. A record becomes an object when it is
first asked for, and stays one for the other filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from detector.archive import Plan
from detector.jsontext import dump_json, parse_json
from detector.metrics.filter import MetricFilter, Sample
from detector.metrics.matches import NO_VALUE
from detector.scan.plain import FallbackError
from detector.scan.record_prefilter import Batch

Groups: TypeAlias = dict[Sample, list[int]]
_NOTHING = Sample(NO_VALUE, ())


class Whole:
    """The records of a batch as `plain` knows them."""

    def __init__(self, batch: Batch) -> None:
        columns = memoryview(batch.places).cast("q")
        self._begins, self._ends = columns[1::3], columns[2::3]
        self._text = batch.text
        self._records: dict[int, Any] = {}
        self._texts: dict[int, str] = {}

    def record(self, place: int) -> Any:
        """The decoded object; `FallbackError` where it is nested too deeply."""
        if place not in self._records:
            try:
                self._records[place] = parse_json(self._text[self._begins[place] : self._ends[place]])
            except ValueError as error:  # nested too deeply
                raise FallbackError from error
        return self._records[place]

    def text(self, place: int) -> str:
        """It as one line of compact JSON."""
        if place not in self._texts:
            self._texts[place] = dump_json(self.record(place)).decode()
        return self._texts[place]


class Grouped:
    """The samples of one filter that depends on no system field."""

    def __init__(self, metric_filter: MetricFilter, plan: Plan) -> None:
        self._same = None
        if metric_filter.constant is not None and not metric_filter.dimensions:
            self._same = Sample(metric_filter.constant, ())
        self._sampler = metric_filter.sampler()
        self._group = metric_filter.log_group_of(plan)

    def groups(self, matching: Sequence[int], whole: Whole) -> Groups:
        """The places of matches by what they publish."""
        if self._same is not None:
            return {self._same: list(matching)} if len(matching) else {}
        found: Groups = {}
        for place in matching:
            sample = self._sampler(whole.record(place), None, self._group) or _NOTHING
            found.setdefault(sample, []).append(place)
        return found
