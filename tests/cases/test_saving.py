"""The file of `--save-cases`: readable, complete, and Python."""

import ast

from torchscript_fix.cases import DeducedCase
from torchscript_fix.cases.saving import source

NET = DeducedCase(
    "models.net:Net(block=Block, sizes=[n for n in (1, WIDTH)], act=torch.nn.ReLU)",
    ("torch.rand(2, 3)", "mask=None"),
    "constructor arguments from the call in train.py line 3; input from the first Linear",
)


def test_names_of_the_module_are_spelled_as_its_own() -> None:
    text = source([NET])
    assert 'if module.__name__ == "models.net":' in text
    assert "module.Net(" in text and "block=module.Block" in text
    assert "[n for n in (1, module.WIDTH)]" in text and "act=torch.nn.ReLU" in text
    assert 'inputs=lambda: ((torch.rand(2, 3),), {"mask": None})' in text


def test_how_a_case_was_found_is_a_comment() -> None:
    text = source([NET])
    assert "# constructor arguments from the call in train.py line 3;" in text


def test_a_case_without_inputs_is_left_out() -> None:
    text = source([DeducedCase("net:Net()")])
    assert "Case(" not in text
    ast.parse(text)


def test_a_module_that_is_called_like_one_of_python() -> None:
    text = source([DeducedCase("types:Net()", ("1",))])
    assert 'module.__name__ in ("types", "_torchscript_fix_types")' in text
