"""Which lines of a function ran in the cases, in its text as that is now."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.line_map import lines_now


@dataclass(frozen=True)
class Ran:
    """Lines of a file, 1-based, as it is now."""

    lines: frozenset[int]
    """Those that ran in some case; of what rules wrote in the place of such lines, all of it."""
    kept: frozenset[int]
    """Those that are as the user has them."""

    def is_never(self, statements: Sequence[ast.stmt]) -> bool:
        """Whether these, which follow one another, ran in no case; not what a rule wrote."""
        last = statements[-1].end_lineno or statements[-1].lineno
        span = range(statements[0].lineno, last + 1)
        return self.lines.isdisjoint(span) and not self.kept.isdisjoint(span)


def ran_in(function: FunctionFacts) -> Ran | None:
    """What is known of a function that cases ran; None where that is nothing."""
    file = function.file
    observed = file.project.observed.function(file.path, function.qualname)
    if observed is None or not observed.ran:
        return None
    original = file.project.diagnosed.originals.get(file.path, file.text)
    return Ran(*lines_now(original, file.text, observed.ran))
