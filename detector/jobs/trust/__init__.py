"""Whether an archive can be trusted: CloudTrail's digest chain, checked without asking anybody."""

from detector.jobs.trust.job import verify_archive
from detector.jobs.trust.result import Trust
from detector.jobs.trust.signatures import Keys, load_signatures

__all__ = ["Keys", "Trust", "load_signatures", "verify_archive"]
