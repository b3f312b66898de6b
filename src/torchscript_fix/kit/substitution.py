"""New source text for a part of a file in which some nodes inside it have other text."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts

Part = ast.expr | ast.keyword


def substituted(file: FileFacts, node: Part | ast.stmt, instead: Mapping[ast.AST, str]) -> str:
    """The source text of `node` with other text for the outermost nodes in it that `instead`
    names."""
    if node in instead:
        return instead[node]
    position, end = _span(file, node)
    text, source = "", _source(file)[0]
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


def _children(node: ast.AST) -> Iterator[Part]:
    """The expressions and keywords directly under a node, whatever stands between."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr | ast.keyword):
            yield child
        else:
            yield from _children(child)


@remembered
def _source(file: FileFacts) -> tuple[bytes, Sequence[int]]:
    """The bytes of a file, and where each line begins in them."""
    lines = [f"{line}\n".encode() for line in file.lines]
    return b"".join(lines), list(accumulate(map(len, lines), initial=0))


def _span(file: FileFacts, node: Part | ast.stmt) -> tuple[int, int]:
    begins = _source(file)[1]
    assert node.end_lineno is not None and node.end_col_offset is not None
    end = begins[node.end_lineno - 1] + node.end_col_offset
    return begins[node.lineno - 1] + node.col_offset, end


# ------------------------------------------------------------------------------ whole statements


def renamed(nodes: Sequence[ast.AST], names: Mapping[str, str]) -> dict[ast.AST, str]:
    """The places of some names under nodes, each with its other text."""
    return {
        node: names[node.id]
        for root in nodes
        for node in ast.walk(root)
        if isinstance(node, ast.Name) and node.id in names
    }


def moved(file: FileFacts, node: ast.expr | ast.stmt, instead: Mapping[ast.AST, str]) -> str:
    """The source of a node with other text for some in it, its block not indented."""
    return not_indented(" " * node.col_offset + substituted(file, node, instead), node.col_offset)


def not_indented(code: str, margin: int) -> str:
    """Lines without a margin, as far as each has it."""
    lines = code.split("\n")
    return "\n".join(line.lstrip() if line[:margin].strip() else line[margin:] for line in lines)


def body_of(file: FileFacts, loop: ast.For) -> str:
    """The body of a loop with all of its comments, not indented."""
    first = loop.body[0]
    if first.lineno == loop.lineno:
        return "\n".join(map(file.segment, loop.body))
    lines = file.lines[max(loop.iter.end_lineno or 0, loop.lineno) : loop.end_lineno]
    return not_indented("\n".join(lines), first.col_offset)


def written_again(
    file: FileFacts, statements: Sequence[ast.stmt], names: Mapping[str, str]
) -> list[str]:
    """The lines of statements of one block, not indented, with other text for some names.

    Comments between them stay, unless a line cannot be moved as it is.
    """
    if _cannot_be_moved(file, statements):
        copies = [ast.parse(ast.unparse(statement)).body[0] for statement in statements]
        written = [ast.unparse(_Renamed(names).visit(copy)) for copy in copies]
    else:
        instead = renamed(statements, names)
        written = [moved(file, statement, instead) for statement in statements]
        for place, statement in enumerate(statements[1:], 1):
            written[place] = "\n".join([*_comments_above(file, statement), written[place]])
    return "\n".join(written).split("\n")


def _cannot_be_moved(file: FileFacts, statements: Sequence[ast.stmt]) -> bool:
    """Whether another indentation would change a text, or the statements share their lines."""
    first, last = statements[0], statements[-1]
    code = file.lines[first.lineno - 1 : last.end_lineno]
    return (
        len({statement.lineno for statement in statements}) < len(statements)
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
    while not file.lines[start - 1].partition("#")[0].strip():
        start -= 1
    lines = file.lines[start : statement.lineno - 1]
    return [not_indented(line, statement.col_offset) for line in lines]


class _Renamed(ast.NodeTransformer):
    """Other expressions in the place of names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names:
            return node
        return ast.parse(self.names[node.id], mode="eval").body
