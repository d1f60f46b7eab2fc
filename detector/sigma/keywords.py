"""A Sigma rule of keywords as a pattern of unstructured text.

Keywords are looked for anywhere in a record, and terms are looked for in its text. A list of terms says *all of these
and none of those*, or *any of these*; anything else is an `InexpressibleError`.
"""

from __future__ import annotations

import re
from typing import Any

from sigma import conditions as sigma
from sigma.types import SigmaNumber, SigmaString, SpecialChars

from detector.pattern.syntax import Role, Term, Terms
from detector.sigma.differences import Change, InexpressibleError
from detector.sigma.values import Changes

_ESCAPED = re.compile(r'["\\\x00-\x1f]')


def are_all(condition: Any) -> bool:
    """Whether a condition asks for keywords alone."""
    if isinstance(condition, sigma.ConditionItem):
        return bool(condition.args) and all(map(are_all, condition.args))
    return isinstance(condition, sigma.ConditionValueExpression)


def terms(condition: Any, changes: Changes) -> Terms:
    """The pattern of a condition on keywords."""
    if isinstance(condition, sigma.ConditionOR):
        found = [_leaf(one, Role.OPTIONAL, changes) for one in condition.args]
    else:
        found = _all(condition, Role.REQUIRED, changes)
    return Terms(tuple(dict.fromkeys(found)))


def _all(condition: Any, role: Role, changes: Changes) -> list[Term]:
    """Every one of the keywords; negated, none of them."""
    both = sigma.ConditionAND if role is Role.REQUIRED else sigma.ConditionOR
    if isinstance(condition, both):
        return [term for one in condition.args for term in _all(one, role, changes)]
    if isinstance(condition, sigma.ConditionNOT):
        return _all(condition.args[0], Role.EXCLUDED if role is Role.REQUIRED else Role.REQUIRED, changes)
    return [_leaf(condition, role, changes)]


def _leaf(condition: Any, role: Role, changes: Changes) -> Term:
    value = getattr(condition, "value", None)
    if isinstance(value, SigmaNumber):
        text = str(value.number)
    elif isinstance(value, SigmaString):
        parts = list(value.s)
        while parts and parts[0] is SpecialChars.WILDCARD_MULTI:
            del parts[0]
        while parts and parts[-1] is SpecialChars.WILDCARD_MULTI:
            del parts[-1]
        if not parts or not all(isinstance(part, str) for part in parts):
            raise InexpressibleError("a keyword with a wildcard inside of it cannot be searched for in text")
        text = "".join(map(str, parts))
    else:
        raise InexpressibleError(
            "keywords are joined in a way that no list of terms says: all of some and none of others, or any"
        )
    if _ESCAPED.search(text):
        raise InexpressibleError(
            'a keyword with a ", a backslash or a control character stands in JSON text in more than one way'
        )
    changes.setdefault(Change.KEYWORDS, {})[text] = None
    if text.swapcase() != text:
        changes.setdefault(Change.CASE, {})["keywords"] = None
    return Term(text, role)
