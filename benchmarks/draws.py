"""The values that differ from record to record: ids, names, addresses, times.

In: a seeded generator and an account. Out: for each `<<name>>` of a template a text, drawn cheaply. Nothing is real:
account numbers and addresses are those reserved for documentation, keys end in EXAMPLE.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kinds import Record

Values = dict[str, str]
_MARK = re.compile(r"<<(\w+)>>")
_NETS = ("192.0.2", "198.51.100", "203.0.113")
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
FOREIGN = 0.03
"""The share of object names with letters that are not ASCII: nearly every file of some size has one."""
_FOLDERS = ("Größen/", "reçus/", "año-2025/", "øvrigt/", "отчёты/", "報告/", "📦/")
_AGENTS = (
    "aws-cli/2.15.30 Python/3.11.8 Linux/5.10.205-195.807.amzn2.x86_64 exe/x86_64.amzn.2 prompt/off",
    "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.1.66 md/arch#x86_64 lang/python#3.11.6 Botocore/1.34.51",
    "console.amazonaws.com",
    "APN/1.0 HashiCorp/1.0 Terraform/1.5.7 (+https://www.terraform.io) terraform-provider-aws/5.31.0 aws-sdk-go-v2/1.24.0",
    "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.10.186 OpenJDK_64-Bit_Server_VM/25.372-b08 java/1.8.0_372]",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
)


class World:
    """One account: its people, roles, buckets and machines, and the draws from them."""

    def __init__(self, rng: random.Random, account: str, region: str) -> None:
        self.rng = rng
        self.fixed = {"account": account, "region": region}
        self.users = [self._user() for _ in range(40)]
        self.roles = [self._role() for _ in range(25)]
        self.buckets = [f"{_word(rng)}-{_word(rng)}-{rng.randrange(1000)}" for _ in range(60)]
        self.keys = [_uuid(rng) for _ in range(20)]
        self.machines = [self._machine() for _ in range(150)]

    def _user(self) -> Values:
        rng = self.rng
        return {
            "user": f"{_word(rng)}.{_word(rng)}",
            "userid": f"AIDA{_letters(rng, 10)}EXAMPLE",
            "userkey": f"AKIA{_letters(rng, 9)}EXAMPLE",
            "address": f"{rng.choice(_NETS)}.{rng.randrange(1, 255)}",
            "agent": rng.choice(_AGENTS),
        }

    def _role(self) -> Values:
        rng = self.rng
        role = f"{_word(rng).title()}{_word(rng).title()}Role"
        roleid = f"AROA{_letters(rng, 10)}EXAMPLE"
        return {"role": role, "roleid": roleid, "rolekey": f"ASIA{_letters(rng, 9)}EXAMPLE"}

    def _machine(self) -> Values:
        names = {
            "instance": "i",
            "volume": "vol",
            "image": "ami",
            "vpc": "vpc",
            "group": "sg",
            "endpoint": "vpce",
        }
        return {name: f"{prefix}-{self.rng.getrandbits(68):017x}" for name, prefix in names.items()}

    def draw(self, groups: tuple[str, ...]) -> Values:
        """One value for every name in the groups that a template uses."""
        rng = self.rng
        values = {"eventID": _uuid(rng), **self.fixed}
        for group in groups:
            values.update(_GROUPS[group](self))
        return values

    def near(self, many: list[Values]) -> Values:
        """One of many, the first ones far more often: a few do most of the work."""
        return many[int(len(many) * self.rng.random() ** 3)]

    def bucket(self) -> str:
        """One of the buckets, mostly one of the first."""
        return self.buckets[int(len(self.buckets) * self.rng.random() ** 3)]

    def folder(self) -> str:
        """Where an object lies; people name things in their own language, and CloudTrail writes it as UTF-8."""
        return self.rng.choice(_FOLDERS) if self.rng.random() < FOREIGN else ""

    def session(self) -> Values:
        """A use of a role: its session, now and then a new key."""
        number = self.rng.getrandbits(32)
        role = self.near(self.roles)
        return (
            role | {"session": f"session-{number}"} if number % 4 else role | {"session": f"i-{number:017x}"}
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A record as text with places to fill; ``answers`` are the detections that match it."""

    text: str
    groups: tuple[str, ...]
    answers: tuple[str, ...]

    def fill(self, world: World, time: str) -> str:
        """One record of this kind."""
        values = world.draw(self.groups)
        values["eventTime"] = time
        values["created"] = f"{time[:11]}0{time[12]}:17:{time[14:16]}Z"
        return self.text % values


def template(record: Record, answers: tuple[str, ...]) -> Template:
    """The text of a record, written as CloudTrail writes it: compact, with Gson's escapes of HTML."""
    text = json.dumps(record, separators=(",", ":")).replace("%", "%%")
    names = set(_MARK.findall(text))
    groups = tuple(group for group, made in _NAMES.items() if names & set(made.split()))
    text = _MARK.sub(r"%(\1)s", text)
    for sign in "'=&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Template(text, groups, answers)


_NAMES = {
    "request": "requestID",
    "shared": "sharedEventID",
    "s3": "s3request id2",
    "bucket": "bucket",
    "key": "key",
    "user": "user userid userkey address agent",
    "role": "role roleid rolekey session",
    "machine": "instance volume image vpc group endpoint",
    "kms": "kmskey",
    "blob": "blob effect",
    "token": "token",
}
_GROUPS: dict[str, Callable[[World], Values]] = {
    "request": lambda world: {"requestID": _uuid(world.rng)},
    "shared": lambda world: {"sharedEventID": _uuid(world.rng)},
    "s3": lambda world: {"s3request": _letters(world.rng, 16), "id2": _base64(world.rng, 56)},
    "bucket": lambda world: {"bucket": world.bucket()},
    "key": lambda world: {
        "key": f"{world.folder()}{world.rng.getrandbits(40):010x}_{_letters(world.rng, 8)}"
    },
    "user": lambda world: world.near(world.users),
    "role": lambda world: world.session(),
    "machine": lambda world: world.near(world.machines),
    "kms": lambda world: {"kmskey": world.keys[int(20 * world.rng.random() ** 2)]},
    "blob": lambda world: {"blob": _base64(world.rng, 24), "effect": world.rng.choice(("Allow", "Deny"))},
    "token": lambda world: {"token": _base64(world.rng, 300)},
}


def _uuid(rng: random.Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _letters(rng: random.Random, count: int) -> str:
    number = rng.getrandbits(5 * count)
    return "".join([_BASE32[number >> 5 * place & 31] for place in range(count)])


def _base64(rng: random.Random, count: int) -> str:
    return base64.b64encode(rng.randbytes(count)).decode()


_WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "jetty",
    "knoll",
    "larch",
    "maple",
    "north",
    "ochre",
    "pearl",
    "quartz",
    "river",
    "slate",
    "tulip",
    "umber",
    "vale",
    "willow",
    "yarrow",
)


def _word(rng: random.Random) -> str:
    return rng.choice(_WORDS)
