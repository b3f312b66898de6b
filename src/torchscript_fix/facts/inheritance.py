"""Which class `super()` means: the order in which Python looks through the bases of a class."""

from collections.abc import Sequence
from dataclasses import dataclass

from torchscript_fix.facts.static import ClassFacts, FunctionFacts

Base = ClassFacts | str
"""A class under the path, or the dotted name of one that is not."""

WITHOUT_METHODS = frozenset({"object", "torch.nn.Module", "abc.ABC"})
"""Bases from elsewhere that have no `forward` of their own."""


@dataclass(frozen=True)
class FromElsewhere:
    """A method that a class from outside the path has, or may have."""

    base: str
    """Dotted name of the class."""


def linearized(cls: Base) -> tuple[Base, ...] | None:
    """A class and its bases in Python's order (C3); None where they cannot be put in one.

    What lies above a class from elsewhere is not known, and not in it: classes of torch.nn have
    `torch.nn.Module` above them.
    """
    if isinstance(cls, str):
        above = cls.startswith("torch.nn.") and cls != "torch.nn.Module"
        return (cls, "torch.nn.Module") if above else (cls,)
    lines: list[list[Base]] = []
    for base in cls.bases:
        line = None if base is cls else linearized(base)
        if line is None:
            return None
        lines.append(list(line))
    merged = _merged([*lines, list(cls.bases)])
    return None if merged is None else (cls, *merged)


def _merged(lines: Sequence[list[Base]]) -> tuple[Base, ...] | None:
    waiting = [list(line) for line in lines if line]
    merged: list[Base] = []
    while waiting:
        tails = [base for line in waiting for base in line[1:]]
        head = next((line[0] for line in waiting if line[0] not in tails), None)
        if head is None:
            return None
        merged.append(head)
        waiting = [rest for line in waiting if (rest := [b for b in line if b != head])]
    return tuple(merged)


def method_behind(
    instance: ClassFacts, owner: Base, name: str, *, itself: bool = False
) -> FunctionFacts | FromElsewhere | None:
    """What `super().name` in a method of `owner` is for an `instance`; with `itself`, what
    `owner.name` is. None where no class has it, or Python's order of the classes is not known."""
    order = linearized(instance)
    if order is None or owner not in order:
        return None
    for cls in order[order.index(owner) + (0 if itself else 1) :]:
        if isinstance(cls, ClassFacts):
            if name in cls.methods:
                return cls.methods[name]
        elif cls not in WITHOUT_METHODS:
            return FromElsewhere(cls)
    return None
