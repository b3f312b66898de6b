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

from torchscript_fix.editing.edit import ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.bindings import Binding, bindings
from torchscript_fix.facts.calls import call_sites, called_at
from torchscript_fix.facts.observed import NOTHING, Types
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import part_of, seen_together
from torchscript_fix.facts.uses import parameter_at
from torchscript_fix.kit import Fix, NodeRule, Safety, Site, require
from torchscript_fix.kit.spelling import spelled, spelled_module

SAME = frozenset({"cpu", "cuda", "detach", "contiguous", "clone", "data"})
"""What leaves dtype and dimensions of a Tensor as they are."""
DTYPES = {"float": "float", "double": "float", "bool": "bool"}
DTYPES |= dict.fromkeys(("long", "argmax", "argmin", "argsort", "nonzero"), "int")
"""Methods whose result has one dtype, and what a list of its numbers holds."""
DIMENSIONS = {"nonzero": 2, "flatten": 1, "unique": 1}
MADE = {"torch.arange": 1, "torch.linspace": 1, "torch.nonzero": 2}
SIZES_TAKEN = frozenset({"split", "split_with_sizes", "pack_padded_sequence"})
"""What takes a list of ints where it takes a list."""

Content = tuple[str | None, int | None]
"""What is known of a Tensor: the Python type of its numbers, how many dimensions it has."""
UNKNOWN = None, None


class TensorToList(NodeRule[ast.Call]):
    name = "tensor-to-list"
    summary = "The result of tolist() says its type: sizes: List[int] = x.tolist()."
    messages = ("Expected type hint for result of tolist()",)
    safety = Safety.NARROWING
    mentions = ("tolist",)
    kinds = ast.Call

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        func, file = site.node.func, site.file
        if not isinstance(func, ast.Attribute) or func.attr != "tolist" or site.node.args:
            return None
        if _is_hinted(site):
            return None
        kind, safety = _type(func.value, site)
        annotation = spelled(kind, file, site.line)
        summary = f"what {ast.unparse(site.node)[-40:]} gives is a {annotation.code}"
        match site.parent:
            case ast.Assign(targets=[ast.Name(id=name)]) as assign:
                if len(bindings(site.function)[name]) == 1:
                    code = f"{name}: {annotation.code} = {site.code}"
                    declared = ReplaceStatement(assign, code)
                    return Fix(summary, [*annotation.imports, declared], safety)
        torch = spelled_module("torch", file, site.line)
        code = f"{torch.code}.jit.annotate({annotation.code}, {site.code})"
        written = ReplaceExpression(site.node, code)
        return Fix(summary, [*annotation.imports, *torch.imports, written], safety)


def _is_hinted(site: Site[ast.Call]) -> bool:
    """Whether the place of a call tells the compiler the type."""
    match site.parent:
        case ast.AnnAssign():
            return True
        case ast.Return():
            return site.function.node.returns is not None
        case ast.Call(func=func, args=[_, value]) if value is site.node:
            return site.file.dotted(func) == "torch.jit.annotate"
    return False


# ------------------------------------------------------------------------------------- the type


def _type(tensor: ast.expr, site: Site[ast.Call]) -> tuple[str, Safety]:
    """The type of what a call gives, and how sure it is. Raises Declined."""
    number, dimensions = _content(tensor, site.function)
    if number is not None and dimensions is not None:
        return "List[" * dimensions + number + "]" * dimensions, Safety.SAFE
    seen = sorted(_seen(site))
    several = f"it was {' and '.join(seen)}, which is no one type"
    require(len(seen) < 2, several, site.a_case)
    unknown = "nothing shows what is in the list, and how deep it is nested"
    require(seen and _is_of_numbers(seen[0]), unknown, site.a_case)
    return seen[0], Safety.NARROWING


def _is_of_numbers(kind: str) -> bool:
    return kind.replace("List[", "").rstrip("]") in {"int", "float", "bool"}


def _seen(site: Site[ast.Call]) -> Types:
    """The types that cases, or the place it stands at, showed of the result."""
    parents, returns = site.file.parents, site.observed.returns
    if len(site.function.returns) == 1:
        match site.parent:
            case ast.Return():
                return returns
            case ast.Tuple(elts=parts) as whole if isinstance(parents[whole], ast.Return):
                place = parts.index(site.node)
                return frozenset(part_of(kind, place) or "?" for kind in returns)
    return _passed(site) or _bound(site)


def _bound(site: Site[ast.Call]) -> Types:
    """What the names showed that are bound to the result, or to its parts."""
    found: set[str] = set()
    for name, values in bindings(site.function).items():
        steps = [_steps(binding, site.node) for binding in values]
        if None in steps or any(parameter.arg == name for parameter in site.function.parameters):
            continue  # other things are bound to it as well
        depth, seen = len(steps[0] or ()), site.observed.locals.get(name, NOTHING)
        found |= {"List[" * depth + kind + "]" * depth for kind in seen}
    kind = seen_together(found)
    return frozenset(found if kind is None else {kind})


def _steps(binding: Binding, call: ast.Call) -> tuple[object, ...] | None:
    """How a name is taken out of what a call gives; None where it is something else."""
    match binding.value, binding.steps:
        case value, steps if value is call:
            return steps
        case ast.Call(func=ast.Name(id="enumerate"), args=[source, *_]), ("element", 1, *rest):
            return ("element", *rest) if source is call else None
        case ast.Call(func=ast.Name(id="zip"), args=sources), ("element", int(place), *rest):
            return ("element", *rest) if call in sources[place : place + 1] else None
    return None


def _passed(site: Site[ast.Call]) -> Types:
    """What it was as an argument: of a function of the path that is called nowhere else, or of one
    of torch that takes sizes."""
    parent = site.parent
    around = site.file.parents[parent] if isinstance(parent, ast.keyword) else parent
    if not isinstance(around, ast.Call) or site.node is around.func:
        return NOTHING
    place = parent.arg if isinstance(parent, ast.keyword) else around.args.index(site.node)
    callees = called_at(site.function, around)
    if not callees:
        called = site.file.dotted(around.func) or ast.unparse(around.func)
        takes = called.rpartition(".")[2] in SIZES_TAKEN
        return frozenset({"List[int]"}) if takes else NOTHING
    found: Types = NOTHING
    for callee in callees:
        parameter = parameter_at(callee, place)
        if parameter is None or len(call_sites(callee)) != 1:
            return NOTHING
        found |= Site(callee.node, callee).observed.arguments.get(parameter.arg, NOTHING)
    return found


# ------------------------------------------------------------------------- dtype and dimensions


def _content(tensor: ast.expr, function: FunctionFacts, depth: int = 6) -> Content:
    """Of a Tensor that an expression makes; of a name that is bound once, what it is bound to."""
    match tensor if depth else None:
        case ast.Name(id=name) if all(p.arg != name for p in function.parameters):
            match function.assignments.get(name):
                case [ast.expr() as value]:
                    return _content(value, function, depth - 1)
        case ast.Compare(left=left, ops=[_]):
            return "bool" if type_of(left, function) == "Tensor" else None, None
        case ast.Attribute(value=inside, attr=attr) | ast.Call(
            func=ast.Attribute(value=inside, attr=attr)
        ) if (attr in SAME):
            return _content(inside, function, depth - 1)
        case ast.Call(func=func) as call if function.file.dotted(func).startswith("torch."):
            return _made(function.file.dotted(func), call, function)
        case ast.Call(func=ast.Attribute(value=inside, attr=attr)) as call:
            return _of_method(attr, call, _content(inside, function, depth - 1))
    return UNKNOWN


def _of_method(name: str, call: ast.Call, inside: Content) -> Content:
    """Of what a method of a Tensor gives, of which that is known."""
    match [*call.args, *call.keywords]:
        case []:
            keeps = name in DTYPES or name in DIMENSIONS
            number, dimensions = inside if keeps else UNKNOWN
            dimensions = 0 if name in {"argmax", "argmin"} else dimensions
            return DTYPES.get(name, number), DIMENSIONS.get(name, dimensions)
        case [ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))]:
            if name in {"view", "reshape"}:
                return inside[0], 1
    return DTYPES.get(name), None


def _made(dotted: str, call: ast.Call, function: FunctionFacts) -> Content:
    """Of what functions of torch make of numbers."""
    dimensions = MADE.get(dotted)
    if any(each.arg != "device" for each in call.keywords):
        return None, dimensions
    match dotted, [type_of(argument, function) for argument in call.args]:
        case "torch.tensor" | "torch.as_tensor", [str(kind)] if _is_of_numbers(kind):
            return kind.replace("List[", "").rstrip("]"), kind.count("[")
        case "torch.arange", [_, *_] as types if set(types) <= {"int"}:
            return "int", dimensions
        case "torch.linspace", _:
            return "float", dimensions
        case "torch.nonzero", [_]:
            return "int", dimensions
    return None, dimensions
