"""Which models are found to be built without being told how."""

from pathlib import Path

from torchscript_fix.cases.candidates import candidates
from torchscript_fix.cases.deduced import without_inputs
from torchscript_fix.cases.settings import Settings
from torchscript_fix.facts.static import Project

HEAD = "import torch\nfrom torch import nn\n"


def found(text: str, limit: int = 10) -> list[str]:
    project = Project.of_text(HEAD + text, module="model", path=Path("model.py"))
    cases, _ = without_inputs(candidates(project, Settings(), {}), limit)
    return [case.target for case in cases]


FORWARD = "    def forward(self, x):\n        return x\n"


def test_a_constructor_without_parameters() -> None:
    text = "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    assert found(text + FORWARD) == ["model:A()"]


def test_no_constructor() -> None:
    assert found("class A(nn.Module):\n" + FORWARD) == ["model:A()"]


def test_every_parameter_has_a_default() -> None:
    text = "class A(nn.Module):\n    def __init__(self, n=3, *, m=None, **kw):\n        pass\n"
    assert found(text + FORWARD) == ["model:A()"]


def test_a_parameter_that_must_be_given() -> None:
    text = "class A(nn.Module):\n    def __init__(self, n, m=1):\n        pass\n"
    assert found(text + FORWARD) == []
    keyword = "class A(nn.Module):\n    def __init__(self, *, n):\n        pass\n"
    assert found(keyword + FORWARD) == []


def test_the_constructor_of_a_base_decides() -> None:
    base = "class A(nn.Module):\n    def __init__(self, n):\n        pass\n" + FORWARD
    assert found(base + "class B(A):\n" + FORWARD) == []


def test_the_constructor_of_a_torch_layer_is_not_guessed() -> None:
    assert found("class A(nn.Conv2d):\n" + FORWARD) == []


def test_no_forward_is_no_model() -> None:
    assert found("class A(nn.Module):\n    pass\n") == []


def test_an_abstract_forward_is_no_model() -> None:
    text = "class A(nn.Module):\n    def forward(self, x):\n        raise NotImplementedError\n"
    assert found(text) == []


MODEL = "class A(nn.Module):\n    def __init__(self, n):\n        pass\n" + FORWARD


def test_a_function_that_returns_a_call_of_a_class() -> None:
    assert found(MODEL + "def build():\n    return A(3)\n") == ["model:build()"]


def test_a_function_that_returns_a_name_bound_to_a_module() -> None:
    text = "def build(deep=False):\n    net = nn.Sequential()\n    return net\n"
    assert found(text) == ["model:build()"]


def test_a_function_annotated_to_return_a_module() -> None:
    assert found("def build() -> nn.Module:\n    return make()\n") == ["model:build()"]
    assert found(MODEL + "def build() -> 'A':\n    return make()\n") == ["model:build()"]


def test_a_function_that_returns_a_module_on_one_path() -> None:
    text = "def build(x=1):\n    if x:\n        return None\n    return A(3)\n"
    assert found(MODEL + text) == ["model:build()"]


def test_a_function_that_does_not_show_that_it_returns_a_module_is_not_called() -> None:
    assert found("def build():\n    return make()\n") == []
    assert found("def train():\n    pass\n") == []


def test_a_function_with_a_parameter_that_must_be_given_is_not_called() -> None:
    assert found(MODEL + "def build(n):\n    return A(n)\n") == []


def test_a_function_that_is_put_into_a_registry() -> None:
    text = "@MODELS.register()\ndef build():\n    return A(3)\n"
    assert found(MODEL + text) == ["model:build()"]


def test_a_command_is_not_called() -> None:
    assert found(MODEL + "@app.command()\ndef build():\n    return A(3)\n") == []


def test_what_is_over_the_limit_is_counted() -> None:
    text = "".join(f"class A{n}(nn.Module):\n{FORWARD}" for n in range(5))
    project = Project.of_text(HEAD + text, module="m")
    cases, left_out = without_inputs(candidates(project, Settings(), {}), 3)
    assert [case.target for case in cases] == ["m:A0()", "m:A1()", "m:A2()"]
    assert left_out == 2
