"""What can be typed: every verb with its options, and an example that runs.

In: nothing. Out: the parser. The examples are run by the tests, on samples/.
"""

from __future__ import annotations

import argparse

from detector import __version__
from detector.cli.options import archive, backtest, check, compare, explain, test
from detector.cli.parser import Parser

SUMMARY = """\
Replay CloudTrail archives through CloudWatch metric filters and alarms, offline.
"""
_TOP_EPILOG = """\
examples:
  detector replay samples --detection cis/cloudwatch-2
  detector match '{ $.errorCode = "AccessDenied" }' samples --count
  detector check cis/cloudwatch-2

Exit codes: 0 done, 2 usage error or input that could not be read; match: 0 matched, 1 nothing matched;
check: 1 something is not valid, or an error was found; backtest: 1 a budget is broken; 130 interrupted.
"""
_REPLAY = """\
Which records would have matched, what the metric was, when the alarm would have changed state, and
why. PATH is a log file or a folder (S3 layout or any other), - is standard input.
"""
_REPLAY_EPILOG = """\
examples:
  detector replay samples --detection lab/unauthorized-api-calls
  detector replay samples -d cis/cloudwatch-1 -d cis/cloudwatch-6 --from 2025-03-08 --to 2025-03-11
  detector replay samples -d cis/cloudwatch-2 --clock delivery --window wall-clock --format json
"""
_MATCH = """\
The records that match PATTERN, one a line, as grep would: exit code 0 if something matched, 1 if
nothing did, 2 if some input could not be read. PATH as for replay.
"""
_MATCH_EPILOG = """\
examples:
  detector match '{ $.errorCode = "*UnauthorizedOperation" }' samples --from 2025-03-08
  detector match '{ $.userIdentity.type = "Root" }' samples --count
  gunzip -c samples/AWSLogs/*/CloudTrail/*/2025/03/08/*.gz | detector match '{ $.errorCode = * }' -
"""


def parser() -> Parser:
    """The parser of the whole program; its result has ``verb`` and that verb's options."""
    top = Parser(prog="detector", usage="detector VERB …", description=SUMMARY, epilog=_TOP_EPILOG)
    top.add_argument(
        "--version", action="version", version=f"detector {__version__}", help="show the version and exit"
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True, title="verbs")
    _replay(_verb(verbs, "replay", "replay detections over an archive", _REPLAY, _REPLAY_EPILOG))
    _match(_verb(verbs, "match", "print the records that match a pattern", _MATCH, _MATCH_EPILOG))
    for name, options in _OTHERS.items():
        texts = {"help": options.SUMMARY, "description": options.ABOUT, "epilog": options.EPILOG}
        options.add(verbs.add_parser(name, usage=options.USAGE, prog=f"detector {name}", **texts))
    return top


# The options of these verbs are in a module of their own each.
_OTHERS = {"check": check, "backtest": backtest, "compare": compare, "explain": explain, "test": test}
_USAGE = {
    "replay": "detector replay [PATH …] --detection FILE-OR-NAME [--detection …] [options]",
    "match": "detector match PATTERN [PATH …] [--count] [--invert] [options]",
}


def _verb(
    verbs: argparse._SubParsersAction[Parser], name: str, summary: str, about: str, epilog: str
) -> Parser:
    return verbs.add_parser(
        name, help=summary, usage=_USAGE[name], description=about, epilog=epilog, prog=f"detector {name}"
    )


def _replay(verb: Parser) -> None:
    archive.paths(verb)
    verb.add_argument(
        "-d",
        "--detection",
        action="append",
        required=True,
        metavar="FILE-OR-NAME",
        help="a detection file, or the name of a shipped one (detector check --list); several in one pass",
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "ndjson"),
        default="text",
        help="text, json or ndjson (default: text); docs/json-output.md describes the last two",
    )
    archive.selection(verb)
    _alarm_time(verb)
    archive.dedupe(verb)
    archive.scanning(archive.reading(verb))


def _match(verb: Parser) -> None:
    verb.add_argument("pattern", metavar="PATTERN", help="a CloudWatch Logs filter pattern")
    archive.paths(verb)
    verb.add_argument("--count", action="store_true", help="print only how many records matched")
    verb.add_argument("--invert", action="store_true", help="the records that do not match")
    archive.selection(verb)
    archive.reading(verb)


def _alarm_time(verb: Parser) -> None:
    group = archive.clock(verb)
    group.add_argument(
        "--window",
        choices=("sliding", "wall-clock"),
        help="how the alarm's windows lie: sliding by a minute, or wall-clock; default: what the detection says",
    )
    group.add_argument(
        "--time-zone",
        metavar="ZONE",
        help="the time zone of --window wall-clock, such as Europe/Berlin or +05:30 (default: UTC)",
    )
