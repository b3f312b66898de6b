"""How the parameters of a function are written so that TorchScript takes them: none that are
keyword-only with a default, none that are positional-only, no `*args` and no `**kwargs`.

`torch/jit/frontend.py` (`build_param_list`) refuses stars and keyword-only defaults, and leaves
positional-only parameters out without a word.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.kit.answer import Declined

SignatureError = Declined  # until all rules are on the kit


@dataclass(frozen=True)
class NewParameter:
    """A parameter that is to be added."""

    name: str
    annotation: str | None = None
    default: str | None = None

    @property
    def code(self) -> str:
        if self.annotation is None:
            return self.name + (f"={self.default}" if self.default is not None else "")
        return f"{self.name}: {self.annotation}" + (
            f" = {self.default}" if self.default is not None else ""
        )


def signature_code(
    function: FunctionFacts,
    by_position: Sequence[NewParameter] = (),
    by_keyword: Sequence[NewParameter] = (),
) -> str:
    """What stands between the parentheses when the stars of `function` have gone and the new
    parameters have come: those that take a position behind the ones that do, those that are passed
    by keyword behind these.

    None is keyword-only any more: the compiler makes positions of those without a default, too, and
    `torch.jit.save` refuses one that stands behind a default. Raises Declined where one
    would, and where a comment stands among the parameters.
    """
    _refuse_comments(function)
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    without = len(positional) - len(spec.defaults)
    required = [_written(function, each) for each in positional[:without]]
    defaulted = [_written(function, each) for each in positional[without:]]
    only = [each for each in spec.kwonlyargs if each.arg not in function.defaults]
    optional = [each for each in spec.kwonlyargs if each.arg in function.defaults]
    more = [each.code for each in by_position if each.default is None]
    more += [_written(function, each) for each in only]
    more += [each.code for each in by_keyword if each.default is None]
    if more and defaulted:
        raise Declined(f"{more[0].partition(':')[0]} would stand behind a default")
    defaulted += [each.code for each in by_position if each.default is not None]
    defaulted += [_written(function, each) for each in optional]
    defaulted += [each.code for each in by_keyword if each.default is not None]
    return ", ".join([*required, *more, *defaulted])


def _written(function: FunctionFacts, parameter: ast.arg) -> str:
    """A parameter as it stands in the file, with its default."""
    code = function.file.segment(parameter)
    default = function.defaults.get(parameter.arg)
    if default is None:
        return code
    equals = " = " if parameter.annotation is not None else "="
    return f"{code}{equals}{function.file.segment(default)}"


def _refuse_comments(function: FunctionFacts) -> None:
    node = function.node
    inside = [part for part in ast.walk(node.args) if isinstance(part, ast.arg | ast.expr)]
    last = max((part.end_lineno or part.lineno for part in inside), default=node.lineno)
    # Up to the line of the last parameter: a comment behind the header is not among them.
    if last > node.lineno and any(
        "#" in line for line in function.file.lines[node.lineno - 1 : last]
    ):
        raise Declined("a comment stands among its parameters")
