"""Builds the native part of the scan with the package; without a compiler the package works without it.

Where pkg-config knows libdeflate it is linked, and log files are read and inflated natively too.
"""

from __future__ import annotations

import os
import runpy
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface
from setuptools import Extension
from setuptools.command.build_ext import build_ext
from setuptools.dist import Distribution

NATIVE = runpy.run_path("detector/native.py")  # which is not installed yet
SCAN, EVIDENCE = NATIVE["SCAN"], NATIVE["EVIDENCE"]


class NotFreeThreaded(MetadataHookInterface):
    """Ends an installation before pip asks for packages that cannot be had, with a sentence of its own."""

    def update(self, metadata: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Leave everything as it is, or exit."""
        if sysconfig.get_config_var("Py_GIL_DISABLED"):
            sys.exit(
                "cloudtrail-detector needs a Python with the global interpreter lock, because google-re2, orjson and "
                f"Polars have no wheels for free-threaded builds such as {sys.executable}"
            )


class NativePart(BuildHookInterface):  # type: ignore[type-arg]  # it takes no configuration
    """Compiles in place, so that a checkout in which the package is installed editable has it too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Add what was built to the wheel; an ``optional`` extension that cannot be built is only warned of."""
        parts = [_scan(), _extension(EVIDENCE)]
        command = build_ext(Distribution({"name": "detector", "ext_modules": parts}))
        command.inplace = True
        command.force = True  # sources that were checked out can be older than what was built of others
        with TemporaryDirectory() as folder:
            command.build_temp = command.build_lib = folder
            command.ensure_finalized()
            command.run()
        for part in parts:
            built = Path(command.get_ext_filename(part.name))
            if Path(self.root, built).exists():
                build_data["artifacts"].append(built.as_posix())
                build_data["pure_python"] = False
                build_data["tag"] = f"cp311-abi3-{self._platform()}"

    def _platform(self) -> str:
        """The last part of a wheel's tag, such as ``linux_x86_64``; on macOS the deployment target is in it."""
        return str(self.build_config.builder.get_best_matching_tag()).rpartition("-")[2]


def _extension(name: str) -> Extension:
    """One build for Python 3.11 and all later versions."""
    source = f"{name.replace('.', '/')}.c"
    extension = Extension(name, [source], depends=["detector/native.h"], optional=True, py_limited_api=True)
    extension.define_macros = [("SOURCES", NATIVE["checksum"](Path(source)))]
    if os.name == "posix":  # loops are to become vectors, also where Python itself was built without
        extension.extra_compile_args = ["-O3"]
    return extension


def _scan() -> Extension:
    extension = _extension(SCAN)
    try:
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "libdeflate >= 1.14"],  # noqa: S607 - wherever it is installed
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return extension
    extension.define_macros.append(("HAVE_LIBDEFLATE", "1"))
    for flag in shlex.split(flags):
        (extension.extra_link_args if flag.startswith(("-l", "-L")) else extension.extra_compile_args).append(
            flag
        )
    return extension
