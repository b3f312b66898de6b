"""Which test in a later method is true exactly where a test in `__init__` was: flags that are kept
on the module and never change."""

import ast
from collections.abc import Iterable

from torchscript_fix.facts.remembered import remembered, remembered_of_text
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    Project,
    self_attribute,
)

PLAIN = ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant | ast.cmpop | ast.boolop | ast.unaryop


def kept_as(test: ast.expr, function: FunctionFacts, cls: ClassFacts) -> str | None:
    """`self.fuse`, as `ast.unparse` spells it, for the test `fuse` in an `__init__` that says
    `self.fuse = fuse`; None where the test is about anything that may be another value later."""
    rewriting = _Kept(function, cls)
    # A copy: the tree belongs to everyone.
    result = rewriting.visit(ast.parse(ast.unparse(test), mode="eval").body)
    return None if rewriting.lost else ast.unparse(result)


def never_changes(name: str, cls: ClassFacts) -> bool:
    """Whether `self.NAME` is given its value once, in construction, and nowhere else under the
    path."""
    family = (*cls.mro, *cls.subclasses)
    definitions = lasting(d for other in family for d in other.own_definitions.get(name, ()))
    return (
        len(definitions) == 1
        and definitions[0].in_construction
        and not any(branch.statement.__class__ is ast.For for branch in definitions[0].branches)
        and name not in stored_from_outside(cls.file.project)
    )


def lasting(definitions: Iterable[Definition]) -> list[Definition]:
    """Those that a scripted module may ever see. What `__data_parallel_replicate__` assigns, it
    assigns to replicas in threads of `nn.DataParallel`, and no scripted module is called by it."""
    return [d for d in definitions if d.function.name != "__data_parallel_replicate__"]


class _Kept(ast.NodeTransformer):
    """Parameters become the attributes that keep them."""

    def __init__(self, function: FunctionFacts, cls: ClassFacts) -> None:
        self.function = function
        self.cls = cls
        self.lost = False

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Name):
            kept = self._attribute_of(node.id)
            if kept is not None:
                return ast.parse(f"self.{kept}", mode="eval").body
        elif isinstance(node, ast.Attribute):
            name = self_attribute(node)
            if name is not None and self._is_settled(name):
                return node
        elif isinstance(node, PLAIN):
            result: ast.AST = self.generic_visit(node)
            return result
        self.lost = True
        return node

    def _is_settled(self, name: str) -> bool:
        facts = self.cls.attribute(name)
        return (
            facts is not None
            and never_changes(name, self.cls)
            and not facts.definitions[0].branches
        )

    def _attribute_of(self, parameter: str) -> str | None:
        """The attribute that keeps a parameter of the function as it came."""
        if parameter in self.function.assignments:
            return None
        for cls in self.cls.mro:
            for name, definitions in cls.own_definitions.items():
                for definition in definitions:
                    if (
                        isinstance(definition.value, ast.Name)
                        and definition.value.id == parameter
                        and definition.function is self.function
                        and self._is_settled(name)
                    ):
                        return name
        return None


@remembered
def stored_from_outside(project: Project) -> frozenset[str]:
    """Names of attributes that are assigned on anything but `self`."""
    return frozenset[str]().union(*(stored_in(file) for file in project.everywhere))


@remembered_of_text
def stored_in(file: FileFacts) -> frozenset[str]:
    """Names of attributes that a file assigns on anything but `self`."""
    return frozenset(
        node.attr
        for node in file.nodes
        if isinstance(node, ast.Attribute)
        and not isinstance(node.ctx, ast.Load)
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    )
