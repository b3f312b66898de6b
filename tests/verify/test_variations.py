"""Other numbers: the same on both sides, and other than those of the case."""

import torch
from torch import nn

from torchscript_fix.verify.worker.variations import differentiable, move_state, other_numbers


class TwoGains(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.LayerNorm(3)
        self.other = nn.LayerNorm(3)
        self.register_buffer("steps", torch.zeros(1, dtype=torch.long))
        self.register_buffer("shared", torch.ones(1).expand(4))


def test_entries_that_begin_alike_differ_once_moved() -> None:
    net = TwoGains()
    before = torch.get_rng_state()
    move_state(net)
    assert not torch.equal(net.one.weight, net.other.weight)
    assert not torch.equal(net.one.bias, net.other.bias)
    assert bool((net.one.weight >= 1).all())
    assert torch.equal(torch.get_rng_state(), before)


def test_the_same_key_is_moved_the_same_way() -> None:
    one, other = TwoGains(), TwoGains()
    move_state(one)
    move_state(other)
    assert torch.equal(one.other.weight, other.other.weight)


def test_what_cannot_be_moved_stays() -> None:
    net = TwoGains()
    move_state(net)
    assert torch.equal(net.state_dict()["steps"], torch.zeros(1, dtype=torch.long))
    assert torch.equal(net.state_dict()["shared"], torch.ones(4))


def test_real_numbers_are_halved_wherever_they_are() -> None:
    ids = torch.arange(3)
    made = other_numbers((torch.ones(2), [ids, (torch.ones(1),)]), {"x": {"y": torch.ones(1)}})
    assert made is not None
    (first, (same, (inner,))), named = made
    assert torch.equal(first, torch.full((2,), 0.5))
    assert same is ids
    assert inner.item() == 0.5
    assert named["x"]["y"].item() == 0.5


def test_whole_numbers_come_in_reverse_order() -> None:
    made = other_numbers((torch.arange(3),), {})
    assert made is not None
    assert made[0][0].tolist() == [2, 1, 0]


def test_where_nothing_would_be_another_there_are_no_other_numbers() -> None:
    assert other_numbers((torch.zeros(2), 3, "a"), {}) is None
    assert other_numbers((torch.ones(2, dtype=torch.long),), {}) is None


def test_inputs_with_gradients_can_be_worked_on_in_place() -> None:
    ids = torch.arange(2)
    (args, kwargs), leaves = differentiable((torch.ones(2), ids), {"n": 3})
    assert args[1] is ids
    assert kwargs == {"n": 3}
    args[0].mul_(2).sum().backward()
    assert [leaf.grad.tolist() for leaf in leaves if leaf.grad is not None] == [[2.0, 2.0]]
