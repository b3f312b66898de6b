"""A loop over layers that are written out in a list becomes a statement for each of them.

## What the compiler says

    cannot call a value of type 'Union[__torch__.torch.nn.modules.conv.Conv2d, …]'
    '__torch__.torch.nn.modules.linear.Linear (…)' object has no attribute or method '__call__'

TorchScript unrolls loops over a ModuleList, and over nothing else that holds modules.

## What is written instead

    for conv, bn in [(self.conv1, self.bn1), (self.conv2, self.bn2)]:
        x = self.relu(bn(conv(x)))

becomes

    x = self.relu(self.bn1(self.conv1(x)))
    x = self.relu(self.bn2(self.conv2(x)))

and `[m(x) for m in (self.a, self.b)]` becomes `[self.a(x), self.b(x)]`. A local name for the list
will do as well, where it has one value.

## When it holds back

Where the loop is left early, where its variables are used behind it, where the body changes what
the list is made of, where something else than attributes and constants is in it, and where there
would be too much code.
"""

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.edit import Edit, RemoveStatement, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety
from torchscript_fix.substitution import substituted
from torchscript_fix.unrolling.source import spliced

MOST_TURNS = 12
MOST_LINES = 60
Literal = ast.List | ast.Tuple


class LayersInALiteral(Rule):
    name: ClassVar[str] = "layers-in-a-literal"
    summary: ClassVar[str] = "for m in [self.a, self.b] becomes a statement for each of them."
    messages: ClassVar[tuple[str, ...]] = (
        "cannot call a value of type 'Union[__torch__.",
        "object has no attribute or method '__call__'",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a loop, the innermost around the call that does not compile."""
        done: set[ast.AST] = set()
        for located in self.diagnosed(facts):
            function = located.function
            if function is None or located.node is None:
                continue
            for around in (located.node, *facts.ancestors(located.node)):
                loop = _loop(around, function)
                if loop is not None and around not in done:
                    done.add(around)
                    yield self._unrolled(loop, function)
                if loop is not None or around is function.node:
                    break

    def _unrolled(self, loop: "_Loop", function: FunctionFacts) -> Rewrite | HeldBack:
        path, line = function.file.path, loop.node.lineno
        try:
            loop.check(function)
            edits = loop.edits(function)
        except _HoldsBack as reason:
            return HeldBack(self.name, path, line, function.qualname, str(reason))
        summary = f"{len(loop.rows)} layers are called one after another"
        return Rewrite(self.name, path, line, function.qualname, summary, Safety.SAFE, edits)


class _HoldsBack(Exception):
    """Why a loop stays."""


@dataclass(frozen=True, eq=False)
class _Loop:
    """A loop or a comprehension over a literal."""

    node: ast.For | ast.ListComp
    target: ast.expr
    index: str | None
    """The name that counts, where the loop is over `enumerate`."""
    rows: Sequence[ast.expr]
    named: ast.Assign | None
    """The statement that gives the literal a name, where it has one."""

    def check(self, function: FunctionFacts) -> None:
        """Raises _HoldsBack where it cannot be written out."""
        inside = set(ast.walk(self.node))
        bound = self._bound()
        if isinstance(self.node, ast.For) and (self.node.orelse or _is_left_early(self.node)):
            raise _HoldsBack("the loop is left early")
        for node in function.nodes:
            if isinstance(node, ast.Name) and node.id in bound and node not in inside:
                raise _HoldsBack(f"{node.id} means something outside of the loop as well")
        stored = {
            ast.unparse(node)
            for node in inside
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)
        }
        changing = [node for node in inside if isinstance(node, ast.Name) and node.id in bound]
        targets = set(ast.walk(_header(self.node).target))
        if any(isinstance(n.ctx, ast.Store) and n not in targets for n in changing):
            raise _HoldsBack("the loop gives its own variables other values")
        for row in self.rows:
            for part in ast.walk(row):
                if isinstance(part, ast.Name | ast.Attribute) and ast.unparse(part) in stored:
                    raise _HoldsBack(f"the loop changes {ast.unparse(part)}")
        if any(isinstance(node, ast.JoinedStr | ast.Lambda) for node in inside):
            raise _HoldsBack("there is a lambda or an f-string in it")

    def _bound(self) -> set[str]:
        names = {n.id for n in ast.walk(self.target) if isinstance(n, ast.Name)}
        return names | ({self.index} if self.index is not None else set())

    def edits(self, function: FunctionFacts) -> tuple[Edit, ...]:
        file = function.file
        if len(self.rows) > MOST_TURNS:
            raise _HoldsBack("there are too many of them")
        turns = [self._turn(number, row, file) for number, row in enumerate(self.rows)]
        removed = () if self.named is None else (RemoveStatement(self.named),)
        if isinstance(self.node, ast.ListComp):
            parts = [substituted(file, self.node.elt, turn) for turn in turns]
            return (*removed, ReplaceExpression(self.node, f"[{', '.join(parts)}]"))
        code = "\n".join(_body(self.node, turn, file) for turn in turns)
        if code.count("\n") > MOST_LINES:
            raise _HoldsBack("there would be too much code")
        return (*removed, ReplaceStatement(self.node, code))

    def _turn(self, number: int, row: ast.expr, file: FileFacts) -> dict[ast.AST, str]:
        """What stands for the variables in one turn, at each of their places."""
        values = {self.index: str(number)} if self.index is not None else {}
        values |= dict(_assigned(self.target, row, file))
        inside: Sequence[ast.AST] = (
            self.node.body if isinstance(self.node, ast.For) else [self.node.elt]
        )
        return {
            node: values[node.id]
            for part in inside
            for node in ast.walk(part)
            if isinstance(node, ast.Name) and node.id in values
        }


def _loop(node: ast.AST, function: FunctionFacts) -> _Loop | None:
    match node:
        case ast.For(target=target, iter=source):
            pass
        case ast.ListComp(generators=[ast.comprehension(target=target, iter=source, ifs=[])]):
            pass
        case _:
            return None
    index: str | None = None
    match source, target:
        case (
            ast.Call(func=ast.Name(id="enumerate"), args=[inner], keywords=[]),
            ast.Tuple(elts=[ast.Name(id=counter), rest]),
        ):
            source, target, index = inner, rest, counter
    named = None
    if isinstance(source, ast.Name):
        named = _only_value(source, function)
        source = named.value if named is not None else source
    if not isinstance(source, Literal) or not source.elts:
        return None
    if not all(_is_plain(row) for row in source.elts):
        return None
    assert isinstance(node, ast.For | ast.ListComp)
    return _Loop(node, target, index, source.elts, named)


def _header(node: ast.For | ast.ListComp) -> ast.For | ast.comprehension:
    return node if isinstance(node, ast.For) else node.generators[0]


def _only_value(name: ast.Name, function: FunctionFacts) -> ast.Assign | None:
    """The statement that gives a name its one value, which nothing but the loop reads."""
    there = [node for node in function.nodes if isinstance(node, ast.Name) and node.id == name.id]
    stored = [node for node in there if isinstance(node.ctx, ast.Store)]
    if len(there) != 2 or len(stored) != 1:
        return None
    match function.file.parents.get(stored[0]):
        case ast.Assign(targets=[ast.Name()]) as statement:
            return statement
    return None


def _is_plain(row: ast.expr) -> bool:
    """Whether an element can stand wherever the variable stands: attributes of `self`, constants,
    and tuples of them."""
    match row:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(_is_plain(part) for part in parts)
        case ast.Attribute(value=ast.Name(id="self")) | ast.Constant():
            return True
        case ast.Attribute(value=inner):
            return _is_plain(inner)
    return False


def _assigned(target: ast.expr, row: ast.expr, file: FileFacts) -> Iterator[tuple[str, str]]:
    """Each variable and the text of its value. Raises _HoldsBack."""
    match target, row:
        case ast.Name(id=name), _:
            yield name, file.segment(row)
        case ast.Tuple(elts=names), ast.Tuple(elts=parts) if len(names) == len(parts):
            for inner, part in zip(names, parts, strict=True):
                yield from _assigned(inner, part, file)
        case _:
            raise _HoldsBack("what the variables are does not show")


def _is_left_early(loop: ast.For) -> bool:
    return any(
        isinstance(node, ast.Break | ast.Continue | ast.Return | ast.Yield | ast.YieldFrom)
        for node in ast.walk(loop)
    )


def _body(loop: ast.For, turn: dict[ast.AST, str], file: FileFacts) -> str:
    """The body of a loop with other text for its variables, comments and all."""
    expressions = {node: text for node, text in turn.items() if isinstance(node, ast.expr)}
    if loop.body[0].lineno == loop.lineno:
        return "\n".join(spliced(file, statement, expressions) for statement in loop.body)
    first, last = loop.body[0].lineno, loop.body[-1].end_lineno or loop.body[-1].lineno
    lines = [line.encode() for line in file.lines[first - 1 : last]]
    for node in sorted(expressions, key=lambda each: (each.lineno, each.col_offset), reverse=True):
        line = lines[node.lineno - first]
        text = expressions[node].encode()
        lines[node.lineno - first] = line[: node.col_offset] + text + line[node.end_col_offset :]
    if any(_is_long_string(node) for node in ast.walk(loop)):
        raise _HoldsBack("there is a string of several lines in it")
    return textwrap.dedent("\n".join(line.decode() for line in lines))


def _is_long_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.lineno != node.end_lineno
