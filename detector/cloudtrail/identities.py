"""Who can make a call, and which members of userIdentity each kind of caller has.

Sources: CloudTrail user guide, cloudtrail-event-reference-user-identity; counted in public records: of 1,877 of
assumed roles all but 60 have ``sessionContext.sessionIssuer.userName``, of 3,458 of IAM users one has; services have
``invokedBy`` and nothing else, other accounts ``principalId`` and ``accountId``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

_ISSUER = {
    f"sessionContext.sessionIssuer.{name}" for name in ("type", "principalId", "arn", "accountId", "userName")
}
_SESSION = {
    "sessionContext",
    "sessionContext.attributes",
    "sessionContext.attributes.creationDate",
    "sessionContext.attributes.mfaAuthenticated",
}
_PROVIDED = frozenset({"principalId", "userName", "identityProvider"})
_KEYS = {"principalId", "arn", "accountId", "accessKeyId"}


SHAPED = frozenset(
    {*_KEYS, *_ISSUER, "userName", "identityProvider", "sessionContext.sessionIssuer"}
    | {f"sessionContext.attributes.{name}" for name in ("mfaAuthenticated", "creationDate")}
)
"""Members of which it is known what kinds of caller never have them; the guide adds others from time to time."""


class Has(Enum):
    """Whether a kind of caller has a member."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Caller:
    """One kind of caller: ``userIdentity.type``, what it is called in a sentence, and its members."""

    type: str
    words: str
    always: frozenset[str]
    sometimes: frozenset[str] = frozenset()
    signs_in: bool = True
    only: str = ""
    """The one event name that such a caller can cause; empty for any."""

    def has(self, member: str) -> Has:
        """Whether it has a member of userIdentity (a dotted path)."""
        if member in self.always or member == "type":
            return Has.ALWAYS
        return Has.SOMETIMES if member in self.sometimes else Has.NEVER


_ALSO = frozenset(
    _SESSION | {"invokedBy", "sessionContext.sessionIssuer", "sessionContext.webIdFederationData"}
)
CALLERS = (
    Caller(
        "Root", "root", frozenset({"principalId", "arn", "accountId"}), _ALSO | {"accessKeyId", "userName"}
    ),
    Caller("IAMUser", "IAM users", frozenset(_KEYS | {"userName"}), _ALSO),
    Caller(
        "AssumedRole",
        "assumed roles",
        frozenset(_KEYS | _SESSION | _ISSUER | {"sessionContext.sessionIssuer"}),
        frozenset(
            {"invokedBy", "onBehalfOf", "credentialId", "inScopeOf"}
            | {
                f"sessionContext.{name}"
                for name in ("webIdFederationData", "ec2RoleDelivery", "sourceIdentity")
            }
            | {"sessionContext.webIdFederationData.federatedProvider", "sessionContext.assumedRoot"}
        ),
    ),
    Caller("FederatedUser", "federated users", frozenset(_KEYS), _ALSO | _ISSUER),
    Caller(
        "IdentityCenterUser",
        "Identity Center users",
        frozenset(
            {"accountId", "credentialId", "onBehalfOf", "onBehalfOf.userId", "onBehalfOf.identityStoreArn"}
        ),
        frozenset({"principalId", "invokedBy"}),
        signs_in=False,
    ),
    Caller("AWSService", "AWS services", frozenset({"invokedBy"}), signs_in=False),
    Caller("AWSAccount", "other accounts", frozenset({"principalId", "accountId"}), signs_in=False),
    Caller("SAMLUser", "SAML users", _PROVIDED, only="AssumeRoleWithSAML"),
    Caller("WebIdentityUser", "web identities", _PROVIDED, only="AssumeRoleWithWebIdentity"),
)
BY_TYPE: Mapping[str, Caller] = {caller.type: caller for caller in CALLERS}
