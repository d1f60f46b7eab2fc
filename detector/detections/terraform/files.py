"""Terraform's functions that read files: ``file``, ``fileexists``, ``fileset``, ``templatefile``, ``templatestring``.

In: a path as the configuration writes it. Out: what Terraform would read. The claim: nothing is read outside of the
repository that the configuration is in (of its folder, where there is none), and no hidden file: a configuration may be
a stranger's, and what it reads is shown in reports.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from detector.detections.documents import DocumentError, text_of
from detector.detections.terraform.expressions import Scope
from detector.detections.terraform.templates import rendered
from detector.detections.terraform.values import Failure, set_of, table, text

_LARGEST = 1 << 20
_MOST_FILES = 10_000


def call(name: str, arguments: list[Any], scope: Scope) -> Any:
    """The value of a function that reads files."""
    try:
        return _FUNCTIONS[name](scope, *arguments)
    except TypeError:
        raise Failure(f"{name}: expected other arguments") from None


def _path(scope: Scope, asked: Any) -> Path:
    """A path from the folder of the root module, that may be read."""
    written = text(asked)
    root, folder = scope.names.folders()
    path = Path(root, written)
    if not path.exists() and Path(written).exists():
        path = Path(written)  # path.module has the folder in it already
    if not _may_be_read(path, root, folder):
        raise Failure(f"{written[:100]} is outside of the repository, or hidden, and not read")
    return path


def _may_be_read(path: Path, *folders: str) -> bool:
    real = Path(os.path.realpath(path))
    for folder in map(os.path.realpath, folders):
        inside = next((one for one in (Path(folder), *Path(folder).parents) if (one / ".git").exists()), None)
        top = inside or Path(folder)
        if real.is_relative_to(top):
            return not any(part.startswith(".") for part in real.relative_to(top).parts)
    return False


def _file(scope: Scope, asked: Any) -> str:
    path = _path(scope, asked)
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise Failure(f"expected a file of at most {_LARGEST >> 20} MiB: {text(asked)[:100]}")
    try:
        return text_of(path)
    except DocumentError as error:
        raise Failure(f"{text(asked)[:100]}: {error.reason}") from None


def _fileset(scope: Scope, asked: Any, pattern: Any) -> Any:
    folder = _path(scope, asked)
    wanted = _glob(text(pattern))
    return set_of(name for name in _names(folder) if wanted.fullmatch(name))


def _names(folder: Path) -> Iterator[str]:
    """The files below a folder, from there."""
    count = 0
    for path, folders, names in os.walk(folder):
        count += len(folders) + len(names)
        if count > _MOST_FILES:
            raise Failure(f"expected a folder of at most {_MOST_FILES:,} files")
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(path, name).relative_to(folder).as_posix() for name in names)


def _glob(pattern: str) -> re.Pattern[str]:
    """``*``, ``**``, ``?``, ``{a,b}`` and ``[ab]`` as ``fileset`` understands them."""
    if len(pattern) > 200 or pattern.count("*") > 6:  # noqa: PLR2004 - longer than anybody writes
        raise Failure("expected a shorter pattern of file names")
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    parts = re.findall(r"\*\*/|\*\*|\[[^\]]*\]|.", pattern)
    try:
        return re.compile(
            "".join(
                words.get(part) or (part if len(part) > 1 and part[0] == "[" else re.escape(part))
                for part in parts
            )
        )
    except re.error:
        raise Failure("expected a pattern of file names") from None


def _template(scope: Scope, written: str, variables: Any) -> Any:
    return rendered(written, scope.with_variables(dict(table(variables))))


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "file": _file,
    "fileexists": lambda scope, asked: _path(scope, asked).is_file(),
    "fileset": _fileset,
    "filebase64": lambda scope, asked: base64.b64encode(_file(scope, asked).encode()).decode(),
    "templatefile": lambda scope, asked, variables: _template(scope, _file(scope, asked), variables),
    "templatestring": lambda scope, written, variables: _template(scope, text(written), variables),
}
NAMES = frozenset(_FUNCTIONS)
