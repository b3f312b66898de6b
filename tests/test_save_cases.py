"""Cases that were found are written to a file, and the file says the same when it is given back."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from torchscript_fix import repair
from torchscript_fix.cases import DeducedCase, WrittenCases
from torchscript_fix.cases.saving import source
from torchscript_fix.cli import cli
from torchscript_fix.rule import all_rules

from .silent import Silent

MODEL = """\
import torch
from torch import nn


class Stack(nn.Module):
    def __init__(self, block, width):
        super().__init__()
        self.layers = nn.ModuleList([block(width, width) for _ in range(2)])

    def forward(self, x):
        for i in range(len(self.layers)):
            x = self.layers[i](x)
        return x


class Plain(nn.Module):
    def forward(self, x):
        return x.unknown()


def build(width=4):
    return Stack(nn.Linear, width)
"""


def test_the_file_gives_the_same_verdicts(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    path = tmp_path / "project" / "model.py"
    path.write_text(MODEL)
    request = repair.Request(paths=(path.parent,), rules=tuple(all_rules()))
    first = repair.run(request, Silent())
    assert [(v.outcome.value, v.found, v.case) for v in first.verdicts] == [
        ("fixed", "deduced", "model:build()")
    ]
    saved = tmp_path / "found.py"
    saved.write_text(source([c for c in first.cases if isinstance(c, DeducedCase)]))
    request = repair.Request(paths=request.paths, rules=request.rules, cases=(WrittenCases(saved),))
    again = repair.run(request, Silent())
    assert [(v.outcome.value, v.found) for v in again.verdicts] == [("fixed", "written")]
    assert again.changes == first.changes


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    kept = tmp_path / "cases.py"
    kept.write_text("mine")
    answer = CliRunner().invoke(cli, [str(tmp_path), "--save-cases", str(kept)])
    assert answer.exit_code == 2
    assert f"{kept} is there already" in answer.output
    assert kept.read_text() == "mine"


@pytest.mark.parametrize("other", [["--case", "model:build()"], ["--no-verify"]])
def test_nothing_is_saved_of_cases_that_were_given(tmp_path: Path, other: list[str]) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    saved = str(tmp_path / "cases.py")
    answer = CliRunner().invoke(cli, [str(tmp_path), "--save-cases", saved, *other])
    assert answer.exit_code == 2 and "it excludes" in answer.output


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    saved = str(tmp_path / "nowhere" / "cases.py")
    answer = CliRunner().invoke(cli, [str(tmp_path), "--save-cases", saved])
    assert answer.exit_code == 2 and "there is no folder" in answer.output
