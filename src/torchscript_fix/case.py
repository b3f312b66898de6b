"""A Case: a name, a way to build one `nn.Module`, and a way to make its inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One model to verify, as somebody's `--cases FILE.py` yields it.

    `build()` returns an `nn.Module`; `inputs()` returns `(args, kwargs)` for one call of it. Both
    are called in the worker, under the same seed for the original and for the rewrite, and may be
    called more than once.
    """

    name: str
    build: Callable[[], Any]
    inputs: Callable[[], tuple[Any, Any]]
    method: str = ""
    """The method that is called, and compiled, in place of forward: `encode`, `infer`, `act`."""
