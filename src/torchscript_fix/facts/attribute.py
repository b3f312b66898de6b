"""`functools.cached_property` without its lock, as Python has it from 3.12 on.

Before that, one lock a property is held while it is computed, for all instances. Facts ask one
another, so two threads that rewrite different parts of a project would wait for each other, and
never end.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Answer = TypeVar("Answer")


class cached_property(Generic[Answer]):  # noqa: N801  # it stands for the one of functools
    """Computed when first asked for, then an attribute of the instance. Two threads may compute it
    at once; both come to the same."""

    def __init__(self, compute: Callable[[Any], Answer]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "cached_property[Answer]": ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Answer: ...

    def __get__(
        self, instance: object | None, owner: type | None = None
    ) -> "Answer | cached_property[Answer]":
        if instance is None:
            return self
        answer = self._compute(instance)
        vars(instance)[self._name] = answer
        return answer
