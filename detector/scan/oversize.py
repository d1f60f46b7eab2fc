"""Whether the records of a log file can be over 256 KB, told without measuring each.

CloudTrail does not send a larger event to CloudWatch Logs, so its size decides about its sample. Claim: "small" is
only said where it is certain; `detector.archive.decode.oversize` measures the others.
"""

from __future__ import annotations

from typing import Any

import stringzilla

from detector.scan.file_prefilter import escapes_hide
from detector.scan.projection import UNSET

SMALL = 262_144 // 4
"""Bytes of JSON text that cannot become more than 256 KB when written compactly: a number such as 1e15 takes 18
bytes instead of 4 and is followed by one more, and nothing else grows."""
ID_KEY = b'"eventID"'
ID_LETTERS = frozenset("eventID")


def all_small(data: bytes, ids: list[Any]) -> bool:
    """Whether it is sure that no record of these bytes can be over 256 KB.

    Every record has the key eventID at its top and no escape can hide it, so there are at least as many
    places of the key as records. If there are as many and no more, each record holds exactly one, and a
    record ends before the one after the next: where all are near to each other, all records are small.
    """
    if len(data) <= SMALL:
        return True
    place, near = 0, SMALL // 2
    while len(data) - place > near:
        place = data.rfind(ID_KEY, place + 1, place + near)
        if place < 0:
            return False
    return (
        UNSET not in ids
        and stringzilla.count(data, ID_KEY) == len(ids)
        and not escapes_hide(ID_LETTERS, data)
    )
