"""The controls of a benchmark against a configuration, by what filters and alarms do and not by how they are written.

`result` is what an audit says, `candidates` finds the filter of a control, `wiring` follows actions and trails, and `job`
puts them together.
"""

from __future__ import annotations

from detector.jobs.audit.job import audit
from detector.jobs.audit.result import Audit, Audited, Level

__all__ = ["Audit", "Audited", "Level", "audit"]
