"""Modules that a repository's own build writes, such as `version.py`: a plain clone lacks them.

`setup.py`, `pyproject.toml` and `setup.cfg` are read, never run: a path that `setup.py` opens for
writing, and what setuptools-scm and hatch-vcs are told to write.
"""

import ast
import configparser
import posixpath
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    # mypy reads this for the newest Python, where tomli need not be installed.
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

LARGEST = 1 << 20
MOST = 50
WRITES = ("write_text", "write_bytes")
SCM = ("write_to", "version_file")
HERE = frozenset({"getcwd", "cwd", "dirname", "abspath", "realpath", "resolve", "absolute"})
"""Calls that lead to the folder of `setup.py`, where it is run in."""


@dataclass(frozen=True)
class GeneratedModule:
    """A Python file that is not there until the repository is built."""

    path: Path
    writer: str
    """What writes it, as `setup.py:65` or `pyproject.toml`."""


def generated_modules(folder: Path) -> tuple[GeneratedModule, ...]:
    """The modules that the build of the repository at `folder` writes below it, and that are not
    there, in the order of their paths."""
    found: dict[str, str] = {}
    for name, read in (
        ("setup.py", _of_setup),
        ("pyproject.toml", _of_pyproject),
        ("setup.cfg", _of_cfg),
    ):
        text = _text(folder / name)
        for written, line in read(text) if text else ():
            path = posixpath.normpath(written)
            is_below = not path.startswith(("/", "..")) and path.endswith(".py")
            if is_below and path != "setup.py":
                found.setdefault(path, f"{name}:{line}" if line else name)
    missing = ((folder / path, writer) for path, writer in sorted(found.items()))
    modules = [GeneratedModule(path, writer) for path, writer in missing if not path.exists()]
    return tuple(modules[:MOST])


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


# ------------------------------------------------------------------------------------ setup.py


def _of_setup(text: str) -> Iterator[tuple[str, int]]:
    """Path and line of each file that it opens for writing."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    paths = _Paths(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for written in _written(node, paths):
                yield written, node.lineno


def _written(call: ast.Call, paths: "_Paths") -> Iterator[str]:
    func, keywords = call.func, {k.arg: k.value for k in call.keywords}
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name == "open":
        arguments = list(call.args)
        if isinstance(func, ast.Attribute) and not _is_module(func.value):
            arguments.insert(0, func.value)
        mode = arguments[1] if len(arguments) > 1 else keywords.get("mode")
        file = arguments[0] if arguments else keywords.get("file")
        for_writing = isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax+")
        if file is not None and for_writing:
            yield from paths.of(file)
    elif name in WRITES and isinstance(func, ast.Attribute):
        yield from paths.of(func.value)
    scm = keywords.get("use_scm_version")
    if isinstance(scm, ast.Dict):
        for key, value in zip(scm.keys, scm.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in SCM:
                yield from paths.of(value)


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("io", "codecs", "os")


class _Paths:
    """What expressions for paths come to, relative to the folder of the file."""

    def __init__(self, tree: ast.Module) -> None:
        self._bound: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._bound.setdefault(target.id, []).append(node.value)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                arguments = node.args.args[len(node.args.args) - len(node.args.defaults) :]
                for argument, default in zip(arguments, node.args.defaults, strict=True):
                    self._bound.setdefault(argument.arg, []).append(default)

    def of(self, node: ast.expr, depth: int = 0) -> list[str]:
        """The texts that an expression may be; "" is the folder itself. None where it is not
        known."""
        if depth > 8:
            return []
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return [""]
            values = self._bound.get(node.id, ())
            return [text for value in values for text in self.of(value, depth + 1)]
        if isinstance(node, ast.JoinedStr):
            return self._together(node.values, "", depth)
        if isinstance(node, ast.FormattedValue):
            return self.of(node.value, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._together([node.left, node.right], "", depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._together([node.left, node.right], "/", depth)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return [""] if "" in self.of(node.value, depth + 1) else []
        return self._of_call(node, depth) if isinstance(node, ast.Call) else []

    def _of_call(self, call: ast.Call, depth: int) -> list[str]:
        func = call.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name == "join" and len(call.args) > 0:
            return self._together(call.args, "/", depth)
        if name in ("Path", "PurePath", "str", "fspath"):
            return self._together(call.args, "/", depth)
        if name not in HERE:
            return []
        of = call.args[0] if call.args else getattr(func, "value", None)
        is_here = not call.args and name in ("getcwd", "cwd")
        return [""] if is_here or (of is not None and "" in self.of(of, depth + 1)) else []

    def _together(self, nodes: list[ast.expr], by: str, depth: int) -> list[str]:
        texts = [""]
        for position, node in enumerate(nodes):
            found = self.of(node, depth + 1)
            texts = [
                _joined(text, each, by) if position else each for text in texts for each in found
            ]
        return texts[:MOST]


def _joined(left: str, right: str, by: str) -> str:
    return posixpath.join(left, right) if by else left + right


# --------------------------------------------------------------------------------- declarations


def _of_pyproject(text: str) -> Iterator[tuple[str, int]]:
    try:
        tools = _table(tomllib.loads(text), "tool")
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    scm = _table(tools, "setuptools_scm")
    hatch = _table(tools, "hatch", "build", "hooks", "vcs")
    for value in (*(scm.get(key) for key in SCM), hatch.get("version-file")):
        if isinstance(value, str):
            yield value, 0


def _table(of: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        found = of.get(key)
        of = found if isinstance(found, dict) else {}
    return of


def _of_cfg(text: str) -> Iterator[tuple[str, int]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in ("setuptools_scm", "tool:setuptools_scm"):
        for key in SCM:
            if parser.has_option(section, key):
                yield parser.get(section, key), 0
