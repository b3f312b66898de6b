"""What is proposed after a call that failed, by what the error says."""

from torch import nn

from torchscript_fix.verify.worker.argument import Argument, source
from torchscript_fix.verify.worker.complaints import Failure, proposals


def proposed(words: str, *arguments: Argument) -> list[list[str]]:
    """The calls that come before all others, as source."""
    call = tuple(("", argument) for argument in arguments)
    failure = Failure(nn.Identity(), "RuntimeError", words, None, frozenset())
    found = proposals(call, failure)
    return [source(each.guess) for each in found if each.cost == found[0].cost]


def test_arguments_of_two_batch_sizes_are_given_one() -> None:
    words = "Sizes of tensors must match except in dimension 1. Expected size 1 but got size 2"
    image, tokens = Argument("float", (1, 3, 64, 64)), Argument("long", (2, 16), 9)
    assert proposed(words, image, tokens) == [
        ["torch.rand(1, 3, 64, 64)", "torch.randint(0, 9, (1, 16))"],
        ["torch.rand(2, 3, 64, 64)", "torch.randint(0, 9, (2, 16))"],
    ]


def test_indices_of_a_scatter_are_integers() -> None:
    words = "scatter(): Expected dtype int32/int64 for index"
    assert proposed(words, Argument("float", (2, 8)))[0] == ["torch.randint(0, 2, (2, 8))"]
