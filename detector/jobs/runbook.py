"""What to do next about an episode, by what its signs speak for; and which controls and techniques a detection is about.

In: an episode, a detection. Out: steps and references as sentences. The claim: a step follows from the class alone; nothing
here decides the class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from detector.jobs.episodes import Episode, Points


class Leaning(StrEnum):
    """What the signs of an episode speak for together: a hint, never a verdict."""

    PROBING = "looks like probing"
    MISCONFIGURATION = "looks like a misconfiguration"
    BOTH = "signs of both probing and misconfiguration"
    NEITHER = "no sign of either probing or misconfiguration"

    @classmethod
    def of(cls, episode: Episode) -> Leaning:
        """That of an episode."""
        kinds = {sign.points_to for sign in episode.signs}
        if len(kinds) > 1:
            return cls.BOTH
        if not kinds:
            return cls.NEITHER
        return cls.PROBING if Points.SUSPICIOUS in kinds else cls.MISCONFIGURATION


_ASK = "Ask whoever owns the principal whether they made these calls. Do not ask by an account that may be taken over."
_TUNE = (
    "Then tune: an exclusion in the filter for what is usual here, rather than a higher threshold for all."
)
STEPS: Mapping[Leaning, tuple[str, ...]] = {
    Leaning.PROBING: (
        _ASK,
        (
            "If they did not: take the credentials away. Deactivate the access keys of a user; for a role, deny its older "
            "sessions (AWSRevokeOlderSessions) and fix whatever could assume it."
        ),
        (
            "Look at everything else that the principal and the address did, in all regions: first what succeeded, then keys, "
            "users, roles and policies that were made or changed."
        ),
        "Keep the records and write down the time window before anything is deleted.",
        "Afterwards: rotate what the principal could read, and make the alarm's threshold one that would have caught this.",
    ),
    Leaning.MISCONFIGURATION: (
        "Find what deploys the principal, and what was changed there before the first record.",
        "Allow the call in its policy if it should be allowed, or stop making it if it should not.",
        "Check that it is the same program as always: the same address, agent and calls.",
        _TUNE,
    ),
    Leaning.BOTH: (
        "Treat it as probing until the principal with the signs of it is explained.",
        _ASK,
        "Separate the noise: the principals that repeat one call belong to a misconfiguration, to be fixed on its own.",
        _TUNE,
    ),
    Leaning.NEITHER: (
        "Look at the records: who made the calls, whether that is their work, and what they did in the hour around.",
        _ASK,
        "If it is usual here, say so in the filter; if it is not, treat it as probing.",
    ),
}
"""What to do next, in this order."""

_FRAMEWORKS = ("CIS AWS Foundations", "AWS Security Hub", "MITRE ATT&CK")


def mapping(references: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The references of a detection by the framework that they begin with; ``Others`` last."""
    found: dict[str, list[str]] = {name: [] for name in (*_FRAMEWORKS, "Others")}
    for reference in references:
        name = next((one for one in _FRAMEWORKS if reference.startswith(one)), "Others")
        found[name].append(reference.removeprefix(name).strip())
    return {name: tuple(listed) for name, listed in found.items() if listed}
