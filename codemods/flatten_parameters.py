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

from torchscript_fix.facts.held import module_classes
from torchscript_fix.facts.scripting import is_told_apart
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit import Fix, NodeRule, Safety, Scope, Site, require
from torchscript_fix.kit.spelling import Spelled, spelled_is_scripting

METHOD = "flatten_parameters"


class FlattenParameters(NodeRule[ast.Call]):
    name = "flatten-parameters"
    summary = "flatten_parameters() is called where it is not scripted."
    messages = ("SetComp aren't supported",)
    safety = Safety.SAFE
    scope = Scope.SCRIPTED
    mentions = (METHOD,)
    kinds = ast.Call

    def sites(self, file: FileFacts) -> Iterator[Site[ast.Call]]:
        if any(self.diagnosed(file)):  # the compiler names the class, and not the line
            yield from super().sites(file)

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        call, statement = site.node, Site(site.parent, site.function)
        if not _is_torchs(call, site.function) or is_told_apart(call, site.function):
            return None
        require(isinstance(statement.node, ast.Expr), "its result is used")
        asked = spelled_is_scripting(site.function)
        code = f"if not {asked.code}:\n    {statement.code}\n"
        summary = f"{ast.unparse(call)}: where it is not scripted"
        return statement.becomes(Spelled(code, asked.imports), summary)


def _is_torchs(call: ast.Call, function: FunctionFacts) -> bool:
    """Whether it is the method of torch that is called, and none of the path by the same name."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != METHOD:
        return False
    classes = module_classes(call.func.value, function)
    if classes:
        return all(dotted.startswith("torch.nn.") for dotted in classes)
    files = function.file.project.everywhere
    return not any(cls.methods.get(METHOD) for file in files for cls in file.classes.values())
