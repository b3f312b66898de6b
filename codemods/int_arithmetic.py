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

from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.schemas_said import mismatches
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require

INTS = frozenset({"int", "Optional[int]", "List[int]", "Optional[List[int]]"})
FLOATS = frozenset({"float", "List[float]"})
DEEPEST = 4
"""How many assignments back a number is followed."""


class IntArithmetic(SiteRule[Site[ast.expr]]):
    name = "int-arithmetic"
    summary = "Powers of ints and rounded numbers stay ints: s ** 2 becomes s * s."
    messages = tuple(f"Expected a value of type '{kind}' for argument" for kind in sorted(INTS))
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[Site[ast.expr]]:
        for located in self.diagnosed(file):
            function, said = located.function, mismatches(located.message)
            about_floats = any(one.wanted in INTS and one.found in FLOATS for one in said)
            if function is not None and about_floats:
                for node in _leading_to(located, function):
                    if isinstance(node, ast.BinOp | ast.Call):
                        yield Site(node, function)

    def fix(self, site: Site[ast.expr]) -> Fix | None:
        match site.node, site.parent:
            case _, ast.Call(func=ast.Name(id="int")):
                return None
            case ast.BinOp(left=base, op=ast.Pow(), right=exponent), _:
                if _is_fraction(exponent):
                    return None
                _require({"int", "bool"}, "a whole number", [base, exponent], site)
                code, safety = _power(site, base, exponent)
            case ast.Call(func=ast.Name(id="round"), args=[number], keywords=[]), _:
                _require({"int", "bool", "float"}, "a number", [number], site)
                code, safety = f"int({site.code})", Safety.SAFE
            case _:
                return None
        return site.becomes(code, f"{ast.unparse(site.node)} stays an int", safety)


def _require(kinds: set[str], what: str, numbers: list[ast.expr], site: Site[ast.expr]) -> None:
    for number in numbers:
        seen = types_seen(number, site.function)
        require(seen and seen <= kinds, f"`{ast.unparse(number)}` is not known to be {what}")


def _leading_to(located: Located, function: FunctionFacts) -> Iterator[ast.AST]:
    """Everything inside of the place, and inside of what its names were bound to."""
    todo: list[ast.AST] = [located.node] if located.node is not None else []
    for node in function.nodes if located.node is None else ():
        if isinstance(node, ast.stmt) and node.lineno == located.line:
            todo.append(node)
    match function.file.parents.get(todo[0]) if located.node is not None else None:
        case ast.Call(func=func) as call if func is located.node:
            todo = [call]
    names: set[str] = set()
    for _ in range(DEEPEST):
        nodes = [node for start in todo for node in ast.walk(start)]
        yield from nodes
        new = dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))
        values = (function.assignments.get(name, ()) for name in new if name not in names)
        todo = [value for every in values for value in every if value is not None]
        names |= new.keys()


def _power(site: Site[ast.expr], base: ast.expr, exponent: ast.expr) -> tuple[str, Safety]:
    """`s * s` for `s ** 2`, else `int(2 ** n)`, which is narrower where n may be negative."""
    match exponent, base:
        case ast.Constant(value=int(count)), ast.Name() | ast.Attribute() if count in {2, 3}:
            product = " * ".join([site.file.segment(base)] * count)
            inside = isinstance(site.parent, ast.BinOp | ast.UnaryOp)
            return f"({product})" if inside else product, Safety.SAFE
        case ast.Constant(), _:
            return f"int({site.code})", Safety.SAFE
    return f"int({site.code})", Safety.NARROWING


def _is_fraction(exponent: ast.expr) -> bool:
    """Whether a power surely is no int in Python either: `n ** 0.5`, `n ** -1`."""
    match exponent:
        case ast.Constant(value=value):
            return not isinstance(value, int)
    return isinstance(exponent, ast.UnaryOp) and isinstance(exponent.op, ast.USub)
