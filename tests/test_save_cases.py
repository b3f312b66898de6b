"""Cases that were found are written to a file, and the file says the same when it is given back."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from torchscript_fix.cli import cli

CliDocument = dict[str, Any]

needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")

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


def told(run: Result) -> CliDocument:
    """What a run says in JSON."""
    return json.loads(run.stdout)


def changes_of(answer: CliDocument) -> list[tuple[str, str]]:
    return [(each["path"], each["patch"]) for each in answer["changes"]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "model.py").write_text(MODEL)
    monkeypatch.chdir(folder)
    return folder


def saved_and_given_back(*options: str) -> tuple[CliDocument, CliDocument]:
    """What is said at first, and with the file alone."""
    form = ("--format", "json")
    first = CliRunner().invoke(cli, [".", *form, "--save-cases", "../saved.py", *options])
    again = CliRunner().invoke(cli, [".", *form, "--cases", "../saved.py"])
    return told(first), told(again)


def test_the_file_gives_the_same_verdicts(project: Path) -> None:
    first, again = saved_and_given_back()
    assert [(v["verdict"], v["found"], v["name"]) for v in first["cases"]] == [
        ("fixed", "deduced", "model:build()")
    ]
    assert [(v["verdict"], v["found"]) for v in again["cases"]] == [("fixed", "written")]
    assert changes_of(again) == changes_of(first) != []


def test_a_case_that_was_typed(project: Path) -> None:
    typed = ("--case", "mine=model:build()", "--input", "torch.rand(1, 4)")
    first, again = saved_and_given_back(*typed)
    assert [(v["verdict"], v["name"]) for v in first["cases"]] == [("fixed", "mine")]
    assert [(v["verdict"], v["name"]) for v in again["cases"]] == [("fixed", "mine")]
    assert changes_of(again) == changes_of(first) != []


def test_what_the_cases_need_is_carried(project: Path) -> None:
    (project / "lib").mkdir()
    (project / "lib" / "model.py").write_text("import not_installed_1\n" + MODEL)
    (project / "model.py").write_text("raise RuntimeError('the other model')\n")
    options = ("--import-root", "lib", "--stub-missing")
    case = ("--case", "model:build()", "--input", "torch.rand(1, 4)")
    first, again = saved_and_given_back(*case, *options)
    assert [v["verdict"] for v in first["cases"]] == ["fixed"]
    assert [v["verdict"] for v in again["cases"]] == ["fixed"]
    assert changes_of(again) == changes_of(first) != []


def test_weights_that_are_not_there_are_so_again(project: Path) -> None:
    text = MODEL.replace("    return Stack(", "    torch.load('no.pth')\n    return Stack(")
    (project / "model.py").write_text(text)
    first, again = saved_and_given_back()
    assert [v["verdict"] for v in first["cases"]] == ["fixed"]
    assert [v["verdict"] for v in again["cases"]] == ["fixed"]
    named = ["--case", "model:build()", "--input", "torch.rand(1, 4)", "--format", "json"]
    strict = told(CliRunner().invoke(cli, [".", *named]))
    assert [v["verdict"] for v in strict["cases"]] == ["cannot-build"]


DEMO = """\
import torch

from model import Plain, build

model = build()
for _ in range(2):
    model(torch.rand(2, 4))
build(6)(torch.rand(1, 6))
"""


@needs_bubblewrap
def test_a_command_and_its_calls(project: Path) -> None:
    (project / "tools").mkdir()
    (project / "demo.py").write_text(DEMO)
    first, again = saved_and_given_back("--run", "python demo.py")
    names = ["demo.py → Stack #1", "demo.py → Stack #2"]
    assert [(v["verdict"], v["name"]) for v in first["cases"]] == [("fixed", n) for n in names]
    assert [(v["verdict"], v["name"]) for v in again["cases"]] == [("fixed", n) for n in names]
    assert changes_of(again) == changes_of(first) != []


@needs_bubblewrap
def test_of_a_command_the_calls_that_are_left_in_the_file_are_cases(project: Path) -> None:
    (project / "demo.py").write_text(DEMO)
    CliRunner().invoke(cli, [".", "--save-cases", "../saved.py", "--run", "python demo.py"])
    saved = project.parent / "saved.py"
    text = saved.read_text()
    assert '("model.Stack", 1, 1), ("model.Stack", 2, 1)' in " ".join(text.split())
    saved.write_text(text.replace('("model.Stack", 1, 1)', '("model.Stack", 3, 1)'))
    answer = CliRunner().invoke(cli, [".", "--cases", str(saved), "--format", "json"])
    cases = {v["name"]: v for v in told(answer)["cases"]}
    assert cases["demo.py → Stack #2"]["verdict"] == "fixed"
    gone = cases["demo.py → model.Stack #3"]
    assert gone["verdict"] == "cannot-run" and answer.exit_code == 1
    assert "did not come to this call of model.Stack: it came to its end" in gone["message"]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    kept = tmp_path / "cases.py"
    kept.write_text("mine")
    answer = CliRunner().invoke(cli, [str(tmp_path), "--save-cases", str(kept)])
    assert answer.exit_code == 2
    assert f"{kept} is there already" in answer.output
    assert kept.read_text() == "mine"


@pytest.mark.parametrize("other", [["--cases", "model.py"], ["--no-verify"]])
def test_nothing_is_saved_of_cases_that_are_in_a_file(project: Path, other: list[str]) -> None:
    answer = CliRunner().invoke(cli, [".", "--save-cases", "saved.py", *other])
    assert answer.exit_code == 2 and "it excludes" in answer.output


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    saved = str(tmp_path / "nowhere" / "cases.py")
    answer = CliRunner().invoke(cli, [str(tmp_path), "--save-cases", saved])
    assert answer.exit_code == 2 and "there is no folder" in answer.output
