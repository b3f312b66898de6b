"""What `x.tolist()` gives says its type: `sizes: List[int] = x.tolist()`.

## What the compiler says

    Expected type hint for result of tolist()

How deep the list is nested, and what is in it, depends on the Tensor's dimensions and dtype, which
the compiler does not know.

## What is written instead

    sizes = lengths.tolist()            →    sizes: List[int] = lengths.tolist()
    h, w = torch.tensor(size).tolist()  →    h, w = torch.jit.annotate(
                                                 List[int], torch.tensor(size).tolist()
                                             )

The type is the one that cases showed of the names it is bound to, of the argument that it is passed
for, or of the result that it is; else the one that the Tensor's dtype and dimensions come to where
both are written there (`mask.nonzero().view(-1).tolist()`). `torch.jit.annotate` gives back what it
is given, and works at any place in an expression.

## When it holds back

Where nothing shows the type, or where it was not the same in all calls. The scripted module checks
the type when it runs, and takes no list of another.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.bindings import Binding, bindings
from torchscript_fix.facts.calls import call_sites, called_at
from torchscript_fix.facts.observed import NOTHING, ObservedFunction, Types
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import part_of, seen_together
from torchscript_fix.facts.uses import parameter_at
from torchscript_fix.kit.spelling import SpellingError, spelled, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAME = frozenset({"cpu", "cuda", "detach", "contiguous", "clone", "data"})
"""What leaves dtype and dimensions of a Tensor as they are."""
DTYPES = {
    "long": "int",
    "float": "float",
    "double": "float",
    "bool": "bool",
    "argmax": "int",
    "argmin": "int",
    "argsort": "int",
    "nonzero": "int",
}
"""Methods whose result has one dtype, and what a list of its numbers holds."""
DIMENSIONS = {"nonzero": 2, "flatten": 1, "unique": 1}
FLATTENING = frozenset({"view", "reshape"})
MADE = {"torch.arange": 1, "torch.linspace": 1, "torch.nonzero": 2}
SIZES_TAKEN = frozenset({"split", "split_with_sizes", "pack_padded_sequence"})
"""What takes a list of ints where it takes a list."""


class TensorToList(Rule):
    name: ClassVar[str] = "tensor-to-list"
    summary: ClassVar[str] = "The result of tolist() says its type: sizes: List[int] = x.tolist()."
    messages: ClassVar[tuple[str, ...]] = ("Expected type hint for result of tolist()",)
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each `tolist()` of a function in which the compiler stopped at one."""
        functions = dict.fromkeys(located.function for located in self.diagnosed(facts))
        for function in functions:
            if function is None:
                continue
            for call in function.calls:
                if _is_to_list(call) and not _is_hinted(call, function):
                    yield _answer(call, function)


def _is_to_list(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "tolist" and not call.args


def _is_hinted(call: ast.Call, function: FunctionFacts) -> bool:
    """Whether the place of a call tells the compiler the type."""
    match function.file.parents[call]:
        case ast.AnnAssign():
            return True
        case ast.Return():
            return function.node.returns is not None
        case ast.Call(func=func, args=[_, value]) if value is call:
            return function.file.dotted(func) == "torch.jit.annotate"
    return False


def _answer(call: ast.Call, function: FunctionFacts) -> Rewrite | HeldBack:
    file, name = function.file, TensorToList.name
    decided_by = f"a --case that runs {function.qualname}"
    found = _type(call, function)
    if isinstance(found, str):
        return HeldBack(name, file.path, call.lineno, function.qualname, found, decided_by)
    try:
        code, edits = _written(call, found.kind, function)
    except SpellingError as error:
        return HeldBack(name, file.path, call.lineno, function.qualname, str(error))
    summary = f"what {ast.unparse(call)[-40:]} gives is a {code}"
    return Rewrite(name, file.path, call.lineno, function.qualname, summary, found.safety, edits)


def _written(call: ast.Call, kind: str, function: FunctionFacts) -> tuple[str, tuple[Edit, ...]]:
    """The annotation and the Edits that write it. Raises SpellingError."""
    file = function.file
    parent, code = file.parents[call], file.segment(call)
    annotation = spelled(kind, file, call.lineno)
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) if len(bindings(function)[name]) == 1:
            edit: Edit = ReplaceStatement(parent, f"{name}: {annotation.code} = {code}")
            return annotation.code, (*annotation.imports, edit)
    torch = spelled_module("torch", file, call.lineno)
    edit = ReplaceExpression(call, f"{torch.code}.jit.annotate({annotation.code}, {code})")
    return annotation.code, (*annotation.imports, *torch.imports, edit)


# ------------------------------------------------------------------------------------- the type


@dataclass(frozen=True)
class _Found:
    kind: str
    safety: Safety


def _type(call: ast.Call, function: FunctionFacts) -> _Found | str:
    """The type of what a call gives, or why it is not known."""
    assert isinstance(call.func, ast.Attribute)
    content = _content(call.func.value, function)
    if content.number is not None and content.dimensions is not None:
        nested = "List[" * content.dimensions + content.number + "]" * content.dimensions
        return _Found(nested, Safety.SAFE)
    seen = _seen(call, function)
    if len(seen) > 1:
        return f"it was {' and '.join(sorted(seen))}, which is no one type"
    kind = next(iter(seen), None)
    if kind is not None and _is_of_numbers(kind):
        return _Found(kind, Safety.NARROWING)
    return "nothing shows what is in the list, and how deep it is nested"


def _is_of_numbers(kind: str) -> bool:
    return kind.replace("List[", "").rstrip("]") in {"int", "float", "bool"}


def _seen(call: ast.Call, function: FunctionFacts) -> Types:
    """The types that cases, or the place it stands at, showed of the result."""
    file = function.file
    seen = file.project.observed.function(file.path, function.qualname)
    if seen is None:
        seen = ObservedFunction()
    parent = file.parents[call]
    returned = file.parents[parent] if isinstance(parent, ast.Tuple) else parent
    if isinstance(returned, ast.Return) and len(function.returns) == 1:
        if not isinstance(parent, ast.Tuple):
            return seen.returns
        place = parent.elts.index(call)
        return frozenset(part_of(kind, place) or "?" for kind in seen.returns)
    if isinstance(parent, ast.Call | ast.keyword):
        passed = _passed(call, parent, function)
        if passed:
            return passed
    bound = _bound(call, function, seen.locals)
    kind = seen_together(bound)
    return frozenset({kind}) if kind is not None else bound


def _bound(call: ast.Call, function: FunctionFacts, locals_seen: Mapping[str, Types]) -> Types:
    """What the names showed that are bound to the result, or to its parts."""
    found: set[str] = set()
    for name, values in bindings(function).items():
        steps = [_steps(binding, call) for binding in values]
        if None in steps or any(parameter.arg == name for parameter in function.parameters):
            continue  # other things are bound to it as well
        depth = len(steps[0] or ())
        found |= {"List[" * depth + kind + "]" * depth for kind in locals_seen.get(name, NOTHING)}
    return frozenset(found)


def _steps(binding: Binding, call: ast.Call) -> tuple[object, ...] | None:
    """How a name is taken out of what a call gives; None where it is something else."""
    if binding.value is call:
        return binding.steps
    match binding.value, binding.steps:
        case ast.Call(func=ast.Name(id="enumerate"), args=[source, *_]), ("element", 1, *rest):
            return ("element", *rest) if source is call else None
        case ast.Call(func=ast.Name(id="zip"), args=sources), ("element", int(place), *rest):
            given = sources[place] if place < len(sources) else None
            return ("element", *rest) if given is call else None
    return None


def _passed(call: ast.Call, parent: ast.Call | ast.keyword, function: FunctionFacts) -> Types:
    """What it was as an argument: of a function of the path that is called nowhere else, or of one
    of torch that takes sizes."""
    file = function.file
    around = file.parents[parent] if isinstance(parent, ast.keyword) else parent
    if not isinstance(around, ast.Call) or call is around.func:
        return NOTHING
    called = file.dotted(around.func) or ast.unparse(around.func)
    callees = called_at(function, around)
    if not callees:
        takes = called.rpartition(".")[2] in SIZES_TAKEN
        return frozenset({"List[int]"}) if takes else NOTHING
    place = parent.arg if isinstance(parent, ast.keyword) else around.args.index(call)
    found: Types = NOTHING
    for callee in callees:
        parameter = parameter_at(callee, place)
        if parameter is None or len(call_sites(callee)) != 1:
            return NOTHING
        observed = file.project.observed
        found |= observed.argument_types(callee.file.path, callee.qualname, parameter.arg)
    return found


# ------------------------------------------------------------------------- dtype and dimensions


@dataclass(frozen=True)
class _Content:
    """What is known of a Tensor: the Python type of its numbers, how many dimensions it has."""

    number: str | None = None
    dimensions: int | None = None


def _content(tensor: ast.expr, function: FunctionFacts, depth: int = 6) -> _Content:
    """Of a Tensor that an expression makes; of a name that is bound once, what it is bound to."""
    if depth == 0:
        return _Content()
    match tensor:
        case ast.Name(id=name) if all(p.arg != name for p in function.parameters):
            values = function.assignments.get(name, [])
            if len(values) == 1 and values[0] is not None:
                return _content(values[0], function, depth - 1)
        case ast.Compare(left=left, ops=[_]):
            return _Content("bool" if type_of(left, function) == "Tensor" else None)
        case ast.Attribute(value=inside, attr=attr) if attr in SAME:
            return _content(inside, function, depth - 1)
        case ast.Call(func=func):
            made = function.file.dotted(func)
            if made.startswith("torch."):
                return _made(made, tensor, function)
            if isinstance(func, ast.Attribute):
                return _of_method(func, tensor, function, depth)
    return _Content()


def _of_method(
    func: ast.Attribute, call: ast.Call, function: FunctionFacts, depth: int
) -> _Content:
    inside = _content(func.value, function, depth - 1)
    name = func.attr
    if name in SAME:
        return inside
    number = DTYPES.get(name)
    match call.args, call.keywords:
        case [], []:
            reduced = 0 if name in {"argmax", "argmin"} else inside.dimensions
            keeps = name in DTYPES or name in DIMENSIONS
            dimensions = DIMENSIONS.get(name, reduced if keeps else None)
            return _Content(number or (inside.number if keeps else None), dimensions)
        case [ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))], []:
            if name in FLATTENING:
                return _Content(inside.number, 1)
    return _Content(number)


def _made(dotted: str, call: ast.Call, function: FunctionFacts) -> _Content:
    """Of what functions of torch make of numbers."""
    types = [type_of(argument, function) for argument in call.args]
    match call.keywords:
        case [_, *_] as keywords if any(each.arg != "device" for each in keywords):
            return _Content(None, MADE.get(dotted))
    match dotted, types:
        case "torch.tensor" | "torch.as_tensor", [str(kind)] if _is_of_numbers(kind):
            return _Content(kind.replace("List[", "").rstrip("]"), kind.count("["))
        case "torch.arange", [_, *_] if set(types) <= {"int"}:
            return _Content("int", 1)
        case "torch.linspace", _:
            return _Content("float", 1)
        case "torch.nonzero", [_]:
            return _Content("int", 2)
    return _Content(None, MADE.get(dotted))
