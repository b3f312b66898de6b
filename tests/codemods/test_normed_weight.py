"""What normed-weight writes, over and over: torch.jit.script remembers submodules by their `id`."""

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import torch

from tests.worked_examples import FOLDER


@pytest.fixture
def blocks() -> Iterator[ModuleType]:
    """The rewritten example, imported."""
    path = FOLDER / "normed-weight" / "blocks-in-a-stack" / "after.py"
    spec = importlib.util.spec_from_file_location("normed_blocks", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["normed_blocks"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["normed_blocks"]


def test_many_models_of_normed_blocks_are_each_scripted_as_they_are(blocks: ModuleType) -> None:
    held: list[object] = []
    for number in range(60):
        model = blocks.Stack(4).eval()
        a, b = torch.rand(2, 4), torch.rand(2, 4)
        expected = model(a, b)
        held = [object() for _ in range(7 * number)]  # other places in memory each time
        assert torch.equal(torch.jit.script(model)(a, b), expected)
    assert held


def test_a_model_that_was_scripted_is_what_it_was(blocks: ModuleType) -> None:
    model = blocks.Stack(4)
    keys, parameters = list(model.state_dict()), [id(each) for each in model.parameters()]
    a, b = torch.rand(2, 4), torch.rand(2, 4)
    expected = model(a, b)
    torch.jit.script(model)
    assert torch.equal(model(a, b), expected)
    assert list(model.state_dict()) == keys
    assert [id(each) for each in model.parameters()] == parameters
