# ruff: noqa: INP001 - a script, no package
"""Make the tables in ``detector/cloudtrail`` that come out of botocore: operations, API versions and regions.

In: an installed botocore. Out: ``operations.txt``, a line per event source, ``source|operations``: the name before
``.amazonaws.com`` and every operation; ``versions.txt``, ``source|version|operations``: the operations that have an API
version in their event names; and ``regions.txt``, ``partition|regions|global``. To run it:

    python -m venv models && models/bin/pip install botocore
    models/bin/python tools/make_operations.py

The models do not name CloudTrail's event source. It is the endpoint prefix, the signing name or the model's own
name, and a service that shares one of them shares the source: the lines hold the union, because a name that is
listed too often costs a finding, and one that is not listed would make a wrong one.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[1] / "detector" / "cloudtrail"
# CloudTrail's user guide and the services' own "logging with CloudTrail" pages name these.
ALSO = {
    "application-autoscaling": ("autoscaling",),
    "autoscaling-plans": ("autoscaling",),
    "cloudhsmv2": ("cloudhsm",),
    "cloudwatch": ("monitoring", "cloudwatch"),
    "elbv2": ("elasticloadbalancing",),
    "rds-data": ("rdsdata",),
    "s3control": ("s3",),
    "sesv2": ("ses",),
    "sso-oidc": ("sso", "sso-oauth"),
    "sso": ("sso",),
    "identitystore": ("sso-directory", "identitystore"),
}
# Lambda's paths begin with the version of the API that an operation came with. Operations since 2019 have none in their
# event names, and invocations are data events, which never had one: both as public records show.
LAMBDA = re.compile(r"/(20(?:14|15|16|17|18))-(\d\d)-(\d\d)/")
INVOCATIONS = {"Invoke", "InvokeAsync"}
VERSION = re.compile(r"20\d\d_\d\d_\d\d$")


def main() -> int:
    """Write the files and say how much is in them."""
    import botocore  # noqa: PLC0415 - installed for this script only
    import botocore.session  # noqa: PLC0415 - the same

    session = botocore.session.get_session()
    names: dict[str, set[str]] = defaultdict(set)
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for service in session.get_available_services():
        model = session.get_service_model(service)
        for source in sources(service, model):
            names[source].update(model.operation_names)
        for name in model.operation_names:
            if version := version_of(service, model.operation_model(name)):
                versions[service, version].add(name)
    of = f"botocore {botocore.__version__}"
    listed = [f"{one}|{' '.join(sorted(names[one]))}" for one in sorted(names)]
    write(
        "operations.txt",
        f"Operations per event source, from the service models of {of}",
        "source|operations",
        listed,
    )
    listed = [
        f"{one}|{version}|{' '.join(sorted(found))}" for (one, version), found in sorted(versions.items())
    ]
    what = f"Operations whose event names end with an API version, from {of}"
    write("versions.txt", what, "source|version|operations", listed)
    endpoints = session.get_component("data_loader").load_data("endpoints")
    listed = [region_line(one) for one in endpoints["partitions"]]
    what = f"Regions, and those in which a partition's global services are, from the endpoints of {of}"
    write("regions.txt", what, "partition|regions|service:region of its events", listed)
    sys.stdout.write(f"{len(names)} event sources, {sum(map(len, names.values()))} operations\n")
    return 0


def sources(service: str, model: Any) -> set[str]:
    """What stands before ``.amazonaws.com`` in the records of a service, and what might."""
    prefix = model.endpoint_prefix.lower()
    found = {service, prefix, prefix.rsplit(".", 1)[-1], model.signing_name.lower(), *ALSO.get(service, ())}
    return {name for name in found if name != "execute-api"}


def version_of(service: str, operation: Any) -> str:
    """The API version that CloudTrail appends to an operation's name; empty for nearly all services."""
    if service == "cloudfront" and (found := VERSION.search(operation.wire_name)):
        return found[0]
    if service == "lambda" and operation.name not in INVOCATIONS:
        return "".join(found.groups()) if (found := LAMBDA.match(operation.http["requestUri"])) else ""
    return ""


def region_line(partition: dict[str, Any]) -> str:
    """A partition's line. A global service has one endpoint, and a signature for the region that it is in."""
    scopes = {
        name: service["endpoints"].get(service.get("partitionEndpoint", ""), {}).get("credentialScope", {})
        for name, service in partition["services"].items()
        if service.get("isRegionalized") is False
    }
    scoped = " ".join(
        f"{name}:{scope['region']}" for name, scope in sorted(scopes.items()) if "region" in scope
    )
    return f"{partition['partition']}|{' '.join(sorted(partition['regions']))}|{scoped}"


def write(name: str, what: str, form: str, lines: list[str]) -> None:
    """One file, with its source above its lines."""
    head = [
        f"# {what} (Apache-2.0),",
        "# https://github.com/boto/botocore. Made by tools/make_operations.py; not edited by hand.",
    ]
    (OUT / name).write_text("\n".join([*head, f"# {form}", *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
