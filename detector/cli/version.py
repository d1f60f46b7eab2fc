"""What is installed, for bug reports: which parts of the scan are native, and the version of every package.

In: nothing but this installation. Out: lines of text. Only the native part itself is imported.
"""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

from detector import __version__
from detector.native import EVIDENCE, SCAN, part

DISTRIBUTION = "cloudtrail-detector"
_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)[^;]*(?P<marker>;(?:.*python_version < [\"']3\.(?P<before>\d+))?(?:.*extra == [\"'](?P<extra>[\w-]+))?)?"
)


def described() -> str:
    """The version of the program, and a line for each part whose version may matter."""
    parts = {
        "native scan": _scan(),
        "native evidence": _evidence(),
        "Python": f"{platform.python_version()} ({platform.python_implementation()}, {platform.system()} {platform.machine()})",
        "documentation": str(_documentation()),
        **_packages(),
    }
    width = max(map(len, parts))
    return "\n".join(
        [f"detector {__version__}", *(f"{name:{width}}  {what}" for name, what in parts.items())]
    )


def _documentation() -> Path:
    """The folder that has ``docs/x.md``: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_documentation"
    return installed if installed.is_dir() else package.parent


def _scan() -> str:
    """How the native part of the scan was built; the answers are the same in each case."""
    native = part(SCAN)
    if native.module is None:
        return f"{native.lack}: log files are decoded whole, in Python"
    if native.module.INFLATER:
        return f"compiled, with {native.module.INFLATER}: log files are read and inflated there"
    return "compiled without libdeflate: log files are inflated by deflate and isal"


def _evidence() -> str:
    """The same for the part that keeps who did what from where."""
    native = part(EVIDENCE)
    return f"{native.lack}: done in Python" if native.module is None else "compiled"


def _packages() -> dict[str, str]:
    """Name -> version of what this package requires here, extras last."""
    try:
        required = metadata.requires(DISTRIBUTION) or ()
    except metadata.PackageNotFoundError:  # run from its source without being installed
        return {}
    found = [match for match in map(_REQUIREMENT.match, required) if match]
    return {match["name"]: version for match in found if (version := _version(match))}


def _version(required: re.Match[str]) -> str:
    """Nothing for a package that is not installed because this system does not need it."""
    try:
        return metadata.version(required["name"])
    except metadata.PackageNotFoundError:
        is_for_older = required["before"] and sys.version_info >= (3, int(required["before"]))
        if required["extra"] and not is_for_older:
            return f"not installed (pip install '{DISTRIBUTION}[{required['extra']}]')"
        return "" if required["marker"] else "not installed"
