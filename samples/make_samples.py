"""Write the sample archive: ``python samples/make_samples.py [FOLDER]`` (default: this folder).

In: nothing but the seed. Out: ``AWSLogs/…`` and ``incidents.toml`` below FOLDER, byte for byte the same
every time; an ``AWSLogs`` that is already there is replaced. Standard library only.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the folder is an archive: nothing but its files shall lie in it

from maker.background import background  # noqa: E402 - after the line above, which is its point
from maker.bursts import bursts, delivered_twice  # noqa: E402 - the same
from maker.changes import changes  # noqa: E402 - the same
from maker.delivery import files  # noqa: E402 - the same
from maker.incidents import INCIDENTS, toml  # noqa: E402 - the same


def write(folder: Path) -> int:
    """Write everything below ``folder``; how many bytes the log files hold."""
    planted = [event for incident in INCIDENTS for event in incident.events]
    made = files([*background(), *bursts(), *changes(), *planted], delivered_twice())
    shutil.rmtree(folder / "AWSLogs", ignore_errors=True)
    for name, content in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "incidents.toml").write_text(toml(), encoding="utf-8", newline="\n")
    return sum(map(len, made.values()))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent
    print(f"{write(target):,} bytes written below {target}")
