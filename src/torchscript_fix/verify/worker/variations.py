"""Other numbers for a case: what a rewrite could get wrong unseen, as long as all numbers are those
of a new model and of one set of inputs.

What begins alike, such as the gains of two layers, could change places; a first answer could be
kept and given again; the gradient of the inputs could be cut.
"""

import contextlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

LARGEST_MOVED = 1 << 16
"""Numbers of one entry of the state that are moved at most: large ones are drawn, and so differ."""
MOST_DEPTH = 8

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def move_state(module: Any) -> None:
    """Move the numbers of parameters and buffers a little, each entry by its own key: up, so that
    what is positive stays so."""
    with torch.no_grad():
        for key, value in module.state_dict().items():
            # An expanded tensor, one that lies in a file: as it is, in original and rewrite.
            with contextlib.suppress(RuntimeError, NotImplementedError, TypeError):
                if value.is_floating_point() and value.numel() <= LARGEST_MOVED:
                    ahead = torch.Generator()
                    ahead.manual_seed(zlib.crc32(str(key).encode(errors="replace")))
                    by = torch.rand(value.shape, generator=ahead).to(value.dtype)
                    value.mul_(1 + by / 8).add_(by / 64)


def other_numbers(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
    """The same arguments with other numbers, such as a case may have: real ones halved or, where
    there are none, whole ones in reverse order. None where that changes nothing."""
    tensors = list(_tensors((args, kwargs)))
    real = any(tensor.is_floating_point() for tensor in tensors)
    made: Arguments = _changed((args, kwargs), _halved if real else _reversed)
    pairs = zip(tensors, _tensors(made), strict=True)
    return made if any(not torch.equal(one, other) for one, other in pairs) else None


def _halved(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach() / 2 if tensor.is_floating_point() else tensor


def _reversed(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.flip(-1) if tensor.dim() and tensor.layout == torch.strided else tensor


def differentiable(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Arguments, list[torch.Tensor]]:
    """The same arguments as if they came out of other layers, and the tensors that their gradients
    will be found in."""
    leaves: list[torch.Tensor] = []

    def of(tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point() or tensor.layout != torch.strided or not tensor.is_leaf:
            return tensor
        leaves.append(tensor.detach().requires_grad_())
        return leaves[-1].clone()

    made: Arguments = _changed((args, kwargs), of)
    return made, leaves


def _tensors(value: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif depth < MOST_DEPTH:
        items = value.values() if type(value) is dict else value
        if type(value) in (list, tuple, dict):
            for item in items:
                yield from _tensors(item, depth + 1)


def _changed(value: Any, change: Callable[[torch.Tensor], torch.Tensor], depth: int = 0) -> Any:
    """A copy with each tensor in it changed; what is neither plain list, tuple nor dictionary
    stays."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if depth < MOST_DEPTH:
        if type(value) in (list, tuple):
            return type(value)([_changed(item, change, depth + 1) for item in value])
        if type(value) is dict:
            return {key: _changed(item, change, depth + 1) for key, item in value.items()}
    return value
