"""``detector check``: whether patterns and detection files are valid.

In: what was typed. Out: a line on stdout for each valid one, the error with its caret on stderr for each
other; exit code 1 if any is wrong, 2 if one cannot be read.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from detector.cli.run import FAILED, UsageError, complain
from detector.detections import load_detection, shipped, variants
from detector.errors import DetectorError
from detector.pattern import compile as compile_pattern
from detector.report.printable import printable

if TYPE_CHECKING:
    import argparse

WRONG = 1
_LIKE_A_FILE = re.compile(r"[^\s{}\[\]]*(?:\.toml|/[^\s{}\[\]]*)")


def run(args: argparse.Namespace) -> int:
    """Check each argument, all of them; the worst exit code."""
    if args.list:
        return _list()
    if not args.checked:
        raise UsageError("expected a PATTERN or a FILE to check, or --list")
    return max([_check(one) for one in args.checked])


def _list() -> int:
    names = shipped()
    width = max(map(len, names), default=0)
    for name in names:
        sys.stdout.write(f"{name:<{width}}  {printable(load_detection(name).title)}\n")
    return 0


def _check(asked: str) -> int:
    as_file = is_detection(asked)
    try:
        sys.stdout.write(_detection(asked) if as_file else _pattern(asked))
    except DetectorError as error:
        complain(str(error))
        return FAILED if as_file and not _exists(asked) else WRONG
    return 0


def is_detection(asked: str) -> bool:
    """Whether an argument means a file or a shipped name: it is one, or is written like one."""
    return _exists(asked) or _LIKE_A_FILE.fullmatch(asked) is not None


def _exists(asked: str) -> bool:
    # os.path, because pathlib raises on a text that is too long to be a path
    return os.path.exists(asked) or asked.partition("@")[0].removesuffix(".toml") in shipped()  # noqa: PTH110


def _detection(asked: str) -> str:
    first = load_detection(asked)
    others = [] if "@" in asked else variants(asked)
    for variant in others:
        load_detection(f"{asked}@{variant}")
    also = f", also {', '.join(others)}" if others else ""
    return f"valid: {printable(asked, 400)}: {printable(first.title)}{printable(also, 400)}\n"


def _pattern(asked: str) -> str:
    pattern = compile_pattern(asked)
    return f"valid: {printable(str(pattern), 2000)}\n"
