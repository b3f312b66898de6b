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

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.float_layers import LAYERS
from torchscript_fix.facts.schemas_said import (
    Mismatch,
    argument_of,
    call_at,
    mismatches,
)
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import parts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

FLOATS = frozenset({"float", "Optional[float]", "Optional[List[float]]", "List[float]"})
INTS = ("int", "bool", "number", "Optional[int]", "Tuple[int", "List[int", "Union[float, int")
"""What is found where a float is wanted, and is a number."""

NUMBERS = frozenset({"int", "float", "bool"})


class FloatArgument(Rule):
    """Writes numbers as floats where floats are wanted."""

    name = "float-argument"
    summary = "A number that has to be a float is written as one: value=0 becomes value=0.0."
    messages = tuple(f"Expected a value of type '{kind}' for argument" for kind in sorted(FLOATS))
    safety = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each argument, or why it stays."""
        found = dict.fromkeys([*_literals_of_layers(facts), *self._said(facts)])
        for finding in found:
            if finding.reason is not None:
                yield HeldBack(
                    self.name, facts.path, finding.line, finding.function.qualname, finding.reason
                )
                continue
            value = finding.value
            assert value is not None
            yield Rewrite(
                self.name,
                facts.path,
                value.lineno,
                finding.function.qualname,
                f"{finding.parameter}={finding.code}",
                finding.safety,
                (ReplaceExpression(value, finding.code),),
            )

    def _said(self, facts: FileFacts) -> Iterator["_Finding"]:
        for located in self.diagnosed(facts):
            wanted = [
                one
                for one in mismatches(located.message)
                if one.wanted in FLOATS and one.found.startswith(INTS)
            ]
            call = call_at(located)
            if located.function is not None and call is not None and wanted:
                yield from _at_call(call, located.function, wanted)
            yield from _in_layers(located.owner, wanted)
        for diagnosis in facts.project.diagnosed.diagnoses:
            if diagnosis.path is None and self.answers(diagnosis.message):
                said = mismatches(diagnosis.message)
                wanted = [one for one in said if one.wanted in FLOATS and one.found == "int"]
                yield from _in_layers(facts.classes.get(diagnosis.model), wanted)


@dataclass(frozen=True)
class _Finding:
    """One argument and what is written for it, or why it stays."""

    function: FunctionFacts
    line: int
    parameter: str
    value: ast.expr | None = None
    code: str = ""
    safety: Safety = Safety.SAFE
    reason: str | None = None


# ------------------------------------------------------------------------------ a call that fails


def _at_call(call: ast.Call, function: FunctionFacts, wanted: list[Mismatch]) -> Iterator[_Finding]:
    """What fails at the call underlined, and literals in the same function that fail alike."""
    file = function.file
    for mismatch in wanted:
        value = argument_of(call, mismatch, function)
        if value is None or _is_float(value):
            continue
        yield _written(value, mismatch.argument, function, _safety(call, function))
        for other in function.calls:
            if other is not call and file.segment(other.func) == file.segment(call.func):
                same = argument_of(other, mismatch, function)
                if same is not None and _literal(same) is not None:
                    yield _written(same, mismatch.argument, function, _safety(other, function))


def _safety(call: ast.Call, function: FunctionFacts) -> Safety:
    file = function.file
    if file.dotted(call.func).startswith("torch."):
        return Safety.SAFE
    if isinstance(call.func, ast.Attribute) and type_of(call.func.value, function) == "Tensor":
        return Safety.SAFE
    return Safety.NARROWING


def _written(value: ast.expr, parameter: str, function: FunctionFacts, safety: Safety) -> _Finding:
    """`float(...)` around a value, a literal as a literal; or why it stays."""
    code = _literal(value)
    line = value.lineno
    if code is not None:
        return _Finding(function, line, parameter, value, code, safety)
    several = _several(value, function)
    if several is not None:
        return _Finding(function, line, parameter, value, several, safety)
    others = types_seen(value, function) - NUMBERS
    source = function.file.segment(value)
    if others == {"None"} and isinstance(value, ast.Name | ast.Attribute):
        code = f"float({source}) if {source} is not None else None"
        return _Finding(function, line, parameter, value, code, safety)
    if others:
        kinds = " and ".join(sorted(others))
        reason = f"`{ast.unparse(value)}` is {kinds} at times: no float is made of that"
        return _Finding(function, line, parameter, reason=reason)
    return _Finding(function, line, parameter, value, f"float({source})", safety)


def _literal(value: ast.expr) -> str | None:
    """An int literal, or several in a tuple, as floats."""
    match value:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return f"{number}.0" if abs(number) < 2**53 else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inside = _literal(operand)
            return f"-{inside}" if inside is not None and inside[0].isdigit() else None
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            floats = [_literal(e) or (ast.unparse(e) if _is_float(e) else None) for e in elements]
            if floats and all(each is not None for each in floats):
                return f"[{', '.join(str(each) for each in floats)}]"
    return None


def _several(value: ast.expr, function: FunctionFacts) -> str | None:
    """Several numbers, written out in a tuple or held by a name, as a list of floats."""
    if isinstance(value, ast.Tuple | ast.List):
        kinds = [types_seen(element, function) for element in value.elts]
        if not kinds or not all(kind and kind <= NUMBERS for kind in kinds):
            return None
        floats = [
            _literal(element) or _as_float(function.file.segment(element), element)
            for element in value.elts
        ]
    elif isinstance(value, ast.Name | ast.Attribute):
        seen = list(types_seen(value, function))
        inside = parts(seen[0])[1] if len(seen) == 1 and seen[0].startswith("Tuple[") else []
        if not inside or not NUMBERS.issuperset(inside):
            return None
        source = function.file.segment(value)
        floats = [f"float({source}[{index}])" for index in range(len(inside))]
    else:
        return None
    return f"[{', '.join(floats)}]"


def _as_float(segment: str, value: ast.expr) -> str:
    return segment if _is_float(value) else f"float({segment})"


def _is_float(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")):
            return True
        case ast.IfExp(body=body):
            return _is_float(body)
        case ast.UnaryOp(operand=operand):
            return _is_float(operand)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(_is_float(element) for element in elements)
    return False


# ---------------------------------------------------------------------- what layers are made with


def _literals_of_layers(facts: FileFacts) -> Iterator[_Finding]:
    """Ints written where a layer of torch hands them on as floats: none of them compiles."""
    if "nn" not in facts.text:
        return
    for function in facts.functions_in_question:
        for call, parameter, value in _layer_arguments(function):
            code = _literal(value)
            if code is not None and not isinstance(value, ast.Tuple | ast.List):
                yield _Finding(function, call.lineno, parameter, value, code)


def _in_layers(cls: ClassFacts | None, wanted: list[Mismatch]) -> Iterator[_Finding]:
    """Arguments of layers that a class makes, where one of them turned out to be an int."""
    names = {"dropout" if one.argument == "dropout_p" else one.argument for one in wanted}
    if cls is None or not names:
        return
    arguments = [
        (function, parameter, value)
        for function in _constructing(cls)
        for _, parameter, value in _layer_arguments(function)
        if parameter in names and _literal(value) is None and not _is_float(value)
    ]
    unsure = [
        (function, parameter, value)
        for function, parameter, value in arguments
        if types_seen(value, function) != {"float"}
    ]
    for function, parameter, value in unsure or arguments:
        yield _written(value, parameter, function, Safety.SAFE)


def _constructing(cls: ClassFacts) -> list[FunctionFacts]:
    """The functions of the class's file in which it makes its layers: methods, and functions that
    those call."""
    todo = [f for f in cls.construction if f.file is cls.file]
    seen: dict[FunctionFacts, None] = {}
    while todo:
        function = todo.pop()
        if function in seen:
            continue
        seen[function] = None
        for call in function.calls:
            called = cls.file.project.functions.get(cls.file.dotted(call.func))
            if called is not None and called.file is cls.file:
                todo.append(called)
    return sorted(seen, key=lambda function: function.node.lineno)


def _layer_arguments(function: FunctionFacts) -> Iterator[tuple[ast.Call, str, ast.expr]]:
    """The arguments in a function that a layer of torch needs as floats."""
    for call in function.calls:
        parameters = LAYERS.get(function.file.dotted(call.func))
        if parameters is None or any(isinstance(arg, ast.Starred) for arg in call.args):
            continue
        for parameter, value in zip(parameters, call.args, strict=False):
            if parameter is not None:
                yield call, parameter, value
        for keyword in call.keywords:
            if keyword.arg is not None and keyword.arg in parameters:
                yield call, keyword.arg, keyword.value
