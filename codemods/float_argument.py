"""A number that has to be a float is written as one: `F.pad(x, p, value=0)` becomes
`F.pad(x, p, value=0.0)`, and `nn.Dropout(p)` becomes `nn.Dropout(float(p))`.

## What the compiler says

    Expected a value of type 'float' for argument 'p' but instead found type 'int'.
    Expected a value of type 'Optional[float]' for argument 'value' but instead found type 'int'.

Python turns an int into a float where a function wants one; TorchScript does not. For a layer such
as `nn.Dropout(0)` it says so in torch's own code, where nothing can be mended: what is wrong is the
number that the layer was made with.

## What is written instead

    F.normalize(x, p=2, dim=1)          →    F.normalize(x, p=2.0, dim=1)
    F.dropout(x, self.rate)             →    F.dropout(x, float(self.rate))
    F.interpolate(x, scale_factor=2)    →    F.interpolate(x, scale_factor=2.0)
    F.interpolate(x, None, (a, 2))      →    F.interpolate(x, None, [float(a), 2.0])
    nn.BatchNorm2d(dim, momentum=0)     →    nn.BatchNorm2d(dim, momentum=0.0)
    nn.LayerNorm(dim, eps=config.eps)   →    nn.LayerNorm(dim, eps=float(config.eps))

torch computes with a double in either case. Where the number goes to a function of the path, which
might tell `1` from `1.0`, the rewrite counts as `narrowing`.

## When it holds back

Where the number may also be None, a Tensor, or a tuple, and where no call that passes it is found.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.facts.calls import passed_by
from torchscript_fix.facts.float_layers import LAYERS
from torchscript_fix.facts.schemas_said import Mismatch, argument_of, call_at, mismatches
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import parts
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require

FLOATS = frozenset({"float", "Optional[float]", "Optional[List[float]]", "List[float]"})
INTS = ("int", "bool", "number", "Optional[int]", "Tuple[int", "List[int", "Union[float, int")
"""What is found where a float is wanted, and is a number."""

NUMBERS = frozenset({"int", "float", "bool"})


@dataclass(frozen=True)
class _Argument(Site[ast.expr]):
    """What a call passes where a float is wanted."""

    parameter: str = ""
    safety: Safety = Safety.SAFE


class FloatArgument(SiteRule[_Argument]):
    name = "float-argument"
    summary = "A number that has to be a float is written as one: value=0 becomes value=0.0."
    messages = tuple(f"Expected a value of type '{kind}' for argument" for kind in sorted(FLOATS))
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[_Argument]:
        for function in file.functions_in_question:  # of layers, no int compiles
            yield from (each for each in _of_layers(function) if _literal(each.node))
        for located in self.diagnosed(file):
            wanted = _wanted(located.message)
            call = call_at(located)
            if located.function is not None and call is not None:
                for mismatch in wanted:
                    yield from _at_call(call, located.function, mismatch)
            yield from _in_layers(located.owner, wanted)
        for diagnosis in file.project.diagnosed.diagnoses:
            if diagnosis.path is None and self.answers(diagnosis.message):
                wanted = [one for one in _wanted(diagnosis.message) if one.found == "int"]
                yield from _in_layers(file.classes.get(diagnosis.model), wanted)

    def fix(self, site: _Argument) -> Fix | None:
        value, code = site.node, _literal(site.node) or _several(site.node, site.function)
        if code is None:
            others = types_seen(value, site.function) - NUMBERS
            optional = others == {"None"} and isinstance(value, ast.Name | ast.Attribute)
            kinds = " and ".join(sorted(others))
            no_float = f"`{ast.unparse(value)}` is {kinds} at times: no float is made of that"
            require(optional or not others, no_float)
            code = f"float({site.code})"
            code += f" if {site.code} is not None else None" if optional else ""
        return site.becomes(code, f"{site.parameter}={code}", site.safety)


def _wanted(message: str) -> list[Mismatch]:
    """The arguments that have to be floats, and are numbers."""
    said = mismatches(message)
    return [one for one in said if one.wanted in FLOATS and one.found.startswith(INTS)]


def _at_call(call: ast.Call, function: FunctionFacts, mismatch: Mismatch) -> Iterator[_Argument]:
    """What fails at the call underlined, and literals in the same function that fail alike."""
    segment, name = function.file.segment, mismatch.argument
    value = argument_of(call, mismatch, function)
    if value is None or _is_float(value):
        return
    yield _Argument(value, function, None, name, _safety(call, function))
    for other in function.calls:
        if other is not call and segment(other.func) == segment(call.func):
            same = argument_of(other, mismatch, function)
            if same is not None and _literal(same) is not None:
                yield _Argument(same, function, None, name, _safety(other, function))


def _safety(call: ast.Call, function: FunctionFacts) -> Safety:
    match call.func:
        case ast.Attribute(value=owner) if type_of(owner, function) == "Tensor":
            return Safety.SAFE
    of_torch = function.file.dotted(call.func).startswith("torch.")
    return Safety.SAFE if of_torch else Safety.NARROWING


def _literal(value: ast.expr) -> str | None:
    """An int literal, or several in a tuple, as floats."""
    match value:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return f"{number}.0" if abs(number) < 2**53 else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inside = _literal(operand)
            return f"-{inside}" if inside is not None and inside[0].isdigit() else None
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            floats = [_literal(e) or (ast.unparse(e) if _is_float(e) else "") for e in elements]
            return f"[{', '.join(floats)}]" if floats and all(floats) else None
    return None


def _several(value: ast.expr, function: FunctionFacts) -> str | None:
    """Several numbers, written out in a tuple or held by a name, as a list of floats."""
    segment = function.file.segment
    match value:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            kinds = [types_seen(element, function) for element in elements]
            if not kinds or not all(kind and kind <= NUMBERS for kind in kinds):
                return None
            codes = [segment(e) if _is_float(e) else f"float({segment(e)})" for e in elements]
            floats = [_literal(e) or code for e, code in zip(elements, codes, strict=True)]
            return f"[{', '.join(floats)}]"
        case ast.Name() | ast.Attribute():
            seen = list(types_seen(value, function))
            head, inside = parts(seen[0]) if len(seen) == 1 else ("", [])
            if head == "Tuple" and inside and NUMBERS.issuperset(inside):
                source = segment(value)
                return f"[{', '.join(f'float({source}[{i}])' for i in range(len(inside)))}]"
    return None


def _is_float(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")):
            return True
        case ast.IfExp(body=inside) | ast.UnaryOp(operand=inside):
            return _is_float(inside)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(_is_float(element) for element in elements)
    return False


# ---------------------------------------------------------------------- what layers are made with


def _in_layers(cls: ClassFacts | None, wanted: list[Mismatch]) -> list[_Argument]:
    """Arguments of layers that a class makes, where one of them turned out to be an int."""
    names = {"dropout" if one.argument == "dropout_p" else one.argument for one in wanted}
    arguments = [
        each
        for function in (_constructing(cls) if cls is not None and names else ())
        for each in _of_layers(function)
        if each.parameter in names and not _literal(each.node) and not _is_float(each.node)
    ]
    unsure = [each for each in arguments if types_seen(each.node, each.function) != {"float"}]
    return unsure or arguments


def _constructing(cls: ClassFacts) -> list[FunctionFacts]:
    """The functions of the class's file in which it makes its layers: methods, and functions that
    those call."""
    project, found = cls.file.project, [f for f in cls.construction if f.file is cls.file]
    for function in found:  # which grows
        for call in function.calls:
            called = project.functions.get(cls.file.dotted(call.func))
            if called is not None and called.file is cls.file and called not in found:
                found.append(called)
    return sorted(found, key=lambda function: function.node.lineno)


def _of_layers(function: FunctionFacts) -> Iterator[_Argument]:
    """The arguments in a function that a layer of torch needs as floats."""
    for call in function.calls:
        parameters = LAYERS.get(function.file.dotted(call.func), ())
        if any(isinstance(each, ast.Starred) for each in call.args):
            continue
        for position, parameter in enumerate(parameters):
            value = passed_by(call, parameter, position) if parameter is not None else None
            if parameter is not None and value is not None:
                yield _Argument(value, function, None, parameter)
