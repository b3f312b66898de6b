"""What the source around a line of code says: whether an import can be done without,
what a decorator decorates, which names a `from package import *` must bring."""

import ast
import builtins
import os
import re
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

MISSING = frozenset({"ImportError", "ModuleNotFoundError"})
ANYTHING = frozenset({"Exception", "BaseException", ""})
NO_ATTRIBUTE = ANYTHING | {"AttributeError"}
ENDS = frozenset({"exit", "quit", "_exit", "abort"})
PROBES = ("importlib/util.py", "<frozen importlib.util>", "pkgutil.py")
"""Where somebody asks whether a module is there, and does not want it."""
DESCRIPTORS = (staticmethod, classmethod, property)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Sources:
    """The user's files, those below `root`, and others that are asked about: parsed when they
    first are."""

    def __init__(self, root: str) -> None:
        self._prefix = root.rstrip(os.sep) + os.sep
        self._texts: dict[str, str] = {}
        self._trees: dict[str, ast.Module | None] = {}
        self._mentioned: dict[str, bool] = {}
        self._needing: set[str] = set()
        """Files of libraries that import what is missing."""

    def add(self, filename: str, source: str) -> None:
        """Code that lies in no file is the user's, too."""
        self._texts[filename] = source

    def is_user(self, frame: FrameType) -> bool:
        """Whether it is the user's code that runs there."""
        name = frame.f_code.co_filename
        return name.startswith(self._prefix) or name in self._texts

    def needs_import(self, frame: FrameType | None) -> bool:
        """Whether the import that is under way is the user's, and the code has no way without.

        It has one where the import, or one that led to it, stands in a `try` that catches an
        ImportError and goes on; so has what is asked for with `importlib.util.find_spec`. What a
        library imports counts where nothing but imports lead to it from the user's: what a library
        does later is its own affair.
        """
        direct, found, in_library = True, False, ""
        while frame is not None:
            name = frame.f_code.co_filename
            if self.is_user(frame):
                if self._is_guarded(frame, direct):
                    return False
                direct = direct and self._is_import(frame)
                if in_library and not direct and not found:
                    return False
                found = True
            elif not found and name.endswith(PROBES):
                return False
            elif not found and not _is_machinery(frame):
                # A function that a library calls while it is imported imports for it, too.
                if self.catches(frame, MISSING | ANYTHING):
                    return False
                in_library = in_library or name
            frame = frame.f_back
        if found and in_library:
            self._needing.add(in_library)
        return found

    def is_needing(self, frame: FrameType) -> bool:
        """Whether it is the user's code, or that of a library which imports what is missing."""
        return self.is_user(frame) or frame.f_code.co_filename in self._needing

    def needs_attribute(self, frame: FrameType) -> bool:
        """Whether a line of the user's asks for an attribute, and has no way without it."""
        return self.is_user(frame) and not self.catches(frame, NO_ATTRIBUTE)

    def catches(self, frame: FrameType, caught: frozenset[str]) -> bool:
        """Whether one of these errors is caught around a line, in its own function, and the code
        goes on."""
        return any(_deals_with(node, frame.f_lineno, caught) for node in self.around(frame))

    def _is_guarded(self, frame: FrameType, direct: bool) -> bool:
        """Whether a `try` around a frame's line deals with a missing module. Where the line is no
        import itself, nor led to one, only an ImportError by name speaks of imports."""
        caught = MISSING | ANYTHING if direct and self._is_import(frame) else MISSING
        return self.catches(frame, caught)

    def _is_import(self, frame: FrameType) -> bool:
        last = None
        for node in self.around(frame):
            if isinstance(node, ast.stmt):
                last = node
        return isinstance(last, (ast.Import, ast.ImportFrom)) or _calls_import(last)

    def around(self, frame: FrameType) -> list[ast.AST]:
        """The nodes around a frame's line, outermost first, from its own function on."""
        tree = self.tree(frame)
        return _around(tree, frame.f_lineno) if tree is not None else []

    def decorates(self, frame: FrameType, thing: Any) -> bool:
        """Whether a frame is at a decorator of `thing`, and not at an argument of one."""
        if not (callable(thing) or isinstance(thing, DESCRIPTORS)):
            return False
        tree = self.tree(frame) if self.is_user(frame) else None
        line = frame.f_lineno
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                for decorator in node.decorator_list:
                    if _spans(decorator, line):
                        return bool(getattr(thing, "__name__", node.name) == node.name)
        return False

    def unbound(self, frame: FrameType) -> list[str]:
        """The names that a module uses and nothing in it binds, so far."""
        tree = self.tree(frame)
        if tree is None:
            raise AttributeError("__all__")
        nodes = list(ast.walk(tree))
        loaded = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        known = {name for node in nodes for name in _bound(node)} | set(frame.f_globals)
        return sorted(loaded - known - set(dir(builtins)))

    def called_around(self, frame: FrameType) -> set[str]:
        """The names of what is called in the function that a line is in."""
        tree = self.tree(frame)
        functions = [
            node
            for node in (ast.walk(tree) if tree is not None else ())
            if isinstance(node, FUNCTIONS) and _spans(node, frame.f_lineno)
        ]
        inside = ast.walk(functions[-1]) if functions else ()
        return {_last_name(node.func) for node in inside if isinstance(node, ast.Call)}

    def compares_identity(self, frame: FrameType, names: set[str]) -> bool:
        """Whether an attribute of such a name is compared with `is` somewhere in the file."""
        tree = self.tree(frame)
        return any(
            isinstance(node, ast.Compare)
            and any(isinstance(operator, (ast.Is, ast.IsNot)) for operator in node.ops)
            and any(
                isinstance(side, ast.Attribute) and side.attr in names
                for side in (node.left, *node.comparators)
            )
            for node in (ast.walk(tree) if tree is not None else ())
        )

    def mention(self, name: str) -> bool:
        """Whether a name is written in one of the user's files that are imported."""
        if name not in self._mentioned:
            files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
            mine = [f for f in files if isinstance(f, str) and f.startswith(self._prefix)]
            texts = (*self._texts.values(), *map(_read, mine))
            word = re.compile(rf"\b{re.escape(name)}\b")
            self._mentioned[name] = any(word.search(text) for text in texts)
        return self._mentioned[name]

    def tree(self, frame: FrameType) -> ast.Module | None:
        """The code of the file that a frame runs in; None where it cannot be read."""
        name = frame.f_code.co_filename
        if name not in self._trees:
            self._trees[name] = self._parsed(name)
        return self._trees[name]

    def _parsed(self, name: str) -> ast.Module | None:
        try:
            if name in self._texts:
                return ast.parse(self._texts[name])
            with open(name, "rb") as file:
                return ast.parse(file.read())
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None


def _read(name: str) -> str:
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _is_machinery(frame: FrameType) -> bool:
    """Whether it is Python importing, this package listening in, or code made from text."""
    name = frame.f_code.co_filename
    if os.path.dirname(name) == os.path.dirname(__file__):
        return frame.f_code.co_name in ("_import", "_find_spec", "find_spec")
    return name.startswith("<") or name.endswith("importlib/__init__.py")


def _spans(node: Any, line: int) -> bool:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return bool(first <= line <= (node.end_lineno or first))


def _around(tree: ast.AST, line: int) -> list[ast.AST]:
    found = [node for node in ast.walk(tree) if hasattr(node, "lineno") and _spans(node, line)]
    inside = [n for n in found if isinstance(n, FUNCTIONS) and not _only_header(n, line)]
    return found[found.index(inside[-1]) + 1 :] if inside else found


def _only_header(function: Any, line: int) -> bool:
    body = function.body if isinstance(function.body, list) else [function.body]
    return bool(line < body[0].lineno)


def _deals_with(node: ast.AST, line: int, caught: frozenset[str]) -> bool:
    """Whether a statement around a line catches one of these errors there, and goes on."""
    if isinstance(node, (ast.With, ast.AsyncWith)):
        calls = [item.context_expr for item in node.items]
        return any(_suppresses(call, caught) for call in calls)
    if not isinstance(node, ast.Try) and type(node).__name__ != "TryStar":
        return False
    body = node.body  # type: ignore[attr-defined]  # TryStar is new in Python 3.11
    if not body[0].lineno <= line <= (body[-1].end_lineno or line):
        return False
    handlers = node.handlers  # type: ignore[attr-defined]  # as above
    for handler in handlers:
        if caught & set(_names(handler.type)):
            return not gives_up(handler.body)
    return False


def tolerates_missing(statement: Any) -> bool:
    """Whether what the body of a statement imports may be missing: it is a `try` that catches an
    ImportError and goes on, or `with suppress(ImportError)`. The host asks, too, of its own trees.
    """
    body: Any = getattr(statement, "body", None)
    return bool(body) and _deals_with(statement, body[0].lineno, MISSING | ANYTHING)


def _suppresses(call: ast.expr, caught: frozenset[str]) -> bool:
    return (
        isinstance(call, ast.Call)
        and _last_name(call.func) == "suppress"
        and any(_last_name(argument) in caught for argument in call.args)
    )


def _names(types: ast.expr | None) -> list[str]:
    """The classes that an `except` catches; "" for a bare one."""
    if types is None:
        return [""]
    if isinstance(types, ast.Tuple):
        return [_last_name(each) for each in types.elts]
    return [_last_name(types)]


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "?"


def gives_up(body: list[ast.stmt]) -> bool:
    """Whether a handler ends in raising, or in ending the process."""
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and _last_name(call.func) in ENDS


def _calls_import(statement: ast.AST | None) -> bool:
    return statement is not None and any(
        isinstance(node, ast.Call) and _last_name(node.func) in ("import_module", "__import__")
        for node in ast.walk(statement)
    )


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
