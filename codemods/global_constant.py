"""A constant of the module is written out where scripted code reads it.

## What the compiler says

    python value of type 'float' cannot be used as a value. Perhaps it is a closed over global
    variable? If so, please consider passing it in as an argument or use a local variable instead.

Functions, classes and modules are all that TorchScript takes from the names of a file.

## What is written instead

    EPS = 1e-5                               EPS = 1e-5
    …                                        …
    return x / (x.norm() + EPS)         →    return x / (x.norm() + 1e-5)

Arithmetic on constants (`SIZE = 4 * 16`) is carried out. The constant itself stays where it is: who
imports it does not notice. A constant of another file under the path is written out as well.

## When it holds back

Where the name is given a value more than once, is declared `global` somewhere, or is set from
another file; where the value is not written out (a call, a Tensor, a list that code may change).
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.kept import stored_in
from torchscript_fix.facts.nodes import nodes_in
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.statements import words_in
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

LONGEST = 60
"""A longer value says less where it is used than its name does."""

Number = int | float
OPERATORS: Mapping[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


class GlobalConstant(Rule):
    """Constants of a module, written out in scripted code."""

    name: ClassVar[str] = "global-constant"
    summary: ClassVar[str] = "A constant of the module is written out where it is read."
    messages: ClassVar[tuple[str, ...]] = ("Perhaps it is a closed over global variable",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        named = _bound_at_top(facts)
        names = named | _imported_from_the_path(facts)
        if not names:
            return
        for function in facts.functions.values():
            if function.scripted and not names.isdisjoint(words_in(facts.parsed, function.node)):
                yield from self._in_function(function, names)

    def _in_function(
        self, function: FunctionFacts, names: frozenset[str]
    ) -> Iterator[Rewrite | HeldBack]:
        file, edits, lines = function.file, list[Edit](), list[int]()
        written: dict[str, None] = {}
        own = _own_names(function)
        for node in (n for statement in function.node.body for n in nodes_in(statement)):
            if not isinstance(node, ast.Name) or node.id not in names or node.id in own:
                continue
            there, value = _value(file, node.id)
            code = None if value is None else _written(value, there)
            if code is None or _is_called_or_changed(node, file):
                if value is not None and isinstance(value, ast.List):
                    reason = f"{node.id} is a list, which code may change"
                    yield HeldBack(self.name, file.path, node.lineno, function.qualname, reason)
                continue
            edits.append(ReplaceExpression(node, code))
            lines.append(node.lineno)
            written[node.id] = None
        if edits:
            summary = f"{', '.join(written)} written out"
            yield Rewrite(
                self.name,
                file.path,
                min(lines),
                function.qualname,
                summary,
                Safety.SAFE,
                tuple(edits),
            )


# ------------------------------------------------------------------------------- what is named


@remembered
def _bound_at_top(file: FileFacts) -> frozenset[str]:
    """Names that an assignment of the file binds."""
    return frozenset(_assigned(file))


@remembered
def _assigned(file: FileFacts) -> dict[str, ast.expr | None]:
    """Names that the file itself binds to a value, and it; None where it is not the only one."""
    found: dict[str, ast.expr | None] = {}
    for statement in file.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = None if name in found else value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = None if name in found else value
    if not found:
        return found
    once = {id(s.targets[0]) for s in file.tree.body if isinstance(s, ast.Assign)}
    once |= {id(s.target) for s in file.tree.body if isinstance(s, ast.AnnAssign)}
    for node in file.nodes:
        if isinstance(node, ast.Global):
            found.update(dict.fromkeys(found.keys() & set(node.names)))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in found:
            found[node.name] = None
        elif isinstance(node, ast.alias) and (node.asname or node.name) in found:
            found[node.asname or node.name] = None
    for statement in file.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(statement):
            if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Load):
                continue
            if node.id in found and id(node) not in once:
                found[node.id] = None
    return found


@remembered
def _imported_from_the_path(file: FileFacts) -> frozenset[str]:
    """Names that imports from other files under the path bind, and that are values there."""
    return frozenset(
        name
        for name, dotted in file.imports.items()
        if dotted.rpartition(".")[2] in _values_of(file.project).get(dotted.rpartition(".")[0], ())
    )


@remembered
def _values_of(project: Project) -> dict[str, frozenset[str]]:
    """Module to the names that its file binds to values."""
    return {file.module: _bound_at_top(file) for file in project.files.values()}


@remembered
def _set_from_outside(project: Project) -> frozenset[str]:
    """Names that something sets with a dot before them, on whatever it is but `self`."""
    return frozenset[str]().union(*(stored_in(file) for file in project.everywhere))


def _value(file: FileFacts, name: str) -> tuple[FileFacts, ast.expr | None]:
    """The value of a name of the file, where it has that one always, and the file it stands in."""
    if name not in _assigned(file):
        module, _, name = file.imports[name].rpartition(".")
        file = next(f for f in file.project.files.values() if f.module == module)
    return file, None if name in _set_from_outside(file.project) else _assigned(file)[name]


def _own_names(function: FunctionFacts) -> frozenset[str]:
    """Names that are the function's own."""
    stored = {
        node.id
        for node in function.nodes
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    imported = {
        alias.asname or alias.name
        for node in function.nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    parameters = {node.arg for node in function.nodes if isinstance(node, ast.arg)}
    return frozenset(stored | imported | parameters)


def _is_called_or_changed(node: ast.Name, file: FileFacts) -> bool:
    """Whether more is done with a name than reading its value."""
    parent = file.parents.get(node)
    if isinstance(parent, ast.Call):
        return parent.func is node
    if isinstance(parent, ast.Attribute):
        return not isinstance(parent.ctx, ast.Load) or parent.attr != "format"
    return isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)


# ------------------------------------------------------------------------------ what it says


def _written(value: ast.expr, file: FileFacts) -> str | None:
    """The code of a constant value; None where it is not one, or is long."""
    if isinstance(value, ast.Constant) and isinstance(value.value, bool | str | int | float):
        code = file.segment(value)
        return code if len(code) <= LONGEST and "\n" not in code else None
    number = _number(value)
    if number is not None:
        code = repr(number)
        if not code.lstrip("-").replace(".", "").replace("e", "").replace("-", "").isalnum():
            return None
        return f"({code})" if code.startswith("-") else code
    match value:
        case ast.Tuple(elts=[_, *_] as parts) if all(_written(part, file) for part in parts):
            code = file.segment(value)
            return code if len(code) <= LONGEST and code.startswith("(") else None
    return None


def _number(value: ast.expr) -> Number | None:
    """What a constant number, or arithmetic on such, comes to."""
    match value:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=inside):
            positive = _number(inside)
            return None if positive is None else -positive
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            one, other = _number(left), _number(right)
            if (
                one is None
                or other is None
                or (other == 0 and isinstance(op, ast.Div | ast.FloorDiv))
            ):
                return None
            return OPERATORS[type(op)](one, other)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            one, other = _number(left), _number(right)
            if one is None or other is None or abs(other) > 64 or one <= 0:
                return None
            power: Number = one**other
            return power
    return None
