"""What a code object is: its qualified name, its defaults, and which names it binds where."""

import ast
import dis
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FrameType, FunctionType
from typing import Any

CO_VARARGS = 0x04
CO_VARKEYWORDS = 0x08
RESUMED = 0x20 | 0x80 | 0x200
"""Generators and coroutines: their frames are entered again with names bound anew."""
RETURNS = frozenset(
    number for name, number in dis.opmap.items() if name in ("RETURN_VALUE", "RETURN_CONST")
)
BACKWARD = frozenset(number for name, number in dis.opmap.items() if "BACKWARD" in name)
ABSOLUTE = frozenset(dis.hasjabs)
STORES = frozenset(
    number for name, number in dis.opmap.items() if name.startswith(("STORE_FAST", "STORE_DEREF"))
)
PUTS_AWAY, BEGINS_LOOP, ENDS_LOOP, SWAP, STORES_TWO, STORES_AND_LOADS, STORES_CELL = (
    dis.opmap.get(name, -1)
    for name in (
        "LOAD_FAST_AND_CLEAR",
        "FOR_ITER",
        "END_FOR",
        "SWAP",
        "STORE_FAST_STORE_FAST",
        "STORE_FAST_LOAD_FAST",
        "STORE_DEREF",
    )
)


@dataclass(frozen=True)
class Shape:
    """What there is to know of a code object before it runs."""

    parameters: tuple[str, ...]
    """Without `*args` and `**kwargs`."""
    star: str | None
    double_star: str | None
    stores: Mapping[int, tuple[str, ...]]
    """Line to the names bound there, of those that one call may bind more than once."""
    bytecode: bytes


def shape_of(code: CodeType) -> Shape:
    """Read a code object."""
    count = code.co_argcount + code.co_kwonlyargcount
    rest = list(code.co_varnames[count:])
    star = rest.pop(0) if code.co_flags & CO_VARARGS else None
    double_star = rest.pop(0) if code.co_flags & CO_VARKEYWORDS else None
    parameters = code.co_varnames[:count]
    return Shape(parameters, star, double_star, _stores(code, parameters), code.co_code)


def _stores(code: CodeType, parameters: tuple[str, ...]) -> dict[int, tuple[str, ...]]:
    # `dis.get_instructions` costs five times as much, for each function of each case.
    starts = dict(dis.findlinestarts(code))
    line = code.co_firstlineno
    times = dict.fromkeys(parameters, 1)
    lines: dict[int, list[str]] = {}
    loops = False
    binding = _Binding(code)
    bytecode = code.co_code
    extended = 0
    for offset in range(0, len(bytecode), 2):
        operation, argument = bytecode[offset], bytecode[offset + 1] | extended
        extended = argument << 8 if operation == dis.EXTENDED_ARG else 0
        line = starts.get(offset) or line
        if operation in BACKWARD or (operation in ABSOLUTE and argument * 2 <= offset):
            loops = True
        for name in binding.names(operation, argument):
            times[name] = times.get(name, 0) + 1
            lines.setdefault(line, []).append(name)
    kept = {
        at: tuple(name for name in dict.fromkeys(names) if loops or times[name] > 1)
        for at, names in lines.items()
    }
    return {at: names for at, names in kept.items() if names}


class _Binding:
    """Which names each instruction binds, read in order. From 3.12 on, a comprehension is part of
    the function around it: it puts away what its names had, and back at its end."""

    def __init__(self, code: CodeType) -> None:
        self._code = code
        self._put_away: set[str] = set()
        self._loops: dict[str, int] = {}
        """Name to how many loops of its comprehension are open; it is put back after the last."""
        self._previous = -1

    def names(self, operation: int, argument: int) -> list[str]:
        """The local names that an instruction binds, without those of comprehensions."""
        if operation not in STORES:
            self._previous = operation
            if operation == PUTS_AWAY:
                name = self._name(argument)
                self._put_away.add(name)
                self._loops[name] = 0
            elif self._loops and operation in (BEGINS_LOOP, ENDS_LOOP):
                for each in self._loops:
                    self._loops[each] += 1 if operation == BEGINS_LOOP else -1
            return []
        # After an error, too, they are put back: SWAP, STORE_FAST, RERAISE.
        is_cleaning_up = self._previous == SWAP
        return [
            each
            for each in self._stored(operation, argument)
            if not self._is_of_a_comprehension(each)
            and not (is_cleaning_up and each in self._put_away)
        ]

    def _stored(self, operation: int, argument: int) -> list[str]:
        """3.13 has instructions that do two things at once."""
        if operation == STORES_TWO:
            return [self._name(argument >> 4), self._name(argument & 15)]
        if operation == STORES_AND_LOADS:
            return [self._name(argument >> 4)]
        if operation == STORES_CELL and sys.version_info < (3, 11):
            return [(self._code.co_cellvars + self._code.co_freevars)[argument]]
        return [self._name(argument)]

    def _name(self, argument: int) -> str:
        if sys.version_info < (3, 11):
            return self._code.co_varnames[argument]
        # What `dis` asks, too: locals, cells and free variables are numbered in one.
        return str(self._code._varname_from_oparg(argument))

    def _is_of_a_comprehension(self, name: str) -> bool:
        loops = self._loops.get(name)
        if loops == 0:
            del self._loops[name]
        return loops is not None


def lines_of(code: CodeType) -> set[int]:
    """The lines on which there is something of a code object to run."""
    return {line for _, _, line in code.co_lines() if line}


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """The code objects in another, however deep: what is defined in a function."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from codes_in(constant)


def defaults_of(frame: FrameType) -> Mapping[str, Any]:
    """The defaults of the function that a frame runs, as far as it can be found by its name."""
    function = _function_of(frame)
    if function is None:
        return {}
    code = function.__code__
    positional = function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(positional) : code.co_argcount]
    found = dict(zip(names, positional, strict=True))
    return {**found, **(function.__kwdefaults__ or {})}


def _function_of(frame: FrameType) -> FunctionType | None:
    code = frame.f_code
    places: list[Any] = [frame.f_globals]
    if code.co_argcount:
        first: Any = frame.f_locals.get(code.co_varnames[0])
        cls = first if issubclass(type(first), type) else type(first)
        places = [*map(vars, cls.__mro__), *places]
    owner = frame.f_globals.get(qualified_name(code).rpartition(".")[0])
    if issubclass(type(owner), type):  # a static method knows its class by name only
        places.append(vars(owner))
    for names in places:
        found = names.get(code.co_name)
        for _ in range(8):
            if type(found) is FunctionType and found.__code__ is code:
                return found
            found = _wrapped(found)
    return None


def _wrapped(found: Any) -> Any:
    """What a decorator stands around."""
    if type(found) in (staticmethod, classmethod):
        return found.__func__
    if type(found) is property:
        return found.fget
    return vars(found).get("__wrapped__") if type(found) is FunctionType else None


def qualified_name(code: CodeType) -> str:
    """`Block.forward`: the code's own word from Python 3.11 on, else from the source."""
    own = getattr(code, "co_qualname", None)
    if own is not None:
        return str(own)
    names = _qualified_names(code.co_filename)
    return names.get((code.co_name, code.co_firstlineno), code.co_name)


@lru_cache(maxsize=64)
def _qualified_names(path: str) -> dict[tuple[str, int], str]:
    """(name, first line, decorators included) of each function in a file to its qualified name."""
    found: dict[tuple[str, int], str] = {}

    def enter(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                found[child.name, first] = prefix + child.name
                enter(child, f"{prefix}{child.name}.<locals>.")
            elif isinstance(child, ast.Lambda):
                found.setdefault(("<lambda>", child.lineno), f"{prefix}<lambda>")
                enter(child, f"{prefix}<lambda>.<locals>.")
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
