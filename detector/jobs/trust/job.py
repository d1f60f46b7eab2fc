"""Whether an archive is what CloudTrail delivered: its digest files in their chains, its log files against them.

In: the plan of an archive, public keys, signatures of digests that stand in no other digest. Out: a frozen `Trust`.
Claim: a byte that was changed, a file that was removed or added, and a digest that was removed, exchanged or signed by
somebody else is found; but for the newest digest of a chain, which is named as unverified where its signature is not
given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from detector.archive import Plan, Progress, Source
from detector.archive.ahead import ahead
from detector.archive.digest import Digest, NotADigestError, content, hash_of, parse
from detector.archive.layout import NOWHERE, place_of_file
from detector.jobs.trust.chain import Link, links
from detector.jobs.trust.result import Chain, Finding, FindingKind, Trust, Uncovered
from detector.jobs.trust.signatures import holds
from detector.quantities import count

if TYPE_CHECKING:
    from detector.jobs.trust.signatures import Keys

HOUR = 3600
AT_ONCE = 64
"""Files that are read before any of them is compared."""
MOST_GIVEN = 1 << 20
"""Bytes of a file of public keys or signatures at most."""
LATE = 2 * HOUR
"""After the end of a digest: what was delivered since then may be in one that is yet to come."""


def verify_archive(
    plan: Plan, keys: Keys, signatures: Mapping[str, str] | None = None, progress: Progress | None = None
) -> Trust:
    """Check the digest files of an archive, and its log files against them; ``signatures`` by the name of a digest file.

    The selection of the plan chooses accounts, regions, and the time of delivery. `ArchiveError` for a path that does
    not exist.
    """
    located = plan.locate()
    wanted = _Wanted(plan)
    findings: list[Finding] = []
    digests = list(_digests(filter(wanted.is_place, located.digest_files), findings))
    invalid = {one.path.rpartition("/")[2] for one in findings}
    found = [
        link
        for chain in _chains(digests).values()
        for link in links(chain, keys, signatures or {}, invalid)
        if wanted.is_digest(link.digest)
    ]
    findings += [finding for link in found for finding in link.findings]
    findings += _foreign(found)
    logs = [one for one in located.files if wanted.is_place(one) and wanted.is_time(one.delivered)]
    checked = _Checked(found, wanted)
    checked.compare(logs, progress)
    findings += checked.findings
    return Trust(
        chains=tuple(_described(found)),
        logs=len(logs) - len(checked.given),
        verified_logs=checked.verified,
        unverified_logs=checked.unverified,
        uncovered=tuple(checked.uncovered()),
        given=tuple(checked.given),
        findings=tuple(sorted(findings)),
        problems=tuple(located.problems),
    )


def _foreign(found: Iterable[Link]) -> Iterator[Finding]:
    """The keys that are not given, and how many digests are signed with each."""
    signed = Counter(
        (link.digest.source.account or "", link.digest.source.region or "", link.digest.fingerprint)
        for link in found
        if link.is_foreign
    )
    for (account, region, fingerprint), times in sorted(signed.items()):
        reason = f"{count(times, 'digest file')} signed with the key {fingerprint}, which is not among the public keys"
        yield Finding(FindingKind.UNKNOWN, f"{account} {region}", reason)


class _Wanted:
    """What the plan chooses."""

    def __init__(self, plan: Plan) -> None:
        self.chosen = plan.selection

    def is_place(self, source: Source) -> bool:
        chosen = self.chosen
        return (not chosen.accounts or source.account in chosen.accounts) and (
            not chosen.regions or source.region in chosen.regions
        )

    def is_time(self, time: int | None) -> bool:
        """Whether a time of delivery is chosen; an unknown one is."""
        start, end = self.chosen.start, self.chosen.end
        return time is None or ((start is None or time >= start) and (end is None or time < end))

    def is_digest(self, digest: Digest) -> bool:
        """Whether some of its hour is chosen."""
        start, end = self.chosen.start, self.chosen.end
        return (start is None or digest.end > start) and (end is None or digest.start < end)


def _digests(sources: Iterable[Source], findings: list[Finding]) -> Iterator[Digest]:
    """Those that can be read and are where they belong; what is wrong with the others."""
    for source in ahead(sources):
        try:
            digest = parse(source, content(source))
        except (NotADigestError, OSError) as error:
            reason = error.reason if isinstance(error, NotADigestError) else str(error.strerror or error)
            findings.append(Finding(FindingKind.UNREADABLE, source.name, f"digest file: {reason}"))
            continue
        if _is_at_home(digest):
            yield digest
        else:
            reason = f"digest file: holds the digest of {digest.key}"
            findings.append(Finding(FindingKind.MOVED, source.name, reason))


def _is_at_home(digest: Digest) -> bool:
    """Whether the file is the one that it says it is, as far as its path tells."""
    here, mark = digest.source.path.replace("\\", "/").removesuffix(".gz"), "/CloudTrail-Digest/"
    there = digest.key.removesuffix(".gz")
    if mark in here:
        return here.rpartition(mark)[2] == there.rpartition(mark)[2]
    return here.rpartition("/")[2] == there.rpartition("/")[2]


def _chains(digests: Iterable[Digest]) -> Mapping[tuple[str, str], list[Digest]]:
    """The digests of each chain, the oldest first."""
    chains: defaultdict[tuple[str, str], list[Digest]] = defaultdict(list)
    for digest in sorted(digests, key=lambda one: (one.chain, one.end, one.name)):
        chains[digest.chain].append(digest)
    return chains


def _described(found: Sequence[Link]) -> Iterator[Chain]:
    chains: defaultdict[tuple[str, str], list[Link]] = defaultdict(list)
    for link in found:
        chains[link.digest.chain].append(link)
    for some in chains.values():
        first, last = some[0].digest, some[-1].digest
        yield Chain(
            account=first.source.account or first.account,
            region=first.source.region or "",
            start=first.start,
            end=last.end,
            digests=len(some),
            verified=sum(link.is_verified for link in some),
            unverified=tuple(link.digest.source.name for link in some if link.is_unsigned),
            continues=first.previous_key is not None,
        )


class _Checked:
    """The log files of an archive held against what the digests list."""

    def __init__(self, found: Sequence[Link], wanted: _Wanted) -> None:
        self.listed = {
            log.name.removesuffix(".gz"): (log, link) for link in found for log in link.digest.logs
        }
        self.wanted = wanted
        self.spans: dict[tuple[str | None, str | None], list[tuple[int, int]]] = defaultdict(list)
        for link in found:
            source = link.digest.source
            self.spans[source.account, source.region].append((link.digest.start, link.digest.end))
        self.findings: list[Finding] = []
        self.verified = self.unverified = 0
        self.left: defaultdict[tuple[str, str, bool], list[int]] = defaultdict(list)
        self.given: list[tuple[str, str]] = []

    def compare(self, logs: Sequence[Source], progress: Progress | None) -> None:
        """Each log file, and what is not there."""
        there = {_name(source) for source in logs}
        for name, (log, link) in self.listed.items():
            if name not in there and self.wanted.is_time(place_of_file(log.name, NOWHERE).delivered):
                reason = f"log file: listed in {link.digest.name}, and not in the archive"
                self.findings.append(Finding(FindingKind.MISSING, log.key, reason))
        known = [source for source in logs if _name(source) in self.listed]
        for source in logs:
            if _name(source) not in self.listed:
                self._unknown(source)
                if progress:
                    progress(1, source.size)
        hashed = ahead(known)
        with ThreadPoolExecutor() as threads:
            while some := list(islice(hashed, AT_ONCE)):
                for source, found in zip(some, threads.map(_hash, some), strict=True):
                    self._known(source, found)
                    if progress:
                        progress(1, source.size)

    def uncovered(self) -> Iterator[Uncovered]:
        """Log files that no digest lists, and that cannot be told to have been added."""
        for (account, region, is_late), times in sorted(self.left.items()):
            known = [time for time in times if time]
            first, last = (min(known), max(known)) if known else (None, None)
            yield Uncovered(account, region, len(times), first, last, is_late)

    def _known(self, source: Source, found: str | OSError) -> None:
        log, link = self.listed[_name(source)]
        if isinstance(found, OSError):
            reason = f"log file: {found.strerror or found}"
            self.findings.append(Finding(FindingKind.UNREADABLE, source.name, reason))
        elif found != log.hash:
            reason = f"log file: has changed since it was delivered ({link.digest.name} has another SHA-256)"
            self.findings.append(Finding(FindingKind.CHANGED, source.name, reason))
        elif link.is_verified:
            self.verified += 1
        else:
            self.unverified += 1

    def _unknown(self, source: Source) -> None:
        spans, time = self.spans.get((source.account, source.region), ()), source.delivered
        if time is not None and any(start + HOUR <= time < end - HOUR for start, end in _joined(spans)):
            reason = "log file: no digest lists it, though there are those of its time"
            self.findings.append(Finding(FindingKind.ADDED, source.name, reason))
            return
        last = max((end for _, end in spans), default=None)
        if time is None and (kind := _given(source)):
            self.given.append((source.name, kind))
            return
        is_late = time is not None and last is not None and last - HOUR <= time < last + LATE
        self.left[source.account or "", source.region or "", is_late].append(time or 0)


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Times without a gap between them."""
    begun: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if begun is not None and start <= begun[1]:
            begun = begun[0], max(end, begun[1])
            continue
        if begun is not None:
            yield begun
        begun = start, end
    if begun is not None:
        yield begun


def _name(source: Source) -> str:
    return source.path.replace("\\", "/").rpartition("/")[2].removesuffix(".gz")


def _given(source: Source) -> str:
    """Whether a file without the name of a log file is what archives are verified by, and of which kind."""
    if not 0 < source.size <= MOST_GIVEN:
        return ""
    try:
        return holds(content(source))
    except OSError:
        return ""


def _hash(source: Source) -> str | OSError:
    try:
        return hash_of(source)
    except OSError as error:
        return error
