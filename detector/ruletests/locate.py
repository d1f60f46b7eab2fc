"""Which test files were asked for: names as typed in, files out, each with the variant it is about (None: all)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.detections import load_detection, shipped
from detector.errors import DetectionError
from detector.ruletests.load import MAIN, SUFFIX


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A test file to run; ``variant`` narrows it to one text of the detection."""

    path: Path
    variant: str | None = None


def files_of(asked: Sequence[str]) -> list[RuleFile]:
    """The files of ``asked`` in order, each once; without any, those of all shipped detections.

    A test file is itself, a folder all test files in it, a detection (a file, a shipped name, ``name@variant``)
    the test file beside it. `DetectionError` where there is none.
    """
    found = [file for one in asked or shipped() for file in _files(one)]
    return list(dict.fromkeys(found))


def _files(asked: str) -> list[RuleFile]:
    path = Path(asked)
    if path.is_dir():
        inside = sorted(path.rglob(f"*{SUFFIX}"))
        if not inside:
            raise DetectionError(asked, "", f"expected test files (*{SUFFIX}) in the folder, found none")
        return [RuleFile(_short(one)) for one in inside]
    if asked.endswith(SUFFIX):
        return [RuleFile(path)]
    beside = _beside(load_detection(asked).path)
    if not beside.is_file():
        raise DetectionError(asked, "", f"expected tests beside the detection, in {beside}")
    base, at, variant = asked.partition("@") if not path.is_file() else (asked, "", "")
    return [RuleFile(_short(beside), (variant or MAIN) if at and base else None)]


def _beside(path: str) -> Path:
    detection = Path(path)
    return detection.with_name(detection.name.removesuffix(".toml") + SUFFIX)


def _short(path: Path) -> Path:
    """As seen from the current folder where it lies in it, so that an editor can open what is printed."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path
