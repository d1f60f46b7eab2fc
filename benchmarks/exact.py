"""Compare every scan with the truth, minute by minute: ``python benchmarks/exact.py FOLDER…``.

In: archives that corpus.py has written. Out: for each scan and archive what differs, and exit code 1 if anything
does: the minutes of every shipped detection, the files that are named as problems, the number of records.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from corpus import truth_of
from truth import DETECTIONS

from detector.archive import Plan, Source, locate
from detector.detections import load_detection
from detector.metrics.filter import MetricFilter
from detector.scan import plain
from detector.scan.found import Found

Scan: TypeAlias = Callable[[Sequence[MetricFilter], Plan, Iterable[Source]], Found]


def scans() -> dict[str, Scan]:
    """The scans there are."""
    found: dict[str, Scan] = {"plain": plain.scan}
    if importlib.util.find_spec("detector.scan.fast"):
        found["fast"] = importlib.import_module("detector.scan.fast").scan
    if importlib.util.find_spec("detector.scan.processes"):
        processes = importlib.import_module("detector.scan.processes")
        found["fast, 2 processes"] = partial(processes.scan, jobs=2)
    return found


def differences(scan: Scan, folder: Path, names: Iterable[str]) -> list[str]:
    """What a scan of one archive got wrong, in sentences; ``names`` are asked in one pass."""
    truth = json.loads(truth_of(folder).read_text(encoding="utf-8"))
    asked = list(names)
    found = scan([load_detection(name).filters[0] for name in asked], Plan(), locate([str(folder)]).files)
    wrong = [_differs(name, hits, truth) for name, hits in zip(asked, found.hits, strict=True)]
    named = {Path(problem.path).relative_to(folder).as_posix() for problem in found.problems}
    if named != set(truth["broken"]):
        wrong.append(f"problems: {len(named)} files are named, {len(truth['broken'])} are broken")
    if not found.skipped and found.records != truth["records"]:
        wrong.append(f"records: {found.records:,} instead of {truth['records']:,}")
    return [sentence for sentence in wrong if sentence]


def _differs(name: str, hits: Any, truth: dict[str, Any]) -> str:
    counted = Counter(time - time % 60 for run in hits.matches.runs for time in run.times)
    right = {int(minute): number for minute, number in truth["minutes"][name].items()}
    same = dict(counted) == right
    return (
        "" if same else f"{name}: {counted.total():,} matches, right are {sum(right.values()):,}, by minute"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="+")
    failed = False
    for folder in parser.parse_args().folder:
        for kind, scan in scans().items():
            # Together and alone: what may be skipped depends on what is asked at once.
            for names in (tuple(DETECTIONS), ("cis/cloudwatch-2",), ("cis/cloudwatch-5",)):
                begin = time.perf_counter()
                wrong = differences(scan, folder, names)
                took = time.perf_counter() - begin
                said = "exact" if not wrong else "WRONG: " + "; ".join(wrong)
                print(f"{folder.name}, {kind}, {len(names)} detections: {said} ({took:.1f} s)")
                failed = failed or bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
