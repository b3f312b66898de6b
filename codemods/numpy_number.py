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
from dataclasses import dataclass, field

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.calls import passed_by
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts
from torchscript_fix.kit import Declined, Fix, Place, Safety, SiteRule

AS_A_SIZE = re.compile(r"'numpy\.u?int\d+' object in attribute '(\w+)\.(\w+)' is not a valid")
KEPT = re.compile(
    r"has no attribute '(\w+)' \(This attribute exists on the Python module, but we failed to "
    r"convert Python type: 'numpy\.(bool_?|u?int\d+|float64)'"
)
SIZES = {"in_features": 0, "out_features": 1, "in_channels": 0, "out_channels": 1}
SIZES |= {"num_features": 0, "num_channels": 1, "num_embeddings": 0, "embedding_dim": 1}
SIZES |= {"input_size": 0, "hidden_size": 1}
"""The sizes of torch's layers, and their places."""


@dataclass(frozen=True)
class _Number(Place):
    """A value that has to be a number of Python; None where no assignment in the file gives it."""

    value: ast.expr | None
    kind: str = field(compare=False)
    said: str = field(compare=False)
    """What the report says of it."""


class NumpyNumber(SiteRule[_Number]):
    name = "numpy-number"
    summary = "A number of NumPy that a module keeps becomes a number of Python."
    messages = ("is not a valid constant", "failed to convert Python type: 'numpy.")
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[_Number]:
        for located in self.diagnosed(file):
            size, kept = AS_A_SIZE.search(located.message), KEPT.search(located.message)
            if size is not None and size[2] in SIZES:
                yield from _sizes(file, size[1], size[2])
            elif kept is not None and located.owner is not None:
                yield from _definitions(located.owner, kept[1], kept[2])

    def fix(self, number: _Number) -> Fix | None:
        if number.value is None:
            raise Declined(number.said)
        if _is_of_python(number.value):
            return None
        code = f"{number.kind}({number.file.segment(number.value)})"
        return Fix(number.said, [ReplaceExpression(number.value, code)])


def _sizes(file: FileFacts, layer: str, size: str) -> Iterator[_Number]:
    """The sizes of a kind of layer that come from NumPy, in the whole file."""
    said = f"{size} of a {layer} is an int of Python"
    for function in file.functions.values():
        where = (function.owner or function).qualname
        for call in function.calls:
            value = passed_by(call, size, SIZES[size])
            of_layer = value is not None and file.dotted(call.func) == f"torch.nn.{layer}"
            if value is not None and of_layer and _is_from_numpy(value, function):
                yield _Number(file, value.lineno, where, value, "int", said)


def _definitions(cls: ClassFacts, name: str, kind: str) -> Iterator[_Number]:
    """What gives an attribute its value that is a number of NumPy."""
    attribute, file = cls.attribute(name), cls.file
    python = kind.rstrip("_").rstrip("0123456789").lstrip("u")
    for each in attribute.definitions if attribute is not None else ():
        where, line = (each.function.owner or each.function).qualname, each.statement.lineno
        if each.value is not None and each.how == "assign" and each.function.file is file:
            said = f"self.{name} is a {python} of Python"
            yield _Number(file, line, where, each.value, python, said)
        else:
            said = f"self.{name} is not given its value by an assignment in this file"
            yield _Number(file, line, each.function.qualname, None, python, said)


def _is_from_numpy(value: ast.expr, function: FunctionFacts, depth: int = 3) -> bool:
    """Whether NumPy computes a value, directly or by way of locals; not what is an int already."""
    if depth <= 0 or _is_of_python(value):
        return False
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and function.file.dotted(node.func).startswith("numpy."):
            return True
        if isinstance(node, ast.Name):
            given = function.assignments.get(node.id, ())
            before = [each for each in given if each is not None and each.lineno < node.lineno]
            last = max(before, key=lambda each: each.lineno, default=None)
            if last is not None and _is_from_numpy(last, function, depth - 1):
                return True
    return False


def _is_of_python(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.Call(func=ast.Name(id="int" | "float" | "bool")):
            return True
    return False
