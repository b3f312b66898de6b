"""A loop over a list of layers that is written out in the code becomes its statements, one after
the other.

## What the compiler says

    cannot call a value of type 'Union[__torch__.torch.nn.modules.conv.Conv2d, …]'
    '__torch__.torch.nn.modules.linear.Linear' object has no attribute or method '__call__'
    failed to convert Python type: 'list' … Cannot infer concrete type of torch.nn.Module

The compiler unrolls loops over a ModuleList. A plain list of modules is no value to it.

## What is written instead

    for conv, bn in [(self.conv1, self.bn1), (self.conv2, self.bn2)]:
        x = self.relu(bn(conv(x)))

    x = self.relu(self.bn1(self.conv1(x)))
    x = self.relu(self.bn2(self.conv2(x)))

So with a list that a model keeps (`self.layers = [self.conv1, self.conv2]`), whose member with a
literal index is written as what it is: `self.conv1(x)` for `self.layers[0](x)`. A ModuleList would
be shorter and is not written: it would add keys to the state_dict.

## When it holds back

Where the list is put together at run time, the loop has a `break`, `continue` or `else`, gives its
variable another value, or would become long.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from torchscript_fix.editing.edit import Edit, RemoveStatement, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.constants import COMPARISONS, number_of
from torchscript_fix.facts.indexing import names_in
from torchscript_fix.facts.kept import never_changes
from torchscript_fix.facts.layers import is_layer
from torchscript_fix.facts.loops import leaves
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.attributes import NAMED
from torchscript_fix.kit.substitution import renamed, substituted, written_again

LASTING = (
    (ast.Name | ast.Attribute | ast.Constant | ast.Subscript | ast.UnaryOp)
    | (ast.Tuple | ast.List)
    | (ast.expr_context | ast.unaryop)
)
"""What is the same whenever it is looked at, unless something in it is given another value."""
MOST_LINES = 60
"""What a loop may become."""
Display = ast.List | ast.Tuple
CANNOT_INFER = "Cannot infer concrete type of torch.nn.Module"


@dataclass(frozen=True)
class _Use(Site[ast.expr | ast.stmt]):
    """A use of a list of layers, and what becomes of it."""

    edit: Edit | None = field(default=None, compare=False)


class ListOfLayers(SiteRule[_Use]):
    name = "list-of-layers"
    summary = "A loop over [self.conv1, self.conv2] is written out."
    messages = (
        "cannot call a value of type 'Union[__torch__",
        "cannot call a value of type '__torch__",
        "object has no attribute or method '__call__'",
        CANNOT_INFER,
    )
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[_Use]:
        for function in self.functions(file):
            found = [*_members(function), *_without_use(function)]
            found = found or list(_loops(function))  # these after what is in them
            yield from sorted([*found, *_kept_elsewhere(function)], key=lambda use: use.line)

    def together(self, site: _Use) -> FunctionFacts:
        return site.function

    def fix(self, site: _Use) -> Fix:
        node, edit = site.node, site.edit
        if isinstance(node, ast.For):
            edit = ReplaceStatement(node, "\n".join(_unrolled(node, site.function)))
        require(edit, "the list of layers is put together")
        return Fix("the layers of a list are called by their names", [edit] if edit else ())


# ------------------------------------------------------------------------------------ the loops


Turns = tuple[Sequence[dict[str, str]], str | None]
"""For each turn of a loop the source of each variable, none at all where they are not plain names;
and the variable that `enumerate` counts by."""


def _loops(function: FunctionFacts) -> Iterator[_Use]:
    """The loops of a function over lists with layers in them, the inner ones left out."""
    inside: set[ast.AST] = set()
    for node in function.nodes:
        if not isinstance(node, ast.For) or node in inside:
            continue
        if _turns(node.target, node.iter, function) is not None:
            inside.update(ast.walk(node))
            yield _Use(node, function)


def _turns(target: ast.expr, source: ast.expr, function: FunctionFacts) -> Turns | None:
    index = None
    match source, target:
        case (
            ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]),
            ast.Tuple(elts=[ast.Name(id=counter), rest]),
        ):
            source, target, index = inner, rest, counter
    members = _written_out(source, function)
    parts = (p for each in members for p in (each.elts if isinstance(each, Display) else [each]))
    if not any(is_layer(part, function) for part in parts):
        return None
    turns = [_named(target, member) for member in members]
    for number, turn in enumerate(turns if index is not None else ()):
        turn.setdefault(index or "", str(number))
    return turns if all(turns) else [], index


def _named(target: ast.expr, member: ast.expr) -> dict[str, str]:
    """The source of each variable in one turn; none where they are not plain names."""
    match target, member:
        case ast.Name(id=name), _:
            return {name: ast.unparse(member)}
        case (
            ast.Tuple(elts=targets) | ast.List(elts=targets),
            ast.Tuple(elts=parts) | ast.List(elts=parts),
        ) if len(targets) == len(parts) and all(isinstance(t, ast.Name) for t in targets):
            return dict(zip(map(ast.unparse, targets), map(ast.unparse, parts), strict=True))
    return {}


def _written_out(source: ast.expr, function: FunctionFacts) -> Sequence[ast.expr]:
    """The members of a list that is written out: there, in a local, or in `__init__`."""
    match source:
        case ast.List(elts=members) | ast.Tuple(elts=members):
            return members
        case ast.Name(id=name):
            match function.assignments.get(name, []):
                case [(ast.List() | ast.Tuple()) as only] if names_in(only) <= {"self"}:
                    # The same wherever they are written in the function.
                    stays = _lost([{"": ast.unparse(only)}], function.node.body) is None
                    return only.elts if stays and not _is_grown(name, function) else ()
    name_of = self_attribute(source)
    if name_of is None or function.owner is None:
        return ()
    return _kept_in_construction(name_of, function.owner)


def _kept_in_construction(name: str, cls: ClassFacts) -> Sequence[ast.expr]:
    """The members of `self.layers = [self.conv1, self.conv2]`, all of which stay what they are."""
    attribute, family = cls.attribute(name), (*cls.mro, *cls.subclasses)
    match attribute.definitions if attribute is not None else ():
        case [only] if never_changes(name, cls) and not only.branches:
            members = only.value.elts if isinstance(only.value, Display) else []
        case _:
            return ()
    own = [self_attribute(member) for member in members]
    stay = all(each is not None and never_changes(each, cls) for each in own)
    methods = (method for other in family for method in other.methods.values())
    return members if stay and not any(_is_grown(f"self.{name}", m) for m in methods) else ()


def _is_grown(place: str, function: FunctionFacts) -> bool:
    """Whether a list is changed, or handed to who may change it."""
    for node in function.nodes:
        match node:
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                if ast.unparse(node) == place and not _is_only_read(node, function):
                    return True
    return False


def _is_only_read(node: ast.expr, function: FunctionFacts) -> bool:
    match function.file.parents[node]:
        case ast.For(iter=inside) | ast.comprehension(iter=inside):
            return inside is node
        case ast.Subscript(ctx=ast.Load(), value=inside):
            return inside is node
        case ast.Call(func=ast.Name(id="enumerate" | "len" | "zip" | "reversed")):
            return True
    return False


def _unrolled(loop: ast.For, function: FunctionFacts) -> Iterator[str]:
    """The lines of a loop that is written out. Raises Declined."""
    found = _turns(loop.target, loop.iter, function)
    assert found is not None
    (turns, index), leaving = found, bool(loop.orelse) or any(map(leaves, loop.body))
    require(not leaving, "the loop has an else, a break or a continue")
    require(turns, "the members are not taken apart into plain names")
    lines = (loop.end_lineno or 0) - loop.body[0].lineno + 1
    require(lines * len(turns) <= MOST_LINES, f"{len(turns)} times {lines} lines are too many")
    inside, target = set(ast.walk(loop)), set(ast.walk(loop.target))
    makes_function = any(isinstance(node, ast.Lambda | ast.FunctionDef) for node in inside)
    require(not makes_function, "a function is made in the loop")
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id in turns[0]:
            require(node in inside, f"{node.id} is used outside of the loop")
            is_read = isinstance(node.ctx, ast.Load) or node in target
            require(is_read, f"{node.id} is given another value")
    lost = _lost(turns, loop.body)
    require(lost is None, lost or "")
    for turn in turns:
        yield from _one_turn(loop.body, turn, index, function.file)


def _lost(turns: Sequence[dict[str, str]], body: Sequence[ast.AST]) -> str | None:
    """Why members may be something else by the time that their turn comes."""
    stored = {
        ast.unparse(node)
        for inner in body
        for node in ast.walk(inner)
        if isinstance(node, ast.Name | ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    for text in dict.fromkeys(text for turn in turns for text in turn.values()):
        parts = list(ast.walk(ast.parse(text, mode="eval").body))
        if not all(isinstance(part, LASTING) for part in parts):
            return f"{text} is worked out as the list is made"
        if not stored.isdisjoint(ast.unparse(p) for p in parts if isinstance(p, ast.expr)):
            return f"{text} is given another value in the loop"
    return None


def _one_turn(
    body: Sequence[ast.stmt], turn: dict[str, str], index: str | None, file: FileFacts
) -> Iterator[str]:
    """The lines of a turn, tests of its number decided."""
    for truth, group in groupby(body, lambda statement: _truth(statement, turn, index)):
        statements = list(group)
        if truth is None:
            yield from written_again(file, statements, turn)
        for choice in statements if truth is not None else ():
            assert isinstance(choice, ast.If)
            yield from _one_turn(choice.body if truth else choice.orelse, turn, index, file)


def _truth(statement: ast.stmt, turn: dict[str, str], index: str | None) -> bool | None:
    """What an `if` for the turn's number comes to; None where it is about more."""
    match statement:
        case ast.If(test=ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[other])):
            number, compare = number_of(other), COMPARISONS.get(type(op))
            if name == index and number is not None and compare is not None:
                return compare(int(turn[name]), number)
    return None


# ---------------------------------------------------------------------------- other uses of a list


def _members(function: FunctionFacts) -> Iterator[_Use]:
    """`self.conv1` for `self.layers[0]`, `3` for `len(self.layers)`, and a list of results for a
    comprehension over layers."""
    inside: set[ast.AST] = set()
    for node in function.nodes:
        if isinstance(node, ast.expr) and node not in inside:
            code = _instead(node, function)
            if code is not None:
                inside.update(ast.walk(node))
                yield _Use(node, function, edit=ReplaceExpression(node, code))


def _instead(node: ast.expr, function: FunctionFacts) -> str | None:
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=int(index)), ctx=ast.Load()):
            members = _layers_kept(value, function)
            return ast.unparse(members[index]) if index < len(members) else None
        case ast.Call(func=ast.Name(id="len"), args=[value]):
            return str(len(_layers_kept(value, function)) or "") or None
        case ast.ListComp(elt=element, generators=[ast.comprehension(ifs=[]) as generator]):
            turns = _turns(generator.target, generator.iter, function)
            names = turns[0] if turns is not None else ()
            has_function = any(isinstance(part, ast.Lambda) for part in ast.walk(element))
            if names and not has_function and _lost(names, [element]) is None:
                file, instead = function.file, [renamed([element], turn) for turn in names]
                return f"[{', '.join(substituted(file, element, each) for each in instead)}]"
    return None


def _layers_kept(value: ast.expr, function: FunctionFacts) -> Sequence[ast.expr]:
    """The layers of a list that a local or an attribute holds."""
    if self_attribute(value) is None and not isinstance(value, ast.Name):
        return ()
    members = _written_out(value, function)
    return members if all(is_layer(each, function) for each in members) else ()


def _without_use(function: FunctionFacts) -> Iterator[_Use]:
    """The locals that held layers, and that nothing reads any more."""
    read = {
        node.id
        for node in function.nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    for node in function.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List() | ast.Tuple() as value):
                layers = [is_layer(each, function) for each in value.elts]
                if name not in read and layers and all(layers):
                    yield _Use(node, function, edit=RemoveStatement(node))


def _kept_elsewhere(function: FunctionFacts) -> Iterator[_Use]:
    """The lists of layers that a model keeps and that are not written out, where they are used."""
    for located in function.file.diagnosed((CANNOT_INFER,)):
        said, node = NAMED.search(located.message), located.node
        if located.function is not function or said is None or not isinstance(node, ast.expr):
            continue
        if function.owner is not None and not _kept_in_construction(said["name"], function.owner):
            yield _Use(node, function)
