"""What ran: the functions of the user's files that were called, and the types they were given."""

import ast
import os
import sys
import threading
from types import CodeType, FrameType, TracebackType
from typing import Any

import torch

CO_GENERATOR = 0x20

MOST_ITEMS = 256
"""Items of a list or dictionary that are looked at for its element type."""
MOST_TYPES = 24
"""Different types kept for one parameter."""


class CallTracer:
    """While it is entered, notes each call of a function in `files` (real paths)."""

    def __init__(self, files: frozenset[str]) -> None:
        self._files = files
        self._known: dict[CodeType, dict[str, set[str]] | None] = {}
        self._before: Any = None

    def __enter__(self) -> "CallTracer":
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.settrace(self._before)
        threading.settrace(None)

    def _trace(self, frame: FrameType, _event: str, _argument: Any) -> None:
        # Returning None keeps line and return events off: a call costs one look into `_known`.
        code = frame.f_code
        try:
            seen = self._known[code]
        except KeyError:
            seen = self._known[code] = {} if code.co_filename in self._files else None
        if seen is None or code.co_flags & CO_GENERATOR:  # resumed with names bound anew
            return
        values = frame.f_locals
        count = code.co_argcount + code.co_kwonlyargcount
        for name in code.co_varnames[:count]:
            types = seen.setdefault(name, set())
            if name in values and len(types) < MOST_TYPES:
                spelled = spell(values[name])
                if spelled:
                    types.add(spelled)

    def functions(self) -> list[dict[str, Any]]:
        """Each function that was called: path, qualified name, and its parameters' types."""
        qualified = _QualifiedNames()
        return [
            {
                "path": code.co_filename,
                "qualname": qualified.of(code),
                "types": {name: sorted(types) for name, types in seen.items()},
            }
            for code, seen in self._known.items()
            if seen is not None and not code.co_name.startswith("<")
        ]


def spell(value: Any, depth: int = 0) -> str:
    """A value's type in TorchScript's spelling; "" for an empty list or dictionary, which says
    nothing, and "?" for what TorchScript has no word for."""
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return "Tensor"
    if type(value) in (bool, int, float, str, complex):
        return type(value).__name__
    if isinstance(value, torch.Size):
        return "List[int]"
    if isinstance(value, torch.device):
        return "torch.device"
    if depth > 4:
        return "?"
    if type(value) is list:
        inner = _common([spell(item, depth + 1) for item in value[:MOST_ITEMS]])
        return inner if inner in ("", "?") else f"List[{inner}]"
    if type(value) is tuple:
        parts = [spell(item, depth + 1) for item in value[:MOST_ITEMS]]
        if not parts or "?" in parts or "" in parts or len(value) > MOST_ITEMS:
            return "?"
        return f"Tuple[{', '.join(parts)}]"
    if isinstance(value, dict):
        keys = _common([spell(key, depth + 1) for key in list(value)[:MOST_ITEMS]])
        values = _common([spell(item, depth + 1) for item in list(value.values())[:MOST_ITEMS]])
        if not value:
            return ""
        if keys not in ("str", "int", "float", "bool") or values in ("", "?"):
            return "?"
        return f"Dict[{keys}, {values}]"
    return "?"


def _common(spelled: list[str]) -> str:
    """One type for all elements, Optional where some are None; "?" where there is none."""
    kinds = set(spelled)
    if len(kinds) > 1:
        kinds.discard("")
    if len(kinds) == 2 and "None" in kinds:
        kinds.discard("None")
        inner = kinds.pop()
        return "?" if inner == "?" else f"Optional[{inner}]"
    if len(kinds) > 1 or "?" in kinds:
        return "?"
    return kinds.pop() if kinds else ""


class _QualifiedNames:
    """`Block.forward` for a code object: its own word from Python 3.11 on, else from the source."""

    def __init__(self) -> None:
        self._files: dict[str, dict[tuple[str, int], str]] = {}

    def of(self, code: CodeType) -> str:
        own = getattr(code, "co_qualname", None)
        if own is not None:
            return str(own)
        names = self._files.get(code.co_filename)
        if names is None:
            names = self._files[code.co_filename] = _qualified_names(code.co_filename)
        return names.get((code.co_name, code.co_firstlineno), code.co_name)


def _qualified_names(path: str) -> dict[tuple[str, int], str]:
    """(name, first line, decorators included) of each function in a file to its qualified name."""
    found: dict[tuple[str, int], str] = {}

    def enter(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                found[child.name, first] = prefix + child.name
                enter(child, f"{prefix}{child.name}.<locals>.")
            elif isinstance(child, ast.ClassDef):
                enter(child, f"{prefix}{child.name}.")
            else:
                enter(child, prefix)

    try:
        with open(path, "rb") as file:
            enter(ast.parse(file.read()), "")
    except (OSError, SyntaxError, ValueError):
        pass
    return found


def constructors(module: Any, files: frozenset[str]) -> list[dict[str, Any]]:
    """The constructors, in `files`, of the classes in a module: all of them ran, be it before
    anybody watched."""
    classes = {cls for each in module.modules() for cls in type(each).__mro__}
    codes = (getattr(vars(cls).get("__init__"), "__code__", None) for cls in classes)
    qualified = _QualifiedNames()
    return [
        {"path": code.co_filename, "qualname": qualified.of(code), "types": {}}
        for code in codes
        if code is not None and code.co_filename in files
    ]


def imported_files(root: str) -> list[str]:
    """The files under `root` that this process has imported modules from."""
    prefix = root.rstrip(os.sep) + os.sep
    found = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(prefix):
            found.add(file)
    return sorted(found)
