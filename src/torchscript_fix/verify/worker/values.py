"""Values as plain data: a JSON tree beside one file of raw tensor bytes. Never pickle.

A tree is made of dictionaries with a "kind"; a tensor in it says where its bytes stand in the file.
What cannot be said this way is kept as its type's name, `{"kind": "opaque", "type": "Foo"}`.
"""

import ctypes
import dataclasses
import hashlib
import mmap
import os
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

import torch

from .stand_ins import note_returned

Tree = dict[str, Any]

ALIGNMENT = 64
MOST_DEPTH = 48
"""Deeper than this a structure is taken to contain itself."""
LARGEST_BLOB = 4 << 30
"""Bytes of tensors in one file; more is refused."""


class Undecodable(Exception):
    """A tree that does not fit its bytes, or holds what cannot be made again."""


# ------------------------------------------------------------------------------------- writing


class Encoder:
    """Writes the tensors of the trees it makes into one file, one behind the other, the same bytes
    once: mostly a second run gives what the first gave."""

    def __init__(self, blob: BinaryIO) -> None:
        self._blob = blob
        self._end = 0
        self._written: dict[bytes, int] = {}

    def encode(self, value: Any, depth: int = 0) -> Tree:
        """The tree of any value. Raises nothing that the value's own methods raise."""
        if depth > MOST_DEPTH:
            return _opaque(value)
        try:
            return self._encode(value, depth)
        except Exception:
            return _opaque(value)

    def _encode(self, value: Any, depth: int) -> Tree:
        if value is None or isinstance(value, (bool, str)):
            return {"kind": "plain", "value": value}
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, (int, float, complex)) and type(value) in (int, float, complex):
            return {"kind": type(value).__name__, "value": repr(value)}
        if isinstance(value, torch.Size):
            return {"kind": "size", "items": [int(n) for n in value]}
        if isinstance(value, (torch.dtype, torch.device)):
            return {"kind": type(value).__name__, "value": str(value)}
        if isinstance(value, (list, tuple)):
            items = [self.encode(item, depth + 1) for item in value]
            return {"kind": "list" if isinstance(value, list) else "tuple", "items": items}
        if isinstance(value, Mapping):
            pairs = [
                [self.encode(key, depth + 1), self.encode(item, depth + 1)]
                for key, item in value.items()
            ]
            return {"kind": "dict", "pairs": pairs}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            pairs = [
                [{"kind": "plain", "value": f.name}, self.encode(getattr(value, f.name), depth + 1)]
                for f in dataclasses.fields(value)
            ]
            return {"kind": "dict", "pairs": pairs, "type": type(value).__name__}
        return self._numpy(value)

    def _numpy(self, value: Any) -> Tree:
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(getattr(numpy, "ndarray", None), type):
            return _opaque(value)
        if not isinstance(value, (numpy.ndarray, numpy.generic)):
            return _opaque(value)
        tensor = torch.from_numpy(numpy.array(value))
        return {**self._tensor(tensor), "numpy": type(value).__name__}

    def _tensor(self, tensor: torch.Tensor) -> Tree:
        tensor = tensor.detach()
        if type(tensor) is not torch.Tensor:
            tensor = tensor.as_subclass(torch.Tensor)
        if tensor.is_meta or tensor.is_nested:
            return _opaque(tensor)
        if tensor.is_quantized:
            return self._quantized(tensor)
        if tensor.layout == torch.sparse_coo:
            tensor = tensor.coalesce()
            return {
                "kind": "sparse_coo",
                "shape": list(tensor.shape),
                "parts": [self._tensor(tensor.indices()), self._tensor(tensor.values())],
            }
        if tensor.layout == torch.sparse_csr:
            parts = [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
            return {
                "kind": "sparse_csr",
                "shape": list(tensor.shape),
                "parts": [self._tensor(part) for part in parts],
            }
        if tensor.layout != torch.strided:
            return _opaque(tensor)
        tree = self._raw(tensor)
        if not tensor.is_contiguous() and _is_dense(tensor):
            tree["stride"] = list(tensor.stride())
        return tree

    def _quantized(self, tensor: torch.Tensor) -> Tree:
        tree: Tree = {"kind": "quantized", "dtype": _dtype_name(tensor.dtype), "axis": None}
        if tensor.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
            scales: Any = torch.tensor(tensor.q_scale(), dtype=torch.float64)
            zeros: Any = torch.tensor(tensor.q_zero_point())
        else:
            scales = tensor.q_per_channel_scales()
            zeros = tensor.q_per_channel_zero_points()
            tree["axis"] = tensor.q_per_channel_axis()
        tree["parts"] = [self._raw(part) for part in (tensor.int_repr(), scales, zeros)]
        return tree

    def _raw(self, tensor: torch.Tensor) -> Tree:
        view, _keep = raw_bytes(tensor)
        return {
            "kind": "tensor",
            "dtype": _dtype_name(tensor.dtype),
            "shape": list(tensor.shape),
            "offset": self._place(view),
            "size": len(view),
        }

    def _place(self, view: memoryview) -> int:
        """Where the bytes stand in the file; written there if they were not yet."""
        digest = hashlib.blake2b(view, digest_size=20).digest()
        known = self._written.get(digest)
        if known is not None:
            return known
        padding = -self._end % ALIGNMENT
        if self._end + padding + len(view) > LARGEST_BLOB:
            raise Undecodable("more tensor data than is kept")
        self._blob.write(b"\0" * padding)
        self._blob.write(view)
        start = self._written[digest] = self._end + padding
        self._end = start + len(view)
        return start


def raw_bytes(tensor: torch.Tensor) -> tuple[memoryview, torch.Tensor]:
    """The bytes of a strided tensor in row-major order, and what must live as long as they do."""
    flat = tensor.detach().as_subclass(torch.Tensor).cpu()
    flat = flat.resolve_conj().resolve_neg().contiguous()
    size = flat.numel() * flat.element_size()
    if not size:
        return memoryview(b""), flat
    buffer = (ctypes.c_char * size).from_address(flat.data_ptr())
    return memoryview(buffer).cast("B"), flat


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether the strides are a permutation of contiguous ones, such as channels_last."""
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size == 1:
            continue
        if stride != expected:
            return False
        expected *= size
    return True


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).rpartition(".")[2]


def _opaque(value: Any) -> Tree:
    note_returned(value)
    return {"kind": "opaque", "type": type(value).__name__}


# ------------------------------------------------------------------------------------- reading


class Decoder:
    """Makes the values of trees from their bytes, a writable buffer that the tensors share."""

    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer
        self._size = len(buffer)
        self._used: set[int] = set()

    @classmethod
    def of_file(cls, path: str) -> "Decoder":
        """Of the bytes in a file. What is done to the tensors in place stays in this Decoder."""
        if not os.path.getsize(path):
            return cls(bytearray())
        with open(path, "rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))

    def decode(self, tree: Any) -> Any:
        """The value of a tree; named tuples come as tuples. Raises Undecodable."""
        try:
            return self._decode(tree)
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise Undecodable(f"{type(error).__name__}: {error}") from error

    def _decode(self, tree: Any) -> Any:
        kind = tree["kind"]
        if kind == "plain":
            return tree["value"]
        if kind in ("int", "float", "complex"):
            return {"int": int, "float": float, "complex": complex}[kind](tree["value"])
        if kind == "size":
            return torch.Size(tree["items"])
        if kind == "device":
            return torch.device(tree["value"])
        if kind == "dtype":
            return _dtype(tree["value"].rpartition(".")[2])
        if kind in ("list", "tuple"):
            items = [self._decode(item) for item in tree["items"]]
            return items if kind == "list" else tuple(items)
        if kind == "dict":
            return {self._decode(key): self._decode(value) for key, value in tree["pairs"]}
        if kind == "opaque":
            raise Undecodable(f"a {tree['type']}, which is neither a tensor nor a plain value")
        if tree.get("numpy"):
            raise Undecodable(f"a numpy {tree['numpy']}, which TorchScript does not take")
        return self.tensor(tree)

    def tensor(self, tree: Any) -> torch.Tensor:
        """The tensor of a tree of one of the tensor kinds."""
        kind = tree["kind"]
        if kind == "sparse_coo":
            indices, values = map(self.tensor, tree["parts"])
            made = torch.sparse_coo_tensor(indices, values, tree["shape"])
            return made.coalesce()
        if kind == "sparse_csr":
            crow, col, values = map(self.tensor, tree["parts"])
            return torch.sparse_csr_tensor(crow, col, values, tree["shape"])
        if kind == "quantized":
            return self._quantized(tree)
        flat = self._flat(tree)
        if "stride" in tree:
            made = torch.empty_strided(tree["shape"], tree["stride"], dtype=flat.dtype)
            return made.copy_(flat.reshape(tree["shape"]))
        return flat.reshape(tree["shape"])

    def _flat(self, tree: Any) -> torch.Tensor:
        dtype, offset, size = _dtype(tree["dtype"]), int(tree["offset"]), int(tree["size"])
        if not size:
            return torch.empty(0, dtype=dtype)
        if offset < 0 or size < 0 or offset + size > self._size:
            raise Undecodable("a tensor lies outside its file")
        raw = torch.frombuffer(self._buffer, dtype=torch.uint8, count=size, offset=offset)
        if offset in self._used:  # two tensors of the same bytes are still two
            raw = raw.clone()
        self._used.add(offset)
        return raw.view(dtype)

    def _quantized(self, tree: Any) -> torch.Tensor:
        values, scales, zeros = map(self.tensor, tree["parts"])
        make: Any = torch
        if tree["axis"] is None:
            return make._make_per_tensor_quantized_tensor(values, scales.item(), int(zeros.item()))  # type: ignore[no-any-return]
        return make._make_per_channel_quantized_tensor(values, scales, zeros, tree["axis"])  # type: ignore[no-any-return]


TENSOR_KINDS = frozenset({"tensor", "sparse_coo", "sparse_csr", "quantized"})


def _dtype(name: str) -> torch.dtype:
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise Undecodable(f"no dtype {name!r}")
    return dtype
