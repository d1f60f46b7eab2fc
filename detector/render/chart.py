"""The former name of `detector.render.kit.chart`; goes once every renderer stands on the kit."""

from __future__ import annotations

from detector.render.kit.chart import BLOCKS, chart
from detector.render.kit.quantities import number

__all__ = ["BLOCKS", "chart", "number"]
