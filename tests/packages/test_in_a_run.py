"""The whole way: from the command line to the report."""

import json

from click.testing import CliRunner

from tests.packages.conftest import Repository
from torchscript_fix import cli

MODEL = """\
import torch
import cv2_nowhere, tqdm_nowhere

class Net(torch.nn.Module):
    def forward(self, x):
        return x
"""


def test_missing_packages_are_in_the_report(repository: Repository) -> None:
    root = repository({"net.py": MODEL, "requirements.txt": "tqdm-nowhere==1.0"})
    arguments = [str(root), "--case", "net:Net()", "--input", "torch.rand(2)"]
    told = CliRunner().invoke(cli.cli, [*arguments, "--format", "json"])
    data = json.loads(told.stdout)
    assert [(each["name"], each["requirement"]) for each in data["missing_packages"]] == [
        ("cv2_nowhere", None),
        ("tqdm_nowhere", "tqdm-nowhere==1.0"),
    ]
    assert data["install"] == "pip install tqdm-nowhere==1.0"
    said = CliRunner().invoke(cli.cli, arguments).stderr
    assert "Missing packages: cv2_nowhere, tqdm_nowhere\n" in said
    assert "Not known under which name: cv2_nowhere\n" in said
