"""Values survive the way through JSON and raw bytes; comparing finds what differs."""

import io
import math
import warnings
from collections import OrderedDict, namedtuple
from typing import Any

import pytest
import torch

from torchscript_fix.verify.worker.compare import Comparison, Tolerance, compare
from torchscript_fix.verify.worker.trace import spell
from torchscript_fix.verify.worker.values import Decoder, Encoder, Undecodable

Pair = namedtuple("Pair", "a b")


def encoded(value: Any) -> tuple[Any, Decoder]:
    blob = io.BytesIO()
    tree = Encoder(blob).encode(value)
    return tree, Decoder(bytearray(blob.getvalue()))


def difference(
    one: Any, other: Any, exact: bool = True, scripted: bool = False, spread: float = 0.0
) -> Comparison:
    (a, a_bytes), (b, b_bytes) = encoded(one), encoded(other)
    tolerance = Tolerance(exact, spread)
    return compare(a, a_bytes, b, b_bytes, tolerance=tolerance, scripted=scripted)


pytestmark = pytest.mark.filterwarnings("ignore")
warnings.filterwarnings("ignore", "Sparse CSR|torch.quantize_per")

TENSORS = {
    "float": torch.rand(2, 3),
    "double": torch.rand(2, dtype=torch.float64),
    "bfloat16": torch.rand(3).bfloat16(),
    "half": torch.rand(3).half(),
    "float8": torch.rand(4).to(torch.float8_e4m3fn),
    "complex": torch.rand(2, dtype=torch.complex64),
    "conjugate": torch.rand(2, dtype=torch.complex64).conj(),
    "bool": torch.rand(3) > 0.5,
    "uint8": torch.arange(3, dtype=torch.uint8),
    "int64": torch.arange(3),
    "no-dimensions": torch.tensor(1.5),
    "no-numbers": torch.empty(0, 3),
    "transposed": torch.rand(2, 3).t(),
    "expanded": torch.rand(1, 3).expand(4, 3),
    "channels-last": torch.rand(1, 2, 3, 4).to(memory_format=torch.channels_last),
    "sparse": torch.eye(3).to_sparse(),
    "csr": torch.eye(3).to_sparse_csr(),
    "quantized": torch.quantize_per_tensor(torch.rand(3), 0.1, 2, torch.quint8),
    "quantized-by-channel": torch.quantize_per_channel(
        torch.rand(2, 3), torch.tensor([0.1, 0.2]), torch.tensor([0, 1]), 0, torch.qint8
    ),
    "nan-and-inf": torch.tensor([math.nan, math.inf, -math.inf]),
    "with-a-gradient": torch.rand(2, requires_grad=True),
}


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_comes_back_as_it_was(name: str) -> None:
    tensor = TENSORS[name]
    tree, blob = encoded(tensor)
    made = blob.decode(tree)
    assert made.dtype == tensor.dtype
    assert made.shape == tensor.shape
    assert made.layout == tensor.layout
    assert difference(tensor, made).same
    if tensor.layout == torch.strided and not tensor.is_quantized and name != "expanded":
        assert made.stride() == tensor.stride()


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 1 << 70, -0.5, math.inf, 1 + 2j, "text", [], (), {}, [1, (2.5, None)]],
    ids=repr,
)
def test_a_plain_value_comes_back_as_it_was(value: Any) -> None:
    tree, blob = encoded(value)
    made = blob.decode(tree)
    assert made == value
    assert type(made) is type(value)


def test_containers_of_other_kinds() -> None:
    tree, blob = encoded(
        OrderedDict(size=torch.Size([1, 2]), pair=Pair(1, 2), where=torch.device("cpu"))
    )
    assert blob.decode(tree) == {
        "size": torch.Size([1, 2]),
        "pair": (1, 2),
        "where": torch.device("cpu"),
    }


def test_the_same_bytes_are_kept_once_and_come_back_as_two() -> None:
    blob = io.BytesIO()
    tree = Encoder(blob).encode([torch.ones(1000), torch.ones(10, 100)])
    assert len(blob.getvalue()) == 4000
    one, other = Decoder(bytearray(blob.getvalue())).decode(tree)
    one.zero_()
    assert torch.equal(other, torch.ones(10, 100))


def test_what_has_no_plain_form_is_known_by_its_type() -> None:
    tree, blob = encoded([object()])
    assert tree["items"] == [{"kind": "opaque", "type": "object"}]
    with pytest.raises(Undecodable, match="a object"):
        blob.decode(tree)


def test_a_list_that_contains_itself() -> None:
    value: list[Any] = []
    value.append(value)
    assert encoded(value)[0]["kind"] == "list"


def test_a_value_that_raises_when_looked_at() -> None:
    class Sly(dict[str, int]):
        def items(self) -> Any:
            raise KeyError

    assert encoded(Sly(a=1))[0] == {"kind": "opaque", "type": "Sly"}


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"kind": "tensor", "dtype": "float32", "shape": [9], "offset": 0, "size": 36},
        {"kind": "tensor", "dtype": "float32", "shape": [1], "offset": -4, "size": 4},
        {"kind": "tensor", "dtype": "load", "shape": [1], "offset": 0, "size": 4},
        {"kind": "tensor", "dtype": "float32", "shape": [7], "offset": 0, "size": 4},
        {"kind": "list", "items": 3},
    ],
)
def test_a_tree_that_does_not_fit_its_bytes_is_refused(tree: Any) -> None:
    with pytest.raises(Undecodable):
        Decoder(bytearray(16)).decode(tree)


# ----------------------------------------------------------------------------------- comparing


def test_the_first_difference_is_named_and_the_largest_is_measured() -> None:
    one = [torch.zeros(2), {"k": torch.zeros(3)}, torch.zeros(1)]
    other = [torch.zeros(2), {"k": torch.tensor([0, 0.5, 0])}, torch.full((1,), 2.0)]
    found = difference(one, other)
    assert (found.where, found.what) == ("output[1]['k']", "1 of 3 numbers differ")
    assert found.largest == 2.0


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (torch.zeros(2), torch.zeros(3), "shape"),
        (torch.zeros(2), torch.zeros(2).double(), "dtype"),
        (torch.zeros(2), torch.zeros(2).to_sparse(), "layout"),
        (torch.zeros(2), [0.0, 0.0], "tensor became list"),
        (torch.zeros(()), 0.0, "tensor became float"),
        ([1, 2], [1], "2 items became 1"),
        ([1], (1,), "list became tuple"),
        ({"a": 1}, {"b": 1}, "keys differ"),
        (1, True, "int became bool"),
        (None, 1, "None became int"),
        ("a", "b", "'a' became 'b'"),
        (1.0, 2.0, "1 of 1 numbers differ"),
        (object(), {1}, "cannot be compared"),
    ],
)
def test_differences_in_words(one: Any, other: Any, words: str) -> None:
    assert words in difference(one, other).what


def test_nan_is_nan_and_zero_has_no_sign() -> None:
    assert difference(torch.tensor([math.nan, 0.0]), torch.tensor([math.nan, -0.0])).same
    assert difference(math.nan, math.nan).same
    assert not difference(torch.tensor([math.nan]), torch.tensor([1.0])).same


def test_bit_for_bit_or_close() -> None:
    one, other = torch.ones(3), torch.ones(3) + 1e-6
    assert not difference(one, other).same
    close = difference(one, other, exact=False)
    assert close.same
    assert close.largest == pytest.approx(1e-6, rel=0.1)
    assert not difference(one, one + 1e-3, exact=False).same


def test_within_what_the_original_itself_shows() -> None:
    assert difference(torch.zeros(1), torch.ones(1), spread=1.5).same
    assert not difference(torch.zeros(1), torch.full((1,), 2.0), spread=1.5).same


def test_scripted_a_list_stands_for_a_tuple() -> None:
    assert difference((1, [2]), [1, (2,)], scripted=True).same
    assert difference(torch.Size([1]), [1], scripted=True).same
    assert not difference([object()], [object()], scripted=True).same


def test_the_same_unknown_type_is_let_pass_in_eager_mode() -> None:
    assert difference([object()], [object()]).same


# ------------------------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (torch.zeros(1), "Tensor"),
        (torch.nn.Parameter(torch.zeros(1)), "Tensor"),
        (None, "None"),
        (True, "bool"),
        (1, "int"),
        (1.0, "float"),
        ("a", "str"),
        (torch.Size([1]), "List[int]"),
        ([1, 2], "List[int]"),
        ([torch.zeros(1), None], "List[Optional[Tensor]]"),
        ([[1], []], "List[List[int]]"),
        ([1, "a"], "List[Union[int, str]]"),
        ([], ""),
        ({}, ""),
        ((torch.zeros(1), 2), "Tuple[Tensor, int]"),
        ((), "Tuple[()]"),
        ({"a": torch.zeros(1)}, "Dict[str, Tensor]"),
        ({"a": 1, "b": None}, "Dict[str, Optional[int]]"),
        ({(1,): 1}, "?"),
        (Pair(1, 2), "Pair"),
        (torch.nn.ReLU(), "?"),
        (torch.float32, "torch.dtype"),
        (torch.device("cpu"), "torch.device"),
    ],
    ids=lambda each: str(each)[:30],
)
def test_types_in_torchscripts_spelling(value: Any, spelled: str) -> None:
    assert spell(value) == spelled
