"""Text as it stands between quotes in TOML, Terraform, YAML and commands."""

from __future__ import annotations

from collections.abc import Mapping

SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
"""Escapes of one letter."""


def is_plain(text: str) -> bool:
    """Whether text can be shown as it is: printable lines, none of which is a command to a workflow of GitHub."""
    lines = text.split("\n")
    return (
        all(line.isprintable() and not line.strip().startswith("::") for line in lines) and "##[" not in text
    )


def escaped(text: str, short: Mapping[str, str]) -> str:
    """Text between double quotes, with escapes that TOML, Terraform and YAML share for what is not printable."""
    written = "".join(short.get(char) or (char if _is_shown(char) else _code(char)) for char in text)
    return written.replace("##[", "##\\u005b")


def _is_shown(char: str) -> bool:
    # A lone surrogate has no escape in any of them: whoever encodes the text refuses it.
    return char.isprintable() or "\ud800" <= char <= "\udfff"


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"  # noqa: PLR2004 - what four digits hold
