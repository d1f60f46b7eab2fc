"""``detector backtest``: an alarm's settings over an archive, and which to choose.

In: the parsed options. Out: the report, or one row a setting, on stdout or in a file; exit code 1 when the
present setting of a detection breaks its budget, 2 when something could not be read.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.archive import Located, Selection, locate
from detector.cli import inputs
from detector.cli.backtest_terms import terms
from detector.cli.progress import bar
from detector.cli.run import FAILED, UsageError, complain, unless_closed
from detector.detections import Detection, load_detection
from detector.jobs.backtest import Backtest, Terms, backtest_metric, backtests
from detector.jobs.metric_data import load_metric
from detector.render import backtest as text
from detector.render import backtest_budget, backtest_rows
from detector.render.backtest_table import refused
from detector.render.backtest_words import doubts, no_evidence
from detector.render.style import Style
from detector.scan import workers

if TYPE_CHECKING:
    import argparse

BROKEN = 1


def run(args: argparse.Namespace) -> int:
    """Sweep and report; the exit code."""
    _check(args)
    detections = [load_detection(one) for one in args.detection]
    asked = [(one, terms(args, one)) for one in detections]
    tests = [_metric(args, *asked[0])] if args.metric else _archive(args, asked)
    with unless_closed(sys.stdout):
        _write(args, tests)
    with unless_closed(sys.stderr):
        _complain(args, tests)
    return _verdict(tests)


def _check(args: argparse.Namespace) -> None:
    if args.delay and args.clock == "delivery":
        raise UsageError("expected --delay with --clock event: the delivery time already has the delay in it")
    if args.metric and (args.paths or len(args.detection) > 1):
        more = "a PATH" if args.paths else "several --detection"
        raise UsageError(f"expected --metric FILE or {more}, not both: it is the metric of one detection")
    if args.format == "parquet" and not args.output and sys.stdout.isatty():
        raise UsageError("expected --output FILE, or standard output into a file, for parquet")


def _archive(args: argparse.Namespace, asked: Sequence[tuple[Detection, Terms]]) -> list[Backtest]:
    named, selection = inputs.paths(args), inputs.selection(args)
    with (
        inputs.stdin_again(named),
        bar(lambda: _total(named, selection), quiet=args.quiet) as progress,
    ):
        return backtests(
            asked,
            named,
            clock=args.clock,
            delay=args.delay,
            selection=selection,
            dedupe=args.dedupe,
            limit=args.max_file_size,
            scan=functools.partial(workers.scan, jobs=args.jobs, strict=args.strict, standby=args.standby),
            progress=progress,
        )


def _total(named: Sequence[str], selection: Selection) -> tuple[int, int]:
    located: Located = locate(named, selection)
    return len(located.files), sum(file.size for file in located.files)


def _metric(args: argparse.Namespace, detection: Detection, asked: Terms) -> Backtest:
    selection = inputs.selection(args)
    return backtest_metric(detection, asked, load_metric(args.metric), selection.start, selection.end)


def _write(args: argparse.Namespace, tests: Sequence[Backtest]) -> None:
    if args.format == "text":
        style = Style() if args.output else Style.of(sys.stdout)
        written = text.report(tests, style, args.rows).encode()
    else:
        written = backtest_rows.FORMATS[args.format](tests)
    if args.output:
        Path(args.output).write_bytes(written)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()


def _complain(args: argparse.Namespace, tests: Sequence[Backtest]) -> None:
    """On stderr: what breaks a budget, and what could not be read where no report says so."""
    for test in tests:
        for lines in backtest_budget.complaints(test):
            complain("\n".join(lines))
        if not args.quiet:
            _warn(args, test)
    if args.format != "text" and not args.quiet:
        inputs.name_problems(inputs.unread(tests[0].reading.problems))


def _warn(args: argparse.Namespace, test: Backtest) -> None:
    """What makes the figures say less than they seem to; and for machines what a report has in its text."""
    lacking = no_evidence(test)
    told = [f"warning: {lacking}"] if lacking else []
    told += [f"warning: {doubt}" for doubt in doubts(test)]
    if args.format != "text":
        told += [f"left out, since CloudWatch would refuse it: {line}" for line in refused(test)]
    for one in told:
        complain(f"{test.detection.name}: {one}")


def _verdict(tests: Sequence[Backtest]) -> int:
    """The exit code."""
    if any(test.choice.broken or test.choice.unproven for test in tests):
        return BROKEN
    return FAILED if inputs.unread(tests[0].reading.problems) else 0
