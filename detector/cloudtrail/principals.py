"""Whose a principal is: the role and the session, or the user, that its ARN names.

In: the principal of a record (`detector.cloudtrail.record.Evidence`). Out: its parts, empty where it does not say them.
Source: IAM user guide, reference_identifiers (``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from detector.cloudtrail.operations import SUFFIX

_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12})?:(.+)", re.DOTALL)


class Principal(NamedTuple):
    """``kind`` is what it is in a word or two; ``session`` only an assumed role or a federated user has."""

    kind: str
    name: str
    account: str = ""
    session: str = ""

    @property
    def is_service(self) -> bool:
        """Whether it is a service of AWS."""
        return self.kind == "AWS service"


def principal(written: str) -> Principal:
    """The parts of a principal."""
    found = _ARN.fullmatch(written)
    if found is None:
        return Principal("AWS service" if written.endswith(SUFFIX) else "", written)
    account, resource = found[1] or "", found[2]
    kind, _, path = resource.partition("/")
    if kind == "assumed-role":
        role, _, session = path.partition("/")
        return Principal("role", role, account, session)
    if kind in {"user", "role", "federated-user", "group"}:
        return Principal(kind.replace("-", " "), path.rpartition("/")[2], account)
    return Principal("root" if resource == "root" else "", resource, account)
