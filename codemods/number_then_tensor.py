"""A local that starts as a number and becomes a Tensor is a Tensor from the start.

## What the compiler says

    Type mismatch: alpha is set to type Tensor in the true branch and type float in the false branch

or nothing while compiling: `loss = 0` makes `loss` an int, and a Tensor that is added to it in a
loop is turned into an int, silently where it has one element, else with "Cannot input a tensor of
dimension other than 0 as a scalar argument" when the model runs.

## What is written instead

    loss = torch.tensor(0)                                  loss = 0
    for scale in self.scales:                               for scale in self.scales:
        loss = loss + scale(x)                                  loss += scale(x)

A Tensor without dimensions counts in sums and products as the number does: same values, same dtype.
`+=` becomes `+`, since such a Tensor cannot grow in place. Where no Tensor is ever added, the
result is a Tensor and no longer a number, which is why the rewrite is `narrowing`.

## When it holds back

- The name is used where a number and a Tensor are not the same: in a test, as an index, in a text.
- One branch of an `if` makes it a number, and that comes out as it is: the result would be of
  another type.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from torchscript_fix.editing.edit import AddImport, Edit, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flow import is_stored
from torchscript_fix.facts.observed import ObservedFunction
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.fold import around

SAID = re.compile(
    r"(Type mismatch: |Variable ')(?P<name>\w+)( is set to|' previously had) type (?P<first>\w+) "
    r"(in the true branch and|but is now being assigned to a value of) type (?P<second>\w+)"
)
NUMBERS = frozenset({"int", "float"})
SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
NESTING = ast.For | ast.While | ast.If
ARITHMETIC = ast.BinOp | ast.UnaryOp | ast.Return | ast.Tuple | ast.Assign | ast.Attribute
"""What a number and a Tensor are the same to."""


@dataclass(frozen=True)
class Local(Site[ast.expr]):
    """A local that starts as a number, at the first of them."""

    name: str = ""


class NumberThenTensor(SiteRule[Local]):
    name = "number-then-tensor"
    summary = "A local that becomes a Tensor starts as one, not as a number."
    messages = ("Type mismatch: ", " previously had type ", "Cannot input a tensor ")
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[Local]:
        named: dict[FunctionFacts | None, set[str]] = defaultdict(set)
        for located in self.diagnosed(file):
            named[located.function] |= _named(located)
        for function in file.functions.values():
            seen = file.project.observed.function(file.path, function.qualname)
            rebound = (seen or ObservedFunction()).rebound
            names = {name for name, types in rebound.items() if _is_of_both(types)}
            for name in sorted(names | named[function]):
                numbers = _numbers(function, name)
                if numbers and _changes_in_a_block(function, name, numbers):
                    yield Local(numbers[0], function, name=name)

    def fix(self, site: Local) -> Fix:
        function, name, segment = site.function, site.name, site.file.segment
        use = next(_uses_as_a_number(function, name), None)
        same = f"{name} is used where a number is not the same as a Tensor"
        require(use is None, f"{same}: `{use}`")
        numbers = _numbers(function, name)
        leak = next(_uses_of_a_number(function, name, numbers), None)
        other = f"{name} comes out as a number on one way: the result would be of another type"
        require(leak is None, other, at=Site(leak or site.node, function))
        edits: list[Edit] = [ReplaceExpression(each, _as_tensor(segment(each))) for each in numbers]
        for node in function.own_nodes:
            if isinstance(node, ast.AugAssign) and is_stored(node.target, name):
                loose = isinstance(node.value, ast.IfExp | ast.BoolOp | ast.Compare) or (
                    isinstance(node.value, ast.BinOp) and not isinstance(node.op, ast.Add)
                )
                value = f"({segment(node.value)})" if loose else segment(node.value)
                code = f"{name} = {name} {SIGNS[type(node.op)]} {value}"
                edits.append(ReplaceStatement(node, code))
        return Fix(f"{name} is a Tensor from the start", [AddImport("torch"), *edits])


def _named(located: Located) -> set[str]:
    """The local that a diagnosis is about."""
    said = SAID.search(located.message)
    if said is not None:
        return {said["name"]} if _is_of_both({said["first"], said["second"]}) else set()
    return {located.node.id} if isinstance(located.node, ast.Name) else set()


def _is_of_both(types: Collection[str]) -> bool:
    """Whether they are Tensor and those of numbers, and nothing else."""
    return "Tensor" in types and NUMBERS | {"Tensor"} >= {*types} > {"Tensor"}


def _numbers(function: FunctionFacts, name: str) -> list[ast.expr]:
    """The numbers that are assigned to a local as they stand, by statements for it alone."""
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for node in function.own_nodes:
        match node:
            case ast.Assign(targets=[ast.Name() as target], value=value):
                pairs.append((target, value))
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs += zip(targets, values, strict=False)
    return [value for target, value in pairs if is_stored(target, name) and _is_number(value)]


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=number)) | ast.Constant(
            value=number
        ):
            return type(number) in {int, float}
    return False


def _changes_in_a_block(function: FunctionFacts, name: str, numbers: Sequence[ast.expr]) -> bool:
    """Whether a block binds the name that does not hold its number: where it follows in the same
    block, the compiler takes it for another variable."""
    parents = function.file.parents
    return any(
        isinstance(outer, NESTING)
        and any(outer not in around(n, function) or _parts(outer, node, n) for n in numbers)
        for node in function.own_nodes
        if is_stored(node, name) and getattr(parents[node], "value", None) not in numbers
        for outer in around(node, function)
    )


def _parts(outer: ast.AST, node: ast.AST, number: ast.expr) -> bool:
    """Whether an `if` has the one in its body and the other behind `else`."""
    if not isinstance(outer, ast.If):
        return False
    body = {inner for statement in outer.body for inner in ast.walk(statement)}
    return (node in body) is not (number in body)


def _uses_as_a_number(function: FunctionFacts, name: str) -> Iterator[str]:
    """The uses of the name that are more than arithmetic, as they stand in the file."""
    for node in function.own_nodes:
        if isinstance(node, ast.Name) and node.id == name and not is_stored(node, name):
            parent = function.file.parents[node]
            if not isinstance(parent, ARITHMETIC):
                statement = parent if isinstance(parent, ast.expr | ast.stmt) else node
                yield function.file.segment(statement).split("\n")[0]
    for node in function.own_nodes:
        match node:
            case ast.AugAssign(target=target, op=op) if is_stored(target, name):
                if type(op) not in SIGNS:
                    yield function.file.segment(node).split("\n")[0]


def _uses_of_a_number(
    function: FunctionFacts, name: str, numbers: Sequence[ast.expr]
) -> Iterator[ast.Name]:
    """The uses of what one branch makes a number, in which no Tensor comes to it."""
    in_an_if = any(isinstance(each, ast.If) for n in numbers for each in around(n, function))
    for node in function.own_nodes if in_an_if else ():
        if isinstance(node, ast.Name) and node.id == name and not is_stored(node, name):
            # In the branch that does not make it a number it is none.
            elsewhere = all(
                any(
                    _parts(outer, node, n)
                    for outer in around(node, function)
                    if outer in around(n, function)
                )
                for n in numbers
            )
            if not elsewhere and not _meets_a_tensor(node, function):
                yield node


def _meets_a_tensor(node: ast.Name, function: FunctionFacts) -> bool:
    """Whether a Tensor comes to a name in the arithmetic around it."""
    inner: ast.AST = node
    for outer in function.file.ancestors(node):
        match outer:
            case ast.BinOp(left=left, right=right):
                if _is_tensor(right if left is inner else left, function):
                    return True
            case ast.UnaryOp():
                pass
            case _:
                return False
        inner = outer
    return False


def _is_tensor(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether something is a Tensor, to the compiler at least: what has no annotation is one."""
    kind = type_of(node, function)
    if kind is None and isinstance(node, ast.Name) and node.id not in function.assignments:
        return any(p.arg == node.id and p.annotation is None for p in function.parameters)
    return kind == "Tensor"


def _as_tensor(number: str) -> str:
    """A Tensor without dimensions of the same value, exactly."""
    value = ast.literal_eval(number)
    if isinstance(value, float) and value * 2**20 != int(value * 2**20):
        return f"torch.tensor({number}, dtype=torch.float64)"
    return f"torch.tensor({number})"
