"""Declares the type of an attribute that begins as an int or None and becomes something else.

## What the compiler says

    Wrong type for attribute assignment. Expected int but got float

The type of an attribute is that of the value which it has when the module is compiled.

## What is written instead

    class Attention(nn.Module):
        temperature: float

A None that becomes a Tensor is declared as `Optional[Tensor]`. Where Python's value stays an int,
and only the compiler takes `n ** 2` for a float, the value is written as `int(n ** 2)`.

## When it holds back

Where the attribute had values of more types than these, or is declared already. `int(…)` is written
only where all that is computed with is known to be an int.
"""

import ast
import re
from collections.abc import Iterator

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.seen import attribute_seen
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import AttributeRule, AttributeSite, Fix, Safety, Site, declining, require
from torchscript_fix.kit.attributes import beginning
from torchscript_fix.kit.declare import declare_attributes


class AttributeType(AttributeRule):
    name = "attribute-type"
    summary = "An attribute that begins as an int or None is declared as it becomes."
    messages = ("Wrong type for attribute assignment",)
    safety = Safety.NARROWING
    said = re.compile(
        r"Wrong type for attribute assignment\. Expected (?P<wanted>int|NoneType) but got "
        r"(?P<found>[\w\[\], .]+?)(?: \(inferred\))?:?(?:\n|$)"
    )

    def named(self, located: Located) -> str | None:
        function = located.function
        if function is None or self.said.search(located.message) is None:
            return None
        return _assigned(located.node, function.file)

    def home(self, owner: ClassFacts, name: str) -> ClassFacts | None:
        """The class that sets it while it is built; the model's own, else."""
        return beginning(owner, name) or owner

    def fix(self, site: AttributeSite) -> Fix | None:
        said, function = self.said.search(site.located.message), site.located.function
        assert said is not None and function is not None
        name, found, at = site.name, said["found"], Site(function.node, function)
        becomes = said["wanted"], found
        if becomes == ("int", "float") and site.types == {"int"}:
            edits = tuple(_kept_as_int(function, name))
            if edits:
                return Fix(f"self.{name} stays an int, as in Python", edits, at=at)
        begins, kind = ("int", found) if becomes[0] == "int" else ("None", f"Optional[{found}]")
        every = site.types | {begins, found}
        with declining(at):
            several = f"self.{name} is of several types: {', '.join(sorted(every))}"
            is_one = begins == "None" or found == "float"
            require(is_one and every == {begins, found}, several)
            body = (statement for cls in site.cls.mro for statement in cls.node.body)
            declared = (each.target for each in body if isinstance(each, ast.AnnAssign))
            if any(isinstance(each, ast.Name) and each.id == name for each in declared):
                return None
            annotation, edits = declare_attributes(site.cls, [name], kind)
        return Fix(f"{name}: {annotation.code}", edits, at=at)


def _assigned(node: ast.AST | None, file: FileFacts) -> str | None:
    """The attribute of `self` that a statement sets, or that is itself named; the one among the
    targets of `x, self.weights = …`, of which the compiler underlines the value."""
    targets: list[ast.expr] = []
    match node, file.parents.get(node) if node is not None else None:
        case ast.expr(), ast.Assign(targets=several, value=value) if value is node:
            tuples = [each.elts for each in several if isinstance(each, ast.Tuple)]
            targets = tuples[0] if len(tuples) == len(several) == 1 else []
        case ast.Assign(targets=[target]), _:
            targets = [target]
        case (ast.AugAssign() | ast.AnnAssign()) as setting, _:
            targets = [setting.target]
        case ast.Attribute() as target, _:
            targets = [target]
    found = [name for name in map(self_attribute, targets) if name is not None]
    return found[0] if len(found) == 1 else None


def _kept_as_int(function: FunctionFacts, name: str) -> Iterator[Edit]:
    """The Edits that make what a method gives an attribute an int to the compiler."""
    for node in function.nodes:
        match node:
            case ast.Assign(targets=[target], value=ast.BinOp() as value):
                if self_attribute(target) == name and _is_int(value, function):
                    yield ReplaceExpression(value, f"int({function.file.segment(value)})")


def _is_int(value: ast.expr, function: FunctionFacts) -> bool:
    """Whether Python's arithmetic surely comes to an int, whatever the compiler takes it for."""
    match value:
        case ast.BinOp(op=ast.Pow(), left=left, right=ast.Constant(value=int(exponent))):
            return exponent >= 0 and _is_int(left, function)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv() | ast.Mod()):
            return _is_int(value.left, function) and _is_int(value.right, function)
        case ast.Attribute():
            name, owner = self_attribute(value), function.owner
            seen = attribute_seen(name, [owner]) if name is not None and owner is not None else []
            return [each.types for each in seen] == [{"int"}]
    return type_of(value, function) == "int"
