"""The catalogue of what TorchScript complains of: each kind of error, what it means, and what to
do by hand. `torchscript-fix explain` shows it; a Diagnosis has its kind from here.

The messages are those of torch/jit/frontend.py, torch/jit/_recursive.py, torch/jit/annotations.py
and of torch/csrc/jit/{frontend,python,runtime,serialization} in PyTorch. Which rules answer a kind
is not told here: a rule says it itself, by its `messages`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from torchscript_fix.facts.complaints import KINDS, Kind

OTHER = Kind(
    "other",
    (),
    "",
    "It is none of the kinds that are known here.",
    "Read the line that the message points to with the language reference of your PyTorch at hand "
    "(torch/jit/_script.py names what it takes), cut the function down until it compiles, and put "
    "back what is left line by line.",
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
    for kind in KINDS:
        for pattern in kind.patterns:
            found = _compiled(pattern).search(message)
            if found is not None:
                groups = found.groupdict().items()
                return Recognised(kind, {name: text for name, text in groups if text})
    return Recognised(OTHER)


@lru_cache(maxsize=None)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


def kind_named(name: str) -> Kind | None:
    """The kind of that name."""
    return next((kind for kind in (*KINDS, OTHER) if kind.name == name), None)


def kinds_of(messages: Iterable[str]) -> frozenset[str]:
    """The names of the kinds that messages are of, as a rule declares them."""
    return frozenset(recognised(message).kind.name for message in messages) - {OTHER.name}
