"""Hypothesis draws anew on a person's machine and the same on every run of a CI, where a failure must repeat."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
