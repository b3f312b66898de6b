"""What a Rule is, what it gives back, and how the rules are found: by looking into `codemods/`."""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import GenericAlias
from typing import ClassVar

from torchscript_fix.editing.edit import Edit
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.static import FileFacts


class Safety(Enum):
    """How sure a rewrite is to leave the behaviour as it was, from best to worst."""

    SAFE = "safe"
    NARROWING = "narrowing"
    CHANGES_CHECKPOINTS = "changes-checkpoints"


@dataclass(frozen=True)
class Rewrite:
    """One change that a rule proposes, whole or not at all.

    `line` is 1-based in the file that the Facts were taken from; `function` is the qualified name
    of the function or class that changes (`Block.forward`); `summary` is one line for
    people: what now stands there.
    """

    rule: str
    path: Path
    line: int
    function: str
    summary: str
    safety: Safety
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class HeldBack:
    """A place that a rule recognised and left alone, and why.

    `decided_by` is set where an observation would settle it: what a `--case` would have to show.
    """

    rule: str
    path: Path
    line: int
    function: str
    reason: str
    decided_by: str | None = None


class Rule(ABC):
    """One rewrite: its file in `codemods/` defines one subclass, and the file's name is its name.

    A rule opens no file, imports no user code and prints nothing. The docstring of its module is
    its page (`torchscript-fix rule NAME`).
    """

    name: ClassVar[str]
    """In kebab case, as on the command line: `optional-argument`."""
    also_known_as: ClassVar[tuple[str, ...]] = ()
    """Names that it had before, which the command line still takes."""
    summary: ClassVar[str]
    """One sentence: what changes."""
    messages: ClassVar[tuple[str, ...]]
    """What the compiler says where this rule helps, in its literal words."""
    safety: ClassVar[Safety]
    """The worst that a rewrite of this rule can be."""
    last_resort: ClassVar[bool] = False
    """Whether it is for what no other rule has an answer to, whatever the compiler says of it: for
    `Diagnosed.unanswered`. Its rewrites stay only where a case compiles by them."""

    def answers(self, message: str) -> bool:
        """Whether the compiler's `message` is one that this rule helps against."""
        return any(part in message for part in self.messages)

    def diagnosed(self, facts: FileFacts) -> Iterator[Located]:
        """The places in a file at which the compiler said one of this rule's `messages`."""
        return facts.diagnosed(self.messages)

    @abstractmethod
    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """Everything in one file that this rule would change, or recognises and leaves alone."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """The rules in `codemods/`, in the order of their names."""
    # Rules import this module, so it cannot import them before it is there itself.
    codemods = importlib.import_module("torchscript_fix.codemods")
    rules = []
    for module_info in sorted(pkgutil.iter_modules(codemods.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{codemods.__name__}.{module_info.name}")
        rules += [
            member()
            for member in vars(module).values()
            if isinstance(member, type)
            and not isinstance(member, GenericAlias)  # which is a `type` to Python 3.10
            and issubclass(member, Rule)
            and member.__module__ == module.__name__
        ]
    return tuple(rules)
