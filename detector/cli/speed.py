"""What makes a run many times slower than it has to be, said on stderr; the answers are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.cli.console import complain
from detector.native import EVIDENCE, SCAN, part
from detector.quantities import count

if TYPE_CHECKING:
    import argparse

    from detector.scan.found import Found

MUCH = 0.5
"""Of the files in native batches, those that were decoded in Python: with more of them the user is told unasked."""


def say_what_is_broken() -> None:
    """Native parts that were compiled and cannot be used: somebody counts on them."""
    broken: dict[str, list[str]] = {}
    for name, what in (SCAN, "scan"), (EVIDENCE, "evidence"):
        native = part(name)
        if native.is_broken:
            broken.setdefault(native.lack, []).append(what)
    for lack, parts in broken.items():
        verb = "is" if len(parts) == 1 else "are"
        complain(
            f"the native {' and '.join(parts)} {verb} {lack}; the answer is the same, but takes many times longer"
        )


def watched(args: argparse.Namespace, scan: Any) -> Any:
    """The same scan, which says how many files it could not read natively: once a run, where they are many."""

    def scanned(*asked: Any, **settings: Any) -> Found:
        found: Found = scan(*asked, **settings)
        few = found.unanswered <= (0 if args.verbose else MUCH * found.files)
        if not few and not args.quiet and not getattr(args, "is_slow", False):
            args.is_slow = True
            complain(
                f"{found.unanswered:,} of {count(found.files, 'file')} could not be read natively and were decoded in "
                "Python; the answer is the same, but takes longer (docs/performance.md)"
            )
        return found

    return scanned
