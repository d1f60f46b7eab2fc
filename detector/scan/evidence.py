"""Who did what from where: the few fields of a matching record that a report needs.

In: a decoded record, whose text is attacker-controlled. Out: an `Evidence` of bounded strings. They are
kept once per distinct combination, so that a million matches of one noisy role cost little.
"""

from __future__ import annotations

from typing import Any, NamedTuple

MAX_LENGTH = 256
_IDENTITY_KEYS = ("arn", "userName", "invokedBy", "principalId", "accountId", "type")


class Evidence(NamedTuple):
    """Empty strings stand for fields that are absent or no strings."""

    principal: str
    event_name: str
    event_source: str
    error_code: str
    address: str
    user_agent: str
    region: str


def evidence(record: dict[str, Any]) -> Evidence:
    """The evidence of one CloudTrail record."""
    return Evidence(
        principal(record.get("userIdentity")),
        text(record.get("eventName")),
        text(record.get("eventSource")),
        text(record.get("errorCode")),
        text(record.get("sourceIPAddress")),
        text(record.get("userAgent")),
        text(record.get("awsRegion")),
    )


def principal(identity: Any) -> str:
    """The most telling name in ``userIdentity``: the ARN, else the next best."""
    if isinstance(identity, dict):
        for key in _IDENTITY_KEYS:
            name = text(identity.get(key))
            if name:
                return name
    return ""


def text(value: Any) -> str:
    """A string, cut to a bounded length; anything else is empty."""
    return value[:MAX_LENGTH] if isinstance(value, str) else ""
