"""Goes through a Sequential by itself, not through its table of modules.

## What the compiler says

    Module 'Stack' has no attribute '_modules'

`_modules` belongs to Python's side of a module; the compiler unrolls a loop over the Sequential.

## What is written instead

    for module in self._modules.values():          for module in self:

A class that derives from Sequential or ModuleList goes through the same modules in the same order.

## When it holds back

Where the class is no Sequential or ModuleList, or goes through itself in a way of its own.
"""

import ast

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.static import self_attribute
from torchscript_fix.kit import Fix, NodeRule, Safety, Site, require


class ModuleTable(NodeRule[ast.Call]):
    name = "module-table"
    summary = "self._modules.values() of a Sequential becomes self."
    messages = ("has no attribute '_modules'",)
    safety = Safety.SAFE
    mentions = ("_modules",)
    kinds = ast.Call

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        owner = site.function.owner
        match site.node:
            case ast.Call(func=ast.Attribute(ast.Attribute() as table, "values"), args=[]):
                if owner is None or self_attribute(table) != "_modules":
                    return None
            case _:
                return None
        is_list = owner.container in {Kind.SEQUENTIAL, Kind.MODULE_LIST}
        require(is_list, f"{owner.qualname} is no Sequential or ModuleList")
        require(owner.method("__iter__") is None, f"{owner.qualname} has its own __iter__")
        match site.parent:
            case ast.Call(func=ast.Name(name)):
                is_looped_over = name == "enumerate"
            case parent:
                is_looped_over = getattr(parent, "iter", None) is site.node
        require(is_looped_over, "the modules are not gone through there and then")
        return Fix("the modules are gone through by self", [ReplaceExpression(site.node, "self")])
