"""What a rule says of one place: a Fix, or that it declines."""

import ast
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from torchscript_fix.editing.edit import Edit
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.rule import Safety


class Where(Hashable, Protocol):
    """A place that a report can name."""

    @property
    def file(self) -> FileFacts:
        """The file that it stands in."""

    @property
    def line(self) -> int:
        """1-based."""

    @property
    def qualname(self) -> str:
        """Of the function or class around it."""


@dataclass(frozen=True)
class Fix:
    """The edits that a rule makes at one place, and in one line for people what stands there now.

    `safety` is the rule's own unless it is given; `at` is where the report points to, if that is
    not the place which the rule was asked about.
    """

    summary: str
    edits: Iterable[Edit]
    safety: Safety | None = None
    at: Where | None = None


class Declined(Exception):
    """Why a place that a rule recognises is left alone, in words for the report.

    `decided_by` is what a `--case` would have to show to settle it; `at` is where the report points
    to, if that is not the place which the rule was asked about.
    """

    def __init__(self, reason: str, decided_by: str | None = None, at: Where | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.decided_by = decided_by
        self.at = at


def require(
    condition: Any, reason: str, decided_by: str | None = None, at: Where | None = None
) -> None:
    """Raise Declined unless the condition holds."""
    if not condition:
        raise Declined(reason, decided_by, at)


@contextmanager
def declining(at: Where) -> Iterator[None]:
    """What is declined within is declined at this place, unless it says another one itself."""
    try:
        yield
    except Declined as why:
        why.at = why.at or at
        raise


def line_of(node: ast.AST) -> int:
    """The line (1-based) of a node, 1 for one that stands nowhere."""
    return int(getattr(node, "lineno", 1))
