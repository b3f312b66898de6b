"""Names for the elements of lists."""

import ast
import keyword

import pytest

from torchscript_fix.facts.naming import element_names


@pytest.mark.parametrize(
    ("lists", "taken", "names"),
    [
        (["self.convs"], (), ["conv"]),
        (["self.convs"], ("conv",), ["conv_layer"]),
        (["self.layers"], ("layer",), ["one_layer"]),
        (["self.fuse_layers"], ("fuse_layer",), ["one_fuse_layer"]),
        (["self.convs1", "self.convs2"], (), ["conv1", "conv2"]),
        (["self.classes"], keyword.kwlist, ["class_layer"]),
        (["self.branches"], (), ["branch"]),
    ],
)
def test_names_of_one_element_of_each_list(
    lists: list[str], taken: tuple[str, ...], names: list[str]
) -> None:
    nodes = [ast.parse(text, mode="eval").body for text in lists]
    assert element_names(nodes, taken, "layer") == names
