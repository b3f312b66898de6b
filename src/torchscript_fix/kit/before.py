"""Statements before the one that a node stands in: a value computed first, once and in order."""

import ast

from torchscript_fix.editing.edit import InsertBefore
from torchscript_fix.facts.indexing import is_pure
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.kit.answer import require
from torchscript_fix.kit.code import as_list

SIMPLE = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
"""Statements whose expressions are evaluated once, whenever the statement is run."""
SCOPES = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Before:
    """What is put before the statement of a node, with names that the function does not have."""

    def __init__(self, node: ast.AST, function: FunctionFacts) -> None:
        self.statement, self.function = statement_of(node, function), function
        self.lines: list[str] = []
        self._taken = set(taken_names(function))

    def new_name(self, *candidates: str) -> str:
        """A name that nothing in the function has yet: the first that is free."""
        name = free_name(candidates, self._taken)
        self._taken.add(name)
        return name

    def named(self, value: ast.expr, *candidates: str, code: str = "") -> str:
        """The name of a value, which is given one, and `code` if that is another, where it has
        none."""
        if isinstance(value, ast.Name) and not code:
            return value.id
        name = self.new_name(*candidates)
        self.lines.append(f"{name} = {code or as_list(value, self.function.file)}")
        return name

    def require_first(self, node: ast.expr) -> None:
        """Decline where `node` is not evaluated first of all in its statement, or not always: it
        cannot be moved ahead of it then."""
        reason = why_not_first(node, self.function)
        require(reason is None, reason or "")

    def edit(self) -> InsertBefore:
        """Raises Declined where nothing can stand before the statement."""
        around = self.function.file.parents[self.statement]
        on_its_line = self.statement.lineno == getattr(around, "lineno", 0)
        require(not on_its_line, "it stands on the line of what decides about it")
        return InsertBefore(self.statement, "".join(f"{line}\n" for line in self.lines))


def why_not_first(node: ast.expr, function: FunctionFacts) -> str | None:
    """Why a node is not what its statement evaluates first, and always; None where it is."""
    below: ast.AST = node
    for above in function.file.ancestors(node):
        if isinstance(above, ast.stmt):
            break
        first = above.test if isinstance(above, ast.IfExp) else below
        first = above.values[0] if isinstance(above, ast.BoolOp) else first
        if isinstance(above, SCOPES) or first is not below:
            return "it is not always worked out where it stands"
        below = above
    statement = statement_of(node, function)
    if not isinstance(statement, SIMPLE):
        return "it stands in the head of another statement"
    start = (node.lineno, node.col_offset)
    for other in ast.walk(statement):
        if isinstance(other, ast.Call) and (other.lineno, other.col_offset) < start:
            around = any(each is node for each in ast.walk(other))
            if not around or any(each is node for each in ast.walk(other.func)):
                return "another call comes before it, which the loop would overtake"
    return None


def only_looks(test: ast.expr) -> bool:
    """Whether a condition only looks at values, so that asking it twice is as good as once."""
    match test:
        case ast.Compare(left=left, comparators=others):
            return all(map(only_looks, (left, *others)))
        case ast.BoolOp(values=values):
            return all(map(only_looks, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return only_looks(operand)
    return is_pure(test)
