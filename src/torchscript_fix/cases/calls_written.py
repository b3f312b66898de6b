"""Calls, written anew among the names of another module: of classes and builders with what is known
of their arguments, of what Python and PyTorch have by their results or as they stand."""

import ast
from collections.abc import Callable, Sequence

from torchscript_fix.cases.callees import callees_of, chosen_by
from torchscript_fix.cases.mappings import Mappings
from torchscript_fix.cases.reach import Reach
from torchscript_fix.cases.scope import Scope, Text, Value

GUESS = "_GUESS"
"""`_GUESS('vocab_size')` stands for what is to be guessed by name (`verify/worker/explore.py`)."""
_SAME = frozenset(
    {"to", "cuda", "cpu", "eval", "train", "float", "double", "apply", "half", "requires_grad_"}
)
"""Methods of a Module that return it."""
_OF_TENSORS = frozenset(
    {
        *("unsqueeze", "squeeze", "view", "reshape", "permute", "transpose", "float", "long"),
        *("int", "bool", "repeat", "expand", "to", "cuda", "cpu", "type", "contiguous", "double"),
        *("normal_", "uniform_", "requires_grad_", "detach", "clone", "fill_", "random_"),
    }
)
"""Methods of a tensor that are written as they stand."""
_PLAIN_CALLS: dict[str, Callable[..., object]] = {
    call.__name__: call
    for call in (int, float, str, len, bool, tuple, list, max, min, sum, abs, round)
}
_ITERATING = frozenset({"range", "enumerate", "zip", "sorted", "reversed", *_PLAIN_CALLS})
"""Functions that are written as they stand, with what they are given."""
_OF_THE_MACHINE = {
    "torch.device": "torch.device('cpu')",
    "torch.cuda.is_available": "False",
    "torch.cuda.device_count": "0",
}
"""What cases run on."""
_OF_STRINGS = frozenset({"lower", "upper", "strip", "title", "replace", "split", "rstrip"})
_WHERE_IT_RUNS = frozenset({"device", "requires_grad", "map_location", "non_blocking"})


class Calls:
    """What becomes of calls; the expressions in them are written by `text`."""

    def __init__(self, reach: Reach, mappings: Mappings, text: Text, value: Value) -> None:
        self._reach, self._mappings, self._names = reach, mappings, reach.names
        self._text, self._value = text, value

    def text_of(self, node: ast.Call, scope: Scope, depth: int) -> str:
        func = node.func
        loaded = self._mappings.read_again(node, scope, depth)
        if loaded:
            return loaded
        if isinstance(func, ast.Attribute):
            inner = self._of_method(func, node, scope, depth)
            if inner:
                return inner
        if isinstance(func, ast.Name):
            inner = self._of_builtin(func.id, node, scope, depth)
            if inner:
                return inner
        callee = self._callee(node, scope, depth)
        if not callee or callee in _OF_THE_MACHINE:
            return _OF_THE_MACHINE.get(callee, "")
        arguments = self.arguments(node, scope, depth)
        return f"{callee}({', '.join(arguments)})" if arguments is not None else ""

    def _callee(self, node: ast.Call, scope: Scope, depth: int) -> str:
        """What a call calls, as the target module reaches it."""
        found = callees_of(self._names, node.func, scope.file, scope.function)
        if len(found) > 1:
            key = chosen_by(self._names, node.func, scope.file, scope.function)
            chosen = self._value(key, scope, depth)
            found = [each for each in found if chosen is not None and each[1] == str(chosen[0])]
        dotted = found[0][0] if found else ""
        return self._reach.spelled(dotted) if dotted and self._reach.may_call(dotted) else ""

    def _of_builtin(self, name: str, node: ast.Call, scope: Scope, depth: int) -> str:
        if name in _PLAIN_CALLS and not node.keywords:
            plain = self._of_plain_call(name, node.args, scope, depth)
            if plain or name not in _ITERATING:
                return plain
        if name in _ITERATING and not node.keywords:
            texts = [self._text(argument, scope, depth + 1) for argument in node.args]
            return f"{name}({', '.join(texts)})" if texts and all(texts) else ""
        if name == "getattr" and len(node.args) >= 2:
            key = node.args[1]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                return self._setting(key.value, node.args[2:], scope, depth)
        return ""

    def _setting(self, name: str, otherwise: Sequence[ast.expr], scope: Scope, depth: int) -> str:
        """A setting, or else the default that stands beside its name."""
        found = self._reach.setting(name, scope)
        return found or "".join(self._text(each, scope, depth + 1) for each in otherwise[:1])

    def _of_method(self, func: ast.Attribute, node: ast.Call, scope: Scope, depth: int) -> str:
        if func.attr in _SAME and isinstance(func.value, ast.Call | ast.Name):
            inner = self._text(func.value, scope, depth + 1)
            if inner and not inner.startswith("torch."):
                return inner
        if func.attr == "get" and node.args and isinstance(node.args[0], ast.Constant):
            name = str(node.args[0].value)
            found = self._mappings.under(func.value, name, scope, depth)
            return found or self._setting(name, node.args[1:], scope, depth)
        if func.attr in _OF_STRINGS:
            return self._of_string(func, node, scope, depth)
        if func.attr in _OF_TENSORS and isinstance(func.value, ast.Call | ast.Name):
            inner = self._text(func.value, scope, depth + 1)
            if not inner.startswith("torch."):
                return ""
            if func.attr in ("to", "cuda", "cpu", "requires_grad_", "detach"):
                return inner
            arguments = self.arguments(node, scope, depth)
            return f"{inner}.{func.attr}({', '.join(arguments)})" if arguments is not None else ""
        return ""

    def _of_string(self, func: ast.Attribute, node: ast.Call, scope: Scope, depth: int) -> str:
        """`cfg.arch.lower()`, where the string is known."""
        held = self._value(func.value, scope, depth)
        given = [self._value(argument, scope, depth) for argument in node.args]
        if held is None or not isinstance(held[0], str) or node.keywords or None in given:
            return ""
        try:
            return repr(getattr(held[0], func.attr)(*(each[0] for each in given if each)))
        except (TypeError, ValueError):
            return ""

    def arguments(self, call: ast.Call, scope: Scope, depth: int) -> list[str] | None:
        """All arguments of a call, what is not known of a class or function of the project a guess
        by its name, or left out where that need not be given; None where one is not known."""
        function, names = self._reach.parameters(call, scope)
        may_lack = set(function.defaults) if function is not None else set()
        found = []
        for index, argument in enumerate(call.args):
            text = self._text(argument, scope, depth + 1)
            if not text and index < len(names) and not isinstance(argument, ast.Starred):
                text = f"{GUESS}({names[index]!r})"
            found.append(text)
        for keyword in call.keywords:
            if keyword.arg in _WHERE_IT_RUNS:
                continue
            text = self._text(keyword.value, scope, depth + 1)
            if not text and keyword.arg in may_lack:
                continue
            if not text and keyword.arg in names:
                text = f"{GUESS}({keyword.arg!r})"
            found.append(text and (f"{keyword.arg}={text}" if keyword.arg else f"**{text}"))
        return found if all(found) else None

    def _of_plain_call(self, name: str, args: Sequence[ast.expr], scope: Scope, depth: int) -> str:
        values = [self._value(argument, scope, depth) for argument in args]
        known = [value[0] for value in values if value is not None]
        if len(known) != len(values):
            return ""
        try:
            return repr(_PLAIN_CALLS[name](*known))
        except (TypeError, ValueError, OverflowError):
            return ""
