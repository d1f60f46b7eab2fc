"""The things that can be wrong, one class per decision that a caller would take.

    DetectorError
    ├── PatternError     (ValueError)  the filter pattern is refused
    │   └── RuleError                  … or it is the rule of a composite alarm
    ├── SettingsError    (ValueError)  CloudWatch would refuse the alarm or the metric filter
    ├── DetectionError   (ValueError)  the detection file cannot be used
    │   └── UnreadableError            … because it is not there, or no TOML
    ├── ArchiveError     (OSError)     an input that was named does not exist or cannot be opened
    └── ClusterError                   the machines that were to scan an archive cannot, or are gone

Facts are attributes, words are made in ``__str__``. Every class hands all its arguments to
``super().__init__`` so that it survives pickling between processes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any


class DetectorError(Exception):
    """Anything that this package raises on purpose."""


class PatternError(DetectorError, ValueError):
    """A filter pattern that CloudWatch Logs would refuse.

    ``source`` is the pattern, ``span`` the half-open range of characters at fault, ``reason`` one
    sentence that says what was expected there, and ``hint`` (may be empty) what to write instead.
    """

    def __init__(self, reason: str, source: str, span: tuple[int, int], hint: str = "") -> None:
        super().__init__(reason, source, span, hint)
        self.reason = reason
        self.source = source
        self.span = span
        self.hint = hint

    def __str__(self) -> str:
        line, caret = caret_lines(self.source, self.span)
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{self.reason}\n  {line}\n  {caret}{hint}"


class RuleError(PatternError):
    """The rule of a composite alarm that CloudWatch would refuse."""


class SettingsError(DetectorError, ValueError):
    """Settings of an alarm or a metric filter that the service would refuse, in its own terms."""

    def __init__(self, reason: str, setting: str) -> None:
        super().__init__(reason, setting)
        self.reason = reason
        self.setting = setting

    def __str__(self) -> str:
        return self.reason


class DetectionError(DetectorError, ValueError):
    """A detection file that cannot be used: which file, which key, what is wrong."""

    def __init__(self, path: str, key: str, reason: str, line: int | None = None) -> None:
        super().__init__(path, key, reason, line)
        self.path = path
        self.key = key
        self.reason = reason
        self.line = line

    def __str__(self) -> str:
        path = _one_line(self.path)
        where = path if self.line is None else f"{path}:{self.line}"
        return f"{where}: {self.key}: {self.reason}" if self.key else f"{where}: {self.reason}"


class UnreadableError(DetectionError):
    """A detection file that is not there, is no text, or is no TOML: nothing can be said about what it holds."""


class AwsError(DetectorError):
    """AWS could not be asked, or answered with an error: one sentence says why, and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return _one_line(f"AWS: {self.reason}")


class ArchiveError(DetectorError, OSError):
    """An input that was named on purpose but cannot be read at all."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return _one_line(f"{self.path}: {self.reason}")


class ClusterError(DetectorError):
    """An archive cannot be scanned elsewhere: no scheduler, no workers, or workers with another version."""


def caret_lines(source: str, span: tuple[int, int]) -> tuple[str, str]:
    """The line of ``source`` that holds ``span``, and a caret line to print under it."""
    start, end = span
    line_start = source.rfind("\n", 0, start) + 1
    line_end = source.find("\n", start)
    line_end = len(source) if line_end < 0 else line_end
    line = source[line_start:line_end]
    before = source[line_start:start]
    width = max(1, _columns(_visible(source[start : min(end, line_end)])))
    return _visible(line), " " * _columns(_visible(before)) + "^" * width


def _one_line(text: str) -> str:
    """Without the line breaks that a path may have: only a pattern with its caret takes several lines."""
    return " ".join(text.splitlines())


def _columns(text: str) -> int:
    """How wide a terminal prints the text: Chinese, Japanese and emoji take two columns, accents none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _visible(text: str) -> str:
    """Without control characters, each of which takes one column here, so that carets stay under their place."""
    return "".join(char if char.isprintable() else " " for char in text)


def listed(asked: Any, kinds: tuple[type, ...], expected: str) -> list[Any]:
    """One of some kinds, or several, as a list; a `TypeError` in one sentence for anything else."""
    if isinstance(asked, kinds):
        return [asked]
    items = list(asked) if isinstance(asked, Iterable) and not isinstance(asked, bytes) else [asked]
    for item in items:
        if not isinstance(item, kinds):
            raise TypeError(f"expected {expected}, or several in a list, found {type(item).__name__}")
    return items
