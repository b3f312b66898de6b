"""Cases that the user names: `--case 'pkg.mod:build()' --input 'torch.rand(1, 3, 8, 8)'`."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from torchscript_fix.cases import method as methods
from torchscript_fix.cases.method import calling

_NAMED = re.compile(r"(?P<name>[\w.-]+)=(?P<target>[\w.]+:.*)", re.DOTALL)
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


class CaseError(ValueError):
    """A case that does not parse, in words for people."""


@dataclass(frozen=True)
class DeclaredCase:
    """One model and one call of it.

    `target` is `module:expression`, the expression evaluated among the module's names. Each of
    `inputs` is what one would write between the parentheses of the call, so mostly one argument:
    `torch.rand(1, 3)`, `mask=None`; torch, math and numpy are known in it beside the module's
    names. Without any, the model is called without arguments.
    """

    name: str
    target: str
    inputs: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The dotted name before the colon."""
        return self.target.partition(":")[0]

    @property
    def expression(self) -> str:
        """What is behind the colon."""
        return self.target.partition(":")[2]


def with_method(case: str, method: str) -> str:
    """The text of a `--case` whose model has this method called in place of forward. What is no
    case stays what it is. Raises CaseError for what is no name."""
    if not method.isidentifier():
        raise CaseError(f"--method {method!r} is no name of a method, as 'encode' is")
    head, colon, expression = case.strip().partition(":")
    return f"{head}:{calling(expression.strip(), method)}" if colon and expression else case


def parse_declared(case: str, inputs: Sequence[str]) -> DeclaredCase:
    """The case of one `--case` and its `--input`s. `NAME=module:expression` gives it a name; else
    it is called as it is written. Raises CaseError."""
    text = case.strip()
    named = _NAMED.fullmatch(text)
    name, target = (named["name"], named["target"]) if named else (text, text)
    module, colon, expression = target.partition(":")
    expression = expression.strip()
    if not colon or not expression or not _MODULE.fullmatch(module):
        raise CaseError(
            f"--case {case!r}: expected 'module:expression', "
            "as in 'networks.saliency:build_model(\"small\")'"
        )
    try:
        ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError) as error:
        why = error.msg if isinstance(error, SyntaxError) else error
        raise CaseError(f"--case {case!r}: {expression!r} is no expression: {why}") from error
    if named is None:
        name = methods.named(module, expression)
    return DeclaredCase(name, f"{module}:{expression}", tuple(map(parse_input, inputs)))


def parse_input(text: str) -> str:
    """One `--input`, shown to be arguments of one call and no more. Raises CaseError."""
    stripped = text.strip()
    try:
        tree = ast.parse(f"f({stripped}\n)", mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise CaseError(
            f"--input {text!r} is no argument; write it as in a call, "
            "'torch.rand(1, 3, 8, 8)' or 'mask=None'"
        ) from error
    alone = isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "f"
    if not alone or not stripped or not _ends_itself(stripped):
        raise CaseError(f"--input {text!r} is no argument of a call")
    return stripped.rstrip(",")


def _ends_itself(text: str) -> bool:
    """Whether no comment at its end would swallow what follows."""
    try:
        ast.parse(f"f({text})", mode="eval")
    except SyntaxError:
        return False
    return True
