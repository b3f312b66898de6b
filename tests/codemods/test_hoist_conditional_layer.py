"""hoist-conditional-layer: finer points than the examples in before_after/ show."""

from pathlib import Path
from textwrap import dedent

import pytest

from torchscript_fix.codemods.hoist_conditional_layer import HoistConditionalLayer
from torchscript_fix.facts.static import Preferences, Project
from torchscript_fix.rewrite import Rewriting, rewrite_project
from torchscript_fix.rule import Safety

PATH = Path("example.py")
HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
NET = """
class Net(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        if c:
            self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        if self.c:
            x = self.conv(x)
        return x
"""


def run(*codes: str, hoist: str = "when-needed", **files: str) -> Rewriting:
    """The rule on one file, and on more by name."""
    project = Project(preferences=Preferences("always" if hoist == "always" else "when-needed"))
    project.add(PATH, "example", HEAD + "".join(dedent(code) for code in codes))
    for name, code in files.items():
        project.add(Path(f"{name}.py"), name, HEAD + dedent(code))
    return rewrite_project(project, [HoistConditionalLayer()])


def text_of(rewriting: Rewriting, path: Path = PATH) -> str:
    assert not rewriting.failures
    return rewriting.texts[path].removeprefix(HEAD)


def initialised(body: str, forward: str = "if self.c:\n    x = self.conv(x)\nreturn x") -> str:
    """A class with this in its `__init__`, behind `self.c = c`, and this `forward`."""
    lines = [
        "class Net(nn.Module):",
        "    def __init__(self, c, d=1):",
        "        super().__init__()",
    ]
    lines += [f"        {line}" for line in ["self.c = c", *dedent(body).strip().split("\n")]]
    lines += ["    def forward(self, x):"]
    lines += [f"        {line}" for line in dedent(forward).strip().split("\n")]
    return "\n".join(lines) + "\n"


# --------------------------------------------------------------------------- the definition


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "if c:\n    self.conv = nn.Conv2d(3, 3, 1)",
            "self.conv = nn.Conv2d(3, 3, 1) if c else None",
        ),
        (
            "if c: self.conv = nn.Conv2d(3, 3, 1)",
            "self.conv = nn.Conv2d(3, 3, 1) if c else None",
        ),
        (
            "if c:\n    # the only one\n    self.conv = nn.Conv2d(3, 3, 1)",
            "if c:\n    # the only one\n    self.conv = nn.Conv2d(3, 3, 1)\n"
            "else:\n    self.conv = None",
        ),
        (
            "if c:\n    self.conv: nn.Module = nn.Conv2d(3, 3, 1)",
            "if c:\n    self.conv: nn.Module = nn.Conv2d(3, 3, 1)\nelse:\n    self.conv = None",
        ),
        (
            "if c:\n    self.conv = nn.Conv2d(3, 3, 1) if d else nn.Identity()",
            "if c:\n    self.conv = nn.Conv2d(3, 3, 1) if d else nn.Identity()\n"
            "else:\n    self.conv = None",
        ),
        (
            "if c:\n    self.conv = nn.Conv2d(3, 3, 1)\nelse:\n    raise ValueError(c)",
            None,
        ),
        (
            "if c:\n    self.conv = nn.Conv2d(3, 3, 1)\nelse:\n    assert False",
            None,
        ),
        (
            "if c == 1:\n    self.conv = nn.Conv2d(3, 3, 1)\n"
            "elif c == 2:\n    self.conv = nn.Conv2d(3, 3, 3)\n"
            "elif c == 3:\n    pass\nelse:\n    raise ValueError(c)",
            "self.conv = None\nif c == 1:\n    self.conv = nn.Conv2d(3, 3, 1)\n"
            "elif c == 2:\n    self.conv = nn.Conv2d(3, 3, 3)\n"
            "elif c == 3:\n    pass\nelse:\n    raise ValueError(c)",
        ),
        (
            "if c:\n    self.conv = nn.Conv2d(3, 3, 1)\nif d > 1:\n    self.conv = nn.Identity()",
            "self.conv = None\nif c:\n    self.conv = nn.Conv2d(3, 3, 1)\n"
            "if d > 1:\n    self.conv = nn.Identity()",
        ),
        (
            "self.conv = nn.Identity()\nif c:\n    self.conv = nn.Conv2d(3, 3, 1)",
            None,
        ),
        (
            "try:\n    self.conv = nn.Conv2d(3, 3, c)\nexcept ValueError:\n    pass",
            "self.conv = None\ntry:\n    self.conv = nn.Conv2d(3, 3, c)\n"
            "except ValueError:\n    pass",
        ),
        (
            "if c:\n    for k in (1, 3):\n        self.conv = nn.Conv2d(3, 3, k)",
            "if c:\n    for k in (1, 3):\n        self.conv = nn.Conv2d(3, 3, k)\n"
            "else:\n    self.conv = None",
        ),
        (
            "if c:\n    with torch.no_grad():\n        self.conv = nn.Conv2d(3, 3, 1)",
            "if c:\n    with torch.no_grad():\n        self.conv = nn.Conv2d(3, 3, 1)\n"
            "else:\n    self.conv = None",
        ),
        (
            "if c:\n    self.add_module('conv', nn.Conv2d(3, 3, 1))",
            "if c:\n    self.add_module('conv', nn.Conv2d(3, 3, 1))\nelse:\n    self.conv = None",
        ),
        (
            "if c:\n    self.first, self.conv = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)",
            "if c:\n    self.first, self.conv = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)\n"
            "else:\n    self.conv = None",
        ),
    ],
)
def test_definition_of_one_layer(before: str, after: str | None) -> None:
    rewriting = run(initialised(before))
    if after is None:
        assert rewriting.texts == {}
    else:
        asserted = "if self.c:\n    assert self.conv is not None\n    x = self.conv(x)\nreturn x"
        assert text_of(rewriting) == initialised(after, asserted)


@pytest.mark.parametrize(
    "body",
    [
        "for k in range(c):\n    self.register_buffer('conv', torch.ones(k))",
        "if c:\n    for k in range(c):\n        self.add_module('conv', nn.Conv2d(3, 3, 1))",
    ],
)
def test_a_registration_with_no_place_for_a_none_stays(body: str) -> None:
    forward = "if self.c:\n    x = x + self.conv.weight\nreturn x"
    text = text_of(run(initialised(body, forward)))
    assert text == initialised(
        body,
        'if self.c:\n    assert hasattr(self, "conv")\n    x = x + self.conv.weight\nreturn x',
    )


# ------------------------------------------------------------------- who would notice a None


@pytest.mark.parametrize(
    "other",
    [
        "def f(m):\n    return getattr(m, 'conv', None)",
        "def f(m):\n    return 'conv' in m._modules",
        "def f(m):\n    del m.conv",
        "def f(m):\n    m.register_module('conv', nn.Identity())",
        "def f(m, i):\n    return hasattr(m, f'con{i}')",
        "def f(m, i):\n    return hasattr(m, 'con%s' % i)",
        "def f(m, i):\n    return hasattr(m, 'con' + i)",
        "def f(m, i):\n    return hasattr(m, 'con{}'.format(i))",
        "def f(m):\n    try:\n        m.conv\n    except AttributeError:\n        pass",
        "def f(path):\n    model = torch.load(path)\n    return model",
        "def f(net, path):\n    torch.save(net.module, path)",
        "class Sub(Net):\n    def conv(self, x):\n        return x",
        "class Sub(Net):\n    @property\n    def conv(self):\n        return nn.Identity()",
        "class Sub(Net):\n    def has(self, name):\n        return hasattr(self, name)",
        "class Sub(Net):\n    def __init__(self):\n        super().__init__(False)\n"
        "        self.add_module('conv', nn.Identity())",
        "class Sub(Net):\n    def __init__(self):\n        nn.Module.__init__(self)\n"
        "        self.c = False",
        "class Sub(Net):\n    def __getattr__(self, name):\n        raise KeyError",
    ],
)  # fmt: skip
def test_what_would_notice_a_none_elsewhere_in_the_path(other: str) -> None:
    text = text_of(run(NET, other=f"from example import Net\n{other}\n"))
    assert text == NET.replace(
        "            x = self.conv(x)",
        '            assert hasattr(self, "conv")\n            x = self.conv(x)',
    )


@pytest.mark.parametrize(
    "other",
    [
        "def f(m):\n    return hasattr(m, 'conv2')",
        "def f(m, path):\n    torch.save(m.state_dict(), path)",
        "def f(model, path):\n    model.load_state_dict(torch.load(path))",
        "def f(state, path):\n    torch.save(state, path)",
        "def f(model, path):\n    torch.save({'model': model.state_dict()}, path)",
        "def f(model, path):\n    model_state_dict = torch.load(path)\n    return model_state_dict",
        "class Other(nn.Module):\n    def conv(self, x):\n        return x",
        "class Sub(Net):\n    def __init__(self):\n        super(Sub, self).__init__(True)",
    ],
)  # fmt: skip
def test_what_does_not_notice_a_none(other: str) -> None:
    text = text_of(run(NET, other=f"from example import Net\n{other}\n"))
    assert "self.conv = nn.Conv2d(3, 3, 1) if c else None" in text


def test_a_base_class_that_defines_it_too_is_not_overruled() -> None:
    base = """
        class Base(nn.Module):
            def __init__(self, c):
                super().__init__()
                if c == 1:
                    self.conv = nn.Conv2d(3, 3, 1)
    """
    sub = """
        class Net(Base):
            def __init__(self, c):
                super().__init__(c)
                self.c = c
                if c == 2:
                    self.conv = nn.Conv2d(3, 3, 3)

            def forward(self, x):
                if self.c:
                    x = self.conv(x)
                return x
    """
    text = text_of(run(base, sub))
    assert (
        'assert hasattr(self, "conv")' in text or "self.conv = None\n" not in text.split("Net")[1]
    )


# ----------------------------------------------------------------------------- the uses


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "return self.conv(x) if self.c else x",
            "return self.conv(x) if self.conv is not None else x",
        ),
        (
            "return x if not self.c else self.conv(x)",
            "return x if self.conv is None else self.conv(x)",
        ),
        (
            "return self.conv(x) if x.size(0) > 1 else x",
            "if x.size(0) > 1:\n    assert self.conv is not None\n    return self.conv(x)\n"
            "else:\n    return x",
        ),
        (
            "if self.c and x.size(0) > 1:\n    x = self.conv(x)\nreturn x",
            "if self.c and x.size(0) > 1:\n    assert self.conv is not None\n    x = self.conv(x)\n"
            "return x",
        ),
        (
            "if not self.c:\n    return x\nreturn self.conv(x)",
            "if not self.c:\n    return x\nassert self.conv is not None\nreturn self.conv(x)",
        ),
        (
            "if self.c:\n    x = [self.conv(y) for y in x]\nreturn x",
            "if self.c:\n    assert self.conv is not None\n    x = [self.conv(y) for y in x]\n"
            "return x",
        ),
        (
            "if self.c:\n    x = F.linear(x, x, self.conv)\nreturn x",
            "if self.c:\n    assert self.conv is not None\n    x = F.linear(x, x, self.conv)\n"
            "return x",
        ),
    ],
)
def test_uses(before: str, after: str) -> None:
    text = text_of(run(initialised("if c:\n    self.conv = nn.Conv2d(3, 3, 1)", before)))
    assert text == initialised("self.conv = nn.Conv2d(3, 3, 1) if c else None", after)


@pytest.mark.parametrize(
    ("init", "forward"),
    [
        (
            "if c:\n    self.qkv = nn.Linear(3, 9)\n    self.q = None\n"
            "else:\n    self.qkv = None\n    self.q = nn.Linear(3, 3)",
            "if self.qkv is None:\n    x = self.q(x)\nreturn x",
        ),
        (
            "if c:\n    self.skip = nn.Linear(3, 3)\n    self.skipbn = nn.BatchNorm1d(3)\n"
            "else:\n    self.skip = None\n    self.skipbn = None",
            "if self.skip is not None:\n    x = self.skipbn(self.skip(x))\nreturn x",
        ),
        (
            "if c:\n    self.skip = nn.Linear(3, 3)\n    self.skipbn = nn.BatchNorm1d(3)\n"
            "else:\n    self.skip = None",
            "if self.skip is not None:\n    x = self.skipbn(self.skip(x))\nreturn x",
        ),
    ],
)
def test_a_partner_that_is_none_just_then_settles_it(init: str, forward: str) -> None:
    assert run(initialised(init, forward)).texts == {}


def test_a_partner_of_another_if_settles_nothing() -> None:
    init = (
        "if c:\n    self.skip = nn.Linear(3, 3)\nelse:\n    self.skip = None\n"
        "if d:\n    self.skipbn = nn.BatchNorm1d(3)\nelse:\n    self.skipbn = None"
    )
    forward = "if self.skip is not None:\n    x = self.skipbn(self.skip(x))\nreturn x"
    assert "assert self.skipbn is not None" in text_of(run(initialised(init, forward)))


def test_a_flag_that_changes_later_proves_nothing() -> None:
    net = initialised(
        "if c:\n    self.conv = nn.Conv2d(3, 3, 1)", "return self.conv(x) if self.c else x"
    )
    text = text_of(run(net, other="def switch_off(model):\n    model.c = False\n"))
    assert "        if self.c:\n            assert self.conv is not None\n" in text


def test_the_use_in_another_file_gets_its_assert_too() -> None:
    base = """
        class Base(nn.Module):
            def __init__(self, c):
                super().__init__()
                self.c = c
                if c:
                    self.conv = nn.Conv2d(3, 3, 1)
    """
    sub = """
        from example import Base
        class Net(Base):
            def forward(self, x):
                if self.c:
                    x = self.conv(x)
                return x
    """
    rewriting = run(base, sub=sub)
    assert "self.conv = nn.Conv2d(3, 3, 1) if c else None" in text_of(rewriting)
    assert "            assert self.conv is not None\n" in text_of(rewriting, Path("sub.py"))
    assert {rewrite.safety for rewrite in rewriting.rewrites} == {Safety.SAFE}


@pytest.mark.parametrize(
    "forward",
    [
        "return x",
        "if hasattr(self, 'conv'):\n    x = self.conv(x)\nreturn x",
        "if not hasattr(self, 'conv'):\n    return x\nreturn self.conv(x)",
        "return self.conv(x) if hasattr(self, 'conv') else x",
        "return x if getattr(self, 'conv', None) is None else self.conv(x)",
    ],
)
def test_what_compiles_is_left_alone(forward: str) -> None:
    rewriting = run(initialised("if c:\n    self.conv = nn.Conv2d(3, 3, 1)", forward))
    assert rewriting.texts == {}
    assert rewriting.held_back == ()


@pytest.mark.parametrize(
    "definition",
    [
        "if c:\n    self.__conv = nn.Conv2d(3, 3, 1)",
        "if c:\n    self.conv = 3",
        "if c:\n    self.conv = [nn.Conv2d(3, 3, 1)]",
        "if c:\n    self.conv = torch.zeros(3)",
    ],
)
def test_what_is_no_layer_is_left_alone(definition: str) -> None:
    forward = "if self.c:\n    x = x + self.conv[0]\nreturn x"
    assert run(initialised(definition, forward)).texts == {}


def test_a_flag_proves_nothing_where_the_definition_may_give_none() -> None:
    body = "if c:\n    self.conv = nn.Conv2d(3, 3, 1) if d else None"
    text = text_of(run(initialised(body, "return self.conv(x) if self.c else x")))
    assert "        if self.c:\n            assert self.conv is not None\n" in text


def test_a_none_that_a_definition_gives_may_be_passed_on() -> None:
    body = "if c:\n    self.bias = nn.Parameter(torch.ones(3)) if d else None"
    forward = "if self.c:\n    x = F.linear(x, x, self.bias)\nreturn x"
    text = text_of(run(initialised(body, forward)))
    assert text == initialised(f"{body}\nelse:\n    self.bias = None", forward)


# ----------------------------------------------------------------------- --hoist always


def test_always_defines_it_before_the_branch() -> None:
    rewriting = run(NET, hoist="always")
    assert text_of(rewriting) == NET.replace(
        "        if c:\n            self.conv = nn.Conv2d(3, 3, 1)\n",
        "        self.conv = nn.Conv2d(3, 3, 1)\n",
    )
    assert {rewrite.safety for rewrite in rewriting.rewrites} == {Safety.CHANGES_CHECKPOINTS}


def test_always_leaves_the_rest_of_the_branch() -> None:
    body = (
        "if c:\n    self.width = 3\n    self.conv = nn.Conv2d(3, 3, 1)\nelse:\n    self.width = 1"
    )
    assert text_of(run(initialised(body), hoist="always")) == initialised(
        "self.conv = nn.Conv2d(3, 3, 1)\nif c:\n    self.width = 3\nelse:\n    self.width = 1"
    )


def test_always_falls_back_where_the_layer_needs_its_branch() -> None:
    body = "if c:\n    width = c * 2\n    self.conv = nn.Conv2d(3, width, 1)"
    text = text_of(run(initialised(body), hoist="always"))
    assert "else:\n            self.conv = None" in text


def test_always_makes_loading_lenient() -> None:
    other = """
        def load(model, optimizer, path):
            state = torch.load(path)
            model.load_state_dict(state['model'])
            model.load_state_dict(state['ema'], strict=True)
            optimizer.load_state_dict(state['optimizer'])
    """
    text = text_of(run(NET, hoist="always", other=other), Path("other.py"))
    assert "    model.load_state_dict(state['model'], strict=False)\n" in text
    assert "strict=True" in text
    assert "optimizer.load_state_dict(state['optimizer'])" in text


def test_always_is_settled_after_one_run() -> None:
    first = text_of(run(NET, hoist="always"))
    assert run(first, hoist="always").texts == {}


def test_what_a_static_method_of_another_file_reads_is_asserted_there() -> None:
    project = Project.of_text(
        """\
from torch import nn
from b import Helper


class Net(nn.Module):
    def __init__(self, c):
        super().__init__()
        if c:
            self.conv = nn.Conv2d(1, 1, 1)

    def forward(self, x):
        return Helper.run(self, x)
""",
        "a",
        Path("a.py"),
    )
    helper = (
        "class Helper:\n    @staticmethod\n    def run(self, x):\n        return self.conv(x)\n"
    )
    project.add(Path("b.py"), "b", helper)
    made = rewrite_project(project, [HoistConditionalLayer()])
    assert "        assert self.conv is not None\n" in made.texts[Path("b.py")]


def test_what_a_base_class_calls_counts_though_it_is_overridden() -> None:
    text = """\
from torch import nn


class Base(nn.Module):
    def __init__(self, c):
        super().__init__()
        if c:
            self.conv = nn.Conv2d(1, 1, 1)

    def forward(self, x):
        return self.run(x)

    def run(self, x):
        return self.go(x)

    def go(self, x):
        return self.conv(x)


class Sub(Base):
    def forward(self, x, k: bool = False):
        if k:
            return x
        return self.run(x)

    def go(self, x):
        return super().go(x) + 1
"""
    project = Project.of_text(text, "net", Path("net.py"))
    made = rewrite_project(project, [HoistConditionalLayer()]).texts[Path("net.py")]
    asserted = (
        "            return x\n        assert self.conv is not None\n        return self.run(x)\n"
    )
    assert asserted in made
