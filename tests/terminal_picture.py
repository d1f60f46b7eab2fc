"""The picture of the terminal in the documentation: ``python -m tests.terminal_picture`` draws what the program prints.

Out: docs/terminal.svg, in the colours of a terminal; it names a font of the reader's own and loads none.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "terminal.svg"
COMMAND = ("check", "lab/unauthorized-api-calls-as-deployed")
FONTS = re.compile(r"\s*@font-face \{\{.*?\}\}", re.DOTALL)


def main() -> int:
    """Write the picture."""
    printed = subprocess.run(
        (sys.executable, "-m", "detector", *COMMAND),
        cwd=ROOT,
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    console = Console(record=True, width=100, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ detector {' '.join(COMMAND)}\n{printed}"))
    form = FONTS.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code, ", "")
    PICTURE.write_text(console.export_svg(title="detector", code_format=form, unique_id="terminal"), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
