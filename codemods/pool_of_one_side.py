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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torchscript_fix.editing.edit import Edit, RemoveStatement
from torchscript_fix.facts.static import ClassFacts, Definition, FileFacts, FunctionFacts
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Declined, Fix, Place, Safety, Site, SiteRule, require
from torchscript_fix.kit.spelling import spelled_call

POOLS = {
    f"torch.nn.Adaptive{kind}Pool{sides}d": (f"adaptive_{kind.lower()}_pool{sides}d", sides)
    for kind in ("Avg", "Max")
    for sides in (2, 3)
}
"""Layer to its function, and how many sides it has."""
GOING_THROUGH = frozenset({"children", "named_children", "_modules"})


@dataclass(frozen=True)
class _Pool(Place):
    """A pool with a None for the size of a side, and what keeps it."""

    call: ast.Call
    sizes: tuple[ast.expr, ...]
    name: str = ""
    definitions: tuple[Definition, ...] = ()
    """All that give a value to the attribute."""


class PoolOfOneSide(SiteRule[_Pool]):
    name = "pool-of-one-side"
    summary = "A pool that leaves one side as it is is called with that side's size."
    messages = ("for argument 'output_size' but instead found type 'Tuple[",)
    safety = Safety.SAFE
    mentions = ("Pool",)

    def sites(self, file: FileFacts) -> Iterator[_Pool]:
        for node in file.nodes:
            match node:
                case ast.Call(args=[ast.Tuple(elts=sizes)], keywords=[]) if (
                    any(map(is_none, sizes)) and file.dotted(node.func) in POOLS
                ):
                    yield _kept(node, sizes, file)

    def fix(self, pool: _Pool) -> Fix | None:
        file, cls = pool.file, pool.file.classes.get(pool.qualname)
        match pool.definitions:
            case [Definition(statement=ast.Assign([ast.Attribute()]) as kept, branches=())] if (
                cls is not None and cls.is_module
            ):
                edits: list[Edit] = [RemoveStatement(kept)]
            case _:
                raise Declined("the pool is not kept by itself in an attribute")
        function, sides = POOLS[file.dotted(pool.call.func)]
        written_out = all(isinstance(size, ast.Constant) for size in pool.sizes)
        require(written_out and len(pool.sizes) == sides, "its sizes are not written out")
        for place, user in list(_uses(pool.name, cls)):
            call = Site(place, user).called("it is used in another way than by calls")
            is_name = len(call.args) == 1 and isinstance(call.args[0], ast.Name)
            require(is_name and not call.keywords, "what goes into it is not a name")
            argument = file.segment(call.args[0])
            numbers = [
                f"{argument}.size({index - sides})" if is_none(size) else file.segment(size)
                for index, size in enumerate(pool.sizes)
            ]
            given = argument, f"[{', '.join(numbers)}]"
            functional = f"torch.nn.functional.{function}"
            edits += spelled_call(functional, given, file, place.lineno).instead_of(call)
        return Fix(f"self.{pool.name} is called as a function", edits)


def _kept(call: ast.Call, sizes: Sequence[ast.expr], file: FileFacts) -> _Pool:
    """A pool with the class and the attribute that keep it."""
    for cls in file.classes.values():
        for name, definitions in cls.own_definitions.items():
            if any(each.value is call and each.how == "assign" for each in definitions):
                where, kept = cls.qualname, tuple(definitions)
                return _Pool(file, call.lineno, where, call, tuple(sizes), name, kept)
    return _Pool(file, call.lineno, "", call, tuple(sizes))


def _uses(name: str, cls: ClassFacts) -> Iterator[tuple[ast.Attribute, FunctionFacts]]:
    """Where the attribute is read, all of which have to be calls in the class itself."""
    family = {cls, *cls.mro, *cls.subclasses}
    methods = [method for each in family for method in each.methods.values()]
    around = {node: method for method in methods for node in method.nodes}
    for node in around:
        if isinstance(node, ast.Attribute) and node.attr in GOING_THROUGH:
            raise Declined(f"the class goes through its children by {node.attr}")
    for node in (node for file in cls.file.project.everywhere for node in file.nodes):
        user = around.get(node)
        match node, user is not None and user.owner is cls:
            case ast.Constant(value=value), _ if value == name:
                raise Declined("other code asks for it by name")
            case ast.Attribute(attr=other), _ if other != name:
                pass
            case ast.Attribute(ctx=ast.Store()), True:
                pass
            case ast.Attribute(value=ast.Name(id="self")) as use, True if user is not None:
                yield use, user
            case ast.Attribute(value=ast.Name(id="self")), _ if user is None:
                pass  # of a class that has nothing to do with it
            case ast.Attribute(), _:
                raise Declined("other code asks for it")
