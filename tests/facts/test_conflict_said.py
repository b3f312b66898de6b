"""What is read from messages about names of several types."""

import pytest

from torchscript_fix.facts.conflict_said import Conflict, conflict_said


@pytest.mark.parametrize(
    ("message", "conflict"),
    [
        (
            "Variable 'x' previously had type Tensor (inferred) but is now being assigned to a "
            "value of type List[int]\n:",
            Conflict("x", "Tensor", "List[int]"),
        ),
        (
            "Cannot re-assign 'layer' to a value of type module because layer is not a first-class "
            "value.  Only reassignments to first-class values are allowed:",
            Conflict("layer", None, "module"),
        ),
        (
            "Cannot re-assign 'n' because it has type value of type 'int' and n is not a "
            "first-class value.  Only reassignments to first-class values are allowed:",
            Conflict("n", "int", None),
        ),
        ("undefined value x", None),
    ],
)
def test_conflict(message: str, conflict: Conflict | None) -> None:
    assert conflict_said(message) == conflict
