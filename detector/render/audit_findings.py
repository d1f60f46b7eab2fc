"""An audit as findings for a security lake or for Security Hub: OCSF (Compliance Finding, 2003) and ASFF.

In: what `detector.jobs.audit` says, the time, and for ASFF the account and region, which every finding there has. Out:
OCSF with a finding a line, ASFF as a list of findings that BatchImportFindings takes in slices of 100. A control that is
covered is a finding that passed. Sources: schema.ocsf.io 1.3.0; the ASFF syntax (SchemaVersion 2018-10-08).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from detector.jobs.audit.result import Audit, Audited, Level
from detector.render.audit_text import RELATIONS, named
from detector.render.kit.json_values import iso, ndjson, readable

_OCSF = "1.3.0"
_ASFF = "2018-10-08"
_CLASS, _CREATE = 2003, 1
_SEVERITIES = {
    Level.ABSENT: (3, "Medium"),
    Level.DEAD: (4, "High"),
    Level.PARTIAL: (3, "Medium"),
    Level.UNSOUND: (3, "Medium"),
    Level.UNWIRED: (3, "Medium"),
    Level.COVERED: (1, "Informational"),
}
"""What looks healthy and is dead is worse than what is known to be absent."""
_LONGEST = {"Title": 256, "Description": 1024, "Text": 512}


def audit_ocsf(audit: Audit, now: datetime, version: str) -> str:
    """One Compliance Finding a line."""
    return ndjson(_ocsf(audit, one, now, version) for one in audit.controls)


def _ocsf(audit: Audit, one: Audited, now: datetime, version: str) -> dict[str, Any]:
    passed = one.level is Level.COVERED
    severity, severity_name = _SEVERITIES[one.level]
    resources = [] if one.found is None else [{"name": one.found.name, "type": "AWS::Logs::MetricFilter"}]
    if one.found is not None and one.found.alarm is not None:
        resources.append({"name": one.found.alarm.name, "type": "AWS::CloudWatch::Alarm"})
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CLASS // 1000,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": int(now.timestamp() * 1000),
        "severity_id": severity,
        "severity": severity_name,
        "status_id": 1,
        "status": "New",
        "message": one.verdict,
        "metadata": {"version": _OCSF, "product": {"name": "detector", "vendor_name": "detector", "version": version}},
        "finding_info": {
            "uid": _uid(audit, one),
            "title": one.control.title,
            "desc": one.verdict,
            "types": ["Compliance"],
        },
        "compliance": {
            "standards": [_standard(one)],
            "requirements": [one.section],
            "control": one.control.name,
            "status_id": 1 if passed else 3,
            "status": "Pass" if passed else "Fail",
            "status_code": str(one.level).upper(),
            "status_detail": _detail(one),
        },
        "resources": resources,
        "unmapped": {"level": str(one.level), "text_check": one.text_check.sentence, "not_shown": list(one.unknown)},
    }  # fmt: skip


def audit_asff(audit: Audit, now: datetime, account: str, region: str) -> str:
    """An object with the list ``Findings``."""
    return readable({"Findings": [_asff(audit, one, now, account, region) for one in audit.controls]})


def _asff(audit: Audit, one: Audited, now: datetime, account: str, region: str) -> dict[str, Any]:
    passed = one.level is Level.COVERED
    found = one.found
    resource = {"Type": "AwsAccount", "Id": f"AWS::::Account:{account}"}
    if found is not None and found.alarm is not None:
        name = f"arn:aws:cloudwatch:{region}:{account}:alarm:{found.alarm.name}"
        resource = {"Type": "AwsCloudWatchAlarm", "Id": name[:512]}
    partition = (
        "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    )
    return {
        "SchemaVersion": _ASFF,
        "Id": _uid(audit, one),
        "ProductArn": f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default",
        "GeneratorId": f"detector-audit/{one.control.name}",
        "AwsAccountId": account,
        "Types": [
            "Software and Configuration Checks/Industry and Regulatory Standards/CIS AWS Foundations Benchmark"
        ],
        "CreatedAt": iso(now),
        "UpdatedAt": iso(now),
        "Severity": {"Label": _SEVERITIES[one.level][1].upper()},
        "Title": f"{one.section} {one.control.title}"[: _LONGEST["Title"]],
        "Description": one.verdict[: _LONGEST["Description"]],
        "Remediation": {"Recommendation": {"Text": _detail(one)[: _LONGEST["Text"]]}},
        "Resources": [{**resource, "Region": region}],
        "Compliance": {"Status": "PASSED" if passed else "FAILED", "RelatedRequirements": [_standard(one)]},
        "ProductFields": {"detector/level": str(one.level), "detector/text_check": one.text_check.sentence},
        "RecordState": "ACTIVE",
    }


def _standard(one: Audited) -> str:
    by_cis = one.section.startswith("CIS ")
    return (
        f"CIS AWS Foundations Benchmark v{one.section.split()[1]}" if by_cis else "AWS Security Hub controls"
    )


def _uid(audit: Audit, one: Audited) -> str:
    """The same for the same control of the same configuration, so that a later finding replaces an earlier one."""
    return f"detector/{named(audit.benchmark)}/{one.control.name}/{','.join(audit.sources)}"[:512]


def _detail(one: Audited) -> str:
    """The relation, and all reasons."""
    lead = [] if one.found is None else [f"{one.found.name}: {RELATIONS[one.found.relation]} {one.found.to}"]
    return "; ".join([*lead, *(reason.sentence for reason in one.reasons)]) or one.level.about
