"""The table of what torch takes and returns, against the torch that is installed."""

import pytest
import torch
from torch.nn import functional

from tests.facts import schema_table
from torchscript_fix.facts import torch_schemas


@pytest.mark.parametrize(
    ("table", "now"),
    [
        (torch_schemas.TORCH, schema_table.torch_lines),
        (torch_schemas.METHODS, schema_table.method_lines),
        (torch_schemas.FUNCTIONAL, schema_table.functional_lines),
    ],
    ids=["torch", "methods", "functional"],
)
def test_table_is_what_this_torch_says(table: str, now) -> None:  # type: ignore[no-untyped-def]
    if not torch_schemas.__doc__ or f"torch {torch.__version__.partition('+')[0]})" not in (
        torch_schemas.__doc__
    ):
        pytest.skip("the table is that of another version of torch")
    assert table.strip().splitlines() == list(now())


def test_what_returns_a_tensor_returns_one() -> None:
    x = torch.rand(2, 2)
    lines = torch_schemas.TORCH.strip().splitlines()
    unary = [line.split()[0] for line in lines if line.endswith(" input:Tensor -> Tensor")]
    tried = 0
    for name in unary:
        try:
            result = getattr(torch, name)(x)
        except (RuntimeError, TypeError):
            continue  # it wants another shape, dtype or argument
        assert isinstance(result, torch.Tensor), name
        tried += 1
    assert tried > 50


def test_names_of_functional_exist() -> None:
    names = [line.split()[0] for line in torch_schemas.FUNCTIONAL.strip().splitlines()]
    missing = [name for name in names if not hasattr(functional, name)]
    assert len(missing) < len(names) / 10
