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

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.scripting import is_told_apart
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit import Fix, Safety, Site, SiteRule
from torchscript_fix.kit.code import in_place_of
from torchscript_fix.kit.fold import parts_of, truth
from torchscript_fix.kit.spelling import spelled_is_scripting

CHECKS = words("""
    torch.cuda.is_available torch.cuda.is_initialized torch.distributed.is_available
    torch.distributed.is_initialized torch.onnx.is_in_onnx_export torch.xpu.is_available
    """)
"""Functions of no arguments that do not compile (torch 2.13.0), and say whether the process has
what a compiled model does without."""
TAKE_ANY = ast.If | ast.While | ast.Assign | ast.AnnAssign | ast.Return | ast.Call | ast.keyword
"""Nodes in which a conditional expression needs no parentheses."""


class EnvironmentCheck(SiteRule[Site[ast.expr]]):
    name = "environment-check"
    summary = "A check for CUDA or torch.distributed is False where it is scripted."
    messages = (
        "attribute lookup is not defined on python value of type 'module'",
        "Tried to lookup unknown attribute on class __torch__.torch.distributed",
        "python value of type 'bool' cannot be used as a value",
        "import statements aren't supported",
        "global variables aren't supported",
    )
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[Site[ast.expr]]:
        for function in self.functions(file):
            for call in function.calls:
                if _is_check(call, file):
                    yield Site(_whole(call, function), function)

    def fix(self, site: Site[ast.expr]) -> Fix | None:
        if is_told_apart(site.node, site.function):
            return None
        is_scripting = spelled_is_scripting(site.function)
        answer = truth(site.node, lambda check: False)
        code = f"{answer} if {is_scripting.code} else {site.code}"
        edit = ReplaceExpression(site.node, in_place_of(site.node, code, site.file, TAKE_ANY))
        summary = f"{ast.unparse(site.node)}: {answer} where it is scripted"
        return Fix(summary, [*is_scripting.imports, edit])


def _is_check(node: ast.expr, file: FileFacts) -> bool:
    return isinstance(node, ast.Call) and file.dotted(node.func) in CHECKS


def _whole(check: ast.expr, function: FunctionFacts) -> ast.expr:
    """The largest expression around a check that is made of checks alone."""
    file, around = function.file, function.file.parents[check]
    while isinstance(around, ast.expr) and all(_is_check(p, file) for p in parts_of(around)):
        check, around = around, file.parents[around]
    return check
