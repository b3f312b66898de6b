"""`@torch.no_grad()` on a method becomes `with torch.no_grad():` in it.

## What the compiler says

    undefined value torch

of a name that is there; or, where the name is F, "python value of type 'TypeVar'". A decorated
function is a function of `torch/utils/_contextlib.py` to the compiler: it reads the source of the
one that is inside, and looks for its names in that file.

## What is written instead

    @torch.no_grad()                        def features(self, x):
    def features(self, x):                      with torch.no_grad():
        return torch.relu(self.conv(x))             return torch.relu(self.conv(x))

To the same effect in Python. What is scripted then does without gradients, too, as it is written:
of a decorator that compiles the compiler takes no notice.

## When it holds back

- The function is a generator, or has a decorator beside this one that may wrap it.
- It is `enable_grad` or `inference_mode`: TorchScript has neither.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import DecoratorToWith
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

WRAPPER = "torch/utils/_contextlib.py"
NO_GRAD = "torch.no_grad"
OTHERS = frozenset(
    {"torch.enable_grad", "torch.inference_mode", "torch.autocast", "torch.amp.autocast"}
)
"""Contexts that are decorators as well, and that TorchScript has not (torch 2.13.0)."""
TRANSPARENT = frozenset({"staticmethod", "classmethod", "property"})
"""Decorators that take the function as it comes."""


class NoGradDecorator(Rule):
    name: ClassVar[str] = "no-grad-decorator"
    summary: ClassVar[str] = "@torch.no_grad() on a method becomes `with torch.no_grad():` in it."
    messages: ClassVar[tuple[str, ...]] = (
        "undefined value ",
        "attribute lookup is not defined on python value of type 'TypeVar'",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a function that is compiled: the compiler names a line of torch's."""
        diagnoses = facts.project.diagnosed.diagnoses
        if any(WRAPPER in (each.outside or "") for each in diagnoses):
            for function in facts.functions_in_question:
                if function.scripted:
                    found = self._one(function)
                    if found is not None:
                        yield found

    def _one(self, function: FunctionFacts) -> Rewrite | HeldBack | None:
        node, file = function.node, function.file
        if not isinstance(node, ast.FunctionDef):
            return None
        for decorator in node.decorator_list:
            name = _called(decorator, file)
            if name in OTHERS:
                return self._held(function, f"TorchScript has no {name}")
            if name == NO_GRAD:
                if any(isinstance(inside, ast.Yield | ast.YieldFrom) for inside in function.nodes):
                    return self._held(function, "a generator is left and entered again")
                others = [each for each in node.decorator_list if each is not decorator]
                if not {_called(each, file) for each in others} <= TRANSPARENT:
                    return self._held(function, "the function has another decorator")
                return self._rewrite(function, node, decorator)
        return None

    def _rewrite(
        self, function: FunctionFacts, node: ast.FunctionDef, decorator: ast.expr
    ) -> Rewrite:
        code = function.file.segment(decorator)
        code = code if isinstance(decorator, ast.Call) else f"{code}()"
        return Rewrite(
            self.name,
            function.file.path,
            node.lineno,
            function.qualname,
            f"with {code} in the place of the decorator",
            Safety.SAFE,
            (DecoratorToWith(node, decorator, code),),
        )

    def _held(self, function: FunctionFacts, reason: str) -> HeldBack:
        line = function.node.lineno
        return HeldBack(self.name, function.file.path, line, function.qualname, reason)


def _called(decorator: ast.expr, file: FileFacts) -> str:
    """The dotted name of a decorator, called or not."""
    return file.dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
