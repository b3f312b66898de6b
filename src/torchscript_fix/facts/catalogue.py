"""The catalogue of what TorchScript complains of: each kind of error, what it means, and what to
do by hand. `torchscript-fix explain` shows it; a Diagnosis has its kind from here.

The messages are those of torch/jit/frontend.py, torch/jit/_recursive.py, torch/jit/annotations.py
and of torch/csrc/jit/{frontend,python,runtime,serialization} in PyTorch. Which rules answer a kind
is not told here: a rule says it itself, by its `messages`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from torchscript_fix.facts.complaints import Kind, kinds

OTHER = Kind(
    "other",
    (),
    (),
    "It is none of the kinds that are known here.",
    "Cut the function down until it compiles, and put back what is left line by line: the one that "
    "stops it is the one to write another way.",
)


@dataclass(frozen=True)
class Recognised:
    """A message, its kind, and the names and types that stand in it."""

    kind: Kind
    involved: Mapping[str, str] = field(default_factory=dict)
    """Any of `name`, `model`, `wanted`, `found`, as the kind's patterns have them."""


def recognised(message: str) -> Recognised:
    """The first kind of the catalogue whose pattern stands in a message; OTHER where none does."""
    return _recognised(message)


@lru_cache(maxsize=1024)
def _recognised(message: str) -> Recognised:
    for kind in kinds():
        for pattern in kind.patterns:
            found = pattern.search(message)
            if found is not None:
                groups = found.groupdict().items()
                return Recognised(kind, {name: text for name, text in groups if text})
    return Recognised(OTHER)


def kind_named(name: str) -> Kind | None:
    """The kind of that name."""
    return next((kind for kind in (*kinds(), OTHER) if kind.name == name), None)


def kinds_answered(parts: Collection[str]) -> frozenset[str]:
    """The names of the kinds that have one of these parts of messages in what they say, which is
    how a rule declares what it answers."""
    found = {recognised(part).kind.name for part in parts}
    found |= {k.name for k in kinds() if any(p in said for p in parts for said in k.says)}
    return frozenset(found - {OTHER.name})
