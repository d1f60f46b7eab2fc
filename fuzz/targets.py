"""Fuzz targets in Python: inputs of the tests, spoilt by Hypothesis, for a number of seconds.

In: the name of a target, seconds. Out: an error with the smallest input that was found, or nothing. The claims: what a user
hands in is answered or is a `DetectorError`, never another error; what is written reads back equal; the compiled pattern
and the fast scan answer as the plain ones do.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from hypothesis import HealthCheck, given, settings  # noqa: E402 - the tests are found there
from hypothesis import strategies as st  # noqa: E402 - the same
from hypothesis.database import DirectoryBasedExampleDatabase  # noqa: E402 - the same

import detector  # noqa: E402 - the same
from detector.archive import Source  # noqa: E402 - the same
from detector.detections import toml  # noqa: E402 - the same
from detector.errors import DetectorError  # noqa: E402 - the same
from detector.lint import lint  # noqa: E402 - the same
from detector.pattern.evaluate import evaluate  # noqa: E402 - the same
from tests import scans  # noqa: E402 - the same
from tests import test_archive_containers as containers  # noqa: E402 - the same
from tests import test_scan_odd_files as odd  # noqa: E402 - the same
from tests import test_scan_spoilt_files as files  # noqa: E402 - the same
from tests.exports import EXPORTS  # noqa: E402 - the same
from tests.strategies import EVENTS  # noqa: E402 - the same

Text = TypeVar("Text", str, bytes)
ROUND = 300
"""Inputs between two looks at the clock."""
LARGEST = 4_000
"""Bytes of a seed."""


def spoilt(seeds: Sequence[Text], pieces: Sequence[Text]) -> st.SearchStrategy[Text]:
    """One of the seeds, in which some places are replaced by pieces, its own or others'."""
    edit = st.tuples(st.integers(0, LARGEST), st.integers(0, 12), st.sampled_from(pieces))

    def edited(seed: Text, edits: list[tuple[int, int, Text]]) -> Text:
        for place, removed, piece in edits:
            start = place % (len(seed) + 1)
            seed = seed[:start] + piece + seed[start + removed :]
        return seed

    return st.builds(edited, st.sampled_from(seeds), st.lists(edit, max_size=4))


def rows(name: str, key: str) -> list[str]:
    table = HERE.parent / "tests" / "tables" / name
    return [json.loads(line)[key] for line in table.read_text("utf-8").splitlines()]


PATTERNS = sorted({*rows("filter_cases.jsonl", "pattern"), *rows("wild_patterns.jsonl", "pattern")})
TOKENS = (
    *("{", "}", "(", ")", "[", "]", "[*]", ".*", "$.", "$", "&&", "||", "=", "!=", "<", ">=", "%", "*", '"', '\\"', "\\", "?", "-", ","),
    *("...", " IS NULL", " NOT EXISTS", " IS TRUE", "1e400", "-0.0", "0x1", "ü", "\0", "\u2028", "\ud800", "\t\n", "a" * 300, "(" * 80, "%(a+)+b%"),
)  # fmt: skip


@given(spoilt(PATTERNS, TOKENS), EVENTS)
def patterns(text: str, event: dict[str, Any]) -> None:
    try:
        pattern = detector.compile(text)
    except DetectorError:
        return
    if pattern.json is None:
        pattern.matches(json.dumps(event))
    else:
        assert pattern.matches(json.dumps(event)) is evaluate(pattern.json, event), text
        assert detector.compile(str(pattern)).json == pattern.json
    list(lint(pattern))


SHIPPED = [
    path.read_text("utf-8")
    for path in sorted((HERE.parent / "patterns").rglob("*.toml"))
    if ".test" not in path.name
]
KEYS = (
    *("[alarm]\n", "[metric]\n", "[[filter]]\n", "[metric.dimensions]\n", "period = 60\n", 'value = "$.x"\n', "default = 0\n", "statistic = 'p99.9'\n"),
    *("datapoints_to_alarm = 3\n", "evaluation_periods = 99999999999\n", "threshold = nan\n", "= [", "]", "'''", '"', "\\u00e9", "\n", "#", "1979-05-27", "-1", "inf", "{", "true", "\0", "é"),
)  # fmt: skip


@given(spoilt(SHIPPED, KEYS))
def detections(text: str) -> None:
    try:
        detection = toml.read(text, "fuzz")
    except DetectorError:
        return
    written = toml.write(detection)
    assert toml.write(toml.read(written, "fuzz")) == written


def _bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")


STORED = [
    *(_bytes(text) for text, _ in [*containers.CONTAINERS.values(), *containers.BROKEN.values()]),
    *(make() for make in EXPORTS.values()),
    *odd.RAW.values(),
    *(data for data in odd.WHOLE.values() if len(data) < LARGEST),
]  # fmt: skip
NATIVE = [files.PATTERNS[0], *odd.FILTERS[:2]]


@given(spoilt(STORED, files.PIECES), st.booleans(), st.sampled_from(sorted(odd.PLANS)))
def archives(data: bytes, packed: bool, plan: str) -> None:  # noqa: FBT001 - Hypothesis draws it
    with TemporaryDirectory() as folder:
        path = Path(folder, "file.json.gz")
        path.write_bytes(gzip.compress(data, 1) if packed else data)
        source = Source(str(path), path.stat().st_size, scans.ACCOUNT, scans.REGION, scans.DELIVERED)
        for text in NATIVE:
            scans.agree(scans.plan(text, **odd.PLANS[plan]), [source])


TARGETS: dict[str, Callable[[], None]] = {
    target.__name__: target for target in (patterns, detections, archives)
}


def run(name: str, seconds: float, found: Path) -> None:
    """Draw inputs until the time is over; those that failed are kept in ``found`` and tried first the next time."""
    rounds = settings(
        max_examples=ROUND,
        deadline=None,
        database=DirectoryBasedExampleDatabase(found),
        suppress_health_check=list(HealthCheck),
    )
    target = rounds(TARGETS[name])
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        target()
        count += ROUND
    print(f"{name}: {count} inputs")


if __name__ == "__main__":
    run(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
