"""The configuration: what would else be typed every time, in ``detector.toml`` or ``[tool.detector]`` of pyproject.toml.

In: the current folder. Out: the nearest such file in it or above it, whose values become the defaults of the options
that a verb has: what is typed goes before them. The claim: a file can only save typing. It names inputs and settings, and
a key that no verb knows is an error.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from detector.cli.parser import Parser
    from detector.detections.model import Source

OPTIONS = (
    *(
        "account",
        "alarm_account",
        "alarm_region",
        "clock",
        "delay",
        "jobs",
        "log_group_account",
        "log_group_region",
        "max_file_size",
        "minimum",
    ),
    *("region", "severity"),
)
"""Keys that are the names of options, with ``_`` for ``-``."""
KEYS = ("archive", "detections", *OPTIONS)
_DESTINATIONS = {"archive": ("paths",), "detections": ("detection", "checked", "files")}
_WITH_ARCHIVE = {"replay", "match", "backtest", "coverage"}
"""The verbs that need an archive; another one looks into it only where that is typed."""
_ASKS_OTHERWISE = {"explain", "test"}
"""The verbs of which ``-d`` asks another question than without it: nobody has asked it who has not typed it."""
_SELECTION = {"account", "region"}
"""Keys that choose records; the options of these names that `detector audit` has say what its findings are about."""
_TABLE = re.compile(r"(?m)^\s*\[\s*tool\s*\.\s*detector\s*\]")


class Config(NamedTuple):
    """A configuration file: where it is (as seen from the current folder), and what it says."""

    folder: Path
    source: Source
    section: str
    values: Mapping[str, Any]

    def default_to(self, verb: str, options: Parser) -> None:
        """Make the values the defaults of a verb's options."""
        for key, value in self.values.items():
            for action in self._completed(verb, options, key):
                action.default = self._converted(key, value, action)
                action.required = False

    def used(self, args: argparse.Namespace, options: Parser) -> tuple[str, ...]:
        """The keys whose values stand in what was parsed."""
        return tuple(
            key
            for key in self.values
            for action in self._completed(args.verb, options, key)
            if getattr(args, action.dest) is action.default
        )

    def _completed(self, verb: str, options: Parser, key: str) -> list[argparse.Action]:
        if verb == "audit" and key in _SELECTION:
            return []
        names = _DESTINATIONS.get(key, ()) if key != "archive" or verb in _WITH_ARCHIVE else ()
        actions = options.of(names, f"--{key.replace('_', '-')}" if key in OPTIONS else "")
        # A verb about one detection has to be told which.
        several = [one for one in actions if key != "detections" or _takes_several(one)]
        return [one for one in several if verb not in _ASKS_OTHERWISE or one.dest != "detection"]

    def _converted(self, key: str, value: Any, action: argparse.Action) -> Any:
        """The value as the option would have it."""
        several = _takes_several(action)
        if isinstance(value, list) and not several:
            self._refuse(key, "expected a single value")
        read = [self._read(key, each, action) for each in (value if isinstance(value, list) else [value])]
        return read if several else read[0]

    def _read(self, key: str, value: Any, action: argparse.Action) -> Any:
        if key not in OPTIONS and not isinstance(value, str):
            self._refuse(key, "expected a string or a list of strings")
        if key not in OPTIONS:
            # os.path, because a path stays as it would be typed.
            stays = self.folder == Path() or value.startswith("s3://")
            beside = value if stays else os.path.join(self.folder, value)  # noqa: PTH118 - the reason above
            is_path = key == "archive" or value.endswith(".toml") or os.path.exists(beside)  # noqa: PTH110 - the same
            return beside if is_path else value
        if action.choices is not None and value not in action.choices:
            self._refuse(key, f"expected one of {', '.join(action.choices)}, found {value!r}")
        try:
            return action.type(str(value)) if callable(action.type) else value
        except argparse.ArgumentTypeError as error:
            self._refuse(key, str(error))

    def _refuse(self, key: str, reason: str) -> NoReturn:
        self.source.refuse(f"{self.section}.{key}" if self.section else key, reason)


def _takes_several(action: argparse.Action) -> bool:
    return isinstance(action, argparse._AppendAction) or action.nargs == "*"  # noqa: SLF001 - argparse has no other word for it


def find(folder: Path | None = None) -> Config | None:
    """The nearest file in a folder (the current one) or above it; `DetectionError` for what cannot be in it."""
    try:
        here = (folder or Path()).resolve()
    except FileNotFoundError:  # the current folder is gone
        return None
    for above in (here, *here.parents):
        near = Path(os.path.relpath(above))
        if (own := above / "detector.toml").is_file():
            return _read(own, near / own.name, "")
        shared = above / "pyproject.toml"
        if shared.is_file() and _TABLE.search(shared.read_text("utf-8", "replace")):
            return _read(shared, near / shared.name, "tool.detector")
    return None


def is_wanted(words: Sequence[str]) -> bool:
    """Whether a command line asks for one: not for help, and not where it says ``--no-config``."""
    options = words[: words.index("--")] if "--" in words else words
    return bool(options) and not {"--no-config", "-h", "--help", "--version"} & set(options)


def _read(path: Path, shown: Path, section: str) -> Config:
    from detector.detections import strict

    source, table = strict.read_toml(path, str(shown))
    for part in filter(None, section.split(".")):
        table = table[part]
    for key, value in table.items():
        place = f"{section}.{key}" if section else key
        if key not in KEYS:
            hint = f"{strict.suggestion(key, list(KEYS))} (--no-config does without this file)"
            source.refuse(place, f"unknown key; {hint}")
        if not any(
            kind.takes(value) for kind in (strict.Kind.STRING, strict.Kind.STRINGS, strict.Kind.INTEGER)
        ):
            source.refuse(place, f"expected a string or a list of strings, found {strict.shown(value)}")
    return Config(shown.parent, source, section, table)
