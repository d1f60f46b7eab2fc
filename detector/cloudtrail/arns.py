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
_ROLE = re.compile(r"(.*:)role/((?:.*/)?)([^/]*)", re.DOTALL)
_SESSION = re.compile(r"(.*:)assumed-role/([^/*]+)(?:/[^/]*)?", re.DOTALL)


_NAMED_BY_PATH = {
    "aws-service-role/": "AWSServiceRoleFor",
    "aws-reserved/sso.amazonaws.com/": "AWSReservedSSO_",
}
"""How the names of all roles begin that have a path. Source: IAM user guide, using-service-linked-roles; Identity Center user guide."""


def instead(path: Path, text: str) -> str | None:
    """What to ask for instead of a text that no record has there; None where a record may have it.

    A caller's ARN names the session, ``arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION``, and has no path of the role; its issuer's
    is the role's own. Empty where a path alone says which roles are meant.
    """
    if path in NAMES:
        return text.rpartition("/")[2] if text.startswith("arn:") and "/" in text else None
    if path == CALLER and ":iam:" in text and ":assumed-role/" in text:
        return text.replace(":iam:", ":sts:")
    if path == CALLER and ":role/" in text and (found := _ROLE.fullmatch(text)):
        return _session(*found.groups())
    if (
        path == CALLER
        and (found := _SESSION.fullmatch(text))
        and "/" not in text.partition("assumed-role/")[2]
    ):
        return f"{found[1].replace(':iam:', ':sts:')}assumed-role/{found[2]}/*"
    if path == ISSUER and ":assumed-role/" in text and (found := _SESSION.fullmatch(text)):
        return f"{found[1].replace(':sts:', ':iam:')}role/{found[2]}"
    return None


def _session(before: str, path: str, name: str) -> str:
    """What the sessions of a role, or of all roles with a path, have for its ARN; empty where their names are not told."""
    begins = name.rstrip("*")
    if path and not begins:
        begins = _NAMED_BY_PATH.get(path, "")
    elif f"{begins}/" in _NAMED_BY_PATH:
        begins = _NAMED_BY_PATH[f"{begins}/"]
    if not begins and (path or not name):
        return ""
    return f"{before.replace(':iam:', ':sts:')}assumed-role/{begins}{'*' if name.endswith('*') else '/*'}"
