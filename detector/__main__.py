"""``detector`` and ``python -m detector``: what was typed in, printed answer and exit code out."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from detector.cli import run

PATIENT = 100_000
"""New objects until unreachable cycles are looked for: a run makes few, and imports make many that stay."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program on ``argv`` (default: what was typed) and return its exit code."""
    gc.set_threshold(PATIENT)
    return run.main(argv)


if __name__ == "__main__":
    sys.exit(main())
