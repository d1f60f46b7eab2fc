"""Groups of options that several verbs share: which detections, which records, which time, how to read.

Nothing heavy is imported here, so that ``--help`` stays fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.cli import values
from detector.cli.parser import Parser, either

if TYPE_CHECKING:
    import argparse


def common(verb: Parser) -> None:
    """What every verb has."""
    group = verb.add_argument_group("common")
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write there instead of to standard output, all of it or nothing",
    )
    group.add_argument(
        "-q", "--quiet", action="store_true", help="no progress bar, and no problems of files on stderr"
    )
    group.add_argument("-v", "--verbose", action="store_true", help="say on stderr what is read, and how")
    group.add_argument(
        "--no-config",
        action="store_true",
        help="without the defaults of detector.toml or [tool.detector] in pyproject.toml",
    )


def paths(verb: Parser) -> None:
    """The inputs."""
    verb.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="log files and folders, or s3://BUCKET/PREFIX; - is standard input, also read when no PATH is given and it is a pipe",
    )


def detections(verb: Parser) -> None:
    """Which detections, in one pass."""
    verb.add_argument(
        "-d",
        "--detection",
        action="append",
        default=[],
        metavar="FILE-OR-NAME",
        help="a detection file, the name of a shipped one (detector check --list), a folder of either, 'cis/*'; Terraform, "
        "CloudFormation or the JSON of aws … describe-*, with #ID for one alarm of it; several in one pass",
    )
    configurations(verb)


def configurations(verb: Parser) -> None:
    """What Terraform and templates leave open."""
    group = verb.add_argument_group("configurations (Terraform, CloudFormation)")
    group.add_argument(
        "--parameter",
        action="append",
        default=[],
        type=values.parameter,
        metavar="NAME=VALUE",
        help="the value of a parameter or a variable, or of a name that only the account knows; may be repeated",
    )
    group.add_argument(
        "--var-file",
        action="append",
        default=[],
        metavar="FILE",
        help="a file of values: Terraform's *.tfvars, or JSON of parameters; may be repeated",
    )


def output_format(verb: Parser | argparse._ArgumentGroup, formats: Sequence[str], about: str = "") -> None:
    """``--format``: one of ``formats``, of which the first is the default."""
    about = about or f"{either(formats)} (default: {formats[0]})"
    verb.add_argument("--format", choices=formats, default=formats[0], help=about)


def archive(verb: Parser, *, scans: bool = False, alarms: bool = False) -> argparse._ArgumentGroup:
    """Which records of an archive, their time, and how to read them: the same for every verb that reads one.

    With ``scans`` also how a large archive is scanned; with ``alarms`` the archive decides on the clock. Returned is
    the group about time.
    """
    _selection(verb)
    time = _clock(verb, alarms=alarms)
    group = _reading(verb)
    if scans:
        _scanning(group)
    return time


def _selection(verb: Parser) -> None:
    group = verb.add_argument_group("which records")
    group.add_argument(
        "--account",
        action="append",
        default=[],
        type=values.account,
        metavar="ID",
        help="only this account; may be repeated",
    )
    group.add_argument(
        "--region",
        action="append",
        default=[],
        type=values.region,
        metavar="REGION",
        help="only this region (awsRegion); may be repeated",
    )
    group.add_argument(
        "--from",
        dest="start",
        type=values.instant,
        metavar="TIME",
        help="only records at or after this time: 2023-07-10 or 2023-07-10T12:00:00Z, UTC unless it says "
        "otherwise; -7d is seven days before now",
    )
    group.add_argument(
        "--to",
        dest="end",
        type=values.instant,
        metavar="TIME",
        help="only records before this time; a date is its first instant",
    )
    group.add_argument(
        "--last",
        type=values.age,
        metavar="SPAN",
        help="only the end of the archive: 30d is the thirty days before its last record",
    )


def _clock(verb: Parser, *, alarms: bool) -> argparse._ArgumentGroup:
    group = verb.add_argument_group("time")
    usual = "the default where every file tells it, unless with --delay" if alarms else ""
    group.add_argument(
        "--clock",
        choices=("event", "delivery"),
        default=None if alarms else "event",
        help=f"which time puts a record into a minute: event (eventTime{'' if alarms else ', the default'}) or delivery (the log "
        f"event's own timestamp, else the time in the S3 file name{usual and '; '}{usual})",
    )
    group.add_argument(
        "--delay",
        type=values.delay,
        default=0,
        metavar="DELAY",
        help="how long CloudTrail's deliveries take: 5m shifts the event clock; 5m±3m (or 5m+-3m) and empirical, as the rest of "
        "the archive was, draw the deliveries that no file tells (docs/delays.md); with another draw: 5m±3m,seed=7",
    )
    return group


def log_group(verb: Parser) -> None:
    """The log group that the events are in, for filters that depend on its account or region."""
    group = verb.add_argument_group(
        "log group (for field_selection_criteria and emit_system_field_dimensions)"
    )
    for part, read, shown in (("account", values.account, "ID"), ("region", values.region, "REGION")):
        group.add_argument(
            f"--log-group-{part}",
            type=values.or_record(read),
            metavar=shown,
            help=f"the {part} of the log group, or record: that of each record, as if each had its own log group",
        )


def html(verb: Parser | argparse._ArgumentGroup) -> None:
    """A page beside the report."""
    verb.add_argument(
        "--html",
        metavar="FILE",
        help="also write a page for a browser there, in one file that loads nothing: charts, every episode, who did what, "
        "and other settings to try (docs/html.md)",
    )


def window(group: argparse._ArgumentGroup) -> None:
    """How the windows of the alarms lie."""
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


def write(group: argparse._ArgumentGroup, what: str) -> None:
    """``--write``: what was chosen goes into the files of the detections."""
    group.add_argument(
        "--write",
        action="store_true",
        help=f"put {what} into the files of the detections (TOML, Terraform, CloudFormation), of which nothing "
        "else changes; what changed is said on stderr",
    )


def dedupe(verb: Parser) -> None:
    """Whether a repeated delivery counts."""
    verb.add_argument(
        "--dedupe",
        action="store_true",
        help="count an eventID once however often it was delivered (CloudWatch counts every delivery)",
    )


def _reading(verb: Parser) -> argparse._ArgumentGroup:
    group = verb.add_argument_group("reading")
    group.add_argument(
        "--max-file-size",
        type=values.size,
        default="2GiB",
        metavar="SIZE",
        help="stop decompressing a file at this size, and name it (default: 2GiB)",
    )
    group.add_argument(
        "--allow-empty",
        action="store_true",
        help="not to find any record that is asked for is no error: for pipelines where that is usual",
    )
    _s3(verb)
    return group


def _s3(verb: Parser) -> None:
    group = verb.add_argument_group("s3:// (credentials, profile and region as the AWS CLI finds them)")
    group.add_argument(
        "--endpoint-url",
        type=values.url,
        metavar="URL",
        help="ask this server instead of AWS, such as http://127.0.0.1:9000",
    )
    group.add_argument(
        "--request-payer", action="store_true", help="pay for the requests to buckets that ask for it"
    )
    group.add_argument(
        "--no-sign-request", action="store_true", help="send requests without credentials, for public buckets"
    )


def _scanning(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--jobs",
        type=values.jobs,
        metavar="N",
        help="processes to scan with (default: as many as cores, one for a small archive)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="scan on the workers of the Dask scheduler at this address, such as tcp://192.0.2.1:8786",
    )
    group.add_argument(
        "--strict",
        action="store_true",
        help="decode every record of a large archive, also those that cannot match",
    )
    group.add_argument(
        "--cache",
        metavar="DIR",
        help="keep what each filter found in each file in this folder, and read no file again whose results are there: a run that was "
        "interrupted goes on, and one with other alarm settings reads almost nothing (docs/cache.md)",
    )
