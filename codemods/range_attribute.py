"""An attribute that is a range becomes a list of its numbers.

## What the compiler says

    (This attribute exists on the Python module, but we failed to convert Python type: 'range' to a
    TorchScript type.)

## What is written instead

    self.steps = range(n - 1)            →    self.steps = list(range(n - 1))

What is gone through, counted, indexed and searched is the same in both. An empty list has to say
what it is of; that is for another rule, where the compiler asks.

## When it holds back

Where something else than that is done with it (`self.steps.stop`), where it is given away, and
where it is set from elsewhere.
"""

import ast
import re

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.static import FileFacts, self_attribute
from torchscript_fix.kit import AttributeRule, AttributeSite, Fix, Place, Safety, declining, require

LOOKED_AT = frozenset({"len", "enumerate", "zip", "reversed", "sum", "min", "max", "list", "tuple"})


class RangeAttribute(AttributeRule):
    name = "range-attribute"
    summary = "self.steps = range(n) becomes self.steps = list(range(n))."
    messages = ("failed to convert Python type: 'range'",)
    safety = Safety.SAFE
    said = re.compile(r"has no attribute '(?P<name>\w+)'.*Python type: 'range'", re.S)

    def fix(self, site: AttributeSite) -> Fix | None:
        file, every, name = site.file, site.definitions, f"self.{site.name}"
        ranges = [d for d in every if d.value is not None and _is_range(d.value, file)]
        if not ranges:
            return None
        at = Place(file, ranges[0].statement.lineno, ranges[0].function.qualname)
        with declining(at):
            here = all(d.function.file is file and d.how == "assign" for d in every)
            require(here, f"{name} is set in another file or in another way")
            lists = all(isinstance(d.value, ast.Call | ast.List | ast.ListComp) for d in every)
            require(lists, f"{name} is something else at times")
            uses = ((n, f) for f in file.project.everywhere for n in f.nodes)
            plain = all(_is_plain(n, f) for n, f in uses if _is_use(n, site.name))
            require(plain, f"more is done with {name} than with a list")
        values = [d.value for d in ranges if d.value is not None]
        edits = [ReplaceExpression(value, f"list({file.segment(value)})") for value in values]
        return Fix(f"{name} is a list of numbers", edits, at=at)


def _is_range(value: ast.expr, file: FileFacts) -> bool:
    return isinstance(value, ast.Call) and file.dotted(value.func) == "range"


def _is_use(node: ast.AST, name: str) -> bool:
    """Whether an attribute of that name is read, or set on anything but `self`."""
    return (isinstance(node, ast.Attribute) and node.attr == name) and (
        isinstance(node.ctx, ast.Load) or self_attribute(node) is None
    )


def _is_plain(use: ast.AST, file: FileFacts) -> bool:
    """Whether a list would do as well."""
    match file.parents.get(use):
        case ast.For(iter=source) | ast.comprehension(iter=source):
            return source is use
        case ast.Subscript(value=value, slice=index):
            return value is use and not isinstance(index, ast.Slice)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[where]):
            return where is use
        case ast.Call(func=ast.Name(id=called)):
            return called in LOOKED_AT
    return False
