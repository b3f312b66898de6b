"""A test for a type that TorchScript has not is left to Python.

## What the compiler says

"Unknown type name 'dict'", at `isinstance(features, dict)`: the compiler looks at the type, though
no scripted value can ever be of it.

## What is written instead

    isinstance(features, dict)

    (isinstance(features, dict) if not torch.jit.is_scripting() else False)

Eager code asks as before. While scripting, the answer is the one that holds for the types that the
value was seen to have, and the branch that then never runs is left out. Scripted code takes no
other types, which is why the rewrite is `narrowing`.

## When it holds back

Nothing shows what types the value has, or some of them are of the type asked for and others are
not: the argument has to be split first. A test of a layer (`isinstance(self.norm, Conditional)`)
depends on the model.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.edit import AddImport, ReplaceExpression
from torchscript_fix.facts.bindings import own
from torchscript_fix.facts.flow import is_stored
from torchscript_fix.facts.observed import Types
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import parts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

KNOWN = frozenset({"int", "float", "bool", "str", "complex", "list", "tuple", "Tensor", "device"})
"""Last parts of the names of types that the compiler knows in `isinstance`."""
MEMBERS = {
    "dict": {"Dict"},
    "Mapping": {"Dict"},
    "Sequence": {"List", "Tuple", "str"},
    "Iterable": {"List", "Tuple", "Dict", "str", "Tensor"},
    "Sized": {"List", "Tuple", "Dict", "str", "Tensor"},
    "Container": {"List", "Tuple", "Dict", "str", "Tensor"},
    "Number": {"int", "float", "bool", "complex"},
    "Real": {"int", "float", "bool"},
    "Integral": {"int", "bool"},
    "list": {"List"},
    "tuple": {"Tuple"},
    "int": {"int", "bool"},
}
"""Python's types to the heads of TorchScript's types whose values are of them."""
PYTHONS = frozenset({"builtins", "typing", "numbers", "collections", "collections.abc", "abc"})


class TypeOfPython(Rule):
    name: ClassVar[str] = "type-of-python"
    summary: ClassVar[str] = "A test for a type that TorchScript has not is left to Python."
    messages: ClassVar[tuple[str, ...]] = ("Unknown type name",)
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: set[str] = set()
        for place in self.diagnosed(facts):
            function = place.function
            if function is None or function.qualname in told:
                continue
            told.add(function.qualname)
            for call in function.calls:
                if _is_open(call, function):
                    yield _answer(call, function)


def _is_open(call: ast.Call, function: FunctionFacts) -> bool:
    """Whether this is an `isinstance` of a type that the compiler does not know, which it sees."""
    if not isinstance(call.func, ast.Name) or call.func.id != "isinstance" or len(call.args) != 2:
        return False
    if all(_last(kind) in KNOWN for kind in _kinds(call)):
        return False
    return not any(
        isinstance(outer, ast.IfExp) and "is_scripting" in ast.unparse(outer.test)
        for outer in function.file.ancestors(call)
        if isinstance(outer, ast.expr)
    )


def _kinds(call: ast.Call) -> list[ast.expr]:
    kinds = call.args[1]
    return list(kinds.elts) if isinstance(kinds, ast.Tuple) else [kinds]


def _last(kind: ast.expr) -> str:
    return ast.unparse(kind).rpartition(".")[2]


def _answer(call: ast.Call, function: FunctionFacts) -> Rewrite | HeldBack:
    file, line, where = function.file, call.lineno, function.qualname
    value, text = ast.unparse(call.args[0]), ast.unparse(call)
    types = _types(call, function)
    answers = {any(_is_of(kind, one, function) for one in _kinds(call)) for kind in types}
    if not types or any("?" in kind or "__torch__" in kind for kind in types):
        reason = f"nothing shows what types {value} has"
        decided_by = f"a case in which {function.name} is called"
        return HeldBack(TypeOfPython.name, file.path, line, where, reason, decided_by)
    if len(answers) > 1:
        reason = f"`{text}` is true in some calls and false in others"
        return HeldBack(TypeOfPython.name, file.path, line, where, reason)
    code = f"{file.segment(call)} if not torch.jit.is_scripting() else {answers.pop()}"
    if not isinstance(file.parents[call], ast.If | ast.While | ast.Assign | ast.Return):
        code = f"({code})"
    return Rewrite(
        TypeOfPython.name,
        file.path,
        line,
        where,
        f"`{text}` is asked in eager code only",
        Safety.NARROWING,
        (AddImport("torch"), ReplaceExpression(call, code)),
    )


def _types(call: ast.Call, function: FunctionFacts) -> Types:
    """The types of what is asked about, a parameter's as it was passed."""
    value = call.args[0]
    if isinstance(value, ast.Name) and not any(
        is_stored(node, value.id) and node.lineno < call.lineno
        for node in own(function)
        if isinstance(node, ast.Name)
    ):
        seen = function.file.project.observed
        types = seen.argument_types(function.file.path, function.qualname, value.id)
        if types:
            return types
    return types_seen(value, function)


def _is_of(kind: str, asked: ast.expr, function: FunctionFacts) -> bool:
    """Whether a value of a type in TorchScript's spelling is of a Python type."""
    dotted = function.file.dotted(asked)
    module, _, name = dotted.rpartition(".")
    if module and module not in PYTHONS and not dotted.startswith("torch."):
        return False  # a class of somebody's own
    return parts(kind)[0] in MEMBERS.get(name, {name})
