"""weight_norm and spectral_norm as hooks that can be compiled, for scripting alone.

## What the compiler says

    'WeightNorm' object has no attribute '__name__'
    'SpectralNorm' object has no attribute '__name__'

The hook that computes the weight before each call is an object, and TorchScript compiles hooks that
are functions.

## What is written instead

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = weight_norm(nn.Conv1d(3, 3, 1))

        def __prepare_scriptable__(self):
            return _with_compiled_norms(self)

and, in the same file, `_with_compiled_norms`: it makes a copy of the model, its parameters shared,
in which functions take the place of the hooks. `torch.jit.script` asks a model for
`__prepare_scriptable__` and compiles what it gives (`torch/jit/_script.py`). In Python nothing
changes: the keys of the state_dict, `remove_weight_norm` and the hooks are as they were. The
scripted model has the same keys, computes the weight in each call, and can be trained.

(torch.jit.script puts the copies of submodules in their place in the model that it is given, and
remembers them by the `id` of what was there. A copy keeps that alive: another one may get its id.)

## When it holds back

Where the class has such a method already, and where the name of the helper means something else. A
norm of another parameter than `weight` (as of an LSTM) is left as it is.
"""

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import AddImport, Edit, InsertBefore
from torchscript_fix.facts.static import ClassFacts, FileFacts
from torchscript_fix.kit.spelling import SpellingError, spelled, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

HELPER = "_with_compiled_norms"
METHOD = "__prepare_scriptable__"
WEIGHT, SPECTRAL = "weight_norm", "spectral_norm"

WEIGHT_HOOK = """
def _compiled_weight_norm(self, inputs: {inputs}) -> None:
    self.weight = {torch}._weight_norm(self.weight_v, self.weight_g, self.weight_norm_dim)
"""
TRANSPOSED = """
class _WeightNorm{layer}({nn}.{layer}):
    def forward(self, x):
        weight = {torch}._weight_norm(self.weight_v, self.weight_g, self.weight_norm_dim)
        return {F}.{function}(
            x, weight, self.bias, self.stride, self.padding, self.output_padding,
            self.groups, self.dilation
        )
"""
SPECTRAL_HOOK = """
def _compiled_spectral_norm(self, inputs: {inputs}) -> None:
    weight = self.weight_orig
    matrix = weight.movedim(self.spectral_norm_dim, 0)
    matrix = matrix.reshape(matrix.size(0), -1)
    u = self.weight_u
    v = self.weight_v
    if self.training:
        with {torch}.no_grad():
            for _ in range(self.spectral_norm_iterations):
                right = {torch}.mv(matrix.t(), u)
                v.copy_(right / right.norm(2.0, 0, True).clamp_min(self.spectral_norm_eps))
                left = {torch}.mv(matrix, v)
                u.copy_(left / left.norm(2.0, 0, True).clamp_min(self.spectral_norm_eps))
            u = u.clone(memory_format={torch}.contiguous_format)
            v = v.clone(memory_format={torch}.contiguous_format)
    self.weight = weight / {torch}.dot(u, {torch}.mv(matrix, v))
"""
HEAD = f'''
def {HELPER}(module):
    """A copy of a module, its parameters shared, for torch.jit.script: it compiles hooks that are
    functions, and weight_norm and spectral_norm are objects."""
    made = copy.copy(module)
    made.compiled_from = (module,)  # kept: torch.jit.script tells modules apart by their id
    children = module._modules.items()
    made._modules = {{k: c if c is None else {HELPER}(c) for k, c in children}}
    made._forward_pre_hooks = module._forward_pre_hooks.copy()
    for key, hook in module._forward_pre_hooks.items():
'''
WEIGHT_CASE = """        if isinstance(hook, WeightNorm) and hook.name == "weight":
            made.weight_norm_dim = hook.dim
            made._forward_pre_hooks[key] = _compiled_weight_norm
"""
TRANSPOSED_CASE = """            if type(module) is {nn}.{layer}:
                del made._forward_pre_hooks[key]
                made.__class__ = _WeightNorm{layer}
"""
SPECTRAL_CASE = """        if isinstance(hook, SpectralNorm) and hook.name == "weight":
            made.spectral_norm_dim = hook.dim
            made.spectral_norm_eps = hook.eps
            made.spectral_norm_iterations = hook.n_power_iterations
            made._forward_pre_hooks[key] = _compiled_spectral_norm
"""
NAMES = frozenset({HELPER, "_compiled_weight_norm", "_compiled_spectral_norm"})


class NormedWeight(Rule):
    name: ClassVar[str] = "normed-weight"
    summary: ClassVar[str] = "weight_norm and spectral_norm are compiled as functions."
    messages: ClassVar[tuple[str, ...]] = (
        "'WeightNorm' object has no attribute '__name__'",
        "'SpectralNorm' object has no attribute '__name__'",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a class that holds such layers."""
        told: set[ClassFacts] = set()
        for located in self.diagnosed(facts):
            owner = located.owner
            if owner is None or owner in told or owner.file is not facts:
                continue
            told.add(owner)
            found = self._one(owner)
            if found is not None:
                yield found

    def _one(self, owner: ClassFacts) -> Rewrite | HeldBack | None:
        path, line = owner.file.path, owner.node.lineno
        there = owner.method(METHOD)
        if there is not None and HELPER in ast.unparse(there.node):
            return None
        if there is not None:
            reason = f"{owner.qualname} says itself what is compiled of it"
            return HeldBack(self.name, path, line, owner.qualname, reason)
        method = f"def {METHOD}(self):\n    return {HELPER}(self)\n"
        edits: list[Edit] = [InsertBefore(_last_method(owner), method)]
        try:
            edits += _helper(owner.file)
        except SpellingError as error:
            return HeldBack(self.name, path, line, owner.qualname, str(error))
        summary = "the norms of its weights are compiled"
        return Rewrite(self.name, path, line, owner.qualname, summary, Safety.SAFE, tuple(edits))


def _last_method(owner: ClassFacts) -> ast.stmt:
    """The method that the new one goes before: forward, or the last one there is."""
    forward = owner.methods.get("forward")
    if forward is not None and forward.node in owner.node.body:
        return forward.node
    functions = [node for node in owner.node.body if isinstance(node, ast.FunctionDef)]
    return functions[-1] if functions else owner.node.body[-1]


def _helper(file: FileFacts) -> Iterator[Edit]:
    """The function that the method calls, where the file does not have it yet."""
    there = NAMES & (set(file.functions) | set(file.classes) | set(file.imports))
    if HELPER in file.functions:
        return
    if there:
        raise SpellingError(f"{min(there)} means something else in this file")
    first = next(node for node in file.tree.body if isinstance(node, ast.ClassDef))
    modules = {name: spelled_module(dotted, file, first.lineno) for name, dotted in SPACES.items()}
    texts = {name: module.code for name, module in modules.items()}
    inputs = spelled("Tuple[Tensor]", file, first.lineno)
    texts["inputs"] = inputs.code
    yield from inputs.imports
    yield AddImport("copy")
    used = _norms_used(file)
    code, cases = "", ""
    needed = {"torch"}
    if WEIGHT in used:
        yield AddImport("torch.nn.utils.weight_norm", "WeightNorm")
        code, cases = WEIGHT_HOOK.format(**texts), WEIGHT_CASE
        for layer, function in _transposed(file):
            needed |= {"nn", "F"}
            code += "\n" + TRANSPOSED.format(layer=layer, function=function, **texts)
            cases += TRANSPOSED_CASE.format(layer=layer, **texts)
    if SPECTRAL in used:
        yield AddImport("torch.nn.utils.spectral_norm", "SpectralNorm")
        code, cases = code + "\n" + SPECTRAL_HOOK.format(**texts), cases + SPECTRAL_CASE
    for name in sorted(needed):
        yield from modules[name].imports
    whole = f"{code}\n{HEAD}{cases}    return made\n"
    yield InsertBefore(first, re.sub(r"\n{3,}", "\n\n\n", whole).strip("\n") + "\n")


SPACES = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}


def _norms_used(file: FileFacts) -> set[str]:
    """Which of the norms the files of the project name: a model may be made in another one."""
    texts = [other.text for other in file.project.everywhere]
    return {norm for norm in (WEIGHT, SPECTRAL) if any(norm in text for text in texts)}


def _transposed(file: FileFacts) -> Iterator[tuple[str, str]]:
    """The layers that are named in the project and take a second argument, which a hook would have
    to be given as well; and the functions of what they do."""
    for number in (1, 2, 3):
        layer = f"ConvTranspose{number}d"
        if any(layer in other.text for other in file.project.everywhere):
            yield layer, f"conv_transpose{number}d"
