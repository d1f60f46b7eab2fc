"""What a trail logs only if it is told to, or leaves out if it is told to.

In: ``data_events.tsv``, which names its sources. Out: the data events, the sources of management events that a trail can
leave out (CloudTrail API reference, ``EventSelector.ExcludeManagementEventSources``).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from detector.cloudtrail.operations import table

EXCLUDED: Mapping[str, frozenset[str]] = {
    "kms": frozenset(
        {"Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt"}
    ),
    "rdsdata": frozenset(
        {"ExecuteStatement", "BatchExecuteStatement", "BeginTransaction", "CommitTransaction"}
    ),
}
"""The events of which there are so many that people leave their source out."""


@functools.cache
def data_events() -> Mapping[str, frozenset[str]]:
    """The data events by event source."""
    return {source: frozenset(names.split()) for source, names in table("data_events.tsv")}
