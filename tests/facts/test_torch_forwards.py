"""What is written for the layers of torch gives what the layers themselves give."""

import ast

import pytest
import torch
from torch import nn

from torchscript_fix.facts.inheritance import FromElsewhere, method_behind
from torchscript_fix.facts.static import Project
from torchscript_fix.facts.torch_forwards import torch_forward
from torchscript_fix.facts.torch_functions import torch_function

ROWS, MAPS = torch.randn(3, 4), torch.randn(2, 4, 6, 6)
LABELS = torch.tensor([0, 3, 1])
LAYERS = {
    "nn.Linear(4, 2)": (ROWS,),
    "nn.Bilinear(4, 4, 2)": (ROWS, ROWS),
    "nn.Conv2d(4, 2, 3, padding=1, padding_mode='circular')": (MAPS,),
    "nn.ConvTranspose2d(4, 2, 3, stride=2, output_padding=1)": (MAPS,),
    "nn.LayerNorm(4)": (ROWS,),
    "nn.GroupNorm(2, 4)": (MAPS,),
    "nn.Flatten(2)": (MAPS,),
    "nn.GELU(approximate='tanh')": (ROWS,),
    "nn.PReLU()": (ROWS,),
    "nn.Softplus(2, 10)": (ROWS,),
    "nn.MaxPool2d(2, stride=1, padding=1)": (MAPS,),
    "nn.AvgPool2d(2, count_include_pad=False, padding=1)": (MAPS,),
    "nn.AdaptiveAvgPool2d(3)": (MAPS,),
    "nn.Embedding(5, 3, padding_idx=0)": (LABELS,),
    "nn.ReflectionPad2d(1)": (MAPS,),
    "nn.Upsample(scale_factor=2, mode='bilinear')": (MAPS,),
    "nn.PixelShuffle(2)": (MAPS,),
    "nn.CrossEntropyLoss(label_smoothing=0.1)": (ROWS, LABELS),
    "nn.SmoothL1Loss(beta=0.5)": (ROWS, ROWS * 2),
    "nn.KLDivLoss(reduction='batchmean', log_target=True)": (ROWS, ROWS * 2),
    "nn.TripletMarginLoss(margin=0.5)": (ROWS, ROWS + 1, ROWS * 2),
    "nn.CosineSimilarity(dim=0)": (ROWS, ROWS + 1),
}


@pytest.mark.parametrize("made", LAYERS)
def test_what_is_written_for_a_forward_gives_the_same(made: str) -> None:
    layer = eval(made)
    forward = torch_forward(f"torch.nn.{type(layer).__name__}")
    assert forward is not None
    inputs = LAYERS[made]
    code = forward.code.format(
        F="nn.functional", torch="torch", **{name: name for name in forward.parameters}
    )
    names = {"self": layer, **dict(zip(forward.parameters, inputs, strict=True))}
    assert torch.equal(eval(code, {"nn": nn, "torch": torch}, names), layer(*inputs))


WITHOUT_WEIGHTS = [made for made in LAYERS if not list(eval(made).parameters())]
WITHOUT_WEIGHTS = [made for made in WITHOUT_WEIGHTS if "Pad2d" not in made and "Trip" not in made]


@pytest.mark.parametrize("made", WITHOUT_WEIGHTS)
def test_the_function_for_a_layer_gives_the_same(made: str) -> None:
    constructor = ast.parse(made, mode="eval").body
    assert isinstance(constructor, ast.Call)
    layer = eval(made)
    function = torch_function(f"torch.nn.{type(layer).__name__}")
    assert function is not None
    given = function.arguments(constructor, ast.unparse)
    assert given is not None
    called = f"{function.module}.{function.name}({', '.join(['*inputs', *given])})"
    inputs = LAYERS[made]
    assert torch.equal(eval(called, {"torch": torch}, {"inputs": inputs}), layer(*inputs))


def test_deprecated_and_unknown_arguments_are_not_passed_on() -> None:
    function = torch_function("torch.nn.MSELoss")
    assert function is not None
    for made in ("MSELoss(size_average=True)", "MSELoss(other=1)", "MSELoss(*a)", "MSELoss(**a)"):
        call = ast.parse(made, mode="eval").body
        assert isinstance(call, ast.Call)
        assert function.arguments(call, ast.unparse) is None


CLASSES = Project.of_text("""
from torch import nn
class Base(nn.Module):
    def forward(self, x): return x
class Left(Base):
    pass
class Right(Base):
    def forward(self, x): return x + 1
class Both(Left, Right):
    pass
class Conv(nn.Conv2d):
    pass
""").classes


def test_the_order_of_classes_is_that_of_python() -> None:
    both, left, right, base = (CLASSES[f"example.{n}"] for n in ("Both", "Left", "Right", "Base"))
    assert both.linearized == (both, left, right, base, "torch.nn.Module")
    assert method_behind(left, left, "forward") is base.methods["forward"]
    assert method_behind(both, left, "forward") is right.methods["forward"]
    assert method_behind(base, base, "forward") is None


def test_behind_a_subclass_of_a_layer_comes_the_layer() -> None:
    conv = CLASSES["example.Conv"]
    assert method_behind(conv, conv, "forward") == FromElsewhere("torch.nn.Conv2d")
