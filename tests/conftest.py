"""Hypothesis draws anew on a person's machine and the same on every run of a CI, where a failure must repeat.

No test has a deadline: on a busy machine it would fail for the time that it takes.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("person", deadline=None)
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "person")
