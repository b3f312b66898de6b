"""What torch once had otherwise: the old types of Tensors."""

from torchscript_fix.facts.annotations import OLD_DTYPES

DEVICES = {"torch": "cpu", "torch.cuda": "cuda"}


def old_tensor(dotted: str) -> tuple[str, str] | None:
    """The dtype and the device of an old type: `("int64", "cuda")` of `torch.cuda.LongTensor`."""
    space, _, last = dotted.rpartition(".")
    dtype = OLD_DTYPES.get(f"torch.{last}")
    return (dtype, DEVICES[space]) if dtype is not None and space in DEVICES else None
