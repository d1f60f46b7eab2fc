"""The former name of `detector.render.kit.printable`; goes once every renderer stands on the kit."""

from __future__ import annotations

from detector.render.kit.printable import json_printable, printable

__all__ = ["json_printable", "printable"]
