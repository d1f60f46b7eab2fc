"""The region of a resource by its provider: ``provider = aws.use1``, and the ``providers`` of a module's call.

In: a block of a module. Out: the region that its provider is set to, where that is known, and a name of the provider that
is the same for all blocks of the configuration. The claim: resources of two providers are never taken for neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from detector.detections.terraform.syntax import Attribute, Block

if TYPE_CHECKING:
    from detector.detections.terraform.module import Module

_NAME = re.compile(r'\s*"?([\w-]+(?:\.[\w-]+)?)')
_PAIR = re.compile(r'([\w-]+(?:\.[\w-]+)?)"?\s*[=:]\s*"?([\w-]+(?:\.[\w-]+)?)')


def place(module: Module, block: Block) -> tuple[str, str]:
    """The region of a block, and the name of its provider; empty where it is not known, or the default one."""
    return _place(module, _named(block.body.attributes.get("provider")) or "aws")


def _place(module: Module, name: str) -> tuple[str, str]:
    own = next(
        (one for one in module.blocks if one.type == "provider" and _is_called(module, one, name)), None
    )
    if own is None and module.caller is not None:
        above, call = module.caller
        return _place(above, _passed(call).get(name, name))
    region = own.body.attributes.get("region") if own is not None else None
    value = module.safely("region", region.file, lambda: module.value(region)) if region is not None else ""
    return (value if isinstance(value, str) else ""), ("" if name == "aws" else f"{module.address}{name}")


def _is_called(module: Module, block: Block, name: str) -> bool:
    kind, _, wanted = name.partition(".")
    alias = block.body.attributes.get("alias")
    return block.labels == (kind,) and (str(module.value(alias)) if alias is not None else "") == wanted


def _named(attribute: Attribute | None) -> str:
    match = _NAME.match(attribute.file.text, attribute.start) if attribute is not None else None
    return match[1] if match else ""


def _passed(call: Block) -> Mapping[str, str]:
    """The providers that a call hands on, by their name inside."""
    attribute = call.body.attributes.get("providers")
    if attribute is None:
        return {}
    end = attribute.file.text.find("}", attribute.start)
    return dict(_PAIR.findall(attribute.file.text, attribute.start, end))
