"""Builds the compiled pass of the scan with the package; without a compiler the package works without it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Extension
from setuptools.command.build_ext import build_ext
from setuptools.dist import Distribution

NAME, SOURCE = "detector.scan._cut", "detector/scan/_cut.c"


class CompiledPass(BuildHookInterface):  # type: ignore[type-arg]  # it takes no configuration
    """Compiles in place, so that a checkout in which the package is installed editable has it too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Add what was built to the wheel; an ``optional`` extension that cannot be built is only warned of."""
        command = build_ext(
            Distribution({"name": "detector", "ext_modules": [Extension(NAME, [SOURCE], optional=True)]})
        )
        command.inplace = True
        with TemporaryDirectory() as folder:
            command.build_temp = command.build_lib = folder
            command.ensure_finalized()
            command.run()
        built = Path(command.get_ext_filename(NAME))
        if Path(self.root, built).exists():
            build_data["artifacts"].append(built.as_posix())
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
