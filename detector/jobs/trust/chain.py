"""The digests of a chain, each with its signature: from the next digest, or from a file or object metadata.

In: the digests of a chain, the oldest first, keys, signatures. Out: a `Link` for each. Claim: a digest is verified only
by a signature that fits; where a digest is gone, the one before it has lost its signature, and is not verified.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.archive.digest import Digest, signature_of
from detector.jobs.trust.result import Finding, FindingKind
from detector.quantities import count, minute

if TYPE_CHECKING:
    from detector.jobs.trust.signatures import Keys

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Link:
    """A digest in its chain: ``is_unsigned`` where nobody says its signature, ``is_foreign`` where its key is not given."""

    digest: Digest
    is_verified: bool
    is_unsigned: bool
    is_foreign: bool
    findings: tuple[Finding, ...]
    """What is wrong with it, and behind it."""


def links(
    chain: Sequence[Digest], keys: Keys, signatures: Mapping[str, str], invalid: Collection[str]
) -> Iterator[Link]:
    """``invalid``: names of digest files that are there and cannot be used, which are not missing too.

    The signature of a digest in no other one is that of ``signatures``, or in S3 that of its object.
    """
    for digest, following in zip(chain, [*chain[1:], None], strict=True):
        findings: list[Finding] = []
        signature = None
        if following is not None:
            findings += _between(digest, following, invalid)
            if _previous(following) == digest.name:
                signature = following.previous_signature
        signature = signature or signatures.get(digest.name) or signature_of(digest.source)
        is_foreign = bool(signature) and not keys.has(digest)
        wrong = keys.wrong(digest, signature) if signature and not is_foreign else ""
        if wrong:
            findings.append(Finding(FindingKind.FORGED, digest.source.name, f"digest file: {wrong}"))
        is_verified = bool(signature) and not wrong and not is_foreign
        yield Link(digest, is_verified, not signature, is_foreign, tuple(findings))


def _between(digest: Digest, following: Digest, invalid: Collection[str]) -> Iterator[Finding]:
    """What is missing between two digests."""
    previous = _previous(following)
    if previous and previous != digest.name and previous not in invalid:
        reason = f"digest file: {following.name} refers to it, and it is not in the archive"
        yield Finding(FindingKind.MISSING, following.previous_key or "", reason)
    if previous == digest.name and following.previous_hash != digest.hash:
        reason = f"digest file: has changed since it was delivered ({following.name} has another SHA-256)"
        yield Finding(FindingKind.CHANGED, digest.source.name, reason)
    if following.start > digest.end:
        hours = count(-(-(following.start - digest.end) // HOUR), "hour")
        start, end = (minute(datetime.fromtimestamp(time, UTC)) for time in (digest.end, following.start))
        anew = "" if previous else "; the chain begins anew, as when validation was switched off"
        place = f"{digest.source.account or digest.account} {digest.source.region or ''}".strip()
        yield Finding(FindingKind.GAP, place, f"no digest for {hours}, from {start} to {end}{anew}")
    elif previous is None:
        reason = "digest file: begins a chain anew, though it follows another one"
        yield Finding(FindingKind.GAP, following.source.name, reason)


def _previous(digest: Digest) -> str | None:
    return None if digest.previous_key is None else digest.previous_key.rpartition("/")[2]
