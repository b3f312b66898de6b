"""Cases found in the source: a model that something in it builds, and inputs that it runs with."""

from collections.abc import Iterable
from dataclasses import dataclass

from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.method import named


@dataclass(frozen=True)
class DeducedCase:
    """A model that `module:expression` builds, and one call of it, as text like a DeclaredCase.

    Without inputs it is built and compiled, never run, and its verdict is `compiles` at best.
    """

    target: str
    inputs: tuple[str, ...] | None = None
    how: str = ""
    """How it was found, in words."""

    @property
    def name(self) -> str:
        return named(self.module, self.expression)

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    @property
    def expression(self) -> str:
        return self.target.partition(":")[2]


def without_inputs(
    candidates: Iterable[Candidate], limit: int
) -> tuple[tuple[DeducedCase, ...], int]:
    """At most `limit` cases that are only built and compiled, and how many more there would be:
    the last resort, from the candidates that need no argument."""
    found = dict.fromkeys(
        DeducedCase(f"{each.module}:{each.callee}(){each.item}")
        for each in candidates
        if each.needs_nothing
    )
    return tuple(found)[:limit], max(0, len(found) - limit)
