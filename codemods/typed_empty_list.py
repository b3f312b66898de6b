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
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.editing.edit import Edit, ReplaceStatement
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import joined
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

_FOUND = re.compile(r"previously matched to type Tensor is matched to type (?P<found>[^\n]+?)\.\s")
_TYPE = re.compile(r"^[A-Za-z_\[\], .]+$")
PUTTING = frozenset({"append", "insert", "extend"})


class TypedEmptyList(Rule):
    """Annotates empty lists and dicts that are not for Tensors."""

    name = "typed-empty-list"
    summary = "An empty list or dict says what goes into it: sizes: List[int] = []."
    messages = (
        "previously matched to type Tensor is matched to type",
        "Empty lists default to List[Tensor]",
        "but instead found type 'Dict[str, Tensor]'",
    )
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each name, or why it stays."""
        done: set[tuple[FunctionFacts, str]] = set()
        for located in self.diagnosed(facts):
            function = located.function
            if function is None:
                continue
            for name in _filled_at(located, function):
                if (function, name) not in done:
                    done.add((function, name))
                    yield from self._found(name, located, function)

    def _found(
        self, name: str, located: Located, function: FunctionFacts
    ) -> Iterator[Rewrite | HeldBack]:
        path, line = function.file.path, located.line
        empties = list(_empties(name, function))
        if not empties:
            return
        line = empties[0].statement.lineno
        kind = _kind(name, empties[0], located, function)
        if kind is None:
            reason = f"what goes into {name} does not show, or is of several types"
            yield HeldBack(self.name, path, line, function.qualname, reason)
            return
        if any(empty.reason for empty in empties):
            reason = f"{name} is made together with other names"
            yield HeldBack(self.name, path, line, function.qualname, reason)
            return
        try:
            spelling = spelled(kind, function.file, line)
        except SpellingError as error:
            yield HeldBack(self.name, path, line, function.qualname, str(error))
            return
        edits: list[Edit] = [*spelling.imports]
        edits += [
            ReplaceStatement(empty.statement, _annotated(empty, name, spelling.code, function))
            for empty in empties
        ]
        summary = f"{name}: {spelling.code}"
        yield Rewrite(self.name, path, line, function.qualname, summary, Safety.SAFE, tuple(edits))


@dataclass(frozen=True)
class _Empty:
    """One statement that makes a name an empty list or dict."""

    statement: ast.Assign
    value: ast.expr
    reason: bool
    """Whether it cannot be annotated as it stands."""

    @property
    def is_dict(self) -> bool:
        match self.value:
            case ast.Dict() | ast.Call(func=ast.Name(id="dict")):
                return True
        return False


def _filled_at(located: Located, function: FunctionFacts) -> list[str]:
    """The names that stand where the compiler points: first what is filled there."""
    statements = [
        node
        for node in function.own_nodes
        if isinstance(node, ast.stmt) and node.lineno == located.line
    ]
    if isinstance(located.node, ast.expr):
        statements = [statement_of(located.node, function)]
    names: dict[str, None] = {}
    for statement in statements[-1:]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                names[node.id] = None
    return list(names)


def _empties(name: str, function: FunctionFacts) -> Iterator[_Empty]:
    for node in function.own_nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=n)], value=value) if n == name:
                if _is_empty(value):
                    yield _Empty(node, value, reason=False)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for target, value in zip(names, values, strict=False):
                    if isinstance(target, ast.Name) and target.id == name and _is_empty(value):
                        plain = all(isinstance(n, ast.Name) for n in names) and all(
                            map(_is_empty, values)
                        )
                        yield _Empty(node, value, reason=not plain or len(names) != len(values))
            case ast.Assign(targets=[_, _, *_] as targets, value=value) if _is_empty(value):
                if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                    yield _Empty(node, value, reason=True)


def _is_empty(value: ast.expr) -> bool:
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="list" | "dict"), args=[], keywords=[]):
            return True
    return False


def _kind(name: str, empty: _Empty, located: Located, function: FunctionFacts) -> str | None:
    """The type of the whole list or dict; None where it does not show."""
    if empty.is_dict:
        return _kind_of_dict(name, function)
    shown = _kind_shown(name, function)
    said = _FOUND.search(located.message + "\n")
    puts = _puts_into(name, function)
    if said is not None and puts:
        # Where the compiler points to a later place, what was put in before was a Tensor.
        if located.node is None or statement_of(located.node, function) is not puts[0]:
            return None
        found = said["found"]
        if not _TYPE.match(found) or "__torch__" in found or "NoneType" in found:
            return None
        if shown is not None and shown not in {f"List[{found}]", "List[?]"}:
            return None
        return f"List[{found}]"
    return shown if shown not in {None, "List[Tensor]"} and "?" not in str(shown) else None


def _kind_shown(name: str, function: FunctionFacts) -> str | None:
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id == name:
            found = type_of(node, function)
            return found if found is not None and found.startswith("List[") else None
    return None


def _puts_into(name: str, function: FunctionFacts) -> list[ast.stmt]:
    """The statements that put something into it by a method, in order."""
    puts = [
        call
        for call in function.calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in PUTTING
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
    ]
    puts.sort(key=lambda call: (call.lineno, call.col_offset))
    return [statement_of(call, function) for call in puts]


def _kind_of_dict(name: str, function: FunctionFacts) -> str | None:
    """From every `name[key] = value`."""
    keys: list[str | None] = []
    values: list[str | None] = []
    for node in function.own_nodes:
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=n), slice=key)], value=value
            ) if (n == name):
                keys.append(type_of(key, function))
                values.append(type_of(value, function))
    key_type, value_type = joined(keys), joined(values)
    if key_type not in {"int", "str", "float", "bool"} or value_type is None or "?" in value_type:
        return None
    kind = f"Dict[{key_type}, {value_type}]"
    return kind if kind != "Dict[str, Tensor]" else None


def _annotated(empty: _Empty, name: str, code: str, function: FunctionFacts) -> str:
    """The statement with the annotation; names that were made side by side stand each alone."""
    target = empty.statement.targets[0]
    if isinstance(target, ast.Name):
        return f"{name}: {code} = {function.file.segment(empty.value)}"
    value = empty.statement.value
    assert isinstance(target, ast.Tuple)
    assert isinstance(value, ast.Tuple)
    lines = []
    for one, its in zip(target.elts, value.elts, strict=True):
        segment = function.file.segment
        says = f": {code}" if isinstance(one, ast.Name) and one.id == name else ""
        lines.append(f"{segment(one)}{says} = {segment(its)}")
    return "\n".join(lines)
