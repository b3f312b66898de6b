"""Cases that somebody wrote down in a file of their own: `--cases FILE.py`."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_NAMED = 12
"""Modules that are named in a line."""


@dataclass(frozen=True)
class WrittenCases:
    """A file whose `cases(module)` is called with every imported module of the path, and yields
    `torchscript_fix.Case` objects. It is imported in the worker before any of these modules."""

    path: Path
    passes_over_weights: bool = False
    """Whether a checkpoint that is not there is passed over, as for cases that nobody named."""


def asks_for(text: str, module: str) -> bool:
    """Whether a file of cases asks for a module by its name, as in `module.__name__ == "net"` or
    `module.__name__.endswith(".net")`: what it has for it is not known where that cannot be
    imported, but something it has."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        f".{module}".endswith(f".{name.lstrip('.')}")
        for node in ast.walk(tree)
        if isinstance(node, (ast.Compare, ast.Call)) and _speaks_of_name(node)
        for name in _texts(node)
        if name.strip(".")
    )


def _speaks_of_name(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "__name__" for n in ast.walk(node))


def _texts(node: ast.AST) -> list[str]:
    return [
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


def no_case(asked: Sequence[str], not_imported: Mapping[str, str]) -> str:
    """What to say of a file that yields no case: the modules that it was asked with, and of those
    that it was not, why they cannot be imported."""
    told = [f"it yields no case for {_counted(asked)}" if asked else "it was asked with no module"]
    if not_imported:
        first = next(iter(not_imported.values())).partition("\n")[0]
        told.append(f"{_counted(list(not_imported))} cannot be imported: {first}")
    return "\n".join(told)


def _counted(modules: Sequence[str]) -> str:
    """`2 modules (a, b)`."""
    names = ", ".join(modules[:MOST_NAMED]) + (", …" if len(modules) > MOST_NAMED else "")
    return f"{len(modules)} {'module' if len(modules) == 1 else 'modules'} ({names})"
