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
from collections.abc import Iterator, Sequence
from typing import ClassVar

from torchscript_fix.editing.edit import AddImport, Edit, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.flow import is_stored
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

MISMATCH = re.compile(
    r"Type mismatch: (?P<name>\w+) is set to type (?P<first>\w+) in the true branch "
    r"and type (?P<second>\w+) in the false branch"
)
RETYPED = re.compile(
    r"Variable '(?P<name>\w+)' previously had type (?P<first>\w+) "
    r"but is now being assigned to a value of type (?P<second>\w+)"
)
NUMBERS = frozenset({"int", "float"})
SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
NESTING = ast.For | ast.While | ast.If


class NumberThenTensor(Rule):
    name: ClassVar[str] = "number-then-tensor"
    summary: ClassVar[str] = "A local that becomes a Tensor starts as one, not as a number."
    messages: ClassVar[tuple[str, ...]] = (
        "Type mismatch: ",
        " previously had type ",
        "Cannot input a tensor ",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: dict[FunctionFacts, set[str]] = {}
        for place in self.diagnosed(facts):
            said = MISMATCH.search(place.message) or RETYPED.search(place.message)
            if place.function is not None and said is not None:
                kinds = {said["first"], said["second"]}
                if "Tensor" in kinds and kinds & NUMBERS:
                    told.setdefault(place.function, set()).add(said["name"])
            elif place.function is not None and isinstance(place.node, ast.Name):
                told.setdefault(place.function, set()).add(place.node.id)
        for function in facts.functions.values():
            seen = facts.project.observed.function(facts.path, function.qualname)
            names = told.get(function, set())
            for name, types in seen.rebound.items() if seen is not None else ():
                if "Tensor" in types and types & NUMBERS and types <= NUMBERS | {"Tensor"}:
                    names = names | {name}
            for name in sorted(names):
                yield from _found(function, name)


def _found(function: FunctionFacts, name: str) -> Iterator[Rewrite | HeldBack]:
    numbers = _numbers(function, name)
    if not numbers or not _changes_in_a_block(function, name, numbers):
        return
    path, where, line = function.file.path, function.qualname, numbers[0].lineno
    use = _use_as_a_number(function, name)
    if use is not None:
        reason = f"{name} is used where a number is not the same as a Tensor: `{use}`"
        yield HeldBack(NumberThenTensor.name, path, line, where, reason)
        return
    leak = _comes_out_as_a_number(function, name, numbers)
    if leak is not None:
        reason = f"{name} comes out as a number on one way: the result would be of another type"
        yield HeldBack(NumberThenTensor.name, path, leak.lineno, where, reason)
        return
    edits: list[Edit] = [AddImport("torch")]
    edits += [ReplaceExpression(node, _as_tensor(function.file.segment(node))) for node in numbers]
    for node in function.own_nodes:
        if isinstance(node, ast.AugAssign) and is_stored(node.target, name):
            value = function.file.segment(node.value)
            loose = not isinstance(node.op, ast.Add) and isinstance(node.value, ast.BinOp)
            loose = loose or isinstance(node.value, ast.IfExp | ast.BoolOp | ast.Compare)
            value = f"({value})" if loose else value
            edits.append(ReplaceStatement(node, f"{name} = {name} {SIGNS[type(node.op)]} {value}"))
    summary = f"{name} is a Tensor from the start"
    yield Rewrite(NumberThenTensor.name, path, line, where, summary, Safety.NARROWING, tuple(edits))


def _numbers(function: FunctionFacts, name: str) -> list[ast.expr]:
    """The numbers that are assigned to a local as they stand, by statements for it alone."""
    found: list[ast.expr] = []
    for node in function.own_nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                if _is_number(value):
                    found.append(value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for inner, value in zip(targets, values, strict=False):
                    if is_stored(inner, name) and _is_number(value):
                        found.append(value)
    return found


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in {int, float}


def _changes_in_a_block(function: FunctionFacts, name: str, numbers: Sequence[ast.expr]) -> bool:
    """Whether a block binds the name that does not hold its number: where it follows in the same
    block, the compiler takes it for another variable."""
    around = [set(map(id, function.file.ancestors(number))) for number in numbers]
    values = {id(number) for number in numbers}
    for node in function.own_nodes:
        if is_stored(node, name):
            statement = function.file.parents[node]
            if id(getattr(statement, "value", None)) in values:
                continue
            for outer in function.file.ancestors(node):
                if outer is function.node:
                    break
                if isinstance(outer, NESTING) and any(
                    id(outer) not in one or _in_other_branch(outer, node, number)
                    for one, number in zip(around, numbers, strict=True)
                ):
                    return True
    return False


def _in_other_branch(outer: ast.AST, node: ast.AST, number: ast.expr) -> bool:
    """Whether an `if` has the one in its body and the other behind `else`."""
    if not isinstance(outer, ast.If):
        return False
    body = {id(inner) for statement in outer.body for inner in ast.walk(statement)}
    return (id(node) in body) is not (id(number) in body)


def _use_as_a_number(function: FunctionFacts, name: str) -> str | None:
    """A use of the name that is more than arithmetic, as it stands in the file."""
    for node in function.own_nodes:
        if not isinstance(node, ast.Name) or node.id != name or is_stored(node, name):
            continue
        parent = function.file.parents[node]
        plain = isinstance(
            parent, ast.BinOp | ast.UnaryOp | ast.Return | ast.Tuple | ast.Assign | ast.Attribute
        )
        if not plain:
            statement = parent if isinstance(parent, ast.expr | ast.stmt) else node
            return function.file.segment(statement).split("\n")[0]
    for node in function.own_nodes:
        match node:
            case ast.AugAssign(target=target, op=op) if is_stored(target, name):
                if type(op) not in SIGNS:
                    return function.file.segment(node).split("\n")[0]
    return None


def _comes_out_as_a_number(
    function: FunctionFacts, name: str, numbers: Sequence[ast.expr]
) -> ast.Name | None:
    """A use of what one branch makes a number, in which no Tensor comes to it."""
    if not any(_stands_in_an_if(number, function) for number in numbers):
        return None
    for node in function.own_nodes:
        if isinstance(node, ast.Name) and node.id == name and not is_stored(node, name):
            if all(_is_on_the_other_way(node, number, function) for number in numbers):
                continue
            inner: ast.AST = node
            meets = False
            for outer in function.file.ancestors(node):
                if not isinstance(outer, ast.BinOp | ast.UnaryOp):
                    break
                if isinstance(outer, ast.BinOp):
                    other = outer.right if outer.left is inner else outer.left
                    meets = meets or _is_tensor(other, function)
                inner = outer
            if not meets:
                return node
    return None


def _is_on_the_other_way(node: ast.Name, number: ast.expr, function: FunctionFacts) -> bool:
    """Whether a use stands in the branch that does not make the name a number."""
    around = set(map(id, function.file.ancestors(number)))
    return any(
        id(outer) in around and _in_other_branch(outer, node, number)
        for outer in function.file.ancestors(node)
    )


def _is_tensor(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether something is a Tensor, to the compiler at least: what has no annotation is one."""
    kind = type_of(node, function)
    if kind is None and isinstance(node, ast.Name) and node.id not in function.assignments:
        return any(p.arg == node.id and p.annotation is None for p in function.parameters)
    return kind == "Tensor"


def _stands_in_an_if(number: ast.expr, function: FunctionFacts) -> bool:
    for outer in function.file.ancestors(number):
        if outer is function.node:
            return False
        if isinstance(outer, ast.If):
            return True
    return False


def _as_tensor(number: str) -> str:
    """A Tensor without dimensions of the same value, exactly."""
    value = ast.literal_eval(number)
    if isinstance(value, float) and value * 2**20 != int(value * 2**20):
        return f"torch.tensor({number}, dtype=torch.float64)"
    return f"torch.tensor({number})"
