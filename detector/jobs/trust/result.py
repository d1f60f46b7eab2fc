"""What is verified of an archive, what is not, and what is not as CloudTrail delivered it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from detector.archive import Problem


class FindingKind(StrEnum):
    """What is not as CloudTrail delivered it."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    FORGED = "signature"
    UNKNOWN = "unknown key"
    MOVED = "moved"
    UNREADABLE = "unreadable"
    GAP = "gap"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One of these: of a file, by its path or, where it is not there, by its key in S3; of a gap or a key by account and region."""

    kind: FindingKind
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The digests of one region of one trail; times are seconds since 1970."""

    account: str
    region: str
    start: int
    end: int
    digests: int
    verified: int
    unverified: tuple[str, ...]
    """Digest files whose signature nobody says: that of a newest one stands in the metadata of its object alone."""
    continues: bool
    """Whether the first of them refers to an earlier one, which is not looked at."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Log files of an account and a region that no digest lists, and the times in the names of the first and the last."""

    account: str
    region: str
    files: int
    first: int | None
    last: int | None
    is_late: bool
    """Whether the digest that lists them may be yet to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is known of an archive."""

    chains: tuple[Chain, ...]
    logs: int
    """Log files in the archive that are asked for."""
    verified_logs: int
    """Those of which every byte is as a verified digest says."""
    unverified_logs: int
    """Those that are as a digest says that is not verified."""
    uncovered: tuple[Uncovered, ...]
    given: tuple[tuple[str, str], ...]
    """Files in the archive that are no log files but what it is verified by: the path, and ``public keys`` or ``signatures``."""
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]

    @property
    def digests(self) -> int:
        """Digest files that could be read."""
        return sum(chain.digests for chain in self.chains)

    @property
    def verified(self) -> int:
        """Digest files whose signature fits."""
        return sum(chain.verified for chain in self.chains)

    @property
    def is_verifiable(self) -> bool:
        """Whether there was anything that says something: a digest with a signature that could be checked."""
        says_nothing = {FindingKind.GAP, FindingKind.UNKNOWN}
        return bool(self.verified) or any(one.kind not in says_nothing for one in self.findings)

    @property
    def holds(self) -> bool:
        """Whether the archive is as it was delivered, as far as CloudTrail has said by now what it delivered."""
        covered = all(one.is_late for one in self.uncovered)
        return bool(self.verified) and covered and not self.findings
