"""Why a loop is left alone, raised where it shows."""

import ast
from collections.abc import Iterable

from torchscript_fix.facts.indexing import Site, unfit_class
from torchscript_fix.facts.loops import Loop, leaves
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.kit.answer import Declined


class NotInStep(Declined):
    """The loop cannot become one over the list; looking for each index still may be right."""


def refuse_unfit(sites: Iterable[Site], function: FunctionFacts) -> None:
    """Refuse a guard on modules of which some are called in another way."""
    for site in sites:
        unfit = unfit_class(site, function)
        if unfit is not None:
            raise Declined(
                f"a guard is compiled for every module of {site.key}, "
                f"and {unfit} takes other arguments"
            )


def refuse_leaving(loop: Loop) -> None:
    """Refuse `break`, `continue` and `else`: unrolled loops have none."""
    if isinstance(loop.node, ast.For) and loop.node.orelse:
        raise NotInStep("the loop has an else")
    for part in loop.body:
        if leaves(part):
            raise NotInStep(
                "a loop over a ModuleList is unrolled, and can have no break or continue"
            )


NotSure = Declined  # until all rules are on the kit
