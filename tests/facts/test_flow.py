"""Which ways through a function bind a name, and which read it."""

import ast
from textwrap import dedent, indent

import pytest

from torchscript_fix.facts.flow import binds, bound_before, exits, is_read_on_every_way, one_sided
from torchscript_fix.facts.static import FunctionFacts, Project


def function_of(body: str) -> FunctionFacts:
    text = "def forward(x, c, xs):\n" + indent(dedent(body).strip("\n"), "    ") + "\n"
    return next(iter(Project.of_text(text).files.values())).functions["forward"]


def open_ifs(body: str, name: str = "y") -> list[str]:
    return [ast.unparse(node.test) for node in one_sided(function_of(body), name)]


def test_name_of_one_branch_that_is_read_later() -> None:
    assert open_ifs("if c:\n    y = x\nreturn y") == ["c"]


def test_name_that_nobody_reads_outside_of_its_branch() -> None:
    assert open_ifs("if c:\n    y = x\n    x = y\nreturn x") == []


def test_branch_that_leaves_needs_no_name() -> None:
    assert open_ifs("if c:\n    y = x\nelse:\n    raise ValueError(c)\nreturn y") == []


def test_name_that_is_bound_before() -> None:
    assert open_ifs("y = x\nif c:\n    y = x * 2\nreturn y") == []


def test_last_of_a_chain_is_the_one_that_is_open() -> None:
    assert open_ifs("if c == 1:\n    y = x\nelif c == 2:\n    y = x * 2\nreturn y") == ["c == 2"]


def test_if_behind_one_that_is_open_is_not_open_too() -> None:
    body = "if c == 1:\n    y = x\nif c == 2:\n    y = y * 2\nreturn y"
    assert open_ifs(body) == ["c == 1"]


def test_name_of_a_loop_around_is_bound() -> None:
    assert open_ifs("for y in xs:\n    if c:\n        y = x\n    x = y\nreturn x") == []


@pytest.mark.parametrize(
    ("block", "surely"),
    [
        ("y = x", True),
        ("y: int", False),
        ("if c:\n    y = x", False),
        ("if c:\n    y = x\nelse:\n    (y, z) = x", True),
        ("for y in xs:\n    pass", False),
        ("with c as y:\n    pass", True),
        ("return x", True),
    ],
)
def test_what_binds_a_name_on_every_way(block: str, surely: bool) -> None:
    assert binds(ast.parse(block).body, "y") is surely


def test_what_never_comes_to_its_end() -> None:
    assert exits(ast.parse("if c:\n    raise A\nelse:\n    raise B").body)
    assert not exits(ast.parse("if c:\n    raise A").body)


def test_binding_in_the_loop_does_not_count_before_it() -> None:
    function = function_of("for i in xs:\n    y = x\nreturn y")
    loop, last = function.node.body
    assert not bound_before(loop, "y", function)
    assert not bound_before(last, "y", function)
    assert bound_before(loop, "x", function)


@pytest.mark.parametrize(
    ("block", "read"),
    [
        ("return y", True),
        ("if c:\n    return y.mean()\nelse:\n    return y.sum()", True),
        ("if c:\n    y = y.mean()\nreturn y", True),
        ("if c:\n    return x\nreturn y", False),
        ("y = x\nreturn y", False),
        ("return y if c else x", False),
    ],
)
def test_whether_every_way_reads_a_name(block: str, read: bool) -> None:
    function = function_of(block)
    assert is_read_on_every_way(function.node.body, "y", function) is read
