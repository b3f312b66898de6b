"""Watching a model run: how far it came, and at which operation, with what operands, it failed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

ORIGINS = "_torchscript_fix_origins"
MOST_NESTED = 3


@dataclass(frozen=True)
class Operand:
    """One tensor that an operation was given."""

    shape: tuple[int, ...]
    is_float: bool
    origins: frozenset[int]
    """Positions of the arguments of the call that it was computed from."""
    direct: bool
    """Whether it is such an argument itself."""


@dataclass(frozen=True)
class Operation:
    """An operation of torch that raised an error."""

    name: str
    operands: tuple[Operand, ...]
    numbers: tuple[int, ...]
    """Plain integers among its arguments, those of lists and tuples too."""


class Watch(TorchFunctionMode):
    """Counts the operations that succeed, and keeps the last one that failed.

    Tensors carry the positions of the arguments that they were computed from.
    """

    def __init__(self, arguments: Iterable[Any]) -> None:
        super().__init__()
        self.done = 0
        self.failed: Operation | None = None
        self._error: BaseException | None = None
        self._arguments: dict[int, Any] = {}
        for position, argument in enumerate(arguments):
            for tensor in tensors(argument):
                self._arguments[id(tensor)] = tensor
                setattr(tensor, ORIGINS, frozenset({position}))

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            self._error = error
            self.failed = self._operation(func, args, kwargs)
            raise
        self.done += 1
        origins: frozenset[int] = frozenset()
        for given in tensors([args, list(kwargs.values())]):
            origins |= origins_of(given)
        if origins:
            for tensor in tensors(result):
                _mark(tensor, origins)
        return result

    def failure(self, error: BaseException) -> Operation | None:
        """The operation that raised this very error."""
        return self.failed if self._error is error else None

    def _operation(self, func: Any, args: Any, kwargs: Any) -> Operation:
        given = [list(args), list(kwargs.values())]
        return Operation(
            str(getattr(func, "__name__", "")),
            tuple(
                Operand(
                    tuple(tensor.shape),
                    tensor.is_floating_point(),
                    origins_of(tensor),
                    id(tensor) in self._arguments,
                )
                for tensor in tensors(given)
            ),
            tuple(_numbers(given)),
        )


def origins_of(value: Any) -> frozenset[int]:
    """Positions of the arguments that a tensor, or what is in a list, was computed from."""
    found: frozenset[int] = frozenset()
    for tensor in tensors(value):
        origins: object = getattr(tensor, ORIGINS, None)
        if isinstance(origins, frozenset):
            found |= origins
    return found


def tensors(value: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    """The tensors in a value, in lists, tuples and dictionaries too."""
    if isinstance(value, torch.Tensor):
        yield value
    elif depth < MOST_NESTED:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            for item in value:
                yield from tensors(item, depth + 1)


def _mark(tensor: torch.Tensor, origins: frozenset[int]) -> None:
    if not isinstance(tensor, torch.nn.Parameter):
        setattr(tensor, ORIGINS, origins | origins_of(tensor))


def _numbers(value: Any, depth: int = 0) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif depth < MOST_NESTED and isinstance(value, (list, tuple)):
        for item in value:
            yield from _numbers(item, depth + 1)
