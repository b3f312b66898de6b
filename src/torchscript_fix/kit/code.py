"""Source text for what a rule writes."""

import ast
from collections.abc import Iterable
from types import UnionType

from torchscript_fix.facts.static import FileFacts

LOOSE = (
    (ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.Compare | ast.IfExp)
    | (ast.Lambda | ast.Await | ast.NamedExpr)
    | (ast.Tuple | ast.Starred)
)
"""What has to stand in parentheses beside an operator, or before a dot."""
PRIMARY = ast.Name | ast.Attribute | ast.Call | ast.Subscript
TAKE_ANY = (ast.If | ast.While | ast.Assert | ast.Assign | ast.AnnAssign | ast.Return) | (
    ast.Expr | ast.AugAssign | ast.keyword | ast.Call
)
"""Nodes in which any expression stands without parentheses."""


def operand(node: ast.expr, file: FileFacts) -> str:
    """The source of an expression as it may stand beside an operator or before a dot."""
    code = file.segment(node)
    return f"({code})" if isinstance(node, LOOSE) or "\n" in code else code


def primary(node: ast.expr, file: FileFacts) -> str:
    """The source of what stands before a dot, or in brackets, as it may stand before another."""
    code = file.segment(node)
    return code if isinstance(node, PRIMARY) else f"({code})"


def in_place_of(node: ast.expr, code: str, file: FileFacts, bare: UnionType = TAKE_ANY) -> str:
    """New code that binds loosely, in the parentheses that it needs where `node` stands: none
    directly in what is `bare`."""
    is_bare = isinstance(file.parents[node], bare) and "\n" not in code
    return code if is_bare else f"({code})"


def tuple_of(parts: Iterable[str], *, bare: bool = False) -> str:
    """`(a, b)`, `(a,)`; `bare` without the parentheses where it can be."""
    listed = list(parts)
    inside = ", ".join(listed) + ("," if len(listed) == 1 else "")
    return inside if bare and len(listed) > 1 else f"({inside})"


def as_list(source: ast.expr, file: FileFacts) -> str:
    """The source of an expression, a generator as a list of the same."""
    code = file.segment(source)
    if isinstance(source, ast.GeneratorExp):
        return f"[{code[1:-1] if code.startswith('(') else code}]"
    return code


def arguments_of(call: ast.Call, file: FileFacts) -> list[str]:
    """The source of each argument of a call: `x`, `*sizes`, `dim=1`, `**options`."""
    return [file.segment(each) for each in call.args] + [
        f"{each.arg}={file.segment(each.value)}" if each.arg else f"**{file.segment(each.value)}"
        for each in call.keywords
    ]


def is_written_out(call: ast.Call) -> bool:
    """Whether a call has no `*args` and no `**kwargs`."""
    starred = any(isinstance(each, ast.Starred) for each in call.args)
    return not starred and all(each.arg is not None for each in call.keywords)


def is_path(node: ast.expr) -> bool:
    """Whether it is a name or an attribute of one, which is as good read twice as once."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def has_comment(node: ast.expr | ast.stmt, file: FileFacts) -> bool:
    """Whether a comment may stand inside of a node: a `#` in a text counts as one, too."""
    return node.lineno != node.end_lineno and "#" in file.segment(node)


def short(node: ast.AST, most: int = 50) -> str:
    """The source of a node for a summary."""
    return shortened(ast.unparse(node), most)


def shortened(text: str, most: int) -> str:
    """A text, and dots for its end where it is longer."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
