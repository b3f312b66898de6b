"""Whether construction defines an attribute on every path."""

from textwrap import dedent, indent

import pytest

from torchscript_fix.facts.defined import Construction, only_for_construction, stand_ins
from torchscript_fix.facts.static import ClassFacts, Project

HEAD = """
import torch.nn as nn

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.base = nn.Identity()

class Net(Base):
    def __init__(self, c):
        super().__init__()
"""
TAIL = """
    def build(self, c):
        if c:
            self.conv = nn.Identity()
    def build_always(self):
        self.conv = nn.Identity()
    def late(self):
        self.build_always()
"""


def net(body: str) -> ClassFacts:
    text = HEAD + indent(dedent(body), " " * 8) + TAIL
    (file,) = Project.of_text(text).files.values()
    return file.classes["Net"]


@pytest.mark.parametrize(
    ("body", "always", "ever"),
    [
        ("self.conv = 1", True, True),
        ("self.other = 1", False, False),
        ("if c:\n    self.conv = 1", False, True),
        ("if c:\n    self.conv = 1\nelse:\n    self.conv = 2", True, True),
        ("if c:\n    self.conv = 1\nelse:\n    raise ValueError", True, True),
        ("if c:\n    self.conv = 1\nelse:\n    assert False, c", True, True),
        ("if c:\n    self.conv = 1\nelif c > 1:\n    self.conv = 2", False, True),
        ("if c:\n    return\nself.conv = 1", False, True),
        ("if c:\n    raise ValueError\nself.conv = 1", True, True),
        ("for i in range(c):\n    self.conv = i", False, True),
        ("for i in range(3):\n    self.conv = i", True, True),
        ("while c:\n    self.conv = 1", False, True),
        ("with c:\n    self.conv = 1", True, True),
        ("try:\n    self.conv = 1\nexcept ImportError:\n    pass", False, True),
        ("try:\n    self.conv = 1\nexcept ImportError:\n    self.conv = 2", True, True),
        ("try:\n    pass\nfinally:\n    self.conv = 1", True, True),
        ("self.build(c)", False, True),
        ("self.build_always()", True, True),
        ("if c:\n    self.build_always()", False, True),
        ("self.register_buffer('conv', c)", True, True),
    ],
)
def test_paths_through_init(body: str, always: bool, ever: bool) -> None:
    flow = Construction(net(body), "conv").flow
    assert (flow.always and not flow.returns_without, flow.ever) == (always, ever)


def test_a_base_class_defines_what_its_init_defines() -> None:
    assert Construction(net("pass"), "base").flow.always


def test_a_method_that_is_called_later_is_not_for_construction_only() -> None:
    cls = net("self.build(c)\nself.build_always()")
    assert only_for_construction(cls.methods["build"])
    assert not only_for_construction(cls.methods["build_always"])


def test_the_other_branch_stands_in() -> None:
    cls = net("if c:\n    self.dense = 1\nelse:\n    self.fused = 2\n    self.other = 3")
    (definition,) = cls.own_definitions["dense"]
    assert stand_ins(definition) == {"fused", "other"}


def test_nothing_stands_in_where_init_may_leave_early() -> None:
    cls = net("if not c:\n    return\nif c > 1:\n    self.dense = 1\nelse:\n    self.fused = 2")
    (definition,) = cls.own_definitions["dense"]
    assert stand_ins(definition) == frozenset()
