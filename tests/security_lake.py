"""CloudTrail's records as Security Lake keeps them, by the mappings that AWS publishes: a record in, a row of OCSF out.

The columns are those of source version 2 (OCSF 1.1.0), or of version 1 (1.0.0-rc.2), and each part of the mapping is
written down here once more, in the other direction than in `archive.ocsf`.
"""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import polars as pl

SIGN_IN = {"ConsoleLogin", "AssumeRole", "AssumeRoleWithSAML", "GetSessionToken"}
ACCOUNT_CHANGE = {"CreateUser", "DeleteUser", "AttachUserPolicy"}
MAPPED = {
    *("eventVersion", "eventID", "eventType", "eventSource", "eventName", "apiVersion", "errorCode", "errorMessage"),
    *("awsRegion", "userAgent", "vpcEndpointId", "eventTime", "sourceIPAddress", "eventCategory", "requestID", "resources"),
}  # fmt: skip
USER = {"type", "accountId", "accessKeyId", "userName", "invokedBy", "arn", "principalId", "identityProvider"}


def row(record: dict[str, Any], version: int = 2) -> dict[str, Any]:
    """One row: every column, as nested values."""
    user, name = record.get("userIdentity", {}), record["eventName"]
    session = user.get("sessionContext", {})
    attributes, issuer = session.get("attributes", {}), session.get("sessionIssuer", {})
    is_sign_in = name in SIGN_IN
    time = _milliseconds(record["eventTime"])
    created = attributes.get("creationDate")
    mfa = attributes.get("mfaAuthenticated")
    address = record.get("sourceIPAddress")
    is_address = (
        address is not None and address.replace(".", "").replace(":", "").isalnum() and address[:1].isdigit()
    )
    used = record.get("additionalEventData") or {}
    idp = user.get("identityProvider") or session.get("webIdFederationData", {}).get("federatedProvider")
    newer = version == 2
    names = ("uid", "uid_alt") if newer else ("uuid", "uid")
    return {
        "metadata": {
            "product": {
                "version": record.get("eventVersion"),
                "name": "CloudTrail",
                "vendor_name": "AWS",
                "feature": {"name": record.get("eventCategory")},
            },
            "event_code": record.get("eventType") if newer else None,
            "uid": record.get("eventID"),
            "version": "1.1.0" if newer else "1.0.0-rc.2",
        },
        "time": time,
        "time_dt": datetime.fromisoformat(record["eventTime"].replace("Z", "")),
        "cloud": {"region": record.get("awsRegion"), "provider": "AWS"},
        "api": {
            "response": {
                "error": record.get("errorCode"),
                "message": record.get("errorMessage"),
                "data": _text(record.get("responseElements")),
            },
            "operation": name,
            "version": record.get("apiVersion"),
            "service": {"name": record.get("eventSource")},
            "request": {
                "uid": record.get("requestID", "''"),
                "data": None if is_sign_in else _text(record.get("requestParameters")),
            },
        },
        "src_endpoint": {
            "uid": record.get("vpcEndpointId"),
            "ip": address if is_address else None,
            "domain": None if is_address else address,
        },
        "actor": {
            "user": {
                "type": user.get("type"),
                names[0]: user.get("arn"),
                names[1]: user.get("principalId"),
                "account": {"uid": user.get("accountId")},
                "name": user.get("userName"),
                "credential_uid": user.get("accessKeyId"),
            },
            "session": {
                "created_time_dt": created and datetime.fromisoformat(created.replace("Z", "")),
                "is_mfa": None if mfa is None else mfa == "true",
                "issuer": issuer.get("arn"),
            },
            "invoked_by": user.get("invokedBy"),
            "idp": {"name": idp},
        },
        "http_request": {"user_agent": record.get("userAgent")},
        "resources": [
            {"uid": one.get("ARN"), "account": {"uid": one.get("accountId")}, "type": one.get("type")}
            for one in record["resources"]
        ]
        if "resources" in record
        else None,
        "class_uid": 3002 if is_sign_in else 3001 if name in ACCOUNT_CHANGE else 6003,
        "class_name": "…",
        "severity_id": 1,
        "is_mfa": _is_mfa(name, used, mfa) if is_sign_in else None,
        "observables": [{"name": "src_endpoint.ip", "value": address}],
        "unmapped": [
            {"key": key, "value": value}
            for key, value in sorted(_unmapped(record, is_sign_in, newer).items())
        ],
    }


def parquet(records: list[dict[str, Any]], version: int = 2) -> bytes:
    """A file of some records."""
    out = io.BytesIO()
    rows = [row(one, version) for one in records]
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(out)
    return out.getvalue()


def _unmapped(record: dict[str, Any], is_sign_in: bool, newer: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in record.items():
        if name in MAPPED - ({"eventType"} if not newer else set()):
            continue
        if name == "requestParameters" and is_sign_in and value:
            _flat(
                name,
                {key: one for key, one in value.items() if key not in {"roleArn", "roleSessionName"}},
                found,
            )
        elif name == "additionalEventData" and value:
            left_out = {"LoginTo", "MFAUsed"} if is_sign_in else set()
            _flat(name, {key: one for key, one in value.items() if key not in left_out}, found)
        elif name == "userIdentity":
            _flat(
                name, {key: one for key, one in value.items() if key not in USER | {"sessionContext"}}, found
            )
            session = value.get("sessionContext", {})
            _flat(f"{name}.sessionContext.sessionIssuer", {
                key: one for key, one in session.get("sessionIssuer", {}).items() if key != "arn"
            }, found)  # fmt: skip
            others = {"attributes", "sessionIssuer", "webIdFederationData"}
            _flat(
                f"{name}.sessionContext",
                {key: one for key, one in session.items() if key not in others},
                found,
            )
        elif name not in {"requestParameters", "responseElements"}:
            _flat(name, value, found)
    return found


def _flat(name: str, value: Any, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, one in value.items():
            _flat(f"{name}.{key}", one, found)
    elif value is not None:
        found[name] = value if isinstance(value, str) else json.dumps(value)


def _is_mfa(name: str, used: dict[str, Any], of_session: str | None) -> bool | None:
    """That of the sign-in where it says so; the mapping leaves open what it is of other calls."""
    if name == "ConsoleLogin":
        return used["MFAUsed"] == "Yes" if "MFAUsed" in used else None
    return None if of_session is None else of_session == "true"


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _milliseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp()) * 1000
