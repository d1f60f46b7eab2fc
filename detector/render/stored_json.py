"""A store of partial results as one JSON object."""

from __future__ import annotations

from detector.jobs.stored import Stored
from detector.render.kit.json_values import readable


def stored_json(found: Stored) -> str:
    """Everything that is known of it."""
    pruned = found.pruned
    return readable(
        {
            "folder": found.folder,
            "size": found.size,
            "segments": found.segments,
            "files": found.files,
            "holdings": [
                {"filter": one.filter, "settings": one.settings, "files": one.files, "matches": one.matches}
                for one in found.holdings
            ],
            "unused_versions": list(found.versions),
            "spoilt": [{"segment": name, "reason": reason} for name, reason in found.spoilt],
            "unfinished": found.unfinished,
            "verified": found.verified,
            "pruned": None
            if pruned is None
            else {
                "segments": pruned.segments,
                "files": pruned.files,
                "size_before": pruned.before,
                "size_after": pruned.after,
            },
        }
    )
