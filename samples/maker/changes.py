"""Changes that somebody meant to make, at least one for each control of the benchmark.

In: the two weeks. Out: events, none of them refused: a pipeline that builds and takes down a network, an
administrator's afternoon, root's yearly chore, sign-ins that succeed and fail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maker import identities as who
from maker.background import BUCKETS, KEY
from maker.clock import CHORE, DAY, HOUR, START
from maker.draw import Draw
from maker.identities import ACCOUNT, Caller
from maker.records import Call, Event, record, s3

if TYPE_CHECKING:
    from collections.abc import Iterator

VPC, GROUP, TABLE, ACL = (
    "vpc-0c1d2e3f4a5b69788",
    "sg-0a9b8c7d6e5f41302",
    "rtb-0d1e2f3a4b5c69788",
    "acl-0b2c3d4e5f6a79881",
)
GATEWAY, PEER = "igw-0e1f2a3b4c5d69788", "pcx-0f1a2b3c4d5e69788"
DONE = {"_return": True}
ENTRY = {
    "networkAclId": ACL,
    "ruleNumber": 110,
    "egress": False,
    "ruleAction": "deny",
    "cidrBlock": "203.0.113.0/24",
    "aclProtocol": "-1",
    "icmpTypeCode": {},
    "portRange": {},
}
HTTPS = {
    "ipProtocol": "tcp",
    "fromPort": 443,
    "toPort": 443,
    "groups": {},
    "ipRanges": {"items": [{"cidrIp": "198.51.100.0/24"}]},
    "ipv6Ranges": {},
    "prefixListIds": {},
}
NETWORK = (  # CloudWatch.10 to .14
    Call(
        "ec2",
        "CreateVpc",
        {"cidrBlock": "192.0.2.0/24", "instanceTenancy": "default"},
        {"vpc": {"vpcId": VPC, "state": "pending", "cidrBlock": "192.0.2.0/24"}},
    ),
    Call("ec2", "ModifyVpcAttribute", {"vpcId": VPC, "enableDnsHostnames": {"value": True}}, DONE),
    Call(
        "ec2",
        "CreateInternetGateway",
        {},
        {"internetGateway": {"internetGatewayId": GATEWAY, "attachmentSet": {}}},
    ),
    Call("ec2", "AttachInternetGateway", {"internetGatewayId": GATEWAY, "vpcId": VPC}, DONE),
    Call("ec2", "CreateRouteTable", {"vpcId": VPC}, {"routeTable": {"routeTableId": TABLE, "vpcId": VPC}}),
    Call(
        "ec2",
        "CreateRoute",
        {"routeTableId": TABLE, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": GATEWAY},
        DONE,
    ),
    Call(
        "ec2",
        "CreateSecurityGroup",
        {"groupName": "example-web", "groupDescription": "web tier", "vpcId": VPC},
        {"groupId": GROUP} | DONE,
    ),
    Call(
        "ec2", "AuthorizeSecurityGroupIngress", {"groupId": GROUP, "ipPermissions": {"items": [HTTPS]}}, DONE
    ),
    Call("ec2", "CreateNetworkAcl", {"vpcId": VPC}, {"networkAcl": {"networkAclId": ACL, "vpcId": VPC}}),
    Call("ec2", "CreateNetworkAclEntry", ENTRY, DONE),
    Call(
        "ec2",
        "CreateVpcPeeringConnection",
        {"vpcId": VPC, "peerVpcId": "vpc-0a1b2c3d4e5f60718", "peerOwnerId": "444455556666"},
        {"vpcPeeringConnection": {"vpcPeeringConnectionId": PEER}},
    ),
)
UNDONE = (
    Call("ec2", "DeleteVpcPeeringConnection", {"vpcPeeringConnectionId": PEER}, DONE),
    Call("ec2", "DeleteNetworkAcl", {"networkAclId": ACL}, DONE),
    Call("ec2", "DeleteSecurityGroup", {"groupId": GROUP}, DONE),
    Call("ec2", "DetachInternetGateway", {"internetGatewayId": GATEWAY, "vpcId": VPC}, DONE),
    Call("ec2", "DeleteRouteTable", {"routeTableId": TABLE}, DONE),
    Call("ec2", "DeleteVpc", {"vpcId": VPC}, DONE),
)
RULE = {
    "securityGroupRuleId": "sgr-0b1c2d3e4f5a69788",
    "SecurityGroupRule": {
        "IpProtocol": "tcp",
        "FromPort": 8443,
        "ToPort": 8443,
        "CidrIpv4": "198.51.100.0/24",
    },
}
EDITED = Call(
    "ec2",
    "ModifySecurityGroupRules",
    {"ModifySecurityGroupRulesRequest": {"GroupId": GROUP, "SecurityGroupRule": RULE}},
    {"ModifySecurityGroupRulesResponse": {"return": True}},
)
POLICY = '{"Version":"2012-10-17","Statement":[{"Sid":"AllowReports","Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::example-reports/*"}]}'
PRETTY = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "reports/<year>&<month>\'s"}}}\n  ]\n}'
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/example-trail"
# On the thirteenth day somebody switches log-file validation on; the digests of the samples begin there.
VALIDATION = Call(
    "cloudtrail",
    "UpdateTrail",
    {"name": ARN, "enableLogFileValidation": True},
    {
        "name": "example-trail",
        "s3BucketName": BUCKETS[0],
        "isMultiRegionTrail": True,
        "trailARN": ARN,
        "logFileValidationEnabled": True,
    },
)
ROLES = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
RECORDER = {
    "name": "default",
    "roleARN": ROLES,
    "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True, "resourceTypes": []},
}
AFTERNOON = (  # (day, hour, who, region, call): CloudWatch.4, .5, .7, .8, .9, .10's later form, Organizations
    (
        1,
        13,
        who.ADMIN,
        "us-east-1",
        Call(
            "iam",
            "CreatePolicy",
            {"policyName": "reports-read", "policyDocument": POLICY},
            {
                "policy": {
                    "policyName": "reports-read",
                    "arn": f"arn:aws:iam::{ACCOUNT}:policy/reports-read",
                    "attachmentCount": 0,
                }
            },
        ),
    ),
    (
        1,
        13,
        who.ADMIN,
        "us-east-1",
        Call(
            "iam",
            "AttachRolePolicy",
            {"roleName": who.REPORTS.name, "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/reports-read"},
        ),
    ),
    (
        2,
        10,
        who.OPERATOR,
        "us-east-1",
        Call(
            "iam",
            "PutRolePolicy",
            {"roleName": who.RESIZER.name, "policyName": "inline", "policyDocument": PRETTY},
        ),
    ),
    (3, 15, who.ADMIN, "us-east-1", s3("PutBucketPolicy", "example-reports", {"policy": ""})),
    (
        3,
        15,
        who.ADMIN,
        "us-east-1",
        s3("PutBucketLifecycle", "example-app-uploads", {"lifecycle": ""}),
    ),
    (
        4,
        9,
        who.ADMIN,
        "us-east-1",
        Call("config", "PutConfigurationRecorder", {"configurationRecorder": RECORDER}),
    ),
    (
        8,
        14,
        who.ADMIN,
        "eu-west-1",
        Call(
            "kms",
            "ScheduleKeyDeletion",
            {"keyId": KEY, "pendingWindowInDays": 30},
            {
                "keyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY}",
                "keyState": "PendingDeletion",
                "pendingWindowInDays": 30,
                "deletionDate": "Apr 10, 2025, 12:00:00 AM",
            },
        ),
    ),
    (9, 11, who.ADMIN, "us-west-2", EDITED),
    (
        10,
        10,
        who.ADMIN,
        "us-east-1",
        Call(
            "organizations",
            "InviteAccountToOrganization",
            {"target": {"type": "ACCOUNT", "id": "444455556666"}},
            {"handshake": {"id": "h-0a1b2c3d4e5f", "state": "REQUESTED", "action": "INVITE"}},
        ),
    ),
    (12, 9, who.ADMIN, "us-east-1", VALIDATION),
)
CONSOLE = "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB_us-east-1_{}"


def changes() -> Iterator[Event]:
    for day, hour, caller, region, call in AFTERNOON:
        draw = Draw("change", day, call.name)
        yield record(draw, caller, START + day * DAY + hour * HOUR + draw.below(1500), region, call)
    for day, calls in ((4, NETWORK), (11, UNDONE)):
        draw, at = Draw("network", day), START + day * DAY + 12 * HOUR
        for index, call in enumerate(calls):
            yield record(draw, who.DEPLOY, at + index * 7 + draw.below(6), "us-west-2", call)
    yield from _root()
    yield from _sign_ins()


def sign_in(draw: Draw, caller: Caller, at: int, *, good: bool, mfa: str = "No") -> Event:
    """A sign-in at the console; a failed one has an errorMessage and no errorCode, as in real records."""
    identity: dict[str, Any] = {
        "type": caller.kind,
        "principalId": ACCOUNT,
        "arn": caller.arn,
        "accountId": ACCOUNT,
    }
    if caller.kind == "IAMUser":
        identity |= {"principalId": caller.identity(at, "1.08")["principalId"], "userName": caller.name}
        identity |= {} if good else {"accessKeyId": ""}
    address = CONSOLE.format(draw.hexadecimal(16))
    extra = {"LoginTo": address, "MobileVersion": "No", "MFAUsed": mfa}
    more = {"userIdentity": identity, "additionalEventData": extra, "eventType": "AwsConsoleSignIn"}
    answer = {"ConsoleLogin": "Success" if good else "Failure"}
    if not good:
        more["errorMessage"] = "Failed authentication"
    browser = replace(caller, agent=caller.agent if caller.console else who.BROWSER)
    return record(draw, browser, at, "us-east-1", Call("signin", "ConsoleLogin", None, answer, more))


def _root() -> Iterator[Event]:
    """CloudWatch.1: root signs in with MFA, looks at the bill and leaves."""
    draw, at = Draw("root"), CHORE
    yield sign_in(draw, who.ROOT, at, good=True, mfa="Yes")
    for offset, call in ((31, Call("iam", "GetAccountSummary")), (58, Call("ce", "GetCostAndUsage"))):
        yield record(draw, who.ROOT, at + offset, "us-east-1", call)


def _sign_ins() -> Iterator[Event]:
    """CloudWatch.3 and .6: most sign-ins use MFA; a few fail first, one user has none."""
    for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11):
        draw = Draw("sign-in", day)
        at = START + day * DAY + 8 * HOUR + draw.below(HOUR)
        if draw.chance(0.4):
            yield sign_in(draw, who.OPERATOR, at, good=False, mfa="Yes")
        yield sign_in(draw, who.OPERATOR, at + 42, good=True, mfa="Yes")
    yield sign_in(Draw("sign-in", "helpdesk"), who.HELPDESK, START + 7 * DAY + 9 * HOUR, good=True)
