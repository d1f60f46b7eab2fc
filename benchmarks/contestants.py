"""Who is measured, with which command, and how its answer is read.

In: a question, an archive, what is installed. Out: `Contestant`s, and the names of those that are missing. Each one
is given its best: only the fields it needs, the fastest of the ways it offers that were tried.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from measure import CAN_PIN

HERE = Path(__file__).parent
DETECTOR = str(Path(sys.executable).with_name("detector"))
BENCH = HERE.parent / ".venv-bench" / "bin"
SHIPPED = "all"

Counts = dict[str, Counter[int] | int]
"""Detection -> minute -> matches, or only the number of matches where the contestant tells no more."""


class WrongAnswerError(Exception):
    """A contestant that failed, or whose output is not what was expected."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A corpus on disk: its folder, a file with the paths of its files, and the truth about it."""

    folder: Path
    listed: Path
    matches: Mapping[str, int]
    minutes: Mapping[str, Mapping[str, int]]
    unpacked: int
    files: int
    records: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """A command for one question; ``check`` says what is wrong with its output, or nothing."""

    name: str
    command: tuple[str, ...]
    check: Callable[[Path], str]
    tenth: bool = False
    """Whether it is so slow that it is given a tenth of the archive."""
    limit: bool = False
    """Whether it only decompresses."""
    base: bool = False
    """Whether the others are compared with it."""
    ours: bool = False
    cores: int = 2
    """On how many it is kept, with all that it starts."""
    environment: Mapping[str, str] = field(default_factory=dict)


_JQ = {
    "frequent": 'select(.errorCode|type=="string" and (startswith("AccessDenied") or endswith("UnauthorizedOperation")))',
    "rare": 'select(.eventName|IN("CreateTrail","UpdateTrail","DeleteTrail","StartLogging","StopLogging"))',
}
_RG = {
    "frequent": '"errorCode":"(AccessDenied[^"]*|[^"]*UnauthorizedOperation)"',
    "rare": '"eventName":"(CreateTrail|UpdateTrail|DeleteTrail|StartLogging|StopLogging)"',
}
_UNPACK = "xargs -0 -n 1000 {}"


def contestants(
    question: str, names: tuple[str, ...], archive: Archive, *, tenth: bool
) -> tuple[list[Contestant], list[str]]:
    """All that can answer ``question`` over the whole or the tenth of the archive, and what is missing."""
    asked = [*_limits(), *_ours(names, archive)]
    if question in _JQ:
        asked += _peers(question, names[0], archive)
    able = [one for one in asked if one.tenth == tenth or one.base or (one.ours and tenth)]
    here = [one for one in able if _installed(one) and (CAN_PIN or one.cores != 1)]
    return here, sorted({one.name for one in able} - {one.name for one in here})


def _limits() -> list[Contestant]:
    def no_answer(_output: Path) -> str:
        return ""

    unpack = [("libdeflate-gunzip", "libdeflate-gunzip -c"), ("zcat", "zcat")]
    base = next((name for name, _ in unpack if shutil.which(name)), "")
    return [
        Contestant(
            name, ("sh", "-c", f"{_UNPACK.format(how)} >/dev/null"), no_answer, limit=True, base=name == base
        )
        for name, how in unpack
    ]


def _ours(names: tuple[str, ...], archive: Archive) -> list[Contestant]:
    """The program itself, as a user calls it, and the plain scan through the same report."""
    asked = [part for name in names for part in ("-d", name)]
    command = (DETECTOR, "replay", str(archive.folder), *asked, "--format", "json", "--quiet")
    check = _checked(archive, names, _from_report)
    plain = (sys.executable, str(HERE / "peers" / "plain_scan.py"), str(archive.folder), *names)
    made = [Contestant("plain scan, one core", plain, check, tenth=True, ours=True, cores=1)]
    for name, more, cores in (
        ("detector", (), 2),
        ("detector, one core", (), 1),
        ("detector --jobs 1", ("--jobs", "1"), 2),
        ("detector --strict", ("--strict",), 2),
    ):
        made.append(Contestant(name, (*command, *more), check, ours=True, cores=cores))
    return made


def _peers(question: str, name: str, archive: Archive) -> list[Contestant]:
    minutes = _checked(archive, (name,), lambda text: {name: _of_lines(text)})
    total = _checked(archive, (name,), lambda text: {name: sum(int(line) for line in text.split())})
    kept = _checked(archive, (name,), lambda text: {name: _of_records(question, text)})
    jq = f"{_UNPACK.format('libdeflate-gunzip -c')} | jq -r '.Records[] | {_JQ[question]} | .eventTime[:16]'"
    rg = (
        "rg",
        "-z",
        "--no-ignore",
        "--count-matches",
        "--no-filename",
        "-j",
        "2",
        _RG[question],
        str(archive.folder),
    )
    span = ("--from", "2000-01-01", "--to", "2100-01-01")
    made = [
        Contestant("jq", ("sh", "-c", jq), minutes, tenth=True),
        Contestant("ripgrep -z, 2 threads", rg, total, tenth=True),
        Contestant("trailscraper", (str(BENCH / "trailscraper"), "select", "--log-dir", str(archive.folder), *span), kept, tenth=True),
    ]  # fmt: skip
    scripts = {
        "DuckDB": (BENCH / "python", "with_duckdb.py"),
        "polars": (Path(sys.executable), "with_polars.py"),
    }
    for cores in (1, 2):
        for peer, (python, script) in scripts.items():
            command = (str(python), str(HERE / "peers" / script), str(archive.listed), question, str(cores))
            where = "one core" if cores == 1 else "2 threads"
            more = {"POLARS_MAX_THREADS": str(cores)}
            made.append(
                Contestant(
                    f"{peer}, {where}", command, minutes, tenth=cores == 1, cores=cores, environment=more
                )
            )
    return made


def _installed(one: Contestant) -> bool:
    """Whether the program, and in a shell line every program of it, is there."""
    if one.command[0] != "sh":
        return shutil.which(one.command[0]) is not None and _has_module(one)
    words = re.findall(r"libdeflate-gunzip|zcat|jq|xargs", one.command[2])
    return all(shutil.which(word) for word in words)


def _has_module(one: Contestant) -> bool:
    module = {"with_duckdb.py": "duckdb", "with_polars.py": "polars"}.get(Path(one.command[1]).name)
    return module is None or subprocess.run([one.command[0], "-c", f"import {module}"], check=False, capture_output=True).returncode == 0  # fmt: skip


def _checked(
    archive: Archive, names: tuple[str, ...], read: Callable[[str], Counts]
) -> Callable[[Path], str]:
    def check(output: Path) -> str:
        try:
            counts = read(output.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError) as error:
            return f"unreadable: {error}"
        return "; ".join(filter(None, (_difference(archive, name, counts.get(name)) for name in names)))

    return check


def _difference(archive: Archive, name: str, counted: Counter[int] | int | None) -> str:
    right = archive.matches[name]
    if counted is None:
        return f"{name} is missing"
    total = counted if isinstance(counted, int) else counted.total()
    if total != right:
        return f"{name}: {total:,} matches, right are {right:,}"
    minutes = {int(minute): number for minute, number in archive.minutes[name].items()}
    return "" if isinstance(counted, int) or dict(counted) == minutes else f"{name}: in other minutes"


def _from_report(text: str) -> Counts:
    """The matches in the program's own JSON report; `exact.py` compares the minutes."""
    return {one["detection"]: int(one["matches"]) for one in json.loads(text)}


def _of_lines(text: str) -> Counter[int]:
    """Lines of a minute, or of a number of matches and a minute."""
    counted: Counter[int] = Counter()
    for line in text.splitlines():
        *number, minute = line.split()
        counted[_epoch(minute)] += int(number[0]) if number else 1
    return counted


def _of_records(question: str, text: str) -> Counter[int]:
    """The matching ones among all records, which a tool without conditions prints; this is not timed."""
    from truth import DETECTIONS, QUESTIONS  # noqa: PLC0415 - only for this peer

    asks = DETECTIONS[QUESTIONS[question][0]]
    return Counter(_epoch(record["eventTime"][:16]) for record in json.loads(text)["Records"] if asks(record))


@cache
def _epoch(minute: str) -> int:
    from datetime import UTC, datetime  # noqa: PLC0415 - only for peers that tell minutes

    return int(datetime.strptime(minute, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC).timestamp())
