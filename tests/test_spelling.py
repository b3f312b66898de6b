"""How a type is written in a file's own way."""

from pathlib import Path

import pytest

from torchscript_fix.editing.edit import AddImport
from torchscript_fix.facts.static import Project
from torchscript_fix.kit.spelling import SpellingError, spelled, spelled_module

OPTIONAL = AddImport("typing", "Optional")


def spelled_in(head: str, kind: str) -> tuple[str, set[AddImport]]:
    """The annotation and its imports, for a function below `head`."""
    text = f"{head}\ndef forward(x=None):\n    return x\n"
    (file,) = Project.of_text(text).files.values()
    found = spelled(kind, file, line=text.count("\n") - 1)
    return found.code, set(found.imports)


@pytest.mark.parametrize(
    ("head", "kind", "code", "imports"),
    [
        ("import torch", "Optional[Tensor]", "Optional[torch.Tensor]", {OPTIONAL}),
        ("import torch as th", "Tensor", "th.Tensor", set()),
        ("from torch import Tensor", "Optional[Tensor]", "Optional[Tensor]", {OPTIONAL}),
        ("from torch import nn", "Tensor", "Tensor", {AddImport("torch", "Tensor")}),
        ("from torch import nn", "torch.device", "torch.device", {AddImport("torch", None)}),
        ("import typing", "Optional[int]", "typing.Optional[int]", set()),
        ("import typing as t", "Optional[int]", "t.Optional[int]", set()),
        ("from typing import Optional", "Optional[int]", "Optional[int]", set()),
        (
            "from typing import Optional",
            "Optional[List[int]]",
            "Optional[List[int]]",
            {AddImport("typing", "List")},
        ),
        ("def f(a: int | None): ...", "Optional[int]", "int | None", set()),
        ("def f(a: list[int]): ...", "List[int]", "list[int]", set()),
        ("import torch", "Optional[torch.device]", "Optional[torch.device]", {OPTIONAL}),
        ("import torch", "Dict[str, int]", "Dict[str, int]", {AddImport("typing", "Dict")}),
        (
            "import torch\nfrom torch import Tensor\ndef f(a: torch.Tensor): ...",
            "Tensor",
            "torch.Tensor",
            set(),
        ),
        ("Optional = 1\nimport typing", "Optional[int]", "typing.Optional[int]", set()),
    ],
)
def test_type_in_a_file(head: str, kind: str, code: str, imports: set[AddImport]) -> None:
    assert spelled_in(head, kind) == (code, imports)


def test_import_below_the_function_does_not_count() -> None:
    text = "def forward(x=None):\n    return x\nfrom typing import Optional\n"
    (file,) = Project.of_text(text).files.values()
    assert spelled("Optional[int]", file, line=1).imports == (OPTIONAL,)


def test_names_that_mean_something_else() -> None:
    with pytest.raises(SpellingError, match="mean something else"):
        spelled_in("Optional = typing = None", "Optional[int]")


def test_a_class_has_its_name_below_its_definition_only() -> None:
    text = "class Output:\n    pass\n\n\nclass Net:\n    def forward(self, x):\n        return x\n"
    file = Project.of_text(text).files[Path("example.py")]
    assert spelled("Output", file, line=6).code == "Output"
    with pytest.raises(SpellingError):
        spelled("Net", file, line=1)
    with pytest.raises(SpellingError):
        spelled("elsewhere.Output", file, line=6)


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("import torch.nn as nn\nimport torch.nn.functional as F", "F"),
        ("import torch.nn.functional as F\nfrom torch.nn import functional as F", "F"),
        ("import torch\nimport torch.nn.functional as F\nimport other as F", "torch.nn.functional"),
        (
            "from torch import nn\nimport torch.nn.functional as F\n"
            "try:\n    from other import functional as F\nexcept ImportError:\n    pass",
            "nn.functional",
        ),
        ("import torch\nfrom torch.nn import functional as F\ndef F(): ...", "torch.nn.functional"),
    ],
)
def test_module_whose_name_is_given_away(head: str, code: str) -> None:
    text = f"{head}\ndef forward(x=None):\n    import torch.nn as F\n    return x\n"
    (file,) = Project.of_text(text).files.values()
    assert spelled_module("torch.nn.functional", file, text.count("\n") - 2).code == code
