"""An empty list or dict says what goes into it: `sizes = []` becomes `sizes: List[int] = []`.

## What the compiler says

    Type variable 't' previously matched to type Tensor is matched to type int.
    Empty lists default to List[Tensor].

An empty list is one of Tensors to TorchScript, an empty dict one of Tensors by text, unless an
annotation says otherwise.

## What is written instead

    sizes = []                           →    sizes: List[int] = []
    features = {}                        →    features: Dict[int, Tensor] = {}

The type is the one that the compiler found where something is put in, else what the code shows of
all that is put in. Python does not look at annotations of local names.

## When it holds back

Where the type does not show, where the name is made together with others of one object
(`a = b = []`), and where Tensors and other things go into the same list: TorchScript has no such
list.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from torchscript_fix.editing.edit import Edit, ReplaceStatement
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flow import is_stored
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import joined
from torchscript_fix.kit import Fix, NameRule, NameSite, Safety, Site, declining, known, require
from torchscript_fix.kit.answer import position_of
from torchscript_fix.kit.spelling import spelled

FOUND = re.compile(r"previously matched to type Tensor is matched to type (?P<found>[^\n]+?)\.\s")
TYPE = re.compile(r"^(?!.*(?:__torch__|NoneType))[A-Za-z_\[\], .]+$")
PUTTING = frozenset({"append", "insert", "extend"})


class TypedEmptyList(NameRule):
    name = "typed-empty-list"
    summary = "An empty list or dict says what goes into it: sizes: List[int] = []."
    messages = (
        "previously matched to type Tensor is matched to type",
        "Empty lists default to List[Tensor]",
        "but instead found type 'Dict[str, Tensor]'",
    )
    safety = Safety.SAFE

    def names(self, located: Located, function: FunctionFacts) -> Iterator[str]:
        """Those that stand where the compiler points: first what is filled there."""
        nodes, line = function.own_nodes, located.line
        there = [node for node in nodes if isinstance(node, ast.stmt) and node.lineno == line]
        if isinstance(located.node, ast.expr):
            there = [statement_of(located.node, function)]
        inside = (node for statement in there[-1:] for node in ast.walk(statement))
        return (node.id for node in inside if isinstance(node, ast.Name))

    def fix(self, site: NameSite) -> Fix | None:
        empties, name, segment = list(_empties(site)), site.name, site.file.segment
        if not empties:
            return None
        statement, empty, _ = empties[0]
        at = Site(statement, site.function)
        with declining(at):
            kind = _kind_of_dict(site) if _head(empty) == "Dict" else _kind_of_list(site)
            kind = known(kind, f"what goes into {name} does not show, or is of several types")
            apart = all(pairs for _, _, pairs in empties)
            require(apart, f"{name} is made together with other names")
            annotation = spelled(kind, site.file, at.line)
        declared, edits = f"{name}: {annotation.code}", list[Edit](annotation.imports)
        for statement, _, pairs in empties:
            targets = [(declared if is_stored(t, name) else segment(t), v) for t, v in pairs]
            lines = [f"{target} = {segment(value)}" for target, value in targets]
            edits.append(ReplaceStatement(statement, "\n".join(lines)))
        return Fix(declared, edits, at=at)


def _empties(
    site: NameSite,
) -> Iterator[tuple[ast.Assign, ast.expr, Sequence[tuple[ast.expr, ast.expr]]]]:
    """The statements that make a name an empty list or dict, with that, and with all targets and
    their values; without those where it cannot be annotated."""
    for node in site.function.own_nodes:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                plain = all(map(_head, values)) and len(values) == len(targets)
                apart = plain and all(isinstance(target, ast.Name) for target in targets)
            case ast.Assign(targets=targets, value=value):
                values, apart = [value] * len(targets), len(targets) == 1
            case _:
                continue
        pairs = list(zip(targets, values, strict=False))
        for target, value in pairs:
            if is_stored(target, site.name) and _head(value):
                yield node, value, pairs if apart else ()


def _head(value: ast.expr) -> str | None:
    """Whether it is an empty list or dict, and which."""
    match value:
        case ast.List(elts=[]) | ast.Call(func=ast.Name(id="list"), args=[], keywords=[]):
            return "List"
        case ast.Dict(keys=[]) | ast.Call(func=ast.Name(id="dict"), args=[], keywords=[]):
            return "Dict"
    return None


def _kind_of_list(site: NameSite) -> str | None:
    """The type of the whole list; None where it does not show."""
    function, name, node = site.function, site.name, site.located.node
    named = next(n for n in function.nodes if isinstance(n, ast.Name) and n.id == name)
    shown = type_of(named, function) or ""
    shown = shown if shown.startswith("List[") else ""
    said = FOUND.search(site.message + "\n")
    puts = [call for call in function.calls if _puts_into(call, name)]
    if said is None or not puts:
        return shown if shown not in {"", "List[Tensor]"} and "?" not in shown else None
    # Where the compiler points to a later place, what was put in before was a Tensor.
    first = statement_of(min(puts, key=position_of), function)
    is_first = node is not None and statement_of(node, function) is first
    kind = f"List[{said['found']}]"
    agrees = shown in {"", kind, "List[?]"} and TYPE.match(said["found"])
    return kind if is_first and agrees else None


def _puts_into(call: ast.Call, name: str) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=of), attr=method):
            return of == name and method in PUTTING
    return False


def _kind_of_dict(site: NameSite) -> str | None:
    """From every `name[key] = value`; None where it does not show."""
    keys, values = list[str | None](), list[str | None]()
    for node in site.function.own_nodes:
        match node:
            case ast.Assign(targets=[ast.Subscript(value=named, slice=key)], value=value):
                if isinstance(named, ast.Name) and named.id == site.name:
                    keys.append(type_of(key, site.function))
                    values.append(type_of(value, site.function))
    kind = f"Dict[{joined(keys)}, {joined(values)}]"
    is_known = joined(keys) in {"int", "str", "float", "bool"} and joined(values) is not None
    return kind if is_known and "?" not in kind and kind != "Dict[str, Tensor]" else None
