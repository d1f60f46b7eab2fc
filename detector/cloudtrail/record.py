"""Who did what to what from where: the members of a CloudTrail record that say so.

In: a decoded record, which anybody may have written. Out: strings of a bounded length, empty where a member is
absent or has another type.
"""

from __future__ import annotations

from typing import Any


def account(record: dict[str, Any]) -> str | None:
    """The account that a record was delivered to: ``recipientAccountId``, else ``userIdentity.accountId``."""
    number = record.get("recipientAccountId")
    if not isinstance(number, str):
        identity = record.get("userIdentity")
        number = identity.get("accountId") if isinstance(identity, dict) else None
    return number if isinstance(number, str) else None


def region(record: dict[str, Any]) -> str | None:
    """A record's ``awsRegion``."""
    name = record.get("awsRegion")
    return name if isinstance(name, str) else None
