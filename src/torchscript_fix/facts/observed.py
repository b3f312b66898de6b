"""What cases showed while they ran: the types that arguments, results, names and attributes had.

All types are in TorchScript's spelling (`Tensor`, `List[int]`, `List[Optional[Tensor]]`, `None`):
NamedTuples, Enums and dataclasses by the qualified name of the class. `?` stands for what it has
no type for. Sets hold every type that was seen, over all calls and cases; int and float stay apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Types = frozenset[str]
Place = tuple[Path, str]
"""A file, and the qualified name of a function (`Block.forward`) or class in it."""
ArgumentKey = tuple[Path, str, str]
"""File, qualified name of the function, name of the parameter."""

NOTHING: Types = frozenset()
MOST_VALUES = 8
"""Different values of one parameter or attribute that are kept; more say nothing."""


@dataclass(frozen=True)
class ObservedFunction:
    """All calls of one function, method, or lambda and comprehension inside one."""

    arguments: Mapping[str, Types] = field(default_factory=dict)
    """Parameter to types; without `*args` and `**kwargs`."""
    returns: Types = NOTHING
    rebound: Mapping[str, Types] = field(default_factory=dict)
    """The locals that were bound to more than one type in one call, and to which."""
    positional: frozenset[tuple[str, ...]] = frozenset()
    """The types of what `*args` took, of each different call."""
    keywords: frozenset[tuple[tuple[str, str], ...]] = frozenset()
    """Name and type of what `**kwargs` took, of each different call, in the order of the call."""
    defaulted: frozenset[str] = frozenset()
    """Parameters that had their default in every call, given or not."""
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Parameter to the `repr` of every value that it had, where all were plain: None, bool, int,
    float, str. Parameters with many different values are left out."""
    locals: Mapping[str, Types] = field(default_factory=dict)
    """Names that are no parameters, to the types that they had where the function returned. What
    was an empty list or dictionary throughout has none."""
    inexpressible: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Parameter, local name or `return` to what its `?` was: `numpy.ndarray`,
    `torch.nn.modules.conv.Conv2d, a module`, `elements of 5 types`."""
    ran: frozenset[int] | None = None
    """The lines of the file as the user has it, 1-based, that ran in some call; None where it is
    not known of all of them whether they did."""


@dataclass(frozen=True)
class ObservedAttribute:
    """One attribute, on all instances of a class that were seen."""

    types: Types = NOTHING
    """Of values that are no modules; types seen before and after the run."""
    modules: frozenset[str] = frozenset()
    """Dotted names of the classes of the modules that it held (`torch.nn.modules.conv.Conv2d`)."""
    values: frozenset[str] = frozenset()
    """The `repr` of every value, where all were plain: None, bool, int, float, str, and tuples and
    lists of those; empty where they were not, or were many."""
    missing: bool = False
    """Whether some instance does not have it."""
    buffer: bool = False
    parameter: bool = False
    inexpressible: frozenset[str] = frozenset()
    """What its `?` was."""


@dataclass(frozen=True)
class Observed:
    """What is known of the functions and classes of all files of a run."""

    functions: Mapping[Place, ObservedFunction] = field(default_factory=dict)
    attributes: Mapping[Place, Mapping[str, ObservedAttribute]] = field(default_factory=dict)
    """Class (its file and qualified name; base classes count as well) to its attributes."""

    @classmethod
    def merged(cls, parts: Iterable["Observed"]) -> "Observed":
        """What several runs showed, together."""
        functions: dict[Place, list[ObservedFunction]] = {}
        attributes: dict[Place, list[Mapping[str, ObservedAttribute]]] = {}
        for part in parts:
            for place, function in part.functions.items():
                functions.setdefault(place, []).append(function)
            for place, found in part.attributes.items():
                attributes.setdefault(place, []).append(found)
        return cls(
            {place: _merged_functions(each) for place, each in functions.items()},
            {place: _merged_attributes(each) for place, each in attributes.items()},
        )

    @classmethod
    def of_arguments(cls, arguments: Mapping[ArgumentKey, Iterable[str]]) -> "Observed":
        """What is known where nothing but types of arguments is."""
        functions: dict[Place, dict[str, Types]] = {}
        for (path, qualname, parameter), types in arguments.items():
            functions.setdefault((path, qualname), {})[parameter] = frozenset(types)
        return cls({place: ObservedFunction(found) for place, found in functions.items()})

    def function(self, path: Path, qualname: str) -> ObservedFunction | None:
        """The calls of a function; None where no case called it."""
        return self.functions.get((path, qualname))

    def argument_types(self, path: Path, qualname: str, parameter: str) -> Types:
        """Every type that was seen for one parameter; empty where no case called the function."""
        found = self.functions.get((path, qualname))
        return found.arguments.get(parameter, NOTHING) if found is not None else NOTHING

    def return_types(self, path: Path, qualname: str) -> Types:
        """Every type that a function returned; empty where no case saw it return."""
        found = self.functions.get((path, qualname))
        return found.returns if found is not None else NOTHING

    def attribute(self, path: Path, qualname: str, name: str) -> ObservedAttribute | None:
        """An attribute on the instances of a class; None where no instance was seen to have it."""
        return self.attributes.get((path, qualname), {}).get(name)


def _merged_functions(parts: Sequence[ObservedFunction]) -> ObservedFunction:
    if len(parts) == 1:
        return parts[0]
    arguments = _united(part.arguments for part in parts)
    values = _united(part.values for part in parts)
    return ObservedFunction(
        arguments,
        frozenset().union(*(part.returns for part in parts)),
        _united(part.rebound for part in parts),
        frozenset().union(*(part.positional for part in parts)),
        frozenset().union(*(part.keywords for part in parts)),
        frozenset(
            name
            for name in arguments
            if all(name in p.defaulted or name not in p.arguments for p in parts)
        ),
        {
            name: found
            for name, found in values.items()
            if len(found) <= MOST_VALUES
            and all(name in part.values or name not in part.arguments for part in parts)
        },
        _united(part.locals for part in parts),
        _united(part.inexpressible for part in parts),
        _ran_in([part.ran for part in parts]),
    )


def _ran_in(parts: Sequence[frozenset[int] | None]) -> frozenset[int] | None:
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if len(known) == len(parts) else None


def _united(parts: Iterable[Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for part in parts:
        for name, seen in part.items():
            found.setdefault(name, set()).update(seen)
    return {name: frozenset(seen) for name, seen in found.items()}


def _merged_attributes(
    parts: Sequence[Mapping[str, ObservedAttribute]],
) -> Mapping[str, ObservedAttribute]:
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: _merged_attribute([part.get(name) for part in parts]) for name in names}


def _merged_attribute(parts: Sequence[ObservedAttribute | None]) -> ObservedAttribute:
    seen = [part for part in parts if part is not None]
    values = frozenset().union(*(part.values for part in seen))
    if len(values) > MOST_VALUES or not all(part.values for part in seen):
        values = NOTHING
    return ObservedAttribute(
        frozenset().union(*(part.types for part in seen)),
        frozenset().union(*(part.modules for part in seen)),
        values,
        len(seen) < len(parts) or any(part.missing for part in seen),
        any(part.buffer for part in seen),
        any(part.parameter for part in seen),
        frozenset().union(*(part.inexpressible for part in seen)),
    )
