"""Numbers and lengths in a function that several classes run: known only where all agree."""

import ast

from torchscript_fix.facts.lengths import Lengths, Size, count
from torchscript_fix.facts.static import FunctionFacts

Sizes = tuple[Size | None, ...]
"""A number for each class that a function is compiled for."""


End = tuple[Sizes, Sizes]
"""Where a loop ends, as it is written and with 0 for what is negative."""


class SizesOf:
    """What is known of numbers and lengths in a function, for all classes that run it."""

    def __init__(self, function: FunctionFacts) -> None:
        classes = function.scripted_for
        self._answers = [Lengths(function, cls) for cls in classes]

    def number(self, node: ast.expr | None, default: int = 0) -> Sizes:
        if node is None:
            return tuple(Size(default) for _ in self._answers)
        return tuple(lengths.value(node) for lengths in self._answers)

    def length(self, node: ast.expr) -> Sizes:
        return tuple(lengths.length(node) for lengths in self._answers)

    def at(self, node: ast.expr, names: dict[str, Sizes]) -> Sizes:
        """The number that an expression has where some names have these values."""
        found = []
        for which, lengths in enumerate(self._answers):
            values = {name: sizes[which] for name, sizes in names.items()}
            known = {name: size for name, size in values.items() if size is not None}
            found.append(lengths.value(node, known) if len(known) == len(values) else None)
        return tuple(found)


def plus(sizes: Sizes, number: int) -> Sizes:
    return tuple(size + Size(number) if size is not None else None for size in sizes)


def at_most(one: Sizes, other: Sizes) -> bool:
    """Whether the one is surely no greater than the other."""
    return bool(one) and all(
        a is not None
        and b is not None
        and ((b - a).surely_not_negative or (b - count(a)).surely_not_negative)
        for a, b in zip(one, other, strict=True)
    )


def counted(sizes: Sizes) -> Sizes:
    return tuple(count(size) if size is not None else None for size in sizes)


def is_within(end: End, length: Sizes) -> bool:
    """Whether a loop surely ends no later than a list of this length."""
    return any(at_most(size, length) for size in end)


def reaches(end: End, length: Sizes) -> bool:
    """Whether a loop surely goes on to the end of a list of this length."""
    return any(at_most(length, size) for size in end)


def are_constant(sizes: Sizes, number: int) -> bool:
    return bool(sizes) and all(size == Size(number) for size in sizes)


def are_not_negative(sizes: Sizes) -> bool:
    return bool(sizes) and all(size is not None and size.surely_not_negative for size in sizes)
