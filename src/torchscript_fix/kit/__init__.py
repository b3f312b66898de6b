"""What rules are made of: where a rule looks, how it answers, how it declines.

Each ability that several rules share is a module of its own beside this one.
"""

from torchscript_fix.kit.answer import Declined, Fix, Place, declining, known, require
from torchscript_fix.kit.attributes import AttributeRule, AttributeSite
from torchscript_fix.kit.classes import ClassRule, ClassSite
from torchscript_fix.kit.names import NameRule, NameSite
from torchscript_fix.kit.sites import CallRule, NodeRule, Scope, Site, SiteRule
from torchscript_fix.rule import Safety

__all__ = [
    "AttributeRule",
    "AttributeSite",
    "CallRule",
    "ClassRule",
    "ClassSite",
    "Declined",
    "Fix",
    "NameRule",
    "NameSite",
    "NodeRule",
    "Place",
    "Safety",
    "Scope",
    "Site",
    "SiteRule",
    "declining",
    "known",
    "require",
]
