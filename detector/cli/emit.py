"""Notifications of a replay: where they go, and the command that gets each of them.

In: ``--emit``, ``--exec`` and their companions, and the changes of state. Out: files, lines on standard output, and
what went wrong on stderr. The claim: what was asked for and came to nothing is said; a command that fails is counted.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from detector.cli import values
from detector.cli.console import Exit, UsageError, complain
from detector.cli.output import write, writing
from detector.quantities import count

if TYPE_CHECKING:
    import argparse

    from detector.archive import Plan
    from detector.cli.parser import Parser
    from detector.detections.alarmed import Alarmed
    from detector.jobs.notifications import Place, StateChange
    from detector.jobs.replay import Replays
    from detector.render.notification_json import Kind, Notification

TIMEOUT = 900
"""Seconds that a command may take for one notification, as the longest Lambda function may."""
NAMED = 20
"""Failures that are named, and lines of what a command said."""
STDOUT = "-"


def options(verb: Parser) -> None:
    """The options."""
    group = verb.add_argument_group("notifications (docs/notifications.md)")
    group.add_argument(
        "--emit",
        action="append",
        default=[],
        type=values.emission,
        metavar="KIND=DEST",
        help=f"write what the service would deliver, in time order; KIND is {', '.join(values.KINDS)}; DEST a folder (a "
        "file each), a file (a JSON document a line) or - (in place of the report); may be repeated",
    )
    group.add_argument(
        "--exec",
        dest="command",
        type=values.command,
        metavar="COMMAND",
        help="give each of them to the standard input of a command: a ticket script, or a Lambda handler; DEST may be "
        "left out then",
    )
    group.add_argument(
        "--enrich",
        action="store_true",
        help="add the episode to them: who, what and from where, and its signs",
    )
    group.add_argument(
        "--alarm-account", type=values.account, metavar="ID", help="the account that the alarms are in"
    )
    group.add_argument(
        "--alarm-region", type=values.region, metavar="REGION", help="the region that the alarms are in"
    )


class Emission(NamedTuple):
    """What is asked for, checked before an archive is read."""

    args: argparse.Namespace
    places: Sequence[Place]
    composites: Sequence[Place]
    """Where the detections are, and the composite alarms."""

    @property
    def replaces_report(self) -> bool:
        """Whether standard output is taken."""
        return any(dest == STDOUT for _, dest in self.args.emit)

    def of_replays(self, replays: Replays) -> Exit:
        """Deliver what replays notify."""
        from detector.jobs.composite_notifications import composite_changes
        from detector.jobs.notifications import state_changes

        changes = [state_changes(*one) for one in zip(replays, self.places, strict=True)]
        changes += [composite_changes(*one) for one in zip(replays.composites, self.composites, strict=True)]
        return self.deliver([change for some in changes for change in some])

    def deliver(self, changes: Sequence[StateChange]) -> Exit:
        """Write the notifications of all kinds, run the command for each, and say what came of it."""
        from detector.render import notification_json

        kinds = [notification_json.Kind(kind) for kind, _ in self.args.emit]
        sent = notification_json.notifications(changes, kinds, enriched=self.args.enrich)
        delivered: Counter[Kind] = Counter()
        failures: list[str] = []
        with ExitStack() as stack:
            sinks = _sinks(self.args.emit, stack)
            for one in sent:
                line = _line(one)
                for sink in sinks.get(one.kind, ()):
                    sink(one, line)
                delivered[one.kind] += 1
                if self.args.command and (failure := _failure(self.args, one, line)):
                    failures.append(failure)
        return self._told(changes, {kind: delivered[kind] for kind in kinds}, failures)

    def _told(self, changes: Sequence[StateChange], delivered: dict[Kind, int], failures: list[str]) -> Exit:
        """What became of it on stderr, and the exit code."""
        if not self.args.quiet:
            for reason in _nothing(changes, delivered):
                complain(reason)
            if held := sum(len(change.suppressed) for change in changes):
                complain(f"--emit: {count(held, 'action')} held back")
        if not self.args.command:
            return Exit.DONE
        total = sum(delivered.values())
        if not total:
            complain("--exec: the command was not run, since there is no notification")
            return Exit.DONE if self.args.allow_empty else Exit.FAILED
        for failure in failures[:NAMED]:
            complain(failure)
        if failures or not self.args.quiet:
            complain(f"--exec: {count(total, 'notification')}, {len(failures):,} failed")
        return Exit.NO if failures else Exit.DONE


def asked(args: argparse.Namespace, alarmed: Sequence[Alarmed], plan: Plan) -> Emission | None:
    """What the options ask for, or None; `UsageError` for what cannot be, before anything is read."""
    companions = {
        "--exec": args.command,
        "--enrich": args.enrich,
        "--alarm-account": args.alarm_account,
        "--alarm-region": args.alarm_region,
    }
    if not args.emit:
        typed = {option for option in companions if option[2:].replace("-", "_") not in args.configured}
        given = next((option for option, value in companions.items() if value and option in typed), None)
        if given:
            raise UsageError(f"expected --emit KIND=DEST with {given}")
        return None
    if args.command:
        import shutil

        if shutil.which(args.command[0]) is None:
            raise UsageError(f"expected a command that can be run with --exec, found {args.command[0]!r}")
    for kind, dest in args.emit:
        if not dest and not args.command:
            raise UsageError(f"expected a folder, a file or -: --emit {kind}=DEST")
        if _is_folder(dest) and Path(dest).is_dir() and any(Path(dest).iterdir()):
            raise UsageError(
                f"expected an empty folder or a new one for --emit {kind}, found files in {dest}"
            )
    return Emission(args, *_places(args, alarmed, plan))


def _places(
    args: argparse.Namespace, alarmed: Sequence[Alarmed], plan: Plan
) -> tuple[list[Place], list[Place]]:
    """Where the detections are, and the composites, in the order of a replay."""
    from detector.detections.alarms import with_children
    from detector.errors import SettingsError
    from detector.jobs.composite_notifications import place_of_composite
    from detector.jobs.notifications import place_of

    said = plan, args.alarm_account or "", args.alarm_region or ""
    detections, composites = with_children(alarmed)
    name = ""
    try:
        places, composed = [], []
        for detection in detections:
            name = detection.name
            places.append(place_of(detection, *said))
        for composite in composites:
            name = composite.name
            composed.append(place_of_composite(composite, *said))
    except SettingsError as error:
        raise UsageError(f"--emit: {name}: {error.reason}") from None
    return places, composed


def _nothing(changes: Sequence[StateChange], delivered: dict[Kind, int]) -> Iterator[str]:
    """Why there is nothing of a kind."""
    for kind, number in delivered.items():
        if number:
            continue
        reason = "no alarm changed its state"
        if changes:
            reason = f"no {kind} action runs: see alarm_actions, ok_actions and actions_enabled in [alarm]"
        yield f"--emit {kind}: nothing to deliver: {reason}"


_Sink: TypeAlias = "Callable[[Notification, bytes], object]"
"""Takes a notification, and its document as a line."""


def _sinks(emit: Sequence[tuple[str, str]], stack: ExitStack) -> dict[str, list[_Sink]]:
    """Where the notifications of each kind go; kinds with one destination share it."""
    opened: dict[str, _Sink] = {}
    sinks: dict[str, list[_Sink]] = {}
    for kind, dest in emit:
        place = dest if dest in {"", STDOUT} else str(Path(dest).resolve())
        if dest and place not in opened:
            opened[place] = _folder(dest) if _is_folder(dest) else _file(dest, stack)
        if dest:
            sinks.setdefault(kind, []).append(opened[place])
    return sinks


def _is_folder(dest: str) -> bool:
    return dest not in {"", STDOUT} and (dest.endswith("/") or Path(dest).is_dir())


def _folder(dest: str) -> _Sink:
    """A file a notification, and beside the one of a topic the mail; the names are in time order."""
    folder = Path(dest)
    folder.mkdir(parents=True, exist_ok=True)

    numbers = itertools.count(1)

    def sink(one: Notification, line: bytes) -> None:
        name = folder / f"{next(numbers):06d}-{one.at:%Y%m%dT%H%M%SZ}-{one.kind}-{one.state}"
        write(f"{name}.json", line)
        if one.mail:
            write(f"{name}.txt", one.mail.encode())

    return sink


def _file(dest: str, stack: ExitStack) -> _Sink:
    if dest == STDOUT:
        return lambda _, line: sys.stdout.write(line.decode())
    file = stack.enter_context(writing(dest))
    return lambda _, line: file.write(line)


def _line(one: Notification) -> bytes:
    from detector.render.kit.json_values import ndjson

    return ndjson([one.document]).encode()


def _failure(args: argparse.Namespace, one: Notification, line: bytes) -> str:
    """Run the command on one notification: what was wrong, or nothing."""
    import subprocess

    about = f"--exec: {one.kind} {one.state} {one.at:%Y-%m-%d %H:%M:%S}"
    try:
        done = subprocess.run(  # noqa: S603 - the user has typed it, and records reach its standard input only
            args.command,
            input=line,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{about}: not done within {TIMEOUT} s"
    said = done.stdout.decode("utf-8", "backslashreplace").splitlines()
    lines = "".join(f"\n  {text}" for text in said[-NAMED:])
    if done.returncode:
        code = done.returncode
        return f"{about}: {f'exit code {code}' if code > 0 else f'ended by signal {-code}'}{lines}"
    if args.verbose:
        complain(f"{about}: done{lines}")
    return ""
