"""Types that were seen of one thing, brought to the one type that TorchScript takes them all as."""

import pytest

from torchscript_fix.facts.unify import NUMBER, seen_together


@pytest.mark.parametrize(
    ("seen", "together"),
    [
        ({"int"}, "int"),
        ({"int", "None"}, "Optional[int]"),
        ({"None"}, "None"),
        ({"int", "float"}, NUMBER),
        ({"int", "float", "None"}, f"Optional[{NUMBER}]"),
        ({"bool", "int"}, None),
        ({"Tensor", "float"}, None),
        ({"List[Tensor]", "List[Optional[Tensor]]"}, "List[Optional[Tensor]]"),
        ({"List[Tensor]", "Tuple[Tensor, Tensor]"}, "List[Tensor]"),
        ({"Tuple[Tensor]", "Tuple[Tensor, Tensor]"}, "List[Tensor]"),
        ({"Tuple[int, Tensor]", "Tuple[int, Tensor, Tensor]"}, None),
        ({"Tuple[Tensor, None]", "Tuple[Tensor, Tensor]"}, "Tuple[Tensor, Optional[Tensor]]"),
        ({"Dict[str, int]", "Dict[str, float]"}, f"Dict[str, {NUMBER}]"),
        ({"Dict[str, int]", "List[int]"}, None),
        ({"List[?]"}, None),
        (set(), None),
    ],
)
def test_types_seen_together(seen: set[str], together: str | None) -> None:
    assert seen_together(seen) == together
