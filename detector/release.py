"""Which version of the package this is: one place, below everything that has to say it."""

from __future__ import annotations

__version__ = "0.1.0"
