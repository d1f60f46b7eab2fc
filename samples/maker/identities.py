"""Who calls: people, pipelines, functions, instances and AWS's own services.

In: a moment (seconds since 1970, UTC). Out: the ``userIdentity`` of a record, with the session that was
open at that moment. Key order and the presence of keys follow real records: an IAM user's session has an
empty ``sessionIssuer`` (eventVersion up to 1.08) or none, a role's session names its role, AWS's services
have no ARN at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from maker.clock import BREAK_IN, CHORE, DAY, HOUR, OFFICE, iso
from maker.draw import Draw

ACCOUNT = "111122223333"


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal with the address and the user agent that it calls from.

    ``kind`` is ``Root``, ``IAMUser``, ``AssumedRole`` or ``AWSService``; ``session`` the role session's
    name; ``path`` the role's path; ``hours`` the length of a session, 0 for a long-term access key;
    ``opened`` the moment of the one session that such a caller has.
    """

    kind: str
    name: str
    address: str
    agent: str
    session: str = ""
    path: str = "/"
    hours: int = 1
    opened: int = 0
    mfa: bool = False
    console: bool = False
    invoked_by: str = ""
    federated: str = ""

    @property
    def arn(self) -> str:
        """The principal's ARN; a role's is that of its session."""
        match self.kind:
            case "Root":
                return f"arn:aws:iam::{ACCOUNT}:root"
            case "IAMUser":
                return f"arn:aws:iam::{ACCOUNT}:user/{self.name}"
            case _:
                return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/{self.session}"

    def identity(self, at: int, version: str) -> dict[str, Any]:
        """The ``userIdentity`` of a record of that eventVersion."""
        if self.kind == "AWSService":
            return {"type": "AWSService", "invokedBy": self.name}
        found: dict[str, Any] = {"type": self.kind, "principalId": self._principal(), "arn": self.arn}
        found |= {"accountId": ACCOUNT, "accessKeyId": self._key(at)}
        if self.kind == "IAMUser":
            found["userName"] = self.name
        if self.hours:
            found["sessionContext"] = self._context(at, version)
        if self.invoked_by:
            found["invokedBy"] = self.invoked_by
        return found

    def _unique(self) -> str:
        return Draw("principal", self.name).principal("AIDA" if self.kind == "IAMUser" else "AROA")

    def _principal(self) -> str:
        match self.kind:
            case "Root":
                return ACCOUNT
            case "IAMUser":
                return self._unique()
            case _:
                return f"{self._unique()}:{self.session}"

    def _opened(self, at: int) -> int:
        if self.opened:
            return self.opened
        draw, length = Draw("session", self.name, self.session), self.hours * HOUR
        offset = draw.below(length)
        if length >= OFFICE:
            length, offset = DAY, OFFICE + draw.below(HOUR)
        return (at - offset) // length * length + offset

    def _key(self, at: int) -> str:
        if not self.hours:
            return Draw("key", self.name).key("AKIA")
        return Draw("key", self.name, self.address, self._opened(at)).key("ASIA")

    def _context(self, at: int, version: str) -> dict[str, Any]:
        """Up to 1.08 the two members stand there even when empty; later they are left out."""
        old = version <= "1.08"
        issuer = self._issuer() if self.kind == "AssumedRole" else {}
        web = {"federatedProvider": self.federated, "attributes": {}} if self.federated else {}
        context: dict[str, Any] = {}
        if issuer or old:
            context["sessionIssuer"] = issuer
        if web or old:
            context["webIdFederationData"] = web
        mfa = "true" if self.mfa else "false"
        context["attributes"] = {"creationDate": iso(self._opened(at)), "mfaAuthenticated": mfa}
        if self.session.startswith("i-"):
            context["ec2RoleDelivery"] = "2.0"
        return context

    def _issuer(self) -> dict[str, str]:
        arn = f"arn:aws:iam::{ACCOUNT}:role{self.path}{self.name}"
        head = {"type": "Role", "principalId": self._unique(), "arn": arn}
        return head | {"accountId": ACCOUNT, "userName": self.name}


def service(name: str) -> Caller:
    """AWS itself, on the account's behalf."""
    return Caller("AWSService", name, name, name)


def _linked(name: str, host: str, session: str) -> Caller:
    path = f"/aws-service-role/{host}/"
    return Caller("AssumedRole", name, host, host, session=session, path=path, invoked_by=host)


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0"
_CLI = "aws-cli/2.24.{} md/awscrt#0.23.8 ua/2.1 os/linux#6.8.0-55-generic md/arch#x86_64 lang/python#3.12.9"
_SSO = "/aws-reserved/sso.amazonaws.com/eu-west-1/"

CONFIG = _linked("AWSServiceRoleForConfig", "config.amazonaws.com", "AWSConfig-Describe")
EXPLORER = _linked(
    "AWSServiceRoleForResourceExplorer", "resource-explorer-2.amazonaws.com", "resource-explorer-2"
)
ROOT = Caller("Root", "root", "198.51.100.10", BROWSER, hours=12, opened=CHORE, mfa=True, console=True)
DEVELOPER = Caller(
    "AssumedRole",
    "AWSReservedSSO_PowerUserAccess_0a1b2c3d4e5f6a7b",
    "198.51.100.21",
    _CLI.format(15),
    session="developer-1@example.com",
    path=_SSO,
    hours=8,
)
ADMIN = Caller(
    "AssumedRole",
    "AWSReservedSSO_AdministratorAccess_9f8e7d6c5b4a3f2e",
    "198.51.100.22",
    BROWSER,
    session="admin-1@example.com",
    path=_SSO,
    hours=8,
    console=True,
)
OPERATOR = Caller("IAMUser", "operator-1", "198.51.100.23", _CLI.format(9), hours=12, mfa=True)
ANALYST = Caller(
    "IAMUser", "analyst-1", "198.51.100.24", "Boto3/1.37.4 Python/3.11.11 Botocore/1.37.4", hours=0
)
HELPDESK = Caller("IAMUser", "helpdesk", "198.51.100.25", BROWSER, hours=12, console=True)
DEPLOY = Caller(
    "AssumedRole",
    "github-actions-deploy",
    "192.0.2.80",
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.1 (+https://www.terraform.io) terraform-provider-aws/5.90.0 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.3",
    session="GitHubActions",
    federated="arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
)
INSTANCE = Caller(
    "AssumedRole",
    "app-web-role",
    "192.0.2.15",
    "aws-sdk-go/1.55.5 (go1.23.6; linux; amd64) amazon-ssm-agent/3.3.1957.0",
    session="i-0a1b2c3d4e5f67890",
    hours=6,
)
REPORTS = Caller(
    "AssumedRole",
    "reports-nightly-role",
    "192.0.2.44",
    "Boto3/1.37.1 md/Botocore#1.37.1 md/awscrt#0.23.8 ua/2.0 os/linux#5.10.234 lang/python#3.12.9 "
    "exec-env/AWS_Lambda_python3.12",
    session="reports-nightly",
    path="/service-role/",
)
RESIZER = Caller(
    "AssumedRole",
    "thumbnails-resizer-role",
    "192.0.2.61",
    "aws-sdk-js/3.758.0 ua/2.1 os/linux#5.10.234 lang/js md/nodejs#22.14.0 exec-env/AWS_Lambda_nodejs22.x",
    session="thumbnails-resizer",
    path="/service-role/",
)
BACKUP = Caller("IAMUser", "svc-backup", "192.0.2.90", _CLI.format(2), hours=0)
LEAKED = Caller(
    "IAMUser",
    "svc-backup",
    "203.0.113.66",
    "Boto3/1.34.46 md/Botocore#1.34.46 ua/2.0 os/linux#6.6.9-amd64 md/arch#x86_64 lang/python#3.11.8 "
    "md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.46",
    hours=0,
)
INTRUDER = Caller(
    "IAMUser",
    "helpdesk",
    "203.0.113.181",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 "
    "Safari/537.36",
    hours=12,
    opened=BREAK_IN,
    console=True,
)
