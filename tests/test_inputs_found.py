"""A case that the user names without inputs: they are found as for one that nobody named."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from torchscript_fix import cli

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])

    def forward(self, x):
        for i in range(len(self.layers)):
            x = self.layers[i](x)
        return x


class Alone(nn.Module):
    def forward(self):
        return torch.ones(2)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    cases = ["--case", "net:Net()", "--case", "again=net:Net()", "--case", "net:Alone()"]
    ran = CliRunner().invoke(cli.cli, [".", *cases, "--format", "json"])
    made = json.loads(ran.stdout)
    return {each["name"]: each for each in made["cases"]} | {"notes": made["notes"]}


def test_inputs_are_found(run: dict[str, dict[str, object]]) -> None:
    inputs = ["--input", "torch.rand(2, 6)"]
    assert run["net:Net()"]["verdict"] == "fixed"
    assert run["net:Net()"]["arguments"] == ["--case", "net:Net()", *inputs]
    assert run["again"]["verdict"] == "fixed"
    assert any("net:Net() is called with what was found by trying" in n for n in run["notes"])


def test_a_model_that_takes_nothing_is_called_with_nothing(
    run: dict[str, dict[str, object]],
) -> None:
    assert run["net:Alone()"]["verdict"] == "already-scriptable"
    assert run["net:Alone()"]["arguments"] == ["--case", "net:Alone()"]
