"""`flatten_parameters()` of a recurrent layer is called where it is not scripted.

## What the compiler says

    SetComp aren't supported

in torch's own `torch/nn/modules/rnn.py`: what the method does cannot be compiled.

## What is written instead

    self.lstm.flatten_parameters()          if not torch.jit.is_scripting():
                                                self.lstm.flatten_parameters()

It puts the weights into one block of memory for cuDNN, and changes none of them. A scripted model
does without; on a GPU it may be slower and warn.

## When it holds back

Where the call is no statement of its own, or `torch.jit` cannot be spelled in the function. A
method of yours by that name is compiled.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, ReplaceStatement
from torchscript_fix.facts.held import module_classes
from torchscript_fix.facts.scripting import is_told_apart
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.spelling import SpellingError, spelled_is_scripting
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

METHOD = "flatten_parameters"


class FlattenParameters(Rule):
    name: ClassVar[str] = "flatten-parameters"
    summary: ClassVar[str] = "flatten_parameters() is called where it is not scripted."
    messages: ClassVar[tuple[str, ...]] = ("SetComp aren't supported",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a call that is compiled: the compiler names the class, and not the line."""
        if not any(self.diagnosed(facts)):
            return
        for function in facts.functions_in_question:
            calls = [call for call in function.calls if _is_torchs(call, function)]
            if calls and function.scripted:
                for call in calls:
                    found = self._one(call, function)
                    if found is not None:
                        yield found

    def _one(self, call: ast.Call, function: FunctionFacts) -> Rewrite | HeldBack | None:
        file, line, where = function.file, call.lineno, function.qualname
        statement = file.parents[call]
        if is_told_apart(call, function):
            return None
        if not isinstance(statement, ast.Expr):
            return HeldBack(self.name, file.path, line, where, "its result is used")
        try:
            is_scripting = spelled_is_scripting(function)
        except SpellingError as error:
            return HeldBack(self.name, file.path, line, where, str(error))
        code = f"if not {is_scripting.code}:\n    {file.segment(statement)}\n"
        summary = f"{ast.unparse(call)}: where it is not scripted"
        edits: tuple[Edit, ...] = (*is_scripting.imports, ReplaceStatement(statement, code))
        return Rewrite(self.name, file.path, line, where, summary, Safety.SAFE, edits)


def _is_torchs(call: ast.Call, function: FunctionFacts) -> bool:
    """Whether it is the method of torch that is called, and none of the path by the same name."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != METHOD:
        return False
    classes = module_classes(call.func.value, function)
    if classes:
        return all(dotted.startswith("torch.nn.") for dotted in classes)
    files = function.file.project.everywhere
    return not any(cls.methods.get(METHOD) for file in files for cls in file.classes.values())
