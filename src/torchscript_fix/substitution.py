"""New source text for a part of a file in which some nodes inside it have other text."""

import ast
from collections.abc import Iterator, Mapping

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
