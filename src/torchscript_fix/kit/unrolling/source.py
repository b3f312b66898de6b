"""Text of new code: nested headers, and source with other expressions in some places."""

import ast
from collections.abc import Sequence

from torchscript_fix.editing.edit import AddImport, Edit
from torchscript_fix.facts.static import FileFacts

OUT_OF_RANGE = "index out of range"


def text_of(node: ast.AST) -> str:
    return ast.unparse(node)


def nested(header: Sequence[str], body: str) -> list[str]:
    """`body` under each line of `header` in turn."""
    lines = [f"{'    ' * depth}{line}" for depth, line in enumerate(header)]
    return [*lines, *("    " * len(header) + line if line else "" for line in body.split("\n"))]


def spliced(file: FileFacts, node: ast.expr | ast.stmt, replaced: dict[ast.expr, str]) -> str:
    """The source of a node with other text in the place of some expressions in it, its block
    indented from zero."""
    lines = [line.encode() for line in file.segment(node).split("\n")]
    inside = [expression for expression in ast.walk(node) if expression in replaced]
    places = [part for part in inside if isinstance(part, ast.expr)]
    for part in sorted(places, key=lambda p: (p.lineno, p.col_offset), reverse=True):
        first, last = part.lineno - node.lineno, (part.end_lineno or part.lineno) - node.lineno
        start = part.col_offset - (node.col_offset if first == 0 else 0)
        end = (part.end_col_offset or 0) - (node.col_offset if last == 0 else 0)
        lines[first : last + 1] = [
            lines[first][:start] + replaced[part].encode() + lines[last][end:]
        ]
    texts = [line.decode() for line in lines]
    margin = " " * node.col_offset
    return "\n".join(
        [texts[0], *(t[len(margin) :] if t.startswith(margin) else t.lstrip() for t in texts[1:])]
    )


def spelled(kind: str, file: FileFacts) -> tuple[str, list[Edit]]:
    """A type as the file spells Tensor, with the imports that it takes."""
    edits: list[Edit] = []
    for generic in ("List", "Tuple", "Dict", "Optional"):
        if f"{generic}[" in kind:
            edits.append(AddImport("typing", generic))
    if "Tensor" in kind and file.imports.get("Tensor") != "torch.Tensor":
        if file.imports.get("torch") == "torch":
            return kind.replace("Tensor", "torch.Tensor"), edits
        edits.append(AddImport("torch", "Tensor"))
    return kind, edits


def joined_tests(guards: Sequence[tuple[str, str, str]]) -> list[str]:
    """`i >= 1` and `i < n` as `1 <= i < n`."""
    match guards:
        case [(index, ">=", low), (_, "<", high)]:
            return [f"{low} <= {index} < {high}"]
    return [f"{index} {operator} {bound}" for index, operator, bound in guards]
