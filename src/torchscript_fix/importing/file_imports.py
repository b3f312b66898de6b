"""What one file has to do with imports: what it imports, what others can import from it, whether it
is a script, and what it does to `sys.path`."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.facts.nodes import nodes_of
from torchscript_fix.importing.edits import Edit, edits_of
from torchscript_fix.importing.path_expressions import called
from torchscript_fix.source import Parsed

_MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Import:
    """One import of a module."""

    module: str
    """Dotted; "" for `from . import name`."""
    level: int
    """Dots before it."""
    names: tuple[str, ...]
    """What is taken from it: `*` too."""
    line: int
    guarded: bool
    """Whether the file has a way without it: a `try` that catches what a missing module raises."""

    @property
    def top(self) -> str:
        """The first name of it."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class FileImports:
    """One file, as others see it."""

    path: Path
    imports: tuple[Import, ...]
    edits: tuple[Edit, ...]
    is_script: bool
    bound: frozenset[str]
    """Names that it binds."""
    is_open: bool
    """Whether it may have more names than these: by a star import, `__getattr__`, `globals()`."""


def read_imports(path: Path, parsed: Parsed) -> FileImports:
    """What a file, which lies at `path`, has to do with imports."""
    nodes = nodes_of(parsed)
    mentions_path = any(_mentions_path(node) for node in nodes)
    return FileImports(
        path,
        tuple(imports_of(nodes)),
        edits_of(path, nodes) if mentions_path else (),
        is_script(parsed.tree),
        *_names(nodes),
    )


def _mentions_path(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="path" | "addsitedir") | ast.Name(id="addsitedir"):
            return True
        case ast.ImportFrom(module="sys"):
            return True
    return False


def imports_of(nodes: Sequence[ast.AST]) -> Iterator[Import]:
    """The imports among the `nodes` of a file, `import_module("literal")` too."""
    guarded = _guarded_lines(nodes)
    for node in nodes:
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield Import(alias.name, 0, (), line, line in guarded)
            case ast.ImportFrom(module=module, names=names, level=level):
                taken = tuple(alias.name for alias in names)
                yield Import(module or "", level, taken, line, line in guarded)
            case ast.Call(args=[ast.Constant(value=str() as name), *_]) if called(node) in (
                "import_module",
                "__import__",
            ):
                if all(part.isidentifier() for part in name.split(".")):
                    yield Import(name, 0, (), line, line in guarded)


def _guarded_lines(nodes: Sequence[ast.AST]) -> frozenset[int]:
    found: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Try) and any(map(_catches_missing, node.handlers)):
            for statement in node.body:
                found |= set(range(statement.lineno, (statement.end_lineno or 0) + 1))
    return frozenset(found)


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(each).rpartition(".")[2] in _MISSING for each in caught)


def _names(nodes: Sequence[ast.AST]) -> tuple[frozenset[str], bool]:
    found: set[str] = set()
    is_open = False
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                is_open = is_open or name == "*"
                found.add(asname or name.partition(".")[0])
            case ast.Call(func=ast.Name(id="globals" | "exec" | "setattr")):
                is_open = True
    return frozenset(found), is_open or "__getattr__" in found


def is_script(tree: ast.Module) -> bool:
    """Whether a file does something when it is run, in a main block or outside of all functions."""
    return any(True for _ in done_when_run(tree))


def done_when_run(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that running a file is for."""
    for node in tree.body:
        if is_main_block(node):
            assert isinstance(node, ast.If)
            yield from node.body
        elif isinstance(node, ast.For | ast.While | ast.With) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            yield node


def is_main_block(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    test = node.test
    names = [n.id for n in (test.left, *test.comparators) if isinstance(n, ast.Name)]
    return names == ["__name__"]
