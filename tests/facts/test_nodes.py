"""Nodes of a tree are those that Python itself finds."""

import ast
import inspect
import sys
import typing
from types import ModuleType

import pytest

from torchscript_fix.facts.nodes import children

MATCHING = """
match command:
    case {"x": int(x), **rest} if rest: pass
    case [1, *others] | Point(x=0, y=-1) as place: pass
def f(a, /, b: int = 1, *args: str, c=2, **kwargs) -> None:
    global g
    from .. import h as i
    return f"{a!r:>{b}}", lambda: (yield), [x async for x in a if x], {**kwargs}, a[1:2, ...]
"""


@pytest.mark.parametrize("module", [ast, inspect, typing])
def test_children_are_those_of_python_but_for_contexts(module: ModuleType) -> None:
    for text in (inspect.getsource(module), MATCHING):
        for node in ast.walk(ast.parse(text)):
            expected = ast.iter_child_nodes(node)
            assert children(node) == [n for n in expected if not isinstance(n, ast.expr_context)]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no such statement before")
def test_the_name_of_a_type_is_a_node() -> None:
    (alias,) = ast.parse("type X[T: int] = list[T]").body
    assert [type(child).__name__ for child in children(alias)] == ["Name", "TypeVar", "Subscript"]
