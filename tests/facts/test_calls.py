"""Which call sites are known to reach a function."""

import ast
from textwrap import dedent

from torchscript_fix.facts.calls import call_sites
from torchscript_fix.facts.static import Project


def arguments_at_calls_of(qualname: str, text: str) -> list[str]:
    project = Project.of_text(dedent(text))
    (file,) = project.files.values()
    function = file.functions[qualname]
    return [ast.unparse(site.call) for site in call_sites(function)]


MODEL = """
    import torch.nn as nn
    class Block(nn.Module):
        def forward(self, x, size=None):
            return x
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = Block()
            self.blocks = nn.ModuleList([Block()])
        def forward(self, x):
            y = self.block(x, x.size())
            for block in self.blocks:
                y = block(y)
            return self.tail(y, None)
        def tail(self, y, mask=None):
            return y
"""


def test_a_module_is_called_as_an_attribute_and_as_a_loop_variable() -> None:
    assert arguments_at_calls_of("Block.forward", MODEL) == [
        "self.block(x, x.size())",
        "block(y)",
    ]


def test_a_method_is_called_on_self() -> None:
    assert arguments_at_calls_of("Net.tail", MODEL) == ["self.tail(y, None)"]


def test_a_constructor_is_called_by_the_name_of_its_class() -> None:
    assert arguments_at_calls_of("Net.__init__", MODEL + "\n    Net()\n") == ["Net()"]


def test_a_call_through_a_name_nothing_is_known_of_is_not_among_them() -> None:
    text = MODEL + "\n    def run(model, x):\n        return model(x)\n"
    assert len(arguments_at_calls_of("Block.forward", text)) == 2
