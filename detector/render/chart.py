"""The former name of `detector.render.kit.chart`; goes once every renderer stands on the kit."""

from __future__ import annotations

from detector.quantities import number
from detector.render.kit.chart import BLOCKS, chart

__all__ = ["BLOCKS", "chart", "number"]
