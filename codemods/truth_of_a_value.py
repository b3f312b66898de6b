"""Asks of what may be None whether it is true in the way that the compiler knows.

## What the compiler says

    Could not cast value of type NoneType to bool

In `if self.activation:` TorchScript takes Tensors, numbers, texts, lists and dictionaries. Whether
a None, something Optional, a tuple or a module is true, it does not know.

## What is written instead

    if self.activation:          if (self.activation if self.activation is not None else False):

In a model where it is None the compiler leaves out the branch; in any other its truth is asked as
before. An argument or local of an Optional type becomes `mask is not None and mask`. A module is
true unless it is None, a tuple, Sequential or ModuleList where its length is not 0. `x or y` whose
value counts becomes `x if … else y`. Of an attribute, all methods of its class that are compiled
get the same.

## When it holds back

Where the value comes from a call or another expression that would have to be evaluated twice, where
`x and y` stands for one of the two values, and where an attribute is declared as Optional.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.observed import ObservedAttribute
from torchscript_fix.facts.static import ClassFacts, FileFacts, self_attribute
from torchscript_fix.kit import ClassSite, Declined, Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.fold import is_test

SAID = re.compile(r"Could not cast value of type (.+) to bool")
OWN_LENGTH = frozenset({"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})
ASKERS = ast.If | ast.While | ast.IfExp | ast.Assert | ast.comprehension


class Truth(NamedTuple):
    """How to ask whether something is true, and whether it is false; `{}` stands for it."""

    yes: str
    no: str
    safety: Safety = Safety.SAFE


UNLESS_NONE = Truth("({} if {} is not None else False)", "not ({} if {} is not None else False)")
UNLESS_OPTIONAL = Truth("{} is not None and {}", "{} is None or not {}")
NOT_NONE = Truth("{} is not None", "{} is None", Safety.NARROWING)
LENGTH = Truth("len({}) > 0", "len({}) == 0")
COUNTED = "(len({}) > 0 if {} is not None else False)"
LENGTH_UNLESS_NONE = Truth(COUNTED, f"not {COUNTED}", Safety.NARROWING)


class TruthOfAValue(SiteRule[Site[ast.expr]]):
    name = "truth-of-a-value"
    summary = "The truth of a None, list or text is asked by is not None and len."
    messages = ("Could not cast value of type",)
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterable[Site[ast.expr]]:
        found = (each for each in self.diagnosed(file) if SAID.search(each.message))
        return dict.fromkeys(site for located in found for site in _places(located))

    def fix(self, site: Site[ast.expr]) -> Fix | None:
        node, file = site.node, site.file
        asking = _asking(node, file)
        if asking is None:
            return None
        counts = asking is not node and isinstance(asking, ast.BoolOp)
        settled = _is_settled(node if counts else asking, node, file)
        if counts and settled:
            return None
        truth, name = _truth(site), site.code
        if settled:
            return None
        yes, no = (text.replace("{}", name) for text in (truth.yes, truth.no))
        match asking:
            case ast.BoolOp(op=ast.Or(), values=[first, *others]) if counts and first is node:
                code = f"({name} if {yes} else {' or '.join(map(file.segment, others))})"
            case _:
                require(
                    not counts, f"the value of {ast.unparse(asking)} counts, not only its truth"
                )
                code = _enclosed(yes if asking is node else no, asking, file)
        require(_is_repeatable(node), "it would have to be evaluated twice")
        words = "its length" if "len(" in truth.yes else "is not None"
        summary = f"whether {name} is true is asked by {words}"
        return Fix(summary, [ReplaceExpression(asking, code)], truth.safety)


# ----------------------------------------------------------------------- what its truth is


def _truth(site: Site[ast.expr]) -> Truth:
    """What asks for the truth of a value. Raises Declined."""
    said, name = SAID.findall(site.message)[0], self_attribute(site.node)
    if name is not None and site.located is not None and site.located.owner is not None:
        return _of_attribute(site.located.owner, name, said)
    if said == "NoneType":
        return UNLESS_NONE
    if said.startswith("Optional["):
        return UNLESS_OPTIONAL
    require(said.startswith("Tuple["), f"its type is {said}")
    return LENGTH


def _of_attribute(owner: ClassFacts, name: str, said: str) -> Truth:
    observed = owner.file.project.observed.attribute(owner.file.path, owner.qualname, name)
    seen = observed or ObservedAttribute(missing=True)
    types, modules = seen.types - {"None"}, seen.modules
    if said == "NoneType":
        return NOT_NONE if modules and not types and not _lengths(modules) else UNLESS_NONE
    changes = f"self.{name} is declared as {said}, and may change between test and use"
    require(not said.startswith("Optional["), changes)
    classes = modules | ({said.partition(" ")[0]} if said.startswith("__torch__.") else set())
    require(classes or said.startswith("Tuple["), f"its type is {said}")
    if types and classes:
        raise Declined(f"self.{name} is a module in one model and {min(types)} in another")
    if classes and not _lengths(classes):
        own = any(".nn.modules." not in each for each in classes)
        require(not own, "it may be a module that has a length or truth of its own")
        return NOT_NONE
    both = "it is a module with a length in one model, and one without in another"
    require(_lengths(classes) == classes, both)
    return LENGTH_UNLESS_NONE if "None" in seen.types or seen.missing else LENGTH


def _lengths(classes: frozenset[str]) -> frozenset[str]:
    """Those of the classes of modules that have a length."""
    return frozenset(each for each in classes if each.rpartition(".")[2] in OWN_LENGTH)


# ------------------------------------------------------------------------ where it is asked


def _places(located: Located) -> Iterator[Site[ast.expr]]:
    """What the compiler named; of an attribute of `self` all places that read it."""
    function, node = located.function, located.node
    if function is None or not isinstance(node, ast.expr):
        return
    name = self_attribute(node)
    if name is None or function.owner is None:
        yield Site(node, function, located)
        return
    for method, each in ClassSite(function.owner, function).nodes:
        if isinstance(each, ast.Attribute) and self_attribute(each) == name:
            yield Site(each, method, located)


def _asking(node: ast.expr, file: FileFacts) -> ast.expr | None:
    """The `not` around an expression whose truth is asked, an `and` or `or` whose value counts; the
    expression where neither stands around it, and None where its truth is not asked."""
    around = file.parents[node]
    match around:
        case ast.UnaryOp(op=ast.Not()):
            return around
        case ast.BoolOp(values=[*_, last]) if not is_test(node, file, ASKERS):
            return around if last is not node else None
    return node if is_test(node, file, ASKERS) else None


def _enclosed(code: str, asking: ast.expr, file: FileFacts) -> str:
    """In parentheses where the operators around it bind as tight or tighter."""
    match file.parents[asking]:
        case ast.UnaryOp():
            return f"({code})"
        case ast.BoolOp(op=op):
            other = " or " if isinstance(op, ast.And) else " and "
            return f"({code})" if other in code else code
    return code


def _is_settled(asking: ast.expr, node: ast.expr, file: FileFacts) -> bool:
    """Whether `node is not None and` stands before it, or `node is None or`."""
    around = file.parents[asking]
    if not isinstance(around, ast.BoolOp):
        return False
    word = "is not None" if isinstance(around.op, ast.And) else "is None"
    before = around.values[: around.values.index(asking)]
    return f"{ast.unparse(node)} {word}" in map(ast.unparse, before)


def _is_repeatable(node: ast.expr) -> bool:
    """Whether reading it twice is as good as once: a name, an attribute of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
