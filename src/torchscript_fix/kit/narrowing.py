"""Asserts for what a rule declares Optional."""

from typing_extensions import Unpack

from torchscript_fix.facts.narrowing import About, Narrowing, narrow
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.kit.answer import Declined
from torchscript_fix.kit.sites import Site


def narrowed(function: FunctionFacts, thing: str, **about: Unpack[About]) -> Narrowing:
    """What `narrow` says of a thing. Raises Declined at the first use that no assert can be put
    before."""
    narrowing = narrow(function, thing, **about)
    for obstacle in narrowing.obstacles:
        raise Declined(obstacle.reason, at=Site(obstacle.node, function))
    return narrowing
