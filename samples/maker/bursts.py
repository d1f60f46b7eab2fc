"""Benign denials in bursts: what makes the lab's threshold page for nothing.

In: the two weeks. Out: events, five to eight denials within a minute each time (a nightly job, a pipeline,
AWS's own log delivery), and three denials that were delivered twice and so count as six.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maker import identities as who
from maker.clock import DAY, DAYS, HOUR, MINUTE, START
from maker.draw import Draw
from maker.identities import Caller, service
from maker.records import Call, Error, Event, denied, record, s3

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DELIVERY = service("delivery.logs.amazonaws.com")
NIGHTLY = (
    Call("glue", "GetDatabases"),
    Call("glue", "GetTables"),
    Call("athena", "StartQueryExecution"),
    s3("GetBucketLocation", "example-reports", {"location": ""}),
    s3("GetBucketPolicy", "example-reports", {"policy": ""}),
    Call("dynamodb", "DescribeTable"),
    Call("dynamodb", "DescribeContinuousBackups"),
    Call("kms", "Decrypt"),
)
PLAN = (
    Call(
        "ec2",
        "DescribeVpcEndpoints",
        {"DescribeVpcEndpointsRequest": {"VpcEndpointId": {"tag": 1, "content": "vpce-0f1e2d3c4b5a69788"}}},
    ),
    Call("ec2", "DescribeAddresses", {"publicIpsSet": {}, "filterSet": {}, "allocationIdsSet": {}}),
    Call("ec2", "DescribeFlowLogs", {"DescribeFlowLogsRequest": {"MaxResults": 100}}),
    Call("iam", "GetRole"),
    Call("iam", "GetPolicyVersion"),
    Call("iam", "ListInstanceProfilesForRole"),
    Call("wafv2", "GetWebACLForResource"),
    Call("budgets", "DescribeBudgets"),
)
# (day, second of the day, seconds, denials)
NIGHTS = (
    (1, 7815, 41, 6),
    (3, 7822, 37, 7),
    (5, 7809, 44, 5),
    (8, 7831, 39, 6),
    (9, 7818, 35, 5),
    (12, 7826, 48, 7),
)
DEPLOYS = ((0, 40_312, 52, 7), (4, 54_760, 49, 8), (10, 33_545, 46, 6), (11, 57_028, 55, 8))
LOG_DELIVERY = (6, 64_980, 50, 6)
TWICE = (7, 51_210, 34, 3)


def bursts() -> Iterator[Event]:
    for night in NIGHTS:
        yield from _burst(who.REPORTS, NIGHTLY, night)
    for deploy in DEPLOYS:
        yield from _burst(who.DEPLOY, PLAN, deploy)
    yield from log_delivery(*LOG_DELIVERY)
    for day in range(DAYS):
        yield from _stray_deliveries(day)


def delivered_twice() -> list[Event]:
    """Three denials of one sitting; delivery writes each of them twice."""
    return list(_burst(who.ANALYST, PLAN[:2] + PLAN[3:5], TWICE))


def _burst(caller: Caller, calls: Sequence[Call], when: tuple[int, int, int, int]) -> Iterator[Event]:
    day, second, length, count = when
    draw = Draw("burst", caller.name, day)
    for call in draw.some(calls, count):
        yield denied(draw, caller, START + day * DAY + second + draw.below(length), "us-east-1", call)


def log_delivery(day: int, second: int, length: int, count: int) -> Iterator[Event]:
    """A load balancer's log delivery whose bucket policy does not let it in."""
    draw, bucket = Draw("delivery", day, second), "example-elb-logs"
    for index in range(count):
        name = "HeadBucket" if index % 4 == 1 else "PutObject"
        key = f"AWSLogs/111122223333/elasticloadbalancing/{draw.text(20)}.log.gz"
        call = s3(name, bucket, {} if name == "HeadBucket" else {"key": key})
        at = START + day * DAY + second + draw.below(length)
        yield record(draw, DELIVERY, at, "us-east-1", call, Error("AccessDenied", "Access Denied"))


def _stray_deliveries(day: int) -> Iterator[Event]:
    """One or two at a time, a few times a day, as long as nobody mends the policy."""
    draw = Draw("stray", day)
    for third in range(3):
        yield from log_delivery(day, third * 8 * HOUR + draw.below(7 * HOUR), MINUTE, draw.between(1, 2))
