"""What is a Tensor's size, and which places take a list for one."""

import ast
from pathlib import Path

import pytest

from torchscript_fix.facts.shapes import (
    is_fresh_list,
    is_only_a_size,
    is_size,
    takes_one_list,
    takes_sizes_apart,
)
from torchscript_fix.facts.static import FunctionFacts, Project


def function(*lines: str) -> FunctionFacts:
    body = "\n    ".join(lines)
    text = f"import torch\nimport torch.nn.functional as F\n\n\ndef f(self, x, n):\n    {body}\n"
    path = Path("example.py")
    return Project.of_text(text, "example", path).files[path].functions["f"]


def value(facts: FunctionFacts) -> ast.expr:
    """The value of the last statement."""
    last = facts.node.body[-1]
    assert isinstance(last, ast.Return | ast.Expr | ast.Assign)
    assert last.value is not None
    return last.value


@pytest.mark.parametrize(
    "lines",
    [
        ["return x.size()"],
        ["return x.shape[2:]"],
        ["return x.size()[:-1] + (n, 2)"],
        ["size = x.shape", "other = size[1:]", "return other"],
    ],
)
def test_a_size(lines: list[str]) -> None:
    facts = function(*lines)
    assert is_size(value(facts), facts)


@pytest.mark.parametrize(
    "lines",
    [
        ["return n"],
        ["return x.size(0)"],
        ["return self.size()"],
        ["size = x.shape", "size = [1, 2]", "return size"],
        ["return x.shape[0]"],
    ],
)
def test_no_size(lines: list[str]) -> None:
    facts = function(*lines)
    assert not is_size(value(facts), facts)


@pytest.mark.parametrize("code", ["[1] * n", "list(n)", "[i for i in n]", "[1] + n", "[1, 2][1:]"])
def test_a_list_of_its_own(code: str) -> None:
    assert is_fresh_list(ast.parse(code, mode="eval").body)


@pytest.mark.parametrize("code", ["n", "x.shape", "(1, 2)", "n * 2"])
def test_no_list_of_its_own(code: str) -> None:
    assert not is_fresh_list(ast.parse(code, mode="eval").body)


@pytest.mark.parametrize(
    ("code", "apart"),
    [
        ("x.view(1, *n)", True),
        ("torch.zeros(*n)", True),
        ("self.view(*n)", False),
        ("torch.full(*n)", False),
        ("F.pad(*n)", False),
    ],
)
def test_sizes_one_by_one(code: str, apart: bool) -> None:
    facts = function(f"return {code}")
    assert takes_sizes_apart(facts.calls[0], facts) == apart


@pytest.mark.parametrize(
    ("code", "taken"),
    [
        ("x.view((1, n))", True),
        ("F.interpolate(x, size=(n, n))", True),
        ("torch.full((n, n), 0.0)", True),
        ("self.net((n, n))", False),
        ("(n, n)", False),
    ],
)
def test_a_list_for_a_tuple(code: str, taken: bool) -> None:
    facts = function(f"return {code}")
    (node,) = [node for node in facts.nodes if isinstance(node, ast.Tuple)]
    assert takes_one_list(node, facts) == taken


@pytest.mark.parametrize(
    ("use", "only"),
    [
        ("x.view(s)", True),
        ("s[0] + len(s)", True),
        ("x.view(1, *s)", True),
        ("s", False),
        ("s + (1,)", False),
        ("s == (1, 2)", False),
    ],
)
def test_a_name_that_may_hold_a_list(use: str, only: bool) -> None:
    facts = function("s = (n, n)", f"return {use}")
    assert is_only_a_size("s", facts) == only
