"""What cases showed while they ran: the types that arguments, results, names and attributes had.

All types are in TorchScript's spelling (`Tensor`, `List[int]`, `Optional[Tensor]`, `None`, …); `?`
stands for what it has no type for. Sets hold every type that was seen, over all calls and cases.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Types = frozenset[str]
Place = tuple[Path, str]
"""A file, and the qualified name of a function (`Block.forward`) or class in it."""
ArgumentKey = tuple[Path, str, str]
"""File, qualified name of the function, name of the parameter."""

NOTHING: Types = frozenset()


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
    """Parameters that had their default in every call."""
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Parameter to the `repr` of every value that it had, where all were plain: None, bool, int,
    float, str. Parameters with many different values are left out."""


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


@dataclass(frozen=True)
class Observed:
    """What is known of the functions and classes of all files of a run."""

    functions: Mapping[Place, ObservedFunction] = field(default_factory=dict)
    attributes: Mapping[Place, Mapping[str, ObservedAttribute]] = field(default_factory=dict)
    """Class (its file and qualified name; base classes count as well) to its attributes."""

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
