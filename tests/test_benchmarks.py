"""The corpus generator tells the truth about what it writes, and the harness tells right from wrong."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from detector.archive import Plan, locate
from detector.detections import load_detection, shipped
from detector.scan import plain

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def write(folder: Path, *more: str, seed: int = 5) -> dict[str, Any]:
    size = ("--megabytes", "2", "--processes", "1", "--seed", str(seed))
    subprocess.run([sys.executable, BENCHMARKS / "corpus.py", "--out", folder, *size, *more], check=True)
    truth: dict[str, Any] = json.loads((folder.parent / f"{folder.name}.truth.json").read_text())
    return truth


@pytest.fixture(scope="module", params=["ordinary", "awkward"])
def corpus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("benchmarks") / request.param
    return folder, write(folder, *(["--awkward"] if request.param == "awkward" else []))


def test_the_truth_is_about_every_shipped_detection(corpus: tuple[Path, dict[str, Any]]) -> None:
    assert sorted(corpus[1]["minutes"]) == sorted(shipped())


def test_the_plain_scan_finds_the_truth(corpus: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = corpus
    filters = [load_detection(name).filters[0] for name in shipped()]
    found = plain.scan(filters, Plan(), locate([str(folder)]).files)
    minutes = {
        name: {
            str(minute): count
            for minute, count in sorted(
                Counter(t - t % 60 for run in hits.matches.runs for t in run.times).items()
            )
        }
        for name, hits in zip(shipped(), found.hits, strict=True)
    }
    assert minutes == truth["minutes"]
    assert found.records == truth["records"]
    assert {Path(one.path).relative_to(folder).as_posix() for one in found.problems} == set(truth["broken"])


def test_an_awkward_corpus_has_damage_and_an_ordinary_one_none(corpus: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = corpus
    assert bool(truth["broken"]) == (folder.name == "awkward")


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(tmp_path / name, seed=seed)
    a, b, c = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.gz")} for n in "abc"
    )
    assert a == b
    assert not a.keys() & c.keys()


def test_the_shape_is_that_of_cloudtrail(tmp_path: Path) -> None:
    truth = write(tmp_path / "one")
    files = list((tmp_path / "one").rglob("*.json.gz"))
    texts = [gzip.decompress(path.read_bytes()) for path in files]
    usual = [text.startswith(b'{"Records":[{"eventVersion":') and text.endswith(b"]}") for text in texts]
    assert sum(usual) > len(usual) / 2
    assert sum(not text.isascii() for text in texts) > len(texts) / 3
    assert {"1.08", "1.05"} <= {json.loads(text)["Records"][0]["eventVersion"] for text in texts}
    assert 5.6 <= truth["unpacked"] / truth["stored"] <= 8.7
    assert 0.15 <= truth["matches"]["cis/cloudwatch-2"] / truth["records"] <= 0.22
    assert 0 < truth["matches"]["cis/cloudwatch-5"] < 10


def bench(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [
        BENCHMARKS / "run.py",
        "--corpus",
        folder,
        "--tenth",
        folder,
        "--rounds",
        "1",
    ]
    return subprocess.run([sys.executable, *command, *more], capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="the harness needs wait4")
def test_a_right_answer_is_shown_as_right_and_a_wrong_one_as_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    truth = write(folder)
    asked = ("--question", "frequent", "--only", "detector --jobs 1")
    right = bench(folder, *asked)
    assert right.returncode == 0, right.stderr
    assert "| right |" in right.stdout
    assert "wrong" not in right.stdout
    truth["matches"]["cis/cloudwatch-2"] += 1
    (tmp_path / "one.truth.json").write_text(json.dumps(truth))
    wrong = bench(folder, *asked)
    assert wrong.returncode == 1
    assert "| right |" not in wrong.stdout
    assert "**wrong**: cis/cloudwatch-2" in wrong.stdout


WRITTEN = """\
from pathlib import Path
import chart, pages
from run import Row, TITLES
row = lambda name, ratio, **more: Row(**{"question": "rare", "archive": "A", "name": name, "wall": 1, "cpu": 1, "peak": 1,
    "ratio": ratio, "slowest": 1, "wrong": "", "limit": False, "ours": False} | more)
rows = [row("base", 1, limit=True), row("detector", 1.25, ours=True), row("detector, one core", 2.5, ours=True),
    row("DuckDB, 2 threads", 4, wrong="7"), row("jq", 30, archive="B")]
chart.draw(rows, TITLES, Path("chart.svg"))
page = Path("page.md")
for path, names in {pages.README: ("table", "parts"), pages.FRONT: ("headline",), pages.PERFORMANCE: ("summary", "parts", "verbs")}.items():
    page.write_text(path.read_text("utf-8"), "utf-8")
    for name in names:
        pages.write_between(page, name, pages.summary(rows, TITLES))
"""


def test_figures_are_written_between_the_markers_of_each_page(tmp_path: Path) -> None:
    known = {**os.environ, "PYTHONPATH": str(BENCHMARKS)}
    subprocess.run((sys.executable, "-c", WRITTEN), cwd=tmp_path, env=known, check=True)
    page = (tmp_path / "page.md").read_text("utf-8")
    assert (
        page.count(
            "| A rare detection: cis/cloudwatch-5, a handful of records | 2.50 | 1.25 | wrong |  | 1.5, 0.9 |"
        )
        == 3
    )
    picture = (tmp_path / "chart.svg").read_text("utf-8")
    assert all(text in picture for text in ("detector, one core", "1.25", "4.00 wrong answer", "jq ¹", "30"))
