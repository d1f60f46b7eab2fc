"""Calls that look around, and calls that make or change credentials: what their names say.

Sources: IAM, STS and sign-in API references; the prefixes are those of the services' own read-only operations.
"""

from __future__ import annotations

LOOKING = ("List", "Describe", "Get", "BatchGet", "Search", "Head", "Lookup")
"""How the names of calls begin that only look."""
NOT_LOOKING = frozenset(
    {"GetFederationToken", "GetSessionToken", "GetPasswordData", "GetSecretValue", "GetObject"}
)
"""Calls that begin so and take something."""
CHANGES = frozenset(
    {
        *("CreateAccessKey", "UpdateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"),
        *("CreateServiceSpecificCredential", "ResetServiceSpecificCredential", "UploadSigningCertificate"),
        *("UploadSSHPublicKey", "DeactivateMFADevice", "EnableMFADevice", "CreateUser", "AddUserToGroup"),
        *("AttachUserPolicy", "AttachRolePolicy", "PutUserPolicy", "PutRolePolicy", "UpdateAssumeRolePolicy"),
        *("GetFederationToken", "GetSessionToken", "PasswordUpdated", "CreateRole", "CreateVirtualMFADevice"),
    }
)
"""Calls that make or change credentials, or what they are allowed."""


def only_looks(event_name: str) -> bool:
    """Whether a call lists, describes or gets what there is."""
    return event_name.startswith(LOOKING) and event_name not in NOT_LOOKING
