"""A check for CUDA or for torch.distributed is False where the model is scripted.

## What the compiler says

    attribute lookup is not defined on python value of type 'module'
    Tried to lookup unknown attribute on class __torch__.torch.distributed...GroupMember

`torch.cuda.is_available()` and its like are Python that looks into the process. The compiler reads
the source of torch itself, and cannot go on.

## What is written instead

    if torch.cuda.is_available():
        noise = noise.cuda()

becomes

    if False if torch.jit.is_scripting() else torch.cuda.is_available():
        noise = noise.cuda()

Python asks as it always did. To the compiler the answer is a constant, and it leaves out the branch
that belongs to the other one (`torch.jit.is_scripting` in the TorchScript language reference). With
`not`, `and` and `or` between such checks they are one.

What is scripted puts nothing on a GPU by itself: where its parameters lie there, its inputs have to
as well, and what it makes in this branch would still be on the CPU, which torch complains of.

## When it holds back

Where `torch.jit` cannot be spelled in the function.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.scripting import is_told_apart
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.spelling import SpellingError, spelled_is_scripting
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

CHECKS = frozenset(
    {
        "torch.cuda.is_available",
        "torch.cuda.is_initialized",
        "torch.distributed.is_available",
        "torch.distributed.is_initialized",
        "torch.onnx.is_in_onnx_export",
        "torch.xpu.is_available",
    }
)
"""Functions of no arguments that do not compile (torch 2.13.0), and say whether the process has
what a compiled model does without."""
TAKE_ANY = (ast.If, ast.While, ast.Assign, ast.AnnAssign, ast.Return, ast.Call, ast.keyword)
"""Nodes in which a conditional expression needs no parentheses."""


class EnvironmentCheck(Rule):
    name: ClassVar[str] = "environment-check"
    summary: ClassVar[str] = "A check for CUDA or torch.distributed is False where it is scripted."
    messages: ClassVar[tuple[str, ...]] = (
        "attribute lookup is not defined on python value of type 'module'",
        "Tried to lookup unknown attribute on class __torch__.torch.distributed",
        "python value of type 'bool' cannot be used as a value",
        "import statements aren't supported",
        "global variables aren't supported",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a check, or several in one condition, of a function that has one."""
        functions = dict.fromkeys(located.function for located in self.diagnosed(facts))
        for function in functions:
            if function is None or function.file is not facts:
                continue
            whole = dict.fromkeys(
                _whole(c, function) for c in function.calls if _is_check(c, facts)
            )
            for check in whole:
                if not is_told_apart(check, function):
                    yield self._one(check, function)

    def _one(self, check: ast.expr, function: FunctionFacts) -> Rewrite | HeldBack:
        facts, line = function.file, check.lineno
        try:
            is_scripting = spelled_is_scripting(function)
        except SpellingError as error:
            return HeldBack(self.name, facts.path, line, function.qualname, str(error))
        answer = _answer(check, facts)
        code = f"{answer} if {is_scripting.code} else {facts.segment(check)}"
        if "\n" in code or not isinstance(facts.parents[check], TAKE_ANY):
            code = f"({code})"
        return Rewrite(
            self.name,
            facts.path,
            line,
            function.qualname,
            f"{ast.unparse(check)}: {answer} where it is scripted",
            Safety.NARROWING,
            (*is_scripting.imports, ReplaceExpression(check, code)),
        )


def _is_check(node: ast.expr, facts: FileFacts) -> bool:
    return isinstance(node, ast.Call) and facts.dotted(node.func) in CHECKS


def _whole(check: ast.expr, function: FunctionFacts) -> ast.expr:
    """The largest expression around a check that is made of checks alone."""
    around = function.file.parents[check]
    while isinstance(around, ast.expr) and _answer(around, function.file) is not None:
        check, around = around, function.file.parents[around]
    return check


def _answer(node: ast.expr, facts: FileFacts) -> bool | None:
    """What is made of checks alone gives where each of them gives False; None for all else."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inside = _answer(operand, facts)
            return None if inside is None else not inside
        case ast.BoolOp(op=op, values=values):
            answers = [_answer(value, facts) for value in values]
            if None in answers:
                return None
            return all(answers) if isinstance(op, ast.And) else any(answers)
    return False if _is_check(node, facts) else None
