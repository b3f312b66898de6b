"""What code says of itself about being scripted."""

import ast
from types import UnionType

from torchscript_fix.facts.static import FunctionFacts


def is_told_apart(
    node: ast.AST, function: FunctionFacts, by: UnionType | type = ast.If | ast.IfExp
) -> bool:
    """Whether a node stands in a branch that asks `torch.jit.is_scripting()`; in the test itself
    it does not: the compiler reads that whole."""
    below = node
    for around in function.file.ancestors(node):
        match around:
            case ast.If(test=test) | ast.IfExp(test=test) if below is not test:
                if isinstance(around, by) and "is_scripting" in ast.unparse(test):
                    return True
        below = around
    return False
