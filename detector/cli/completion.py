"""``detector completion``: a script with which a shell completes verbs, options, choices, files and shipped detections.

In: the name of a shell. Out: the script on stdout. It is made of the parser, and complete in itself: the program does
not run while somebody types.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from detector.cli.console import Exit, unless_closed

if TYPE_CHECKING:
    import argparse

    from detector.cli.parser import Parser

SUMMARY = "print a script with which a shell completes this command"
USAGE = "detector completion bash|zsh|fish"
ABOUT = """\
A script for the shell that completes verbs, options, choices, files and the names of the shipped
detections. Write it anew after an upgrade.
"""
EPILOG = """\
examples:
  detector completion bash -o detector.bash            # source it in ~/.bashrc
  detector completion fish -o detector.fish            # into ~/.config/fish/completions
  detector completion zsh -o _detector                 # into a folder of $fpath
"""
_FILES = {"PATH", "FILE", "EVENT", "FILE|NAME"}
_NAMES = {"FILE-OR-NAME", "PATTERN", "PATTERN|FILE", "OLD", "NEW"}


def options(verb: Parser) -> None:
    """Its argument."""
    verb.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    names = _named_detections()
    for verb in args.program.verbs.values():
        for action in verb.of():
            if action.metavar in _NAMES or action.dest == "files":
                action.complete = names
            elif action.metavar in _FILES:
                action.complete = shtab.FILE
    with unless_closed(sys.stdout):
        sys.stdout.write(shtab.complete(args.program, shell=args.shell))
    return Exit.DONE


def _named_detections() -> dict[str, Any]:
    """The names of the shipped detections, and files."""
    from detector.detections import shipped

    names = " ".join(shipped())
    bash = f'_detector_named() {{\n  compgen -W "{names}" -- "$1"\n  compgen -f -- "$1"\n}}'
    zsh = f"_detector_named() {{\n  compadd -- {names}\n  _files\n}}"
    fish = f"function _detector_named\n  string split ' ' '{names}'\n  __fish_complete_path (commandline -ct)\nend"
    return {
        "bash": "_detector_named",
        "zsh": "_detector_named",
        "fish": "(_detector_named)",
        "preamble": {"bash": bash, "zsh": zsh, "fish": fish},
    }
