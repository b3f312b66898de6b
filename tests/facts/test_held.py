"""What attributes and expressions hold."""

import ast
from textwrap import dedent

import pytest

from torchscript_fix.facts.held import held_by_attribute, is_surely, module_classes
from torchscript_fix.facts.kinds import INDEXABLE, Kind
from torchscript_fix.facts.static import FunctionFacts, Project


def net_with(init: str, forward: str = "return x", above: str = "") -> Project:
    text = (
        "import torch\nimport torch.nn as nn\n"
        + dedent(above)
        + "\nclass Net(nn.Module):\n    def __init__(self, flag=False, layers=None):\n"
        + "        super().__init__()\n"
        + "".join(f"        {line}\n" for line in dedent(init).strip().splitlines())
        + "    def forward(self, x):\n"
        + "".join(f"        {line}\n" for line in dedent(forward).strip().splitlines())
    )
    return Project.of_text(text)


@pytest.mark.parametrize(
    ("init", "kinds"),
    [
        ("self.a = nn.ModuleList([nn.ReLU()])", {Kind.MODULE_LIST}),
        ("self.a = nn.Sequential(nn.ReLU())", {Kind.SEQUENTIAL}),
        ("a = nn.ModuleList()\na.append(nn.ReLU())\nself.a = a", {Kind.MODULE_LIST}),
        ("a = [nn.ReLU()]\nself.a = a", {Kind.LIST}),
        ("self.a = nn.Conv2d(1, 1, 1) if flag else None", {Kind.MODULE, Kind.NONE}),
        ("self.a = nn.Parameter(torch.zeros(1))", {Kind.PARAMETER}),
        ('self.register_buffer("a", torch.zeros(1))', {Kind.BUFFER}),
        ("self.a = 3", {Kind.VALUE}),
        ("self.a = layers", {Kind.UNKNOWN}),
        ("self.a = nn.utils.weight_norm(nn.Conv1d(1, 1, 1))", {Kind.MODULE}),
        ("self.a = nn.ModuleList([nn.ReLU()]).cuda()", {Kind.MODULE_LIST}),
    ],
)
def test_kinds_of_an_attribute(init: str, kinds: set[Kind]) -> None:
    net = net_with(init).classes["example.Net"]
    assert held_by_attribute(net.attribute("a")).kinds == kinds


def test_a_sequential_made_by_a_method_and_by_a_function() -> None:
    project = Project.of_text(dedent("""
        import torch.nn as nn
        def make(n):
            return nn.Sequential(*[nn.Linear(1, 1) for _ in range(n)])
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a = self._make(3)
                self.b = make(3)
            def _make(self, n):
                layers = []
                layers.append(nn.ReLU())
                return nn.Sequential(*layers)
        """))
    net = project.classes["example.Net"]
    assert held_by_attribute(net.attribute("a")).elements == {"torch.nn.ReLU"}
    assert held_by_attribute(net.attribute("b")).elements == {"torch.nn.Linear"}


def test_is_surely_leaves_none_aside_but_not_the_unknown() -> None:
    net = net_with("""
    self.a = nn.ModuleList() if flag else None
    self.b = layers
    self.b = nn.ModuleList()
    """).classes["example.Net"]
    assert is_surely(net.attribute("a"), INDEXABLE)
    assert not is_surely(net.attribute("b"), INDEXABLE)
    assert not is_surely(net.attribute("nowhere"), INDEXABLE)


def callee_of(project: Project, name: str) -> tuple[ast.expr, FunctionFacts]:
    """The function that is called with `name` as its only argument in forward."""
    forward = project.classes["example.Net"].methods["forward"]
    (call,) = [
        node
        for node in ast.walk(forward.node)
        if isinstance(node, ast.Call)
        and [isinstance(arg, ast.Name) and arg.id == name for arg in node.args] == [True]
    ]
    return call.func, forward


@pytest.mark.parametrize(
    ("forward", "classes"),
    [
        ("return self.convs[0](x)", {"example.Block"}),
        ("for conv in self.convs:\n    y = conv(x)\nreturn y", {"example.Block"}),
        ("for i, conv in enumerate(self.convs):\n    y = conv(x)\nreturn y", {"example.Block"}),
        (
            "for r, conv in zip(self.relus, self.convs):\n    y = conv(x)\nreturn y",
            {"example.Block"},
        ),
        ("return self.head(x)", {"torch.nn.Linear"}),
        ("net = Block()\nreturn net(x)", {"example.Block"}),
    ],
)
def test_classes_of_the_module_that_is_called(forward: str, classes: set[str]) -> None:
    project = net_with(
        """
    self.convs = nn.ModuleList([Block() for _ in range(3)])
    self.relus = nn.ModuleList([nn.ReLU() for _ in range(3)])
    self.head = nn.Linear(1, 1)
    """,
        forward,
        above="class Block(nn.Module):\n    def forward(self, x):\n        return x\n",
    )
    assert module_classes(*callee_of(project, "x")) == classes


@pytest.mark.parametrize(
    "init",
    [
        "self.convs = nn.ModuleList()\nfor _ in range(3): self.convs.append(Block())",
        "self.convs = nn.ModuleList([])\nself.convs.extend([Block() for _ in range(3)])",
        "self.convs = nn.ModuleList()\nself.convs += [Block(), Block()]",
        "self.convs = nn.Sequential()\nself.convs.add_module('block', Block())",
        "self.convs = nn.ModuleList()\nself.convs.append(nn.Sequential(Block()))",
    ],
)
def test_what_a_list_of_self_is_given_after_its_definition(init: str) -> None:
    above = "class Block(nn.Module):\n    def forward(self, x):\n        return x\n"
    project = net_with(init, "for conv in self.convs:\n    y = conv(x)\nreturn y", above)
    inside = "torch.nn.Sequential" if "Sequential(B" in init else "example.Block"
    assert module_classes(*callee_of(project, "x")) == {inside}


def test_a_list_that_a_subclass_lets_grow_and_lists_that_hold_each_other() -> None:
    project = net_with("""
    self.a = nn.ModuleList([nn.ReLU()])
    self.b = nn.ModuleList()
    self.b.append(self.a)
    self.a.append(self.b)
    """)
    text = project.files[next(iter(project.files))].text
    more = "class Deep(Net):\n    def __init__(self):\n        super().__init__()\n"
    project = Project.of_text(text + more + "        self.a.append(nn.Linear(1, 1))\n")
    held = held_by_attribute(project.classes["example.Net"].attribute("a"))
    assert held.elements == {"torch.nn.ReLU", "torch.nn.Linear", "torch.nn.ModuleList"}
