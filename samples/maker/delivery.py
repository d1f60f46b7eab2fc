"""Events → the files of a bucket: stamps, names, order, duplicates, empty files, digests.

In: events in any order. Out: ``path below samples → bytes``. A log file's stamp is a multiple of five
minutes, 0 to 608 s after its events; records inside are not quite in time order; about three in a hundred
events come a second time in another file.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import defaultdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from maker.background import TRAIL_BUCKET
from maker.clock import DAY, HOUR, START, iso
from maker.draw import Draw
from maker.identities import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from maker.records import Event

STEP = 300
LONGEST = 608
FULL = 11  # records after which a stamp's records go into one more file
VALIDATED = START + 12 * DAY + 10 * HOUR  # the first digest, soon after validation was switched on
DIGESTED = ("us-east-1", "eu-west-1")
HOURS = 24
EMPTY = 6
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"  # as AWS writes it: no flags, no time, OS 0

Slot = tuple[str, int, int]  # region, stamp, which file of that stamp


def files(events: Iterable[Event], twice: Iterable[Event]) -> dict[str, bytes]:
    slots = _slots(list(events), list(twice))
    logs = {_path(slot): _content(slot, records) for slot, records in sorted(slots.items())}
    logs |= {_path(slot): '{"Records":[]}' for slot in _empty_slots(slots)}
    texts = logs | _digests(logs)
    return {path: compress(text.encode("ascii")) for path, text in sorted(texts.items())}


def compress(content: bytes) -> bytes:
    """A gzip member whose bytes depend on nothing but its content."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(content) + deflate.flush()
    return HEADER + body + struct.pack("<II", zlib.crc32(content), len(content))


def _slots(events: list[Event], twice: list[Event]) -> dict[Slot, list[Event]]:
    slots: dict[Slot, list[Event]] = defaultdict(list)
    stamps: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in sorted([*events, *twice], key=lambda event: (event.at, event.event_id)):
        stamps[event.region, _stamp(event)].append(event)
    for (region, stamp), found in stamps.items():
        draw, parts = Draw("parts", region, stamp), 1 + len(found) // FULL
        for event in found:
            slots[region, stamp, draw.below(parts)].append(event)
    again = {event.event_id for event in twice}
    for event in sorted(events + twice, key=lambda event: (event.at, event.event_id)):
        if event.event_id in again or Draw("again", event.event_id).chance(0.03):
            _deliver_again(slots, event)
    return dict(slots)


def _stamp(event: Event) -> int:
    """The delivery: what happens in a region within a quarter of an hour shares its delay, most of it."""
    shared, own = Draw("lag", event.region, event.at // 900), Draw("lag", event.event_id)
    delay = own.below(LONGEST - STEP) if own.chance(0.04) else shared.below(LONGEST - STEP)
    return -(-(event.at + delay) // STEP) * STEP


def _deliver_again(slots: dict[Slot, list[Event]], event: Event) -> None:
    """The same record in another file: one that exists if there is one, else one of its own."""
    first = _stamp(event)
    for stamp in (first, first + STEP, first - STEP):
        for part in (0, 1, 2):
            held = slots.get((event.region, stamp, part))
            if held and 0 <= stamp - event.at <= LONGEST and event not in held:
                held.append(event)
                return
    slots[event.region, first, 3].append(event)


def _content(slot: Slot, events: list[Event]) -> str:
    """Records ordered by time, but in every other file some sources lag behind the others."""
    draw = Draw("order", *slot)
    late = 60 + draw.below(140) if draw.chance(0.55) else 0

    def place(event: Event) -> tuple[int, str]:
        return event.at + (late if Draw("late", event.event_id).chance(0.3) else 0), event.event_id

    return '{"Records":[' + ",".join(event.text for event in sorted(events, key=place)) + "]}"


def _empty_slots(slots: Mapping[Slot, object]) -> list[Slot]:
    draw = Draw("empty")
    found: list[Slot] = []
    while len(found) < EMPTY:
        slot = ("us-west-2", START + DAY + draw.below(12 * DAY // STEP) * STEP, 0)
        if slot not in slots and slot not in found:
            found.append(slot)
    return found


def _compact(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y%m%dT%H%MZ")


def _day(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y/%m/%d")


def _path(slot: Slot) -> str:
    region, stamp, _ = slot
    name = f"{ACCOUNT}_CloudTrail_{region}_{_compact(stamp)}_{Draw('name', *slot).text(16)}.json.gz"
    return f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/{_day(stamp)}/{name}"


def _digests(logs: Mapping[str, str]) -> dict[str, str]:
    """One digest an hour and region from the day validation was on, each naming the one before."""
    found: dict[str, str] = {}
    for region in DIGESTED:
        before: tuple[str, str] | None = None
        for hour in range(HOURS):
            start = VALIDATED + hour * HOUR
            path, text = _digest(region, start, logs, before)
            found[path] = text
            before = path, text
    return found


def _digest(
    region: str, start: int, logs: Mapping[str, str], before: tuple[str, str] | None
) -> tuple[str, str]:
    end = start + HOUR
    stamps = {_compact(stamp) for stamp in range(start + STEP, end + STEP, STEP)}
    named = [path for path in sorted(logs) if f"/{region}/" in path and path.split("_")[-2] in stamps]
    clock = datetime.fromtimestamp(end, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{ACCOUNT}_CloudTrail-Digest_{region}_example-trail_us-east-1_{clock}.json.gz"
    path = f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{region}/{_day(end)}/{name}"
    body: dict[str, Any] = {
        "awsAccountId": ACCOUNT,
        "digestStartTime": iso(start),
        "digestEndTime": iso(end),
        "digestS3Bucket": TRAIL_BUCKET,
        "digestS3Object": path,
        "digestPublicKeyFingerprint": Draw("fingerprint", region).hexadecimal(32),
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": iso(end - 70),
        "oldestEventTime": iso(start + 40),
        "previousDigestS3Bucket": TRAIL_BUCKET if before else None,
        "previousDigestS3Object": before[0] if before else None,
        "previousDigestHashValue": _hash(before[1]) if before else None,
        "previousDigestHashAlgorithm": "SHA-256" if before else None,
        "previousDigestSignature": Draw("signature", path).hexadecimal(64) if before else None,
        "logFiles": [_logged(log, logs[log], start, end) for log in named],
    }
    return path, json.dumps(body, separators=(",", ":"))


def _logged(path: str, text: str, start: int, end: int) -> dict[str, str]:
    times = sorted(record["eventTime"] for record in json.loads(text)["Records"]) or [iso(start), iso(end)]
    return {
        "s3Bucket": TRAIL_BUCKET,
        "s3Object": path,
        "hashValue": _hash(text),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": times[-1],
        "oldestEventTime": times[0],
    }


def _hash(text: str) -> str:
    return sha256(text.encode("ascii")).hexdigest()
