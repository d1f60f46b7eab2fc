"""What is wrong with an input, in a form that can be counted, sorted and named.

Bad data is counted, never fatal and never silent: whatever cannot be used becomes a `Problem`, and the
run goes on. The words of a reason are ours; nothing that stands in a record is repeated in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from detector.errors import DetectorError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that could not be used: ``path`` as it was given or found, ``reason`` one short sentence."""

    path: str
    reason: str


class Broken(DetectorError):  # noqa: N818 - it is turned into a Problem and reaches no user as an error
    """A file that cannot be used as a whole; it contributes nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
