"""Makes a lambda or partial that a module keeps as an attribute a function of the file.

## What the compiler says

    This function exists as an attribute on the Python module, but we failed to compile it
    failed to convert Python type: 'functools.partial' to a TorchScript type

A function that a module keeps is compiled from its source, and the source of a lambda is a piece
of the line on which it stands. Of a `functools.partial` the compiler knows nothing.

## What is written instead

    self.norm = lambda x: x                     def _norm(x):
                                                    return x

                                                self.norm = _norm

The arguments get the types that the calls pass, where they are no Tensors. A lambda that chooses by
a flag (`lambda x: F.normalize(x) if flag else x`) becomes two functions, of which `__init__` takes
one. A lambda that is the default of an argument becomes a function in the same way. A function of
torch that is overloaded (`self.interp = F.interpolate`) is called by its own name.

## When it holds back

Where a lambda uses `self` or another local of the function that it stands in, and where a partial
fixes something that is no literal, or is called with names of arguments.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from torchscript_fix.editing.edit import AddImport, Edit, InsertBefore, ReplaceExpression
from torchscript_fix.facts.kept import never_changes
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    self_attribute,
)
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(r"has no attribute '(\w+)' \(This (?:function|attribute) exists")
PARTIAL = frozenset({"functools.partial", "partial"})


class FunctionAttribute(Rule):
    name: ClassVar[str] = "function-attribute"
    summary: ClassVar[str] = "A lambda or partial that a module keeps becomes a function."
    messages: ClassVar[tuple[str, ...]] = (
        "This function exists as an attribute on the Python module",
        "failed to convert Python type: 'functools.partial'",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite an attribute: all that define it in this file."""
        seen: set[tuple[ClassFacts, str]] = set()
        for located in self.diagnosed(facts):
            said = SAID.search(located.message)
            if said is None or located.owner is None or (located.owner, said.group(1)) in seen:
                continue
            seen.add((located.owner, said.group(1)))
            yield from self._one(located.owner, said.group(1), facts)

    def _one(self, cls: ClassFacts, name: str, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        attribute = cls.attribute(name)
        definitions = attribute.definitions if attribute is not None else ()
        by_name = _called_by_name(cls, name, definitions)
        if by_name is not None:
            yield by_name
        for definition in definitions:
            for function in _functions(definition):
                made = _Made(definition, function, name)
                owner = definition.function.owner
                line, where = function.lineno, owner.qualname if owner is not None else ""
                if definition.function.file is not facts:
                    obstacle: str | None = f"it is defined in {definition.function.file.path.name}"
                else:
                    obstacle = made.make(cls)
                if obstacle is not None:
                    yield HeldBack(self.name, facts.path, line, where, obstacle)
                    continue
                summary = f"self.{name} is a function of the file, {' or '.join(made.names)}"
                yield Rewrite(
                    self.name, facts.path, line, where, summary, Safety.SAFE, tuple(made.edits)
                )


def _called_by_name(
    cls: ClassFacts, name: str, definitions: Sequence[Definition]
) -> Rewrite | None:
    """`F.interpolate(x)` for `self.interp(x)`, where that is what the attribute always is: the
    compiler knows a function of torch that is overloaded by its name alone."""
    if len(definitions) != 1 or not never_changes(name, cls):
        return None
    (definition,) = definitions
    file, value = definition.function.file, definition.value
    if not isinstance(value, ast.Attribute) or file is not cls.file:
        return None
    if not file.dotted(value).startswith("torch.nn.functional.") or definition.branches:
        return None
    calls = [call for call in _calls(cls, name) if call.function.file is file]
    code = file.segment(value)
    if not calls:
        return None
    return Rewrite(
        FunctionAttribute.name,
        file.path,
        calls[0].node.lineno,
        calls[0].function.qualname,
        f"self.{name}, which is {code}, is called by that name",
        Safety.SAFE,
        tuple(ReplaceExpression(call.node.func, code) for call in calls),
    )


def _functions(definition: Definition) -> Iterator[ast.Lambda | ast.Call]:
    """The lambdas and partials that a definition may give: themselves, in one side of a
    conditional expression, or as the default of the parameter that it keeps."""
    todo = [definition.value]
    while todo:
        match todo.pop():
            case ast.Lambda() as value:
                yield value
            case ast.Call() as call if definition.function.file.dotted(call.func) in PARTIAL:
                yield call
            case ast.IfExp(body=body, orelse=orelse):
                todo += [body, orelse]
            case ast.Name(id=name):
                default = definition.function.defaults.get(name)
                if default is not None and name not in definition.function.assignments:
                    todo.append(default)


# ------------------------------------------------------------------------ the new functions


@dataclass
class _Made:
    """The functions that take the place of one lambda or partial."""

    definition: Definition
    value: ast.Lambda | ast.Call
    attribute: str
    names: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    imports: dict[AddImport, None] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    @property
    def file(self) -> FileFacts:
        return self.definition.function.file

    def make(self, cls: ClassFacts) -> str | None:
        """Work out the Edits; why there are none, where that is so."""
        around = self.definition.function.owner
        if around is None or "." in around.qualname:
            return "its class stands inside another one"
        calls = list(_calls(cls, self.attribute))
        try:
            obstacle = (
                self._of_lambda(self.value, calls)
                if isinstance(self.value, ast.Lambda)
                else self._of_partial(self.value, calls)
            )
        except SpellingError as error:
            return str(error)
        if obstacle is not None:
            return obstacle
        self.edits += [*self.imports, InsertBefore(around.node, "\n\n".join(self.codes))]
        return None

    def _of_lambda(self, value: ast.Lambda, calls: Sequence["_Call"]) -> str | None:
        spec = value.args
        if spec.vararg or spec.kwarg or spec.kwonlyargs or spec.posonlyargs or spec.defaults:
            return "the lambda takes more than plain arguments"
        parameters = [argument.arg for argument in spec.args]
        types = _passed_types(parameters, calls)
        if types is None:
            return "the calls pass different types to the lambda"
        chosen = _choice(value, self.definition.function)
        for body in chosen[1:] if chosen is not None else [value.body]:
            captured = _captured(body, parameters, self.definition.function)
            if captured:
                return f"the lambda uses {captured[0]}, which belongs to one model"
            self._add(parameters, types, self.file.segment(body))
        new = self.names[0]
        if chosen is not None:
            new = f"{self.names[0]} if {self.file.segment(chosen[0])} else {self.names[1]}"
            new = new if value is self.definition.value else f"({new})"
        self.edits.append(ReplaceExpression(value, new))
        return None

    def _of_partial(self, value: ast.Call, calls: Sequence["_Call"]) -> str | None:
        if not value.args or any(keyword.arg is None for keyword in value.keywords):
            return "what the partial fixes is not known"
        called, *fixed = value.args
        given = [*fixed, *(keyword.value for keyword in value.keywords)]
        if not all(_is_literal(each) for each in given):
            return "the partial fixes something that is no literal"
        counts = {len(call.node.args) for call in calls}
        if len(counts) != 1 or any(call.node.keywords for call in calls):
            return "the partial is not always called with the same number of arguments"
        captured = _captured(called, (), self.definition.function)
        if captured:
            return f"the partial uses {captured[0]}, which belongs to one model"
        parameters = ["x", "y", "z", "w"][: counts.pop()]
        types = _passed_types(parameters, calls)
        if types is None:
            return "the calls pass different types to the partial"
        arguments = [*map(self.file.segment, fixed), *parameters]
        arguments += [f"{k.arg}={self.file.segment(k.value)}" for k in value.keywords]
        self._add(parameters, types, f"{self.file.segment(called)}({', '.join(arguments)})")
        self.edits.append(ReplaceExpression(value, self.names[0]))
        return None

    def _add(self, parameters: Sequence[str], types: dict[str, str], body: str) -> None:
        taken = {*self.names, *_names_of(self.file)}
        own = f"_{self.attribute.strip('_')}"
        candidates = [own, f"{own}_function"] if not self.names else [f"{own}_otherwise"]
        name = free_name(candidates, taken)
        annotated = []
        for parameter in parameters:
            kind = types.get(parameter, "Tensor")
            if kind == "Tensor":
                annotated.append(parameter)
                continue
            annotation = spelled(kind, self.file, self.value.lineno)
            self.imports.update(dict.fromkeys(annotation.imports))
            annotated.append(f"{parameter}: {annotation.code}")
        body = f"({body})" if "\n" in body else body
        self.names.append(name)
        self.codes.append(f"def {name}({', '.join(annotated)}):\n    return {body}\n")


def _choice(
    value: ast.Lambda, function: FunctionFacts
) -> tuple[ast.expr, ast.expr, ast.expr] | None:
    """Test and sides of a lambda whose body is chosen by parameters that stay what they are."""
    match value.body:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
            parameters = {parameter.arg for parameter in function.parameters}
            if names and names <= parameters and not names & function.assignments.keys():
                plain = (ast.Name, ast.Constant, ast.Compare, ast.UnaryOp, ast.BoolOp)
                if all(isinstance(n, plain) for n in ast.walk(test) if isinstance(n, ast.expr)):
                    return test, body, orelse
    return None


def _captured(body: ast.expr, parameters: Sequence[str], function: FunctionFacts) -> list[str]:
    """The names in an expression that belong to the function around it."""
    file = function.file
    inner = {
        node.id
        for part in ast.walk(body)
        if isinstance(part, ast.comprehension)
        for node in ast.walk(part.target)
        if isinstance(node, ast.Name)
    }
    known = {*parameters, *inner, *file.imports, *file.classes, *file.functions, *_globals(file)}
    local = {*function.assignments, *(p.arg for p in function.parameters), "self"}
    return [
        node.id
        for node in ast.walk(body)
        if isinstance(node, ast.Name)
        and node.id not in {*parameters, *inner}
        and (node.id in local or (node.id not in known and not hasattr(builtins, node.id)))
    ]


def _globals(file: FileFacts) -> Iterator[str]:
    for statement in file.tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id


def _names_of(file: FileFacts) -> Iterator[str]:
    """Every name that stands in a file, whatever it means there."""
    for node in file.nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
    yield from (*file.imports, *file.classes, *file.functions)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


# ----------------------------------------------------------------------------- its calls


@dataclass(frozen=True)
class _Call:
    function: FunctionFacts
    node: ast.Call


def _calls(cls: ClassFacts, attribute: str) -> Iterator[_Call]:
    """The calls of the attribute in what is compiled of the class, its bases and subclasses."""
    for other in (*cls.mro, *cls.subclasses):
        for method in other.methods.values():
            for call in method.calls:
                if method.scripted and self_attribute(call.func) == attribute:
                    yield _Call(method, call)


def _passed_types(parameters: Sequence[str], calls: Sequence[_Call]) -> dict[str, str] | None:
    """Parameter to the type that all calls pass, as far as known; None where they differ."""
    found: dict[str, str] = {}
    for call in calls:
        for parameter, argument in zip(parameters, call.node.args, strict=False):
            kind = type_of(argument, call.function)
            if kind is not None and found.setdefault(parameter, kind) != kind:
                return None
    return found
