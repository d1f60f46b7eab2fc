# ruff: noqa: INP001 - a script, no package
"""Make ``detector/cloudtrail/operations.txt`` from botocore's service models.

In: an installed botocore. Out: a line per event source, ``source|codes|operations``: the name before
``.amazonaws.com``, the codes by which its models say that permission is lacking, and every operation. To run it:

    python -m venv models && models/bin/pip install botocore
    models/bin/python tools/make_operations.py

The models do not name CloudTrail's event source. It is the endpoint prefix, the signing name or the model's own
name, and a service that shares one of them shares the source: the lines hold the union, because a name that is
listed too often costs a finding, and one that is not listed would make a wrong one.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[1] / "detector" / "data" / "operations.txt"
# CloudTrail's user guide and the services' own "logging with CloudTrail" pages name these.
ALSO = {
    "application-autoscaling": ("autoscaling",),
    "autoscaling-plans": ("autoscaling",),
    "cloudhsmv2": ("cloudhsm",),
    "cloudwatch": ("monitoring", "cloudwatch"),
    "elbv2": ("elasticloadbalancing",),
    "s3control": ("s3",),
    "sesv2": ("ses",),
    "sso-oidc": ("sso", "sso-oauth"),
    "sso": ("sso",),
    "identitystore": ("sso-directory", "identitystore"),
}
DENIED = ("AccessDenied", "Unauthorized", "Forbidden", "NotAuthorized")


def main() -> int:
    """Write the file and say how much is in it."""
    import botocore  # type: ignore[import-not-found]  # noqa: PLC0415 - installed for this script only
    import botocore.session  # type: ignore[import-not-found]  # noqa: PLC0415 - the same

    session = botocore.session.get_session()
    names: dict[str, set[str]] = defaultdict(set)
    codes: dict[str, set[str]] = defaultdict(set)
    for service in session.get_available_services():
        model = session.get_service_model(service)
        for source in sources(service, model):
            names[source].update(model.operation_names)
            codes[source].update(denied(model))
    OUT.write_text(page(botocore.__version__, names, codes), encoding="utf-8")
    sys.stdout.write(f"{len(names)} event sources, {sum(map(len, names.values()))} operations\n")
    return 0


def sources(service: str, model: Any) -> set[str]:
    """What stands before ``.amazonaws.com`` in the records of a service, and what might."""
    prefix = model.endpoint_prefix.lower()
    found = {service, prefix, prefix.rsplit(".", 1)[-1], model.signing_name.lower(), *ALSO.get(service, ())}
    return {name for name in found if name != "execute-api"}


def denied(model: Any) -> set[str]:
    """The error codes of a model that begin with what a lack of permission is called."""
    shapes = (shape.metadata.get("error", {}).get("code") or shape.name for shape in model.error_shapes)
    return {code for code in shapes if code.startswith(DENIED)}


def page(version: str, names: dict[str, set[str]], codes: dict[str, set[str]]) -> str:
    """The file's text."""
    head = [
        f"# Operations per event source, from the service models of botocore {version} (Apache-2.0),",
        "# https://github.com/boto/botocore. Made by tools/make_operations.py; not edited by hand.",
        "# source|codes for a lack of permission|operations",
    ]
    lines = [f"{one}|{' '.join(sorted(codes[one]))}|{' '.join(sorted(names[one]))}" for one in sorted(names)]
    return "\n".join([*head, *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
