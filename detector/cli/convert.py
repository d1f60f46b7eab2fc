"""``detector convert``: detections in another format: TOML, Terraform, CloudFormation, AWS CLI commands.

In: detections from wherever they are named. Out: their text, on standard output, in a file, or a TOML file for each of them
in a folder. Exit code 2 if something that was named could not be converted.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.cli import options as shared
from detector.cli.console import Exit, UsageError, complain, unless_closed
from detector.render.kit.printable import printable

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser
    from detector.detections import Detection

SUMMARY = "write detections as TOML, Terraform, CloudFormation or AWS CLI commands"
USAGE = "detector convert SOURCE … --to FORMAT [--source-format sigma] [-o FILE | --folder FOLDER]"
ABOUT = """\
Reads detections from wherever they are, and writes them in another format: formatted, valid, and with
the log group and the actions as variables. What is read back has the same filters, alarms and actions.
--to toml shows a detection with its pattern broken into lines; of several, it writes a file each.

With --source-format sigma (detector convert rules --source-format sigma --to terraform) the sources are
files and folders of Sigma rules. Each rule on CloudTrail that a filter pattern can say becomes a
detection. What changes in its meaning is said on standard error, and in its description; standard
error also says why a rule cannot be converted.
"""
EPILOG = """\
examples:
  detector convert cis/cloudwatch-2 --to terraform
  detector convert cis/cloudwatch-1 cis/cloudwatch-2 --to cloudformation -o alarms.yaml
  detector convert cis --to toml --folder "$(mktemp -d)"
"""
SOURCE_FORMATS = ("detection", "sigma")
FORMATS = ("toml", "terraform", "cloudformation", "cli")


def options(verb: Parser) -> None:
    """Its arguments and options."""
    verb.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="files, folders or names, as --detection of other verbs takes them",
    )
    verb.add_argument(
        "--to",
        choices=FORMATS,
        required=True,
        help="toml, terraform, cloudformation (YAML) or cli (a script)",
    )
    verb.add_argument(
        "--folder", metavar="FOLDER", help="with --to toml: a file for each detection, in this folder"
    )
    verb.add_argument(
        "--source-format",
        choices=SOURCE_FORMATS,
        default="detection",
        help="what the sources are: what --detection takes (default), or Sigma rules (extra sigma)",
    )
    shared.configurations(verb)


def run(args: argparse.Namespace) -> int:
    """Read, convert, write."""
    if not args.sources:
        raise UsageError("expected a SOURCE to convert, such as cis/cloudwatch-2 or a folder of Terraform")
    if args.folder and args.to != "toml":
        raise UsageError(
            "expected --folder with --to toml: the other formats hold several detections in one file"
        )
    found = _of_sigma(args) if args.source_format == "sigma" else _of_detections(args)
    if not found:
        raise UsageError("expected detections, found none")
    _say_placeholders(found, quiet=args.quiet)
    if args.folder:
        _write_each(found, Path(args.folder))
    else:
        text = _text(found, args.to)
        with unless_closed(sys.stdout):
            sys.stdout.write(text)
    return Exit.FAILED if getattr(args, "left_out", 0) else Exit.DONE


def _of_detections(args: argparse.Namespace) -> list[Detection]:
    from detector.cli import inputs
    from detector.detections.alarmed import Composite
    from detector.detections.catalogue import detections_of

    items = inputs.configured(args, args.sources)
    composites = [item.alarm_name for item in items if isinstance(item, Composite)]
    if composites:
        complain(f"composite alarms are not written yet: {', '.join(composites)[:400]}")
        args.left_out = getattr(args, "left_out", 0) + len(composites)
    return detections_of(items)


def _of_sigma(args: argparse.Namespace) -> list[Detection]:
    """The detections of Sigma rules; what is lost and what changes is said."""
    if not all(map(importlib.util.find_spec, ("sigma", "yaml"))):
        raise UsageError(
            "expected the extra sigma for Sigma rules: pip install 'cloudtrail-detector[sigma]' installs it"
        )
    from detector.sigma import convert

    conversion = convert(args.sources)
    for refused in conversion.refused:
        complain(f"{refused.path}: {refused.title + ': ' if refused.title else ''}{refused.reason}")
    args.left_out = len(conversion.refused)
    if not args.quiet:
        for one in conversion.converted:
            if one.differences:
                listed = "".join(f"\n  {difference}" for difference in one.differences)
                complain(f"{one.path}: converted, with another meaning in this:{listed}")
        others = (
            f", {conversion.others:,} files or rules about other things left out" if conversion.others else ""
        )
        complain(
            f"{len(conversion.converted):,} Sigma rule{'s' * (len(conversion.converted) != 1)} converted, {len(conversion.refused):,} cannot be{others}"
        )
    return conversion.detections


def _text(found: Sequence[Detection], form: str) -> str:
    from detector.detections import cli_writer, cloudformation_writer, toml
    from detector.detections.terraform import write as terraform

    match form:
        case "terraform":
            return terraform.write(found)
        case "cloudformation":
            return cloudformation_writer.write(found)
        case "cli":
            return cli_writer.write(found)
        case _:
            if len(found) > 1:
                raise UsageError(
                    f"expected one detection or --folder FOLDER: a TOML file holds one, and {len(found):,} were named"
                )
            return toml.write(found[0])


def _write_each(found: Sequence[Detection], folder: Path) -> None:
    from detector.cli import output
    from detector.detections import toml

    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for detection in found:
        name = re.sub(r"[^A-Za-z0-9]+", "-", detection.alarm.name).strip("-").lower()[:100] or "detection"
        unique = next(
            one for one in (name, *(f"{name}-{i}" for i in range(2, len(found) + 2))) if one not in taken
        )
        taken.add(unique)
        path = str(folder / f"{unique}.toml")
        output.write(path, toml.write(detection).encode())
        with unless_closed(sys.stdout):
            sys.stdout.write(f"wrote {printable(path, 400)}\n")


def _say_placeholders(found: Sequence[Detection], *, quiet: bool) -> None:
    """That names have parts which nobody knows, before they are deployed."""
    named = dict.fromkeys(
        placeholder
        for detection in found
        for text in (
            detection.alarm.name,
            *detection.actions.alarm,
            *(one.metric for one in detection.filters),
        )
        for placeholder in re.findall(r"\$\{[^{}]+\}", text)
    )
    if named and not quiet:
        most = 5
        listed = ", ".join(list(named)[:most]) + (
            f" and {len(named) - most} more" if len(named) > most else ""
        )
        stand, them = ("stands", "it") if len(named) == 1 else ("stand", "them")
        complain(f"{listed} {stand} for what the source does not tell: replace {them}, or give a --parameter")
