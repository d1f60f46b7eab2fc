"""Which ARNs the members of a record hold: a role's own, or that of a session of it.

In: a path and a text, with ``*``. Out: whether a record can hold it, and what it holds instead. Sources: IAM user
guide, reference_identifiers; CloudTrail user guide, cloudtrail-event-reference-user-identity; of 5,479 callers of public records
none has ``:role/`` in ``userIdentity.arn``, but for six that were written by hand.
"""

from __future__ import annotations

import re

from detector.cloudtrail.members import Path

CALLER: Path = ("userIdentity", "arn")
NAMES: tuple[Path, ...] = (
    ("userIdentity", "userName"),
    ("userIdentity", "sessionContext", "sessionIssuer", "userName"),
)
"""Members with the bare name, which no colon is in."""
OF_TYPE = {
    "AssumedRole": ":assumed-role/",
    "IAMUser": ":user/",
    "Root": ":root",
    "FederatedUser": ":federated-user/",
}
"""What the ARN of a kind of caller has in it, and of no other kind."""
ISSUER: Path = ("userIdentity", "sessionContext", "sessionIssuer", "arn")
_ROLE = re.compile(r"(.*:)role/(?:[^*]*/)?([^/]*)", re.DOTALL)
_SESSION = re.compile(r"(.*:)assumed-role/([^/*]+)(?:/[^/]*)?", re.DOTALL)


def instead(path: Path, text: str) -> str | None:
    """What to ask for instead of a text that no record has there; None where a record may have it.

    A caller's ARN names the session, ``arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION``, and has no path of the role; its issuer's
    is the role's own.
    """
    if path in NAMES:
        return text.rpartition("/")[2] if text.startswith("arn:") and "/" in text else None
    if path == CALLER and ":iam:" in text and ":assumed-role/" in text:
        return text.replace(":iam:", ":sts:")
    if path == CALLER and ":role/" in text and (found := _ROLE.fullmatch(text)):
        return f"{found[1].replace(':iam:', ':sts:')}assumed-role/{found[2].rstrip('*')}{'*' if found[2].endswith('*') else '/*'}"
    if (
        path == CALLER
        and (found := _SESSION.fullmatch(text))
        and "/" not in text.partition("assumed-role/")[2]
    ):
        return f"{found[1].replace(':iam:', ':sts:')}assumed-role/{found[2]}/*"
    if path == ISSUER and ":assumed-role/" in text and (found := _SESSION.fullmatch(text)):
        return f"{found[1].replace(':sts:', ':iam:')}role/{found[2]}"
    return None
