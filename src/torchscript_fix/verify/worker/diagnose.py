"""What a worker tells of an error beside its words: which module it was in the midst of, and which
places the compiler had in its hands.
"""

import difflib
import importlib.metadata
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType, ModuleType
from typing import Any

import torch

from . import stand_ins

LONGEST_MESSAGE = 12_000
MOST_HINTS = 8
LONGEST_HEAD, LONGEST_TAIL = 6_000, 20_000
"""Of a message, in characters."""

TYPED = ("<case>", "<input>")
"""The file names of code that the user typed on the command line."""

_FILE = re.compile(r'^ *File "([^"\n]+)", line \d+', re.M)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_COMPILER = (os.path.join("torch", "jit", ""), os.path.join("torch", "_sources.py"))


def describe(error: BaseException, root: str) -> dict[str, Any]:
    """An error for the host: its type, its words, the missing module, where in the user's files."""
    try:
        message = str(error).strip()
    except Exception:
        message = "(an error whose message cannot be shown)"
    place = ""
    prefix = root.rstrip(os.sep) + os.sep
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(prefix):
            place = f'File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    if isinstance(error, SyntaxError) and error.filename:
        place = f'File "{error.filename}", line {error.lineno}'
    return {
        "type": type(error).__name__,
        "message": without_addresses(message)[:LONGEST_MESSAGE],
        "missing": error.name if isinstance(error, ModuleNotFoundError) else None,
        "needs": [error.package] if isinstance(error, stand_ins.NeedsPackage) else [],
        "place": place,
        "absent": _absent(error),
    }


_UNDEFINED = re.compile(r"name '(\w+)' is not defined")


def _absent(error: BaseException) -> dict[str, Any] | None:
    """What an expression of the command line names that is not there, and what its name is near to;
    None where anything else is wrong."""
    frames = frames_of(error)
    names = [frame.f_code.co_filename for frame in frames[-2:]]
    if isinstance(error, NameError) and names[-1:] and names[-1] in TYPED:
        found = _UNDEFINED.search(str(error))
        return {"name": found[1], "of": "", "close": []} if found else None
    if not isinstance(error, AttributeError):
        return None
    owner: Any = None
    if names[-1:] and names[-1] in TYPED:
        owner, name = getattr(error, "obj", None), getattr(error, "name", None)  # since Python 3.10
    elif names[:-1] and names[0] in TYPED and frames[-1].f_code.co_name == "__getattr__":
        owner = sys.modules.get(str(frames[-1].f_globals.get("__name__")))  # a module's own
        name = frames[-1].f_locals.get(frames[-1].f_code.co_varnames[0])
    if not isinstance(owner, (ModuleType, type)) or not isinstance(name, str):
        return None
    kind = "module" if isinstance(owner, ModuleType) else "class"
    close = difflib.get_close_matches(name, sorted(dir(owner)), 1)
    return {"name": name, "of": f"{kind} {owner.__name__}", "close": close}


def without_addresses(text: str) -> str:
    """The text with `0x…` for each address of an object: they differ from run to run."""
    return _ADDRESS.sub("0x…", text)


def where(error: BaseException, module: Any, files: frozenset[str]) -> dict[str, Any]:
    """What only this process knows of an error: the class that was being compiled, the places that
    the compiler had in its hands when Python's own error went through it, and whose files the
    others are that it shows."""
    try:
        return _where(error, module, files)
    except Exception:  # of the user's: a `__str__`, a `__getattr__`, a stand-in for sys.modules
        return {"model": type(module).__qualname__}


def _where(error: BaseException, module: Any, files: frozenset[str]) -> dict[str, Any]:
    frames = frames_of(error)
    cls = _innermost(frames, module, files)
    hints = [hint for frame in reversed(frames) for hint in _hints(frame)][:MOST_HINTS]
    message = without_addresses(str(error).strip())
    shown = _FILE.findall("\n".join([message, *hints]))
    return {
        "message": _shortened(message),
        "model": cls.__qualname__,
        "model_file": _file(cls),
        "shown": hints,
        "named": _named(frames),
        "within": _within(frames),
        "packages": {
            file: known for file in dict.fromkeys(shown) if (known := _package(file, files))
        },
    }


def _shortened(message: str) -> str:
    """A message with its places, which come behind what may be a long list of schemas."""
    if len(message) <= LONGEST_HEAD + LONGEST_TAIL:
        return message
    return f"{message[:LONGEST_HEAD]}\n…\n{message[-LONGEST_TAIL:]}"


def frames_of(error: BaseException) -> list[FrameType]:
    """The frames that an error went through, outermost first."""
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def modules_in(frames: list[FrameType]) -> list[torch.nn.Module]:
    """The modules that the compiler was in the midst of, outermost first."""
    found = [frame.f_locals.get("nn_module") for frame in frames if _is_compilers(frame)]
    return [module for module in found if isinstance(module, torch.nn.Module)]


def is_users(cls: type, files: frozenset[str]) -> bool:
    """Whether a class, or a base that it has its forward from, stands in the user's files."""
    return any(
        getattr(getattr(vars(base).get("forward"), "__code__", None), "co_filename", None) in files
        for base in cls.__mro__
    )


def _innermost(frames: list[FrameType], module: Any, files: frozenset[str]) -> type:
    """The class of the innermost module of the user's that the compiler was at."""
    inside = [type(each) for each in modules_in(frames) if _file(type(each)) in files]
    return inside[-1] if inside else type(module)


def _is_compilers(frame: FrameType) -> bool:
    return any(part in frame.f_code.co_filename for part in _COMPILER)


def _file(cls: type) -> str:
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return file if isinstance(file, str) else ""


def _hints(frame: FrameType) -> Iterator[str]:
    """Where the compiler was, in its own form: what it was building, or what called it."""
    if not _is_compilers(frame):
        return
    values: Mapping[str, Any] = frame.f_locals
    node: Any = values.get("node")
    context: Any = values.get("ctx")
    place: Any = values.get("loc")
    if hasattr(node, "col_offset") and hasattr(context, "make_range"):
        last = node.end_col_offset if node.end_lineno == node.lineno else node.col_offset + 1
        yield context.make_range(node.lineno, node.col_offset, last).highlight()
    elif hasattr(place, "highlight"):
        yield place.highlight()
    code = getattr(values.get("fn", values.get("obj")), "__code__", None)
    if frame.f_code.co_name in ("parse_def", "get_source_lines_and_file") and code is not None:
        yield f'  File "{code.co_filename}", line {code.co_firstlineno}, in {code.co_name}\n'


def _named(frames: list[FrameType]) -> str:
    """The name of what the compiler choked on, where that is a function, as for "cannot create
    weak reference to": `prod` for `numpy.prod`."""
    for frame in reversed(frames):
        if frame.f_code.co_filename.endswith("_jit_internal.py"):
            name = getattr(frame.f_locals.get("fn"), "__name__", None)
            if isinstance(name, str):
                return name
    return ""


def _within(frames: list[FrameType]) -> list[list[Any]]:
    """[file, line] of the functions that it was compiling last."""
    for frame in reversed(frames):
        if not _is_compilers(frame):
            continue
        stubs = frame.f_locals.get("method_stubs")
        functions = [getattr(stub, "original_method", None) for stub in stubs or ()]
        if frame.f_code.co_name == "_script_impl":
            functions.append(frame.f_locals.get("obj"))
        codes = [getattr(function, "__code__", None) for function in functions]
        found = [[code.co_filename, code.co_firstlineno] for code in codes if code is not None]
        if found:
            return found[:MOST_HINTS]
    return []


def _package(file: str, files: frozenset[str]) -> list[str] | None:
    """[name and version, path inside] of the package that a file is of; None for the user's."""
    if file in files:
        return None
    standard = os.path.dirname(os.__file__) + os.sep
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        prefix = folder.rstrip(os.sep) + os.sep
        if file.startswith(prefix):
            inside = file[len(prefix) :]
            if prefix == standard:
                return [f"Python {sys.version.split()[0]}", inside]
            name = inside.split(os.sep)[0].removesuffix(".py")
            return [f"{name} {_version(name)}".strip(), inside]
    return [f"torch {torch.__version__}", file] if not os.path.isabs(file) else None


def _version(name: str) -> str:
    version = getattr(sys.modules.get(name), "__version__", None)
    if isinstance(version, str):
        return version
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
