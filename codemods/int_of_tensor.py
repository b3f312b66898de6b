"""A number that is in a Tensor, and goes where a size is wanted, is taken out: `int(...)`.

## What the compiler says

    Expected a value of type 'List[int]' for argument 'pad' but instead found type 'List[Tensor]'.

Python takes a Tensor of one element for an index, by its `__index__`. TorchScript does not.

## What is written instead

    dx = torch.tensor([a.size(3) - b.size(3)])
    b = F.pad(b, [dx // 2, dx - dx // 2, 0, 0])
    →
    b = F.pad(b, [int(dx // 2), int(dx - dx // 2), 0, 0])

## When it holds back

Where nothing shows that it is a Tensor: what has no annotation is one to the compiler alone, and
needs its real type instead.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.schemas_said import argument_of, mismatches
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.kit import CallRule, Fix, Safety, Site, require

SIZES = frozenset({"List[int]", "Optional[List[int]]", "int"})


class IntOfTensor(CallRule):
    name = "int-of-tensor"
    summary = "A number in a Tensor is taken out by int() where a size is wanted."
    messages = (
        "Expected a value of type 'List[int]' for argument",
        "Expected a value of type 'Optional[List[int]]' for argument",
        "Expected a value of type 'int' for argument '<varargs>'",
    )
    safety = Safety.SAFE

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        seen = [(place, types_seen(place, site.function)) for place in _places(site)]
        numbers = [place for place, types in seen if types == {"Tensor"}]
        shown = numbers or all(types == {"int"} for _, types in seen)
        require(shown, "nothing shows whether these are Tensors or ints without an annotation")
        if not numbers:
            return None
        words = f"{len(numbers)} numbers are" if len(numbers) > 1 else "a number is"
        edits = [ReplaceExpression(each, f"int({site.file.segment(each)})") for each in numbers]
        return Fix(f"{words} taken out of Tensors", edits)


def _places(site: Site[ast.Call]) -> Iterator[ast.expr]:
    """The sizes in a call that the compiler says are Tensors."""
    call = site.node
    for mismatch in mismatches(site.message):
        if mismatch.wanted not in SIZES or "Tensor" not in mismatch.found:
            continue
        # Among several numbers a Tensor is taken for one; a tuple of them is not.
        is_first = mismatch.argument == "<varargs>" and call.args
        value = call.args[0] if is_first else argument_of(call, mismatch, site.function)
        if isinstance(value, ast.List | ast.Tuple):
            yield from filter(_may_be_tensor, value.elts)
            return


def _may_be_tensor(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.UnaryOp() | ast.Starred() | ast.Call(func=ast.Name(id="int")):
            return False
    return True
