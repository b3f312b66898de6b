"""Makes a number of NumPy that a module keeps, or gives a layer as its size, a number of Python.

## What the compiler says

    'numpy.int64' object in attribute 'Linear.in_features' is not a valid constant
    failed to convert Python type: 'numpy.bool' to a TorchScript type

Numbers that come out of `np.prod(shape)` or `np.sum(sizes) != 0` print like Python's and are not.

## What is written instead

    self.fc = nn.Linear(np.prod(shape), 10)       self.fc = nn.Linear(int(np.prod(shape)), 10)
    self.padded = np.sum(self.pad) != 0           self.padded = bool(np.sum(self.pad) != 0)

The value is the same. What is written is only the layer's size, which has to be an integer in any
case, and the attribute that the compiler names.

## When it holds back

Where the attribute does not come from an expression in the same class, or is set by more than an
assignment. Arrays are no numbers and are left alone.
"""

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

AS_A_SIZE = re.compile(r"'numpy\.u?int\d+' object in attribute '(\w+)\.(\w+)' is not a valid")
KEPT = re.compile(
    r"has no attribute '(\w+)' \(This attribute exists on the Python module, but we failed to "
    r"convert Python type: 'numpy\.(bool_?|u?int\d+|float64)'"
)
SIZES = {
    "in_features": 0,
    "out_features": 1,
    "in_channels": 0,
    "out_channels": 1,
    "num_features": 0,
    "num_channels": 1,
    "num_embeddings": 0,
    "embedding_dim": 1,
    "input_size": 0,
    "hidden_size": 1,
}
"""The sizes of torch's layers, and their places."""


class NumpyNumber(Rule):
    name: ClassVar[str] = "numpy-number"
    summary: ClassVar[str] = "A number of NumPy that a module keeps becomes a number of Python."
    messages: ClassVar[tuple[str, ...]] = (
        "is not a valid constant",
        "failed to convert Python type: 'numpy.",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite an argument of a layer, or a definition of an attribute."""
        done: set[ast.expr] = set()
        for located in self.diagnosed(facts):
            size, kept = AS_A_SIZE.search(located.message), KEPT.search(located.message)
            found: Iterator[Rewrite | HeldBack] = iter(())
            if size is not None and size.group(2) in SIZES:
                found = self._sizes(facts, size.group(1), size.group(2), done)
            elif kept is not None and located.owner is not None:
                found = self._kept(located.owner, kept.group(1), kept.group(2), done)
            yield from found

    def _sizes(
        self, facts: FileFacts, layer: str, size: str, done: set[ast.expr]
    ) -> Iterator[Rewrite]:
        """The sizes of a kind of layer that come from NumPy, in the whole file."""
        for function in facts.functions.values():
            for call in function.calls:
                argument = _argument(call, size)
                if (
                    argument is None
                    or argument in done
                    or facts.dotted(call.func) != f"torch.nn.{layer}"
                    or not _is_from_numpy(argument, function)
                ):
                    continue
                done.add(argument)
                owner = function.owner
                yield Rewrite(
                    self.name,
                    facts.path,
                    argument.lineno,
                    owner.qualname if owner is not None else function.qualname,
                    f"{size} of a {layer} is an int of Python",
                    Safety.SAFE,
                    (ReplaceExpression(argument, f"int({facts.segment(argument)})"),),
                )

    def _kept(
        self, cls: ClassFacts, name: str, kind: str, done: set[ast.expr]
    ) -> Iterator[Rewrite | HeldBack]:
        """The definitions of an attribute that is a number of NumPy."""
        attribute = cls.attribute(name)
        python = kind.rstrip("_").rstrip("0123456789").lstrip("u")
        for definition in attribute.definitions if attribute is not None else ():
            file, value = definition.function.file, definition.value
            line, where = definition.statement.lineno, definition.function.qualname
            if value is None or definition.how != "assign" or file is not cls.file:
                reason = f"self.{name} is not given its value by an assignment in this file"
                yield HeldBack(self.name, cls.file.path, line, where, reason)
                continue
            if value in done or _is_wrapped(value) or isinstance(value, ast.Constant):
                continue
            done.add(value)
            owner = definition.function.owner
            yield Rewrite(
                self.name,
                file.path,
                line,
                owner.qualname if owner is not None else where,
                f"self.{name} is a {python} of Python",
                Safety.SAFE,
                (ReplaceExpression(value, f"{python}({file.segment(value)})"),),
            )


def _argument(call: ast.Call, size: str) -> ast.expr | None:
    """What a call of a layer passes as its size."""
    for keyword in call.keywords:
        if keyword.arg == size:
            return keyword.value
    place = SIZES[size]
    given = call.args[: place + 1]
    if len(given) <= place or any(isinstance(each, ast.Starred) for each in given):
        return None
    return given[place]


def _is_from_numpy(value: ast.expr, function: FunctionFacts, depth: int = 3) -> bool:
    """Whether NumPy computes a value, directly or by way of locals; not what is an int already."""
    if depth <= 0 or _is_wrapped(value):
        return False
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and function.file.dotted(node.func).startswith("numpy."):
            return True
        if isinstance(node, ast.Name):
            given = [v for v in function.assignments.get(node.id, ()) if v is not None]
            before = [each for each in given if each.lineno < node.lineno]
            last = max(before, key=lambda each: each.lineno, default=None)
            if last is not None and _is_from_numpy(last, function, depth - 1):
                return True
    return False


def _is_wrapped(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="int" | "float" | "bool")):
            return True
    return False
