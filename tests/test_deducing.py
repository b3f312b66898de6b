"""A whole run without any case: what was found is told with how, what was not with why."""

from pathlib import Path

import click

from torchscript_fix import repair
from torchscript_fix.cases import parse_declared
from torchscript_fix.report.telling import Deed, Telling
from torchscript_fix.report.text import summary
from torchscript_fix.rule import all_rules
from torchscript_fix.verify.verdict import Outcome

from .silent import Silent

MODEL = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])

    def forward(self, x):
        for i in range(len(self.layers)):
            x = self.layers[i](x)
        return x


class Fetched(nn.Module):
    def __init__(self):
        super().__init__()
        torch.hub.load("example/weights", "net")

    def forward(self, x):
        return x
"""

TRAIN = """\
import argparse
from model import Net
parser = argparse.ArgumentParser()
parser.add_argument('--width', type=int, default=6)
args = parser.parse_args()
model = Net(args.width)
"""


def test_what_is_found_and_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "train.py").write_text(TRAIN)
    request = repair.Request(paths=(tmp_path,), rules=tuple(all_rules()))
    result = repair.run(request, Silent())
    [verdict] = result.verdicts
    assert (verdict.case, verdict.outcome) == ("model:Net(width=6)", Outcome.FIXED)
    assert not verdict.named and not result.left_over
    assert verdict.how.startswith(
        "constructor arguments from the call in train.py line 6, values from train.py; "
        "input from the first Linear"
    )
    text = click.unstyle(summary(result, Telling(Deed.SHOWN, tmp_path)))
    assert f"deduced: {verdict.how}" in text
    needs = "needs a download of https://github.com/example/weights"
    assert any("model:Fetched" in note and needs in note for note in result.notes)


def test_no_cases_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    request = repair.Request(paths=(tmp_path,), rules=tuple(all_rules()), max_cases=0)
    assert repair.run(request, Silent()).verdicts == ()


def test_where_no_case_is_given_missing_packages_are_stood_in_for_and_said(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import absent\n" + MODEL)
    request = repair.Request(paths=(tmp_path,), rules=tuple(all_rules()))
    result = repair.run(request, Silent())
    assert [verdict.outcome for verdict in result.verdicts] == [Outcome.FIXED]
    text = click.unstyle(summary(result, Telling(Deed.SHOWN, tmp_path)))
    assert "not installed, so stand-ins took their place: absent." in text


def test_where_a_case_is_given_they_are_missing(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import absent\n" + MODEL)
    case = parse_declared("model:Net(6)", ["torch.rand(2, 6)"])
    request = repair.Request(paths=(tmp_path,), rules=tuple(all_rules()), cases=(case,))
    result = repair.run(request, Silent())
    assert [verdict.outcome for verdict in result.verdicts] == [Outcome.CANNOT_BUILD]
    assert result.stand_ins == ()
