"""Numbers, times and durations as people write them; they are in `detector.quantities`, since jobs say them too."""

from detector.quantities import count, minute, number, span, time

__all__ = ["count", "minute", "number", "span", "time"]
