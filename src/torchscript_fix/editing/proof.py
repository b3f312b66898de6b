"""What the `ast` must be after surgery, worked out from the Edits alone; anything else is refused.
Nothing here knows of LibCST.
"""

import ast
import copy
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar, cast

from torchscript_fix.editing.edit import (
    AddImport,
    AnnotateParameter,
    AnnotateReturn,
    AppendElse,
    DecoratorToWith,
    Edit,
    GuardBody,
    GuardRest,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    RenameFunction,
    ReplaceExpression,
    ReplaceParameters,
    ReplaceStatement,
)
from torchscript_fix.editing.imports import is_imported
from torchscript_fix.editing.places import chain_end, docstring_length, end_of, is_elif, start_of

Node = TypeVar("Node", bound=ast.AST)


def first_difference(
    tree: ast.Module, edits: Sequence[Edit], result: ast.Module, touched: Collection[ast.stmt]
) -> str | None:
    """Where `result` is not `tree` with `edits` applied, in words for people; None if it is.

    Only the statements of the module that are in `touched` can differ: the text of the others was
    passed through.
    """
    expected = _Expected(edits, touched).module(tree)
    untouched = set(tree.body).difference(touched)
    wanted = [edit for edit in edits if isinstance(edit, AddImport)]
    if not wanted:
        return _differ_in_body(expected.body, result.body, untouched)
    # Which line an import goes to is a matter of taste, as long as all else is in place.
    before, after = _names(expected), _names(result)
    wrong = (before - after) | (after - before - _wanted_names(wanted))
    wrong |= {edit.module for edit in wanted if not is_imported(result, edit.module, edit.name)}
    if wrong:
        return f"imports: {', '.join(sorted(wrong))}"
    return _differ_in_body(_without_imports(expected), _without_imports(result), untouched)


# ------------------------------------------------------------------------------- what it must be


class _Expected:
    """Applies Edits to an `ast`, copying what changes: the tree itself belongs to the Facts."""

    def __init__(self, edits: Sequence[Edit], touched: Collection[ast.stmt]) -> None:
        self._touched = set(touched)
        self._before: dict[ast.AST, list[str]] = defaultdict(list)
        self._after: dict[ast.AST, list[str]] = defaultdict(list)
        self._at_end: dict[ast.AST, list[str]] = defaultdict(list)
        self._guards: dict[ast.AST, list[GuardBody]] = defaultdict(list)
        self._rests: dict[ast.AST, GuardRest] = {}
        self._instead: dict[ast.AST, str] = {}
        self._expressions: dict[ast.AST, str] = {}
        self._annotations: dict[ast.AST, str] = {}
        self._parameters: dict[ast.AST, str] = {}
        self._returns: dict[ast.AST, str] = {}
        self._names: dict[ast.AST, str] = {}
        self._withs: dict[ast.AST, DecoratorToWith] = {}
        for edit in edits:
            self._take(edit)
        self._lines = sorted(getattr(node, "lineno", 0) for node in self._places())

    def _places(self) -> Iterator[ast.AST]:
        """The nodes at which something changes."""
        for changing in (self._before, self._after, self._at_end, self._guards):
            yield from changing
        for changed in (self._rests, self._instead, self._expressions, self._annotations):
            yield from changed
        for of_function in (self._parameters, self._returns, self._names, self._withs):
            yield from of_function

    def _changes_in(self, statement: ast.stmt) -> bool:
        """Whether something changes on the lines of a statement."""
        at = bisect_left(self._lines, start_of(statement)[0])
        return at < len(self._lines) and self._lines[at] <= end_of(statement)[0]

    def _take(self, edit: Edit) -> None:
        match edit:
            case InsertBefore(statement, code):
                _once(self._before[statement], code)
            case InsertAtHead(owner, block, code):
                statements = getattr(owner, block)
                behind = docstring_length(owner)
                if behind < len(statements):
                    _once(self._before[statements[behind]], code)
                else:
                    _once(self._after[statements[-1]], code)
            case AppendElse(statement, code):
                _once(self._at_end[chain_end(statement)], code)
            case ReplaceExpression(expression, code):
                self._expressions[expression] = code
            case ReplaceStatement(statement, code):
                self._instead[statement] = code
            case RemoveStatement(statement):
                self._instead[statement] = ""
            case GuardBody(owner):
                if edit not in self._guards[owner]:
                    self._guards[owner].append(edit)
            case GuardRest(first):
                self._rests[first] = edit
            case AnnotateParameter(parameter, annotation):
                self._annotations[parameter] = annotation
            case ReplaceParameters(function, code):
                self._parameters[function] = code
            case AnnotateReturn(function, annotation):
                self._returns[function] = annotation
            case RenameFunction(function, name):
                self._names[function] = name
            case DecoratorToWith(function):
                self._withs[function] = edit
            case AddImport():
                pass

    def module(self, tree: ast.Module) -> ast.Module:
        body: list[ast.stmt] = []
        for statement in tree.body:
            body += self._block([statement]) if statement in self._touched else [statement]
        return ast.Module(body, tree.type_ignores)

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        rests: list[tuple[int, GuardRest]] = []
        for statement in statements:
            if statement in self._rests:
                rests.append((len(done), self._rests[statement]))
            done += _parsed(self._before.get(statement, ()))
            if statement in self._instead:
                done += ast.parse(self._instead[statement]).body
            else:
                done.append(self._node(statement))
            done += _parsed(self._after.get(statement, ()))
        for start, rest in reversed(rests):
            done[start:] = [_guarded(rest, done[start:])]
        return done

    def _node(self, node: Node) -> Node:
        if node in self._expressions:
            return cast(Node, ast.parse(f"({self._expressions[node]}\n)", mode="eval").body)
        if isinstance(node, ast.stmt) and not self._changes_in(node):
            return node
        new = copy.copy(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(new, name, self._node(value))
            elif isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(new, name, self._block(value) or _emptied(node, value))
            elif isinstance(value, list):
                items = [self._node(item) if isinstance(item, ast.AST) else item for item in value]
                setattr(new, name, items)
        if node in self._annotations:
            assert isinstance(new, ast.arg)
            new.annotation = ast.parse(self._annotations[node], mode="eval").body
        if node in self._parameters:
            assert isinstance(new, ast.FunctionDef)
            new.args = _parameters(self._parameters[node])
        if node in self._returns:
            assert isinstance(new, ast.FunctionDef)
            new.returns = ast.parse(self._returns[node], mode="eval").body
        if node in self._names:
            assert isinstance(new, ast.FunctionDef)
            new.name = self._names[node]
        if node in self._guards:
            self._guard(node, new)
        if node in self._withs:
            assert isinstance(node, ast.FunctionDef) and isinstance(new, ast.FunctionDef)
            self._with(node, new)
        if node in self._at_end:
            assert isinstance(new, ast.If)
            new.orelse = _appended(new.orelse, _parsed(self._at_end[node]))
        return new

    def _guard(self, node: ast.AST, new: ast.AST) -> None:
        # A guard goes round a compound statement: all kinds that it is for have a body.
        for guard in self._guards[node]:
            body: list[ast.stmt] = getattr(new, guard.block)
            outside = docstring_length(node) if guard.block == "body" else 0
            setattr(new, guard.block, [*body[:outside], _guarded(guard, body[outside:])])

    def _with(self, node: ast.FunctionDef, new: ast.FunctionDef) -> None:
        edit = self._withs[node]
        del new.decorator_list[node.decorator_list.index(edit.decorator)]
        outside = docstring_length(node)
        item = ast.withitem(ast.parse(f"({edit.code}\n)", mode="eval").body)
        new.body = [*new.body[:outside], ast.With([item], new.body[outside:])]


def _guarded(guard: GuardBody | GuardRest, statements: list[ast.stmt]) -> ast.stmt:
    condition = ast.parse(f"({guard.test}\n)", mode="eval").body
    otherwise = ast.parse(guard.otherwise).body if guard.otherwise is not None else []
    return ast.If(condition, statements, otherwise)


def _parameters(code: str) -> ast.arguments:
    (function,) = ast.parse(f"def function({code}\n): pass").body
    assert isinstance(function, ast.FunctionDef)
    return function.args


def _emptied(owner: ast.AST, block: list[ast.stmt]) -> list[ast.stmt]:
    """What a block becomes when all its statements go: `pass`, but an `elif` goes without trace."""
    gone = isinstance(owner, ast.If) and is_elif(owner, block[0])
    return [] if gone else [ast.Pass()]


def _once(codes: list[str], code: str) -> None:
    if code not in codes:
        codes.append(code)


def _parsed(codes: Sequence[str]) -> list[ast.stmt]:
    return [statement for code in codes for statement in ast.parse(code).body]


def _appended(block: list[ast.stmt], new: list[ast.stmt]) -> list[ast.stmt]:
    if not block or all(isinstance(statement, ast.Pass) for statement in block):
        return new
    if isinstance(block[-1], (ast.Return, ast.Raise, ast.Break, ast.Continue)):
        return [*block[:-1], *new, block[-1]]
    return [*block, *new]


# ----------------------------------------------------------------------------------- comparing


def _differ_in_body(
    expected: list[ast.stmt], found: list[ast.stmt], untouched: Collection[ast.stmt]
) -> str | None:
    if len(expected) != len(found):
        return f"{len(found)} statements in the module for {len(expected)}"
    for one, other in zip(expected, found, strict=True):
        same_text = one in untouched and type(one) is type(other)
        difference = None if same_text else _differ(one, other)
        if difference:
            return difference
    return None


def _differ(expected: object, found: object, line: int = 1) -> str | None:
    """The first place at which two trees differ, positions and Load or Store aside."""
    if isinstance(expected, ast.AST) and isinstance(found, ast.AST):
        line = getattr(found, "lineno", line)
        if type(expected) is not type(found):
            return f"line {line}: {type(found).__name__} for {type(expected).__name__}"
        if isinstance(expected, ast.expr_context):
            return None
        for name in expected._fields:
            if name not in _ASIDE:
                one, other = getattr(expected, name, None), getattr(found, name, None)
                difference = None if one is other else _differ(one, other, line)
                if difference:
                    return difference
        return None
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"line {line}: {len(found)} parts for {len(expected)}"
        for one, other in zip(expected, found, strict=True):
            difference = _differ(one, other, line)
            if difference:
                return difference
        return None
    if type(expected) is type(found) and repr(expected) == repr(found):
        return None
    return f"line {line}: {found!r} for {expected!r}"


_ASIDE = frozenset({"ctx", "type_comment", "kind"})


def _without_imports(tree: ast.Module) -> list[ast.stmt]:
    return [
        statement
        for statement in tree.body
        if not isinstance(statement, (ast.Import, ast.ImportFrom))
    ]


def _names(tree: ast.Module) -> set[str]:
    """What the module's own imports import, one entry a name."""
    return {
        _spelled(statement, alias)
        for statement in tree.body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for alias in statement.names
    }


def _spelled(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    source = ""
    if isinstance(statement, ast.ImportFrom):
        source = f"from {'.' * statement.level}{statement.module or ''} "
    return f"{source}import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")


def _wanted_names(wanted: Sequence[AddImport]) -> set[str]:
    return {
        f"from {edit.module} import {edit.name}" if edit.name else f"import {edit.module}"
        for edit in wanted
    }
