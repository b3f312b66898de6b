"""A test for a type that TorchScript has not, or of `type(x)`, is left to Python.

## What the compiler says

"Unknown type name 'dict'", at `isinstance(features, dict)`: the compiler looks at the type, though
no scripted value can ever be of it. "builtin cannot be used as a value", "list cannot be used as a
value" at `type(x) == list`; "hasattr's first argument must be an object or NamedTuple" at
`hasattr(x, "data")`.

## What is written instead

    isinstance(features, dict)

    (isinstance(features, dict) if not torch.jit.is_scripting() else False)

Eager code asks as before. While scripting, the answer is the one that holds for the types that the
value was seen to have, and the branch that then never runs is left out. Scripted code takes no
other types, which is why the rewrite is `narrowing`. Where `type(x) == torch.Tensor` is true in
some calls and false in others, as with an optional Tensor, it becomes `isinstance(x,
torch.Tensor)`.

## When it holds back

Nothing shows what types the value has, or some of them are of the type asked for and others are
not: the argument has to be split first. A test of a layer (`isinstance(self.norm, Conditional)`)
depends on the model.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torchscript_fix.editing.edit import AddImport, ReplaceExpression
from torchscript_fix.facts.annotations import OLD_TENSORS
from torchscript_fix.facts.bindings import is_bound_above
from torchscript_fix.facts.observed import Types
from torchscript_fix.facts.scripting import is_told_apart
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.signatures import (
    TENSOR_ATTRIBUTES,
    TENSOR_ONLY,
    method_signature,
    words,
)
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.unify import parts
from torchscript_fix.kit import Fix, NodeRule, Safety, Site, require
from torchscript_fix.kit.spelling import BUILTIN_GENERICS

KNOWN = frozenset({"int", "float", "bool", "str", "complex", "list", "tuple", "Tensor", "device"})
"""Last parts of the names of types that the compiler knows in `isinstance`."""
ITERABLE = {"List", "Tuple", "Dict", "str", "Tensor"}
MEMBERS = {
    "dict": {"Dict"},
    "Mapping": {"Dict"},
    "Sequence": {"List", "Tuple", "str"},
    **dict.fromkeys(("Iterable", "Sized", "Container"), ITERABLE),
    "Number": {"int", "float", "bool", "complex"},
    "Real": {"int", "float", "bool"},
    "Integral": {"int", "bool"},
    "list": {"List"},
    "tuple": {"Tuple"},
    "int": {"int", "bool"},
}
"""Python's types to the heads of TorchScript's types whose values are of them."""
ALL_OLD_TENSORS = OLD_TENSORS | {name.replace("torch.", "torch.cuda.") for name in OLD_TENSORS}
"""Of these, compared-types asks for the dtype and the device."""
REFINED = frozenset({"Tensor", "str"})
"""Of these the ones that an instance of a subclass is as good as."""
HEADS: Mapping[str, type] = {
    **{"List": list, "Tuple": tuple, "Dict": dict, "None": type(None)},
    **{each.__name__: each for each in (int, float, bool, str)},
}
OF_TENSORS = words("""
    data grad grad_fn is_cuda is_leaf is_sparse layout name names requires_grad backward item tolist
    numpy new storage retain_grad register_hook to cpu cuda
    """)
"""Attributes of Tensors beside the operators."""
PYTHONS = frozenset({"builtins", "typing", "numbers", "collections", "collections.abc", "abc"})
SAME = ast.Eq | ast.NotEq | ast.Is | ast.IsNot


class TypeOfPython(NodeRule[ast.expr]):
    name = "type-of-python"
    summary = "A test for a type that TorchScript has not is left to Python."
    messages = (
        "Unknown type name",
        "builtin cannot be used as a value",
        "list cannot be used as a value",
        "tuple cannot be used as a value",
        "__int__ cannot be used as a value",
        "__float__ cannot be used as a value",
        "TupleConstruct cannot be used as a value",
        "python value of type 'type' cannot be used as a value",
        "type(Tensor 0) -> Tensor",
        "hasattr's first argument must be an object",
        "expected value of type Tensor for return value but instead got",
    )
    safety = Safety.NARROWING
    kinds = ast.Call | ast.Compare

    def fix(self, site: Site[ast.expr]) -> Fix | None:
        node, function = site.node, site.function
        question = _question(node, function)
        if question is None or is_told_apart(node, function, ast.IfExp):
            return None
        types = _types(question.value, node, function)
        answers = {question.holds(kind) for kind in types}
        known = None not in answers and not any(
            "?" in kind or "__torch__" in kind for kind in types
        )
        unknown = f"nothing shows what types {ast.unparse(question.value)} has"
        require(types and known, unknown, f"a case in which {function.name} is called")
        text = ast.unparse(node)
        if len(answers) == 1:
            code = f"{site.code} if not torch.jit.is_scripting() else {answers.pop()}"
            bare = isinstance(site.parent, ast.If | ast.While | ast.Assign | ast.Return)
            edit = ReplaceExpression(node, code if bare else f"({code})")
            return Fix(f"`{text}` is asked in eager code only", [AddImport("torch"), edit])
        code = question.as_isinstance
        require(code, f"`{text}` is true in some calls and false in others")
        if code.startswith("not ") and not isinstance(site.parent, ast.If | ast.While):
            code = f"({code})"
        return Fix(code, [ReplaceExpression(node, code)])


# -------------------------------------------------------------------------------- what is asked


@dataclass(frozen=True, eq=False)
class _Question:
    """A test that the compiler does not know, about one value."""

    value: ast.expr
    holds: Callable[[str], bool | None]
    """Whether it is true for a value of a type in TorchScript's spelling; None if that is open."""
    as_isinstance: str = ""
    """The same test as one that the compiler works out for each value, where there is one."""


def _question(node: ast.expr, function: FunctionFacts) -> _Question | None:
    match node:
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, asked], keywords=[]):
            kinds = _kinds(asked)
            old = {kind for kind in kinds if function.file.dotted(kind) in ALL_OLD_TENSORS}
            if not all(_last(kind) in KNOWN or kind in old for kind in kinds):
                return _Question(value, lambda kind: any(_is_of(kind, k, function) for k in kinds))
        case ast.Call(func=ast.Name(id="hasattr"), args=[value, ast.Constant(value=str(name))]):
            types = _types(value, node, function)
            if types and all(_head(kind) in {*HEADS, "Tensor"} for kind in types):
                return _Question(value, lambda kind: _has(kind, name))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for typed, other in [(left, right), (right, left)][: 1 + isinstance(op, SAME)]:
                if (
                    isinstance(op, SAME | ast.In | ast.NotIn)
                    and (found := _typed(typed)) is not None
                ):
                    return _of_type(node, op, found, other, function)
    return None


def _of_type(
    node: ast.expr, op: ast.cmpop, value: ast.expr, other: ast.expr, function: FunctionFacts
) -> _Question:
    """`type(x) == dict`, `type(x) is dict`, `type(x) in (list, tuple)`, `type(x) == type(y)`."""
    denied = isinstance(op, ast.NotEq | ast.IsNot | ast.NotIn)
    second = _typed(other)
    if second is not None:
        heads = {_head(each) for each in _types(second, node, function)}
        open_ = len(heads) != 1
        return _Question(
            value, lambda kind: None if open_ else (_head(kind) in heads) is not denied
        )
    kinds = _kinds(other)
    test = f"{'not ' * denied}isinstance({function.file.segment(value)}, {ast.unparse(other)})"
    return _Question(
        value,
        lambda kind: any(_is_exactly(kind, one, function) for one in kinds) is not denied,
        test if all(_last(kind) in REFINED for kind in kinds) else "",
    )


def _typed(node: ast.expr) -> ast.expr | None:
    """`x` of `type(x)`."""
    match node:
        case ast.Call(func=ast.Name(id="type"), args=[value], keywords=[]):
            return value
    return None


def _kinds(asked: ast.expr) -> list[ast.expr]:
    return list(asked.elts) if isinstance(asked, ast.Tuple | ast.List | ast.Set) else [asked]


def _last(kind: ast.expr) -> str:
    return ast.unparse(kind).rpartition(".")[2]


# ----------------------------------------------------------------------------- what is answered


def _types(value: ast.expr, asked: ast.expr, function: FunctionFacts) -> Types:
    """The types of what is asked about, a parameter's as it was passed."""
    types: Types = frozenset()
    if isinstance(value, ast.Name) and not is_bound_above(asked, value.id, function):
        seen = function.file.project.observed
        types = seen.argument_types(function.file.path, function.qualname, value.id)
    return types or types_seen(value, function)


def _head(kind: str) -> str:
    return parts(kind)[0]


def _has(kind: str, name: str) -> bool | None:
    """Whether what is of a type has an attribute; None where that is not known here."""
    if _head(kind) in HEADS:
        return hasattr(HEADS[_head(kind)], name)
    if name.startswith("_"):
        return None
    known = name in TENSOR_ATTRIBUTES or name in OF_TENSORS or name in TENSOR_ONLY
    return known or method_signature(name) is not None


def _is_exactly(kind: str, asked: ast.expr, function: FunctionFacts) -> bool:
    """Whether a value's own class is a Python type: a bool's is not int."""
    last = _last(asked)
    if isinstance(asked, ast.Constant) or last == "NoneType":
        return kind == "None" and last == "NoneType"
    exact = last.capitalize() if last in BUILTIN_GENERICS else last
    return _head(kind) == exact and _is_of(kind, asked, function)


def _is_of(kind: str, asked: ast.expr, function: FunctionFacts) -> bool:
    """Whether a value of a type in TorchScript's spelling is of a Python type."""
    dotted = function.file.dotted(asked)
    module, _, name = dotted.rpartition(".")
    if module and module not in PYTHONS and not dotted.startswith("torch."):
        return False  # a class of somebody's own
    return _head(kind) in MEMBERS.get(name, {name})
