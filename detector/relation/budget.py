"""The bound on work: a count of steps and no clock, so that the same question always gets the same answer."""

from __future__ import annotations

STEPS = 1_500_000
"""Steps of one comparison, about a microsecond each; whatever costs time or memory is charged for its size."""


class ExhaustedError(Exception):
    """The bound was reached."""


class Budget:
    """Counts down."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Raise `ExhaustedError` once all is spent."""
        self.left -= steps
        if self.left < 0:
            raise ExhaustedError
