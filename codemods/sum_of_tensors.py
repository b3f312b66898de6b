"""A Python `sum` over Tensors becomes a loop that adds them up.

## What the compiler says

    Expected a value of type 'Tensor' for argument 'self' but instead found type 'List[Tensor]'.

To the compiler `sum` of a list is there for numbers only.

## What is written instead

                                             terms = [head(x) for head in self.heads]
                                             total = 0 + terms[0]
    return sum(head(x) for head in           for term in terms[1:]:
               self.heads)              →        total = total + term
                                             return total

In the order of before, beginning with the 0 that `sum` begins with. An empty sum, which was the
int 0, is an IndexError: therefore the rewrite counts as `narrowing`.

## When it holds back

Where the sum is not the first thing that its statement works out, or may not be worked out at all:
in a condition, in a loop's head, in a comprehension.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.edit import Edit, InsertBefore, ReplaceExpression
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.schemas_said import call_at, mismatches
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety


class SumOfTensors(Rule):
    """Adds up Tensors in a loop."""

    name = "sum-of-tensors"
    summary = "A Python sum over Tensors becomes a loop that adds them up."
    messages = (
        "Expected a value of type 'Tensor' for argument 'self' but instead found type 'List",
    )
    safety = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each sum, or why it stays."""
        if "sum(" not in facts.text:
            return
        done: set[FunctionFacts] = set()
        for located in self.diagnosed(facts):
            call, function = call_at(located), located.function
            if call is None or function is None or not _is_sum(call):
                continue
            said = mismatches(located.message)
            if not any("sum" in one.callee and one.found == "List[Tensor]" for one in said):
                continue
            path, line, name = facts.path, call.lineno, function.qualname
            reason = _obstacle(call, function)
            if function in done:
                continue  # found again when the names that the first one takes are there
            if reason is not None:
                yield HeldBack(self.name, path, line, name, reason)
                continue
            done.add(function)
            summary = f"{_short(call)} is added up in a loop"
            edits = _loop(call, function)
            yield Rewrite(self.name, path, line, name, summary, Safety.NARROWING, edits)


def _is_sum(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "sum"


def _obstacle(call: ast.Call, function: FunctionFacts) -> str | None:
    """Why the loop cannot stand before the statement; None where it can."""
    if call.keywords or len(call.args) not in {1, 2}:
        return "what it sums does not show"
    node: ast.AST = call
    for above in function.file.ancestors(call):
        if isinstance(above, ast.stmt):
            break
        sometimes = (
            (isinstance(above, ast.IfExp) and node is not above.test)
            or (isinstance(above, ast.BoolOp) and node is not above.values[0])
            or isinstance(above, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp)
        )
        if sometimes:
            return "it is not always worked out where it stands"
        node = above
    statement = statement_of(call, function)
    if not isinstance(
        statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
    ):
        return "it stands in the head of another statement"
    start = (call.lineno, call.col_offset)
    for other in ast.walk(statement):
        if isinstance(other, ast.Call) and (other.lineno, other.col_offset) < start:
            around = call in set(ast.walk(other))
            if not around or call in set(ast.walk(other.func)):
                return "another call comes before it, which the loop would overtake"
    return None


def _loop(call: ast.Call, function: FunctionFacts) -> tuple[Edit, ...]:
    taken = set(taken_names(function))
    total = free_name(["total", "sum_of_terms"], taken)
    term = free_name(["term", "one_term"], {*taken, total})
    source = call.args[0]
    code = function.file.segment(source)
    lines = []
    if isinstance(source, ast.Name):
        terms = code
    else:
        terms = free_name(["terms", "all_terms"], {*taken, total, term})
        if isinstance(source, ast.GeneratorExp):
            inside = code[1:-1] if code.startswith("(") and code.endswith(")") else code
            code = f"[{inside}]"
        lines.append(f"{terms} = {code}")
    start = function.file.segment(call.args[1]) if len(call.args) == 2 else "0"
    lines += [
        f"{total} = {start} + {terms}[0]",
        f"for {term} in {terms}[1:]:",
        f"    {total} = {total} + {term}",
    ]
    statement = statement_of(call, function)
    return (InsertBefore(statement, "\n".join(lines)), ReplaceExpression(call, total))


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 50 else f"{text[:47]}..."
