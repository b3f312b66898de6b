"""What a model may do with a stand-in while it is built: make one and hold it, or let go of it.

`self.history = History()` and `log.info("built")` are such lines: nothing comes of them that the
rest of the code could look at, until somebody uses what is held. A line that hands a stand-in, or
what came of one, to anybody else is none, and none where the code tries whether it works.
"""

import ast
import contextlib
import functools
import types
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import torch

from .guards import Sources

MOST_LOOKED_AT = 5000
"""Objects that an argument leads to."""
PLAIN = (str, bytes, int, float, complex, type, types.ModuleType, types.BuiltinFunctionType)
NOTHING: Any = object()


class Holding:
    """Reads the line that a frame is at. `stands_in` says whether a value is a stand-in."""

    def __init__(self, sources: Sources, stands_in: Callable[[Any], bool]) -> None:
        self._sources, self._stands_in = sources, stands_in

    def only_holds(self, frame: FrameType) -> bool:
        """Whether all statements at the line do no more with stand-ins than hold them as
        attributes, call them for nothing, or import them."""
        around = self._sources.around(frame)
        if any(_tries(node, frame.f_lineno) for node in around):
            return False
        statements = [node for node in around if isinstance(node, ast.stmt)]
        simple = [node for node in statements if not hasattr(node, "body")]
        compound: list[Any] = [node for node in statements if hasattr(node, "body")]
        if not simple or any(frame.f_lineno <= _last_of_header(node) for node in compound):
            return False
        return all(self._holds(statement, frame) for statement in simple)

    def _holds(self, statement: ast.stmt, frame: FrameType) -> bool:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return True
        if isinstance(statement, ast.Expr):
            return self._is_chain(statement.value, frame)
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            return False
        names = {target.attr for target in targets if isinstance(target, ast.Attribute)}
        value = statement.value
        if value is None or not all(isinstance(target, ast.Attribute) for target in targets):
            return False
        looked_at = self._sources.compares_identity(frame, names) and not _makes_an_object(value)
        return self._is_chain(value, frame) and not looked_at

    def _is_chain(self, value: ast.expr, frame: FrameType) -> bool:
        """Whether a stand-in is used and nothing else: `absent.log.Writer(folder).open()`."""
        node = value
        while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
            if self._stands_in(self._value(node, frame)):
                return True
            given: list[ast.expr] = []
            if isinstance(node, ast.Call):
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
            elif isinstance(node, ast.Subscript):
                given = [node.slice]
            if not all(self._is_harmless(each, frame) for each in given):
                return False
            node = node.func if isinstance(node, ast.Call) else node.value
        return self._stands_in(self._value(node, frame))

    def _is_harmless(self, argument: ast.expr, frame: FrameType) -> bool:
        """Whether an argument of a stand-in gives nobody else a stand-in."""
        if self._is_chain(argument, frame):
            return True
        if isinstance(argument, (ast.List, ast.Tuple, ast.Set)):
            return all(self._is_harmless(each, frame) for each in argument.elts)
        if isinstance(argument, ast.Dict):
            parts = [*(key for key in argument.keys if key is not None), *argument.values]
            return all(self._is_harmless(each, frame) for each in parts)
        used = (node for node in ast.walk(argument) if isinstance(node, (ast.Name, ast.Attribute)))
        return not any(self._stands_in(self._value(node, frame)) for node in used)

    def _value(self, node: ast.expr, frame: FrameType) -> Any:
        """The value of `name.name…`, without asking anything of anybody."""
        if isinstance(node, ast.Name):
            return frame.f_locals.get(node.id, frame.f_globals.get(node.id, NOTHING))
        if not isinstance(node, ast.Attribute):
            return NOTHING
        above = self._value(node.value, frame)
        return above if self._stands_in(above) else _own(above).get(node.attr, NOTHING)


def _last_of_header(compound: Any) -> int:
    """The last line of `if …:` or `for …:` that is no line of its body; of a one-liner, its own."""
    first, own = int(compound.body[0].lineno), int(compound.lineno)
    return own if first <= own else first - 1


def _own(value: Any) -> dict[str, Any]:
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, dict) else {}


def _tries(node: ast.AST, line: int) -> bool:
    """Whether it is a `try` or a `with` that goes another way where the line fails."""
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return any("suppress" in ast.dump(item.context_expr) for item in node.items)
    if not getattr(node, "handlers", ()):
        return False
    body = node.body  # type: ignore[attr-defined]  # TryStar is new in Python 3.11
    return bool(body[0].lineno <= line <= (body[-1].end_lineno or line))


def _makes_an_object(value: ast.expr) -> bool:
    """Whether it calls what has the name of a class, and so gives no None."""
    func = value.func if isinstance(value, ast.Call) else None
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return bool(name) and name[0].isupper()


def holds_model(*values: Any) -> bool:
    """Whether one of these is, or leads to, a module or a tensor, which whoever gets it may
    change; also where it leads to too much to say."""
    waiting, seen = list(values), dict[int, Any]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, (torch.nn.Module, torch.Tensor)) or hasattr(type(value), "__next__"):
            return True
        if id(value) in seen or isinstance(value, PLAIN):
            continue
        seen[id(value)] = value
        if len(seen) > MOST_LOOKED_AT:
            return True
        waiting += _parts(value)
    return False


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif isinstance(value, types.MethodType):
        yield value.__self__
    elif isinstance(value, functools.partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, types.FunctionType):
        yield from value.__defaults__ or ()
        for cell in value.__closure__ or ():
            with contextlib.suppress(ValueError):  # not bound yet
                yield cell.cell_contents
    else:
        yield from list(_own(value).values())
