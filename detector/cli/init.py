"""``detector init``: a detection to begin with, and its rule tests.

In: a name. Out: two commented files that ``check`` and ``test`` pass as they are, or the JSON Schema of detection
files on stdout. The claim: a file that is there is never overwritten, and there are two new files or none.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from detector.cli.console import Exit, UsageError, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser

SUMMARY = "write a detection file to begin with, and its tests"
USAGE = "detector init [NAME] | --schema"
ABOUT = """\
Writes NAME.toml, a commented detection that is valid as it stands, and NAME.test.toml, its rule tests.
NAME may have folders in front, which must exist. A file that is there is never overwritten.
"""
EPILOG = """\
examples:
  cd "$(mktemp -d)" && detector init sign-ins && detector test sign-ins.toml
  detector init --schema
"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "name", nargs="?", metavar="NAME", help="of the files, the filter and the alarm (default: detection)"
    )
    verb.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of detection files, for editors"
    )


def run(args: argparse.Namespace) -> int:
    """Write both files, or print the schema."""
    templates = Path(__file__).parents[1] / "detections"
    if args.schema:
        if args.name:
            raise UsageError("expected NAME or --schema, not both")
        with unless_closed(sys.stdout):
            sys.stdout.write((templates / "detection.schema.json").read_text("utf-8"))
        return Exit.DONE
    path = Path((args.name or "detection").removesuffix(".toml"))
    if not _NAME.fullmatch(path.name):
        raise UsageError(
            f"expected a NAME of letters, digits, - and _ that begins with a letter or a digit, found {path.name!r}"
        )
    written = _write(path, templates)
    with unless_closed(sys.stdout):
        sys.stdout.write("".join(f"wrote {new}\n" for new in written))
        sys.stdout.write(f"next: detector check {written[0]}, detector test {written[0]}\n")
    return Exit.DONE


def _write(path: Path, templates: Path) -> list[Path]:
    """Both files; if the second cannot be written, the first is gone again."""
    written: list[Path] = []
    metric = "".join(part[:1].upper() + part[1:] for part in re.split("[-_]", path.name))
    try:
        for suffix in (".toml", ".test.toml"):
            text = (templates / f"starter{suffix}").read_text("utf-8")
            named = text.replace("my-detection", path.name).replace("MyDetection", metric)
            target = path.with_name(path.name + suffix)
            with target.open("x", encoding="utf-8", newline="\n") as file:
                written.append(target)
                file.write(named)
    except OSError as error:
        for target in written:
            target.unlink()
        if isinstance(error, FileExistsError):
            raise UsageError(f"expected no file {error.filename}: nothing is overwritten") from None
        raise UsageError(f"expected to write {error.filename or path}: {error.strerror}") from None
    return written
