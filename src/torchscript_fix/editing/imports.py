"""Where an import goes in a file that does not have it yet, and whether it would clash there.

LibCST's AddImportsVisitor puts a new name first in its line, knows only the first run of imports,
and walks the whole file twice; a person puts it where the file's own order wants it.
"""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import libcst as cst
from libcst.helpers import get_full_name_for_node

from torchscript_fix.facts.nodes import nodes_in
from torchscript_fix.facts.remembered import remembered

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
NewlineAt = Callable[[int], cst.Newline]

# The same object under another module's name: `torch.nn.functional.Tensor is torch.Tensor`.
_SAME_OBJECT = {
    "typing": frozenset({"typing_extensions"}),
    "torch": frozenset(
        {"torch._tensor", "torch.functional", "torch.nn.functional", "torch.tensor", "torch.types"}
    ),
}


@dataclass(frozen=True)
class Wanted:
    """`from module import name`, or `import module` where there is no name."""

    module: str
    name: str | None = None


# ------------------------------------------------------------------ what the file has already


def is_imported(
    tree: ast.Module, module: str, name: str | None = None, before: int | None = None
) -> bool:
    """Whether the module binds the name to this very import, on a line above `before`."""
    return any(
        _provides(statement, module, name)
        for statement in _executed_at_import(tree.body)
        if before is None or statement.lineno < before
    )


def import_clashes(tree: ast.Module, module: str, name: str | None = None) -> bool:
    """Whether the name that the import would bind means something else in this module.

    Assignments, definitions, other imports, loop variables at module level, and `global` in any
    function count; a `from x import *` does not, since nobody can tell.
    """
    bound = name or module.partition(".")[0]
    if bound in _declared_global(tree):
        return True
    return any(_binds_otherwise(node, bound, module, name) for node in _module_scope(tree))


@remembered
def _declared_global(tree: ast.Module) -> frozenset[str]:
    return frozenset(
        name for node in nodes_in(tree) if isinstance(node, ast.Global) for name in node.names
    )


def _executed_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that have taken place for certain: not those under an `if`."""
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement
        elif isinstance(statement, ast.Try):
            yield from _executed_at_import(statement.body)


def _provides(statement: ast.Import | ast.ImportFrom, module: str, name: str | None) -> bool:
    if isinstance(statement, ast.Import):
        return name is None and any(
            alias.asname is None and f"{alias.name}.".startswith(f"{module}.")
            for alias in statement.names
        )
    if name is None or statement.level or statement.module is None:
        return False
    same = _SAME_OBJECT.get(module, frozenset())
    if statement.module != module and statement.module not in same:
        return False
    return any(
        (alias.name == name and alias.asname in (None, name))
        or (alias.name == "*" and statement.module == module)
        for alias in statement.names
    )


def _module_scope(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that is evaluated in the module's own namespace."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp)
        ):
            pending += ast.iter_child_nodes(node)


def _binds_otherwise(node: ast.AST, bound: str, module: str, name: str | None) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.ExceptHandler():
            return node.name == bound
        case ast.Name(id=identifier, ctx=ast.Store() | ast.Del()):
            return identifier == bound
        case ast.Import() | ast.ImportFrom():
            names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
            return bound in names and not _provides(node, module, name)
    return False


# ------------------------------------------------------------------------- where a new one goes


def with_imports(
    module: cst.Module, wanted: Sequence[Wanted], limit: int, newline_at: NewlineAt
) -> tuple[cst.Module, dict[int, list[Statement]]]:
    """`module` with names joined to import lines that are there, and new lines by index.

    The number of statements stays as it was: a new line goes before the statement of its index.
    `limit` is the index of the first statement that needs the names: nothing goes behind it.
    """
    body = list(module.body)
    alone = [
        want
        for want in wanted
        if want.name is None or not _joined_to_a_line(body, want.module, want.name, limit)
    ]
    header = list(module.header)
    added: dict[int, list[Statement]] = {}
    for want in _one_a_module(alone):
        spot = _spot(module, body, want, limit)
        newline = newline_at(spot.index)
        if spot.index == 0 and not added and body:
            header, own = split_above_own_comment(header) if _has_blank(header) else (header, [])
            body[0] = body[0].with_changes(leading_lines=[*own, *body[0].leading_lines])
        _insert(body, added, spot, _statement(want, newline), newline)
    return module.with_changes(body=body, header=header), added


def _one_a_module(wanted: Sequence[Wanted]) -> list[Wanted]:
    """`from m import a, b` instead of two lines."""
    names: dict[tuple[str, bool], list[str]] = {}
    for want in wanted:
        names.setdefault((want.module, want.name is None), []).append(want.name or "")
    return [
        Wanted(module, None if plain else ", ".join(sorted(found, key=_name_order)))
        for (module, plain), found in sorted(
            names.items(), key=lambda item: (_section(item[0][0]), not item[0][1], item[0][0])
        )
    ]


def _statement(want: Wanted, newline: cst.Newline) -> cst.SimpleStatementLine:
    code = (
        f"import {want.module}" if want.name is None else (f"from {want.module} import {want.name}")
    )
    line = cst.parse_statement(code)
    assert isinstance(line, cst.SimpleStatementLine)
    return line.with_changes(trailing_whitespace=cst.TrailingWhitespace(newline=newline))


# a name more in a line that is there


def _joined_to_a_line(body: list[Statement], module: str, name: str, limit: int) -> bool:
    for index, statement in enumerate(body[:limit]):
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for position, part in enumerate(statement.body):
            if (
                isinstance(part, cst.ImportFrom)
                and not part.relative
                and part.module is not None
                and get_full_name_for_node(part.module) == module
                and not isinstance(part.names, cst.ImportStar)
            ):
                parts = list(statement.body)
                parts[position] = _with_name(part, name)
                body[index] = statement.with_changes(body=parts)
                return True
    return False


def _with_name(line: cst.ImportFrom, name: str) -> cst.ImportFrom:
    """The import with one name more, in its order if it has one, laid out as its other names."""
    assert not isinstance(line.names, cst.ImportStar)
    names = list(line.names)
    new = cst.ImportAlias(name=cst.Name(name))
    existing = [alias.evaluated_name for alias in names]
    at = _sorted_position(existing, name)
    separator = _separator(line, names)
    if at < len(names):
        return line.with_changes(
            names=[*names[:at], new.with_changes(comma=separator), *names[at:]]
        )
    *first, last = names
    if isinstance(last.comma, cst.Comma):
        after = last.comma.whitespace_after
        new = new.with_changes(
            comma=last.comma.with_changes(whitespace_after=_without_comment(after))
        )
        separator = separator.with_changes(
            whitespace_after=_with_comment_of(separator.whitespace_after, after)
        )
    return line.with_changes(names=[*first, last.with_changes(comma=separator), new])


def _sorted_position(existing: Sequence[str], name: str) -> int:
    orders: list[Callable[[str], tuple[int, str]]] = [
        _name_order,
        lambda text: (0, text),
        lambda text: (0, text.lower()),
    ]
    for order in orders:
        keys = [order(text) for text in existing]
        if keys == sorted(keys):
            return sum(key < order(name) for key in keys)
    return len(existing)


def _name_order(name: str) -> tuple[int, str]:
    """The order of isort and Ruff: constants, classes, the rest."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1 if name[:1].isupper() else 2), name.lower()


def _separator(line: cst.ImportFrom, names: Sequence[cst.ImportAlias]) -> cst.Comma:
    for alias in names[:-1]:
        if isinstance(alias.comma, cst.Comma):
            after = _without_comment(alias.comma.whitespace_after)
            return alias.comma.with_changes(whitespace_after=after)
    if line.lpar is not None and isinstance(
        line.lpar.whitespace_after, cst.ParenthesizedWhitespace
    ):
        return cst.Comma(whitespace_after=_without_comment(line.lpar.whitespace_after))
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _without_comment(
    whitespace: cst.BaseParenthesizableWhitespace,
) -> cst.BaseParenthesizableWhitespace:
    if not isinstance(whitespace, cst.ParenthesizedWhitespace):
        return cst.SimpleWhitespace(" ")  # also where a backslash ends the line
    first_line = whitespace.first_line.with_changes(
        whitespace=cst.SimpleWhitespace(""), comment=None
    )
    return whitespace.with_changes(first_line=first_line, empty_lines=[])


def _with_comment_of(
    whitespace: cst.BaseParenthesizableWhitespace, other: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    if not isinstance(whitespace, cst.ParenthesizedWhitespace) or not isinstance(
        other, cst.ParenthesizedWhitespace
    ):
        return whitespace
    return whitespace.with_changes(first_line=other.first_line)


# a line more among the imports


@dataclass(frozen=True)
class _Spot:
    """Before the statement of this index; how many blank lines set the new line apart.

    Where it opens a group of imports, the lines above that group are its own from now on.
    """

    index: int
    opens_group: bool = False
    blanks_above: int = 0
    blanks_below: int = 0


@dataclass(frozen=True)
class _Line:
    """An import at module level: where it stands and what it imports first."""

    index: int
    module: str
    is_from: bool
    opens_group: bool

    @property
    def root(self) -> str:
        return self.module.partition(".")[0]

    @property
    def section(self) -> int:
        return _section(self.module)


def _section(module: str) -> int:
    root = module.partition(".")[0]
    if root == "__future__":
        return 0
    if not root:
        return 3
    return 1 if root in sys.stdlib_module_names else 2


def _import_lines(body: Sequence[Statement], limit: int) -> list[_Line]:
    lines: list[_Line] = []
    for index, statement in enumerate(body[:limit]):
        part = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        opens = not lines or lines[-1].index != index - 1 or _has_blank(statement.leading_lines)
        if isinstance(part, cst.Import):
            name = get_full_name_for_node(part.names[0].name) or ""
            lines.append(_Line(index, name, False, opens))
        elif isinstance(part, cst.ImportFrom):
            name = (part.module and get_full_name_for_node(part.module)) or ""
            lines.append(_Line(index, "" if part.relative else name, True, opens))
    return lines


def _groups(lines: Sequence[_Line]) -> list[list[_Line]]:
    groups: list[list[_Line]] = []
    for line in lines:
        if line.opens_group:
            groups.append([])
        groups[-1].append(line)
    return groups


def _spot(module: cst.Module, body: Sequence[Statement], want: Wanted, limit: int) -> _Spot:
    lines = _import_lines(body, limit)
    if not lines:
        start = min(1 if module.get_docstring(clean=False) is not None else 0, limit)
        is_definition = isinstance(next(iter(body[start:]), None), cst.ClassDef | cst.FunctionDef)
        return _Spot(start, False, min(start, 1), 2 if is_definition else 1)
    new = _Line(-1, want.module, want.name is not None, False)
    groups = _groups(lines)
    for group in groups:
        if any(line.root == new.root for line in group):
            return _in_group(group, new)
    for group in groups:
        if all(line.section == new.section for line in group):
            return _in_group(group, new)
    return _between_sections(groups, new)


_ORDERS: tuple[Callable[[_Line], tuple[bool, str]], ...] = (
    lambda line: (line.is_from, line.module.lower()),
    lambda line: (False, line.module.lower()),
)


def _in_group(group: Sequence[_Line], new: _Line) -> _Spot:
    """The place that keeps the order of a group of imports; behind its kin if it has no order."""
    for order in _ORDERS:
        keys = [order(line) for line in group]
        if len(group) > 1 and all(a <= b for a, b in pairwise(keys)):
            later = [line.index for line in group if order(line) > order(new)]
            index = later[0] if later else group[-1].index + 1
            return _Spot(index, opens_group=index == group[0].index)
    kin = [line for line in group if line.root == new.root] or list(group)
    return _Spot(kin[-1].index + 1)


def _between_sections(groups: Sequence[Sequence[_Line]], new: _Line) -> _Spot:
    """A place where no line of the same section stands alone: behind those that come before it."""
    lines = [line for group in groups for line in group]
    if all(a.section <= b.section for a, b in pairwise(lines)):
        earlier = [line for line in lines if line.section <= new.section]
    else:  # in no order: the standard library first all the same, the rest with the first ones
        earlier = [line for line in groups[0] if new.section > 1 or line.section == 0]
    if not earlier:
        mixed = len({line.section for line in groups[0]}) > 1
        return _Spot(lines[0].index, opens_group=True, blanks_below=0 if mixed else 1)
    last = earlier[-1]
    following = next((line for line in lines if line.index == last.index + 1), None)
    dense = following is not None and not following.opens_group
    return _Spot(last.index + 1, blanks_above=0 if dense or last.section == new.section else 1)


def _insert(
    body: list[Statement],
    added: dict[int, list[Statement]],
    spot: _Spot,
    statement: cst.SimpleStatementLine,
    newline: cst.Newline,
) -> None:
    """Puts the line in, and blank lines around it where they belong."""
    blank = cst.EmptyLine(newline=newline)
    there = added.setdefault(spot.index, [])
    if there:  # below another new line
        (upper,), (lower,) = _import_lines(there[-1:], 1), _import_lines([statement], 1)
        apart = [blank] if upper.section != lower.section else []
        there.append(statement.with_changes(leading_lines=apart))
        return
    above = [blank] * spot.blanks_above
    if spot.index < len(body):
        following = body[spot.index]
        lines = list(following.leading_lines)
        if spot.opens_group:
            above, lines = split_above_own_comment(lines)
        blanks = next((i for i, line in enumerate(lines) if line.comment is not None), len(lines))
        lines = [blank] * (spot.blanks_below - blanks) + lines
        body[spot.index] = following.with_changes(leading_lines=lines)
    there.append(statement.with_changes(leading_lines=above))


def _has_blank(lines: Iterable[cst.EmptyLine]) -> bool:
    return any(line.comment is None for line in lines)


def split_above_own_comment(
    lines: Sequence[cst.EmptyLine],
) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """The lines above a statement: those up to the last blank one, and the comment behind it."""
    own = len(lines)
    while own > 0 and lines[own - 1].comment is not None:
        own -= 1
    return list(lines[:own]), list(lines[own:])
