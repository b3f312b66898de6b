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
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import (
    Edit,
    RemoveStatement,
    ReplaceExpression,
    ReplaceStatement,
    place,
)
from torchscript_fix.facts.kept import never_changes
from torchscript_fix.facts.layers import is_layer
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.kit.substitution import substituted, written_again
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

LASTING = (
    (ast.Name | ast.Attribute | ast.Constant | ast.Subscript | ast.UnaryOp)
    | (ast.Tuple | ast.List)
    | (ast.expr_context | ast.unaryop)
)
"""What is the same whenever it is looked at, unless something in it is given another value."""
MOST_LINES = 60
"""What a loop may become."""
Display = ast.List | ast.Tuple
COMPARED: Mapping[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
SAID = re.compile(r"Module '(?P<model>[^']*)' has no attribute '(?P<name>\w+)'")


class ListOfLayers(Rule):
    """Loops over lists of layers, unrolled."""

    name: ClassVar[str] = "list-of-layers"
    summary: ClassVar[str] = "A loop over [self.conv1, self.conv2] is written out."
    messages: ClassVar[tuple[str, ...]] = (
        "cannot call a value of type 'Union[__torch__",
        "cannot call a value of type '__torch__",
        "object has no attribute or method '__call__'",
        "Cannot infer concrete type of torch.nn.Module",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a function."""
        done: dict[FunctionFacts, None] = {}
        for located in self.diagnosed(facts):
            if located.function is not None:
                done[located.function] = None
        for function in done:
            edits = [*_members(function), *_without_use(function)]
            loops = list(_loops(function)) if not edits else []  # these after what is in them
            for loop in loops:
                obstacle = _obstacle(loop, function)
                if obstacle is not None:
                    yield self._held_back(loop.statement, function, obstacle)
                else:
                    edits.append(ReplaceStatement(loop.statement, _unrolled(loop, function)))
            if edits:
                yield self._rewrite(function, edits)
            for node in _kept_elsewhere(function):
                yield self._held_back(node, function, "the list of layers is put together")

    def _rewrite(self, function: FunctionFacts, edits: Sequence[Edit]) -> Rewrite:
        line = min(getattr(place(edit), "lineno", function.node.lineno) for edit in edits)
        summary = "the layers of a list are called by their names"
        where, path = function.qualname, function.file.path
        return Rewrite(self.name, path, line, where, summary, Safety.SAFE, tuple(edits))

    def _held_back(self, node: ast.stmt | ast.expr, function: FunctionFacts, why: str) -> HeldBack:
        return HeldBack(self.name, function.file.path, node.lineno, function.qualname, why)


# ------------------------------------------------------------------------------------ the loops


@dataclass(frozen=True, eq=False)
class _Turns:
    """What the variables of a loop are, turn by turn; `index` is the one of `enumerate`."""

    target: ast.expr
    members: Sequence[ast.expr]
    index: str | None = None

    def names(self) -> list[dict[str, str]] | None:
        """For each turn the source of each variable; None where they are not plain names."""
        turns: list[dict[str, str]] = []
        for number, member in enumerate(self.members):
            turn = {self.index: str(number)} if self.index is not None else {}
            match self.target, member:
                case ast.Name(id=name), _:
                    pairs = [(name, member)]
                case (
                    ast.Tuple(elts=targets) | ast.List(elts=targets),
                    ast.Tuple(elts=parts) | ast.List(elts=parts),
                ) if len(targets) == len(parts) and all(isinstance(t, ast.Name) for t in targets):
                    pairs = [(ast.unparse(t), part) for t, part in zip(targets, parts, strict=True)]
                case _:
                    return None
            turns.append(turn | {name: ast.unparse(part) for name, part in pairs})
        return turns


@dataclass(frozen=True, eq=False)
class _Loop:
    """A loop over a list whose members are written out."""

    statement: ast.For
    turns: _Turns


def _loops(function: FunctionFacts) -> Iterator[_Loop]:
    """The loops of a function over lists with layers in them, the inner ones left out."""
    inside: set[ast.AST] = set()
    for node in function.nodes:
        if isinstance(node, ast.For) and node not in inside:
            turns = _turns(node.target, node.iter, function)
            if turns is not None:
                inside.update(ast.walk(node))
                yield _Loop(node, turns)


def _turns(target: ast.expr, source: ast.expr, function: FunctionFacts) -> _Turns | None:
    index = None
    match source, target:
        case (
            ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]),
            ast.Tuple(elts=[ast.Name(id=counter), rest]),
        ):
            source, target, index = inner, rest, counter
    members = _written_out(source, function)
    if not any(_has_layer(member, function) for member in members):
        return None
    return _Turns(target, members, index)


def _has_layer(member: ast.expr, function: FunctionFacts) -> bool:
    parts = member.elts if isinstance(member, Display) else [member]
    return any(is_layer(part, function) for part in parts)


def _written_out(source: ast.expr, function: FunctionFacts) -> Sequence[ast.expr]:
    """The members of a list that is written out: there, in a local, or in `__init__`."""
    match source:
        case ast.List(elts=members) | ast.Tuple(elts=members):
            return members
        case ast.Name(id=name):
            values = function.assignments.get(name, [])
            only = values[0] if len(values) == 1 else None
            if not isinstance(only, Display) or _is_grown(source, function):
                return ()
            return only.elts if _stays(only, function) else ()
    name_of = self_attribute(source)
    if name_of is None or function.owner is None:
        return ()
    return _kept_in_construction(name_of, function.owner)


def _stays(members: ast.expr, function: FunctionFacts) -> bool:
    """Whether the members of a list are the same wherever they are written in a function."""
    names = {node.id for node in ast.walk(members) if isinstance(node, ast.Name)}
    turn = {"": ast.unparse(members)}
    return names <= {"self"} and _not_lasting([turn], function.node.body) is None


def _kept_in_construction(name: str, cls: ClassFacts) -> Sequence[ast.expr]:
    """The members of `self.layers = [self.conv1, self.conv2]`, all of which stay what they are."""
    attribute = cls.attribute(name)
    definitions = attribute.definitions if attribute is not None else ()
    if len(definitions) != 1 or not never_changes(name, cls) or definitions[0].branches:
        return ()
    value = definitions[0].value
    if not isinstance(value, Display):
        return ()
    own = [self_attribute(member) for member in value.elts]
    if not all(each is not None and never_changes(each, cls) for each in own):
        return ()
    family = (*cls.mro, *cls.subclasses)
    place = ast.parse(f"self.{name}", mode="eval").body
    if any(_is_grown(place, method) for other in family for method in other.methods.values()):
        return ()
    return value.elts


def _is_grown(place: ast.expr, function: FunctionFacts) -> bool:
    """Whether a list is changed, or handed to who may change it."""
    wanted = ast.unparse(place)
    for node in function.nodes:
        if not isinstance(node, ast.Name | ast.Attribute) or ast.unparse(node) != wanted:
            continue
        if not isinstance(node.ctx, ast.Load):
            continue
        match function.file.parents[node]:
            case ast.For(iter=source) | ast.comprehension(iter=source) if source is node:
                continue
            case ast.Subscript(ctx=ast.Load(), value=value) if value is node:
                continue
            case ast.Call(func=ast.Name(id="enumerate" | "len" | "zip" | "reversed")):
                continue
        return True
    return False


def _obstacle(loop: _Loop, function: FunctionFacts) -> str | None:
    """Why a loop cannot be written out."""
    statement, turns = loop.statement, loop.turns.names()
    if statement.orelse or any(_leaves(inner) for inner in statement.body):
        return "the loop has an else, a break or a continue"
    if turns is None:
        return "the members are not taken apart into plain names"
    lines = (statement.end_lineno or 0) - statement.body[0].lineno + 1
    if lines * len(turns) > MOST_LINES:
        return f"{len(turns)} times {lines} lines are too many"
    inside, target = set(ast.walk(statement)), set(ast.walk(statement.target))
    if any(isinstance(node, ast.Lambda | ast.FunctionDef) for node in inside):
        return "a function is made in the loop"
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id in turns[0]:
            if node not in inside:
                return f"{node.id} is used outside of the loop"
            if not isinstance(node.ctx, ast.Load) and node not in target:
                return f"{node.id} is given another value"
    return _not_lasting(turns, statement.body)


def _not_lasting(turns: list[dict[str, str]], body: Sequence[ast.AST]) -> str | None:
    """Why members may be something else by the time that their turn comes."""
    stored = {
        ast.unparse(node)
        for inner in body
        for node in ast.walk(inner)
        if isinstance(node, ast.Name | ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    for text in {text for turn in turns for text in turn.values()}:
        parts = list(ast.walk(ast.parse(text, mode="eval").body))
        if not all(isinstance(part, LASTING) for part in parts):
            return f"{text} is worked out as the list is made"
        if any(ast.unparse(part) in stored for part in parts if isinstance(part, ast.expr)):
            return f"{text} is given another value in the loop"
    return None


def _leaves(statement: ast.AST) -> bool:
    """Whether a `break` or `continue` of the loop around is in a statement."""
    if isinstance(statement, ast.Break | ast.Continue):
        return True
    if isinstance(statement, ast.For | ast.While):
        return any(_leaves(inner) for inner in statement.orelse)
    return any(_leaves(inner) for inner in ast.iter_child_nodes(statement))


def _unrolled(loop: _Loop, function: FunctionFacts) -> str:
    return "\n".join(
        line
        for turn in loop.turns.names() or ()
        for line in _one_turn(loop.statement.body, turn, loop.turns.index, function.file)
    )


def _one_turn(
    body: Sequence[ast.stmt], turn: dict[str, str], index: str | None, file: FileFacts
) -> list[str]:
    """The lines of a turn, tests of its number decided."""
    lines: list[str] = []
    waiting: list[ast.stmt] = []
    for statement in body:
        truth = _truth(statement.test, turn, index) if isinstance(statement, ast.If) else None
        if truth is None or not isinstance(statement, ast.If):
            waiting.append(statement)
            continue
        lines += written_again(file, waiting, turn) if waiting else []
        waiting = []
        lines += _one_turn(statement.body if truth else statement.orelse, turn, index, file)
    return lines + (written_again(file, waiting, turn) if waiting else [])


def _truth(test: ast.expr, turn: dict[str, str], index: str | None) -> bool | None:
    """What a test of the turn's number comes to; None where it is about more."""
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[other]) if name == index:
            number = _number(other)
            compare = COMPARED.get(type(op))
            if number is not None and compare is not None:
                return compare(int(turn[name]), number)
    return None


def _number(node: ast.expr) -> int | None:
    """`3`, `3 - 1`."""
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.BinOp(left=ast.Constant(value=int(a)), op=ast.Sub(), right=ast.Constant(value=b)):
            return a - b if isinstance(b, int) else None
    return None


# ---------------------------------------------------------------------------- other uses of a list


def _members(function: FunctionFacts) -> Iterator[Edit]:
    """`self.conv1` for `self.layers[0]`, `3` for `len(self.layers)`, and a list of results for a
    comprehension over layers."""
    inside: set[ast.AST] = set()
    for node in function.nodes:
        if node in inside or not isinstance(node, ast.expr):
            continue
        code = _instead(node, function)
        if code is not None:
            inside.update(ast.walk(node))
            yield ReplaceExpression(node, code)


def _instead(node: ast.expr, function: FunctionFacts) -> str | None:
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=int(index)), ctx=ast.Load()):
            members = _layers_kept(value, function)
            return ast.unparse(members[index]) if index < len(members) else None
        case ast.Call(func=ast.Name(id="len"), args=[value]):
            return str(len(_layers_kept(value, function)) or "") or None
        case ast.ListComp(elt=element, generators=[ast.comprehension(ifs=[]) as generator]):
            turns = _turns(generator.target, generator.iter, function)
            names = turns.names() if turns is not None else None
            if not names or _not_lasting(names, [element]) is not None:
                return None
            if any(isinstance(part, ast.Lambda) for part in ast.walk(element)):
                return None
            return f"[{', '.join(_renamed(element, turn, function.file) for turn in names)}]"
    return None


def _renamed(element: ast.expr, names: Mapping[str, str], file: FileFacts) -> str:
    instead: dict[ast.AST, str] = {
        node: names[node.id]
        for node in ast.walk(element)
        if isinstance(node, ast.Name) and node.id in names
    }
    return substituted(file, element, instead)


def _layers_kept(value: ast.expr, function: FunctionFacts) -> Sequence[ast.expr]:
    """The layers of a list that a local or an attribute holds."""
    if self_attribute(value) is None and not isinstance(value, ast.Name):
        return ()
    members = _written_out(value, function)
    return members if all(is_layer(each, function) for each in members) else ()


def _without_use(function: FunctionFacts) -> Iterator[Edit]:
    """The locals that held layers, and that nothing reads any more."""
    read = {
        node.id
        for node in function.nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    for node in function.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List() | ast.Tuple() as value):
                held = [is_layer(each, function) for each in value.elts]
                if name not in read and held and all(held):
                    yield RemoveStatement(node)


def _kept_elsewhere(function: FunctionFacts) -> Iterator[ast.expr]:
    """The lists of layers that a model keeps and that are not written out, where they are used."""
    for located in function.file.diagnosed(("Cannot infer concrete type of torch.nn.Module",)):
        said = SAID.search(located.message)
        node = located.node
        if located.function is not function or said is None or not isinstance(node, ast.expr):
            continue
        if function.owner is not None and not _kept_in_construction(said["name"], function.owner):
            yield node
