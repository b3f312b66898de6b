"""What only silences warnings is left out where the code is scripted.

## What the compiler says

"Compiled functions can't take variable number of arguments …: def __exit__(self, *exc_info)" for
`with warnings.catch_warnings():`. It compiles the class of what stands behind `with`, and that one
it cannot.

## What is written instead

    if torch.jit.is_scripting():
        out = self.pool(x)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = self.pool(x)

Python goes the way that it always went. Scripted, the same is computed; TorchScript has no filter
for warnings. So for `warnings.catch_warnings` and `contextlib.nullcontext`: what else stands behind
`with` may change what is computed.

## When it holds back

- The block is so long that to have it twice would be worse.
- It holds a text over several lines.
"""

import ast
import textwrap
from collections.abc import Iterator

from torchscript_fix.editing.edit import AddImport, ReplaceStatement
from torchscript_fix.editing.imports import import_clashes
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

COMPUTE_NOTHING = frozenset(
    {
        "warnings.catch_warnings",
        "contextlib.nullcontext",
    }
)
"""What changes no value that is computed under it."""
MOST_STATEMENTS = 12


class WarningsContext(Rule):
    """Leaves filters of warnings to Python."""

    name = "warnings-context"
    summary = "with warnings.catch_warnings() is left to Python: scripted code does without."
    messages = ("def __exit__(self, *exc_info)",)
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a `with`, or why it stays."""
        if not any(name.rpartition(".")[2] in facts.text for name in COMPUTE_NOTHING):
            return
        for function in facts.functions.values():
            if function.scripted:
                for node in function.nodes:
                    if isinstance(node, ast.With) and _is_in_the_way(facts, node):
                        yield _finding(function, node)


def _is_in_the_way(facts: FileFacts, statement: ast.With) -> bool:
    """Whether all that stands behind a `with` computes nothing, and scripting comes to it."""
    for item in statement.items:
        called = item.context_expr
        if item.optional_vars is not None or not isinstance(called, ast.Call):
            return False
        if facts.dotted(called.func) not in COMPUTE_NOTHING:
            return False
    return not any(
        isinstance(above, ast.If) and "is_scripting()" in ast.unparse(above.test)
        for above in facts.ancestors(statement)
    )


def _finding(function: FunctionFacts, statement: ast.With) -> Rewrite | HeldBack:
    file = function.file
    reason = _obstacle(file, statement)
    if reason is not None:
        return HeldBack(
            WarningsContext.name, file.path, statement.lineno, function.qualname, reason
        )
    inside = [each for each in statement.body if not _sets_a_filter(file, each)]
    bare = "\n".join(_code(file, each) for each in inside) or "pass"
    whole = _code(file, statement)
    code = (
        f"if torch.jit.is_scripting():\n{textwrap.indent(bare, '    ')}\n"
        f"else:\n{textwrap.indent(whole, '    ')}"
    )
    context = file.segment(statement.items[0].context_expr)
    return Rewrite(
        rule=WarningsContext.name,
        path=file.path,
        line=statement.lineno,
        function=function.qualname,
        summary=f"with {context}: only outside of TorchScript",
        safety=Safety.SAFE,
        edits=(AddImport("torch"), ReplaceStatement(statement, code)),
    )


def _obstacle(file: FileFacts, statement: ast.With) -> str | None:
    inside = list(ast.walk(statement))
    if sum(isinstance(node, ast.stmt) for node in inside) > MOST_STATEMENTS:
        return "the block under it is too long to stand there twice"
    if any(
        isinstance(n, ast.Constant | ast.JoinedStr) and n.end_lineno != n.lineno for n in inside
    ):
        return "the block under it holds a text over several lines"
    if import_clashes(file.tree, "torch"):
        return "torch means something else in this file"
    return None


def _sets_a_filter(file: FileFacts, statement: ast.stmt) -> bool:
    """`warnings.simplefilter("ignore")`."""
    match statement:
        case ast.Expr(value=ast.Call(func=func)):
            return file.dotted(func) in {
                "warnings.simplefilter",
                "warnings.filterwarnings",
                "warnings.resetwarnings",
            }
    return False


def _code(file: FileFacts, statement: ast.stmt) -> str:
    """A statement as it stands, its first line not indented."""
    lines = file.segment(statement).split("\n")
    indent = file.lines[statement.lineno - 1][: statement.col_offset]
    if indent.strip():  # behind a colon or a semicolon, on a line with others
        return "\n".join(lines)
    return "\n".join([lines[0], *(line.removeprefix(indent) for line in lines[1:])])
