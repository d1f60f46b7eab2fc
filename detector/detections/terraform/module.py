"""A Terraform module: what its variables, locals, resources and module calls are worth.

In: the blocks of a folder's files and values for the variables. Out: on demand, the value of any name in it; the
instances of its resources. The claim: each is evaluated at most once, a name that depends on itself is unknown, and
nothing is looked up outside of the files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detector.detections.resources import Missing, Unknown
from detector.detections.terraform import comprehensions, conversion, files, json_syntax, templates, values
from detector.detections.terraform.expressions import READING, RULES, Scope, evaluate
from detector.detections.terraform.repetition import Arguments, repeated
from detector.detections.terraform.syntax import Attribute, Block, File
from detector.detections.terraform.values import Failure, Set

RULES |= {
    "for_tuple_expr": comprehensions.comprehension,
    "for_object_expr": comprehensions.comprehension,
    "string": templates.string,
    "heredoc_template": templates.heredoc,
    "heredoc_template_trim": templates.heredoc,
    "json": json_syntax.value,
}
READING |= dict.fromkeys(files.NAMES, files.call)
MOST_STEPS = 500_000
DEEPEST = 20
"""Modules inside of each other."""
_IDS = {
    "aws_cloudwatch_log_metric_filter": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_cloudwatch_composite_alarm": "alarm_name",
    "aws_cloudwatch_log_group": "name",
}
"""Attributes that ``id`` is equal to."""


@dataclass(slots=True, eq=False)
class Evaluation:
    """What all modules of a configuration share: how folders are read, what was called, how many steps it took."""

    load: Callable[[str], Sequence[Block] | None]
    """The blocks of a folder; None where there is none."""
    outside: Mapping[str, str] = field(default_factory=dict)
    """What was given for names that only Terraform or the account knows, such as ``terraform.workspace``."""
    root: str = "."
    """The folder of the root module."""
    steps: int = 0
    modules: dict[str, Module | None] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Module:
    """One use of a module."""

    blocks: Sequence[Block]
    given: Mapping[str, Any]
    """Values for variables: those of the command line, or the arguments of the call."""
    evaluation: Evaluation
    folder: str = "."
    address: str = ""
    """``module.name.`` before the addresses of its resources; empty for the root."""
    caller: tuple[Module, Block] | None = None
    """The module that calls it, and the block that does."""
    _known: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def step(self) -> None:
        """Count one step of an evaluation; `Failure` after too many."""
        self.evaluation.steps += 1
        if self.evaluation.steps > MOST_STEPS:
            raise Failure("expected a configuration that can be evaluated in reasonable time")

    def folders(self) -> tuple[str, str]:
        """The folder of the root module, and that of this one."""
        return self.evaluation.root, self.folder

    def scope(self, file: File, variables: Mapping[str, Any] | None = None) -> Scope:
        """The scope of an expression in one of the files."""
        return Scope(self, file, variables or {})

    def named(self, kind: str, *labels: str) -> Block | None:
        """The block of that type and those labels."""
        wanted = tuple(labels)
        return next((block for block in self.blocks if block.type == kind and block.labels == wanted), None)

    def reference(self, names: Sequence[str], scope: Scope) -> tuple[Any, int]:
        """The value that the first of some names lead to, and how many of them were needed."""
        root, name = names[0], names[1] if len(names) > 1 else ""
        if root in scope.variables:
            return scope.variables[root], 1
        if root == "path":
            return self.evaluation.root if name == "root" else self.folder, 2
        if root in {"data", "terraform", "each", "count", "self"}:
            return self._from_outside(names, scope)
        find: dict[str, Callable[[], Any]] = {
            "var": lambda: self._variable(name, scope),
            "local": lambda: self._local(name, scope),
            "module": lambda: self.calls(name),
        }
        block = self.named("resource", root, name)
        if root not in find and block is None:
            what = f"{self.address}{'.'.join(names[:2])}"
            return self._outside(what, f"there is no {what} in these files", scope), min(2, len(names))
        instances = find.get(root) or (lambda: self.instances(block))  # type: ignore[arg-type]  # it is there, else see above
        return self._once((root, name), scope.file, instances), 2

    def _from_outside(self, names: Sequence[str], scope: Scope) -> tuple[Any, int]:
        """What the account or a run of Terraform tells, unless it was given."""
        given = self.evaluation.outside
        for used in range(len(names), 0, -1):
            if ".".join(names[:used]) in given:
                return given[".".join(names[:used])], used
        is_data = names[0] == "data"
        used = min(3 if is_data else 2, len(names))
        what = f"{self.address if is_data else ''}{'.'.join(names[:used])}"
        how = ".".join(names[: used + 1])
        reason = f"{how} is only known outside of the files: --parameter {how}=VALUE"
        return self._outside(what, reason, scope), used

    def _outside(self, what: str, reason: str, scope: Scope) -> Unknown:
        return Unknown(f"${{{what}}}", (Missing(reason, scope.file.path, 0),))

    def _once(self, key: tuple[str, ...], file: File, find: Callable[[], Any]) -> Any:
        if key not in self._known:
            what = f"{self.address}{'.'.join(key)}"
            itself = Missing(f"{what} depends on itself", file.path, 0)
            self._known[key] = Unknown(f"${{{what}}}", (itself,))
            self._known[key] = self.safely(what, file, find)
        return self._known[key]

    def safely(self, what: str, file: File, find: Callable[[], Any]) -> Any:
        """What is found; unknown where Terraform would refuse to."""
        try:
            return find()
        except Failure as error:
            return Unknown(f"${{{what}}}", (Missing(f"{what}: {error}", file.path, 0),))
        except RecursionError:
            return Unknown(f"${{{what}}}", (Missing(f"{what} is nested too deeply", file.path, 0),))

    def _variable(self, name: str, scope: Scope) -> Any:
        block = self.named("variable", name)
        attributes = block.body.attributes if block is not None else {}
        default = attributes.get("default")
        inner = self.scope(block.file if block is not None else scope.file)
        value = self.given.get(name)
        if name in self.given and not (value is None and default and self._refuses_null(attributes)):
            found = value
        elif default is not None:
            found = evaluate(default.expression, inner)
        else:
            how = "the call of its module does not set it" if self.address else f"--parameter {name}=VALUE"
            said = f"the variable {self.address}{name} has no {'default' if block else 'block'}: {how}"
            where = (block.file.path, block.file.line(block.start)) if block else (scope.file.path, 0)
            missing = Missing(said, *where)
            return Unknown(f"${{{self.address}var.{name}}}", (missing,))
        kind = attributes.get("type")
        return conversion.converted(found, kind.expression if kind else None, inner)

    def _refuses_null(self, attributes: Mapping[str, Attribute]) -> bool:
        return "nullable" in attributes and self.value(attributes["nullable"]) is False

    def _local(self, name: str, scope: Scope) -> Any:
        for block in self.blocks:
            if block.type == "locals" and name in block.body.attributes:
                return self.value(block.body.attributes[name])
        return self._outside(f"{self.address}local.{name}", f"there is no local {name}", scope)

    def value(self, found: Attribute, variables: Mapping[str, Any] | None = None) -> Any:
        """The value of an attribute."""
        return evaluate(found.expression, self.scope(found.file, variables))

    def calls(self, name: str) -> Any:
        """What ``module.name`` is: the called module, or one for each key."""
        block = self.named("module", name)
        if block is None:
            return Unknown(
                f"${{{self.address}module.{name}}}", (Missing(f"there is no module {name}", "", 0),)
            )
        return repeated(self, block, f"{self.address}module.{name}", lambda at: Call(self, block, *at))

    def output(self, name: str) -> Any:
        """The value of an output."""
        block = self.named("output", name)
        if block is None or "value" not in block.body.attributes:
            raise Failure(f"there is no output {name} in {self.address}")
        return self._once(("output", name), block.file, lambda: self.value(block.body.attributes["value"]))

    def instances(self, block: Block) -> Any:
        """What ``type.name`` is: one instance, a list of them (count), a table (for_each), or `Some`."""
        address = f"{self.address}{'.'.join(block.labels)}"
        return repeated(self, block, address, lambda at: Instance(self, block.labels[0], block, *at))


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One instance of a resource, or a block inside of it."""

    module: Module
    type: str
    block: Block
    address: str
    variables: Mapping[str, Any]

    def attribute(self, name: str) -> Any:
        """The value of an argument; nested blocks as a list; what only the account knows is unknown."""
        attributes = self.block.body.attributes
        if name in attributes:
            return self.module.safely(
                f"{self.address}.{name}",
                self.block.file,
                lambda: self.module.value(attributes[name], self.variables),
            )
        nested = list(self.nested(name))
        if nested:
            return nested
        if name == "id" and self.type in _IDS:
            return self.attribute(_IDS[self.type])
        shown_name = "arn" if (self.type, name) == ("aws_sns_topic", "id") else name
        reason = f"{name} of {self.address} is only known to the account"
        return Unknown(f"${{{self.address}.{shown_name}}}", (Missing(reason, self.block.file.path, 0),))

    def nested(self, name: str) -> Iterator[Any]:
        """The blocks of a type inside of it, dynamic ones unrolled; an `Unknown` for those of unknown number."""
        for block in self.block.body.blocks:
            if block.type == name:
                yield Instance(self.module, self.type, block, f"{self.address}.{name}", self.variables)
            elif block.type == "dynamic" and block.labels == (name,):
                yield from self._dynamic(block, name)

    def _dynamic(self, block: Block, name: str) -> Iterator[Any]:
        attributes = block.body.attributes
        content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
        if content is None or "for_each" not in attributes:
            return
        each = self.module.value(attributes["for_each"], self.variables)
        if isinstance(each, Unknown):
            yield each
            return
        iterator = attributes.get("iterator")
        variable = name
        if iterator is not None:
            variable = iterator.file.text[iterator.start :].split("\n")[0].split("#")[0].strip(' \t\r",')
        pairs = each.items() if isinstance(each, Mapping) else enumerate(values.listed(each or []))
        for key, value in pairs:
            inner = {
                **self.variables,
                variable: {"key": value if isinstance(each, Set) else key, "value": value},
            }
            yield Instance(self.module, self.type, content, f"{self.address}.{name}", inner)


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One use of a module by another: its attributes are the outputs."""

    module: Module
    block: Block
    address: str
    variables: Mapping[str, Any]

    def source(self) -> Any:
        """Where the module is."""
        source = self.block.body.attributes.get("source")
        return None if source is None else self.module.value(source)

    def called(self) -> Module | None:
        """The module; None where it is not a folder beside this one."""
        modules = self.module.evaluation.modules
        if self.address not in modules:
            modules[self.address] = self._called()
        return modules[self.address]

    def _called(self) -> Module | None:
        source = self.source()
        local = isinstance(source, str) and source.startswith(("./", "../"))
        if not local or self.address.count("module.") > DEEPEST:
            return None
        folder = os.path.normpath(os.path.join(self.module.folder, source))  # noqa: PTH118 - paths as they are typed
        blocks = self.module.evaluation.load(folder)
        if blocks is None:
            return None
        arguments = Arguments(self.module, self.block, self.variables)
        caller = self.module, self.block
        return Module(blocks, arguments, self.module.evaluation, folder, f"{self.address}.", caller)

    def attribute(self, name: str) -> Any:
        """The value of an output."""
        child = self.called()
        if child is None:
            where = self.block.file.path, self.block.file.line(self.block.start)
            reason = f"the module {self.address} is not a folder here"
            return Unknown(f"${{{self.address}.{name}}}", (Missing(reason, *where),))
        return child.output(name)
