"""Who makes the noise of a detection, and which exclusions would end it.

From the ground up: `exclusions` writes and proves narrower patterns, `makers` says who makes the matches and the pages,
`effects` what a narrower pattern would do on the archive, `choice` which exclusions to take, `tests` the rule tests of
the edited detection, `result` holds it all, and `job` makes it of an archive.
"""

from __future__ import annotations

from detector.jobs.noise.job import noise, noises
from detector.jobs.noise.result import Noise

__all__ = ["Noise", "noise", "noises"]
