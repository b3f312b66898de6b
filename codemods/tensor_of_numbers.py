"""A Tensor that is made of numbers is made by a function: `torch.tensor([…])`, not `torch.Tensor`.

## What the compiler says

"Unknown builtin op: aten::Tensor" for `torch.Tensor([exp(-x) for x in range(n)])`: the class itself
is no function to it.

## What is written instead

    window = torch.tensor([exp(-x) for x in range(n)], dtype=torch.float32)
    noise = torch.empty(n, 1).normal_()

`torch.Tensor` makes whatever it is given a Tensor of the default type, which is float32 unless the
program has set another: where the list is not known to hold floats, for which `torch.tensor` takes
the default type too, the rewrite is `narrowing`. Sizes make a Tensor that nobody has filled yet.

## When it holds back

- The file sets the default type (`set_default_dtype`, `set_default_tensor_type`).

What is made of one thing that is no list, nor an int, stays as it is.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SETS_DEFAULT = ("set_default_dtype", "set_default_tensor_type")


class TensorOfNumbers(Rule):
    """Replaces `torch.Tensor(...)` by functions."""

    name = "tensor-of-numbers"
    summary = "torch.Tensor([1, 2]) becomes torch.tensor([1, 2], dtype=torch.float32)."
    messages = ("Unknown builtin op: aten::Tensor",)
    safety = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a call, or why it stays."""
        if "Tensor(" not in facts.text:
            return
        for function in facts.functions.values():
            if function.scripted:
                for call in function.calls:
                    if facts.dotted(call.func) == "torch.Tensor" and not call.keywords:
                        yield from _found(function, call)


def _found(function: FunctionFacts, call: ast.Call) -> Iterator[Rewrite | HeldBack]:
    file = function.file
    assert isinstance(call.func, ast.Name | ast.Attribute)
    torch = file.segment(call.func).rpartition(".")[0]
    if not torch:
        return  # `Tensor(...)`, by a name of its own
    code, safety = _instead(function, call, torch)
    if code is None:
        return
    setting = next((each for each in SETS_DEFAULT if each in file.text), None)
    if safety is Safety.NARROWING and setting is not None:
        reason = f"the file sets another default type ({setting})"
        yield HeldBack(TensorOfNumbers.name, file.path, call.lineno, function.qualname, reason)
        return
    yield Rewrite(
        rule=TensorOfNumbers.name,
        path=file.path,
        line=call.lineno,
        function=function.qualname,
        summary=code.partition("\n")[0],
        safety=safety,
        edits=(ReplaceExpression(call, code),),
    )


def _instead(function: FunctionFacts, call: ast.Call, torch: str) -> tuple[str | None, Safety]:
    """What stands for a call, and how sure it is to be the same."""
    given = [function.file.segment(each) for each in call.args]
    match call.args:
        case [ast.List(elts=[_, *_]) | ast.ListComp() as numbers]:
            if type_of(numbers, function) == "List[float]":
                return f"{torch}.tensor({given[0]})", Safety.SAFE
            return f"{torch}.tensor({given[0]}, dtype={torch}.float32)", Safety.NARROWING
        case [_, *_] if all(type_of(each, function) == "int" for each in call.args):
            return f"{torch}.empty({', '.join(given)})", Safety.SAFE
    return None, Safety.SAFE
