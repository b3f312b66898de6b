"""Why a module does not compile: not only the first error, but that of each part of its own.

After a failure the compiler keeps what it has half made, so a class that failed is not tried again
in the same process, and neither is a module that holds one.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch

MOST_PARTS = 200
"""Submodules that are compiled on their own, at most."""

Describe = Callable[[BaseException], dict[str, Any]]


def diagnose_parts(module: Any, files: frozenset[str], describe: Describe) -> list[dict[str, Any]]:
    """The error of each submodule whose class stands in `files`, leaves first: what is independent
    of one another. The module itself is left out: it has been tried."""
    found: list[dict[str, Any]] = []
    failed: set[int] = set()
    for part in _leaves_first(module, files):
        if any(id(inside) in failed for inside in part.modules()):
            failed.add(id(part))
            continue
        try:
            torch.jit.script(part)
        except Exception as error:
            failed.add(id(part))
            found.append({"model": name_of(part), **describe(error)})
    return found


def _leaves_first(module: Any, files: frozenset[str]) -> Iterator[Any]:
    seen: set[type] = set()
    parts = [part for part in module.modules() if part is not module]
    for part in reversed(parts[:MOST_PARTS]):
        if type(part) not in seen and _is_users(type(part), files):
            seen.add(type(part))
            yield part


def _is_users(cls: type, files: frozenset[str]) -> bool:
    """Whether a class, or a base that it has its forward from, stands in the user's files."""
    return any(
        getattr(getattr(vars(base).get("forward"), "__code__", None), "co_filename", None) in files
        for base in cls.__mro__
    )


def name_of(module: Any) -> str:
    """The qualified name of its class."""
    return type(module).__qualname__
