"""Numbers that constant expressions come to, and comparisons worked out."""

import ast
import operator
from collections.abc import Callable, Mapping

Number = int | float
OPERATORS: Mapping[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def number_of(node: ast.expr) -> Number | None:
    """What a constant number, or arithmetic on such, comes to."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=inside):
            positive = number_of(inside)
            return None if positive is None else -positive
        case ast.BinOp(left=left, op=op, right=right):
            one, other = number_of(left), number_of(right)
            if one is None or other is None:
                return None
            if isinstance(op, ast.Pow) and abs(other) <= 64 and one > 0:
                power: Number = one**other
                return power
            if type(op) in OPERATORS and (other or not isinstance(op, ast.Div | ast.FloorDiv)):
                return OPERATORS[type(op)](one, other)
    return None
