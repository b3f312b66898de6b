"""A guessed argument of a call as data: it can be made, written as source, and varied."""

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch

BATCH = 2
LENGTH = 16
"""Steps of a sequence, nodes of a graph."""
IDS = 10
"""Integers below this are as good as any where no layer says how many it knows."""
SIZES = (64, 32, 128, 224, 256, 28, 96, 65, 33, 16, 48, 84, 299, 512, 100, 8, 84, 4, 2, 1)
"""Sides of images, as networks want them."""
LENGTHS = (16, 8, 32, 64, 128, 10, 100, 256, 4, 512, 1024, 4096, 8192, 16384, 16000, 2, 1)
LARGEST = 1 << 22
"""Numbers in one tensor."""

Kind = Literal["float", "long", "bool", "full", "plain", "list", "tuple"]


@dataclass(frozen=True)
class Argument:
    """One argument: a tensor of a kind and shape, a plain value, or a list of arguments."""

    kind: Kind
    shape: tuple[int, ...] = ()
    high: int = IDS
    """Integers are below this; "full" is a tensor of nothing but this number."""
    plain: str = ""
    """The source of a plain value."""
    items: tuple["Argument", ...] = ()

    @property
    def is_tensor(self) -> bool:
        return self.kind in ("float", "long", "bool", "full")

    def make(self) -> Any:
        """The value; random numbers are drawn as the source does it."""
        if self.kind == "float":
            return torch.rand(*self.shape)
        if self.kind == "long":
            return torch.randint(0, self.high, self.shape)
        if self.kind == "bool":
            return torch.ones(*self.shape, dtype=torch.bool)
        if self.kind == "full":
            return torch.full(self.shape, self.high)
        if self.kind == "plain":
            return eval(self.plain)
        made = [item.make() for item in self.items]
        return tuple(made) if self.kind == "tuple" else made

    def source(self) -> str:
        """What makes it, as an expression."""
        sizes = ", ".join(map(str, self.shape))
        shape = f"({sizes},)" if len(self.shape) == 1 else f"({sizes})"
        if self.kind == "float":
            return f"torch.rand({sizes})" if self.shape else "torch.rand(())"
        if self.kind == "long":
            return f"torch.randint(0, {self.high}, {shape})"
        if self.kind == "bool":
            return f"torch.ones({sizes or '()'}, dtype=torch.bool)"
        if self.kind == "full":
            return f"torch.full({shape}, {self.high})"
        if self.kind == "plain":
            return self.plain
        inner = ", ".join(item.source() for item in self.items)
        if self.kind == "tuple":
            return f"({inner},)" if len(self.items) == 1 else f"({inner})"
        return f"[{inner}]"

    # ------------------------------------------------------------------------------- variations

    def with_size(self, axis: int, size: int) -> "Argument":
        """The same with another size along one axis, counted from the end where negative."""
        shape = list(self.shape)
        shape[axis] = size
        return replace(self, shape=tuple(shape))

    def with_rank(self, rank: int) -> "Argument":
        """The same with so many axes: the batch and the channels stay what they are."""
        shape = self.shape
        if rank == len(shape):
            return self
        if not shape:
            shape = (BATCH,)
        if rank < len(shape):
            return replace(self, shape=shape[:rank])
        filler = (64 if rank == 4 else 16) if self.kind == "float" else LENGTH
        if len(shape) >= 3:
            filler = shape[-1]
        return replace(self, shape=shape + (filler,) * (rank - len(shape)))

    def with_sides(self, size: int) -> "Argument":
        """The same with its sides, or its length, this long."""
        first = 2 if len(self.shape) >= 3 else len(self.shape) - 1
        return replace(self, shape=self.shape[:first] + (size,) * (len(self.shape) - first))

    @property
    def sides(self) -> tuple[int, ...]:
        """The sizes behind batch and channels."""
        return self.shape[2:]

    def as_long(self, high: int = 0) -> "Argument":
        """Integers in its place, of a shape that integers mostly have."""
        shape = self.shape
        if self.kind == "float" and len(shape) > 2:
            shape = (shape[0], LENGTH)
        return replace(self, kind="long", shape=shape or (BATCH,), high=high or self.high)

    def as_float(self) -> "Argument":
        return replace(self, kind="float")


Call = tuple[tuple[str, Argument], ...]
"""Arguments by position; one with a name is passed by it, `batch['image']` in a dictionary, and
`batch[0]` in a tuple."""


def is_small(argument: Argument) -> bool:
    """Whether its tensors are of a size that runs quickly, and can exist at all."""
    return all(map(is_small, argument.items)) and (
        all(size > 0 for size in argument.shape) and math.prod(argument.shape) <= LARGEST
    )


def replaced(call: Call, position: int, argument: Argument) -> Call:
    """The call with another argument at one position."""
    name, _ = call[position]
    return (*call[:position], (name, argument), *call[position + 1 :])


def of_dictionary(parameter: str, key: str | int) -> str:
    """The name of an argument that goes into a dictionary, or a tuple, which is passed for a
    parameter."""
    return f"{parameter}[{key!r}]"


def _taken_apart(name: str) -> tuple[str, str | int]:
    """What `of_dictionary` was made of."""
    parameter, _, key = name.partition("[")
    return parameter, ast.literal_eval(key.removesuffix("]"))


def source(call: Call) -> list[str]:
    """What stands between the parentheses, one argument each."""
    found: dict[str | int, str] = {}
    held: dict[str, dict[str | int, str]] = {}
    for name, argument in call:
        if "[" not in name:
            found[len(found)] = f"{name}={argument.source()}" if name else argument.source()
            continue
        parameter, key = _taken_apart(name)
        found.setdefault(parameter, "")
        held.setdefault(parameter, {})[key] = argument.source()
    for parameter, items in held.items():
        found[parameter] = _written(items)
    return list(found.values())


def _written(items: dict[str | int, str]) -> str:
    if _is_tuple(items):
        return f"({', '.join(items.values())}{',' if len(items) == 1 else ''})"
    return f"{{{', '.join(f'{key!r}: {text}' for key, text in items.items())}}}"


def _is_tuple(items: dict[Any, Any]) -> bool:
    return all(isinstance(key, int) for key in items)


def made(call: Call) -> tuple[list[Any], dict[str, Any], list[Any]]:
    """The values of a call, by position and by name, and all of them in the call's order."""
    args: dict[str | int, Any] = {}
    kwargs: dict[str, Any] = {}
    values = [argument.make() for _, argument in call]
    for (name, _), value in zip(call, values, strict=True):
        if "[" in name:
            parameter, key = _taken_apart(name)
            args.setdefault(parameter, {})[key] = value
        elif name:
            kwargs[name] = value
        else:
            args[len(args)] = value
    held = {name: items for name, items in args.items() if isinstance(name, str)}
    for name, items in held.items():
        args[name] = tuple(items.values()) if _is_tuple(items) else items
    return list(args.values()), kwargs, values


def batch_of(call: Call, size: int) -> Call:
    """The call with another batch size: the first size of every tensor that has the same one."""
    firsts = [a.shape[0] for _, a in call if a.is_tensor and len(a.shape) > 1]
    if not firsts:
        return call
    return tuple((name, _rebatched(argument, firsts[0], size)) for name, argument in call)


def _rebatched(argument: Argument, old: int, size: int) -> Argument:
    items = tuple(_rebatched(item, old, size) for item in argument.items)
    shape = argument.shape
    if shape and shape[0] == old:
        shape = (size, *shape[1:])
    return replace(argument, shape=shape, items=items)


def variations_of_size(argument: Argument, wanted: tuple[int, ...]) -> Iterator["Argument"]:
    """The same with other sides; sizes that the model itself names come first."""
    ladder = SIZES if len(argument.shape) > 3 else LENGTHS
    for size in dict.fromkeys((*wanted, *ladder)):
        yield argument.with_sides(size)
