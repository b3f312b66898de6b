"""A local that some ways through a function leave unset, or set to None, is declared Optional.

## What the compiler says

"out is not defined in the false branch", where one branch of an `if` binds a name that is read
later; "undefined value out", where only a turn of a loop does; "Variable 'h' previously had type
NoneType but is now being assigned to a value of type Tensor", where it starts as None.

## What is written instead

    short_cut = None                       # in the branch that did not bind it
    …
    if self.residual:
        assert short_cut is not None
        x = x + short_cut

In a loop, and where it is None at first, it is declared before: `out: Optional[Tensor] = None`.
Where every way on reads the name, an `else:` that raises UnboundLocalError, as Python did, says the
same with less. The asserts stand only where a name without a value would have raised anyway. A None
that nobody reads goes.

## When it holds back

The name is read where no assert fits (a lambda, one arm of an `and` chain), or is of a type that
TorchScript has no word for. Where the test is a flag that never changes, `final-flag` answers.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from torchscript_fix.editing import edit
from torchscript_fix.facts import flow
from torchscript_fix.facts.conflict_said import conflict_said
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flags import is_decided
from torchscript_fix.facts.reaching import webs
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import required
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Fix, NameRule, NameSite, Safety, Site, declining, require
from torchscript_fix.kit.answer import position_of
from torchscript_fix.kit.narrowing import narrowed
from torchscript_fix.kit.spelling import spelled

UNSET = re.compile(r"(?:^|\n)(?P<name>\w+) is not defined in the (?:true|false) branch")
UNDEFINED = re.compile(r"undefined value (?P<name>\w+)")


class OptionalLocal(NameRule):
    name = "optional-local"
    summary = "A local that is not set on every way is declared Optional."
    messages = (
        " is not defined in the ",
        "undefined value ",
        "previously had type NoneType but is now being assigned",
    )
    safety = Safety.SAFE

    def names(self, located: Located, function: FunctionFacts) -> Iterator[str]:
        said = UNSET.search(located.message) or UNDEFINED.search(located.message)
        conflict = conflict_said(located.message)
        if said is not None:
            yield said["name"]
        elif conflict is not None:
            yield conflict.name

    def fix(self, site: NameSite) -> Fix | None:
        function, name = site.function, site.name
        if conflict_said(site.message) is not None:
            return _none_at_first(site)
        if UNDEFINED.search(site.message):
            loop = _loop_that_binds(name, function)
            return _declared_before(site, loop) if loop is not None else None
        every = flow.one_sided(function, name)
        nodes = [node for node in every if not is_decided(node.test, function)]
        for node in nodes:
            loop = flow.loop_around(node, function)
            if loop is not None:
                return _declared_before(site, loop)
        return _on_the_other_branch(site, nodes) if nodes else None


def _loop_that_binds(name: str, function: FunctionFacts) -> ast.For | ast.While | None:
    """The outermost loop that first gives a local its value."""
    for node in function.own_nodes:
        if isinstance(node, ast.stmt) and flow.may_bind([node], name):
            loop = node if isinstance(node, flow.LOOPS) else flow.loop_around(node, function)
            if loop is not None and not flow.bound_before(loop, name, function):
                return loop
    return None


# ------------------------------------------------------------------------ what is written


def _on_the_other_branch(site: NameSite, nodes: Sequence[ast.If]) -> Fix:
    function, name = site.function, site.name
    ways = [flow.behind(flow.outermost_of_chain(node, function), function) for node in nodes]
    raising = all(flow.is_read_on_every_way(way, name, function) for way in ways)
    if raising and all(flow.may_bind(node.body, name) and not node.orelse for node in nodes):
        code = f'raise UnboundLocalError("{name} is read where it has no value")'
        refused = f"{name} is refused where it has no value"
        return Fix(refused, [edit.AppendElse(node, code) for node in nodes])
    asserts = narrowed(function, name, undefined=True).edits
    summary = f"{name} is None on the other branch, and asserted where it is used"
    return Fix(summary, [*(_set_to_none(node, name) for node in nodes), *asserts])


def _set_to_none(node: ast.If, name: str) -> edit.Edit:
    block: edit.Block = "orelse" if flow.may_bind(node.body, name) else "body"
    is_new = block == "orelse" and not node.orelse
    code = f"{name} = None"
    return edit.AppendElse(node, code) if is_new else edit.InsertAtHead(node, block, code)


def _declared_before(site: NameSite, loop: ast.For | ast.While) -> Fix:
    said, edits = _declared(site, loop, undefined=True)
    return Fix(f"{said} before the loop", [edit.InsertBefore(loop, f"{said} = None"), *edits])


def _none_at_first(site: NameSite) -> Fix | None:
    """`h = None`, `c = h = None`, where it is the first statement that gives a local a value."""
    name, nodes = site.name, site.function.own_nodes
    simple = [n for n in nodes if isinstance(n, ast.stmt) and not hasattr(n, "body")]
    stores = [statement for statement in simple if flow.may_bind([statement], name)]
    first = min(stores, key=position_of, default=None)
    if not isinstance(first, ast.Assign) or not is_none(first.value):
        return None
    targets = [target.id for target in first.targets if isinstance(target, ast.Name)]
    if len(targets) < len(first.targets):
        return None
    if _is_overwritten(first, site):
        gone = f"{name} = None goes: it has another value before it is read"
        return Fix(gone, [edit.RemoveStatement(first)])
    said, edits = _declared(site, first)
    lines = [f"{said} = None", *(f"{other} = None" for other in targets if other != name)]
    return Fix(lines[0], [edit.ReplaceStatement(first, "\n".join(lines)), *edits])


def _is_overwritten(statement: ast.Assign, site: NameSite) -> bool:
    """Whether `h = None` does nothing, and does not stand alone in its block."""
    target, *others = statement.targets
    alone = flow.block_around(site.file.parents[statement], statement) == [statement]
    every = webs(site.function, site.name)
    return not others and not alone and any(web.places == (target,) for web in every)


def _declared(
    site: NameSite, at: ast.stmt, *, undefined: bool = False
) -> tuple[str, Sequence[edit.Edit]]:
    """`out: Optional[Tensor]`, by what the compiler last said of the name, else by what is
    assigned; and the imports and asserts that it takes. Raises Declined."""
    function, name = site.function, site.name
    places = [p for p in site.file.diagnosed(("previously had type",)) if p.function is function]
    conflicts = [conflict for p in places if (conflict := conflict_said(p.message)) is not None]
    said = [each.now for each in conflicts if each.name == name and each.now != "NoneType"]
    assigned = type_of(ast.Name(name, ast.Load()), function)
    kind = next(k for k in (*said[-1:], assigned, "Tensor") if k is not None and k != "None")
    with declining(Site(at, function)):
        unnamed = f"{name} is of type {kind}, which has no name in the file"
        require("__torch__" not in kind, unnamed)
        annotation = spelled(f"Optional[{required(kind)}]", site.file, at.lineno)
    asserts = narrowed(function, name, undefined=undefined).edits
    return f"{name}: {annotation.code}", [*annotation.imports, *asserts]
