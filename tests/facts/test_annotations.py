"""Types read from annotations."""

import ast

import pytest

from torchscript_fix.facts.annotations import annotation_type, says_optional
from torchscript_fix.facts.static import FileFacts, Project

HEAD = """\
import typing
import typing as t
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union
import numpy as np
import torch
import torch as th
from torch import Tensor, nn

OptTensor = Optional[Tensor]
Size = int
"""


def file_and_annotation(code: str, head: str = HEAD) -> tuple[FileFacts, ast.expr]:
    (file,) = Project.of_text(f"{head}\nx: {code}\n").files.values()
    last = file.tree.body[-1]
    assert isinstance(last, ast.AnnAssign)
    return file, last.annotation


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("int", "int"),
        ("bool", "bool"),
        ("None", "None"),
        ("Tensor", "Tensor"),
        ("torch.Tensor", "Tensor"),
        ("th.Tensor", "Tensor"),
        ("'Tensor'", "Tensor"),
        ("torch.LongTensor", "Tensor"),
        ("torch.Size", "List[int]"),
        ("torch.device", "torch.device"),
        ("List[int]", "List[int]"),
        ("list[int]", "List[int]"),
        ("typing.List[Tensor]", "List[Tensor]"),
        ("t.Dict[str, 'Tensor']", "Dict[str, Tensor]"),
        ("Tuple[Tensor, Tuple[int, int]]", "Tuple[Tensor, Tuple[int, int]]"),
        ("Optional[Tensor]", "Optional[Tensor]"),
        ("Optional['Tensor']", "Optional[Tensor]"),
        ("Union[Tensor, None]", "Optional[Tensor]"),
        ("Tensor | None", "Optional[Tensor]"),
        ("None | list[int]", "Optional[List[int]]"),
        ("OptTensor", "Optional[Tensor]"),
        ("Union[int, Tensor]", None),
        ("np.ndarray", None),
        ("Sequence[int]", None),
        ("List", None),
        ("Callable[[Tensor], Optional[Tensor]]", None),
        ("'not a type ('", None),
        ("Size", None),
        ("nn.Module", None),
    ],
)
def test_annotation_as_a_type(code: str, kind: str | None) -> None:
    file, annotation = file_and_annotation(code)
    assert annotation_type(annotation, file) == kind


@pytest.mark.parametrize(
    ("code", "optional"),
    [
        ("Optional[np.ndarray]", True),
        ("'Optional[Tensor]'", True),
        ("Union[int, List[int], None]", True),
        ("np.ndarray | None", True),
        ("OptTensor", True),
        ("Tensor", False),
        ("Callable[[Tensor], Optional[Tensor]]", False),
        ("List[Optional[Tensor]]", False),
    ],
)
def test_whether_an_annotation_allows_none(code: str, optional: bool) -> None:
    file, annotation = file_and_annotation(code)
    assert says_optional(annotation, file) is optional


def test_names_that_a_star_import_brings() -> None:
    head = "from torch import *\nfrom typing import *\n"
    file, annotation = file_and_annotation("Optional[List[Tensor]]", head)
    assert annotation_type(annotation, file) == "Optional[List[Tensor]]"


def test_tensor_that_is_something_else() -> None:
    file, annotation = file_and_annotation("Tensor", "from tensorflow import Tensor\n")
    assert annotation_type(annotation, file) is None
