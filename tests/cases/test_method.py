"""A case that calls another method of its model than forward: as it is given, and told again."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from torchscript_fix import cli
from torchscript_fix.cases import CaseError, DeducedCase, parse_declared, with_method
from torchscript_fix.cases.method import called, calling

AGENT = """\
import torch
from torch import nn


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])

    def forward(self, x):
        raise NotImplementedError

    def act(self, x):
        for i in range(len(self.layers)):
            x = self.layers[i](x)
        return x
"""


def test_the_name_says_the_method() -> None:
    case = parse_declared(with_method("net:Net(1, {'a': 2})", "act"), ["x"])
    assert case.name == "net:Net(1, {'a': 2}).act"
    assert called(case.expression) == ("Net(1, {'a': 2})", "act")
    named = parse_declared(with_method("mine=net:Net()", "act"), [])
    assert (named.name, named.module) == ("mine", "net")
    assert DeducedCase(f"net:{calling('Net()', 'act')}").name == "net:Net().act"


def test_what_is_no_method() -> None:
    with pytest.raises(CaseError, match=r"--method 'a\.b' is no name of a method"):
        with_method("net:Net()", "a.b")


def test_without_a_case_it_is_a_wrong_command(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli.cli, [str(tmp_path), "--method", "act", "--case", "net:Net()"])
    assert ran.exit_code == 2
    assert "--method belongs to the --case before it" in ran.output


def test_a_method_is_called_compiled_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(AGENT)
    (tmp_path / "written.py").write_text(
        "import torch\nfrom torchscript_fix import Case\n\ndef cases(module):\n"
        "    if module.__name__ == 'net':\n"
        "        x = lambda: ((torch.rand(2, 3),), {})\n"
        "        yield Case('written', module.Agent, x, method='act')\n"
    )
    case = ["--case", "net:Agent()", "--method", "act", "--input", "torch.rand(2, 3)"]
    options = [*case, "--cases", "written.py", "--format", "json"]
    ran = CliRunner().invoke(cli.cli, [".", *options])
    made = json.loads(ran.stdout)
    told = {each["name"]: each for each in made["cases"]}
    assert told["net:Agent().act"]["verdict"] == "fixed", ran.stdout
    assert told["net:Agent().act"]["model"] == "net.Agent"
    assert told["net:Agent().act"]["arguments"] == case
    assert told["net::written"]["verdict"] == "fixed"
