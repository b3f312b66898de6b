"""What modules, and the plain objects that they hold, have as attributes at one moment."""

import enum
import os
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

import torch

from .spelled import dotted, plain_with_parts, reason, spell

MOST_OBJECTS = 5_000
MOST_VALUES = 8
MOST_TYPES = 24
MOST_ITEMS = 32
"""Items of a list, tuple or dictionary that are looked into for objects."""
OWN = frozenset(vars(torch.nn.Module()))
"""What every module has."""


def attributes(module: Any, files: frozenset[str]) -> list[dict[str, Any]]:
    """For each class in `files` that an object in a module is of: its path, its qualified name and
    its attributes on all these objects; a base class counts as well."""
    classes = _Classes(files)
    for each in _objects(module, classes):
        found = dict(_attributes(each))
        for cls in classes.of(each):
            cls.add(found)
    return [cls.said() for cls in classes.all()]


class _Class:
    """One class of the user's, and what its instances have."""

    def __init__(self, cls: type, path: str) -> None:
        self.cls = cls
        self.path = path
        self._instances = 0
        self._found: dict[str, _Attribute] = {}

    def add(self, found: Mapping[str, "tuple[str, Any]"]) -> None:
        self._instances += 1
        for name, (kind, value) in found.items():
            self._found.setdefault(name, _Attribute()).add(kind, value)

    def said(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "qualname": self.cls.__qualname__,
            "attributes": {
                name: attribute.said(self._instances) for name, attribute in self._found.items()
            },
        }


class _Attribute:
    def __init__(self) -> None:
        self._times = 0
        self._types: set[str] = set()
        self._modules: set[str] = set()
        self._values: set[str] | None = set()
        self._reasons: set[str] = set()
        self._kinds: set[str] = set()

    def add(self, kind: str, value: Any) -> None:
        self._times += 1
        self._kinds.add(kind)
        if issubclass(type(value), torch.nn.Module):
            self._values = None
            if len(self._modules) < MOST_TYPES:
                self._modules.add(dotted(type(value)))
            return
        spelled = spell(value)
        if spelled and len(self._types) < MOST_TYPES:
            self._types.add(spelled)
        if spelled == "?" and len(self._reasons) < MOST_TYPES:
            self._reasons.add(reason(value))
        if self._values is not None:
            text = plain_with_parts(value)
            if text is None or (len(self._values) >= MOST_VALUES and text not in self._values):
                self._values = None
            else:
                self._values.add(text)

    def said(self, instances: int) -> dict[str, Any]:
        return {
            "types": sorted(self._types),
            "modules": sorted(self._modules),
            "values": sorted(self._values or ()),
            "missing": self._times < instances,
            "buffer": "buffer" in self._kinds,
            "parameter": "parameter" in self._kinds,
            "inexpressible": sorted(self._reasons),
        }


class _Classes:
    """The classes of the user's that objects are of."""

    def __init__(self, files: frozenset[str]) -> None:
        self._files = files
        self._known: dict[type, _Class | None] = {}
        self._bases: dict[type, list[_Class]] = {}

    def of(self, value: Any) -> list[_Class]:
        """The class of a value and its bases, as far as they stand in the user's files."""
        cls = type(value)
        if issubclass(cls, (tuple, enum.Enum)):
            return []  # TorchScript knows these as they are
        if cls not in self._bases:
            bases = map(self._class, cls.__mro__)
            self._bases[cls] = [base for base in bases if base is not None]
        return self._bases[cls]

    def all(self) -> list[_Class]:
        return [cls for cls in self._known.values() if cls is not None]

    def _class(self, cls: type) -> _Class | None:
        if cls not in self._known:
            file = getattr(sys.modules.get(cls.__module__), "__file__", None)
            path = os.path.realpath(file) if isinstance(file, str) else ""
            self._known[cls] = _Class(cls, path) if path in self._files else None
        return self._known[cls]


def _objects(module: Any, classes: _Classes) -> Iterator[Any]:
    """The modules and objects of the user's classes, each once."""
    waiting: list[Any] = [module]
    seen: dict[int, Any] = {}
    while waiting and len(seen) < MOST_OBJECTS:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each
        if classes.of(each):
            yield each
        for _, value in _instance(each).values():
            waiting += _held(value, classes)


def _held(value: Any, classes: _Classes) -> Iterator[Any]:
    """A value, or what is in it, where it is a module or of a class of the user's."""
    cls = type(value)
    if cls in (list, tuple):
        values = list(value[:MOST_ITEMS])
    elif cls is dict:
        values = list(value.values())[:MOST_ITEMS]
    else:
        values = [value]
    for each in values:
        if issubclass(type(each), torch.nn.Module) or classes.of(each):
            yield each


def _instance(each: Any) -> dict[str, tuple[str, Any]]:
    """Name to kind and value of what an object itself has."""
    names = object.__getattribute__(each, "__dict__") if _has_names(each) else {}
    found = {}
    if issubclass(type(each), torch.nn.Module):
        for kind, key in (("parameter", "_parameters"), ("buffer", "_buffers"), ("", "_modules")):
            found.update({name: (kind, value) for name, value in names.get(key, {}).items()})
        names = {name: value for name, value in names.items() if name not in OWN}
    found.update({name: ("", value) for name, value in names.items() if isinstance(name, str)})
    return found


def _has_names(each: Any) -> bool:
    return any("__dict__" in vars(cls) for cls in type(each).__mro__)


def _attributes(each: Any) -> Iterator[tuple[str, tuple[str, Any]]]:
    """What an object has: of its classes, and then of itself."""
    for cls in reversed(type(each).__mro__):
        if cls.__module__.startswith(("torch.", "builtins")):
            continue
        for name, value in vars(cls).items():
            if not name.startswith("__") and not _is_of_the_class(value):
                yield name, ("", value)
    yield from _instance(each).items()


def _is_of_the_class(value: Any) -> bool:
    """Functions, properties and other things that are asked for through the class."""
    cls = type(value)
    return cls is FunctionType or issubclass(cls, type) or hasattr(cls, "__get__")
