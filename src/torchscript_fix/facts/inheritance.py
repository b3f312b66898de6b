"""Which class `super()` means: the order in which Python looks through the bases of a class."""

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


def method_behind(
    instance: ClassFacts, owner: Base, name: str, *, itself: bool = False
) -> FunctionFacts | FromElsewhere | None:
    """What `super().name` in a method of `owner` is for an `instance`; with `itself`, what
    `owner.name` is. None where no class has it, or Python's order of the classes is not known."""
    order = instance.linearized
    if order is None or owner not in order:
        return None
    for cls in order[order.index(owner) + (0 if itself else 1) :]:
        if isinstance(cls, ClassFacts):
            if name in cls.methods:
                return cls.methods[name]
        elif cls not in WITHOUT_METHODS:
            return FromElsewhere(cls)
    return None
