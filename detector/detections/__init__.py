"""Detections: the model (`model`), one module for each format (`toml`), and the shipped ones by name (`catalogue`)."""

from detector.detections.catalogue import load_detection, shipped
from detector.detections.model import Actions, Detection, Source, Variant

__all__ = ["Actions", "Detection", "Source", "Variant", "load_detection", "shipped"]
