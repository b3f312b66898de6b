"""Writes `torch_schemas.py` from the torch that is installed, which its test compares it with.

python tests/facts/schema_table.py > src/torchscript_fix/facts/torch_schemas.py
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch.nn import functional

INTERNAL = re.compile(
    r"_|(native|cudnn|miopen|mkldnn|mkl|quantize|fake_quantize|fbgemm|fft|linalg|special|sym|sparse"
    r"|choose_qparams|fused|batch_norm_|convolution|to_|q_|rnn_|lstm|gru|segment|nested|assert)"
    r"|.*(backward|_copy|_copy_|forward|_symint)$"
)
FACTORIES = frozenset(
    {"zeros", "ones", "rand", "randn", "full", "arange", "empty", "eye", "linspace", "randint"}
)
RETURNS = ("Tensor", "int", "bool", "float", "List[Tensor]", "List[int]")
TAKES = {"Tensor": "Tensor", "List[Tensor]": "List[Tensor]", "List[int]": "sizes"}
TAKES |= {kind: kind for kind in ("int", "float", "bool", "str")}
NUMBERED = frozenset({"dtype", "layout", "memory_format", "out_dtype"})
"""Arguments that a schema calls int, which are no numbers in Python."""


def _taken(argument: Any) -> str:
    kind = argument.type
    if kind.kind() == "OptionalType":
        kind = kind.getElementType()
    return "?" if argument.name in NUMBERED else TAKES.get(kind.annotation_str, "?")


def _agreed(values: Iterable[str]) -> str:
    found = set(values)
    return found.pop() if len(found) == 1 else "?"


def _entry(name: str, schemas: list[Any]) -> str | None:
    """One line for all overloads of an operator that take a Tensor; those for ints and strings
    (`aten::add.int`) are not what `torch.add` calls."""
    schemas = [s for s in schemas if not any(a.is_out for a in s.arguments)]
    of_tensors = [s for s in schemas if any("Tensor" in _taken(a) for a in s.arguments)]
    schemas = schemas if name in FACTORIES else of_tensors
    if not schemas:
        return None
    returned = _agreed(
        (
            kind
            if len(s.returns) == 1 and (kind := s.returns[0].type.annotation_str) in RETURNS
            else "?"
        )
        for s in schemas
    )
    arguments = []
    for position in range(max(len(s.arguments) for s in schemas)):
        column = [s.arguments[position] for s in schemas if position < len(s.arguments)]
        label = _agreed(a.name for a in column)
        arguments.append(("input" if label == "self" else label, _agreed(map(_taken, column))))
    return _line(name, arguments, returned)


def _line(name: str, arguments: list[tuple[str, str]], returned: str) -> str | None:
    while arguments and arguments[-1][1] == "?":
        arguments.pop()
    if returned == "?" and not arguments:
        return None
    words = [name, *(f"{label}:{kind}" for label, kind in arguments), "->", returned]
    return " ".join(word.replace("?:?", "?") for word in words)


def _schemas() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for schema in torch._C._jit_get_all_schemas():
        space, _, name = schema.name.partition("::")
        if space == "aten" and not INTERNAL.match(name):
            found[name].append(schema)
    return found


def torch_lines() -> Iterator[str]:
    """Functions `torch.NAME`; most are methods of Tensor, too."""
    for name, schemas in sorted(_schemas().items()):
        if hasattr(torch, name) and not name.endswith("_") and (line := _entry(name, schemas)):
            yield line


def method_lines() -> Iterator[str]:
    """Methods of Tensor of which there is no `torch.NAME`."""
    for name, schemas in sorted(_schemas().items()):
        if hasattr(torch.Tensor, name) and not hasattr(torch, name) and not name.endswith("_"):
            methods = [s for s in schemas if s.arguments and s.arguments[0].name == "self"]
            methods = [s for s in methods if s.arguments[0].type.annotation_str == "Tensor"]
            if methods and (line := _entry(name, methods)):
                yield line


def functional_lines() -> Iterator[str]:
    """Functions `torch.nn.functional.NAME`."""
    schemas = _schemas()
    for name, function in sorted(vars(functional).items()):
        if name.startswith(("_", "assert_")) or name.endswith("_") or not callable(function):
            continue
        if inspect.isfunction(function) and function.__module__ == functional.__name__:
            line = _python_entry(name, function)
        else:
            line = _entry(name, schemas[name]) if name in schemas else None
        if line:
            yield line


def _python_entry(name: str, function: Callable[..., Any]) -> str | None:
    arguments = []
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        text = inspect.formatannotation(parameter.annotation).replace("torch.", "")
        match = re.fullmatch(r"(?:Optional\[)?(Tensor|bool|float|str)\]?(?: \| None)?", text)
        kind = match.group(1) if match else "int" if parameter.name == "dim" else "?"
        if parameter.name in {"size", "output_size"}:
            kind = "sizes"
        arguments.append((parameter.name, kind))
    returned = inspect.formatannotation(signature.return_annotation).replace("torch.", "")
    return _line(name, arguments, "Tensor" if returned == "Tensor" else "?")


PAGE = '''# ruff: noqa: E501
"""What functions of torch take and return, generated by tests/facts/schema_table.py (torch {}).

One line a function: `name argument:type … -> type`; `?` where overloads differ, `sizes` for a list
of ints for which one int may stand. From PyTorch's own operator schemas, so that no torch need be
imported to know.
"""

TORCH = """
{}
"""

METHODS = """
{}
"""

FUNCTIONAL = """
{}
"""
'''

if __name__ == "__main__":
    version = torch.__version__.partition("+")[0]
    tables = ("\n".join(lines()) for lines in (torch_lines, method_lines, functional_lines))
    print(PAGE.format(version, *tables), end="")
