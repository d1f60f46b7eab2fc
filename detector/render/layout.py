"""The former names of `detector.render.kit`; goes once every renderer stands on the kit."""

from __future__ import annotations

from detector.quantities import count, minute, span, time
from detector.render.kit.page import LABEL, Page, rows
from detector.render.kit.printable import printable as clean

__all__ = ["LABEL", "WIDTH", "clean", "count", "indented", "labelled", "minute", "rows", "span", "time"]

WIDTH = Page().width
indented, labelled = Page().indented, Page().labelled
