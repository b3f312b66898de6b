"""A keyword-only argument with a default becomes one that may also be passed by position.

## What the compiler says

"Compiled functions can't take variable number of arguments or use keyword-only arguments with
defaults" for `def loss(x, y, *, reduction="mean")`. Positional-only parameters, those before a `/`,
it leaves out without a word: "methods must have a self argument", "undefined value x".

## What is written instead

    def loss(x, y, *, reduction="mean"):          def loss(x, y, reduction="mean"):
    def forward(self, x, /, mask=None):           def forward(self, x, mask=None):

Every call that was right is right as before; some that were refused are taken.

## When it holds back

- A keyword-only parameter without a default would stand behind one that has a default.
- A comment stands among the parameters.

A function with `*args` or `**kwargs` is the business of varargs. Functions that scripting never
reaches stay as they are.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import ReplaceParameters
from torchscript_fix.facts.annotations import takes_no_annotation
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.signature import SignatureError, signature_code
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety


class KeywordOnlyArgument(Rule):
    """Makes keyword-only parameters with a default, and positional-only ones, plain."""

    name = "keyword-only-argument"
    summary = "A keyword-only argument with a default becomes one that position may pass too."
    messages = (
        "use keyword-only arguments with defaults",
        "methods must have a self argument",
    )
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a function, or why it stays."""
        pointed_at = {located.function for located in self.diagnosed(facts)}
        for function in facts.functions_in_question:
            wanted = function.scripted or function in pointed_at
            if wanted and _is_refused(function) and not takes_no_annotation(function):
                yield _finding(function)


def _is_refused(function: FunctionFacts) -> bool:
    spec = function.node.args
    if spec.vararg is not None or spec.kwarg is not None:
        return False
    return bool(spec.posonlyargs) or any(each is not None for each in spec.kw_defaults)


def _finding(function: FunctionFacts) -> Rewrite | HeldBack:
    node = function.node
    assert isinstance(node, ast.FunctionDef)
    try:
        code = signature_code(function)
    except SignatureError as error:
        return HeldBack(
            KeywordOnlyArgument.name, function.file.path, node.lineno, function.qualname, str(error)
        )
    return Rewrite(
        rule=KeywordOnlyArgument.name,
        path=function.file.path,
        line=node.lineno,
        function=function.qualname,
        summary=f"{function.name}({code})",
        safety=Safety.SAFE,
        edits=(ReplaceParameters(node, code),),
    )
