"""The type of a value in TorchScript's spelling, or why TorchScript has no word for it.

Nothing of the value's own class is run: no property, no `__iter__`, no `__repr__`.
"""

import enum
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import torch

MOST_ITEMS = 256
"""Items of a list or dictionary that are looked at for its element type."""
MOST_PARTS = 32
"""Items of a tuple that are written out."""
MOST_LOOKS = 2_000
"""Things in one value that are looked at."""
LONGEST_TYPE = 500
DEEPEST = 6
MOST_ALTERNATIVES = 4
LONGEST_VALUE = 200

Type = str | tuple[Any, ...]
"""`Tensor`; "" of what an empty list holds; ("List", of), ("Dict", key, value), ("Tuple", …),
("Optional", of), ("Union", …), ("?", reason)."""

_SIMPLE: dict[type, str] = {
    type(None): "None",
    torch.Tensor: "Tensor",
    torch.nn.Parameter: "Tensor",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    complex: "complex",
    torch.Size: "List[int]",
    torch.device: "torch.device",
    torch.dtype: "torch.dtype",
    torch.Generator: "torch.Generator",
}
_KEYS = frozenset(["str", "int", "float", "bool", "complex", "Tensor", "torch.device"])
PLAIN = frozenset(["None", "bool", "int", "float", "str"])
"""Types whose values can be told."""


def spell(value: Any) -> str:
    """A value's type; "" for an empty list or dictionary, which says nothing, and "?" for what
    TorchScript has no word for."""
    try:
        simple = _SIMPLE.get(type(value))
        return simple if simple is not None else _text(_looked_at(value))
    except Exception:  # a class that cannot be hashed; an error here would be one of the user's
        return "?"


def reason(value: Any) -> str:
    """Why `spell` has no word for a value; "" where it has one."""
    try:
        found = _looked_at(value)
        return _reason(found) if _text(found) == "?" else ""
    except Exception:
        return "of a class that cannot be looked at"


def plain(value: Any) -> str | None:
    """The `repr` of a value that is nothing but a number, a string or None, and short."""
    if spell(value) not in PLAIN:
        return None
    cls = type(value)
    if (cls is int and value.bit_length() > LONGEST_VALUE) or (
        cls is str and len(value) > LONGEST_VALUE
    ):
        return None
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else None


def plain_with_parts(value: Any) -> str | None:
    """As `plain`, and of short tuples and lists of such, too."""
    if type(value) in (tuple, list):
        if len(value) > MOST_PARTS or any(plain(item) is None for item in value):
            return None
        text = repr(value)
        return text if len(text) <= LONGEST_VALUE else None
    return plain(value)


def dotted(cls: type) -> str:
    """A class's name with its module's: `torch.nn.modules.conv.Conv2d`."""
    return f"{cls.__module__}.{cls.__qualname__}"


def _looked_at(value: Any) -> Type:
    found = _type_of(value, 0, _Budget(MOST_LOOKS))
    length = len(_text(found))
    return found if length <= LONGEST_TYPE else ("?", f"a type of {length} letters")


class _Budget:
    """How much is still looked at: lists of lists of lists can be large."""

    def __init__(self, left: int) -> None:
        self._left = left

    def some_of(self, values: Iterable[Any], most: int) -> list[Any]:
        """The first of the values."""
        taken = list(islice(values, min(most, self._left)))
        self._left -= len(taken)
        return taken


def _type_of(value: Any, depth: int, budget: _Budget) -> Type:
    cls = type(value)
    simple = _SIMPLE.get(cls)
    if simple is not None:
        return simple
    if issubclass(cls, torch.Tensor):
        return "Tensor"
    if depth > DEEPEST:
        return "?", "nested too deeply"
    if cls is list:
        return "List", _elements(value, depth, budget)
    if issubclass(cls, dict):
        keys = _elements(dict.keys(value), depth, budget)
        if keys not in _KEYS and keys != "":
            return "?", f"a dictionary whose keys are {_text(keys)}"
        return "Dict", keys, _elements(dict.values(value), depth, budget)
    if issubclass(cls, tuple):
        return _tuple(value, cls, depth, budget)
    return _named(cls)


def _elements(values: Iterable[Any], depth: int, budget: _Budget) -> Type:
    """The one type of a list's elements; where all are simple, each kind is asked for once."""
    some = budget.some_of(values, MOST_ITEMS)
    kinds = dict.fromkeys(map(type, some))
    if all(kind in _SIMPLE for kind in kinds):
        return _united([_SIMPLE[kind] for kind in kinds])
    return _united([_type_of(each, depth + 1, budget) for each in some])


def _tuple(value: Any, cls: type, depth: int, budget: _Budget) -> Type:
    if cls is not tuple and cls.__module__ != "torch.return_types":
        return _named(cls)
    length = tuple.__len__(value)
    parts = budget.some_of(tuple.__iter__(value), MOST_PARTS)
    if len(parts) < length:
        return "?", f"a tuple of {length}"
    return ("Tuple", *(_type_of(part, depth + 1, budget) for part in parts))


def _named(cls: type) -> Type:
    """NamedTuple, Enum, dataclass: TorchScript takes these by their names."""
    if issubclass(cls, torch.nn.Module):
        return "?", f"{dotted(cls)}, a module"
    names = vars(cls)
    known = (
        (issubclass(cls, tuple) and hasattr(cls, "_fields"))
        or issubclass(cls, enum.Enum)
        or "__dataclass_fields__" in names
    )
    if not known or "<locals>" in cls.__qualname__:
        return "?", dotted(cls)
    return dotted(cls) if cls.__module__.startswith("torch.") else cls.__qualname__


def _united(types: Sequence[Type]) -> Type:
    """One type for all elements: Optional where some are None, Union where they differ."""
    flat: dict[Type, None] = {}
    for each in types:
        if _is(each, "Optional"):
            flat["None"] = None
        inner = each[1] if _is(each, "Optional") else each
        flat.update(dict.fromkeys(inner[1:] if _is(inner, "Union") else (inner,)))
    flat.pop("", None)
    may_be_none = "None" in flat and len(flat) > 1
    if may_be_none:
        del flat["None"]
    kinds = _by_shape(list(flat))
    unknown = next((kind for kind in kinds if _is(kind, "?")), None)
    if unknown is not None:
        return unknown
    if len(kinds) > MOST_ALTERNATIVES:
        return "?", f"elements of {len(kinds)} types"
    if not kinds:
        return ""
    one: Type = kinds[0] if len(kinds) == 1 else ("Union", *sorted(kinds, key=_text))
    return ("Optional", one) if may_be_none else one


def _is(found: Type, kind: str) -> bool:
    return type(found) is tuple and found[0] == kind


def _by_shape(types: list[Type]) -> list[Type]:
    """Lists put together by what they hold, tuples of one length part by part."""
    found: list[Type] = []
    alike: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
    for each in types:
        if type(each) is tuple and each[0] in ("List", "Dict", "Tuple"):
            alike.setdefault((each[0], len(each)), []).append(each)
        else:
            found.append(each)
    for (kind, _), ones in alike.items():
        parts = zip(*(one[1:] for one in ones), strict=True)
        found.append((kind, *map(_united, parts)))
    return found


def _text(found: Type) -> str:
    if isinstance(found, str):
        return found
    kind, *parts = found
    texts = [_text(part) for part in parts] if kind != "?" else ["?"]
    if "?" in texts:
        return "?"
    if "" in texts:  # a tuple with an empty list: of what?
        return "" if kind in ("List", "Dict", "Optional") else "?"
    return f"{kind}[{', '.join(texts) or '()'}]"


def _reason(found: Type) -> str:
    if type(found) is str:
        return ""
    if found[0] == "?":
        return str(found[1])[:LONGEST_VALUE]
    inner = (_reason(part) for part in found[1:])
    return next(filter(None, inner), "an empty list or dictionary in a tuple")
