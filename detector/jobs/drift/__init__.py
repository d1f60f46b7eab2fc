"""What two sets of detections differ in: added, removed, changed, and what spelling and defaults leave the same."""

from detector.jobs.drift.job import drift
from detector.jobs.drift.result import Drift, Item, Joined, Setting, Standing, Weight, What
from detector.jobs.drift.sides import is_set

__all__ = ["Drift", "Item", "Joined", "Setting", "Standing", "Weight", "What", "drift", "is_set"]
