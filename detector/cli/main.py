"""From the command line to an exit code: one verb is run, and nothing that a user can cause is a traceback.

A closed pipe is not an error, and does not change the exit code of a verb that prints within `unless_closed`.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import cast

from detector import __version__
from detector.cli import options as shared
from detector.cli.config import find, is_wanted
from detector.cli.console import EXITS, Exit, complain, silence
from detector.cli.output import redirected
from detector.cli.parser import Parser, Verb
from detector.cli.signals import Terminated, handled
from detector.errors import DetectorError

VERBS = (
    "replay",
    "match",
    "check",
    "audit",
    "backtest",
    "noise",
    "coverage",
    "compare",
    "reconcile",
    "explain",
    "test",
    "convert",
    "verify",
    "cache",
    "init",
    "completion",
)
"""Each is a module beside this one, imported when it is asked for."""
ABOUT = """\
Replay CloudTrail archives through CloudWatch metric filters and alarms, offline.
"""
EPILOG = f"""\
examples:
  detector replay logs --detection cis/cloudwatch-2 --last 30d
  detector match '{{ $.errorCode = "AccessDenied" }}' logs --count
  detector check cis/cloudwatch-2

logs stands for a folder of CloudTrail log files: aws s3 sync s3://BUCKET/AWSLogs logs

docs/x.md is a page of the documentation; detector --version --verbose names the folder that has it

{EXITS}"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program on ``argv`` (default: the command line of this process) and return its exit code."""
    _prepare_streams()
    try:
        args = _parsed(sys.argv[1:] if argv is None else argv)
        with handled(), redirected(args.output):
            code = _verb(args.verb).run(args)
        sys.stdout.flush()
    except SystemExit as done:  # argparse has printed help, version or error
        return int(done.code or 0)
    except KeyboardInterrupt as ended:
        return _interrupted(ended)
    except BrokenPipeError:
        silence(sys.stdout)
        return Exit.DONE
    except (DetectorError, ModuleNotFoundError, OSError) as error:
        complain(_reason(error))
        try:
            sys.stdout.flush()
        except OSError:  # Python 3.14 keeps what could not be written, and would try again as it ends
            silence(sys.stdout)
        return Exit.FAILED
    else:
        return int(code)


def _reason(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed: pip install cloudtrail-detector brings it"
    if isinstance(error, OSError) and not isinstance(error, DetectorError):
        where = " ".join(str(error.filename or "output").splitlines())
        return f"{where}: {error.strerror or error}"
    return str(error)


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """What was typed, and what the configuration adds; ``configured`` names the keys of what is from there."""
    if set(words) in ({"--version", "--verbose"}, {"--version", "-v"}):
        from detector.cli.version import described

        sys.stdout.write(f"{described()}\n")
        raise SystemExit(Exit.DONE)
    config = find() if is_wanted(words) else None
    # A configuration is checked against the options of all verbs, and completion is about all of them.
    needs_all = config is not None or words[:1] == ["completion"]
    program = parser(*([] if needs_all else {*words[:1]}.intersection(VERBS)))
    if config:
        for name, options in program.verbs.items():
            config.default_to(name, options)
    args = program.parse_args(words)
    args.program = program
    args.configured = config.used(args, program.verbs[args.verb]) if config else ()
    if config and args.verbose:
        complain(f"{config.source.path}: {', '.join(args.configured) or 'nothing in it is used'}")
    return args


def _interrupted(ended: KeyboardInterrupt) -> int:
    """The exit code that a shell expects of the signal."""
    if not isinstance(ended, Terminated):
        return Exit.INTERRUPTED
    silence(sys.stdout)  # the terminal or the reader may be gone
    return ended.code


def _verb(name: str) -> Verb:
    return cast("Verb", importlib.import_module(f"detector.cli.{name}"))


def parser(*only: str) -> Parser:
    """The parser of the whole program, or of some of its verbs; its result has ``verb`` and that verb's options."""
    top = Parser(prog="detector", usage="detector VERB …", description=ABOUT, epilog=EPILOG)
    top.add_argument(
        "--version",
        action="version",
        version=f"detector {__version__}",
        help="show the version and exit; with --verbose those of all parts, and which of them are native",
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True, title="verbs")
    for name in only or VERBS:
        verb = _verb(name)
        options = verbs.add_parser(
            name,
            prog=f"detector {name}",
            help=verb.SUMMARY,
            usage=verb.USAGE,
            description=verb.ABOUT,
            epilog=verb.EPILOG,
        )
        verb.options(options)
        shared.common(options)
        top.verbs[name] = options
    return top


def _prepare_streams() -> None:
    """UTF-8 whatever the locale says, because the report has arrows, and names from anywhere in the world."""
    if (
        sys.stdin is None
    ):  # closed by the shell; no file that is read shall take its place, or that of the others
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - it lives as long as the process
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - the same
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - the same
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
