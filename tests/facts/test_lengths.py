"""How long lists are: what is provably equal, and what only looks so."""

import ast
from textwrap import dedent, indent

import pytest

from torchscript_fix.facts.lengths import Lengths, Size
from torchscript_fix.facts.static import Project

HEAD = """
import copy
from collections import OrderedDict
import torch.nn as nn

def clones(module, count):
    return nn.ModuleList([copy.deepcopy(module) for _ in range(count)])

def maybe(module, count):
    if count > 3:
        return nn.ModuleList([module])
    return nn.ModuleList([module] * count)

class Net(nn.Module):
    def __init__(self, n, m, widths, layer):
        super().__init__()
"""
FORWARD = """
    def forward(self, x, xs):
        return x
"""


def lengths(init: str, rest: str = "") -> Lengths:
    text = HEAD + indent(dedent(init).strip("\n"), " " * 8) + FORWARD + rest
    project = Project.of_text(text)
    function = project.classes["example.Net"].method("forward")
    assert function is not None
    return Lengths(function, project.classes["example.Net"])


def length(init: str, of: str = "self.a", rest: str = "") -> Size | None:
    return lengths(init, rest).length(ast.parse(of, mode="eval").body)


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("self.a = nn.ModuleList([layer, layer])", 2),
        ("self.a = nn.ModuleList()", 0),
        ("self.a = nn.ModuleList([layer for _ in range(4)])", 4),
        ("self.a = nn.ModuleList([layer] * 3)", 3),
        ("self.a = nn.Sequential(layer, *[layer for _ in range(2)])", 3),
        ("self.a = nn.Sequential(OrderedDict([('one', layer), ('two', layer)]))", 2),
        ("self.a = clones(layer, 6)", 6),
        ("self.a = clones(count=2, module=layer)", 2),
        ("self.a = nn.ModuleList()\nfor k in [1, 2, 4]:\n    self.a.append(layer)", 3),
        ("self.a = nn.ModuleList()\nfor k in range(1, 4):\n    self.a += [layer, layer]", 6),
        ("parts = []\nfor k in (1, 3):\n    parts.append(layer)\nself.a = nn.ModuleList(parts)", 2),
        ("parts = [layer]\nparts.extend([layer, layer])\nself.a = nn.ModuleList(parts)", 3),
        ("one, two = [], []\nfor k in (1, 3):\n    one.append(k)\nself.a = nn.ModuleList(one)", 2),
        ("sizes = [1, 2, 3]\nself.a = nn.ModuleList([layer for k in sizes[1:]])", 2),
        ("self.sizes = [1, 2]\nself.a = nn.ModuleList([layer for _ in self.sizes])", 2),
        ("self.a = nn.ModuleList([layer for a, b in zip([1, 2], [3, 4])])", 2),
    ],
)
def test_a_length_that_is_a_number(init: str, expected: int) -> None:
    assert length(init) == Size(expected)


@pytest.mark.parametrize(
    "init",
    [
        "self.a = nn.ModuleList([layer for _ in range(n)])\n"
        "self.b = nn.ModuleList([layer for _ in range(n)])",
        "self.n = n\nself.a = clones(layer, n)\n"
        "self.b = nn.ModuleList([layer for _ in range(self.n)])",
        "self.a = nn.ModuleList([layer for w in widths])\n"
        "self.b = nn.ModuleList([layer for i in range(len(widths))])",
        "self.a = nn.ModuleList([layer for w in widths[0]])\n"
        "self.b = nn.ModuleList([layer for i in range(len(widths[0]))])",
        "a, b = [], []\nfor w in widths:\n    if w:\n        a.append(w)\n        b.append(layer)\n"
        "self.a = nn.ModuleList(a)\nself.b = nn.ModuleList(b)",
        "self.a = nn.ModuleList()\nself.b = nn.ModuleList()\n"
        "for i in range(n):\n    self.a.append(layer)\n    self.b.append(layer)",
    ],
)
def test_two_lists_of_one_length(init: str) -> None:
    assert length(init) is not None
    assert length(init) == length(init, "self.b")


@pytest.mark.parametrize(
    "init",
    [
        "self.a = nn.ModuleList([layer for _ in range(n)])\n"
        "self.b = nn.ModuleList([layer for _ in range(m)])",
        # `n` may be 1: then the one list has two layers, and the other one.
        "self.a = nn.ModuleList([layer, *[layer for _ in range(n - 2)], layer])\n"
        "self.b = nn.ModuleList([layer for _ in range(n)])",
        "a, b = [], []\nfor w in widths:\n    a.append(layer)\n    if w:\n        b.append(layer)\n"
        "self.a = nn.ModuleList(a)\nself.b = nn.ModuleList(b)",
        "a, b = [], []\nfor w in widths:\n    a.append(layer)\n    if w:\n        continue\n"
        "    b.append(layer)\nself.a = nn.ModuleList(a)\nself.b = nn.ModuleList(b)",
        "self.a = clones(layer, n)\nself.b = maybe(layer, n)",
        "self.a = clones(layer, n)\nn = n + 1\nself.b = clones(layer, n)",
        "parts = [layer]\nself.a = nn.ModuleList(parts)\nparts.append(layer)\n"
        "self.b = nn.ModuleList(parts)",
        "self.a = nn.ModuleList([layer])\nif n:\n    self.a = nn.ModuleList()\n"
        "self.b = nn.ModuleList([layer])",
        "self.a = nn.ModuleList([layer for w in widths if w])\n"
        "self.b = nn.ModuleList([layer for w in widths])",
    ],
)
def test_two_lists_that_may_differ(init: str) -> None:
    one, other = length(init), length(init, "self.b")
    assert one is None or other is None or one != other


@pytest.mark.parametrize(
    "rest",
    [
        "    def grow(self):\n        self.a.append(self.a[0])",
        "    def swap(self, layers):\n        self.a = nn.ModuleList(layers)",
        "    def cut(self):\n        del self.a[0]",
        "def change(net):\n    net.a = nn.ModuleList()",
        "def change(net):\n    net.a.append(nn.ReLU())",
    ],
)
def test_a_list_that_other_code_changes_has_no_number(rest: str) -> None:
    found = length("self.a = nn.ModuleList([layer, layer])", rest="\n" + rest)
    assert found != Size(2)


def test_an_attribute_of_which_nothing_is_known_is_as_long_as_itself() -> None:
    known = lengths("self.a = layer.parts")
    node = ast.parse("self.a", mode="eval").body
    assert known.length(node) is not None
    assert known.value(ast.parse("len(self.a)", mode="eval").body) == known.length(node)


def test_a_difference_of_numbers() -> None:
    known = lengths("self.n = n\nself.a = clones(layer, n)")
    less = known.value(ast.parse("self.n - 1", mode="eval").body)
    more = known.value(ast.parse("1 + self.n", mode="eval").body)
    assert less is not None
    assert more is not None
    assert more - less == Size(2)
