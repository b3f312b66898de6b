"""Arithmetic that Python keeps whole stays whole: `c // s ** 2` becomes `c // (s * s)`, and
`round(n * 0.5)` becomes `int(round(n * 0.5))`.

## What the compiler says

    Expected a value of type 'int' for argument '<varargs>' but instead found type 'float'.
    Expected a value of type 'Optional[int]' for argument 'end' but instead found type 'float'.

In Python `2 ** 3` and `round(1.5)` are ints. In TorchScript both are floats, which no size and no
index can be.

## What is written instead

    x.view(b, s, s, c // s ** 2, h, w)   →    x.view(b, s, s, c // (s * s), h, w)
    half = round(x.size(1) * 0.5)        →    half = int(round(x.size(1) * 0.5))
    n = 2 ** level                       →    n = int(2 ** level)

Only what leads to the place that the compiler named is changed: there, and where the names that
stand there are assigned.

## When it holds back

Where what is raised or rounded is not known to be a number: `int()` of a Tensor would be something
else.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.schemas_said import mismatches
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

INTS = frozenset({"int", "Optional[int]", "List[int]", "Optional[List[int]]"})
FLOATS = frozenset({"float", "List[float]"})
DEEPEST = 4
"""How many assignments back a number is followed."""


class IntArithmetic(Rule):
    """Keeps powers and rounded numbers whole."""

    name = "int-arithmetic"
    summary = "Powers of ints and rounded numbers stay ints: s ** 2 becomes s * s."
    messages = tuple(f"Expected a value of type '{kind}' for argument" for kind in sorted(INTS))
    safety = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each power or call of `round` that leads to such a place."""
        seen: set[ast.AST] = set()
        for located in self.diagnosed(facts):
            if located.function is None or not _is_about_floats(located):
                continue
            for node in _leading_to(located, located.function):
                if node not in seen:
                    seen.add(node)
                    found = self._found(node, located.function)
                    if found is not None:
                        yield found

    def _found(self, node: ast.AST, function: FunctionFacts) -> Rewrite | HeldBack | None:
        path, name = function.file.path, function.qualname
        match node:
            case ast.BinOp(op=ast.Pow(), left=base, right=exponent):
                numbers = [base, exponent]
                code, safety = _power(node, base, exponent, function)
            case ast.Call(func=ast.Name(id="round"), args=[number], keywords=[]):
                numbers = [number]
                code, safety = f"int({function.file.segment(node)})", Safety.SAFE
            case _:
                return None
        if _is_made_whole(node, function) or any(_is_fraction(n) for n in numbers[1:]):
            return None
        wanted = {"int", "bool"} if isinstance(node, ast.BinOp) else {"int", "bool", "float"}
        for number in numbers:
            kinds = types_seen(number, function)
            if not kinds or not kinds <= wanted:
                reason = f"`{ast.unparse(number)}` is not known to be a whole number"
                if isinstance(node, ast.Call):
                    reason = f"`{ast.unparse(number)}` is not known to be a number"
                return HeldBack(self.name, path, node.lineno, name, reason)
        summary = f"{ast.unparse(node)} stays an int"
        edit = ReplaceExpression(node, code)
        return Rewrite(self.name, path, node.lineno, name, summary, safety, (edit,))


def _is_about_floats(located: Located) -> bool:
    return any(one.wanted in INTS and one.found in FLOATS for one in mismatches(located.message))


def _leading_to(located: Located, function: FunctionFacts) -> Iterator[ast.AST]:
    """Everything inside of the place, and inside of what its names were bound to."""
    node = located.node
    if node is None:
        todo: list[ast.AST] = [
            n for n in function.nodes if isinstance(n, ast.stmt) and n.lineno == located.line
        ]
    else:
        parent = function.file.parents.get(node)
        is_called = isinstance(parent, ast.Call) and parent.func is node
        todo = [parent if is_called and isinstance(parent, ast.Call) else node]
    names: set[str] = set()
    for _ in range(DEEPEST):
        following: list[ast.AST] = []
        for start in todo:
            for inside in ast.walk(start):
                yield inside
                if isinstance(inside, ast.Name) and inside.id not in names:
                    names.add(inside.id)
                    following += [v for v in function.assignments.get(inside.id, ()) if v]
        todo = following


def _power(
    node: ast.BinOp, base: ast.expr, exponent: ast.expr, function: FunctionFacts
) -> tuple[str, Safety]:
    """`s * s` for `s ** 2`, else `int(2 ** n)`, which is narrower where n may be negative."""
    file = function.file
    if isinstance(exponent, ast.Constant) and isinstance(exponent.value, int):
        if exponent.value in {2, 3} and isinstance(base, ast.Name | ast.Attribute):
            product = " * ".join([file.segment(base)] * exponent.value)
            inside = isinstance(file.parents[node], ast.BinOp | ast.UnaryOp)
            return f"({product})" if inside else product, Safety.SAFE
        if exponent.value >= 0:
            return f"int({file.segment(node)})", Safety.SAFE
    return f"int({file.segment(node)})", Safety.NARROWING


def _is_made_whole(node: ast.AST, function: FunctionFacts) -> bool:
    """Whether it stands in `int(...)` already."""
    match function.file.parents[node]:
        case ast.Call(func=ast.Name(id="int")):
            return True
    return False


def _is_fraction(exponent: ast.expr) -> bool:
    """Whether a power surely is no int in Python either: `n ** 0.5`, `n ** -1`."""
    match exponent:
        case ast.Constant(value=value):
            return not isinstance(value, int)
        case ast.UnaryOp(op=ast.USub()):
            return True
    return False
