"""Answers about facts, remembered as `functools.lru_cache` does, and forgotten when a Project goes.

Facts are the keys of such caches: what a cache remembers keeps a whole Project of trees alive.
"""

from collections.abc import Callable
from functools import _lru_cache_wrapper, lru_cache
from typing import Any, TypeVar

Answer = TypeVar("Answer")

FEWEST = 8

_caches: list["_lru_cache_wrapper[Any]"] = []


def remembered(
    most: int,
) -> Callable[[Callable[..., Answer]], "_lru_cache_wrapper[Answer]"]:
    """A decorator that remembers the last `most` answers of a function of facts, and no fewer than
    several: parts of a project are rewritten side by side."""

    def decorate(question: Callable[..., Answer]) -> "_lru_cache_wrapper[Answer]":
        cached = lru_cache(maxsize=max(most, FEWEST))(question)
        _caches.append(cached)
        return cached

    return decorate


def forget() -> None:
    """Let go of all answers: the facts that they are about will not be asked about again."""
    for cache in _caches:
        cache.cache_clear()
