"""What a function says that it returns is what it returns.

## What the compiler says

"Return value was annotated as having type Tensor but is actually of type Tuple[Tensor, Tensor]",
where an annotation is wrong; and where it says `Any`, what is done with the value is refused:
"Expected a value of type 'Tensor' for argument 'input' but instead found type 'Any'".

## What is written instead

    def features(self, x) -> Tuple[Tensor, Tensor]:
        return x, self.fc(x)

The type is the one that cases saw the function return. An annotation changes nothing in Python.

## When it holds back

- No case saw the function return, or it returned values of several types.
- What it returned has no type in TorchScript.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import AnnotateReturn
from torchscript_fix.facts.annotations import annotation_type, takes_no_annotation
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import NONE, seen_together
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

WRONG = "Return value was annotated as having type"
ANY = ("found type 'Any'", "'Any' object", "of type Any")


class ReturnedType(Rule):
    """Corrects annotations of what functions return."""

    name = "returned-type"
    summary = "An annotation of what is returned that is wrong, or Any, becomes what is returned."
    messages = (WRONG, *ANY)
    safety = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a function, or why it stays."""
        wrong = {located.function for located in facts.diagnosed((WRONG,))}
        vague = any(facts.diagnosed(ANY))
        for function in facts.functions.values():
            returns = function.node.returns
            if returns is None or takes_no_annotation(function):
                continue
            says_any = facts.dotted(returns) == "typing.Any"
            if function in wrong or (vague and says_any and function.scripted):
                finding = _finding(function, returns)
                if finding is not None:
                    yield finding


def _finding(function: FunctionFacts, returns: ast.expr) -> Rewrite | HeldBack | None:
    file = function.file
    assert isinstance(function.node, ast.FunctionDef)
    seen = file.project.observed.return_types(file.path, function.qualname)
    if not seen:
        decided_by = f"a --case that runs {function.qualname}"
        return _held(function, f"what {function.name} returns is not known", decided_by)
    kind = seen_together(seen)
    if kind is None:
        return _held(function, f"it returned {' and '.join(sorted(seen))}")
    if kind == annotation_type(returns, file) or kind == NONE:
        return None
    try:
        annotation = spelled(kind, file, function.node.lineno)
    except SpellingError as error:
        return _held(function, str(error))
    return Rewrite(
        rule=ReturnedType.name,
        path=file.path,
        line=function.node.lineno,
        function=function.qualname,
        summary=f"-> {annotation.code}, as cases saw it",
        safety=Safety.NARROWING,
        edits=(*annotation.imports, AnnotateReturn(function.node, annotation.code)),
    )


def _held(function: FunctionFacts, reason: str, decided_by: str | None = None) -> HeldBack:
    path, line = function.file.path, function.node.lineno
    return HeldBack(ReturnedType.name, path, line, function.qualname, reason, decided_by)
