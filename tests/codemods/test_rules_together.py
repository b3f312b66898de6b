"""What the rules make of one function when each has something to do in it."""

from pathlib import Path
from textwrap import dedent

from torchscript_fix.facts.static import Project
from torchscript_fix.rewrite import rewrite_project
from torchscript_fix.rule import all_rules

PATH = Path("example.py")


def forward_of(code: str) -> str:
    """The `forward` of the only class, after all rules."""
    text = "import torch\nimport torch.nn as nn\n" + dedent(code)
    rewriting = rewrite_project(Project.of_text(text, "example", PATH), list(all_rules()))
    assert not rewriting.failures
    new = rewriting.texts[PATH]
    again = rewrite_project(Project.of_text(new, "example", PATH), list(all_rules()))
    assert again.texts == {}
    return new[new.index("    def forward") :]


def test_lists_of_only_some_models_are_asserted_once_before_their_loop() -> None:
    text = forward_of("""
        class Net(nn.Module):
            def __init__(self, n, deep):
                super().__init__()
                self.n = n
                self.deep = deep
                if deep:
                    self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(n)])
                    self.norms = nn.ModuleList([nn.LayerNorm(4) for _ in range(n)])

            def forward(self, x):
                if self.deep:
                    for i in range(self.n):
                        x = self.norms[i](self.layers[i](x))
                return x
    """)
    assert text == (
        "    def forward(self, x):\n"
        "        if self.deep:\n"
        "            assert self.layers is not None\n"
        "            assert self.norms is not None\n"
        "            for norm, layer in zip(self.norms, self.layers):\n"
        "                x = norm(layer(x))\n"
        "        return x\n"
    )


def test_a_list_of_only_some_models_is_not_asked_for_in_the_others() -> None:
    text = forward_of("""
        class Net(nn.Module):
            def __init__(self, n, gated):
                super().__init__()
                self.n = n
                self.gated = gated
                self.filters = nn.ModuleList([nn.Linear(4, 4) for _ in range(n)])
                if gated:
                    self.gates = nn.ModuleList([nn.Linear(4, 4) for _ in range(n)])

            def forward(self, x):
                for i in range(self.n):
                    x = self.filters[i](x)
                    if self.gated:
                        x = x * self.gates[i](x)
                return x
    """)
    head, _, body = text.partition("            if self.gated:\n")
    assert "gates" not in head
    assert body.startswith("                assert self.gates is not None\n")
