"""What happens in the account anyway: AWS's own services, an instance, people, pipelines.

In: the two weeks. Out: events. Real accounts write a file every five minutes in every region they use;
here the services wake up together, every 50 minutes in us-east-1, so that the archive stays small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maker import identities as who
from maker.clock import DAY, DAYS, HOUR, MINUTE, START, iso
from maker.draw import Draw
from maker.identities import ACCOUNT, Caller, service
from maker.records import HOME, Call, Error, Event, denied, record, s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SATURDAY = 5
TRAIL_BUCKET = "example-cloudtrail-111122223333"
BUCKETS = (TRAIL_BUCKET, "example-app-assets", "example-app-uploads", "example-reports", "example-elb-logs")
PULSE = {"us-east-1": 50 * MINUTE, "eu-west-1": 6 * HOUR, "us-west-2": 8 * HOUR}
KEY = "0e1d2c3b-4a59-4687-9765-a4b3c2d1e0f9"

# What S3 answers to AWS Config about a bucket that has no such setting; no denial, only noise.
UNSET = (
    ("GetBucketPolicy", "policy", Error("NoSuchBucketPolicy", "The bucket policy does not exist")),
    (
        "GetBucketLifecycle",
        "lifecycle",
        Error("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    ),
    (
        "GetBucketReplication",
        "replication",
        Error("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    ),
    ("GetBucketCors", "cors", Error("NoSuchCORSConfiguration", "The CORS configuration does not exist")),
    ("GetBucketTagging", "tagging", Error("NoSuchTagSet", "The TagSet does not exist")),
    (
        "GetBucketWebsite",
        "website",
        Error("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    ),
)
SWEEP = (
    Call("ec2", "DescribeInstances", {"maxResults": 1000, "instancesSet": {}, "filterSet": {}}),
    Call(
        "ec2",
        "DescribeSecurityGroups",
        {"maxResults": 1000, "securityGroupSet": {}, "securityGroupIdSet": {}, "filterSet": {}},
    ),
    Call("ec2", "DescribeVolumes", {"maxResults": 500, "volumeSet": {}, "filterSet": {}}),
    Call("elasticloadbalancing", "DescribeLoadBalancers", {"pageSize": 400}),
    Call("rds", "DescribeDBInstances", {"maxRecords": 100}),
    Call("lambda", "ListFunctions20150331", {"maxItems": 50}),
    Call("dynamodb", "ListTables", None),
    Call("iam", "ListRoles", {"maxItems": 1000}),
)
# Two roles that are refused all day long, because the services ask for more than their policies allow.
CONFIG_REFUSED = (
    Call("kms", "GetKeyRotationStatus"),
    Call("kms", "GetKeyPolicy"),
    Call("sns", "GetTopicAttributes"),
    Call("sqs", "GetQueueAttributes"),
)
EXPLORER_REFUSED = (
    Call("ec2", "DescribeVerifiedAccessGroups", {"DescribeVerifiedAccessGroupsRequest": {"MaxResults": 200}}),
    Call("ec2", "DescribeTransitGatewayMulticastDomains", {"MaxResults": 200}),
    Call("codeartifact", "ListDomains"),
    Call("resiliencehub", "ListApps"),
    Call("refactor-spaces", "ListEnvironments"),
    Call("profile", "ListDomains"),
)
OFFICE = (
    Call(
        "ec2",
        "DescribeInstances",
        {"instancesSet": {"items": [{"instanceId": "i-0a1b2c3d4e5f67890"}]}, "filterSet": {}},
    ),
    Call("ec2", "DescribeVpcs", {"vpcSet": {}, "filterSet": {}}),
    Call("logs", "DescribeLogGroups", {"logGroupNamePrefix": "/aws/lambda/"}),
    Call(
        "logs",
        "StartQuery",
        {
            "logGroupName": "/aws/lambda/thumbnails-resizer",
            "queryString": "fields @timestamp, @message | filter level = 'ERROR'",
            "limit": 100,
        },
        {"queryId": KEY},
    ),
    Call("cloudformation", "DescribeStacks", {"stackName": "example-app"}),
    Call("lambda", "GetFunction20150331v2", {"functionName": "thumbnails-resizer"}),
    Call("monitoring", "DescribeAlarms", {"alarmNamePrefix": "Alarm-", "maxRecords": 50}),
    Call("dynamodb", "DescribeTable", {"tableName": "example-orders"}),
    Call("iam", "ListUsers", {"maxItems": 100}),
    Call("sts", "GetCallerIdentity"),
    Call("ssm", "GetParameter", {"name": "/example/app/feature-flags", "withDecryption": True}),
    Call("rds", "DescribeDBInstances", {"dBInstanceIdentifier": "example-orders"}),
)
SLIPS = (
    Call("iam", "ListAccessKeys"),
    Call("secretsmanager", "GetSecretValue"),
    Call(
        "ec2",
        "StopInstances",
        {"instancesSet": {"items": [{"instanceId": "i-0a1b2c3d4e5f67890"}]}, "force": False},
    ),
    Call("kms", "Decrypt"),
    Call("ce", "GetCostAndUsage"),
    Call("ssm", "GetParametersByPath"),
    Call("organizations", "ListAccounts"),
    s3("GetBucketPolicy", "example-reports", {"policy": ""}),
)
PEOPLE = (who.DEVELOPER, who.DEVELOPER, who.ADMIN, who.OPERATOR, who.ANALYST)


def background() -> Iterator[Event]:
    """Everything that nobody would want to be woken for, but for the bursts (see bursts.py)."""
    for region, every in PULSE.items():
        for at in range(START, START + DAYS * DAY, every):
            yield from _pulse(Draw("pulse", region, at), at, region)
    for day in range(DAYS):
        yield from _office(Draw("office", day), START + day * DAY, weekend=day % 7 >= SATURDAY)
        yield from _backup(Draw("backup", day), START + day * DAY)


def _pulse(draw: Draw, at: int, region: str) -> Iterator[Event]:
    """The services' turn: within about two minutes, at a moment that wanders a little."""
    at += draw.between(20, 500)
    parts: tuple[Callable[[Draw, int, str], Iterator[Event]], ...] = (_trail, _config, _explorer, _workload)
    for offset, part in zip((0, 10, 25, 50), parts, strict=True):
        yield from part(draw, at + offset + draw.below(20), region)


def _trail(draw: Draw, at: int, region: str) -> Iterator[Event]:
    """CloudTrail looks at its bucket; services assume their roles; KMS works for them."""
    if region == HOME and draw.chance(0.4):
        call = s3("GetBucketAcl", TRAIL_BUCKET, {"acl": ""})
        yield record(draw, service("cloudtrail.amazonaws.com"), at, region, call)
    for host, role in (("config.amazonaws.com", who.CONFIG), ("lambda.amazonaws.com", who.REPORTS)):
        if draw.chance(0.3):
            yield record(draw, service(host), at + draw.below(30), region, assume_role(draw, at, role))
    if draw.chance(0.25):
        yield record(draw, service("cloudtrail.amazonaws.com"), at + 9, region, _data_key(region))


def assume_role(draw: Draw, at: int, role: Caller) -> Call:
    arn = f"arn:aws:iam::{ACCOUNT}:role{role.path}{role.name}"
    unique = role.identity(at, "1.08")["principalId"]
    token = "IQoJb3JpZ2luX2VjEXAMPLE" + draw.text(24) + "=="
    keys = {"accessKeyId": draw.key("ASIA"), "sessionToken": token, "expiration": _expiration(at)}
    response = {"credentials": keys, "assumedRoleUser": {"assumedRoleId": unique, "arn": role.arn}}
    request = {"roleArn": arn, "roleSessionName": role.session, "durationSeconds": HOUR}
    owned = [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": arn}]
    return Call("sts", "AssumeRole", request, response, {"resources": owned})


def _expiration(at: int) -> str:
    date, clock = iso(at + HOUR)[:-1].split("T")
    hour, rest = int(clock[:2]), clock[2:]
    return f"Mar {int(date[8:])}, 2025, {hour % 12 or 12}{rest} {'AM' if hour < 12 else 'PM'}"  # noqa: PLR2004 - noon


def _data_key(region: str) -> Call:
    arn = f"arn:aws:kms:{region}:{ACCOUNT}:key/{KEY}"
    trail = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/example-trail"
    context = {"aws:cloudtrail:arn": trail, "aws:s3:arn": f"arn:aws:s3:::{TRAIL_BUCKET}/AWSLogs/{ACCOUNT}"}
    owned = [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]
    request = {"keySpec": "AES_256", "keyId": arn, "encryptionContext": context}
    return Call("kms", "GenerateDataKey", request, None, {"resources": owned})


def _config(draw: Draw, at: int, region: str) -> Iterator[Event]:
    """AWS Config asks for everything, is told "no such setting", and is refused now and then."""
    for call in draw.some(SWEEP, draw.between(0, 1)):
        yield record(draw, who.CONFIG, at + draw.below(40), region, call)
    bucket = draw.pick(BUCKETS)
    for name, query, error in draw.some(UNSET, draw.between(0, 1) if region == HOME else 0):
        call = s3(name, bucket, {query: ""})
        yield record(draw, who.CONFIG, at + draw.below(40), region, call, error)
    for call in draw.some(CONFIG_REFUSED, draw.between(1, 3)):
        yield denied(draw, who.CONFIG, at + draw.below(40), region, call)


def _explorer(draw: Draw, at: int, region: str) -> Iterator[Event]:
    for call in draw.some(EXPLORER_REFUSED, draw.between(1, 3)):
        yield denied(draw, who.EXPLORER, at + draw.below(40), region, call)


def _workload(draw: Draw, at: int, region: str) -> Iterator[Event]:
    """The instance reports to Systems Manager and describes itself."""
    if region != HOME:
        return
    request = {
        "instanceId": who.INSTANCE.session,
        "agentVersion": "3.3.1957.0",
        "agentStatus": "Active",
        "platformType": "Linux",
        "agentName": "amazon-ssm-agent",
    }
    if draw.chance(0.5):
        yield record(draw, who.INSTANCE, at, region, Call("ssm", "UpdateInstanceInformation", request))
    if draw.chance(0.3):
        call = Call(
            "ec2",
            "DescribeTags",
            {
                "tagSet": {},
                "filterSet": {
                    "items": [
                        {"name": "resource-id", "valueSet": {"items": [{"value": who.INSTANCE.session}]}}
                    ]
                },
            },
        )
        yield record(draw, who.INSTANCE, at + draw.below(30), region, call)


def _backup(draw: Draw, day: int) -> Iterator[Event]:
    """The nightly snapshots of the user whose key will leak: what it does when it is itself."""
    at = day + HOUR + draw.between(1800, 1830)
    yield record(draw, who.BACKUP, at, "us-east-1", SWEEP[2])
    for index in range(2):
        volume = f"vol-0a1b2c3d4e5f6071{index}"
        answer = {"snapshotId": "snap-0" + draw.hexadecimal(16), "volumeId": volume, "status": "pending"}
        call = Call("ec2", "CreateSnapshot", {"volumeId": volume, "description": "nightly"}, answer)
        yield record(draw, who.BACKUP, at + 2 + index * 3, "us-east-1", call)


def _office(draw: Draw, day: int, *, weekend: bool) -> Iterator[Event]:
    """Sittings at the console or the command line, most between 08:00 and 17:00 UTC on weekdays."""
    for sitting in range(draw.between(0, 1) if weekend else draw.between(7, 9)):
        caller, region = draw.pick(PEOPLE), draw.pick(("us-east-1", "us-east-1", "eu-west-1"))
        at = day + 8 * HOUR + draw.below(9 * HOUR)
        for call in draw.some(OFFICE, draw.between(3, 7)):
            yield record(draw, caller, at + draw.below(240), region, call)
        # Every fourth sitting runs into a wall, once to three times.
        if sitting % 4 == 1:
            for call in draw.some(SLIPS, draw.between(1, 3)):
                yield denied(draw, caller, at + draw.below(200), region, call)
