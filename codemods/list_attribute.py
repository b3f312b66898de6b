"""An attribute that is an empty list or dict when the model is compiled has its type declared.

## What the compiler says

    Module 'Net' has no attribute 'outputs' (This attribute exists on the Python module, but we
    failed to convert Python type: 'list' to a TorchScript type. List trace inputs must have
    elements.

The type of an attribute is read off its value, and an empty list shows none.

## What is written instead

    class Net(nn.Module):
        outputs: List[Tensor]

The type is what cases saw in it, what an annotation in `__init__` says (which the compiler does not
read), or what the methods put in. Of a list that is never filled and only asked whether it is
empty, it is `List[int]`.

## When it holds back

Where its type does not show, or is several, or where a base or another class is to declare it.
"""

import ast
import re
from collections.abc import Iterator

from torchscript_fix.facts.annotations import annotation_type
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.static import ClassFacts, FileFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import seen_together
from torchscript_fix.kit import AttributeRule, AttributeSite, Fix, Safety, known
from torchscript_fix.kit.attributes import beginning
from torchscript_fix.kit.declare import declare_attributes


class ListAttribute(AttributeRule):
    name = "list-attribute"
    summary = "An attribute that is an empty list has its type declared."
    messages = ("List trace inputs must have elements", "Dictionary inputs must have entries")
    safety = Safety.NARROWING
    said = re.compile(r"has no attribute '(?P<name>\w+)' \(This attribute exists")

    def owner(self, located: Located, file: FileFacts) -> ClassFacts | None:
        return file.classes.get(located.diagnosis.model) or located.owner

    def home(self, owner: ClassFacts, name: str) -> ClassFacts | None:
        """The class where it begins, or the model's own, if its annotations hide those of its
        bases."""
        if any(isinstance(node, ast.AnnAssign) for node in owner.node.body):
            return owner
        return beginning(owner, name)

    def fix(self, site: AttributeSite) -> Fix | None:
        if any(site.name in cls.class_level for cls in site.cls.mro):
            return None
        unknown = f"nothing shows what self.{site.name} holds, or it holds several types"
        kind = known(_kind(site), unknown)
        annotation, edits = declare_attributes(site.cls, [site.name], kind)
        return Fix(f"{site.name}: {annotation.code}", edits)


def _kind(site: AttributeSite) -> str | None:
    """`List[Tensor]`, from the surest source that says anything."""
    seen = site.types_in(site.family)
    if seen:
        kind = seen_together(seen)
        return kind if kind is not None and kind.startswith(("List[", "Dict[")) else None
    for definition in site.definitions:
        if isinstance(definition.statement, ast.AnnAssign):
            return annotation_type(definition.statement.annotation, site.file)
    put_in = set(_put_in(site))
    if put_in:
        element = put_in.pop()
        is_plain = not put_in and element is not None and "?" not in element
        return f"List[{element}]" if is_plain else None
    begins = all(d.in_construction for d in site.definitions)
    return "List[int]" if begins and _is_only_asked(site) else None


def _put_in(site: AttributeSite) -> Iterator[str | None]:
    """The types of what methods append to a list."""
    for method in site.methods:
        for call in method.calls:
            match call:
                case ast.Call(func=ast.Attribute(value=value, attr="append"), args=[element]):
                    if self_attribute(value) == site.name:
                        yield type_of(element, method)


def _is_only_asked(site: AttributeSite) -> bool:
    """Whether compiled methods only ask whether it is empty, and it begins as a list."""
    return not any(isinstance(each.value, ast.Dict) for each in site.definitions) and all(
        _asks(method.file.parents[node], node)
        for method in site.methods
        for node in (method.nodes if method.scripted else ())
        if self_attribute(node) == site.name
    )


def _asks(parent: ast.AST, node: ast.AST) -> bool:
    match parent:
        case ast.Call(func=ast.Name(id="len" | "bool"), args=[inside]):
            return inside is node
        case ast.If(test=test) | ast.IfExp(test=test):
            return test is node
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return True
    return False
