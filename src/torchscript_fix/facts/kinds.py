"""The kinds of things that an attribute of a module can hold, as TorchScript sees them."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What an attribute of a module holds, as far as TorchScript tells things apart."""

    MODULE = "Module"
    MODULE_LIST = "ModuleList"
    SEQUENTIAL = "Sequential"
    MODULE_DICT = "ModuleDict"
    PARAMETER_LIST = "ParameterList"
    PARAMETER = "Parameter"
    BUFFER = "buffer"
    LIST = "list"
    NONE = "None"
    VALUE = "value"
    UNKNOWN = "unknown"


CONTAINERS = {
    "torch.nn.ModuleList": Kind.MODULE_LIST,
    "torch.nn.Sequential": Kind.SEQUENTIAL,
    "torch.nn.ModuleDict": Kind.MODULE_DICT,
    "torch.nn.ParameterList": Kind.PARAMETER_LIST,
}
INDEXABLE = frozenset({Kind.MODULE_LIST, Kind.SEQUENTIAL, Kind.PARAMETER_LIST})
"""What can be indexed by an integer literal only (python_sugared_value.cpp in PyTorch)."""

MODULES = frozenset(
    {Kind.MODULE, Kind.MODULE_LIST, Kind.SEQUENTIAL, Kind.MODULE_DICT, Kind.PARAMETER_LIST}
)
LAYERS = MODULES | {Kind.PARAMETER, Kind.BUFFER}
"""What takes part in the state_dict."""

MODULE_WRAPPERS = frozenset({"weight_norm", "spectral_norm", "remove_weight_norm"})
MODULE_METHODS = frozenset({"to", "cuda", "cpu", "eval", "train", "half", "float", "apply"})


@dataclass(frozen=True)
class Held:
    """What an expression may evaluate to.

    `classes` are dotted names of the classes of a module, `elements` those of the modules inside a
    ModuleList, Sequential, ModuleDict or plain list.
    """

    kinds: frozenset[Kind]
    classes: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()

    def __or__(self, other: "Held") -> "Held":
        return Held(
            self.kinds | other.kinds,
            self.classes | other.classes,
            self.elements | other.elements,
        )


UNKNOWN = Held(frozenset({Kind.UNKNOWN}))
NOTHING = Held(frozenset())
