"""From options to what a job is given (a plan, a scan, a progress bar), and problems to stderr."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.archive import Clock, LogGroup, Plan, Problem, Progress, Selection
from detector.archive.access import S3, Access
from detector.archive.clock import settled
from detector.archive.extent import latest, recent
from detector.cli import speed
from detector.cli.console import UsageError, complain, unless_closed
from detector.cli.progress import bar
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    import argparse

    from detector.detections import Detection
    from detector.detections.alarmed import Alarmed
    from detector.detections.configuration import Configuration
    from detector.detections.given import Given
    from detector.jobs.emptiness import Emptiness
    from detector.render.kit.html import Scripts

NAMED = 1_000
NAMED_REMARKS = 20


def detections(args: argparse.Namespace) -> list[Detection]:
    """The detections of ``--detection``, those of composites included."""
    from detector.detections.alarms import with_children

    return with_children(alarms(args))[0]


def with_neighbours(args: argparse.Namespace) -> list[Detection]:
    """The same, and behind them all that their configurations define, also where ``#ID`` asks for one alarm of it."""
    return [*detections(args), *neighbours(args.detection, given(args))]


def neighbours(asked: Sequence[str], given: Given) -> Sequence[Detection]:
    """All detections of the configurations in question, whichever of them are asked for."""
    from detector.detections.asked import alarmed

    _, configuration = alarmed(asked, given)
    return configuration.detections if configuration else ()


def alarms(args: argparse.Namespace) -> list[Alarmed]:
    """The detections and composite alarms of ``--detection``, of which there has to be one."""
    from detector.detections.alarms import alarms_of
    from detector.detections.catalogue import names_detection

    if not args.detection:
        meant = [path for path in args.paths if path.endswith(".toml") or names_detection(path)]
        name = next((path for path in meant if not Path(path).is_dir()), "")
        hint = f": write -d {name}" if name else ", such as -d cis/cloudwatch-1 (detector check --list)"
        raise UsageError(f"expected --detection FILE-OR-NAME{hint}")
    return alarms_of(configured(args, args.detection))


def configured(args: argparse.Namespace, asked: Sequence[str]) -> list[Any]:
    """What is asked for, with the detections of configurations in the place of these.

    On stderr: what they define and is left out, which `failed` makes an exit code of.
    """
    from detector.detections.asked import alarmed

    items, configuration = alarmed(asked, given(args))
    if configuration is None:
        if args.parameter or args.var_file:
            raise UsageError(
                "expected --parameter and --var-file with Terraform or a CloudFormation template"
            )
        return items
    if not items:
        raise configuration.nothing()
    args.left_out = len(configuration.losses)
    if not args.quiet:
        name_remarks(configuration, everything=args.verbose)
    return items


def given(args: argparse.Namespace) -> Given:
    """What configurations leave open, by ``--parameter`` and ``--var-file``."""
    from detector.detections.given import Given

    return Given(dict(args.parameter), tuple(args.var_file))


def several(args: argparse.Namespace, typed: str) -> Any:
    """What is asked for: the detections of a configuration, anything else as it was typed."""
    from detector.detections.asked import is_configuration

    return configured(args, [typed]) if is_configuration(typed) else typed


def one(args: argparse.Namespace, typed: str) -> Detection | str:
    """What is asked for where there can be one: the detection of a configuration, anything else as it was typed."""
    from detector.detections.asked import is_configuration, only

    return only(typed, given(args)) if is_configuration(typed) else typed


def name_remarks(configuration: Configuration, *, everything: bool) -> None:
    """The first remarks about configurations on stderr: what is left out, or everything."""
    remarks = configuration.remarks if everything else configuration.losses
    with unless_closed(sys.stderr):
        for remark in remarks[:NAMED_REMARKS]:
            sys.stderr.write(f"detector: {remark.subject}: {printable(str(remark), 600)}\n")
        if len(remarks) > NAMED_REMARKS:
            sys.stderr.write(
                f"detector: and {len(remarks) - NAMED_REMARKS:,} more (detector check names them)\n"
            )


def plan(args: argparse.Namespace, *, timed: bool = True, optional: bool = False) -> Plan:
    """Which records of which inputs are asked for, by the options of any verb that has those of `options.archive`.

    Without a PATH it is a pipe on standard input; with ``optional`` it is nothing. See `Plan` for ``timed``.
    """
    if args.last is not None and (args.start is not None or args.end is not None):
        raise UsageError("expected --last or --from and --to, not both")
    options = vars(args)
    if args.start is not None and args.end is not None and args.start >= args.end:
        raise UsageError("expected --from to be earlier than --to, which is the first time left out")
    _check_clock(args)
    if not args.paths and not optional and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError(
            f"expected a PATH to read, or a pipe on standard input (try: detector {args.verb} --help)"
        )
    asked = Plan.of(
        Plan(
            paths=tuple(args.paths) if args.paths or optional else ("-",),
            clock_open=args.clock is None and not args.delay,
            timed=timed,
        ),
        selection=Selection(frozenset(args.account), frozenset(args.region), args.start, args.end),
        clock=Clock(args.clock or Clock.EVENT),
        delay=args.delay,
        dedupe=options.get("dedupe", False),
        limit=args.max_file_size,
        log_group=LogGroup(
            account=options.get("log_group_account") or "", region=options.get("log_group_region") or ""
        ),
        access=Access(
            args.endpoint_url or "", requester_pays=args.request_payer, unsigned=args.no_sign_request
        ),
    )
    asked = _settled(asked, args.last)
    if asked.paths and not args.quiet:
        speed.say_what_is_broken()
    if args.verbose and asked.paths:
        _say_what_is_read(asked)
    return asked


def _check_clock(args: argparse.Namespace) -> None:
    """`UsageError` for a delay that the clock has not."""
    is_drawn = isinstance(args.delay, str)
    if args.delay and args.clock == "delivery" and not is_drawn:
        raise UsageError("expected --delay with --clock event: the delivery time already has the delay in it")
    if is_drawn and args.clock == "event":
        raise UsageError(
            f"expected --delay {args.delay} without --clock event: it draws times of delivery; a span such as 5m shifts eventTime"
        )


def _settled(asked: Plan, last: int | None) -> Plan:
    """The same of so long before the last record; its clock is settled before, and before delays like its own are drawn."""
    if not asked.paths or (last is None and not (asked.delays and asked.delays.is_open)):
        return asked
    looked_at = asked if last is None else recent(asked, last)
    asked = settled(asked, looked_at.locate().files)
    end = None if last is None else latest(asked)
    if last is None or end is None:
        return asked
    return replace(asked, selection=asked.selection.within(end - last, asked.selection.end))


def _say_what_is_read(asked: Plan) -> None:
    from detector.quantities import count, minute

    located = asked.locate()
    size = sum(source.size for source in located.files)
    left_out = ", ".join(f"{number:,} {kind}" for kind, number in sorted(located.left_out.items()))
    complain(
        f"reading {', '.join(asked.paths)}: {count(len(located.files), 'file')}, {size:,} bytes as stored"
        + (f"; left out: {left_out}" if left_out else "")
    )
    chosen = asked.selection
    for option, moment in (("from", chosen.start), ("to", chosen.end)):
        if moment is not None:
            complain(f"records {option} {minute(datetime.fromtimestamp(moment, UTC))} UTC")


def scan(args: argparse.Namespace, *, strict: bool = False) -> Any:
    """The scan of an archive, with the processes or on the cluster that was asked for, over the store that was asked for.

    ``strict`` is for whoever needs every record decoded, as ``--strict`` asks for.
    """
    from detector.scan import processes

    strict = strict or args.strict
    if args.scheduler is not None and args.jobs is not None:
        raise UsageError("expected --jobs or --scheduler, not both")
    scanned: Any = functools.partial(processes.scan, jobs=args.jobs)
    if args.scheduler is not None:
        from detector.scan import cluster

        scanned = functools.partial(cluster.scan, client=args.scheduler)
    if args.cache is None:
        return speed.watched(args, functools.partial(scanned, strict=strict or None))
    from detector.cache.kept import Kept
    from detector.cache.store import Store

    say = (lambda _: None) if args.quiet else complain
    kept = Kept(Store.open(Path(args.cache)), scanned, strict=strict, say=say, verbose=args.verbose)
    return speed.watched(args, kept)


def scripts(args: argparse.Namespace) -> Scripts | None:
    """The scripts of the page of ``--html``, begun before anything is read; None where none is asked for."""
    if not args.html:
        return None
    from importlib.util import find_spec

    if not all(map(find_spec, ("altair", "jinja2", "vl_convert"))):
        said = "expected the extra report for --html: pip install 'cloudtrail-detector[report]' installs it"
        raise UsageError(said)
    from detector.render.kit.html import Scripts

    return Scripts()


def windowed(args: argparse.Namespace, asked: Sequence[str | Alarmed]) -> list[Alarmed]:
    """What is asked for, with the windows that `options.window` lays, where it does."""
    from detector.detections.alarms import alarms_of

    if args.time_zone and args.window != "wall-clock":
        raise UsageError("expected --time-zone with --window wall-clock")
    return [_laid(args, one) for one in alarms_of(asked)]


def _laid(args: argparse.Namespace, one: Alarmed) -> Alarmed:
    from detector.detections import Detection
    from detector.errors import DetectionError, SettingsError

    if not isinstance(one, Detection):
        return replace(one, alarms={name: _laid(args, child) for name, child in one.alarms.items()})
    try:
        return replace(one, alarm=one.alarm.laid(window=args.window, time_zone=args.time_zone))
    except SettingsError as error:
        raise DetectionError(one.path, "--window", error.reason) from None


def progress(
    args: argparse.Namespace, plan: Plan, *, quiet: bool = False
) -> AbstractContextManager[Progress | None]:
    """A progress bar over the inputs of a plan, on a terminal and unless ``--quiet``."""

    def total() -> tuple[int, int]:
        sources = plan.locate().files
        return len(sources), sum(source.size for source in sources)

    what = "objects" if all(path.startswith(S3) for path in plan.paths) else "files"
    return bar(total, what, quiet=quiet or args.quiet or not plan.paths)


def failed(
    args: argparse.Namespace, problems: Sequence[Problem], empty: Emptiness | None, *, named: bool = False
) -> bool:
    """Whether the inputs are no evidence for what a verb has said, which then ends with `Exit.FAILED`.

    On stderr: what could not be read, unless the report has ``named`` it, and else why no record was looked at.
    """
    unread = [problem for problem in problems if problem.means_unread]
    if not named and not args.quiet:
        name_problems(unread)
    if empty is not None and not unread and not args.allow_empty:
        complain(f"{empty}; --allow-empty accepts that")
        return True
    return bool(unread) or bool(getattr(args, "left_out", 0))


def name_problems(problems: Sequence[Problem]) -> None:
    """The first problems on stderr, one line each, and how many more there are."""
    with unless_closed(sys.stderr):
        for problem in problems[:NAMED]:
            sys.stderr.write(f"detector: {printable(problem.path, 400)}: {printable(problem.reason, 400)}\n")
        if len(problems) > NAMED:
            sys.stderr.write(f"detector: and {len(problems) - NAMED:,} more that could not be read\n")
