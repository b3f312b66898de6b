"""A pool that leaves one side as it is becomes a call that names the size of that side:
`F.adaptive_avg_pool2d(x, [x.size(-2), 1])`.

## What the compiler says

    Expected a value of type 'List[int]' for argument 'output_size' but instead found type
    'Tuple[NoneType, int]'.

It says so of torch's own layer, which does not compile with a None, wherever it stands.

## What is written instead

    self.pool_h = nn.AdaptiveAvgPool2d((None, 1))      (goes)
    …
    h = self.pool_h(x)                             →   h = F.adaptive_avg_pool2d(x, [x.size(-2), 1])

The layer has no weights: the keys of the state_dict are those of before. It looks the size up in
the same way as it runs.

## When it holds back

Where the layer is used in another way than by calls on a name, where it stands in a Sequential or
in a list, where other code asks for it, and where the class goes through its children.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import Edit, RemoveStatement, ReplaceExpression
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    self_attribute,
)
from torchscript_fix.kit.spelling import SpellingError, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

POOLS = {
    f"torch.nn.Adaptive{kind}Pool{sides}d": (f"adaptive_{kind.lower()}_pool{sides}d", sides)
    for kind in ("Avg", "Max")
    for sides in (2, 3)
}
"""Layer to its function, and how many sides it has."""


GOING_THROUGH = frozenset({"children", "named_children", "_modules"})


class PoolOfOneSide(Rule):
    """Calls the function of a pool with the sizes that None stands for."""

    name = "pool-of-one-side"
    summary = "A pool that leaves one side as it is is called with that side's size."
    messages = ("for argument 'output_size' but instead found type 'Tuple[",)
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each layer, or why it stays."""
        if "None" not in facts.text or "Pool" not in facts.text:
            return
        for node in facts.nodes:
            if not isinstance(node, ast.Call) or not _leaves_a_side(node, facts):
                continue
            cls, definition = _definition(node, facts)
            name = cls.qualname if cls is not None else ""
            if cls is None or definition is None:
                reason = "the pool is not kept by itself in an attribute"
                yield HeldBack(self.name, facts.path, node.lineno, name, reason)
                continue
            try:
                edits = _edits(node, cls, definition)
            except _NotSure as doubt:
                yield HeldBack(self.name, facts.path, node.lineno, name, str(doubt))
                continue
            summary = f"self.{_name(definition)} is called as a function"
            yield Rewrite(self.name, facts.path, node.lineno, name, summary, Safety.SAFE, edits)


class _NotSure(Exception):
    """Why a pool is better left alone."""


def _leaves_a_side(call: ast.Call, facts: FileFacts) -> bool:
    if facts.dotted(call.func) not in POOLS or len(call.args) != 1 or call.keywords:
        return False
    size = call.args[0]
    return isinstance(size, ast.Tuple) and any(
        isinstance(side, ast.Constant) and side.value is None for side in size.elts
    )


def _definition(call: ast.Call, facts: FileFacts) -> tuple[ClassFacts | None, Definition | None]:
    """The class and the statement that keep a pool in an attribute of their own."""
    for cls in facts.classes.values():
        for definitions in cls.own_definitions.values():
            for definition in definitions:
                if definition.value is call and definition.how == "assign":
                    alone = len(definitions) == 1 and not definition.branches
                    return cls, definition if alone else None
    return None, None


def _name(definition: Definition) -> str:
    statement = definition.statement
    match statement:
        case ast.Assign(targets=[target]):
            return self_attribute(target) or ""
    return ""


def _edits(call: ast.Call, cls: ClassFacts, definition: Definition) -> tuple[Edit, ...]:
    file, name = cls.file, _name(definition)
    if not name or not cls.is_module:
        raise _NotSure("the pool is not kept by itself in an attribute")
    function, sides = POOLS[file.dotted(call.func)]
    size = call.args[0]
    assert isinstance(size, ast.Tuple)
    if len(size.elts) != sides or not all(isinstance(side, ast.Constant) for side in size.elts):
        raise _NotSure("its sizes are not written out")
    uses = list(_uses(name, cls))
    edits: list[Edit] = [RemoveStatement(definition.statement)]
    for place, user in uses:
        argument = _argument(place, user)
        numbers = [
            f"{argument}.size({index - sides})" if _is_none(side) else file.segment(side)
            for index, side in enumerate(size.elts)
        ]
        try:
            functional = spelled_module("torch.nn.functional", file, place.lineno)
        except SpellingError as error:
            raise _NotSure(str(error)) from error
        code = f"{functional.code}.{function}({argument}, [{', '.join(numbers)}])"
        edits += [ReplaceExpression(_call_of(place, user), code), *functional.imports]
    return tuple(edits)


def _uses(name: str, cls: ClassFacts) -> Iterator[tuple[ast.Attribute, FunctionFacts]]:
    """Where the attribute is read, all of which have to be calls in the class itself."""
    related = {cls, *cls.mro, *cls.subclasses}
    for node in (n for each in related for m in each.methods.values() for n in m.nodes):
        if isinstance(node, ast.Attribute) and node.attr in GOING_THROUGH:
            raise _NotSure(f"the class goes through its children by {node.attr}")
    inside = {node: method for method in cls.methods.values() for node in method.nodes}
    for file in cls.file.project.everywhere:
        for node in file.nodes:
            if isinstance(node, ast.Constant) and node.value == name:
                raise _NotSure("other code asks for it by name")
            if not isinstance(node, ast.Attribute) or node.attr != name:
                continue
            if isinstance(node.ctx, ast.Store) and node in inside:
                continue
            if node not in inside or self_attribute(node) != name:
                if _may_be_the_same(node, file, cls):
                    raise _NotSure("other code asks for it")
                continue
            yield node, inside[node]


def _may_be_the_same(node: ast.Attribute, file: FileFacts, cls: ClassFacts) -> bool:
    """Whether an attribute of that name elsewhere may be this one: on `self` of a class that has
    nothing to do with it, it is not."""
    if self_attribute(node) is None:
        return True
    related = {cls, *cls.mro, *cls.subclasses}
    return any(
        node in method.nodes
        for each in related
        if each.file is file
        for method in each.methods.values()
    )


def _call_of(place: ast.Attribute, user: FunctionFacts) -> ast.Call:
    parent = user.file.parents[place]
    if not isinstance(parent, ast.Call) or parent.func is not place:
        raise _NotSure("it is used in another way than by calls")
    return parent


def _argument(place: ast.Attribute, user: FunctionFacts) -> str:
    match _call_of(place, user):
        case ast.Call(args=[ast.Name(id=name)], keywords=[]):
            return name
    raise _NotSure("what goes into it is not a name")


def _is_none(side: ast.expr) -> bool:
    return isinstance(side, ast.Constant) and side.value is None
