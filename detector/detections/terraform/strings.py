"""Terraform's functions that make text: replace, regex, format, jsonencode."""

from __future__ import annotations

import json
import re
from typing import Any

from detector.detections.documents import DocumentError, Node, yaml_node
from detector.detections.resources import scalar
from detector.detections.terraform.values import Failure, boolean, number, text


def replace(value: Any, old: Any, new: Any) -> str:
    """The text with a part, or with what a regex between slashes matches, replaced."""
    pattern = text(old)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        return _regex(pattern[1:-1]).sub(re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", text(new)), text(value))
    return text(value).replace(pattern, text(new))


def _regex(pattern: str) -> re.Pattern[str]:
    """A pattern of Go's; those that could take long here are not evaluated."""
    if len(pattern) > 500 or re.search(r"[+*}]\)?[+*{]", pattern):  # noqa: PLR2004 - longer than anybody writes
        raise Failure("a regex that is not evaluated here")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise Failure(f"expected a regex: {error}") from None


def regexall(pattern: Any, value: Any) -> list[Any]:
    """All matches: their text, or their groups."""
    matches = _regex(text(pattern)).finditer(text(value)[:100_000])
    return [match.groupdict() or (list(match.groups()) if match.groups() else match[0]) for match in matches]


def regex(pattern: Any, value: Any) -> Any:
    """The first match."""
    found = regexall(pattern, value)
    if not found:
        raise Failure("the regex does not match")
    return found[0]


_VERB = re.compile(r"%([-+ 0#]*)(\d{0,3})(?:\.(\d{1,3}))?([a-zA-Z%])")


def format_(spec: Any, *values: Any) -> str:
    """``format``: Go's verbs for text and numbers."""
    rest = iter(values)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        value = next(rest, None)
        if verb in "dbxXo":
            return f"%{flags}{width}{verb}" % int(number(value)) if verb != "b" else f"{int(number(value)):b}"
        if verb in "feEgG":
            return f"%{flags}{width}{'.' + precision if precision else ''}{verb}" % number(value)
        if verb == "q":
            return json.dumps(text(value))
        if verb in "sv":
            plain = value if isinstance(value, str | int | float) else None
            written = scalar(plain) if plain is not None else jsonencode(value)
            return written.rjust(int(width or 0)) if "-" not in flags else written.ljust(int(width or 0))
        if verb == "t":
            return scalar(boolean(value))
        raise Failure(f"expected a format, found %{verb}")

    return _VERB.sub(one, text(spec))


def jsonencode(value: Any) -> str:
    """JSON as Terraform writes it: sorted, without blanks, with escapes for HTML's characters."""
    written = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for char in "<>&":
        written = written.replace(char, f"\\u{ord(char):04x}")
    return written


def formatlist(spec: Any, *values: Any) -> list[str]:
    """``formatlist``: the same for each member of lists."""
    lengths = [len(value) for value in values if isinstance(value, list | tuple)]
    return [
        format_(spec, *(value[i] if isinstance(value, list | tuple) else value for value in values))
        for i in range(min(lengths, default=1))
    ]


def yamldecode(value: Any) -> Any:
    """The value of a YAML document; what is an alias there is the same value again."""
    known: dict[int, Any] = {}

    def plain(node: Node) -> Any:
        if id(node) not in known:
            inner = node.value
            if isinstance(inner, dict):
                inner = {key: plain(one) for key, one in inner.items()}
            known[id(node)] = [plain(one) for one in node.items] if isinstance(inner, tuple) else inner
        return known[id(node)]

    try:
        return plain(yaml_node(text(value)))
    except DocumentError as error:
        raise Failure(error.reason) from None
