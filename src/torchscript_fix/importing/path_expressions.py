"""What an expression for a path is worth, read and not run: literals, and the arithmetic that
`os.path` and `pathlib` do on `__file__`."""

import ast
import posixpath
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath

DEEPEST = 30
"""Names that lead to names."""

_OF_PATHS = frozenset({
    *("abspath", "realpath", "normpath", "normcase", "expanduser", "fspath", "join"),
    *("str", "Path", "PurePath"),
})  # fmt: skip
"""Functions that name the place that their arguments do, put together."""
_OF_A_PATH = frozenset({"resolve", "absolute", "as_posix", "expanduser", "joinpath", "strip"})
"""Methods that do."""
_HERE = frozenset({"cwd", "getcwd"})
_THIS_FILE = frozenset({"getfile", "getsourcefile"})
"""Of `inspect`, asked for the frame or the module that it is in."""


class PathExpressions:
    """The expressions of one file, which lies at `file`."""

    def __init__(self, file: Path, nodes: Iterable[ast.AST]) -> None:
        self._file = file
        self._names = _bindings(nodes)

    def value(
        self, node: ast.expr, arguments: Mapping[str, ast.expr] | None = None
    ) -> PurePosixPath | None:
        """The path that `node` names, with `arguments` for the names of parameters: absolute, or
        relative to where the program is started. None where it cannot be said."""
        try:
            text = self._text(node, arguments or {}, 0)
        except RecursionError:
            return None
        if text is None or "\0" in text:
            return None
        return PurePosixPath(posixpath.normpath(text or "."))

    def _text(self, node: ast.expr, arguments: Mapping[str, ast.expr], depth: int) -> str | None:
        def text(each: ast.expr) -> str | None:
            return self._text(each, arguments, depth + 1) if depth < DEEPEST else None

        match node:
            case ast.Constant(value=str() as value):
                return value
            case ast.Name(id="__file__"):
                return str(self._file)
            case ast.Name(id=name) if name in arguments:
                return self._text(arguments[name], {}, depth + 1) if depth < DEEPEST else None
            case ast.Name(id=name):
                bound = self._bound(name, node.lineno)
                return text(bound) if bound is not None else None
            case ast.JoinedStr(values=values):
                return _joined(map(text, values))
            case ast.FormattedValue(value=value, format_spec=None):
                return text(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined(map(text, (left, right)))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return _path_of(map(text, (left, right)))
            case ast.BinOp(left=ast.Constant(value=str() as form), op=ast.Mod(), right=right):
                values = right.elts if isinstance(right, ast.Tuple) else [right]
                return _formatted(form, [text(value) for value in values])
            case ast.Attribute():
                return _attribute(node, text)
            case ast.Subscript():
                return _subscript(node, text)
            case ast.Call():
                return self._call(node, text)
        return None

    def _bound(self, name: str, line: int) -> ast.expr | None:
        """What a name was bound to last above a line, or first below it: in a function."""
        found = None
        for value in self._names.get(name, ()):
            if found is None or value.lineno < line:
                found = value
        return found

    def _call(self, node: ast.Call, text: Callable[[ast.expr], str | None]) -> str | None:
        name = called(node)
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        arguments = list(_spread(node.args))
        if name in _THIS_FILE:
            return str(self._file)
        if name in _HERE:
            return "."
        if name == "home" and not arguments:
            return str(Path.home())
        if name == "format" and isinstance(owner, ast.Constant) and isinstance(owner.value, str):
            return _formatted(owner.value, [text(each) for each in arguments], "{}")
        if name == "dirname" and len(arguments) == 1:
            path = text(arguments[0])
            return posixpath.dirname(path) if path is not None else None
        if name == "relpath" and arguments:
            return text(arguments[0])
        if name in _OF_PATHS and arguments:
            path = _path_of(text(each) for each in arguments)
        elif name in _OF_A_PATH and owner is not None:
            path = _path_of(text(each) for each in (owner, *arguments))
        else:
            return None
        return str(Path(path).expanduser()) if path is not None and name == "expanduser" else path


def _attribute(node: ast.Attribute, text: Callable[[ast.expr], str | None]) -> str | None:
    """`os.pardir`, `os.sep`, `Path(…).parent`."""
    constants = {"pardir": "..", "curdir": ".", "sep": "/"}
    if isinstance(node.value, ast.Name) and node.attr in constants:
        return constants[node.attr]
    if node.attr == "parent":
        path = text(node.value)
        return _above(path) if path is not None else None
    return None


def _subscript(node: ast.Subscript, text: Callable[[ast.expr], str | None]) -> str | None:
    """`Path(…).parents[1]`, `os.path.split(…)[0]`."""
    index = node.slice.value if isinstance(node.slice, ast.Constant) else None
    match node.value:
        case ast.Attribute(value=value, attr="parents") if isinstance(index, int) and index >= 0:
            path = text(value)
            for _ in range(min(index, DEEPEST) + 1):
                path = _above(path) if path is not None else None
            return path
        case ast.Call(func=ast.Attribute(attr="split"), args=[value]) if index == 0:
            path = text(value)
            return _above(path) if path is not None else None
    return None


def called(node: ast.Call) -> str:
    """The last word of what is called: `join` of `posixpath.join(…)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _spread(nodes: Iterable[ast.expr]) -> Iterable[ast.expr]:
    """The arguments of a call, `*[a, b]` taken apart."""
    for node in nodes:
        if isinstance(node, ast.Starred) and isinstance(node.value, ast.List | ast.Tuple):
            yield from node.value.elts
        else:
            yield node


def _above(path: str) -> str:
    """The folder that a path names something in; `..` of a path that goes up already."""
    plain = PurePosixPath(path)
    return posixpath.join(path, "..") if plain.name in ("", "..", ".") else str(plain.parent)


def _joined(texts: Iterable[str | None]) -> str | None:
    known = list(texts)
    return "".join(map(str, known)) if None not in known else None


def _path_of(texts: Iterable[str | None]) -> str | None:
    known = list(texts)
    return posixpath.join(*map(str, known)) if known and None not in known else None


def _formatted(form: str, values: list[str | None], mark: str = "%s") -> str | None:
    """A format that names nothing but its values in their order."""
    if None in values or form.count(mark) != len(values) or form.count(mark[0]) != len(values):
        return None
    for value in values:
        form = form.replace(mark, str(value).replace(mark, ""), 1)
    return form


def _bindings(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    """Name to what it is bound to, line by line, wherever in the file."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                names = [name]
            case _:
                continue
        for name in names:
            found.setdefault(name, []).append(value)
    return {name: sorted(values, key=lambda v: v.lineno) for name, values in found.items()}
