"""What a replay says against what the account's alarm really did."""

from detector.jobs.reconcile.job import reconcile
from detector.jobs.reconcile.result import Agreement, Because, Cause, Entry, Reconciliation

__all__ = ["Agreement", "Because", "Cause", "Entry", "Reconciliation", "reconcile"]
