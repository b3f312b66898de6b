"""What a layer is, looked up at the calls of its constructor."""

from textwrap import dedent

import pytest

from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.layers import held_by_layer
from torchscript_fix.facts.static import Project


def kinds(value: str, build: str, signature: str = "self, layer") -> set[Kind]:
    head = "import torch.nn as nn\nimport elsewhere\n"
    head += f"class Net(nn.Module):\n    def __init__({signature}):\n        self.layer = {value}\n"
    (file,) = Project.of_text(head + dedent(build)).files.values()
    (definition,) = file.classes["Net"].own_definitions["layer"]
    return set(held_by_layer(definition).kinds)


UNPACKED = "def build():\n    return Net(*make())\n"


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("def build():\n    return Net(nn.Identity())", Kind.MODULE),
        ("def build():\n    return Net(layer=nn.Identity())", Kind.MODULE),
        (f"{UNPACKED}def make():\n    return 1, nn.Identity()", Kind.VALUE),
        (f"{UNPACKED}def make():\n    return nn.Identity(), 1", Kind.MODULE),
        (f"{UNPACKED}def make():\n    return something", Kind.UNKNOWN),
        ("def build(x):\n    return Net(x)", Kind.UNKNOWN),
        ("pass", Kind.UNKNOWN),
    ],
)
def test_a_parameter_is_what_calls_pass(build: str, expected: Kind) -> None:
    assert kinds("layer", build) == {expected}


def test_one_call_that_shows_nothing_leaves_it_open() -> None:
    build = "def build(x):\n    return Net(nn.Identity()) if x else Net(x)"
    assert Kind.UNKNOWN in kinds("layer", build)


@pytest.mark.parametrize(
    ("value", "signature", "expected"),
    [
        ("norm(3)", "self, norm=nn.BatchNorm2d", Kind.MODULE),
        ("norm(3)", "self, norm", Kind.UNKNOWN),
        ("elsewhere.DropPath(0.1)", "self", Kind.MODULE),
        ("elsewhere.make(0.1)", "self", Kind.UNKNOWN),
    ],
)
def test_what_a_call_makes(value: str, signature: str, expected: Kind) -> None:
    assert kinds(value, "", signature) == {expected}
