"""Whether a list of `self` is there wherever a loop over it would begin."""

import ast
from textwrap import dedent, indent

import pytest

from torchscript_fix.facts.static import Project
from torchscript_fix.facts.there import is_there

ALWAYS = "self.layers = nn.ModuleList()"
BRANCH = "if deep:\n    self.layers = nn.ModuleList()"
ALONE = "self.layers = nn.ModuleList() if deep else None"
NONE_FIRST = "self.layers = None\nif deep:\n    self.layers = nn.ModuleList()"
COUNTED = "if n > 0:\n    self.layers = nn.ModuleList([nn.ReLU() for _ in range(n)])"


def loop_is_reached_with_the_list(init: str, forward: str, more: str = "") -> bool:
    text = (
        "import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, deep, n):\n"
        "        super().__init__()\n        self.deep = deep\n        self.n = n\n"
        + indent(dedent(init), " " * 8)
        + "\n    def forward(self, x):\n"
        + indent(dedent(forward), " " * 8)
        + indent(dedent(more), " " * 4)
    )
    function = Project.of_text(text).classes["example.Net"].methods["forward"]
    (loop,) = (node for node in function.nodes if isinstance(node, ast.For))
    return is_there(ast.parse("self.layers", mode="eval").body, loop, function)


LOOP = "for i in range(self.n):\n    x = self.layers[i](x)\n"
UNDER = f"if {{}}:\n{indent(LOOP, '    ')}"


@pytest.mark.parametrize(
    ("init", "forward", "there"),
    [
        (ALWAYS, LOOP, True),
        (BRANCH + "\nelse:\n    self.layers = nn.Sequential()", LOOP, True),
        (BRANCH, LOOP, False),
        (ALONE, LOOP, False),
        (NONE_FIRST, LOOP, False),
        (COUNTED, LOOP, False),
        (BRANCH, UNDER.format("self.deep"), True),
        (ALONE, UNDER.format("self.deep"), True),
        (NONE_FIRST, UNDER.format("self.deep"), True),
        (COUNTED, UNDER.format("self.n > 0"), True),
        (COUNTED, UNDER.format("self.n > 1"), False),
        (BRANCH, UNDER.format("self.deep and x.sum() > 0"), True),
        (BRANCH, UNDER.format("self.deep or self.training"), False),
        (BRANCH, UNDER.format("not self.deep"), False),
        (ALONE, UNDER.format("self.layers is not None"), True),
        (BRANCH, UNDER.format('hasattr(self, "layers")'), True),
        (ALONE, "assert self.layers is not None\n" + LOOP, True),
        (ALONE, "if self.layers is None:\n    return x\n" + LOOP, True),
        (BRANCH, "if not self.deep:\n    return x\n" + LOOP, True),
        (BRANCH, "if self.deep:\n    return x\n" + LOOP, False),
        (BRANCH, f"if not self.deep:\n    x = -x\nelse:\n{indent(LOOP, '    ')}", True),
    ],
)  # fmt: skip
def test_in_every_model_or_under_a_test_that_shows_it(init: str, forward: str, there: bool) -> None:
    assert loop_is_reached_with_the_list(init, forward) is there


def test_a_method_that_takes_it_away_and_a_flag_that_changes() -> None:
    removed = "\ndef prune(self):\n    self.layers = None\n"
    assert not loop_is_reached_with_the_list(ALWAYS, LOOP, removed)
    switched = "\ndef switch(self):\n    self.deep = True\n"
    assert not loop_is_reached_with_the_list(BRANCH, UNDER.format("self.deep"), switched)
