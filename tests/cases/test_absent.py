"""What a `--case` names and its module cannot have, and what only the run can tell."""

from pathlib import Path

import pytest

from torchscript_fix.cases.absent import absent_name, first_names, names_in, no_module
from torchscript_fix.cases.written import asks_for, no_case

NET = """
import torch.nn as nn
from .blocks import Block as Base
WIDTHS = SMALL, LARGE = 1, 2
if SMALL:
    def build(): return Net()
try:
    import yaml
except ImportError as error:
    yaml = None
with open("x") as file:
    lines: list = [line for line in file]
class Net(nn.Module):
    inner = 1
    def forward(self, x):
        local = x
        return local
"""


def said(text: str, expression: str, *others: str, path: str = "net.py") -> str:
    found = absent_name(f"net:{expression}", Path(path), text, others)
    return "" if found is None else str(found)


def test_the_nearest_name_is_offered() -> None:
    assert said(NET, "Nte()") == "--case 'net:Nte()': there is no Nte in net; did you mean 'Net'?"
    assert said(NET, "bulid()").endswith("did you mean 'build'?")
    assert said(NET, "Quite(1)") == "--case 'net:Quite(1)': there is no Quite in net"


def test_names_are_those_that_the_module_binds() -> None:
    names = names_in(NET)
    assert {"nn", "Base", "WIDTHS", "SMALL", "build", "yaml", "file", "lines", "Net"} <= names
    assert not names & {"inner", "local", "forward", "Block"}


@pytest.mark.parametrize(
    "expression",
    ["Net()", "build()", "Base(nn)", "torch.nn.Linear(1, 1)", "[n for n in WIDTHS][0]", "len('')"],
)
def test_what_is_there_is_not_refused(expression: str) -> None:
    assert said(NET, expression) == ""


@pytest.mark.parametrize(
    "line",
    [
        "from .models import *",
        "def __getattr__(name): return 1",
        "globals()['N' + 'te'] = Net",
        "vars()['N' + 'te'] = Net",
        "import sys; setattr(sys.modules[__name__], 'N' + 'te', Net)",
        "def f():\n    global Later",
        "exec('x = 1')",
    ],
)
def test_what_the_run_alone_can_tell_is_left_to_it(line: str) -> None:
    assert said(f"{NET}\n{line}\n", "Nte()") == ""


def test_a_name_that_stands_anywhere_is_left_to_the_run() -> None:
    assert said(NET, "Nte()", "import net\nnet.Nte = 1\n") == ""
    assert said(NET, "Nte()", "Ntes = 1\n") != ""


def test_a_submodule_of_a_package_is_left_to_the_run(tmp_path: Path) -> None:
    (tmp_path / "blocks.py").write_text("")
    init = tmp_path / "__init__.py"
    assert said("import os\n", "blocks.Net()", path=str(init)) == ""
    assert said("import os\n", "blokcs.Net()", path=str(init)) != ""


def test_the_names_of_an_expression_are_those_that_it_does_not_bind() -> None:
    assert sorted(first_names("f(lambda x: x + y)(*[a for a in b])")) == ["b", "f", "y"]


def test_a_module_that_is_not_there() -> None:
    modules = ["networks.saliency", "networks.blocks"]
    told = str(no_module("saliency:Net()", Path("/clone"), modules))
    assert "no module saliency below /clone" in told
    assert "did you mean 'networks.saliency'?" in told
    assert "did you mean 'networks.blocks'?" in str(
        no_module("networks.block:Net()", Path("/clone"), modules)
    )


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("if module.__name__ == 'networks.net': pass", True),
        ("if module.__name__.endswith('.net'): pass", True),
        ("if module.__name__ in {'a', 'networks.net'}: pass", True),
        ("if module.__name__ == 'other': pass", False),
        ("Case('networks.net', module.Net)", False),
        ("if hasattr(module, 'Net'): pass", False),
        ("if", False),
    ],
)
def test_a_file_of_cases_may_ask_for_a_module_by_its_name(text: str, asked: bool) -> None:
    assert asks_for(text, "networks.net") is asked


def test_a_file_that_yields_no_case_says_what_it_was_asked_with() -> None:
    assert no_case(["a", "b"], {}) == "it yields no case for 2 modules (a, b)"
    assert no_case([], {"net": "ImportError: no\n  place"}) == (
        "it was asked with no module\n1 module (net) cannot be imported: ImportError: no"
    )
    assert no_case([f"m{n}" for n in range(50)], {}).endswith("m11, …)")
