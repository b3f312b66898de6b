"""Asserts against None: where they go, and that compiler and eager mode agree with them."""

import linecache
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
import torch

from torchscript_fix.editing.surgery import apply_edits
from torchscript_fix.facts.narrowing import Narrowing, narrow
from torchscript_fix.facts.static import Project

HEAD = dedent("""
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    from typing import Dict, List, Optional, Tuple
    from torch import Tensor

    def doubled(t):
        return t * 2

    def masked(t, mask: Optional[Tensor] = None):
        return t if mask is None else t * mask

    def passed_by(t):
        return t

    def kept(a, flag: bool):
        if flag:
            a = a + 1
        return a

    """)


TWOS = torch.full((3,), 2.0)


@dataclass(frozen=True)
class Body:
    """A function body over a Tensor `x`, an optional `y` and a flag `c`, and what becomes of it."""

    name: str
    before: str
    after: str
    inner: str = "Tensor"
    """What stands inside Optional for `y`."""
    value: Any = TWOS

    @property
    def expected(self) -> str:
        return self.before if self.after == UNCHANGED else self.after


UNCHANGED = "unchanged"


def function_of(body: str, inner: str = "Tensor") -> str:
    body = indent(dedent(body).strip(), "    ")
    return f"{HEAD}def f(x: Tensor, y: Optional[{inner}] = None, c: bool = True):\n{body}\n"


def narrowed(text: str, qualname: str = "f", thing: str = "y", **how: Any) -> tuple[str, Narrowing]:
    project = Project.of_text(text)
    (file,) = project.files.values()
    found = narrow(file.functions[qualname], thing, **how)
    return apply_edits(text, found.edits, file.tree), found


def loaded(name: str, text: str) -> types.ModuleType:
    """`text` as a module whose source TorchScript can read."""
    path = f"/narrowing/{name.replace(' ', '_')}_{abs(hash(text))}.py"
    module = types.ModuleType(Path(path).stem)
    module.__file__ = path
    sys.modules[module.__name__] = module
    linecache.cache[path] = (len(text), None, text.splitlines(True), path)
    exec(compile(text, path, "exec"), vars(module))
    return module


def outcome(function: Any, *args: Any) -> Any:
    """The result, or "raises" where there is none."""
    try:
        return function(*args)
    except Exception:
        return "raises"


def same(a: Any, b: Any) -> bool:
    if isinstance(a, str | tuple | list) or a is None or b is None:
        return bool(type(a) is type(b) and str(a) == str(b))
    return bool(torch.equal(torch.as_tensor(a), torch.as_tensor(b)))


BODIES = [
    Body(
        "a use in the body",
        """
        z = x + 1
        return z + y
        """,
        """
        z = x + 1
        assert y is not None
        return z + y
        """,
    ),
    Body(
        "a use in a branch",
        """
        if c:
            x = torch.cat([x, y])
        return x
        """,
        """
        if c:
            assert y is not None
            x = torch.cat([x, y])
        return x
        """,
    ),
    Body(
        "a use late in a branch",
        """
        if c:
            z = x + 1
            x = z * y
        return x
        """,
        """
        if c:
            assert y is not None
            z = x + 1
            x = z * y
        return x
        """,
    ),
    Body(
        "in both branches",
        """
        if c:
            x = x + y
        else:
            x = x - y
        return x * y.sum()
        """,
        """
        assert y is not None
        if c:
            x = x + y
        else:
            x = x - y
        return x * y.sum()
        """,
    ),
    Body(
        "in both branches and not after",
        """
        if c:
            x = x + y
        else:
            x = x - y
        return x
        """,
        """
        if c:
            assert y is not None
            x = x + y
        else:
            assert y is not None
            x = x - y
        return x
        """,
    ),
    Body(
        "two branches of one condition",
        """
        if c:
            x = x + y
        x = x * 2
        if c:
            x = x - y
        return x
        """,
        """
        if c:
            assert y is not None
            x = x + y
        x = x * 2
        if c:
            assert y is not None
            x = x - y
        return x
        """,
    ),
    Body(
        "under is not None",
        """
        if y is not None:
            x = x + y
        return x
        """,
        UNCHANGED,
    ),
    Body(
        "else of is None",
        """
        if y is None:
            return x
        else:
            return x + y
        """,
        UNCHANGED,
    ),
    Body(
        "after an early return",
        """
        if y is None:
            return x
        return x + y
        """,
        UNCHANGED,
    ),
    Body(
        "after an early raise",
        """
        if y is None:
            raise ValueError('y')
        return x + y
        """,
        UNCHANGED,
    ),
    Body(
        "after an assert",
        """
        assert y is not None, 'y'
        return x + y
        """,
        UNCHANGED,
    ),
    Body(
        "behind and",
        """
        if y is not None and y.dim() > 0:
            x = x + y
        return x
        """,
        UNCHANGED,
    ),
    Body(
        "behind and with another test",
        """
        if c and y is not None:
            x = x + y
        return x
        """,
        UNCHANGED,
    ),
    Body(
        "behind or",
        """
        if y is None or y.dim() > 9:
            return x
        return x + 1
        """,
        UNCHANGED,
    ),
    Body(
        "not is None",
        """
        if not y is None:
            x = x + y
        return x
        """,
        UNCHANGED,
    ),
    Body(
        "None is not",
        """
        if None is not y:
            x = x + y
        return x
        """,
        UNCHANGED,
    ),
    Body(
        "isinstance",
        """
        if isinstance(y, Tensor):
            x = x + y
        return x
        """,
        UNCHANGED,
    ),
    Body(
        "a conditional expression over it",
        "return x + y if y is not None else x",
        UNCHANGED,
    ),
    Body(
        "a default",
        """
        if y is None:
            y = x
        return x + y
        """,
        UNCHANGED,
    ),
    Body(
        "a default in an expression",
        """
        y = x if y is None else y
        return x + y
        """,
        UNCHANGED,
    ),
    Body(
        "a default under another condition",
        """
        if y is None and c:
            y = x
        return x + y
        """,
        """
        if y is None and c:
            y = x
        assert y is not None
        return x + y
        """,
    ),
    Body(
        "reassigned in one branch",
        """
        if c:
            y = x
        return x + y
        """,
        """
        if c:
            y = x
        assert y is not None
        return x + y
        """,
    ),
    Body(
        "reassigned from itself",
        """
        y = doubled(y)
        return x + y
        """,
        """
        assert y is not None
        y = doubled(y)
        return x + y
        """,
    ),
    Body(
        "augmented",
        """
        y *= 1
        return y + x
        """,
        """
        assert y is not None
        y *= 1
        return y + x
        """,
    ),
    Body(
        "set to None",
        """
        z = x + y
        y = None
        return z
        """,
        """
        assert y is not None
        z = x + y
        y = None
        return z
        """,
    ),
    Body(
        "in a loop that may not run",
        """
        for i in range(x.size(0)):
            x = x + y
        return x
        """,
        """
        for i in range(x.size(0)):
            assert y is not None
            x = x + y
        return x
        """,
    ),
    Body(
        "in a loop and after it",
        """
        for i in range(x.size(0)):
            x = x + y
        return x + y
        """,
        """
        assert y is not None
        for i in range(x.size(0)):
            x = x + y
        return x + y
        """,
    ),
    Body(
        "reassigned in a loop",
        """
        for i in range(3):
            y = x + y
        return x
        """,
        """
        for i in range(3):
            assert y is not None
            y = x + y
        return x
        """,
    ),
    Body(
        "a loop left early",
        """
        for i in range(3):
            if y is None:
                break
            x = x + y
        return x
        """,
        """
        for i in range(3):
            if y is None:
                break
            assert y is not None
            x = x + y
        return x
        """,
    ),
    Body(
        "a loop turn skipped",
        """
        for i in range(3):
            if y is None:
                continue
            x = x + y
        return x
        """,
        """
        for i in range(3):
            if y is None:
                continue
            assert y is not None
            x = x + y
        return x
        """,
    ),
    Body(
        "in a while",
        """
        while x.sum() < 9:
            x = x + y
        return x
        """,
        """
        while x.sum() < 9:
            assert y is not None
            x = x + y
        return x
        """,
    ),
    Body(
        "in the test of a while",
        """
        while x.sum() < y.sum():
            x = x + 1
        return x
        """,
        """
        assert y is not None
        while x.sum() < y.sum():
            x = x + 1
        return x
        """,
    ),
    Body(
        "under no_grad",
        """
        with torch.no_grad():
            z = x + y
        return z + y
        """,
        """
        assert y is not None
        with torch.no_grad():
            z = x + y
        return z + y
        """,
    ),
    Body(
        "under no_grad only",
        """
        with torch.no_grad():
            z = x + y
        return z
        """,
        """
        with torch.no_grad():
            assert y is not None
            z = x + y
        return z
        """,
    ),
    Body(
        "an early return that needs nothing",
        """
        if c:
            return x
        return x + y
        """,
        """
        if c:
            return x
        assert y is not None
        return x + y
        """,
    ),
    Body(
        "a return between uses",
        """
        if x.sum() > 100:
            x = x + y
            return x
        if c:
            return x
        return x + y
        """,
        """
        if x.sum() > 100:
            assert y is not None
            x = x + y
            return x
        if c:
            return x
        assert y is not None
        return x + y
        """,
    ),
    Body(
        "an elif that needs it",
        """
        if c:
            return x
        elif y.sum() > 3:
            return x + 1
        return x - 1
        """,
        """
        if c:
            return x
        else:
            assert y is not None
            if y.sum() > 3:
                return x + 1
        return x - 1
        """,
    ),
    Body(
        "in an elif",
        """
        if x.sum() > 99:
            x = x + 1
        elif c:
            x = x + y
        return x
        """,
        """
        if x.sum() > 99:
            x = x + 1
        elif c:
            assert y is not None
            x = x + y
        return x
        """,
    ),
    Body(
        "a size",
        """
        n = y.size()[2:]
        return x.sum() + len(n)
        """,
        """
        assert y is not None
        n = y.size()[2:]
        return x.sum() + len(n)
        """,
        value=torch.ones(1, 1, 2, 2),
    ),
    Body(
        "returned as it is",
        "return x, y",
        UNCHANGED,
    ),
    Body(
        "handed to a None default",
        "return masked(x, y)",
        UNCHANGED,
    ),
    Body(
        "handed to a bias",
        "return F.linear(x, x, y)",
        UNCHANGED,
    ),
    Body(
        "handed to what refuses None",
        "return x + kept(doubled(y), c)",
        """
        assert y is not None
        return x + kept(doubled(y), c)
        """,
    ),
    Body(
        "a conditional expression",
        "return x * y if c else x",
        """
        if c:
            assert y is not None
            return x * y
        else:
            return x
        """,
    ),
    Body(
        "a conditional expression assigned",
        """
        z = x if c else x * y
        return z
        """,
        """
        if c:
            z = x
        else:
            assert y is not None
            z = x * y
        return z
        """,
    ),
    Body(
        "a conditional expression inside",
        "return x.view(-1, x.size(0) if c else y.size(0))",
        """
        if c:
            return x.view(-1, x.size(0))
        else:
            assert y is not None
            return x.view(-1, y.size(0))
        """,
    ),
    Body(
        "both sides of a conditional expression",
        "return y + 1 if c else y - 1",
        """
        assert y is not None
        return y + 1 if c else y - 1
        """,
    ),
    Body(
        "a conditional expression that may keep what there was",
        """
        x = x * y if c else x
        return x
        """,
        """
        if c:
            assert y is not None
            x = x * y
        return x
        """,
    ),
    Body(
        "a conditional expression that keeps what there was",
        """
        x = x if not c else x * y
        return x
        """,
        """
        if c:
            assert y is not None
            x = x * y
        return x
        """,
    ),
    Body(
        "a comprehension that surely runs",
        """
        z = [y + i for i in range(3)]
        return z[0]
        """,
        """
        assert y is not None
        z = [y + i for i in range(3)]
        return z[0]
        """,
    ),
    Body(
        "the truth of a Tensor",
        """
        if y:
            x = x + y
        return x
        """,
        """
        if y is not None and y:
            x = x + y
        return x
        """,
        value=torch.tensor(2.0),
    ),
    Body(
        "the falsehood of a Tensor",
        """
        if not y:
            x = x + 1
        return x
        """,
        """
        if not (y is not None and y):
            x = x + 1
        return x
        """,
        value=torch.tensor(0.0),
    ),
    Body(
        "equal to None",
        """
        if y == None:
            return x
        return x + y
        """,
        """
        if y is None:
            return x
        return x + y
        """,
    ),
    Body(
        "unequal to None",
        """
        if y != None and c:
            x = x + y
        return x
        """,
        """
        if y is not None and c:
            x = x + y
        return x
        """,
    ),
    Body(
        "a truth among tests",
        """
        if c and y:
            x = x + y
        return x
        """,
        """
        if c and (y is not None and y):
            x = x + y
        return x
        """,
        value=torch.tensor(2.0),
    ),
    Body(
        "a string",
        """
        if y == 'sum':
            x = x.sum()
        return x
        """,
        """
        if y is not None and y == 'sum':
            x = x.sum()
        return x
        """,
        "str",
        "sum",
    ),
    Body(
        "another string",
        """
        if c and y != 'sum':
            x = x + 1
        return x
        """,
        """
        if c and (y is None or y != 'sum'):
            x = x + 1
        return x
        """,
        "str",
        "sum",
    ),
    Body(
        "a number compared",
        """
        if y > 3:
            x = x + y
        return x
        """,
        """
        assert y is not None
        if y > 3:
            x = x + y
        return x
        """,
        "int",
        4,
    ),
    Body(
        "a list looped over",
        """
        for t in y:
            x = x + t
        return x
        """,
        """
        assert y is not None
        for t in y:
            x = x + t
        return x
        """,
        "List[int]",
        [1, 2],
    ),
    Body(
        "a list's truth",
        """
        if y:
            x = x + y[0]
        return x
        """,
        """
        if y is not None and y:
            x = x + y[0]
        return x
        """,
        "List[int]",
        [1, 2],
    ),
    Body(
        "a tuple unpacked",
        """
        a, b = y
        return x + a + b
        """,
        """
        assert y is not None
        a, b = y
        return x + a + b
        """,
        "Tuple[int, int]",
        (1, 2),
    ),
    Body(
        "an index that may be None",
        "return x[y:]",
        UNCHANGED,
        "int",
        1,
    ),
    Body(
        "a multiple-line expression",
        """
        z = x if c else torch.cat(
            [x, y],
            0,
        )
        return z
        """,
        """
        if c:
            z = x
        else:
            assert y is not None
            z = torch.cat([x, y], 0)
        return z
        """,
    ),
    Body(
        "one line",
        """
        if c: x = x + y
        return x
        """,
        """
        if c:
            assert y is not None
            x = x + y
        return x
        """,
    ),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_the_compiler_and_eager_mode_agree(body: Body) -> None:
    before = function_of(body.before, body.inner)
    after, found = narrowed(before)
    assert not found.obstacles
    assert after == function_of(body.expected, body.inner)
    original, rewritten = loaded(body.name, before).f, loaded(body.name, after).f
    scripted = torch.jit.script(rewritten)
    x = torch.ones(3)
    for y in (body.value, None):
        for c in (True, False):
            expected = outcome(original, x.clone(), _copy(y), c)
            assert same(expected, outcome(rewritten, x.clone(), _copy(y), c)), (y, c)
            assert same(expected, outcome(scripted, x.clone(), _copy(y), c)), (y, c)


def _copy(y: Any) -> Any:
    return y.clone() if isinstance(y, torch.Tensor) else y


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_a_second_time_nothing_is_left(body: Body) -> None:
    after, _ = narrowed(function_of(body.before, body.inner))
    assert narrowed(after)[0] == after


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return c and y.sum() > 3", "not always evaluated"),
        ("return [y + i for i in range(x.size(0))]", "not always evaluated"),
        ("return (lambda a: a + y)(x)", "not always evaluated"),
        ("z = y or x\nreturn z", "the truth of y decides a value"),
        ("return passed_by(y)", "passed on"),
        ("try:\n    x = x + y\nexcept TypeError:\n    pass\nreturn x", "inside a try"),
        ("def g(a):\n    return a + y\nreturn g(x)", "inside a function"),
    ],
)
def test_what_no_assert_fits(body: str, reason: str) -> None:
    text = function_of(body)
    after, found = narrowed(text)
    assert after == text
    assert [reason in obstacle.reason for obstacle in found.obstacles] == [True]


MODULE = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.conv = nn.Conv2d(3, 3, 1) if c else None
    def forward(self, x):
"""

ATTRIBUTE_BODIES = [
    Body(
        "under its condition",
        """
        if self.c:
            x = self.conv(x)
        return x
        """,
        """
        if self.c:
            assert self.conv is not None
            x = self.conv(x)
        return x
        """,
    ),
    Body(
        "returned",
        """
        if self.c:
            return self.conv(x)
        return x
        """,
        """
        if self.c:
            assert self.conv is not None
            return self.conv(x)
        return x
        """,
    ),
    Body(
        "its weight",
        """
        if self.c:
            x = F.conv2d(x, self.conv.weight)
        return x
        """,
        """
        if self.c:
            assert self.conv is not None
            x = F.conv2d(x, self.conv.weight)
        return x
        """,
    ),
    Body(
        "behind not",
        """
        if not self.c:
            return x
        return self.conv(x)
        """,
        """
        if not self.c:
            return x
        assert self.conv is not None
        return self.conv(x)
        """,
    ),
    Body(
        "a conditional expression",
        "return self.conv(x) if self.c else x",
        "return self.conv(x) if self.conv is not None else x",
    ),
    Body(
        "a negated conditional expression",
        "return x if not self.c else self.conv(x)",
        "return x if self.conv is None else self.conv(x)",
    ),
    Body(
        "in a loop",
        """
        for i in range(2):
            if self.c:
                x = self.conv(x)
        return x
        """,
        """
        for i in range(2):
            if self.c:
                assert self.conv is not None
                x = self.conv(x)
        return x
        """,
    ),
    Body(
        "a loop under its condition",
        """
        if self.c:
            for i in range(x.dim()):
                x = self.conv(x)
        return x
        """,
        """
        if self.c:
            for i in range(x.dim()):
                assert self.conv is not None
                x = self.conv(x)
        return x
        """,
    ),
    Body(
        "skipped turns",
        """
        for i in range(2):
            if self.conv is None:
                continue
            x = self.conv(x)
        return x
        """,
        """
        for i in range(2):
            if self.conv is None:
                continue
            assert self.conv is not None
            x = self.conv(x)
        return x
        """,
    ),
    Body(
        "tested",
        """
        if self.conv is not None:
            x = self.conv(x)
        return x
        """,
        UNCHANGED,
    ),
    Body(
        "tested with another",
        """
        if self.conv is None or x.dim() > 9:
            return x
        return self.conv(x)
        """,
        UNCHANGED,
    ),
    Body(
        "unequal to None",
        """
        if self.conv != None:
            x = self.conv(x)
        return x
        """,
        """
        if self.conv is not None:
            x = self.conv(x)
        return x
        """,
    ),
    Body(
        "under hasattr and its condition",
        """
        if self.c and self.conv is not None:
            x = self.conv(x)
        return x
        """,
        UNCHANGED,
    ),
]


def module_of(body: str) -> str:
    return MODULE + indent(dedent(body).strip(), " " * 8) + "\n"


@pytest.mark.parametrize("body", ATTRIBUTE_BODIES, ids=lambda body: body.name)
def test_an_attribute_that_may_be_none(body: Body) -> None:
    text = module_of(body.before)
    result, found = narrowed(text, "Net.forward", "self.conv", same_as={"self.c"})
    assert not found.obstacles
    assert result == module_of(body.expected)
    for c in (True, False):
        original, rewritten = loaded(f"{body.name} before", text), loaded(
            f"{body.name} {c}", result
        )
        torch.manual_seed(0)
        model = original.Net(c)
        torch.manual_seed(0)
        again = rewritten.Net(c)
        x = torch.rand(1, 3, 4, 4)
        assert same(model(x), again(x))
        assert same(model(x), torch.jit.script(again)(x))


def test_a_read_of_an_attribute_that_may_be_undefined_raises() -> None:
    text = (
        MODULE + "        if self.c:\n            x = F.linear(x, x, self.conv)\n        return x\n"
    )
    after, found = narrowed(
        text, "Net.forward", "self.conv", every_load=True, proof="hasattr(self, 'conv')"
    )
    assert "assert hasattr(self, 'conv')\n            x = F.linear" in after
    assert found.asserts == 1


def test_what_callers_see_to_needs_nothing() -> None:
    text = module_of("return self.conv(x)")
    assert narrowed(text, "Net.forward", "self.conv", known=True)[0] == text


def test_a_conditional_expression_counts_its_asserts() -> None:
    _, found = narrowed(function_of("return x + y if c else x"))
    assert found.asserts == 1
