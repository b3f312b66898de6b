"""What a case builds: its class by a name that means the same everywhere, and its size."""

from pathlib import Path

import click
import pytest

from torchscript_fix import repair
from torchscript_fix.cases import parse_command, parse_declared
from torchscript_fix.report.telling import Deed, Telling
from torchscript_fix.report.text import summary
from torchscript_fix.result import Result
from torchscript_fix.rule import all_rules
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verdict import Verdict

NET = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 3)

    def forward(self, x):
        return self.fc(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        return self.fc(self.block(x))


class Plain(nn.Module):
    def forward(self, x):
        return x


def stack():
    return nn.Sequential(Block(), nn.ReLU())
"""
SCRIPT = NET + "\n\nif __name__ == '__main__':\n    Net()(torch.rand(1, 2))\n"
X = "torch.rand(1, 2)"


class Silent:
    def stage(self, name: str, total: int | None) -> None: ...

    def step(self, what: str) -> None: ...


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    root = tmp_path_factory.mktemp("built")
    (root / "tools").mkdir()
    (root / "net.py").write_text(NET)
    (root / "code.py").write_text(NET)  # Python has a module of this name
    (root / "tools" / "demo.py").write_text(SCRIPT)
    cases = [
        parse_declared(case, [X])
        for case in ("net:Net()", "net:Block()", "net:Plain()", "net:stack()", "code:Net()")
    ]
    broken = parse_declared("net:Net(1)", [X])
    command = [] if why_uncontained() else [parse_command("python tools/demo.py", root, root)]
    request = repair.Request(
        paths=(root,), rules=tuple(all_rules()), cases=(*cases, broken, *command)
    )
    return root, repair.run(request, Silent())


def verdict(found: tuple[Path, Result], case: str) -> Verdict:
    return next(verdict for verdict in found[1].verdicts if verdict.case == case)


@pytest.mark.parametrize(
    ("case", "model", "parameters", "whole"),
    [
        ("net:Net()", "net.Net", 25, True),
        ("net:Block()", "net.Block", 9, False),
        ("net:Plain()", "net.Plain", 0, False),
        ("net:stack()", "torch.nn.modules.container.Sequential", 9, True),
        ("code:Net()", "code.Net", 25, True),
    ],
)
def test_what_a_case_builds(
    found: tuple[Path, Result], case: str, model: str, parameters: int, whole: bool
) -> None:
    told = verdict(found, case)
    assert told.model is not None
    assert (told.model.name, told.model.parameters, told.whole) == (model, parameters, whole)


@pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())
def test_the_class_of_a_script_is_named_by_its_path(found: tuple[Path, Result]) -> None:
    told = verdict(found, "demo.py → Net #1")
    assert told.model is not None
    assert (told.model.name, told.whole) == ("tools.demo.Net", True)


def test_nothing_is_said_of_what_is_not_built(found: tuple[Path, Result]) -> None:
    told = verdict(found, "net:Net(1)")
    assert (told.model, told.whole) == (None, False)


def test_parts_are_told_apart_and_last(found: tuple[Path, Result]) -> None:
    root, result = found
    text = click.unstyle(summary(result, Telling(Deed.SHOWN, root, verbose=True)))
    networks, _, parts = text.partition("Parts of networks, and losses:")
    assert "net:Net()" in networks and "net:Net(1)" in networks
    assert "net:Block()" in parts and "net:Plain()" in parts
    assert "net:Block()" not in networks
