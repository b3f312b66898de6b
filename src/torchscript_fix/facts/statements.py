"""What a statement says and does with all that is in its blocks, remembered beside the tree."""

import ast

from torchscript_fix.facts.nodes import nodes_in
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import self_attribute
from torchscript_fix.source import Parsed


@remembered
def words_in(parsed: Parsed, statement: ast.stmt) -> frozenset[str]:
    """The names, the attributes of `self` and the texts (of `hasattr`) in a statement."""
    words: set[str] = set()
    for node in nodes_in(statement):
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute) and self_attribute(node) is not None:
            words.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
    return frozenset(words)


BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where statements have statements."""


@remembered
def may_leave(parsed: Parsed, statement: ast.stmt) -> bool:
    """Whether what follows a statement may never be reached: `return`, `raise`, `break`,
    `continue` in it."""
    todo: list[tuple[ast.AST, bool]] = [(statement, False)]
    while todo:
        node, looped = todo.pop()
        if isinstance(node, ast.Return | ast.Raise):
            return True
        if isinstance(node, ast.Break | ast.Continue) and not looped:
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        looped = looped or isinstance(node, ast.For | ast.While)
        for block in BLOCKS:
            todo += [(inner, looped) for inner in getattr(node, block, ())]
    return False
