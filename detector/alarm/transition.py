"""A change of an alarm's state: when, from what, to what, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from detector.alarm.reason import Reason
    from detector.alarm.values import State


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of state; ``at`` is the instant of the evaluation, on the caller's scale."""

    at: datetime | float
    before: State
    after: State
    reason: Reason
