"""New source text for a part of a file in which some nodes inside it have other text."""

import ast
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from torchscript_fix.facts.static import FileFacts

Part = ast.expr | ast.keyword


def substituted(file: FileFacts, node: Part | ast.stmt, instead: Mapping[ast.AST, str]) -> str:
    """The source text of `node` with other text for the outermost nodes in it that `instead`
    names."""
    if node in instead:
        return instead[node]
    start, end = _span(file, node)
    source = _source(file)
    text, position = "", start
    for inner in outermost(node, instead):
        inner_start, inner_end = _span(file, inner)
        text += source[position:inner_start].decode() + instead[inner]
        position = inner_end
    return text + source[position:end].decode()


def outermost(root: ast.AST, instead: Mapping[ast.AST, str]) -> Iterator[Part]:
    """The nodes under `root` that `instead` names, those inside others left out, in the order in
    which they stand."""
    for child in sorted(_children(root), key=lambda each: (each.lineno, each.col_offset)):
        if child in instead:
            yield child
        else:
            yield from outermost(child, instead)


def _children(node: ast.AST) -> list[Part]:
    """The expressions and keywords directly under a node, whatever stands between."""
    found: list[Part] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr | ast.keyword):
            found.append(child)
        else:
            found += _children(child)
    return found


def _source(file: FileFacts) -> bytes:
    return "\n".join(file.lines).encode()


def _span(file: FileFacts, node: Part | ast.stmt) -> tuple[int, int]:
    lines = [len(line.encode()) + 1 for line in file.lines[: node.end_lineno]]
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start = sum(lines[: node.lineno - 1]) + node.col_offset
    return start, sum(lines[: node.end_lineno - 1]) + node.end_col_offset


# ------------------------------------------------------------------------------ whole statements


def written_again(
    file: FileFacts, statements: Sequence[ast.stmt], names: Mapping[str, str]
) -> list[str]:
    """The lines of statements of one block, not indented, with other text for some names.

    Comments between them stay, unless a line cannot be moved as it is.
    """
    if _cannot_be_moved(file, statements):
        return [
            line
            for statement in statements
            for line in ast.unparse(_Renamed(names).visit(_copy(statement))).split("\n")
        ]
    instead: dict[ast.AST, str] = {
        node: names[node.id]
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id in names
    }
    lines: list[str] = []
    for statement in statements:
        comments = _comments_above(file, statement) if lines else []
        code = " " * statement.col_offset + substituted(file, statement, instead)
        lines += [*comments, *code.split("\n")]
    return textwrap.dedent("\n".join(lines)).split("\n")


def _cannot_be_moved(file: FileFacts, statements: Sequence[ast.stmt]) -> bool:
    """Whether another indentation would change a text, or the statements share their lines."""
    first, last = statements[0], statements[-1]
    begins = [statement.lineno for statement in statements]
    code = file.lines[first.lineno - 1 : last.end_lineno]
    return (
        len(set(begins)) < len(begins)
        or bool(code[0][: first.col_offset].strip())
        or "\t" in "".join(code)
        or any(
            isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno
            for statement in statements
            for node in ast.walk(statement)
        )
    )


def _comments_above(file: FileFacts, statement: ast.stmt) -> list[str]:
    """The comments, and the blank lines, directly above a statement."""
    start = statement.lineno - 1
    while file.lines[start - 1].lstrip().startswith("#") or not file.lines[start - 1].strip():
        start -= 1
    return [line if line.strip() else "" for line in file.lines[start : statement.lineno - 1]]


def _copy(statement: ast.stmt) -> ast.stmt:
    return ast.parse(ast.unparse(statement)).body[0]


class _Renamed(ast.NodeTransformer):
    """Other expressions in the place of names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names:
            return node
        return ast.parse(self.names[node.id], mode="eval").body
