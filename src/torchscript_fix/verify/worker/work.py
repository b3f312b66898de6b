"""How much work a call is, counted and not timed: the same on a busy machine and on an idle one.

The unit is a second of one core with nothing else to do, as far as a count can say. It is for
exploring alone: a mode of torch takes part in every operation, and what proves something runs
without.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

FLOPS = 5e10
NUMBERS = 1e9
OPERATION = 1e-5
REGISTRATION = 1e-5
"""What a second is: multiplications and additions of layers, numbers read and written, and what one
operation and one registered submodule cost beside that. Measured with torch 2.13 on one core of an
AMD EPYC by benchmarks/work_unit.py, then rounded: a convolution had 4.5e10 to 1e11 flops a second,
one by channels 2e10, a product of matrices 8e10; element by element went 6e8 to 1.4e9 numbers; a
small Linear took 6e-6 to 1.3e-5 seconds, a registration 8e-6 to 2e-5."""
TRY = 0.01
"""What is done around each try: inputs are made, an error is read."""
IMPORTED_MODULE = 1e-3
"""One module that an import adds to `sys.modules`."""
PATIENCE = 8.0
"""Seconds of the clock that a second of work is waited for: what takes longer hangs."""

_PARTLY_READ = frozenset({"embedding", "index", "index_select", "gather", "take", "embedding_bag"})
"""Operations that read as much as they write, however large what they read from is."""


class TooMuchWork(BaseException):
    """A call had its share."""


class Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types there
    """While it is on, counts what is done on this thread.

    Raises TooMuchWork within the call, at the same operation each time, once it is more than
    `most` seconds of work.
    """

    supports_higher_order_operators = True
    """Without it, torch refuses `torch.cond` and its like while any mode is on."""

    def __init__(self, most: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self.done = 0.0
        self._most = most

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Otherwise torch wraps our method in what imports all of its compiler when first called:
        seconds, in each fork anew."""
        return False

    def take(self, work: float) -> None:
        """Count something else that is done. Raises TooMuchWork."""
        self.done += work
        if self.done > self._most:
            raise TooMuchWork

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self.take(work_of(func, args, kwargs, result))
        return result


class Account:
    """The work that may be spent on one candidate."""

    def __init__(self, allowance: float) -> None:
        self.spent = 0.0
        self._allowance = allowance

    @property
    def is_spent(self) -> bool:
        return self.spent >= self._allowance

    def leave(self, least: float) -> None:
        """Let there be so much left."""
        self._allowance = max(self._allowance, self.spent + least)

    @contextmanager
    def one_try(self, most: float) -> Iterator[Meter]:
        """Count what is done within it. Raises TooMuchWork once that is more than `most`."""
        meter = Meter(most)
        try:
            with meter:
                yield meter
        finally:
            self.spent += TRY + meter.done
            if meter.done > most:  # also where the user's code caught it, and went on
                raise TooMuchWork


def work_of(func: Any, args: Any, kwargs: Any, result: Any) -> float:
    """One operation of torch, in seconds of work."""
    if not isinstance(func, OpOverload) or _is_view(func):
        return OPERATION
    written = _numbers(result)
    name = func._overloadpacket.__name__
    read = written if name in _PARTLY_READ else _numbers(args) + _numbers(list(kwargs.values()))
    return OPERATION + (read + written) / NUMBERS + _flops(func, args, kwargs, result) / FLOPS


def _flops(func: Any, args: Any, kwargs: Any, result: Any) -> float:
    """By torch's own formulas; 0 where there is none for the operation, or for such arguments."""
    formula: Any = flop_registry.get(func._overloadpacket)
    if formula is None:
        return 0.0
    try:
        return float(formula(*args, **kwargs, out_val=result))
    except Exception:
        return 0.0


_views: dict[Any, bool] = {}


def _is_view(func: Any) -> bool:
    """Whether an operation gives another look at what it is given, and touches no number."""
    known = _views.get(func)
    if known is None:
        returns = func._schema.returns
        known = bool(returns) and all(
            each.alias_info is not None and not each.alias_info.is_write for each in returns
        )
        _views[func] = known
    return known


def _numbers(value: Any) -> int:
    """How many numbers there are in tensors, and in lists of them."""
    if isinstance(value, torch.Tensor):
        if value.device.type == "meta":
            return 0
        return value.numel() if value.layout == torch.strided else _stored(value)
    if isinstance(value, (list, tuple)):
        return sum(_numbers(each) for each in value)
    return 0


def _stored(tensor: torch.Tensor) -> int:
    try:
        return int(tensor._nnz())
    except Exception:  # of a layout that does not tell
        return 0
