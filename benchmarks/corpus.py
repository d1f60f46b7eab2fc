"""Write a CloudTrail archive of realistic shape: ``python benchmarks/corpus.py --megabytes 1450 --out FOLDER``.

In: a seed and a size (MB decompressed). Out: ``FOLDER/AWSLogs/…`` as S3 lays it out, and ``FOLDER.truth.json`` beside it:
for each shipped detection the matching records per minute, counted while writing. The same seed and size
give the same bytes, whatever the number of processes. With ``--awkward`` the same records are spelled and
packed in every unusual way (see `awkward`).
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from awkward import Packer
from draws import Template, World, template
from kinds import VERSIONS, as_version
from shares import KINDS, RARE
from truth import Minutes, answers, count, none_yet

CACHE = Path(__file__).parent / ".cache"
START = int(datetime(2025, 3, 3, tzinfo=UTC).timestamp())
ACCOUNTS = ("111122223333", "444455556666")
REGIONS = {"us-east-1": 0.5, "eu-west-1": 0.35, "us-west-2": 0.15}
MEAN_BYTES = 1208
SHAPE = 2
"""Changes with the bytes that a seed gives, so that no older corpus is taken for a new one."""
SLOTS = 288  # of five minutes in a day
LONGEST = 884  # records in one file
UNUSUAL = {
    "a newline at the end": 0.0124,
    "keys sorted": 0.0097,
    "keys in no order": 0.0056,
    "a file name in the header": 0.01,
}
"""Shares of files that are not as CloudTrail writes them, but as publishers and pipelines hand them on."""
_BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Unit:
    """One day of one account in one region; it depends on nothing but itself and the seed."""

    out: Path
    seed: int
    account: str
    region: str
    day: int
    records: int
    rare: int | None
    awkward: bool


@dataclass(slots=True)
class Written:
    """What was written so far, and the truth about it; ``broken`` are the files that hold nothing to trust."""

    files: int = 0
    records: int = 0
    stored: int = 0
    unpacked: int = 0
    minutes: Minutes = field(default_factory=none_yet)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Written) -> None:
        """Take in what another process wrote."""
        self.files += other.files
        self.records += other.records
        self.stored += other.stored
        self.unpacked += other.unpacked
        self.broken += other.broken
        for name, counted in other.minutes.items():
            self.minutes[name].update(counted)


@dataclass(frozen=True, slots=True)
class Line:
    """One record as text, when it happened and when it arrives, and which detections it matches."""

    arrives: float
    time: int
    text: str
    answers: tuple[str, ...]


@cache
def templates(version: str) -> tuple[list[Template], list[float], list[Template]]:
    """All kinds in one version of the record's format, their weights, and the rare ones."""
    kinds, rare = (
        [as_version(one, version) for one in records] for records in ([kind.record for kind in KINDS], RARE)
    )
    made = [template(one, answers(one)) for one in kinds]
    return made, [kind.weight for kind in KINDS], [template(one, answers(one)) for one in rare]


def write_unit(unit: Unit) -> Written:
    """All files of one day, account and region."""
    rng = random.Random(f"{unit.seed} {unit.account} {unit.region} {unit.day}")
    world = World(random.Random(f"{unit.seed} {unit.account}"), unit.account, unit.region)
    world.rng = rng
    packer = Packer(rng) if unit.awkward else None
    written = Written()
    before: list[Line] = []
    sizes = list(_sizes(rng, unit.records, 3.0 if unit.awkward else 5.25))
    rare_file = rng.randrange(len(sizes))
    for number, (slot, size) in enumerate(
        zip(sorted(rng.choices(range(SLOTS), k=len(sizes))), sizes, strict=True)
    ):
        stamp = START + unit.day * 86_400 + slot * 300
        version = rng.choices(list(VERSIONS), [share for share, _ in VERSIONS.values()])[0]
        lines = list(_lines(rng, world, stamp, size, version))
        if unit.rare is not None and number == rare_file:
            lines.insert(size // 2, _rare(rng, world, stamp, unit.rare, version))
        if before and rng.random() < 0.1:  # noqa: PLR2004 - two trails into one bucket deliver some records twice
            lines += before[: len(before) // 3]
        _write(unit, stamp, rng, lines, packer, written)
        before = lines
    if packer:
        _write_digest(unit)
    return written


def _write_digest(unit: Unit) -> None:
    """A file that CloudTrail puts beside its logs; it holds no records, but names that occur in them."""
    when = datetime.fromtimestamp(START + unit.day * 86_400, UTC)
    kind = f"{unit.account}_CloudTrail-Digest_{unit.region}_main_{unit.region}_{when:%Y%m%dT%H%M%S}Z.json.gz"
    folder = unit.out / "AWSLogs" / unit.account / "CloudTrail-Digest" / unit.region / f"{when:%Y/%m/%d}"
    folder.mkdir(parents=True, exist_ok=True)
    digest = {"awsAccountId": unit.account, "digestStartTime": f"{when:%Y-%m-%dT%H:%M:%SZ}", "logFiles": []}
    (folder / kind).write_bytes(gzipped(json.dumps(digest).encode()))


def _sizes(rng: random.Random, records: int, middle: float) -> Iterator[int]:
    """Records per file: many small files, few large ones, until all are placed; ``middle`` is the median's log."""
    while records > 0:
        size = min(LONGEST, records, 1 + int(rng.lognormvariate(middle, 1.0)))
        yield size
        records -= size


def _lines(rng: random.Random, world: World, stamp: int, size: int, version: str) -> Iterator[Line]:
    """The records of one file as they arrive: nearly in time order, and often the same kind again."""
    kinds, weights, _ = templates(version)
    spread = rng.choice((0, 0, 2, 20, 190))
    chosen = rng.choices(kinds, weights, k=size)
    # The stamp is never before an event; half of them are delivered within about four minutes.
    times = sorted(stamp - int(rng.triangular(0, 608, 170)) for _ in range(size))
    made = []
    for place, moment in enumerate(times):
        if place and rng.random() < 0.3:  # noqa: PLR2004 - a caller that repeats itself
            chosen[place] = chosen[place - 1]
        made.append(_line(world, chosen[place], moment, moment + spread * rng.random()))
    return iter(sorted(made, key=lambda line: line.arrives))


def _line(world: World, kind: Template, moment: int, arrives: float) -> Line:
    return Line(arrives, moment, kind.fill(world, _iso(moment)), kind.answers)


def _rare(rng: random.Random, world: World, stamp: int, which: int, version: str) -> Line:
    rare = templates(version)[2]
    moment = stamp - rng.randrange(600)
    return _line(world, rare[which % len(rare)], moment, moment)


@cache
def _minute(number: int) -> str:
    return datetime.fromtimestamp(number * 60, UTC).strftime("%Y-%m-%dT%H:%M:")


def _iso(moment: int) -> str:
    return f"{_minute(moment // 60)}{moment % 60:02}Z"


def _write(
    unit: Unit, stamp: int, rng: random.Random, lines: list[Line], packer: Packer | None, written: Written
) -> None:
    when = datetime.fromtimestamp(stamp, UTC)
    token = "".join(rng.choices(_BASE62, k=16))
    name = f"{unit.account}_CloudTrail_{unit.region}_{when:%Y%m%dT%H%M}Z_{token}.json.gz"
    path = unit.out / "AWSLogs" / unit.account / "CloudTrail" / unit.region / f"{when:%Y/%m/%d}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if packer:
        packed = packer.pack([(line.time, line.text) for line in lines])
        text, data, told = packed.text, packed.data, packed.told
        if packed.broken:
            written.broken.append(str(path.relative_to(unit.out)))
    else:
        text, named = _text(rng, [line.text for line in lines])
        data, told = gzipped(text, name if named else ""), [(line.time, line.answers) for line in lines]
    path.write_bytes(data)
    written.files += 1
    written.records += len(told)
    written.stored += len(data)
    written.unpacked += len(text)
    for moment, names in told:
        count(written.minutes, names, moment)


def _text(rng: random.Random, records: list[str]) -> tuple[bytes, bool]:
    """The content of a file, and whether its name is to be in its header; most are as CloudTrail writes them."""
    unusual = rng.choices(("", *UNUSUAL), (1 - sum(UNUSUAL.values()), *UNUSUAL.values()))[0]
    if unusual.startswith("keys"):
        records = [_in_other_order(rng, text, sort="sorted" in unusual) for text in records]
    end = "\n" if "newline" in unusual else ""
    return ('{"Records":[' + ",".join(records) + f"]}}{end}").encode(), "header" in unusual


def _in_other_order(rng: random.Random, text: str, *, sort: bool) -> str:
    """A record that went through a pipeline."""
    members = list(json.loads(text).items())
    if not sort:
        rng.shuffle(members)
    return json.dumps(dict(members), sort_keys=sort, ensure_ascii=False, separators=(",", ":"))


def gzipped(text: bytes, name: str = "") -> bytes:
    """One gzip member with the header that AWS writes (no flags, no time, system 0), or with that of a tool."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(text) + packer.flush()
    tail = zlib.crc32(text).to_bytes(4, "little") + (len(text) & 0xFFFFFFFF).to_bytes(4, "little")
    head = b"\x08" + b"\0" * 5 + b"\x03" + name.encode() + b"\0" if name else b"\0" * 7
    return b"\x1f\x8b\x08" + head + body + tail


def units(out: Path, seed: int, megabytes: float, *, awkward: bool) -> list[Unit]:
    """The work, in pieces that do not depend on each other."""
    total = megabytes * 1e6 / MEAN_BYTES
    days = max(1, min(14, int(total / 15_000)))
    places = [(account, region, day) for day in range(days) for account in ACCOUNTS for region in REGIONS]
    chosen = random.Random(f"{seed} rare").sample(range(len(places)), min(len(places), len(RARE)))
    per_day = total / days / len(ACCOUNTS)
    return [
        Unit(
            out, seed, account, region, day, max(1, int(per_day * REGIONS[region])), rare.get(place), awkward
        )
        for rare in [{place: which for which, place in enumerate(chosen)}]
        for place, (account, region, day) in enumerate(places)
    ]


def write(out: Path, seed: int, megabytes: float, processes: int, *, awkward: bool = False) -> Written:
    """The whole archive and the truth beside it; what was there before is replaced."""
    shutil.rmtree(out / "AWSLogs", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    written = Written()
    with ProcessPoolExecutor(processes) as pool:
        for done in pool.map(write_unit, units(out, seed, megabytes, awkward=awkward)):
            written.add(done)
    truth = {
        "shape": SHAPE,
        "seed": seed,
        "files": written.files,
        "records": written.records,
        "stored": written.stored,
        "unpacked": written.unpacked,
        "broken": sorted(written.broken),
        "matches": {name: counted.total() for name, counted in written.minutes.items()},
        "minutes": {name: _sorted(counted) for name, counted in written.minutes.items()},
    }
    truth_of(out).write_text(json.dumps(truth), encoding="utf-8")
    return written


def truth_of(out: Path) -> Path:
    """Where the truth about an archive lies: beside it, so that no scan of the folder meets it."""
    return out.parent / f"{out.name}.truth.json"


def _sorted(counted: Counter[int]) -> dict[int, int]:
    return dict(sorted(counted.items()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="default: benchmarks/.cache/corpus-<megabytes>-<seed>")
    parser.add_argument("--megabytes", type=float, default=1450.0, help="decompressed (default: 1450)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--awkward", action="store_true", help="spell and pack the records in every unusual way"
    )
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    kind = "awkward" if asked.awkward else "corpus"
    out = asked.out or CACHE / f"{kind}-{asked.megabytes:g}-{asked.seed}"
    begin = time.perf_counter()
    made = write(out, asked.seed, asked.megabytes, asked.processes, awkward=asked.awkward)
    print(
        f"{out}: {made.files:,} files, {made.records:,} records, {made.unpacked / 1e6:,.0f} MB"
        f" ({made.unpacked / max(1, made.stored):.1f} : 1) in {time.perf_counter() - begin:.0f} s"
    )


if __name__ == "__main__":
    main()
