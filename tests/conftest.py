"""Hypothesis draws anew on a person's machine and the same on every run of a CI, where a failure must repeat.

No test has a deadline: on a busy machine it would fail for the time that it takes. Where a test does not say how many
examples it draws, it is 50, which the planted mistakes of `make check-long` are caught with; its own run draws 200, and of
`tests.drawing.examples` as many as are written there, where `make check` draws a third.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("person", deadline=None, max_examples=50)
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "person"))
