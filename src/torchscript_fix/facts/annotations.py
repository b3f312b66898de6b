"""Types as TorchScript spells them, read from annotations: `Tensor`, `List[int]`, `Optional[str]`.

A type is a string in one spelling, so that types from annotations, expressions and observation
compare: `torch.Tensor` and `torch.LongTensor` are `Tensor`, `list[int]` and `torch.Size` are
`List[int]`, `int | None` is `Optional[int]`.
"""

import ast
import re
from collections.abc import Iterable

from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import NONE, joined, optional, required

PLAIN = frozenset({"int", "float", "bool", "str", "complex"})
GENERIC = {"list": "List", "tuple": "Tuple", "dict": "Dict"}
GENERIC |= {f"typing.{name}": name for name in ("List", "Tuple", "Dict", "Optional")}
ALIASES = {
    "torch.Tensor": "Tensor",
    "torch.device": "torch.device",
    "torch.dtype": "torch.dtype",
    "torch.Size": "List[int]",
    "torch_geometric.typing.OptTensor": "Optional[Tensor]",
}
_DTYPES = """
Float=float32 Double=float64 Half=float16 Long=int64 Int=int32 Short=int16 Byte=uint8 Char=int8
Bool=bool
"""
OLD_DTYPES = {
    f"torch.{kind}Tensor": dtype
    for kind, _, dtype in (pair.partition("=") for pair in _DTYPES.split())
}
OLD_TENSORS = frozenset(OLD_DTYPES)
"""`torch.LongTensor` and the like, which the compiler takes for Tensor."""
STAR_NAMES = {"Tensor": "Tensor", "List": "List", "Tuple": "Tuple", "Dict": "Dict"}
STAR_NAMES |= {"Optional": "Optional", "Union": "Union"}
"""What `from torch import *` and `from typing import *` bring in."""

ARGUMENT_COMMENT = re.compile(r"#\s*type:(?!\s*ignore)")
SIGNATURE_COMMENT = re.compile(r"#\s*type:\s*\(.*\)\s*->")
NOT_COMPILED = frozenset({"overload", "_overload", "_overload_method", "property", "setter"})


def annotation_type(node: ast.expr | None, file: FileFacts, depth: int = 4) -> str | None:
    """The type that an annotation in `file` stands for; None where TorchScript has no such type,
    or where its name is not known."""
    if node is None or depth <= 0:
        return None
    match node:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str(text)):
            inner = _parsed(text)
            return annotation_type(inner, file, depth - 1) if inner is not None else None
        case ast.BinOp(op=ast.BitOr()):
            return _union([node.left, node.right], file, depth)
        case ast.Subscript():
            return _subscripted(node, file, depth)
        case ast.Name() | ast.Attribute():
            return _named(node, file, depth)
    return None


def _named(node: ast.Name | ast.Attribute, file: FileFacts, depth: int) -> str | None:
    dotted = file.dotted(node)
    if dotted in PLAIN:
        return dotted
    if dotted in OLD_TENSORS:
        return "Tensor"
    if dotted in ALIASES:
        return ALIASES[dotted]
    if isinstance(node, ast.Name):
        alias = _aliases(file).get(node.id)
        if alias is not None:
            return annotation_type(alias, file, depth - 1)
        if node.id == "Tensor" and "torch" in file.star_imports:
            return "Tensor"
    return None


def _subscripted(node: ast.Subscript, file: FileFacts, depth: int) -> str | None:
    head = file.dotted(node.value)
    inside = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if head == "typing.Union" or (head == "Union" and "typing" in file.star_imports):
        return _union(inside, file, depth)
    generic = GENERIC.get(head)
    if generic is None and "typing" in file.star_imports:
        generic = STAR_NAMES.get(head)
    arguments = [annotation_type(part, file, depth) for part in inside]
    known = [argument for argument in arguments if argument is not None]
    if generic is None or not known or len(known) < len(arguments):
        return None
    if generic == "Optional":
        return optional(known[0])
    return f"{generic}[{', '.join(known)}]"


def _union(parts: Iterable[ast.expr], file: FileFacts, depth: int) -> str | None:
    types = [annotation_type(part, file, depth) for part in parts]
    return joined(types)


def takes_no_annotation(function: FunctionFacts) -> bool:
    """Whether a function has its types in a comment, or is none that the compiler takes."""
    node, lines = function.node, function.file.lines
    header = lines[node.lineno - 1 : node.body[0].lineno - 1]
    whole = lines[node.lineno - 1 : node.end_lineno]
    if any(ARGUMENT_COMMENT.search(line) for line in header if "type:" in line):
        return True
    if any(SIGNATURE_COMMENT.search(line) for line in whole if "type:" in line):
        return True
    return isinstance(node, ast.AsyncFunctionDef) or bool(function.decorators & NOT_COMPILED)


def says_optional(node: ast.expr | None, file: FileFacts) -> bool:
    """Whether an annotation allows None: `Optional[X]`, `X | None`, `Union[X, None]`, `OptTensor`,
    whether or not TorchScript knows X."""
    match node:
        case ast.Constant(value=str(text)):
            return says_optional(_parsed(text), file)
        case ast.Constant(value=None):
            return True
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return says_optional(left, file) or says_optional(right, file)
        case ast.Subscript(value=head, slice=inside):
            name = file.dotted(head).rpartition(".")[2]
            members = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            return name == "Optional" or (
                name == "Union" and any(says_optional(member, file) for member in members)
            )
    kind = annotation_type(node, file)
    return kind is not None and required(kind) != kind


@remembered
def _aliases(file: FileFacts) -> dict[str, ast.expr]:
    """The values of module-level names like `OptTensor = Optional[Tensor]`."""
    found: dict[str, ast.expr] = {}
    for statement in file.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()):
                found[name] = statement.value
    return found


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None
