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

from torchscript_fix.editing.edit import AddImport, ReplaceStatement
from torchscript_fix.editing.imports import import_clashes
from torchscript_fix.facts.scripting import is_told_apart
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.kit import Fix, NodeRule, Safety, Scope, Site, require

COMPUTE_NOTHING = frozenset({"warnings.catch_warnings", "contextlib.nullcontext"})
"""What changes no value that is computed under it."""
FILTERS = words("warnings.simplefilter warnings.filterwarnings warnings.resetwarnings")
"""What belongs to it: `warnings.simplefilter("ignore")`."""
MOST_STATEMENTS = 12


class WarningsContext(NodeRule[ast.With]):
    name = "warnings-context"
    summary = "with warnings.catch_warnings() is left to Python: scripted code does without."
    messages = ("def __exit__(self, *exc_info)",)
    safety = Safety.SAFE
    scope = Scope.SCRIPTED
    mentions = ("catch_warnings", "nullcontext")
    kinds = ast.With

    def fix(self, site: Site[ast.With]) -> Fix | None:
        node, file = site.node, site.file
        computes_nothing = all(
            item.optional_vars is None and _called(item.context_expr, file) in COMPUTE_NOTHING
            for item in node.items
        )
        if not computes_nothing or is_told_apart(node, site.function):
            return None
        count = sum(isinstance(each, ast.stmt) for each in ast.walk(node))
        require(count <= MOST_STATEMENTS, "the block under it is too long to stand there twice")
        texts = [each for each in ast.walk(node) if isinstance(each, ast.Constant | ast.JoinedStr)]
        in_lines = all(each.lineno == each.end_lineno for each in texts)
        require(in_lines, "the block under it holds a text over several lines")
        clashes = import_clashes(file.tree, "torch")
        require(not clashes, "torch means something else in this file")
        inside = [_code(file, each) for each in node.body if not _sets_a_filter(each, file)]
        scripted = textwrap.indent("\n".join(inside) or "pass", "    ")
        python = textwrap.indent(_code(file, node), "    ")
        code = f"if torch.jit.is_scripting():\n{scripted}\nelse:\n{python}"
        context = file.segment(node.items[0].context_expr)
        edits = (AddImport("torch"), ReplaceStatement(node, code))
        return Fix(f"with {context}: only outside of TorchScript", edits)


def _called(node: ast.expr, file: FileFacts) -> str:
    """The dotted name of what a call is of; "" for what is no call."""
    return file.dotted(node.func) if isinstance(node, ast.Call) else ""


def _sets_a_filter(statement: ast.stmt, file: FileFacts) -> bool:
    return isinstance(statement, ast.Expr) and _called(statement.value, file) in FILTERS


def _code(file: FileFacts, statement: ast.stmt) -> str:
    """A statement as it stands, its first line not indented."""
    lines = file.segment(statement).split("\n")
    indent = file.lines[statement.lineno - 1][: statement.col_offset]
    if indent.strip():  # behind a colon or a semicolon, on a line with others
        return "\n".join(lines)
    return "\n".join([lines[0], *(line.removeprefix(indent) for line in lines[1:])])
