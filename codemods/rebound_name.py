"""A name that is given a value of another type is another name from there on.

## What the compiler says

    Variable 'x' previously had type Tensor but is now being assigned to a value of type List[int]
    Cannot re-assign 'conv' to a value of type module because conv is not a first-class value

A branch, the body of a loop and a comprehension cannot give another type to a name that has one
outside of them, not even where nobody reads the name afterwards.

## What is written instead

    if x.dim() > 2:                             if x.dim() > 2:
        x_list = x.size()                           x = x.size()
        return self.fold(x_list)                    return self.fold(x)

All uses that the new value reaches read the new name, in Python and for the compiler the same value
as before.

## When it holds back

Where a use is reached by values of both types, on different ways or in the next turn of a loop;
where a name is deleted, global, looked at by `locals()`, read by a lambda or a function inside, or
bound inside `try`. A name that starts as None or as a number is the business of optional-local and
number-then-tensor.
"""

import ast
from collections.abc import Iterator, Sequence

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.conflict_said import Conflict, conflict_said
from torchscript_fix.facts.flow import block_around, is_stored
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.reaching import Place, comprehension_places, webs
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, known, require
from torchscript_fix.kit.answer import position_of

ENDINGS = frozenset({"Dict", "List", "Tensor", "Tuple", "bool", "float", "int", "module", "str"})
ANSWERED_ELSEWHERE = frozenset({None, "NoneType", "int", "float"})


class ReboundName(SiteRule[Site[ast.Name]]):
    name = "rebound-name"
    summary = "A value of another type has a name of its own."
    messages = (" previously had type ", "Cannot re-assign '")
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[Site[ast.Name]]:
        for located in self.diagnosed(file):
            conflict, function = conflict_said(located.message), located.function
            if conflict is None or function is None:
                continue
            on_line = (n for n in function.nodes if position_of(n)[0] == located.line)
            names = [n for n in (located.node, *on_line) if isinstance(n, ast.Name)]
            bindings = [name for name in names if is_stored(name, conflict.name)]
            yield from (Site(name, function, located) for name in bindings[:1])

    def fix(self, site: Site[ast.Name]) -> Fix | None:
        conflict = conflict_said(site.message)
        assert conflict is not None
        places = _places(site, conflict)
        if not places:
            return None
        old, kind = conflict.name, (conflict.now or "").partition("[")[0]
        ending, what = "", "what is no longer the same type"
        if kind in ENDINGS:
            ending, what = f"_{kind.lower()}", f"the {conflict.now}"
        new = free_name([old.removesuffix(ending) + ending, old], taken_names(site.function))
        edits = [ReplaceExpression(each, new) for each in places if isinstance(each, ast.Name)]
        at = Site(places[0], site.function)
        return Fix(f"{old} is called {new} where it is {what}", edits, at=at)


def _places(site: Site[ast.Name], conflict: Conflict) -> Sequence[Place]:
    """The places that get the new name; none where other rules may answer. Raises Declined."""
    binding, name = site.node, conflict.name
    inside = comprehension_places(binding, site.function)
    if inside:
        return inside
    every = webs(site.function, name)
    unknown = f"which values of {name} reach which of its uses is not plain here"
    web = known(next((each for each in every if binding in each), None), unknown)
    before = [place for each in every for place in each.bindings]
    previous = [place for place in before if _is_seen_from(place, binding, site.function)]
    last = max(previous, key=position_of, default=None)
    if last is not None and not web.has_parameter and last not in web:
        return web.places
    elsewhere = conflict.before in ANSWERED_ELSEWHERE
    require(elsewhere, f"both values of {name} reach the same use")
    return ()


def _is_seen_from(place: Place, binding: ast.Name, function: FunctionFacts) -> bool:
    """Whether the compiler has come by a binding before another one, in a block around it."""
    if place is binding or position_of(place) > position_of(binding):
        return False
    if isinstance(place, ast.arg):
        return True
    statement = statement_of(place, function)
    block = block_around(function.file.parents[statement], statement)
    if isinstance(statement, ast.For):
        block = statement.body
    return any(inner in block for inner in (binding, *function.file.ancestors(binding)))
