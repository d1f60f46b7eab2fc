"""D307 and D310: values that are written in another language, and addresses whose star takes more than it seems to.

In: a pattern. Out: drafts. Only members of CloudTrail whose texts have a known alphabet are looked at: a user agent may
hold a ``|``, an event name never does. Any other may hold a text between ``%``, and there it is a note.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from detector.cloudtrail import operations
from detector.cloudtrail.members import Path
from detector.lint import void
from detector.lint.finding import Draft, Edit, Promise
from detector.lint.rules import Severity
from detector.lint.subject import Subject
from detector.pattern.syntax import Compare, Op, Text

_ADDRESS: Path = ("sourceIPAddress",)
_NAMES: frozenset[Path] = frozenset(
    {
        ("eventName",),
        ("eventSource",),
        ("awsRegion",),
        ("errorCode",),
        ("eventType",),
        ("eventCategory",),
        ("recipientAccountId",),
        ("userAgent",),
        _ADDRESS,
        *(
            ("userIdentity", name)
            for name in ("type", "arn", "userName", "accountId", "invokedBy", "accessKeyId")
        ),
        *(
            ("userIdentity", "sessionContext", "sessionIssuer", name)
            for name in ("arn", "userName", "accountId", "type")
        ),
    }
)
"""Members whose texts have none of the signs below. Sources: the grammar of IAM names and of ARNs, API references."""
_SIGNS = re.compile(r"^\^|[%|?]|\$$|\\[.d]")
_BETWEEN = re.compile(r"%[^%*]+%")
_WORDS = {("eventName",)}
"""Of letters, digits and _ alone; in an error code or an address ``.*`` is a dot and a wildcard."""
_PART = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,2}\.?")
_PREFIX = re.compile(r"((?:\d{1,3}\.){0,3})(\d{1,3})\*")
_PRIVATE = {"172.*": "172.16.0.0 to 172.31.255.255", "192.*": "192.168.0.0 to 192.168.255.255"}
_BYTE = 256
_WHOLE_BYTES = 8


def drafts(subject: Subject) -> Iterator[Draft]:
    """The findings about such values."""
    for leaf, path, value in subject.texts:
        if not subject.is_cloudtrail or path not in _NAMES:
            if _BETWEEN.fullmatch(value.value):
                yield _like(leaf, value)
        elif path == _ADDRESS and (network := _network(value.value)) is not None:
            yield _cidr(subject, leaf, value, network)
        elif path == ("eventName",) and (right := _action(value.value)):
            yield _renamed(subject, leaf, value, right)
        elif found := _sign(path, value.value):
            yield _foreign(subject, leaf, value, found)
        elif path == _ADDRESS and _PART.fullmatch(value.value):
            said = "an address has four numbers, and a * has to stand for those that are left out"
            edits = ((leaf.value_span, str(Text(f"{value.value.rstrip('.')}.*", quoted=value.quoted))),)
            yield void.draft(subject, "D307", leaf, said, span=leaf.value_span, edits=edits)
        elif path == _ADDRESS:
            yield from _prefix(leaf, value)


def _sign(path: Path, text: str) -> str:
    """The first sign that is none of the member's; empty where there is none."""
    if path == ("userAgent",):
        found = re.search(r"^[\^%]|%$", text)
    else:
        found = _SIGNS.search(text) or (re.search(r"\.\*?|[^\w*]", text) if path in _WORDS else None)
    if path == _ADDRESS and found is None:
        found = re.search(r"[,/; -]+", text) if text[:1].isdigit() else None
    return found[0].strip() or "a blank" if found else ""


def _action(text: str) -> str | None:
    """The event name that is meant by an action of a policy, ``iam:CreateUser``, or a command, ``create-user``."""
    last = text.rpartition(":")[2]
    pascal = "".join(part[:1].upper() + part[1:] for part in last.split("-"))
    if text.replace(" ", "") in operations.owners() and " " in text:
        return text.replace(" ", "")
    return pascal if last != text or ("-" in text and pascal in operations.owners()) else None


def _renamed(subject: Subject, leaf: Compare, value: Text, right: str) -> Draft:
    edits = ((leaf.value_span, str(Text(right, quoted=True))),)
    said = f'{value} is what policies or the command line call it; records write "{right}"'
    return void.draft(subject, "D307", leaf, said, span=leaf.value_span, edits=edits)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _cidr(
    subject: Subject, leaf: Compare, value: Text, network: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> Draft:
    whole, rest = divmod(network.prefixlen, _WHOLE_BYTES)
    edits: tuple[Edit, ...] = ()
    if network.version == 4 and rest == 0 and whole:  # noqa: PLR2004 - the version of the protocol
        text = ".".join(str(network.network_address).split(".")[:whole]) + ("" if whole == 4 else ".*")  # noqa: PLR2004 - bytes
        edits = ((leaf.value_span, str(Text(text, quoted=value.quoted))),)
    said = f"{value} is compared as text, and no address has a / in it: the language knows no networks"
    return void.draft(subject, "D307", leaf, said, span=leaf.value_span, edits=edits)


def _foreign(subject: Subject, leaf: Compare, value: Text, sign: str) -> Draft:
    """SQL's %, a regex's ^ $ | and ., a shell's ?; all but * are themselves here."""
    parts = [_glob(part.strip()) for part in re.split(r"\|\|?|,", value.value.strip("()"))]
    joint = " && " if leaf.op is Op.NE else " || "
    clauses = [f"{leaf.selector} {leaf.op} {Text(part, quoted=True)}" for part in parts]
    text = clauses[0] if len(clauses) == 1 else f"({joint.join(clauses)})"
    edits = (
        ((leaf.span, text),)
        if all(re.fullmatch(r"[\w.:/*@+=-]+", part) and part.strip("*") for part in parts)
        and leaf.selector.wildcard is None
        else ()
    )
    said = f"{sign} stands for itself in quotes, and no {leaf.selector} has it: * is the only wildcard, and a regex stands between % without quotes"
    return void.draft(subject, "D307", leaf, said, span=leaf.value_span, edits=edits)


def _like(leaf: Compare, value: Text) -> Draft:
    """A text between %, in a member that may hold one: SQL's wildcards, or a regex that lost its meaning in quotes."""
    said = f"in quotes % stands for itself, so that this is the text {value} and no other: * is the only wildcard, and a regex stands between % without quotes"
    meant = value.value.strip("%")
    is_plain = re.fullmatch(r"[\w ./:@+=-]+", meant) is not None
    edits = ((leaf.value_span, str(Text(f"*{meant}*", quoted=True))),) if is_plain else ()
    promise = Promise.NARROWER if leaf.op is Op.NE else Promise.WIDER
    return Draft("D307", leaf.value_span, said, edits, promise, Severity.NOTE, leaf.selector, (leaf,))


def _glob(part: str) -> str:
    """The text that was meant, as far as a * says it."""
    begins, ends = not part.startswith("^"), not part.endswith("$")
    is_regex = not (begins and ends) or ".*" in part
    text = re.sub(r"\.\*|[%?]", "*", part.removeprefix("^").removesuffix("$"))
    text = re.sub(r"\\(.)", r"\1", text)
    text = f"{'*' if is_regex and begins else ''}{text}{'*' if is_regex and ends else ''}"
    return re.sub(r"\*+", "*", text)


def _prefix(leaf: Compare, value: Text) -> Iterator[Draft]:
    if value.value in _PRIVATE:
        said = f"takes public addresses too: of these, {_PRIVATE[value.value]} are private"
        yield Draft("D310", leaf.value_span, f"{value} {said}", selector=leaf.selector, conditions=(leaf,))
        return
    found = _PREFIX.fullmatch(value.value)
    if found is None:
        return
    before, last = found.groups()
    longer = [one for one in range(_BYTE) if str(one).startswith(last) and str(one) != last and int(last)]
    if not longer:
        return
    ends = "" if before.count(".") == 3 else ".*"  # noqa: PLR2004 - three dots before the last number
    shown = [one for one in longer if one - 1 not in longer or one + 1 not in longer]
    pairs = [
        f"{before}{one}{ends} to {before}{other}{ends}"
        for one, other in zip(shown[::2], shown[1::2], strict=False)
    ]
    said = f"{value} also takes {' and '.join(pairs) or f'{before}{longer[0]}{ends}'}"
    promise = Promise.WIDER if leaf.op is Op.NE else Promise.NARROWER
    edits = ((leaf.value_span, str(Text(f"{before}{last}{ends}", quoted=value.quoted))),)
    yield Draft("D310", leaf.value_span, said, edits, promise, None, leaf.selector, (leaf,))
