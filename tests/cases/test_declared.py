"""Cases as they are typed on the command line."""

import pytest

from torchscript_fix.cases import CaseError, parse_declared


def test_module_and_expression() -> None:
    case = parse_declared('networks.poolnet:build_model("resnet")', ["torch.rand(1, 3, 192, 192)"])
    assert case.name == case.target == 'networks.poolnet:build_model("resnet")'
    assert (case.module, case.expression) == ("networks.poolnet", 'build_model("resnet")')
    assert case.inputs == ("torch.rand(1, 3, 192, 192)",)


def test_a_case_may_be_named() -> None:
    case = parse_declared("small=model:Net(width=8)", [])
    assert (case.name, case.target) == ("small", "model:Net(width=8)")


def test_a_keyword_in_the_expression_is_no_name() -> None:
    assert parse_declared("model:Net(a=1)", []).name == "model:Net(a=1)"


def test_a_colon_in_the_expression() -> None:
    assert parse_declared("model:build({'a': 1}, x[1:])", []).expression == "build({'a': 1}, x[1:])"


@pytest.mark.parametrize(
    "text",
    ["", "model", "model:", ":Net()", "my-model:Net()", "model:Net(", "model:x = 1", "a b:c"],
)
def test_what_is_no_case_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CaseError, match="--case"):
        parse_declared(text, [])


@pytest.mark.parametrize(
    "text", ["mask=None", "torch.rand(1), y=2", "*xs", "**kw", "[1, 2],", "'a#b'"]
)
def test_an_input_is_what_stands_in_a_call(text: str) -> None:
    assert parse_declared("m:f()", [text]).inputs == (text.rstrip(","),)


@pytest.mark.parametrize(
    "text", ["", "1) or g(2", "x = 1; y", "torch.rand(", "1  # one", "f(1)) + (2"]
)
def test_what_is_no_input_is_refused(text: str) -> None:
    with pytest.raises(CaseError, match="--input"):
        parse_declared("m:f()", [text])
