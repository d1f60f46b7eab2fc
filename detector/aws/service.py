"""TestMetricFilter of CloudWatch Logs: a pattern and messages in, which of them match out.

In: a client of boto3 for ``logs``. The claim: whatever goes wrong is an `AwsError` of one sentence; a pattern that the
service refuses is no error, but an answer. Nothing is read from or written to the account: the one permission that
is needed is ``logs:TestMetricFilter``.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as boto

from detector.errors import AwsError

PAUSE = 0.25
"""Seconds between two calls: the service takes five a second for an account and region (documented)."""
_TRIES = 8
_REFUSED = {"InvalidParameterException", "ValidationException"}
_SENTENCES = {
    "access": "access is denied: the caller needs the permission logs:TestMetricFilter",
    "expired": "the credentials have expired: sign in again, such as by aws sso login",
    "invalid": "the credentials are not valid in this account or region",
    "throttled": "the service throttles: it took no more calls after eight tries; try again later",
    "region": "no region is known: give --aws-region, or set AWS_REGION",
    "credentials": "no credentials were found: give --profile, or set those that the AWS CLI reads",
}
_CODES = {
    "AccessDenied": "access",
    "AccessDeniedException": "access",
    "UnauthorizedOperation": "access",
    "ExpiredToken": "expired",
    "ExpiredTokenException": "expired",
    "RequestExpired": "expired",
    "UnrecognizedClientException": "invalid",
    "InvalidClientTokenId": "invalid",
    "InvalidSignatureException": "invalid",
    "SignatureDoesNotMatch": "invalid",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "TooManyRequestsException": "throttled",
    "RequestLimitExceeded": "throttled",
}
_EXCEPTIONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (boto.NoRegionError, "region"),
    ((boto.NoCredentialsError, boto.PartialCredentialsError), "credentials"),
    ((boto.TokenRetrievalError, boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError), "expired"),
)


def client(region: str | None = None, profile: str | None = None) -> Any:
    """A client for CloudWatch Logs, with the credentials that the AWS CLI would take; `AwsError`."""
    import boto3  # noqa: PLC0415 - half a second
    from botocore.config import Config  # noqa: PLC0415 - the same

    settings = Config(
        retries={"mode": "standard", "total_max_attempts": _TRIES}, connect_timeout=10, read_timeout=30
    )
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        return session.client("logs", config=settings)
    except (boto.BotoCoreError, ValueError) as error:
        raise AwsError(_sentence(error)) from None


@dataclass(slots=True)
class FilterTest:
    """Asks the service; ``calls`` counts how often."""

    client: Any
    pause: float = PAUSE
    calls: int = 0

    @property
    def region(self) -> str:
        """Where it asks."""
        return str(self.client.meta.region_name)

    def __call__(self, pattern: str, messages: Sequence[str]) -> Collection[int] | str:
        """Which of at most 50 messages match, counted from 0; or why the service refuses the pattern."""
        if self.calls and self.pause:
            time.sleep(self.pause)
        self.calls += 1
        try:
            answer = self.client.test_metric_filter(filterPattern=pattern, logEventMessages=list(messages))
            # Numbers begin with 1 (recorded), and nothing says that they come in order.
            found = {int(one["eventNumber"]) - 1 for one in answer.get("matches", ())}
        except boto.ClientError as error:
            if error.response.get("Error", {}).get("Code", "") in _REFUSED:
                return _one_line(error.response["Error"].get("Message", "")) or "refused"
            raise AwsError(_sentence(error)) from None
        except boto.BotoCoreError as error:
            raise AwsError(_sentence(error)) from None
        if not found <= set(range(len(messages))):
            raise AwsError(f"expected numbers of {len(messages)} messages, found others in the answer")
        return found


def _sentence(error: Exception) -> str:
    if isinstance(error, boto.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _CODES:
            return _SENTENCES[_CODES[code]]
        return f"the service answered {code or 'an error'}: {_one_line(error.response.get('Error', {}).get('Message', ''))}"
    for kinds, name in _EXCEPTIONS:
        if isinstance(error, kinds):
            return _SENTENCES[name]
    return _one_line(error)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:300]
