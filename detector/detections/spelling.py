"""Literals in the languages of detection files: where one ends, what it says, and how another value is spelled there.

In: a text and where a value begins. Out: a `Literal`, None where there is anything but a plain one (a variable, a template, a
function); and the spelling of a value in its place, with the same kind of quotes where they can hold it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from detector.detections.model import Source
from detector.detections.quoted import SHORT, escaped
from detector.detections.resources import scalar
from detector.detections.toml import inline


class Language(StrEnum):
    """What a file is written in."""

    TOML = "TOML"
    TERRAFORM = "Terraform"
    JSON = "JSON"
    YAML = "YAML"

    def key(self, name: str) -> str:
        """A setting's name there: CloudFormation's are in capitals."""
        if self in {Language.TOML, Language.TERRAFORM}:
            return name
        return {"pattern": "FilterPattern"}.get(name, "".join(part.capitalize() for part in name.split("_")))


class Literal(NamedTuple):
    """A literal's half-open range, its text, and what it says."""

    start: int
    end: int
    text: str
    value: Any


def language_of(source: Source) -> Language | None:
    """The language of a file that people write; None for what commands have put out."""
    if source.path.endswith(".toml"):
        return Language.TOML
    if source.path.endswith(".tf"):
        return Language.TERRAFORM
    if "Resources" not in source.text or not source.path:
        return None
    if not source.text.lstrip().startswith("{"):
        return Language.YAML
    try:
        table = json.loads(source.text)
    except ValueError:
        return Language.YAML
    return Language.JSON if isinstance(table.get("Resources"), dict) else None


_LITERALS = {
    Language.TOML: r"""\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\{[^{}\n]*\}|[^\s,\#\]}\[{"']+""",
    Language.TERRAFORM: r"""<<(?P<dash>-?)(?P<mark>\w+)\n.*?\n[ \t]*(?P=mark)(?=\n|$)|"(?:\\.|[^"\\\n])*"|-?\d+(?:\.\d+)?(?![\w.])(?=[ \t]*(?:[\n\#}]|//|/\*|$))""",
    Language.JSON: r'"(?:\\.|[^"\\\n])*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])',
    Language.YAML: r"""\"(?:\\.|[^"\\\n])*\"|'(?:''|[^'\n])*'|[\w.+-]+(?=[ \t]*(?:\n|$|[ \t]\#))""",
}
_READ = {language: re.compile(pattern, re.DOTALL) for language, pattern in _LITERALS.items()}
_AROUND = re.compile(r"(?:trimspace|chomp)\(\s*")
_BLOCK = re.compile(r"[|>][-+]?[ \t]*\n((?:[ \t]*\n)*([ \t]+)\S.*(?:\n(?:\2.*|[ \t]*)(?=\n|$))*)")


def literal_at(text: str, at: int, language: Language) -> Literal | None:
    """The literal that begins there."""
    if language is Language.TERRAFORM and (around := _AROUND.match(text, at)):
        at = around.end()  # the text itself may be edited, whatever is trimmed of it
    found = _READ[language].match(text, at)
    if found is None and language is Language.YAML:
        found = _BLOCK.match(text, at)
    if found is None:
        return None
    try:
        value = _VALUES[language](found[0])
    except (ValueError, IndexError):
        return None
    return Literal(at, at + len(found[0].rstrip("\n")), found[0].rstrip("\n"), value)


def _toml(text: str) -> Any:
    return tomllib.loads(f"x = {text}")["x"]


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|([$%])\4\{|[$%]\{", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def _terraform(text: str) -> Any:
    if text.startswith("<<"):
        inner = text[text.index("\n") + 1 : text.rindex("\n") + 1]
        if re.search(r"(?<![$%])[$%]\{", inner):
            raise ValueError(text)
        return re.sub(r"([$%])\1\{", r"\1{", inner)
    if not text.startswith('"'):
        return float(text)

    def one(found: re.Match[str]) -> str:
        four, eight, letter, sign = found.groups()
        if four or eight:
            return chr(int(four or eight, 16))
        if letter in _LETTERS:
            return _LETTERS[letter]
        if sign:
            return f"{sign}{{"
        raise ValueError(text)  # a template

    return _ESCAPE.sub(one, text[1:-1])


def _yaml(text: str) -> Any:
    import yaml  # noqa: PLC0415 - an extra, with which the file was read

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


_VALUES: Mapping[Language, Callable[[str], Any]] = {
    Language.TOML: _toml,
    Language.TERRAFORM: _terraform,
    Language.JSON: json.loads,
    Language.YAML: _yaml,
}


def spelled(value: Any, old: str, language: Language) -> str:
    """A value as a literal, in the place of another one; an empty ``old``: there was none."""
    if isinstance(value, int | float):
        number = scalar(float(value))
        return f'"{number}"' if old.startswith('"') else f"'{number}'" if old.startswith("'") else number
    if not isinstance(value, str):
        return inline(value)
    match language:
        case Language.TOML:
            return _in_toml(value, old)
        case Language.TERRAFORM:
            return _in_terraform(value, old)
        case Language.JSON:
            value = _on_one_line(value)
            return json.dumps(value, ensure_ascii=not value.isprintable())
        case _:
            return _in_yaml(value, old)


def _in_toml(value: str, old: str) -> str:
    """Within three single quotes where those were there and can hold it, as patterns mostly stand."""
    plain = all(char.isprintable() or char == "\n" for char in value)
    if old.startswith("'''") and plain and "'''" not in value and not value.endswith("'"):
        first = "\n" if old.startswith("'''\n") or value.startswith("\n") else ""
        last = "\n" if old.endswith("\n'''") else ""
        return f"'''{first}{value}{last}'''"
    return inline(value)


def _in_terraform(value: str, old: str) -> str:
    templates = re.sub(r"([$%])\{", r"\1\1{", value)
    heredoc = re.match(r"<<-?(\w+)\n", old)
    lines = value.split("\n")
    if heredoc and all(line.isprintable() and line.strip() != heredoc[1] for line in lines):
        indent = old[old.rindex("\n") + 1 : -len(heredoc[1])]
        body = "".join(f"{indent}{line}\n" for line in templates.split("\n"))
        return f"{heredoc[0]}{body}{indent}{heredoc[1]}"
    return f'"{escaped(_on_one_line(templates), SHORT)}"'


def _in_yaml(value: str, old: str) -> str:
    line = _on_one_line(value)
    if re.fullmatch(r"[A-Za-z][\w.]*", line) and not old.startswith(('"', "'")):
        return line
    if old.startswith('"') or not line.isprintable():
        return json.dumps(line, ensure_ascii=not line.isprintable())
    return "'" + line.replace("'", "''") + "'"


def _on_one_line(value: str) -> str:
    """Line breaks of a pattern are blanks to it, and escapes to whoever reads it."""
    return " ".join(part.strip() for part in value.split("\n"))
