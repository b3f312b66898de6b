"""Which arguments the compiler says do not fit, read from its messages."""

import ast
from pathlib import Path

import pytest

from torchscript_fix.facts.schemas_said import argument_of, mismatches
from torchscript_fix.facts.static import FunctionFacts, Project

PAD = """\
pad(Tensor input, int[] pad, str mode="constant", float? value=None) -> Tensor:
Expected a value of type 'Optional[float]' for argument 'value' but instead found type 'int'.
"""
NORMAL = """\
aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> \
Tensor(a!):
Expected a value of type 'float' for argument 'mean' but instead found type 'int'.
"""
METHOD = """\
crop(__torch__.net.Crop self, Tensor x, float rate) -> (Tensor, Tensor):
Expected a value of type 'float' for argument 'rate' but instead found type 'int'.
"""
SEVERAL = (
    f"Arguments for call are not valid.\nThe following variants are available:\n\n{PAD}\n{NORMAL}"
)


def called(code: str) -> tuple[ast.Call, FunctionFacts]:
    text = f"import torch.nn.functional as F\n\n\ndef f(self, x):\n    return {code}\n"
    path = Path("example.py")
    function = Project.of_text(text, "example", path).files[path].functions["f"]
    return function.calls[0], function


def test_each_mismatch_goes_with_the_schema_above_it() -> None:
    first, second = mismatches(SEVERAL)
    assert (first.callee, first.argument, first.wanted) == ("pad", "value", "Optional[float]")
    assert first.parameters == ("input", "pad", "mode", "value")
    assert (second.callee, second.argument, second.found) == ("aten::normal_", "mean", "int")
    assert second.parameters == ("self", "mean", "std", "generator")


def test_the_module_before_the_dot_is_no_parameter() -> None:
    (only,) = mismatches(METHOD)
    assert only.parameters == ("x", "rate")


def test_other_messages_have_none() -> None:
    assert mismatches("undefined value foo") == ()


@pytest.mark.parametrize(
    ("message", "code", "argument"),
    [
        (PAD, "F.pad(x, (0, 1), value=2)", "2"),
        (PAD, "F.pad(x, (0, 1), 'constant', 3)", "3"),
        (PAD, "F.pad(x, (0, 1))", None),
        (PAD, "F.pad(*x, 'constant', 3)", None),
        (NORMAL, "x.normal_(4)", "4"),
        (NORMAL, "x.normal_(std=1, mean=5)", "5"),
        (METHOD, "self.crop(x, 6)", "6"),
    ],
)
def test_argument_that_a_call_passes(message: str, code: str, argument: str | None) -> None:
    (mismatch,) = mismatches(message)
    call, function = called(code)
    found = argument_of(call, mismatch, function)
    assert (ast.unparse(found) if found is not None else None) == argument
