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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import AddImport, ReplaceExpression
from torchscript_fix.facts.annotations import OLD_TENSORS
from torchscript_fix.facts.flow import is_stored
from torchscript_fix.facts.observed import Types
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.signatures import (
    TENSOR_ATTRIBUTES,
    TENSOR_ONLY,
    method_signature,
    words,
)
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import parts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

KNOWN = frozenset({"int", "float", "bool", "str", "complex", "list", "tuple", "Tensor", "device"})
"""Last parts of the names of types that the compiler knows in `isinstance`."""
MEMBERS = {
    "dict": {"Dict"},
    "Mapping": {"Dict"},
    "Sequence": {"List", "Tuple", "str"},
    "Iterable": {"List", "Tuple", "Dict", "str", "Tensor"},
    "Sized": {"List", "Tuple", "Dict", "str", "Tensor"},
    "Container": {"List", "Tuple", "Dict", "str", "Tensor"},
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
    "List": list,
    "Tuple": tuple,
    "Dict": dict,
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "None": type(None),
}
OF_TENSORS = words("""
    data grad grad_fn is_cuda is_leaf is_sparse layout name names requires_grad backward item tolist
    numpy new storage retain_grad register_hook to cpu cuda
    """)
"""Attributes of Tensors beside the operators."""
PYTHONS = frozenset({"builtins", "typing", "numbers", "collections", "collections.abc", "abc"})


class TypeOfPython(Rule):
    name: ClassVar[str] = "type-of-python"
    summary: ClassVar[str] = "A test for a type that TorchScript has not is left to Python."
    messages: ClassVar[tuple[str, ...]] = (
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
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: set[str] = set()
        for place in self.diagnosed(facts):
            function = place.function
            if function is None or function.qualname in told:
                continue
            told.add(function.qualname)
            for node in function.nodes:
                question = _question(node, function) if isinstance(node, ast.expr) else None
                if question is not None and not _is_pythons(node, function):
                    yield _answer(question, function)


def _is_pythons(node: ast.AST, function: FunctionFacts) -> bool:
    """Whether a test is left to Python already."""
    return any(
        isinstance(outer, ast.IfExp) and "is_scripting" in ast.unparse(outer.test)
        for outer in function.file.ancestors(node)
        if isinstance(outer, ast.expr)
    )


# -------------------------------------------------------------------------------- what is asked


@dataclass(frozen=True, eq=False)
class _Question:
    """A test that the compiler does not know, about one value."""

    node: ast.expr
    value: ast.expr
    holds: Callable[[str], bool | None]
    """Whether it is true for a value of a type in TorchScript's spelling; None if that is open."""
    as_isinstance: str | None = None
    """The same test as one that the compiler works out for each value, where there is one."""


def _question(node: ast.expr, function: FunctionFacts) -> _Question | None:
    match node:
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, kinds], keywords=[]):
            return _of_instance(node, value, kinds, function)
        case ast.Call(func=ast.Name(id="hasattr"), args=[value, ast.Constant(value=str(name))]):
            types = _types(value, node, function)
            if types and all(_head(kind) in {*HEADS, "Tensor"} for kind in types):
                return _Question(node, value, lambda kind: _has(kind, name))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            typed, other = _typed(left), right
            if typed is None and isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
                typed, other = _typed(right), left
            if typed is not None:
                return _of_type(node, op, typed, other, function)
    return None


def _has(kind: str, name: str) -> bool | None:
    """Whether what is of a type has an attribute; None where that is not known here."""
    if _head(kind) in HEADS:
        return hasattr(HEADS[_head(kind)], name)
    if name.startswith("_"):
        return None
    known = name in TENSOR_ATTRIBUTES or name in OF_TENSORS or name in TENSOR_ONLY
    return known or method_signature(name) is not None


def _typed(node: ast.expr) -> ast.expr | None:
    """`x` of `type(x)`."""
    match node:
        case ast.Call(func=ast.Name(id="type"), args=[value], keywords=[]):
            return value
    return None


def _of_instance(
    node: ast.expr, value: ast.expr, asked: ast.expr, function: FunctionFacts
) -> _Question | None:
    kinds = _kinds(asked)
    if all(_last(kind) in KNOWN or function.file.dotted(kind) in ALL_OLD_TENSORS for kind in kinds):
        return None
    return _Question(node, value, lambda kind: any(_is_of(kind, one, function) for one in kinds))


def _of_type(
    node: ast.expr, op: ast.cmpop, value: ast.expr, other: ast.expr, function: FunctionFacts
) -> _Question | None:
    """`type(x) == dict`, `type(x) is dict`, `type(x) in (list, tuple)`, `type(x) == type(y)`."""
    denied = isinstance(op, ast.NotEq | ast.IsNot | ast.NotIn)
    if not isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn):
        return None
    second = _typed(other)
    if second is not None:
        types = _types(second, node, function)

        def equals(kind: str) -> bool | None:
            heads = {_head(each) for each in types}
            return (_head(kind) in heads) is not denied if len(heads) == 1 else None

        return _Question(node, value, equals)
    kinds = _kinds(other)
    known = ast.unparse(other) if all(_last(kind) in REFINED for kind in kinds) else None
    test = f"{'not ' if denied else ''}isinstance({function.file.segment(value)}, {known})"
    return _Question(
        node,
        value,
        lambda kind: any(_is_exactly(kind, one, function) for one in kinds) is not denied,
        test if known is not None else None,
    )


def _kinds(asked: ast.expr) -> list[ast.expr]:
    return list(asked.elts) if isinstance(asked, ast.Tuple | ast.List | ast.Set) else [asked]


def _last(kind: ast.expr) -> str:
    return ast.unparse(kind).rpartition(".")[2]


# ----------------------------------------------------------------------------- what is answered


def _answer(question: _Question, function: FunctionFacts) -> Rewrite | HeldBack:
    file, node, where = function.file, question.node, function.qualname
    value, text = ast.unparse(question.value), ast.unparse(node)
    types = _types(question.value, node, function)
    answers = {question.holds(kind) for kind in types}
    if not types or None in answers or any("?" in kind or "__torch__" in kind for kind in types):
        reason = f"nothing shows what types {value} has"
        decided_by = f"a case in which {function.name} is called"
        return HeldBack(TypeOfPython.name, file.path, node.lineno, where, reason, decided_by)
    if len(answers) == 1:
        answer = str(answers.pop())
    elif question.as_isinstance is not None:
        return _asked_otherwise(question, question.as_isinstance, function)
    else:
        reason = f"`{text}` is true in some calls and false in others"
        return HeldBack(TypeOfPython.name, file.path, node.lineno, where, reason)
    code = f"{file.segment(node)} if not torch.jit.is_scripting() else {answer}"
    if not isinstance(file.parents[node], ast.If | ast.While | ast.Assign | ast.Return):
        code = f"({code})"
    return Rewrite(
        TypeOfPython.name,
        file.path,
        node.lineno,
        where,
        f"`{text}` is asked in eager code only",
        Safety.NARROWING,
        (AddImport("torch"), ReplaceExpression(node, code)),
    )


def _asked_otherwise(question: _Question, code: str, function: FunctionFacts) -> Rewrite:
    """Where the value is of the type in some calls: asked for each."""
    rule, path, node = TypeOfPython.name, function.file.path, question.node
    if code.startswith("not ") and not isinstance(function.file.parents[node], ast.If | ast.While):
        code = f"({code})"
    edits = (ReplaceExpression(node, code),)
    return Rewrite(rule, path, node.lineno, function.qualname, code, Safety.NARROWING, edits)


def _types(value: ast.expr, asked: ast.expr, function: FunctionFacts) -> Types:
    """The types of what is asked about, a parameter's as it was passed."""
    if isinstance(value, ast.Name) and not any(
        is_stored(node, value.id) and node.lineno < asked.lineno
        for node in function.own_nodes
        if isinstance(node, ast.Name)
    ):
        seen = function.file.project.observed
        types = seen.argument_types(function.file.path, function.qualname, value.id)
        if types:
            return types
    return types_seen(value, function)


def _head(kind: str) -> str:
    return parts(kind)[0]


def _is_exactly(kind: str, asked: ast.expr, function: FunctionFacts) -> bool:
    """Whether a value's own class is a Python type: a bool's is not int."""
    if asked.__class__ is ast.Constant or _last(asked) == "NoneType":
        return kind == "None" and _last(asked) == "NoneType"
    exact = {"list": "List", "tuple": "Tuple", "dict": "Dict"}.get(_last(asked), _last(asked))
    return _head(kind) == exact and _is_of(kind, asked, function)


def _is_of(kind: str, asked: ast.expr, function: FunctionFacts) -> bool:
    """Whether a value of a type in TorchScript's spelling is of a Python type."""
    dotted = function.file.dotted(asked)
    module, _, name = dotted.rpartition(".")
    if module and module not in PYTHONS and not dotted.startswith("torch."):
        return False  # a class of somebody's own
    return parts(kind)[0] in MEMBERS.get(name, {name})
