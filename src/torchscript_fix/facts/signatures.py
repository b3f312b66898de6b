"""What functions, methods and layers of torch take and return, as TorchScript types."""

from dataclasses import dataclass
from functools import cache

from torchscript_fix.facts.torch_schemas import FUNCTIONAL, METHODS, TORCH


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of names."""
    return frozenset(text.split())


SIZES = "sizes"
"""A list of ints for which one int may stand."""


@dataclass(frozen=True)
class Signature:
    """Parameters by position (name and type, None where it is not one) and what comes back."""

    parameters: tuple[tuple[str, str | None], ...]
    returns: str | None

    def takes(self, position: int | None, keyword: str | None) -> str | None:
        """The type of the argument that stands at a position or under a keyword."""
        if keyword is not None:
            return dict(self.parameters).get(keyword)
        if position is not None and position < len(self.parameters):
            return self.parameters[position][1]
        return None

    @property
    def bound(self) -> "Signature":
        """The same as a method of its first parameter."""
        return Signature(self.parameters[1:], self.returns)


@cache
def _table(text: str) -> dict[str, Signature]:
    found = {}
    for line in text.strip().splitlines():
        name, *words, _, returns = line.split()
        parameters = tuple(
            (label, None if kind in {"?", ""} else kind)
            for label, _, kind in (word.partition(":") for word in words)
        )
        found[name] = Signature(parameters, None if returns == "?" else returns)
    return found


def function_signature(dotted: str) -> Signature | None:
    """`torch.add`, `torch.nn.functional.interpolate`, …"""
    space, _, name = dotted.rpartition(".")
    if space == "torch.nn.functional":
        return _table(FUNCTIONAL).get(name) or _table(TORCH).get(name)
    if space != "torch":
        return None
    return _table(_BY_HAND).get(name) or _table(TORCH).get(name)


_BY_HAND = """
unique input:Tensor -> ?
split tensor:Tensor -> List[Tensor]
tensordot a:Tensor b:Tensor -> Tensor
cdist x1:Tensor x2:Tensor -> Tensor
atleast_1d input:Tensor -> Tensor
atleast_2d input:Tensor -> Tensor
"""
"""Functions of torch that are written in Python, or go by other names there."""


def method_signature(name: str) -> Signature | None:
    """A method of Tensor; one that ends in `_` works in place and gives the same back."""
    name = name.rstrip("_")
    function = _table(METHODS).get(name) or _table(TORCH).get(name)
    if function is not None and function.parameters[:1] == (("input", "Tensor"),):
        return function.bound
    return Signature((), "Tensor") if name in CONVERSIONS else None


CONVERSIONS = words("""
    to type float double half bfloat16 int long short bool byte char cpu cuda detach clone
    requires_grad new new_tensor index_add index_copy index_fill masked_fill
    masked_scatter fill zero normal uniform exponential copy scatter softmax log_softmax
    """)
"""Methods of Tensor that give a Tensor, whatever they are given."""

TENSOR_ATTRIBUTES = {
    "shape": "List[int]",
    "device": "torch.device",
    "dtype": "torch.dtype",
    "is_cuda": "bool",
    "requires_grad": "bool",
    "ndim": "int",
} | dict.fromkeys(("data", "T", "mT", "H", "mH", "grad", "real", "imag"), "Tensor")

TENSOR_ONLY = words("""
    size shape dim ndim device dtype view reshape permute transpose unsqueeze squeeze
    expand expand_as contiguous masked_fill masked_fill_ detach numel new_zeros new_ones
    new_tensor new float long half bool repeat_interleave flatten unbind chunk matmul bmm
    mul add sub div sum mean argmax gather scatter index_select type_as view_as cuda cpu
    ne eq gt lt ge le softmax sigmoid tanh exp log pow sqrt norm clamp t T data is_cuda
    requires_grad nelement ndimension triu tril topk cumsum nonzero bernoulli zero_ fill_
    copy_ narrow to split
    """)
"""Attributes that, of all the types that TorchScript has, a Tensor alone has."""

_HIDDEN = "Tuple[Tensor, Tensor]"
LAYERS = {
    "LSTM": Signature((("input", "Tensor"), ("hx", _HIDDEN)), f"Tuple[Tensor, {_HIDDEN}]"),
    "GRU": Signature((("input", "Tensor"), ("hx", "Tensor")), _HIDDEN),
    "RNN": Signature((("input", "Tensor"), ("hx", "Tensor")), _HIDDEN),
    "LSTMCell": Signature((("input", "Tensor"), ("hx", _HIDDEN)), _HIDDEN),
    "GRUCell": Signature((("input", "Tensor"), ("hx", "Tensor")), "Tensor"),
    "RNNCell": Signature((("input", "Tensor"), ("hx", "Tensor")), "Tensor"),
    "Bilinear": Signature((("input1", "Tensor"), ("input2", "Tensor")), "Tensor"),
    "MultiheadAttention": Signature(
        (
            ("query", "Tensor"),
            ("key", "Tensor"),
            ("value", "Tensor"),
            ("key_padding_mask", "Tensor"),
            ("need_weights", "bool"),
            ("attn_mask", "Tensor"),
        ),
        "Tuple[Tensor, Optional[Tensor]]",
    ),
    "TransformerEncoderLayer": Signature(
        (("src", "Tensor"), ("src_mask", "Tensor"), ("src_key_padding_mask", "Tensor")), "Tensor"
    ),
    "TransformerEncoder": Signature(
        (("src", "Tensor"), ("mask", "Tensor"), ("src_key_padding_mask", "Tensor")), "Tensor"
    ),
    "TransformerDecoderLayer": Signature(
        (
            ("tgt", "Tensor"),
            ("memory", "Tensor"),
            ("tgt_mask", "Tensor"),
            ("memory_mask", "Tensor"),
            ("tgt_key_padding_mask", "Tensor"),
            ("memory_key_padding_mask", "Tensor"),
        ),
        "Tensor",
    ),
    "AdaptiveLogSoftmaxWithLoss": Signature((("input", "Tensor"), ("target", "Tensor")), None),
}
LAYERS["TransformerDecoder"] = LAYERS["TransformerDecoderLayer"]
NOT_CALLED = frozenset({"ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "Module"})


def layer_signature(dotted: str) -> Signature | None:
    """The `forward` of a class of `torch.nn`."""
    space, _, name = dotted.rpartition(".")
    if space != "torch.nn" or name in NOT_CALLED:
        return None
    if name in LAYERS:
        return LAYERS[name]
    if name.endswith("Loss"):
        return Signature((("input", "Tensor"), ("target", "Tensor")), "Tensor")
    if "MaxPool" in name:  # with return_indices it gives two
        return Signature((("input", "Tensor"),), None if "Fractional" in name else "Tensor")
    return Signature((("input", "Tensor"),), "Tensor")
