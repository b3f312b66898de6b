"""enumerate-module-list: every form does what the original did, for lists of all lengths."""

import itertools
import linecache
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import torch

from torchscript_fix.codemods.enumerate_module_list import EnumerateModuleList
from torchscript_fix.facts.static import Project
from torchscript_fix.rewrite import Rewriting, rewrite_project

PATH = Path("example.py")
HEAD = """
from typing import List

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor + 1


class Net(nn.Module):
    def __init__(self, a: int, b: int, n: int):
        super().__init__()
        self.n = n
        self.a = nn.ModuleList([Scale(2.0 + k) for k in range(a)])
        self.b = nn.ModuleList([Scale(7.0 - k) for k in range(b)])
        self.twin = nn.ModuleList([Scale(3.0 + k) for k in range(a)])
        self.whole = nn.ModuleList([Scale(5.0 - k) for k in range(n)])
        self.seq = nn.Sequential(*[Scale(1.5 + k) for k in range(a)])
        rows = [[Scale(1.0 + k) for k in range(b)] for _ in range(a)]
        self.grid = nn.ModuleList([nn.ModuleList(row) for row in rows])

"""

FORMS = """
# its own length
for i in range(len(self.a)):
    x = self.a[i](x)
# a length of another list
for i in range(len(self.b)):
    x = self.a[i](x)
# an attribute
for i in range(self.n):
    x = self.a[i](x)
# an attribute that built the list
for i in range(self.n):
    x = self.whole[i](x) + i
# a number
for i in range(2):
    x = self.a[i](x)
# two lists
for i in range(len(self.a)):
    x = self.b[i](self.a[i](x))
# two lists of one length
for i in range(len(self.a)):
    x = self.twin[i](self.a[i](x))
# two lists up to a number
for i in range(self.n):
    x = self.b[i](self.a[i](x)) + i
# a list of Tensors
for i in range(len(xs)):
    x = x + self.a[i](xs[i])
# from the second on
for i in range(1, len(self.a)):
    x = self.a[i](x)
# from the third on
for k in range(2, self.n):
    x = self.a[k](x)
# but the last
for i in range(len(self.a) - 1):
    x = self.a[i](x)
# the middle
for i in range(1, len(xs) - 1):
    x = self.a[i](x) + xs[i + 1]
# the next one
for i in range(len(self.a) - 1):
    x = self.a[i + 1](x)
# the next one of n
for i in range(self.n):
    x = self.a[i + 1](x)
# the next one and the index
for i in range(len(self.a) - 1):
    x = self.a[i + 1](x) + i
# the one before
for i in range(len(self.a)):
    x = self.a[i - 1](x)
# counted from one
for i in range(1, self.n + 1):
    x = self.a[i - 1](x) * i
# counted from one to its length
for i in range(1, len(self.a) + 1):
    x = self.a[i - 1](x)
# this one and the next
for i in range(len(self.a) - 1):
    x = self.a[i + 1](self.a[i](x))
# every other
for i in range(0, len(self.a), 2):
    x = self.a[i](x)
# every other from one
for i in range(1, len(self.a), 2):
    x = self.a[i](x)
# every other up to n
for i in range(0, self.n, 2):
    x = self.a[i](x)
# in pairs
for i in range(0, len(self.a), 2):
    x = self.a[i + 1](self.a[i](x))
# from the end
for i in range(len(self.a) - 1, -1, -1):
    x = self.a[i](x)
# from the end by a difference
for i in range(len(self.a)):
    x = self.a[len(self.a) - 1 - i](x)
# from the end by a minus
for i in range(self.n):
    x = self.a[-i](x)
# from the end of n
for i in range(self.n - 1, -1, -1):
    x = self.a[i](x)
# in both sides of a conditional expression
for i in range(self.n):
    x = torch.relu(self.a[i](x)) if i < self.n - 1 else self.a[i](x)
# in both branches of an if
for i in range(len(self.b)):
    if i == 1:
        x = self.a[i](x) + 1
    else:
        x = self.a[i](x) * 2
# another list in each branch
for i in range(self.n):
    x = self.a[i](x) if i != 1 else self.b[i](x)
# its range reversed
for i in reversed(range(len(self.a))):
    x = self.a[i](x)
# a part of its range reversed
for i in reversed(range(1, self.n - 1)):
    x = self.a[i](x) * i
# another range reversed by a slice
for i in range(self.n + 1)[::-1]:
    x = self.a[i - 1](x)
# a reversed range from a number on
for i in reversed(range(m, 2)):
    x = self.a[i](x)
# a start that may be negative
for i in range(m, len(self.a)):
    x = self.a[i](x)
# not in every turn
for i in range(self.n):
    x = x + 1
    if i < self.n - 1:
        x = self.a[i](x)
# one in every turn, one not
for i in range(self.n):
    x = self.a[i](x)
    if i < 1:
        x = self.b[i](x)
# by a conditional expression
for i in range(self.n):
    x = self.a[i](x) if i < 1 else x + 2
# enumerated Tensors
for i, y in enumerate(xs):
    x = x + self.a[i](y)
# enumerated Tensors, used twice
for i, y in enumerate(xs):
    x = x + self.a[i](y) * y + i
# enumerated Tensors, name taken
for i, x in enumerate(xs):
    x = self.a[i](x)
# an enumerated list
for i, layer in enumerate(self.b):
    x = self.a[i](layer(x))
# an enumerated list of one length
for i, layer in enumerate(self.twin):
    x = self.a[i](layer(x))
# enumerated zip
for i, (one, two) in enumerate(zip(self.a, self.b)):
    x = self.twin[i](two(one(x)))
# zip with Tensors
for layer, y in zip(self.a, xs):
    x = x + layer(y)
# Tensors zipped with
for y, layer in zip(xs, self.a):
    x = x + layer(y) * y
# zip of three
for i, (y, one, two) in enumerate(zip(xs, self.a, self.b)):
    x = x + two(one(y)) * i
# a computed index
x = self.a[m](x)
# a computed index in a branch
if m < 2:
    x = self.a[m + 1](x)
# two computed indices
x = self.a[m](x) + self.b[m + 1](x)
# a computed index twice
x = self.a[m](x)
x = self.twin[m](x)
# a computed index of lists that differ
x = self.a[m](x) + self.b[m](x)
# a new name
y = self.a[m](x)
x = x + y
# an attribute as index
x = self.a[self.n](x)
# an index kept
k = 0
for i in range(self.n):
    x = self.a[k](x)
    k += 1
# while
k = 0
while k < self.n:
    x = self.a[k](x)
    k += 1
# break
for i in range(len(self.a)):
    x = self.a[i](x)
    if i == m:
        break
# continue
for i in range(len(self.a)):
    if i == m:
        continue
    x = self.a[i](x)
# index read after
i = 0
for i in range(len(self.a)):
    x = self.a[i](x)
x = x + i
# index changed
for i in range(len(self.a)):
    i = i // 2
    x = self.a[i](x)
# early return
for i in range(len(self.a)):
    x = self.a[i](x)
    if i == m:
        return x + 5
# early return from n
for i in range(self.n):
    x = self.a[i](x)
    if i == m:
        return x + 5
# a comprehension
x = torch.stack([x] + [self.a[i](x) for i in range(len(self.a))]).sum(0)
# a comprehension up to n
ys = [self.a[i](x) for i in range(self.n)]
x = torch.stack([x] + ys).sum(0)
# a comprehension over Tensors
xs = [self.a[i](y) for i, y in enumerate(xs)]
for y in xs:
    x = x + y
# a comprehension of zip
xs = [layer(y) for layer, y in zip(self.a, xs)]
for y in xs:
    x = x + y
# a comprehension backwards
ys = [self.a[len(self.a) - 1 - i](x) for i in range(len(self.a))]
for y in ys:
    x = x - y
# nested
for i in range(len(self.grid)):
    for j in range(len(self.grid[i])):
        x = self.grid[i][j](x)
# nested the other way
for j in range(len(self.b)):
    for i in range(len(self.grid)):
        x = self.grid[i][j](x)
# nested by computed indices
x = self.grid[m][self.n](x)
# a Sequential
for i in range(len(self.seq)):
    x = self.seq[i](x)
# a name for the list
layers = self.a
for i in range(len(layers)):
    x = layers[i](x)
# a name for the layer
for i in range(len(self.a)):
    layer = self.a[i]
    x = layer(x)
# a slice
for layer in self.a[1:]:
    x = layer(x)
# a slice but the last
for layer in self.a[:-1]:
    x = layer(x)
# a slice of the last two
for layer in self.a[-2:]:
    x = layer(x)
# a slice in steps
for layer in self.a[1::2]:
    x = layer(x)
# a slice up to a number
for layer in self.a[1:2]:
    x = layer(x)
# a counted slice
for i, layer in enumerate(self.a[1:]):
    x = layer(x) + i
# a counted slice but the last
for i, layer in enumerate(self.a[:-1]):
    x = layer(x) + i
# reversed
for layer in reversed(self.a):
    x = layer(x)
# reversed by a slice
for layer in self.a[::-1]:
    x = layer(x)
# reversed and counted
for i, layer in enumerate(reversed(self.a)):
    x = layer(x) + i
# a list of the list
for layer in list(self.a):
    x = layer(x)
# a comprehension of a slice
ys = [layer(x) for layer in self.a[1:]]
for y in ys:
    x = x + y
# a comprehension reversed
ys = [layer(x) for layer in reversed(self.a)]
for y in ys:
    x = x - y
# a called slice
x = self.seq[1:](x)
# a called slice with a new name
y = self.seq[:2](x + 1)
x = x * y
"""

STATEMENTS = {
    heading.strip(): body.strip("\n")
    for heading, body in (part.split("\n", 1) for part in FORMS.split("\n# ")[1:])
}


HELD_BACK = {
    "another list in each branch": "not every turn of the loop takes an element of the list",
    "by a conditional expression": "not every turn of the loop takes an element of the list",
}


def run(body: str) -> Rewriting:
    """The rule on a class with this body of `forward`."""
    project = Project.of_text(source(body), "example", PATH)
    return rewrite_project(project, [EnumerateModuleList()])


def source(body: str) -> str:
    forward = f"def forward(self, x: Tensor, xs: List[Tensor], m: int):\n{indent(body, '    ')}\n"
    return f"{HEAD}{indent(forward + '    return x', '    ')}\n"


def rewritten(body: str) -> str:
    rewriting = run(body)
    assert not rewriting.failures
    return rewriting.texts.get(PATH, source(body))


def module(text: str, name: str) -> Any:
    made = types.ModuleType(name)
    made.__file__ = f"{name}.py"
    sys.modules[name] = made
    linecache.cache[made.__file__] = (len(text), None, text.splitlines(True), made.__file__)
    exec(compile(text, made.__file__, "exec"), vars(made))
    return made


def outcome(net: Any, x: torch.Tensor, xs: list[torch.Tensor], m: int) -> Any:
    """What a call returns, or "IndexError" for one that the interpreter of TorchScript tells."""
    try:
        return net(x, list(xs), m)
    except IndexError:
        return "IndexError"
    except torch.jit.Error as error:
        assert "IndexError" in str(error) or "out of range" in str(error), error
        return "IndexError"


def inputs() -> Iterator[tuple[torch.Tensor, list[torch.Tensor], int]]:
    for tensors, m in itertools.product((0, 2, 4), (-4, -1, 0, 1, 3)):
        yield torch.ones(2), [torch.full((2,), 1.0 + k) for k in range(tensors)], m


LENGTHS = list(itertools.product((0, 1, 3), (0, 2, 3), (0, 1, 2, 4)))


@pytest.mark.parametrize("form", STATEMENTS)
def test_eager_mode_does_as_before_for_all_lengths(form: str) -> None:
    before = module(source(STATEMENTS[form]), "before_rewriting")
    after = module(rewritten(STATEMENTS[form]), "after_rewriting")
    for a, b, n in LENGTHS:
        one, other = before.Net(a, b, n), after.Net(a, b, n)
        for x, xs, m in inputs():
            expected = outcome(one, x, xs, m)
            found = outcome(other, x, xs, m)
            where = (a, b, n, len(xs), m)
            if isinstance(expected, torch.Tensor):
                assert isinstance(found, torch.Tensor), where
                assert torch.equal(found, expected), where
            else:
                assert found == expected, where


@pytest.mark.parametrize("form", [form for form in STATEMENTS if form not in HELD_BACK])
def test_result_compiles_and_does_the_same(form: str) -> None:
    text = rewritten(STATEMENTS[form])
    assert text != source(STATEMENTS[form]), [h.reason for h in run(STATEMENTS[form]).held_back]
    net = module(text, f"scripted_{list(STATEMENTS).index(form)}").Net(3, 3, 3)
    scripted = torch.jit.script(net)
    for x, xs, m in inputs():
        expected = outcome(net, x, xs, m)
        found = outcome(scripted, x, xs, m)
        if isinstance(expected, torch.Tensor):
            torch.testing.assert_close(found, expected)
        else:
            assert found == expected


@pytest.mark.parametrize("form", STATEMENTS)
def test_second_run_finds_nothing(form: str) -> None:
    text = rewritten(STATEMENTS[form])
    again = rewrite_project(Project.of_text(text, "example", PATH), [EnumerateModuleList()])
    assert again.texts == {}


def test_a_comprehension_with_an_if_is_said_not_to_compile() -> None:
    rewriting = run("return torch.stack([self.a[i](x) for i in range(self.n) if i != 1])")
    assert rewriting.texts == {}
    reasons = [held.reason for held in rewriting.held_back]
    assert reasons == ["a comprehension with an `if` does not compile"]


@pytest.mark.parametrize("form", HELD_BACK)
def test_what_is_held_back_is_told(form: str) -> None:
    rewriting = run(STATEMENTS[form])
    assert rewriting.texts == {}
    assert [held.reason for held in rewriting.held_back] == [HELD_BACK[form]]
