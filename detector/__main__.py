"""``detector`` and ``python -m detector``: what was typed in, printed answer and exit code out."""

from __future__ import annotations

import sys

from detector.cli.run import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
