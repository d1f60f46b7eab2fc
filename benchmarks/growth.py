"""How the whole program grows, and how its verbs compare: the tables of `parts`.

In: a corpus. Out: lines of what was asked, seconds, the ratio to a replay of cis/cloudwatch-2 over the same corpus in the
same round, and memory. Everything runs on two cores, as a user calls it.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
from contestants import DETECTOR, Archive
from corpus import CACHE, gzipped, truth_of
from measure import Run, run
from run import archive
from shares import KINDS
from truth import DETECTIONS

from detector.archive import Source, locate, whole
from detector.jsontext import parse_json

FREQUENT, RARE = "cis/cloudwatch-2", "cis/cloudwatch-5"
SPLIT = 20
"""Records of a file, where the same ones are in many files."""
MANY = 100
"""Detections of which each matches something."""
QUIET = ("--quiet", "--format", "json")
ALL = "{ $.eventVersion = * }"
DENIED = '{ $.errorCode = "AccessDenied*" || $.errorCode = "*UnauthorizedOperation" }'
Line = tuple[str, ...]


def growth(asked: Archive, megabytes: float, seed: int, rounds: int) -> Iterator[Line]:
    """A replay over more records, smaller files, more detections, more matches."""
    for share in (0.125, 0.25, 0.5):
        part = archive(megabytes * share, seed)
        yield _against(f"records: {part.records:,}", _replay(part, FREQUENT), asked, rounds)
    yield _against(f"records: {asked.records:,}", _replay(asked, FREQUENT), asked, rounds)
    small = split(asked)
    yield _against(
        f"files: the same records in {small.files:,} instead of {asked.files:,}",
        _replay(small, FREQUENT),
        asked,
        rounds,
    )
    names = list(DETECTIONS)
    yield _against("detections: 1, a rare one", _replay(asked, RARE), asked, rounds)
    for count in (5, len(names)):
        yield _against(f"detections: {count}", _replay(asked, *names[:count]), asked, rounds)
    yield _against(f"detections: {MANY} that match", _replay(asked, str(_many())), asked, rounds)
    yield _against(
        "matches: every record", _replay(asked, str(_detection("every record", ALL))), asked, rounds
    )


def verbs(asked: Archive, rounds: int) -> Iterator[Line]:
    """Every verb that reads an archive, and every kind of pattern that needs more than the common one."""
    folder = str(asked.folder)
    commands: dict[str, tuple[str, ...]] = {
        "replay, two weeks of series and episodes as text": ("replay", folder, "-d", FREQUENT, "--full"),
        "match --count": ("match", DENIED, folder, "--count"),
        "match, records as NDJSON": ("match", DENIED, folder),
        "check --archive": ("check", FREQUENT, "--archive", folder),
        "explain": ("explain", FREQUENT, folder),
        "compare, a large difference": ("compare", '{ $.errorCode = "AccessDenied" }', ALL, folder),
        "backtest": ("backtest", folder, "-d", FREQUENT),
        **{f"match --count, {kind}": ("match", pattern, folder, "--count") for kind, pattern in PATTERNS.items()},
        **{f"replay, {kind}": ("replay", folder, "-d", str(_detection(kind, DENIED, **more)), *QUIET) for kind, more in SETTINGS.items()},
    }  # fmt: skip
    for what, command in commands.items():
        yield _against(what, (DETECTOR, *command), asked, rounds)


PATTERNS = {
    "text": '"AccessDenied" -"GetObject"',
    "a regex": "%AccessDenied|Unauthorized%",
    "space-delimited": "[first, ..., last = *Management*]",
    "any member": '{ $.* = "AccessDenied" }',
    "all of an array": '{ $.resources[*].type = "AWS::S3::Object" }',
}
SETTINGS = {
    "a default value": {"default_value": "0"},
    "a dimension": {"dimensions": '{ Region = "$.awsRegion" }'},
    "a value from the event": {"value": '"$.additionalEventData.bytesTransferredOut"'},
}


def start_up(rounds: int) -> Iterator[Line]:
    """What a user waits for before anything happens."""
    python = (sys.executable, "-c", "pass")
    for command in (python, (DETECTOR, "--version"), (DETECTOR, "check", FREQUENT)):
        shown = " ".join(["python -c pass"] if command is python else ["detector", *command[1:]])
        runs = [_run(command) for _ in range(max(5, rounds))]
        yield shown, f"{statistics.median(run.wall for run in runs):.3f}", _memory(runs)


def _replay(asked: Archive, *names: str) -> tuple[str, ...]:
    given = [part for name in names for part in ("-d", name)]
    return (DETECTOR, "replay", str(asked.folder), *given, *QUIET)


def _against(what: str, command: tuple[str, ...], base: Archive, rounds: int) -> Line:
    """A command and the base in turns."""
    pairs = [(_run(_replay(base, FREQUENT)), _run(command)) for _ in range(rounds)]
    wall = statistics.median(done.wall for _, done in pairs)
    ratio = statistics.median(done.wall / first.wall for first, done in pairs)
    return what, f"{wall:.2f}", f"{ratio:.2f}", _memory([done for _, done in pairs])


def _memory(runs: Sequence[Run]) -> str:
    return f"{max(run.peak for run in runs) / 1e6:.0f} MB"


def _run(command: tuple[str, ...]) -> Run:
    done = run(command, CACHE / "output", None, {})
    if done.code not in {0, 1}:  # 1 is an answer: a finding, a difference
        raise SystemExit(f"{' '.join(command[1:3])}: exit code {done.code}: {done.errors}")
    return done


def _detection(name: str, pattern: str, **settings: str) -> Path:
    """A detection file for this pattern; its path."""
    path = CACHE / "detections" / f"{name.replace(' ', '-').replace(':', '-')}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    metric = {"namespace": '"Benchmark"', "name": f'"{path.stem}"', "value": '"1"'} | settings
    lines = [f"{key} = {value}" for key, value in metric.items()]
    filtered = f"title = \"{path.stem}\"\n\n[filter]\nname = \"{path.stem}\"\npattern = '''{pattern}'''\n\n"
    alarm = 'statistic = "Sum"\nperiod = 300\nevaluation_periods = 1\nthreshold = 1\ncomparison_operator = "GreaterThanOrEqualToThreshold"\n'
    path.write_text(
        f'{filtered}[metric]\n{chr(10).join(lines)}\n\n[alarm]\nname = "{path.stem}"\n{alarm}',
        encoding="utf-8",
    )
    return path


def _many() -> Path:
    """A folder with a detection for each of the operations that the corpus has most of."""
    weights: dict[tuple[str, str], float] = {}
    for kind in KINDS:
        named = kind.record["eventSource"], kind.record["eventName"]
        weights[named] = weights.get(named, 0) + kind.weight
    most = sorted(weights, key=lambda named: -weights[named])[:MANY]
    folder = _detection("every record", ALL).parent / "many"
    for source, name in most:
        made = _detection(
            f"many/{source}-{name}", f'{{ $.eventSource = "{source}" && $.eventName = "{name}" }}'
        )
        assert made.parent == folder  # noqa: S101 - names of operations have no slash
    return folder


def records_of(data: bytes) -> list[dict[str, object]]:
    """The records of one file of a corpus."""
    document = parse_json(data)
    assert isinstance(document, dict)  # noqa: S101 - corpus.py writes nothing else
    found: list[dict[str, object]] = document["Records"]
    return found


def split(asked: Archive) -> Archive:
    """The same records in files of at most `SPLIT`."""
    folder = asked.folder.with_name(f"{asked.folder.name}-split")
    truth = json.loads(truth_of(asked.folder).read_text(encoding="utf-8"))
    if (
        not truth_of(folder).is_file()
        or json.loads(truth_of(folder).read_text(encoding="utf-8"))["shape"] != truth["shape"]
    ):
        for file in locate([str(asked.folder)]).files:
            _split_file(file, asked.folder, folder)
        truth["files"] = sum(1 for _ in folder.rglob("*.gz"))
        truth_of(folder).write_text(json.dumps(truth), encoding="utf-8")
    return archive(0, 0, folder)


def _split_file(file: Source, old: Path, new: Path) -> None:
    records = records_of(whole(file) or b"")
    path = new / Path(file.path).relative_to(old)
    path.parent.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(records), SPLIT):
        name = f"{path.name.removesuffix('.json.gz')}{start}.json.gz"
        path.with_name(name).write_bytes(gzipped(orjson.dumps({"Records": records[start : start + SPLIT]})))
