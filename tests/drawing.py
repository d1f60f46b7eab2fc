"""How many examples a property test draws: a third of what is written in `make check`, all of them in `make check-long`.

In: the number for the long run. Out: Hypothesis's settings. The planted mistakes are caught with a third.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

LONG = 200
"""What the profile ``long`` draws where nothing is written (`tests/conftest.py`)."""


def examples(most: int, **more: Any) -> settings:
    """Settings for a test that draws ``most`` examples in the long run; few are drawn whole anyway."""
    is_long = settings.default is not None and settings.default.max_examples >= LONG
    return settings(max_examples=most if is_long else max(most // 3, min(most, 20)), **more)
