"""One failure tells of everything in a module that is independent of it."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.verify.test_diagnosing import imported
from torchscript_fix.verify.worker import parts as worker_parts
from torchscript_fix.verify.worker.parts import Parts

HEAD = "import torch\nimport torch.nn as nn\n\n"
Said = Callable[[str], list[tuple[str, str, str]]]

OWN_TYPES = """
class Left(nn.Module):
    def forward(self, x):
        return x.left


class Right(nn.Module):
    def forward(self, x):
        return x.right


class Holder(nn.Module):
    def __init__(self):
        super().__init__()
        self.right = Right()

    def forward(self, x):
        return self.right(x).holder
"""


@pytest.fixture
def parts_of(tmp_path: Path) -> Iterator[Said]:
    """(stage, class, first line of the words) for each part of the Net of a text."""
    before = set(sys.modules)

    def said(text: str) -> list[tuple[str, str, str]]:
        path = tmp_path / "net.py"
        path.write_text(HEAD + textwrap.dedent(text))
        net = imported(path).Net()
        at, scripted = "script", None
        try:
            scripted = torch.jit.script(net)
            at = "save"
            torch.jit.save(scripted, str(tmp_path / "net.pt"))
            at = "run"
            scripted(torch.rand(2, 2))
        except Exception as error:
            parts = Parts(net, error, frozenset([str(path)]), 60.0, str(tmp_path))
            found = parts.after(at, scripted, lambda module: module(torch.rand(2, 2)))
            return [(each["at"], each["model"], first_line(each["message"])) for each in found]
        raise AssertionError("it compiles, can be saved, and runs")

    yield said
    for name in set(sys.modules) - before:
        if name.startswith("_diagnosing_"):
            del sys.modules[name]


def first_line(message: str) -> str:
    return message.strip().splitlines()[0]


def net(parts: str, forward: str) -> str:
    return f"""

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([{parts}])

    def forward(self, x):
        {forward}
"""


ALL = "for part in self.parts:\n            x = part(x)\n        return x"


def test_what_stands_beside_the_first_error_is_told(parts_of: Said) -> None:
    told = parts_of(OWN_TYPES + net("Left(), Holder()", ALL))
    assert told == [
        ("script", "Right", "'Tensor (inferred)' object has no attribute or method 'right'.:")
    ]


def test_what_holds_a_part_that_failed_is_not_blamed(parts_of: Said) -> None:
    models = [model for _, model, _ in parts_of(OWN_TYPES + net("Left(), Holder()", ALL))]
    assert "Holder" not in models and "Left" not in models


def test_instances_of_one_class_are_tried_where_they_differ(parts_of: Said) -> None:
    text = """
class Chooses(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        if self.layer is None:
            return x.without
        return x.with_it
"""
    told = parts_of(text + net("Chooses(None), Chooses(nn.ReLU()), Chooses(nn.Tanh())", ALL))
    words = [words for _, _, words in told]
    assert any("'without'" in each for each in words) or any("'with_it'" in each for each in words)
    assert len(words) == 2  # and the third is what the whole failed with


def test_a_part_runs_on_the_inputs_that_it_has(parts_of: Said) -> None:
    text = """
class Scaled(nn.Module):
    def forward(self, x, by):
        return x * by


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scaled = Scaled()

    def forward(self, x):
        return self.scaled(x, (1.0, 2.0)[0]).gone if x.dim() > 5 else self.scaled(x, 2.0)
"""
    told = parts_of(text)
    assert [(at, model) for at, model, _ in told] == [("run", "Scaled")]
    assert told[0][2].startswith("forward() Expected a value of type 'Tensor (inferred)'")


def test_a_part_that_fails_as_it_runs_is_told_beside_another(parts_of: Said) -> None:
    text = """
class Wrong(nn.Module):
    def forward(self, x):
        n = 1
        if x.size(0) > 1:
            n = x
        return x * n


class Other(nn.Module):
    def forward(self, x):
        n = 2
        if x.size(0) > 1:
            n = x
        return x * n
"""
    told = parts_of(text + net("Wrong(), Other()", ALL))
    assert {(at, model) for at, model, _ in told} == {("run", "Wrong"), ("run", "Other")}


def test_of_what_cannot_be_saved_the_part_is_told(parts_of: Said) -> None:
    text = """
class Unsaved(nn.Module):
    def forward(self, x, y=None):
        return x
"""
    told = parts_of(text + net("nn.Identity(), Unsaved()", "return self.parts[1](x, x)"))
    assert told == [("save", "Unsaved", "strides() called on an undefined Tensor")]


def test_an_eager_run_that_takes_too_long_ends_the_search(
    parts_of: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_parts, "MOST_SECONDS", 1.0)
    made = noted(monkeypatch)
    text = """
import time


class Fine(nn.Module):
    def forward(self, x):
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fine = Fine()

    def forward(self, x):
        time.sleep(60)
        return self.fine(x)
"""
    assert parts_of(text) == []
    assert [parts.time_limit for parts in made] == [1.0]


def test_so_many_parts_are_compiled_and_no_more(
    parts_of: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = noted(monkeypatch)
    classes = "".join(f"""
class Wrong{n}(nn.Module):
    def forward(self, x):
        return x.wrong{n}


""" for n in range(4))
    text = classes + net(", ".join(f"Wrong{n}()" for n in range(4)), ALL)
    assert len(parts_of(text)) == 3  # the first is what the whole failed with
    monkeypatch.setattr(worker_parts, "MOST_COMPILED", 2)
    assert [model for _, model, _ in parts_of(text)] == ["Wrong3", "Wrong2"]
    assert [parts.time_limit for parts in made] == [None, None]


def noted(monkeypatch: pytest.MonkeyPatch) -> list[Parts]:
    """All that is asked from now on, to be looked at later."""
    made: list[Parts] = []
    after = Parts.after

    def noting(parts: Parts, *asked: Any) -> Any:
        made.append(parts)
        return after(parts, *asked)

    monkeypatch.setattr(Parts, "after", noting)
    return made
