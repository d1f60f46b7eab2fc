"""What was planted: five incidents with their events, and the list of them in TOML.

In: nothing. Out: ``INCIDENTS``, each with its events; an incident lasts from its first event to the minute
after its last one, in event time.
"""

from __future__ import annotations

from dataclasses import dataclass

from maker import identities as who
from maker.changes import sign_in
from maker.clock import BREAK_IN, DAY, HOUR, MINUTE, START, iso
from maker.draw import Draw
from maker.records import Call, Event, denied, record, s3

ASKED = {
    "iam": "ListUsers ListRoles ListPolicies GetAccountAuthorizationDetails ListAccessKeys ListGroups GetUser",
    "ec2": "DescribeInstances DescribeSnapshots DescribeSecurityGroups DescribeKeyPairs DescribeVpcs",
    "sts": "AssumeRole",
    "lambda": "ListFunctions20150331",
    "rds": "DescribeDBInstances DescribeDBSnapshots",
    "secretsmanager": "ListSecrets",
    "ssm": "DescribeParameters DescribeInstanceInformation",
    "kms": "ListKeys ListAliases",
    "dynamodb": "ListTables",
    "sns": "ListTopics ListSubscriptions",
    "sqs": "ListQueues",
    "logs": "DescribeLogGroups",
    "cloudtrail": "DescribeTrails GetTrailStatus",
    "guardduty": "ListDetectors",
    "organizations": "DescribeOrganization ListAccounts",
    "ecr": "DescribeRepositories",
    "eks": "ListClusters",
    "glue": "GetDatabases",
    "config": "DescribeConfigurationRecorders",
    "route53": "ListHostedZones",
    "cloudformation": "DescribeStacks",
    "ses": "ListIdentities GetSendQuota",
}
EC2 = {"maxResults": 1000, "filterSet": {}}  # EC2 records what was asked even when it refuses
ENUMERATION = (
    *(
        Call(host, name, EC2 if host == "ec2" else None)
        for host, names in ASKED.items()
        for name in names.split()
    ),
    s3("ListBuckets", ""),
    s3("GetBucketPolicy", "example-app-assets", {"policy": ""}),
    s3("GetBucketAcl", "example-app-uploads", {"acl": ""}),
)
RESIZING = (
    Call("ec2", "DescribeNetworkInterfaces", {"networkInterfaceIdSet": {}, "filterSet": {}}),
    Call(
        "ec2",
        "CreateNetworkInterface",
        {"subnetId": "subnet-0a1b2c3d4e5f60718", "description": "AWS Lambda VPC ENI-thumbnails-resizer"},
    ),
    Call("dynamodb", "DescribeTable"),
    Call("dynamodb", "DescribeTimeToLive"),
    s3("GetBucketTagging", "example-app-uploads", {"tagging": ""}),
    s3("GetBucketLocation", "example-app-uploads", {"location": ""}),
)
CLICKS = tuple(
    call for call in ENUMERATION if call.service in {"ec2", "iam", "rds", "cloudtrail", "s3", "lambda", "kms"}
)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something planted: the principal that did it and all of its events."""

    name: str
    principal: str
    description: str
    events: tuple[Event, ...]

    @property
    def start(self) -> int:
        """The minute of the first event."""
        return min(event.at for event in self.events) // MINUTE * MINUTE

    @property
    def end(self) -> int:
        """The minute after the last event."""
        return max(event.at for event in self.events) // MINUTE * MINUTE + MINUTE

    def toml(self) -> str:
        """One ``[[incident]]`` table."""
        lines = (
            "[[incident]]",
            f'name = "{self.name}"',
            f"start = {iso(self.start)}",
            f"end = {iso(self.end)}",
            f'principal = "{self.principal}"',
            f'description = "{self.description}"',
        )
        return "\n".join(lines) + "\n"


def _lambda() -> tuple[Event, ...]:
    """A function deployed with the wrong role, retried by its queue: four to six denials every few minutes."""
    draw, at, last = (
        Draw("lambda"),
        START + 2 * DAY + 13 * HOUR + 42 * MINUTE,
        START + 2 * DAY + 16 * HOUR + 40 * MINUTE,
    )
    events: list[Event] = []
    while at < last:
        calls = draw.some(RESIZING, draw.between(4, 6))
        events += [denied(draw, who.RESIZER, at + draw.below(4), "us-east-1", call) for call in calls]
        at += draw.between(200, 410)
    return tuple(events)


def _probing(name: str, at: int, count: int, length: int) -> tuple[Event, ...]:
    """``count`` refused calls over ``length`` seconds, spread over the regions, after a look at who one is."""
    draw = Draw("probing", name)
    events = [record(draw, who.LEAKED, at, "us-east-1", Call("sts", "GetCallerIdentity"))]
    for index in range(count):
        region = draw.pick(("us-east-1", "us-east-1", "eu-west-1", "us-west-2"))
        when = at + 2 + (index * length + draw.below(length)) // count
        events.append(denied(draw, who.LEAKED, when, region, draw.pick(ENUMERATION)))
    return tuple(events)


def _console() -> tuple[Event, ...]:
    """Guessed passwords, then a stranger's clicks through a console that shows mostly red boxes."""
    draw, at = Draw("console"), BREAK_IN - 185
    events = [sign_in(draw, who.INTRUDER, at + index * 11 + draw.below(9), good=False) for index in range(14)]
    at = BREAK_IN
    events.append(sign_in(draw, who.INTRUDER, at, good=True))
    clicks = [at + 20 + index * 26 + draw.below(25) for index in range(34)]
    events += [denied(draw, who.INTRUDER, click, "us-east-1", draw.pick(CLICKS)) for click in clicks]
    return tuple(events)


INCIDENTS = (
    Incident(
        "lambda-misconfigured-role",
        who.RESIZER.name,
        "A function is deployed with a role that may not reach its table, its bucket and its network.",
        _lambda(),
    ),
    Incident(
        "leaked-key-enumeration",
        who.LEAKED.name,
        "The leaked key of an IAM user walks through many services in three regions within minutes.",
        _probing("enumeration", START + 5 * DAY + 3 * HOUR + 17 * MINUTE + 12, 64, 560),
    ),
    Incident(
        "leaked-key-slow-probe",
        who.LEAKED.name,
        "The same key again, slowly: two or three denials a minute.",
        _probing("slow", START + 6 * DAY + 22 * HOUR + 4 * MINUTE + 31, 46, 1090),
    ),
    Incident(
        "leaked-key-return",
        who.LEAKED.name,
        "The same key a third time, in office hours.",
        _probing("return", START + 9 * DAY + 11 * HOUR + 30 * MINUTE + 5, 28, 690),
    ),
    Incident(
        "console-guessed-password",
        who.INTRUDER.name,
        "Fourteen failed sign-ins, one without MFA that succeeds, then refused clicks through the console.",
        _console(),
    ),
)


def toml() -> str:
    head = "# What was planted in the samples, in event time, half-open. Written by make_samples.py.\n"
    return "\n".join([head, *(incident.toml() for incident in INCIDENTS)])
