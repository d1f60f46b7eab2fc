"""The evidence of the records of one file that matched.

In: a log file, and the places of these records. Out: their rows in an `EvidenceTable`. Claim: they are those of
`detector.cloudtrail.record.evidence`. Only the members that are evidence are decoded, in one call for the file;
where one has another type than CloudTrail gives it, the records go to that definition one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from detector.cloudtrail import record
from detector.jsontext import parse_json
from detector.metrics.evidence import NUL, EvidenceTable


class _Identity(msgspec.Struct, gc=False):
    arn: str | None = None
    userName: str | None = None  # noqa: N815 - CloudTrail's name, as all below
    invokedBy: str | None = None  # noqa: N815
    principalId: str | None = None  # noqa: N815
    accountId: str | None = None  # noqa: N815
    type: str | None = None


class _Resource(msgspec.Struct, gc=False):
    ARN: str | None = None
    arn: str | None = None


class _Record(msgspec.Struct, gc=False):
    userIdentity: _Identity | None = None  # noqa: N815
    eventName: str | None = None  # noqa: N815
    eventSource: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    errorMessage: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    userAgent: str | None = None  # noqa: N815
    awsRegion: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    resources: list[_Resource] | None = None
    requestParameters: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815


class _LogFile(msgspec.Struct):
    Records: list[_Record]


_decode = msgspec.json.Decoder(_LogFile).decode
_NOBODY = _Identity()


def add(table: EvidenceTable, text: bytes, places: Sequence[int]) -> int:
    """Add the records at some places of a log file that is sound JSON; the number of the first."""
    first = len(table)
    try:
        decoded = _decode(text).Records
    except msgspec.MsgspecError:
        members: Any = parse_json(text)
        for place in places:
            table.add(record.evidence(members["Records"][place]))
        return first
    records = [decoded[place] for place in places]
    identities = [one.userIdentity or _NOBODY for one in records]
    principals = [
        who.arn or who.userName or who.invokedBy or who.principalId or who.accountId or who.type or ""
        for who in identities
    ]
    table.extend(
        (
            principals,
            [who.type or "" for who in identities],
            [one.eventName or "" for one in records],
            [one.eventSource or "" for one in records],
            [one.errorCode or "" for one in records],
            [one.sourceIPAddress or "" for one in records],
            [one.userAgent or "" for one in records],
            [one.awsRegion or "" for one in records],
            [
                (who.accountId or "") if one.recipientAccountId is None else one.recipientAccountId
                for one, who in zip(records, identities, strict=True)
            ],
            [_resources(one, principal) for one, principal in zip(records, principals, strict=True)],
        )
    )
    return first


def _resources(one: _Record, principal: str) -> str:
    """Several joined by NUL."""
    if one.resources:
        names = [resource.ARN or resource.arn or "" for resource in one.resources]
        joined = NUL.join(names)
        # As `record.first` would make it, which takes its time.
        if (
            len(joined) <= record.MAX_LENGTH
            and joined.isascii()
            and "" not in names
            and len(names) == 1 + joined.count(NUL) == len(set(names)) <= record.MAX_RESOURCES
        ):
            return joined
        if stated := record.first(names):
            return NUL.join(stated)
    return NUL.join(record.named(parse_json(one.requestParameters), parse_json(one.errorMessage), principal))
