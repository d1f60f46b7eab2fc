"""How often each kind of record occurs: the table from which the corpus is drawn.

Out: `KINDS`, whose weights are per ten thousand records; `RARE`, the kinds of which only a handful is planted.
"""

from __future__ import annotations

from typing import Any

from kinds import (
    CONSOLE,
    DATA,
    DELIVERY,
    DENIED,
    FILTERS,
    INSTANCES,
    INVOKED,
    LOGS_KEY,
    POLICY,
    ROLE,
    ROOT,
    TRAIL,
    TRAIL_KEY,
    USER,
    Kind,
    Record,
    call,
    kms,
    s3,
    service,
)

_UNAUTHORIZED = {
    "errorCode": "Client.UnauthorizedOperation",
    "errorMessage": "You are not authorized to perform this operation. Encoded authorization failure message: <<token>>",
}
_GLOBAL = {"awsRegion": "us-east-1"}
_CREDENTIALS = {
    "credentials": {"accessKeyId": "<<rolekey>>", "sessionToken": "<<token>>\u003d", "expiration": "<<created>>"},
    "assumedRoleUser": {"assumedRoleId": "<<roleid>>:<<session>>", "arn": "arn:aws:sts::<<account>>:assumed-role/<<role>>/<<session>>"},
}  # fmt: skip


def _denied(source: str, name: str, who: Record, /, **params: Any) -> Record:
    message = f"User: arn:aws:iam::<<account>>:user/<<user>> is not authorized to perform: {source}:{name}"
    return call(source, name, who, params or None, errorCode="AccessDenied", errorMessage=message)


def _reads(who: Record, weight: float, source: str, names: str) -> list[Kind]:
    """Read-only calls without much in them: the long tail of an account."""
    listed = names.split()
    return [
        Kind(weight / (place + 1), call(source, name, who, {"maxResults": 100, "nextToken": "<<blob>>"} if place % 3 else None))
        for place, name in enumerate(listed)
    ]  # fmt: skip


def _changes(who: Record, weight: float, source: str, names: str, /, **params: Any) -> list[Kind]:
    return [
        Kind(weight, call(source, name, who, params, responseElements={"_return": True}))
        for name in names.split()
    ]


def _sign_in(outcome: str, **more: Any) -> Record:
    extra = {"LoginTo": "https://console.aws.amazon.com/console/home?state\u003dhashArgs%23\u0026isauthcode\u003dtrue", "MobileVersion": "No", "MFAUsed": more.pop("mfa", "No")}  # fmt: skip
    return call("signin", "ConsoleLogin", USER, None, responseElements={"ConsoleLogin": outcome}, additionalEventData=extra, eventType="AwsConsoleSignIn", **_GLOBAL, **more)  # fmt: skip


KINDS: list[Kind] = [
    Kind(1750, s3("PutObject", DELIVERY, LOGS_KEY, **DATA, **DENIED)),
    Kind(58, s3("HeadBucket", DELIVERY, {}, **DENIED)),
    Kind(980, s3("PutObject", TRAIL, TRAIL_KEY, **DATA)),
    Kind(1280, s3("GetBucketAcl", TRAIL, {"acl": ""})),
    Kind(920, kms("GenerateDataKey", TRAIL, {"aws:cloudtrail:arn": "arn:aws:cloudtrail:<<region>>:<<account>>:trail/main", "aws:s3:arn": "arn:aws:s3:::<<bucket>>/<<key>>"})),
    Kind(380, kms("Decrypt", ROLE, {"aws:s3:arn": "arn:aws:s3:::<<bucket>>/<<key>>"})),
    Kind(160, kms("Sign", USER, {"purpose": "<<user>>"})),
    Kind(215, s3("GetObject", ROLE, {"key": "data/<<key>>.parquet"}, **DATA)),
    Kind(130, s3("GetBucketLocation", USER, {"location": ""})),
    Kind(115, s3("GetBucketWebsite", CONSOLE, {"website": ""}, errorCode="NoSuchWebsiteConfiguration", errorMessage="The specified bucket does not have a website configuration")),
    Kind(14, s3("GetBucketPolicy", CONSOLE, {"policy": ""}, errorCode="NoSuchBucketPolicy", errorMessage="The bucket policy does not exist")),
    Kind(150, call("sts", "AssumeRole", service("ec2.amazonaws.com"), {"roleArn": "arn:aws:iam::<<account>>:role/<<role>>", "roleSessionName": "<<session>>"}, responseElements=_CREDENTIALS, **_GLOBAL)),
    Kind(280, call("monitoring", "DescribeAlarms", USER, {"alarmNames": ["<<user>>-cpu"], "maxRecords": 100}, apiVersion="2010-08-01")),
    Kind(55, call("monitoring", "PutMetricAlarm", USER, {"alarmName": "<<user>>"}, errorCode="ValidationException", errorMessage="1 validation error detected: Value '<<blob>>' at 'namespace' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:].*")),
    Kind(230, call("ec2", "DescribeInstances", USER, INSTANCES)),
    Kind(160, call("ec2", "DescribeVolumes", USER, {"volumeSet": {"items": [{"volumeId": "<<volume>>"}]}, "filterSet": {}})),
    Kind(75, call("ec2", "DescribeSecurityGroups", CONSOLE, FILTERS)),
    Kind(25, call("ec2", "DeleteSnapshot", ROLE, {"snapshotId": "<<volume>>", "force": False}, errorCode="Client.InvalidSnapshot.InUse", errorMessage="The snapshot <<volume>> is currently in use by <<image>>")),
    Kind(18, call("ssm", "PutInventory", ROLE, {"instanceId": "<<instance>>"}, errorCode="ThrottlingException", errorMessage="Rate exceeded")),
    Kind(11, call("ec2", "GetPasswordData", USER, {"instanceId": "<<instance>>"}, **_UNAUTHORIZED)),
    Kind(9, call("ec2", "DescribeInstanceAttribute", ROLE, {"instanceId": "<<instance>>", "attribute": "userData"}, **_UNAUTHORIZED)),
    Kind(3, call("ec2", "RunInstances", ROLE, {"instancesSet": {"items": [{"imageId": "<<image>>", "minCount": 1}]}}, **_UNAUTHORIZED)),
    Kind(14, _denied("iam", "GetUser", USER, userName="<<user>>")),
    Kind(10, _denied("sts", "AssumeRole", USER, roleArn="arn:aws:iam::<<account>>:role/<<role>>")),
    Kind(8, _denied("cloudtrail", "DescribeTrails", INVOKED, trailNameList=[])),
    Kind(8, _denied("cloudtrail", "GetTrailStatus", INVOKED, name="main")),
    Kind(6, _denied("lambda", "ListFunctions20150331", USER)),
    Kind(6, _denied("logs", "CreateLogStream", ROLE, logGroupName="/aws/lambda/<<user>>")),
    Kind(4, _denied("secretsmanager", "GetSecretValue", ROLE, secretId="<<user>>/<<kmskey>>")),
    Kind(150, call("ec2", "DescribeInstances", ROOT, INSTANCES)),
    Kind(12, call("iam", "GetAccountSummary", ROOT, None, **_GLOBAL)),
    Kind(4, call("iam", "GetAccountPasswordPolicy", ROOT | {"userIdentity": ROOT["userIdentity"] | {"invokedBy": "support.amazonaws.com"}}, None, **_GLOBAL)),
    Kind(2, call("health", "AWS_ACM_RENEWAL_STATE_CHANGE", service("health.amazonaws.com"), None, eventType="AwsServiceEvent")),
    Kind(6, _sign_in("Success", mfa="Yes")),
    Kind(2, _sign_in("Success")),
    Kind(2, _sign_in("Failure", errorMessage="Failed authentication")),
    Kind(1, call("iam", "CreatePolicy", USER, {"policyName": "<<role>>", "policyDocument": POLICY % "cloudtrail:StopLogging"}, **_GLOBAL)),
    Kind(2, call("iam", "PutRolePolicy", CONSOLE, {"roleName": "<<role>>", "policyName": "inline", "policyDocument": POLICY % "s3:GetObject"}, **_GLOBAL)),
    Kind(6, call("iam", "AttachRolePolicy", ROLE, {"roleName": "<<role>>", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, **_GLOBAL)),
    Kind(5, call("ec2", "AuthorizeSecurityGroupIngress", USER, {"groupId": "<<group>>", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": {"items": [{"cidrIp": "<<address>>/32"}]}}]}}, responseElements={"_return": True})),
    Kind(0.5, s3("PutBucketPolicy", CONSOLE, {"policy": "", "bucketPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::<<bucket>>/*"}]}})),
    Kind(0.2, call("kms", "ScheduleKeyDeletion", CONSOLE, {"keyId": "<<kmskey>>", "pendingWindowInDays": 30})),
    Kind(0.2, call("config", "PutConfigurationRecorder", ROLE, {"configurationRecorder": {"name": "default"}})),
    Kind(0.2, call("organizations", "MoveAccount", CONSOLE, {"accountId": "<<account>>", "sourceParentId": "r-example"}, **_GLOBAL)),
    *_changes(ROLE, 0.4, "ec2", "CreateRoute DeleteRoute CreateRouteTable ReplaceRoute", routeTableId="<<vpc>>", destinationCidrBlock="0.0.0.0/0"),
    *_changes(ROLE, 0.3, "ec2", "CreateNetworkAclEntry DeleteNetworkAcl AttachInternetGateway CreateVpc DeleteVpc", vpcId="<<vpc>>"),
    *_reads(USER, 160, "opsworks", "DescribeStacks DescribeInstances DescribeLayers DescribeApps DescribeDeployments"),
    *_reads(USER, 170, "rds", "DescribeDBInstances DescribeDBSecurityGroups DescribeOrderableDBInstanceOptions DescribeDBEngineVersions DescribeDBSnapshots DescribeEvents"),
    *_reads(USER, 200, "elasticloadbalancing", "DescribeLoadBalancers DescribeTags DescribeTargetGroups DescribeInstanceHealth DescribeListeners"),
    *_reads(CONSOLE, 210, "ec2", "DescribeVolumeStatus DescribeTags DescribeInstanceStatus DescribeAddresses DescribeVpcs DescribeRouteTables DescribeAvailabilityZones DescribeSubnets DescribeImages DescribeKeyPairs DescribeSnapshots DescribeNetworkInterfaces DescribeRegions DescribeAccountAttributes"),
    *_reads(ROLE, 90, "iam", "ListRoles GetRole ListUsers ListAttachedRolePolicies GetPolicyVersion ListAccessKeys GenerateCredentialReport"),
    *_reads(ROLE, 70, "ssm", "DescribeInstanceInformation GetParameters ListAssociations DescribeDocument ListCommands"),
    *_reads(ROLE, 45, "secretsmanager", "ListSecrets DescribeSecret GetSecretValue"),
    *_reads(USER, 40, "cloudformation", "DescribeStacks ListStacks DescribeStackEvents GetTemplate"),
    *_reads(ROLE, 40, "logs", "DescribeLogGroups DescribeLogStreams GetLogEvents FilterLogEvents"),
    *_reads(USER, 30, "lambda", "ListFunctions20150331 GetFunction20150331v2 GetPolicy20150331v2"),
    *_reads(CONSOLE, 20, "cloudtrail", "DescribeTrails GetTrailStatus LookupEvents ListTags GetEventSelectors"),
    *_reads(USER, 16, "route53", "ListHostedZones ListResourceRecordSets GetHostedZoneCount"),
    *_reads(USER, 25, "autoscaling", "DescribeAutoScalingGroups DescribeScalingActivities DescribeLaunchConfigurations"),
    *_reads(USER, 36, "elasticbeanstalk", "DescribeEnvironments DescribeApplications DescribeEvents"),
]  # fmt: skip

RARE: list[Record] = [
    call("cloudtrail", name, CONSOLE, {"name": "arn:aws:cloudtrail:<<region>>:<<account>>:trail/main"})
    for name in ("StopLogging", "StartLogging", "UpdateTrail", "CreateTrail", "DeleteTrail", "StopLogging", "StartLogging")
]  # fmt: skip
