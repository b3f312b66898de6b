"""Whether two encoded values are the same, where they first differ, and by how much."""

import math
from dataclasses import dataclass
from typing import Any

import torch

from .values import TENSOR_KINDS, Decoder, Tree


@dataclass(frozen=True)
class Tolerance:
    """How far two tensors may lie apart. `spread` is what runs of the original show themselves."""

    exact: bool
    spread: float = 0.0


EXACT = Tolerance(exact=True)


@dataclass
class Comparison:
    """The outcome: the first difference in words, and the largest distance of any two numbers."""

    where: str = ""
    what: str = ""
    largest: float = 0.0

    @property
    def same(self) -> bool:
        return not self.what

    def differs(self, where: str, what: str) -> None:
        """Note a difference; the first one is kept."""
        if not self.what:
            self.where, self.what = where, what


def compare(
    expected: Tree,
    expected_bytes: Decoder,
    found: Tree,
    found_bytes: Decoder,
    *,
    tolerance: Tolerance,
    scripted: bool,
    where: str = "output",
) -> Comparison:
    """Compare two trees. With `scripted`, a list stands for a tuple as well, a plain tuple for a
    named one, and a number for a tensor of no dimensions does not; what is opaque never agrees."""
    result = Comparison()
    _Walk(expected_bytes, found_bytes, tolerance, scripted, result).walk(expected, found, where)
    return result


@dataclass
class _Walk:
    expected_bytes: Decoder
    found_bytes: Decoder
    tolerance: Tolerance
    scripted: bool
    result: Comparison

    def walk(self, expected: Any, found: Any, where: str) -> None:
        kinds = self._kind(expected), self._kind(found)
        if kinds[0] == "opaque" or kinds[1] == "opaque":
            self._opaque(expected, found, where)
        elif kinds[0] in TENSOR_KINDS and kinds[1] in TENSOR_KINDS:
            self._tensors(expected, found, where)
        elif kinds[0] != kinds[1]:
            self.result.differs(where, f"{_named(expected)} became {_named(found)}")
        elif kinds[0] == "sequence":
            self._sequences(expected, found, where)
        elif kinds[0] == "dict":
            self._dicts(expected, found, where)
        elif kinds[0] == "float":
            self._floats(float(expected["value"]), float(found["value"]), where)
        elif expected["value"] != found["value"]:
            self.result.differs(where, f"{expected['value']!r} became {found['value']!r}")

    def _kind(self, tree: Any) -> str:
        kind = str(tree["kind"])
        if kind == "size" or (self.scripted and kind in ("list", "tuple")):
            return "sequence"
        return "sequence" if kind in ("list", "tuple") else kind

    def _opaque(self, expected: Any, found: Any, where: str) -> None:
        if self.scripted or _named(expected) != _named(found):
            what = expected if expected["kind"] == "opaque" else found
            self.result.differs(where, f"a {what['type']} cannot be compared")

    def _sequences(self, expected: Any, found: Any, where: str) -> None:
        if not self.scripted and expected["kind"] != found["kind"]:
            self.result.differs(where, f"{_named(expected)} became {_named(found)}")
            return
        ours, theirs = _items(expected), _items(found)
        if len(ours) != len(theirs):
            self.result.differs(where, f"{len(ours)} items became {len(theirs)}")
            return
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            self.walk(one, other, f"{where}[{index}]")

    def _dicts(self, expected: Any, found: Any, where: str) -> None:
        ours = {_key(key): value for key, value in expected["pairs"]}
        theirs = {_key(key): value for key, value in found["pairs"]}
        if ours.keys() != theirs.keys():
            odd = sorted(ours.keys() ^ theirs.keys())
            self.result.differs(where, f"the keys differ: {', '.join(odd)[:200]}")
            return
        for key, value in ours.items():
            self.walk(value, theirs[key], f"{where}[{key}]")

    def _floats(self, expected: float, found: float, where: str) -> None:
        if expected == found or (math.isnan(expected) and math.isnan(found)):
            return
        self._numbers(
            torch.tensor(expected, dtype=torch.float64),
            torch.tensor(found, dtype=torch.float64),
            where,
        )

    def _tensors(self, expected: Any, found: Any, where: str) -> None:
        a, b = self.expected_bytes.tensor(expected), self.found_bytes.tensor(found)
        for what, one, other in (
            ("dtype", a.dtype, b.dtype),
            ("layout", a.layout, b.layout),
            ("shape", list(a.shape), list(b.shape)),
        ):
            if one != other:
                self.result.differs(where, f"{what} {one} became {other}")
                return
        if a.is_quantized:
            scales = [one["parts"][1:] for one in (expected, found)]
            for part, (one, other) in enumerate(zip(*scales, strict=True)):
                self._numbers(
                    self.expected_bytes.tensor(one),
                    self.found_bytes.tensor(other),
                    f"{where}'s {'zero point' if part else 'scale'}",
                )
            a, b = a.int_repr(), b.int_repr()
        if a.layout != torch.strided:
            a, b = a.to_dense(), b.to_dense()
        self._numbers(a, b, where)

    def _numbers(self, a: torch.Tensor, b: torch.Tensor, where: str) -> None:
        if a.shape != b.shape:
            self.result.differs(where, f"shape {list(a.shape)} became {list(b.shape)}")
            return
        if a.numel() == 0:
            return
        if a.dtype.is_floating_point and a.element_size() == 1:
            a, b = a.float(), b.float()
        equal = (a == b) | (torch.isnan(a) & torch.isnan(b))
        if bool(equal.all()):
            return
        largest = _largest(a, b, equal)
        self.result.largest = max(self.result.largest, largest)
        if largest <= self.tolerance.spread:
            return
        if not self.tolerance.exact and _is_close(a, b):
            return
        count = int((~equal).sum())
        self.result.differs(where, f"{count} of {a.numel()} numbers differ")


def _is_close(a: torch.Tensor, b: torch.Tensor) -> bool:
    try:
        torch.testing.assert_close(b, a, equal_nan=True, check_stride=False)
    except AssertionError:
        return False
    return True


def _largest(a: torch.Tensor, b: torch.Tensor, equal: torch.Tensor) -> float:
    wide = torch.complex128 if a.dtype.is_complex else torch.float64
    distance = (a[~equal].to(wide) - b[~equal].to(wide)).abs()
    return float(torch.nan_to_num(distance, nan=float("inf"), posinf=float("inf")).max())


def _items(tree: Any) -> list[Any]:
    if tree["kind"] == "size":
        return [{"kind": "int", "value": repr(n)} for n in tree["items"]]
    return list(tree["items"])


def _key(tree: Any) -> str:
    return f"{tree.get('value')!r}" if tree["kind"] == "plain" else f"{tree.get('value', tree)}"


def _named(tree: Any) -> str:
    kind = tree["kind"]
    if kind == "opaque":
        return str(tree["type"])
    if kind == "plain":
        value = tree["value"]
        return "None" if value is None else type(value).__name__
    return {"size": "torch.Size"}.get(kind, str(kind))
