"""A method of Tensor that TorchScript does not have becomes the one that does the same.

## What the compiler says

    'Tensor' object has no attribute or method 'new'
    LegacyTypedConstructor cannot be used as a value: x.type(torch.FloatTensor)

## What is written instead

    x.new(2, n).fill_(1)                x.new_empty([2, n]).fill_(1)
    x.new([0.5, 2.0])                   torch.tensor([0.5, 2.0], dtype=x.dtype, device=x.device)
    x.new_tensor(-1e4)             →    torch.tensor(-1e4, dtype=x.dtype, device=x.device)
    mask.bool()                         mask.to(torch.bool)
    x.nelement(), x.ndimension()        x.numel(), x.dim()
    x.unique(return_counts=True)        torch.unique(x, return_counts=True)
    x.type(torch.FloatTensor)           x.to(device="cpu", dtype=torch.float32)

## When it holds back

Where `x.new(y)` may mean a size, or values, or another Tensor; where the Tensor is an expression
that would have to be evaluated twice; for methods that have no counterpart (`numpy`, `storage`,
`register_hook`). What scripting does not reach is left alone.
"""

import ast
import re
from collections.abc import Callable, Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.spelling import Spelled, SpellingError, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

RENAMED = {"nelement": "numel", "ndimension": "dim"}
DTYPES = {"bool": "bool", "bfloat16": "bfloat16"}
LEGACY = {
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "ShortTensor": "int16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
}
NAMES = (*RENAMED, *DTYPES, "new", "new_tensor", "unique", "type")
NO_COUNTERPART = ("numpy", "storage", "register_hook", "apply_", "map_", "data_ptr")
_CALLED = re.compile(rf"\.(?:{'|'.join((*NAMES, *NO_COUNTERPART))})\(")


class TensorMethod(Rule):
    """Methods of Tensor that TorchScript has, for those that it does not."""

    name: ClassVar[str] = "tensor-method"
    summary: ClassVar[str] = "x.new(2), mask.bool() and the like become what TorchScript knows."
    messages: ClassVar[tuple[str, ...]] = (
        "'Tensor' object has no attribute or method",
        "'Tensor (inferred)' object has no attribute or method",
        "LegacyTypedConstructor cannot be used as a value",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if not _CALLED.search(facts.text):
            return
        for function in facts.functions.values():
            if function.scripted:
                yield from self._in_function(function)

    def _in_function(self, function: FunctionFacts) -> Iterator[Rewrite | HeldBack]:
        file, edits, lines = function.file, list[Edit](), list[int]()
        covered: set[ast.AST] = set()
        names: dict[str, None] = {}
        for call in function.calls:  # outer ones come first
            func = call.func
            if call in covered or not isinstance(func, ast.Attribute):
                continue
            if func.attr not in NAMES + NO_COUNTERPART or not _of_tensor(func, function):
                continue
            try:
                new = _Call(function, call, func).instead()
            except _Stays as stays:
                yield HeldBack(self.name, file.path, call.lineno, function.qualname, stays.reason)
                continue
            if new:
                covered.update(ast.walk(call))
                edits += new
                lines.append(call.lineno)
                names[func.attr] = None
        if edits:
            summary = f"{', '.join(f'.{name}()' for name in names)} by what TorchScript knows"
            yield Rewrite(
                self.name,
                file.path,
                lines[0],
                function.qualname,
                summary,
                Safety.SAFE,
                tuple(edits),
            )


class _Stays(Exception):
    """Why a call stays as it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _of_tensor(func: ast.Attribute, function: FunctionFacts) -> bool:
    """Whether a method is that of a Tensor, as far as is known."""
    owner = func.value
    if isinstance(owner, ast.Name) and owner.id in {"self", "cls"}:
        return False
    if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name):
        return owner.func.id != "super"
    dotted = function.file.dotted(owner).partition(".")[0]
    if dotted in function.file.imports.values() or dotted == "torch":
        return False
    return type_of(owner, function) in {None, "?", "Tensor"}


class _Call:
    """One call of a method that TorchScript does not have."""

    def __init__(self, function: FunctionFacts, call: ast.Call, func: ast.Attribute) -> None:
        self.function = function
        self.file = function.file
        self.call = call
        self.name = func.attr
        self.tensor = func.value

    def instead(self) -> list[Edit]:
        """What stands for it; nothing where it compiles as it is. Raises _Stays."""
        call, name = self.call, self.name
        owner = self.file.segment(self.tensor)
        if not isinstance(self.tensor, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            owner = f"({owner})"
        if name in NO_COUNTERPART:
            raise _Stays(f"TorchScript has nothing like Tensor.{name}")
        if name in RENAMED:
            return [ReplaceExpression(call, f"{owner}.{RENAMED[name]}()")]
        if name in DTYPES and not call.args and not call.keywords:
            return self._with_torch(lambda torch: f"{owner}.to({torch}.{DTYPES[name]})")
        if name == "unique":
            given = ", ".join([self.file.segment(self.tensor), *self._arguments()])
            return self._with_torch(lambda torch: f"{torch}.unique({given})")
        if name == "type":
            return self._type(owner)
        if name == "new_tensor":
            return self._made_of(*self._arguments())
        return self._new(owner) if name == "new" else []

    def _arguments(self) -> list[str]:
        segment, call = self.file.segment, self.call
        if any(keyword.arg is None for keyword in call.keywords):
            raise _Stays("its arguments are not written out")
        given = [segment(argument) for argument in call.args]
        return given + [f"{keyword.arg}={segment(keyword.value)}" for keyword in call.keywords]

    def _with_torch(self, code: Callable[[str], str]) -> list[Edit]:
        torch = self._torch()
        return [*torch.imports, ReplaceExpression(self.call, code(torch.code))]

    def _torch(self) -> Spelled:
        try:
            return spelled_module("torch", self.file, self.call.lineno)
        except SpellingError as error:
            raise _Stays(str(error)) from None

    def _type(self, owner: str) -> list[Edit]:
        """`x.type(torch.FloatTensor)`; other arguments than such types compile."""
        if len(self.call.args) != 1 or self.call.keywords:
            return []
        space, _, name = self.file.dotted(self.call.args[0]).rpartition(".")
        if space not in {"torch", "torch.cuda"} or name not in LEGACY:
            return []
        device = "cpu" if space == "torch" else "cuda"
        return self._with_torch(
            lambda torch: f'{owner}.to(device="{device}", dtype={torch}.{LEGACY[name]})'
        )

    def _made_of(self, *arguments: str) -> list[Edit]:
        """A Tensor of values, of the dtype and on the device of the one that has the method."""
        given = {part.partition("=")[0] for part in arguments[1:]}
        if not arguments or not given <= {"dtype", "device", "requires_grad"}:
            raise _Stays(f"what {self.name} is given is not written out")
        if self.call.args and type_of(self.call.args[0], self.function) == "Tensor":
            raise _Stays("it is given another Tensor")
        like = self.file.segment(self.tensor).removesuffix(".data")
        wanted = [f"{kind}={like}.{kind}" for kind in ("dtype", "device") if kind not in given]
        if wanted and not _is_cheap(self.tensor):
            raise _Stays(f"{like} would have to be evaluated twice")
        code = ", ".join([*arguments, *wanted])
        return self._with_torch(lambda torch: f"{torch}.tensor({code})")

    def _new(self, owner: str) -> list[Edit]:
        """`x.new(…)`: sizes, or values in a list."""
        call, segment = self.call, self.file.segment
        if call.keywords:
            raise _Stays("new is called with keywords")
        match call.args:
            case [ast.List() | ast.ListComp() as values]:
                return self._made_of(segment(values))
            case [ast.Starred(value=only)] | [only] if _is_size(only):
                sizes = segment(only)
            case [ast.Starred(value=only)] if type_of(only, self.function) == "List[int]":
                sizes = segment(only)
            case [] | [ast.Constant(value=int())] | [_, _, *_]:
                if any(isinstance(argument, ast.Starred) for argument in call.args):
                    raise _Stays("the sizes are not written out")
                sizes = f"[{', '.join(map(segment, call.args)) or '0'}]"
            case [only] if type_of(only, self.function) == "int":
                sizes = f"[{segment(only)}]"
            case _:
                raise _Stays("new may be given a size, values or a Tensor")
        return [ReplaceExpression(call, f"{owner}.new_empty({sizes})")]


def _is_size(node: ast.expr) -> bool:
    """Whether it is the size of a Tensor."""
    match node:
        case ast.Call(func=ast.Attribute(attr="size"), args=[], keywords=[]):
            return True
        case ast.Attribute(attr="shape"):
            return True
    return False


def _is_cheap(node: ast.expr) -> bool:
    """Whether evaluating it twice is the same as once: `x`, `self.weight`, `x.data`, `xs[0]`."""
    match node:
        case ast.Attribute(value=base) | ast.Subscript(value=base, slice=ast.Constant()):
            return _is_cheap(base)
    return isinstance(node, ast.Name)
