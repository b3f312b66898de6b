"""What was built: its class, by a name that means the same whoever asks, and its size."""

import os
import sys
from typing import Any

import torch

PRIVATE = "_torchscript_fix_"
"""What modules are called that are imported from their file, since their own name means another."""


def model_of(module: Any, root: str) -> dict[str, Any]:
    """The class of a model, the file that defines it, and how many numbers its parameters are."""
    cls = type(module)
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    file = os.path.realpath(file) if isinstance(file, str) else ""
    return {
        "name": f"{_module_name(cls.__module__, file, root)}.{cls.__qualname__}",
        "qualname": cls.__qualname__,
        "file": file if _is_below(file, root) else "",
        "parameters": sum(p.numel() for p in module.parameters() if not _is_lazy(p)),
    }


def _module_name(name: str, file: str, root: str) -> str:
    """The module's name; that of its path where it has none of its own: `tools.demo`."""
    is_its_own = name != "__main__" and not name.startswith(PRIVATE)
    if is_its_own or not _is_below(file, root):
        return name
    parts = os.path.relpath(file, os.path.realpath(root)).removesuffix(".py").split(os.sep)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def _is_below(file: str, root: str) -> bool:
    return bool(file) and file.startswith(os.path.realpath(root).rstrip(os.sep) + os.sep)


def _is_lazy(parameter: Any) -> bool:
    return bool(torch.nn.parameter.is_lazy(parameter))
