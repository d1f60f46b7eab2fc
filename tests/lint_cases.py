"""Patterns with what is to be found in them, and records that CloudTrail could have written.

In: nothing. Out: tables for the tests of `detector.lint`. `FLAWED` says the codes exactly, so that it fails for a
finding too few and for one too many; `SOUND` has patterns in which there is nothing to be found.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

DENIED = '($.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*")'
ISSUER = "$.userIdentity.sessionContext.sessionIssuer.userName"
SHORT = "$.userIdentity.sessionIssuer.userName"
MFA = "$.userIdentity.sessionContext.attributes.mfaAuthenticated"

# pattern -> code:severity, in the order of the text
FLAWED: dict[str, str] = {
    # what can never be true
    '{ $.a != "*" }': "D101:error",
    "{ $.a != * && $.b = 1 }": "D101:error",
    "{ $.a != * || $.b = 1 }": "D102:warning",
    "{ $.a = x && $.a = y }": "D101:error",
    "{ $.a = x* && $.a = y* }": "D101:error",
    '{ $.a = "*x" && $.a = "*y" }': "D101:error",
    "{ $.a = x && $.a != x }": "D101:error",
    "{ $.a = 1 && $.a = 2 && $.b = 3 }": "D101:error",
    "{ $.a > 5 && $.a < 3 }": "D101:error",
    "{ $.a > 5 && $.a = 5 && $.b = x }": "D101:error",
    "{ $.a IS TRUE && $.a = true }": "D306:note D101:error",
    "{ $.a NOT EXISTS && $.a IS NULL }": "D101:error",
    "{ $.a NOT EXISTS && $.a.b = 1 }": "D101:error",
    "{ $.a = 1 && $.a.b = 1 }": "D101:error",
    "{ $.b = 1 || ($.a > 5 && $.a < 3) }": "D102:warning",
    '{ $.eventName = "CreateTrail" && $.eventName = "DeleteTrail" }': "D101:error",
    # what is always true, and what changes nothing
    '{ $.a != "x" || $.a != "y" }': "D103:warning",
    '{ $.b = 1 && ($.a != "x" || $.a != "y") }': "D103:warning",
    '{ $.sourceIPAddress != "192.0.2.1" || $.sourceIPAddress != "192.0.2.2" }': "D103:warning",
    '{ $.a = "x" || $.a != "x" }': "D103:warning",
    "{ $.a NOT EXISTS || $.a IS NULL || $.a = 1 || $.a != 1 || $.a IS TRUE }": "D103:warning",
    '{ $.errorCode = "AccessDenied*" || $.sourceIPAddress != "192.0.2.1" || $.eventName != "HeadBucket" }': "D104:warning",
    '{ $.eventName != "Decrypt" || $.userIdentity.invokedBy != "config.amazonaws.com" }': "D202:warning",
    '{ $.errorCode = "AccessDenied*" || $.eventName != "HeadBucket" }': "D104:warning",
    '{ $.level = "ERROR" || $.level = "ERROR" }': "D105:warning",
    '{ $.level = "ERROR" || $.level = "ERR*" }': "D105:warning",
    '{ $.level = "ERR*" && $.level = "*" && $.b = 1 }': "D105:warning",
    "{ $.a = 10.10.* || $.a = 10.* }": "D105:warning",
    "{ $.a != 10.10.10.* || $.a != 10.10.* || $.a != 10.* }": "D105:warning D105:warning",
    "{ $.a > 5 && $.a > 3 }": "D105:warning",
    "{ $.a = 1 && $.b != 2 && $.a != 3 }": "D105:warning",
    f'{{ {DENIED} && {ISSUER} = "*" && {ISSUER} != "x" }}': "D105:warning",
    '{ $.errorCode = "*" && $.errorCode != "NoSuchKey" && $.eventSource = "s3.amazonaws.com" }': "D105:warning",
    # && and ||
    "{ $.a = 1 || $.b = 2 && $.c = 3 }": "D106:warning",
    "{ $.a = 1 && $.b = 2 || $.c = 3 }": "D106:warning",
    "{ ($.a = 1) && ($.b = 2) || ($.b = 3) || ($.b = 4) }": "D106:warning",
    "{ $.x = 0 && ($.a = 1 || $.b = 2 && $.c = 3) }": "D106:warning",
    # members
    f'{{ {DENIED} && {SHORT} != "x" }}': "D201:error",
    f'{{ {DENIED} || {SHORT} = "x" }}': "D201:warning",
    f"{{ {DENIED} && {SHORT} NOT EXISTS }}": "D201:warning",
    '{ $.useridentity.type = "Root" }': "D201:error",
    '{ $.userIdentity.username = "x" }': "D201:error",
    '{ $.eventName = "ConsoleLogin" && $.MFAUsed = "No" }': "D201:error",
    '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MfaUsed = "No" }': "D201:warning",
    '{ $.eventSource = "s3.amazonaws.com" && $.resources[*].arn = "x" }': "D201:warning",
    '{ $.eventSource = "s3.amazonaws.com" && $.resources[0].arn = "x" }': "D201:error",
    '{ $.eventSource = "s3.amazonaws.com" && $.resources[*].Arn = "x" }': "D201:warning",
    '{ $.userIdentity.sessionContext.userName = "x" }': "D201:error",
    '{ $.eventSource = "iam.amazonaws.com" && $.eventNme = "CreateUser" }': "D201:error",
    '{ $.eventName = "CreateUser" && $.userIdentiy.type = "Root" }': "D201:error D403:note D409:note",
    '{ $.erroCode = "AccessDenied" && $.eventName = "CreateUser" }': "D201:error D403:note D409:note",
    '{ $.eventName = "CreateUser" && $.sourceIP != "192.0.2.1" }': "D201:error D403:note D409:note",
    '{ $.eventName = "CreateUser" && $.region = "eu-west-1" }': "D201:error D403:note D409:note",
    '{ $.eventName = "CreateUser" && $.identity.type = "Root" }': "D201:error D403:note D409:note",
    '{ $.eventSource = "iam.amazonaws.com" && $.colour = "red" }': "D201:warning",
    f'{{ {DENIED} && {ISSUER} != "x" }}': "D202:warning",
    f'{{ {DENIED} && {ISSUER} != "x" && {ISSUER} != "y" }}': "D202:warning",
    f'{{ {DENIED} && $.userIdentity.principalId != "*:x" }}': "D202:warning",
    f'{{ {DENIED} && $.userIdentity.invokedBy != "config.amazonaws.com" }}': "D202:warning",
    '{ ($.eventName != "Decrypt" || $.userIdentity.invokedBy != "x") && $.errorCode = "AccessDenied*" }': "D202:warning D301:note",
    f'{{ {MFA} != "true" }}': "D202:warning",
    '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }': "D404:note",
    '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed = "No" }': "D404:note",
    f'{{ {DENIED} && $.requestParameters.bucketName != "x" }}': "D202:note",
    f'{{ {DENIED} && $.vpcEndpointId != "vpce-1" }}': "D202:warning",
    '{ $.eventSource = "s3.amazonaws.com" && $.errorCode != "NoSuchKey" }': "D202:note",
    '{ $.userIdentity = "x" }': "D203:warning",
    '{ $.eventName = "DeleteTrail" && $.requestParameters = "*" }': "D203:warning D409:note",
    '{ $.readOnly = false && $.awsRegion = "eu-west-1" }': "D204:warning",
    '{ $.awsRegion = "eu-west-1" && ($.readOnly != "true" || $.eventName = "GetObject") }': "D204:warning D406:note",
    f"{{ {MFA} IS FALSE }}": "D204:warning",
    '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed IS FALSE }': "D204:warning",
    '{ $.awsRegion = "eu-west-1" && $.eventVersion >= 1.08 }': "D205:warning",
    '{ $.eventName = "DeleteTrail" && $.errorCode IS NULL }': "D206:warning",
    '{ $.eventName = "DeleteTrail" && $.responseElements NOT EXISTS }': "D206:warning",
    '{ $.eventSource = "s3.amazonaws.com" && $.responseElements NOT EXISTS }': "D206:warning",
    '{ $.eventName = "ConsoleLogin" && $.requestParameters NOT EXISTS }': "D206:warning",
    '{ $.eventSource = "ec2.amazonaws.com" && $.readOnly = true }': "D204:warning",
    # values
    "{ ($.errorCode = AccessDenied) || ($.errorCode = UnauthorizedOperation) }": "D301:warning D301:warning",
    '{ $.errorCode = "UnauthorizedOperation" }': "D301:warning",
    '{ $.eventSource = "ec2.amazonaws.com" && $.errorCode = "UnauthorizedOperation" }': "D301:warning",
    '{ $.errorCode = "*UnauthorizedAccess*" || $.errorCode = "AccessDenied*" }': "D301:warning",
    '{ $.errorCode = "AccessDeniedException" }': "D301:warning",
    '{ $.awsRegion = "eu-west-1" && $.errorCode = "InvalidInstanceID.NotFound" }': "D301:warning",
    '{ $.errorCode = "accessDenied*" }': "D302:warning",
    '{ $.userIdentity.type = "root" }': "D302:warning",
    '{ $.eventName = "consoleLogin" }': "D302:warning",
    '{ $.eventSource = "S3.amazonaws.com" }': "D302:warning",
    '{ $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin = "failure" }': "D302:warning",
    '{ $.eventType = "awsApiCall" && $.awsRegion = "eu-west-1" }': "D302:warning",
    '{ $.userIdentity.type = "Non Root" }': "D303:warning",
    "{ $.eventType = UpdateTrail }": "D303:warning",
    '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed = "false" }': "D303:warning",
    '{ $.status = "404" }': "D304:note",
    '{ $.status = "404.0" }': "D304:note",
    '{ $.status = "123.00" }': "D304:note",
    '{ $.additionalEventData.bytesTransferredIn = "0" && $.eventSource = "s3.amazonaws.com" }': "D304:note",
    '{ $.eventSource = "iam" && $.eventName = "CreateRole" }': "D305:error D409:note",
    "{ $.ok = true }": "D306:note",
    '{ $.errorCode = "*UnauthorizedAccess*" }': "D301:warning",
    '{ $.eventSource = "kinesis.amazonaws.com" && $.errorCode = "*UnauthorizedAccess*" }': "D301:warning",
    '{ $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin != "Success" && $.responseElements.ConsoleLogin != "success" }': "D302:note",
    # events
    '{ $.eventType = "AwsCloudTrailInsight" && $.requestParameters NOT EXISTS }': "D406:note",
    '{ $.eventSource = "s3.amazonaws.com" && $.resources[0].ARN = "arn:aws:s3:::x*" }': "D209:note",
    '{ $.eventSource = "ec2.amazonaws.com" && $.requestParameters.ipPermissions.items[0].ipRanges.items[0].cidrIp = "0.0.0.0/0" }': "D209:note",
    '{ $.eventSource = "iam.amazonaws.com" && $.eventName = "RunInstances" }': "D401:note D409:note",
    '{ $.eventSource = "iam.amazonaws.com" && $.eventName = "CreateAccesKey" }': "D401:note",
    '{ $.eventName = "AuthorizeSecurityGroupIngres" }': "D402:note",
    '{ $.eventName = "DeletePolicy" }': "D403:note D409:note",
    # the language
    '{ $.sourceIPAddress = "*.1" }': "D501:note",
    '{ $.n = "*3" }': "D501:note",
    "{ $.a = %x% && $.b = %y% }": "D502:note",
    "{ $.a[*] = 1 && $.b[*] = 2 && $.c[*] = 3 }": "D502:note",
    '{ $.path = "a\\*b" }': "D503:warning",
    "{ $.kind = SPACE }": "D504:warning",
    r"{ $.sourceIPAddress = %10\.0\.0\.1% }": "D505:note",
    # text
    "?ERROR WARN ?FATAL": "D601:warning",
    "ERROR -ERR": "D602:error",
}

SOUND = (
    "{ $.a = 1 }",
    "{ $.a != 1 }",
    "{ ($.cert_days > 0) || ($.cert_days <= 0) }",
    '{ $.level = "ERROR" || $.level = "error" }',
    "{ ($.a = 1 && $.b = 2) || ($.a = 3 && $.b = 4) }",
    "{ $.a = 1 && $.b = 2 || $.a = 3 && $.b = 4 }",
    "{ $.a = 1 || ($.b = 2 && $.c = 3) }",
    "{ $.status != 200 || $.code != 0 }",
    '{ $.a[*] = "x" && $.a[*] = "y" }',
    '{ $.a[*] != "x" && $.a[*] = "y" }',
    "{ $.a.b = 1 || $.a.b NOT EXISTS }",
    '{ $.a = "5*" && $.a < 600 }',
    "{ $.a = 5* && $.a != 50 }",
    '{ $.ratio = "12.34" }',
    '{ $.id = "007" }',
    '{ $.detail.errorCode = "AccessDenied" && $.source = "aws.iam" }',
    '{ $.errorMessage != "" }',
    '{ $.eventName = "INSERT" && $.eventSource = "aws:dynamodb" && $.userIdentity.kind = "x" }',
    '{ $.eventName = "order.created" && $.eventType = "order" && $.total > 5 }',
    '{ $.sourceIPAddress != "192.0.2.1" || $.eventName != "HeadBucket" }',
    '{ $.eventSource != "kms.amazonaws.com" || $.eventName != "Decrypt" }',
    '{ $.eventName != "Decrypt" || $.userIdentity.invokedBy != "x" || $.userIdentity.invokedBy NOT EXISTS }',
    '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed = "Yes" }',
    '{ $.eventSource = "s3.amazonaws.com" && $.errorCode = "*unauthorizedOperation" }',
    '{ $.eventName = "DeleteTrail" && ($.responseElements NOT EXISTS || $.responseElements IS NULL) }',
    '{ $.eventName = "CreateUser" && $.tenant = "x" && $.level = "ERROR" }',
    '{ $.awsRegion = "eu-west-1" && $.s3.bucket.name = "x" }',
    '{ $.detail.eventName = "CreateUser" && $.source = "aws.iam" }',
    '{ $.userIdentity.type = "Service" && $.dynamodb.Keys.id.S = "x" }',
    '{ $.sourceIPAddress = "192.0.2.1" && $.status = 404 }',
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    f"{{ {DENIED} }}",
    f'{{ {DENIED} && $.sourceIPAddress != "delivery.logs.amazonaws.com" && $.eventName != "HeadBucket" }}',
    f'{{ {DENIED} && ($.userIdentity.type != "AssumedRole" || {ISSUER} != "x") }}',
    f'{{ {DENIED} && $.userIdentity.type = "AssumedRole" && {ISSUER} != "x" }}',
    f'{{ {DENIED} && ({ISSUER} NOT EXISTS || ({ISSUER} != "x" && {ISSUER} != "y")) }}',
    '{ $.errorCode = "AccessDenied" || $.errorCode = "AccessDeniedException" || $.errorCode = "Client.UnauthorizedOperation" }',
    '{ $.eventSource = "s3.amazonaws.com" && $.errorCode = "AccessDenied" }',
    '{ $.eventName = "AssumeRole" && $.errorCode = "AccessDenied" && $.eventSource = "sts.amazonaws.com" }',
    '{ $.errorCode = "AccessDenied*" || $.errorCode = "Client.UnauthorizedOperation" }',
    '{ $.eventName = "ConsoleLogin" && $.userIdentity.arn != "*AWSReservedSSO*" && $.userIdentity.type = "AssumedRole" }',
    '{ $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin != "Failure" }',
    '{ $.eventName = "GetObject" && $.eventCategory = "Data" && $.requestParameters.bucketName != "x" }',
    '{ $.userIdentity.accountId = "111122223333" }',
    "{ $.userIdentity.accountId = 111122223333 }",
    '{ $.eventSource = "lambda.amazonaws.com" && $.eventName = "CreateFunction20150331" && $.errorCode NOT EXISTS }',
    '{ $.eventSource = "s3.amazonaws.com" && $.eventName = "PutBucketPublicAccessBlock" && $.errorCode NOT EXISTS }',
    '{ $.eventSource = "autoscaling.amazonaws.com" && $.eventName = "RegisterScalableTarget" && $.errorCode NOT EXISTS }',
    '{ $.eventSource = "signin.amazonaws.com" && $.eventName = "ConsoleLogin" }',
    '{ $.eventSource = "example.amazonaws.com" && $.eventName = "SomethingNew" }',
    "{ $.eventName = Attach*Policy || $.eventName = Put*Policy || $.eventName = Delete*Policy }",
    '{ $.readOnly IS FALSE && $.awsRegion = "eu-west-1" }',
    f'{{ {MFA} = "false" }}',
    '{ $.eventName = "AssumeRoleWithSAML" && $.requestParameters.roleArn = "*AdministratorAccess*" }',
    '{ $.eventType = "AwsVpceEvent" && $.responseElements NOT EXISTS }',
    '{ $.eventCategory = "NetworkActivity" && $.responseElements NOT EXISTS }',
    "ERROR",
    "?ERROR ?WARN",
    "ERROR -ERRORS",
    "[ip, user, status = 404]",
    "",
)

IDENTITIES: dict[str, dict[str, Any]] = {
    "root": {
        "type": "Root",
        "principalId": "111122223333",
        "arn": "arn:aws:iam::111122223333:root",
        "accountId": "111122223333",
    },
    "IAM users": {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": "arn:aws:iam::111122223333:user/ada",
        "accountId": "111122223333",
        "accessKeyId": "AKIAEXAMPLE",
        "userName": "ada",
    },
    "assumed roles": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:i-0",
        "arn": "arn:aws:sts::111122223333:assumed-role/worker/i-0",
        "accountId": "111122223333",
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "attributes": {"creationDate": "2023-07-10T12:00:00Z", "mfaAuthenticated": "false"},
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": "arn:aws:iam::111122223333:role/worker",
                "accountId": "111122223333",
                "userName": "worker",
            },
        },
    },
    "federated users": {
        "type": "FederatedUser",
        "principalId": "111122223333:bob",
        "arn": "arn:aws:sts::111122223333:federated-user/bob",
        "accountId": "111122223333",
        "accessKeyId": "ASIAEXAMPLE",
    },
    "AWS services": {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"},
    "Identity Center users": {
        "type": "IdentityCenterUser",
        "accountId": "111122223333",
        "credentialId": "EXAMPLE",
        "onBehalfOf": {
            "userId": "a11111111-22222222",
            "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7",
        },
    },
    "other accounts": {"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": "444455556666"},
    "SAML users": {"type": "SAMLUser", "principalId": "x:bob", "userName": "bob", "identityProvider": "x"},
    "web identities": {
        "type": "WebIdentityUser",
        "principalId": "x:bob",
        "userName": "bob",
        "identityProvider": "x",
    },
}
_NAMES = (
    "GetObject",
    "HeadBucket",
    "ConsoleLogin",
    "Decrypt",
    "DeletePolicy",
    "CreateTrail",
    "RunInstances",
    "UpdateTrail",
)
_CODES = (
    None,
    "AccessDenied",
    "AccessDeniedException",
    "Client.UnauthorizedOperation",
    "NoSuchKey",
    "UnauthorizedOperation",
)
_EXTRA: tuple[dict[str, Any], ...] = (
    {},
    {"additionalEventData": {"MFAUsed": "No"}, "responseElements": {"ConsoleLogin": "Success"}},
    {"requestParameters": {"bucketName": "x"}, "readOnly": True, "vpcEndpointId": "vpce-1"},
    {"requestParameters": {"bucketName": "y"}, "readOnly": False, "vpcEndpointId": "vpce-2"},
)


def records() -> Iterator[dict[str, Any]]:
    """One record for each caller, event name, error code and kind of call."""
    sources = ("192.0.2.1", "delivery.logs.amazonaws.com")
    for who, name, code, extra, address in itertools.product(
        IDENTITIES.values(), _NAMES, _CODES, _EXTRA, sources
    ):
        yield record(who, name, code, sourceIPAddress=address, **extra)


def record(who: dict[str, Any], name: str, code: str | None, **fields: Any) -> dict[str, Any]:
    """A record as CloudTrail writes it."""
    found: dict[str, Any] = {
        "eventVersion": "1.08",
        "userIdentity": who,
        "eventTime": "2023-07-10T12:00:00Z",
        "eventSource": "iam.amazonaws.com" if name == "DeletePolicy" else "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli/2.13",
        "requestParameters": None,
        "responseElements": None,
        "eventID": "e-1",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        **fields,
    }
    return found if code is None else {**found, "errorCode": code, "errorMessage": "denied"}
