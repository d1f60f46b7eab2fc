"""What the members of a record hold: the values that there are, and how error codes are spelled.

Sources: the CloudTrail user guide, pages cloudtrail-event-reference-record-contents,
cloudtrail-event-reference-user-identity and cloudtrail-event-reference-aws-console-sign-in-events; the error
codes as counted in 55,080 public records, 2017 to 2025.
"""

from __future__ import annotations

from collections.abc import Mapping

from detector.cloudtrail.members import Path

MFA_USED: Path = ("additionalEventData", "MFAUsed")
MFA_AUTHENTICATED: Path = ("userIdentity", "sessionContext", "attributes", "mfaAuthenticated")

CLOSED: Mapping[Path, frozenset[str]] = {
    ("userIdentity", "type"): frozenset(
        {
            "Root",
            "IAMUser",
            "AssumedRole",
            "Role",
            "FederatedUser",
            "Directory",
            "AWSAccount",
            "AWSService",
            "IdentityCenterUser",
            "SAMLUser",
            "WebIdentityUser",
            "Unknown",
        }
    ),
    ("userIdentity", "sessionContext", "sessionIssuer", "type"): frozenset(
        {"Root", "IAMUser", "Role", "FederatedUser", "AssumedRole"}
    ),
    ("eventType",): frozenset(
        {
            "AwsApiCall",
            "AwsServiceEvent",
            "AwsConsoleAction",
            "AwsConsoleSignIn",
            "AwsCloudTrailInsight",
            "AwsVpceEvent",
        }
    ),
    ("eventCategory",): frozenset(
        {"Management", "Data", "Insight", "NetworkActivity", "Aggregated", "ActivityAuditLog", "Evidence"}
    ),
    MFA_USED: frozenset({"Yes", "No"}),
    MFA_AUTHENTICATED: frozenset({"true", "false"}),
    ("responseElements", "ConsoleLogin"): frozenset({"Success", "Failure"}),
    ("sessionCredentialFromConsole",): frozenset({"true"}),
}
"""Members with few values, all of them documented; case counts."""

NO_CALLS = frozenset({"AwsCloudTrailInsight", "AwsVpceEvent", "Insight", "NetworkActivity"})
"""Event types and categories whose records lack members that every API call's record has."""

SIGN_IN_MESSAGES = ("Failed authentication", "No username found in supplied account")
"""Of a failed ConsoleLogin; its record has no errorCode."""
ERROR_CODE: Path = ("errorCode",)
NO_ERROR = frozenset({"", "-", "0", "200", "none", "null", "ok", "success"})
"""What people write for the error code of a call that succeeded; its record has none."""
ERROR_CODES = frozenset(
    [
        "AccessDenied",
        "AccessDeniedException",
        "AccessPointNotFoundException",
        "BucketNotEmpty",
        "ClientException",
        "Client.AuthFailure",
        "Client.DryRunOperation",
        "Client.FlowLogAlreadyExists",
        "Client.IncorrectState",
        "Client.InvalidAMIID.Unavailable",
        "Client.InvalidAllocationID.NotFound",
        "Client.InvalidAttachmentID.NotFound",
        "Client.InvalidGroup.InUse",
        "Client.InvalidGroup.NotFound",
        "Client.InvalidInstanceID.Malformed",
        "Client.InvalidInstanceID.NotFound",
        "Client.InvalidInternetGatewayID.NotFound",
        "Client.InvalidKeyPair.NotFound",
        "Client.InvalidNetworkAclId.Malformed",
        "Client.InvalidParameterCombination",
        "Client.InvalidParameterValue",
        "Client.InvalidPermission.NotFound",
        "Client.InvalidRequest",
        "Client.InvalidRouteTableID.NotFound",
        "Client.InvalidSecurityGroupID.NotFound",
        "Client.InvalidSnapshot.InUse",
        "Client.InvalidSnapshot.NotFound",
        "Client.InvalidSnapshotID.Malformed",
        "Client.InvalidSubnetID.NotFound",
        "Client.InvalidVolume.NotFound",
        "Client.InvalidVpcID.NotFound",
        "Client.NetworkInterfaceNotSupported",
        "Client.UnauthorizedOperation",
        "Client.Unsupported",
        "Client.VcpuLimitExceeded",
        "Client.VpcLimitExceeded",
        "CloudHsmServiceException",
        "ConflictException",
        "DBInstanceNotFoundFault",
        "DashboardNotFoundError",
        "DeleteConflictException",
        "DirectConnectClientException",
        "EntityAlreadyExistsException",
        "EntityNotFoundException",
        "EntityTemporarilyUnmodifiableException",
        "ForbiddenException",
        "InsightNotEnabledException",
        "InternalError",
        "InternalFailure",
        "InvalidAccessException",
        "InvalidCloudWatchLogsRoleArnException",
        "InvalidDBInstanceStateFault",
        "InvalidInput",
        "InvalidInstanceId",
        "InvalidParameterCombinationException",
        "InvalidParameterValueException",
        "InvocationDoesNotExist",
        "LimitExceededException",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchEntityException",
        "NoSuchKey",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NoSuchWebsiteConfiguration",
        "NotFoundException",
        "ObjectLockConfigurationNotFoundError",
        "OwnershipControlsNotFoundError",
        "PasswordPolicyViolation",
        "ReplicationConfigurationNotFoundError",
        "ResourceInUseException",
        "ResourceNotFoundException",
        "ServerSideEncryptionConfigurationNotFoundError",
        "ThrottlingException",
        "TrailNotFoundException",
        "UnauthorizedException",
        "ValidationException",
        "VpceAccessDenied",
    ]
)
"""Codes seen in public records; services have more."""

EC2_PREFIX = "Client."
EC2_DENIED = "Client.UnauthorizedOperation"
DENIED = "AccessDenied"
DENIED_EXCEPTION = "AccessDeniedException"
REMEMBERED = {"UnauthorizedAccess": "UnauthorizedOperation"}
"""What no service is known to write, and what was meant."""
