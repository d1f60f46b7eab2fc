"""``detector replay``: detections over an archive, and the report.

In: the parsed options. Out: the report on stdout; exit code 2 when something could not be read, after
finishing the rest.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.alarm import WallClock
from detector.archive import Located, Selection, locate
from detector.cli import inputs
from detector.cli.progress import bar
from detector.cli.run import FAILED, UsageError, unless_closed
from detector.detections import Detection, load_detection
from detector.errors import DetectionError, SettingsError
from detector.jobs.replay import Replay, replay, with_window
from detector.render import facts, text
from detector.render.style import Style
from detector.scan import workers
from detector.why import SAMPLE, Why, whys

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Replay and report; the exit code."""
    _check(args)
    detections = [_detection(one, args) for one in args.detection]
    named, selection = inputs.paths(args), inputs.selection(args)
    with inputs.stdin_again(named):
        replays = _replays(args, detections, named, selection)
        why = _why(args, replays, named, selection)
        report = _report(args.format, replays, why)
    with unless_closed(sys.stdout):
        sys.stdout.write(report)
    return _named(args, replays)


def _check(args: argparse.Namespace) -> None:
    if args.delay and args.clock == "delivery":
        raise UsageError("expected --delay with --clock event: the delivery time already has the delay in it")
    if args.time_zone and args.window != "wall-clock":
        raise UsageError("expected --time-zone with --window wall-clock")


def _detection(asked: str, args: argparse.Namespace) -> Detection:
    detection = load_detection(asked)
    if args.window is None:
        return detection
    try:
        window = None if args.window == "sliding" else WallClock(args.time_zone or "UTC")
        return with_window(detection, window)
    except SettingsError as error:
        raise DetectionError(asked, "--window", error.reason) from None


def _replays(
    args: argparse.Namespace, detections: Sequence[Detection], named: Sequence[str], selection: Selection
) -> list[Replay]:
    with bar(lambda: _total(locate(named, selection)), quiet=args.quiet) as progress:
        return replay(
            detections,
            named,
            clock=args.clock,
            delay=args.delay,
            selection=selection,
            dedupe=args.dedupe,
            limit=args.max_file_size,
            scan=functools.partial(workers.scan, jobs=args.jobs, strict=args.strict, standby=args.standby),
            progress=progress,
        )


def _total(located: Located) -> tuple[int, int]:
    return len(located.files), sum(file.size for file in located.files)


def _why(
    args: argparse.Namespace, replays: Sequence[Replay], named: Sequence[str], selection: Selection
) -> dict[int, Why]:
    """For each replay without a match, by its place, why; a second pass for all of them together."""
    silent = [i for i, one in enumerate(replays) if not len(one.matches)]
    if not silent:
        return {}
    with bar(lambda: _total(locate(named, selection)), quiet=args.quiet) as progress:
        found = whys(
            [replays[i].detection.filter.pattern for i in silent],
            named,
            clock=args.clock,
            delay=args.delay,
            selection=selection,
            limit=args.max_file_size,
            sample=None if args.strict else SAMPLE,
            progress=progress,
        )
    return dict(zip(silent, found, strict=True))


def _report(form: str, replays: Sequence[Replay], why: dict[int, Why]) -> str:
    explained = [(one, why.get(i)) for i, one in enumerate(replays)]
    match form:
        case "json":
            return facts.as_json(explained)
        case "ndjson":
            return facts.as_ndjson(explained)
        case _:
            return text.report(explained, Style.of(sys.stdout))


def _named(args: argparse.Namespace, replays: Sequence[Replay]) -> int:
    """The exit code; the text report names the problems itself."""
    unread = inputs.unread(replays[0].problems)
    if args.format != "text" and not args.quiet:
        inputs.name_problems(unread)
    return FAILED if unread else 0
