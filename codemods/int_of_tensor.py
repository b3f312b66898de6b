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

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.schemas_said import argument_of, call_at, mismatches
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SIZES = frozenset({"List[int]", "Optional[List[int]]", "int"})


class IntOfTensor(Rule):
    """Takes numbers out of Tensors where sizes are wanted."""

    name = "int-of-tensor"
    summary = "A number in a Tensor is taken out by int() where a size is wanted."
    messages = (
        "Expected a value of type 'List[int]' for argument",
        "Expected a value of type 'Optional[List[int]]' for argument",
        "Expected a value of type 'int' for argument '<varargs>'",
    )
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each call, or why it stays."""
        done: set[ast.Call] = set()
        for located in self.diagnosed(facts):
            call, function = call_at(located), located.function
            if call is None or function is None or call in done:
                continue
            places = list(_places(call, located.message, function))
            if not places:
                continue
            done.add(call)
            edits: tuple[Edit, ...] = tuple(
                ReplaceExpression(place, f"int({facts.segment(place)})")
                for place in places
                if types_seen(place, function) == {"Tensor"}
            )
            path, line, name = facts.path, call.lineno, function.qualname
            if edits:
                words = f"{len(edits)} numbers are" if len(edits) > 1 else "a number is"
                summary = f"{words} taken out of Tensors"
                yield Rewrite(self.name, path, line, name, summary, Safety.SAFE, edits)
            elif not all(types_seen(place, function) == {"int"} for place in places):
                reason = "nothing shows whether these are Tensors or ints without an annotation"
                yield HeldBack(self.name, path, line, name, reason)


def _places(call: ast.Call, message: str, function: FunctionFacts) -> Iterator[ast.expr]:
    """The sizes in a call that the compiler says are Tensors."""
    for mismatch in mismatches(message):
        if mismatch.wanted not in SIZES or "Tensor" not in mismatch.found:
            continue
        # Among several numbers a Tensor is taken for one; a tuple of them is not.
        is_first = mismatch.argument == "<varargs>" and call.args
        value = call.args[0] if is_first else argument_of(call, mismatch, function)
        if isinstance(value, ast.List | ast.Tuple):
            yield from (element for element in value.elts if _may_be_tensor(element))
            return


def _may_be_tensor(value: ast.expr) -> bool:
    return not isinstance(value, ast.Constant | ast.UnaryOp | ast.Starred) and not (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "int"
    )
