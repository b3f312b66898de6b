"""How a run is told to people: what was done, from where names are seen, and how much of it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import click

from torchscript_fix.report.grouped import Item
from torchscript_fix.verify.verdict import Outcome


class Deed(Enum):
    """What was done with the changes."""

    SHOWN = "shown"
    CHECKED = "checked"
    WRITTEN = "written"
    FAILED = "failed"
    """They were to be written, and could not be."""


@dataclass(frozen=True)
class Telling:
    """How to tell it: what was done, from where names are seen, and whether to list it all."""

    deed: Deed
    here: Path
    verified: bool = True
    verbose: bool = False
    withheld: str = ""
    """Why --write writes nothing of what would change; "" where it does."""

    def some(self, items: Sequence[Item], most: int) -> Sequence[Item]:
        """The first of what there is, or all of it."""
        return items if self.verbose else items[:most]

    def place(self, path: Path, line: int | None) -> str:
        """`networks/backbone.py:12`, as seen from where the user stands."""
        name = shown(path, self.here)
        return f"{name}:{line}" if line else name


GOOD = frozenset({Outcome.ALREADY_SCRIPTABLE, Outcome.FIXED, Outcome.COMPILES})


def shown(path: Path, here: Path) -> str:
    """A path as people read it: relative where it lies below, absolute elsewhere."""
    absolute = path if path.is_absolute() else here / path
    name = absolute.relative_to(here) if absolute.is_relative_to(here) else path
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def title(text: str, colour: str | None = None) -> str:
    return click.style(text, bold=True, fg=colour)


def outcome_column(outcome: Outcome) -> str:
    """The verdict as a column of its own."""
    width = max(len(each.value) for each in Outcome) + 2
    return click.style(f"{outcome.value:{width}}", fg="green" if outcome in GOOD else "red")


def number(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
