"""A function written again as a method, for arguments that are known: their parameters are gone,
and what was passed stands in their place."""

import ast
import builtins
import contextlib
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torchscript_fix.editing.edit import AddImport
from torchscript_fix.facts.calls import called_at
from torchscript_fix.facts.static import ClassFacts, FunctionFacts
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.facts.unify import NONE, seen_together
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.answer import Declined
from torchscript_fix.kit.spelling import Spelled, spelled, spelled_optional
from torchscript_fix.kit.substitution import written_again

CannotSpecialiseError = Declined  # until all rules are on the kit

UNMOVED = frozenset({"super", "__class__"})
"""Names that mean another thing in another class."""


@dataclass(frozen=True)
class Specialisation:
    """The new method, as it stands in the class that calls it."""

    code: str
    imports: tuple[AddImport, ...]
    narrows: bool
    """Whether it has annotations that only cases show."""


def specialised(
    function: FunctionFacts, bound: Mapping[str, str], name: str, owner: ClassFacts
) -> Specialisation:
    """`function` as a method `name` of `owner`, with source text for the parameters in `bound`.

    Nobody sees the copy run, so what cases showed of the parameters is written down. Raises
    Declined where the copy would not be the same.
    """
    _refuse(function, bound, owner)
    kept = [each for each in function.parameters if each.arg not in bound]
    annotations = {each: found for each in kept if (found := _annotation(function, each, owner))}
    header = ["self"]
    for parameter in kept:
        if parameter in function.node.args.kwonlyargs and "*" not in header:
            header.append("*")
        header.append(_declared(function, parameter, annotations.get(parameter)))
    returns = function.node.returns
    arrow = f" -> {function.file.segment(returns)}" if returns is not None else ""
    lines = "\n".join(_body(function, bound))
    code = f"def {name}({', '.join(header)}){arrow}:\n{textwrap.indent(lines, '    ')}\n"
    imports = dict.fromkeys(each for found in annotations.values() for each in found.imports)
    return Specialisation(code, tuple(imports), bool(annotations))


# ------------------------------------------------------------------------ what stands in the way


def _refuse(function: FunctionFacts, bound: Mapping[str, str], owner: ClassFacts) -> None:
    node, spec, name = function.node, function.node.args, function.name
    if isinstance(node, ast.AsyncFunctionDef) or function.decorators - {"staticmethod"}:
        raise Declined(f"{name} has decorators")
    if spec.vararg or spec.kwarg or spec.posonlyargs:
        raise Declined(f"{name} takes *args or **kwargs")
    if any(function in called_at(function, call) for call in function.calls):
        raise Declined(f"{name} calls itself")
    has_self = function.owner is not None and not function.is_static
    if has_self and spec.args[:1] and spec.args[0].arg != "self":
        raise Declined(f"{name} does not call its object self")
    inner = [n.arg for n in function.nodes if isinstance(n, ast.arg) and n not in _own(function)]
    for each in function.nodes:
        if not isinstance(each, ast.Name):
            continue
        if each.id in bound and (not isinstance(each.ctx, ast.Load) or each.id in inner):
            raise Declined(f"{name} gives {each.id} another value")
        if each.id == "self" and not has_self:
            raise Declined(f"{name} has a self of its own")
        if each.id in UNMOVED and function.owner is not owner:
            raise Declined(f"{name} asks for its own class")
    _refuse_names(function, owner)


def _own(function: FunctionFacts) -> list[ast.arg]:
    return [*function.node.args.args, *function.node.args.kwonlyargs]


def _refuse_names(function: FunctionFacts, owner: ClassFacts) -> None:
    """Names that would mean something else in the class, or the file, of the caller."""
    name = function.name
    private = any(
        isinstance(node, ast.Attribute) and node.attr.startswith("__") and node.attr[-1] != "_"
        for node in function.nodes
    )
    if private and function.owner is not owner:
        raise Declined(f"{name} uses names that are private to its class")
    if function.file is owner.file:
        return
    local = {*function.assignments, *(argument.arg for argument in _own(function))}
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id not in local and not hasattr(builtins, node.id):
            there, here = function.file.dotted(node), owner.file.dotted(node)
            if there != here or "." not in there:
                raise Declined(f"{name} uses {node.id}, which {owner.file.path.name} does not have")


# ---------------------------------------------------------------------------------- the header


def _declared(function: FunctionFacts, parameter: ast.arg, annotation: Spelled | None) -> str:
    """`scale: float = 1.0`"""
    code = function.file.segment(parameter)
    if annotation is not None:
        code = f"{code}: {annotation.code}"
    default = function.defaults.get(parameter.arg)
    if default is None:
        return code
    return f"{code}{' = ' if ':' in code else '='}{function.file.segment(default)}"


def _annotation(function: FunctionFacts, parameter: ast.arg, owner: ClassFacts) -> Spelled | None:
    """What a parameter without annotation was seen to be, where that is no Tensor."""
    name, line, file = parameter.arg, owner.node.lineno, owner.file
    default = function.defaults.get(name)
    if parameter.annotation is not None:
        return None
    with contextlib.suppress(Declined):
        if is_none(default):
            inside = parameter_type(function, name).type
            return spelled_optional(spelled(inside, file, line), file, line) if inside else None
        observed = function.file.project.observed
        seen = observed.argument_types(function.file.path, function.qualname, name)
        shown = {type_of(default, function) or "?"} if default is not None else set[str]()
        kind = seen_together(seen | shown) if seen and "?" not in seen | shown else None
        return spelled(kind, file, line) if kind and kind not in {NONE, "Tensor"} else None
    return None


# ------------------------------------------------------------------------------------ the body


def _body(function: FunctionFacts, bound: Mapping[str, str]) -> list[str]:
    """The lines of the body without its docstring, what was passed in the place of parameters."""
    statements = list(function.node.body)
    first = statements[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and statements[1:]:
        statements = statements[1:]
    if NONE in bound.values():
        return list(_unparsed(function, statements, bound))
    return written_again(function.file, statements, bound)


def _unparsed(
    function: FunctionFacts, statements: list[ast.stmt], bound: Mapping[str, str]
) -> Iterator[str]:
    """The lines of the body written anew, tests of what is None decided."""
    deciding = _Deciding(bound)
    block = [each for statement in statements for each in deciding.block([statement])]
    if any(name in deciding.left for name in bound if bound[name] == NONE):
        raise Declined(f"{function.name} uses an argument that is None there")
    for statement in block or [ast.Pass()]:
        yield from ast.unparse(statement).split("\n")


class _Deciding(ast.NodeTransformer):
    """A copy of statements with what was passed in the place of parameters; where that is None,
    tests of it are decided, and what they rule out is left out."""

    def __init__(self, bound: Mapping[str, str]) -> None:
        self.bound = bound
        self.left: set[str] = set()
        """The parameters that are used beyond such tests."""

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in statements:
            copy = ast.parse(ast.unparse(statement)).body[0]
            found = self.visit(copy)
            made += found if isinstance(found, list) else [found]
        return made

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.stmt) and getattr(node, "body", None) == []:
            node.body = [ast.Pass()]  # type: ignore[attr-defined]  # it has one: asked above
        return node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        truth = self._truth(node.test)
        if truth is None:
            node.test = self._simplified(node.test)
            return self.generic_visit(node)
        return self.block(node.body if truth else node.orelse)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        is_itself = ast.unparse(node.targets[0]) == ast.unparse(node.value)
        return [] if is_itself and isinstance(node.value, ast.Name) else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        truth = self._truth(node.test)
        if truth is None:
            node.test = self._simplified(node.test)
            return self.generic_visit(node)
        found: ast.AST = self.visit(node.body if truth else node.orelse)
        return found

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.bound:
            return node
        self.left.add(node.id)
        return ast.parse(self.bound[node.id], mode="eval").body

    def _truth(self, test: ast.expr) -> bool | None:
        """What a test comes to; None where it is not about what is None."""
        match test:
            case ast.Name(id=name) if self.bound.get(name) == NONE:
                return False
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._truth(operand)
                return None if inner is None else not inner
            case ast.Compare(
                left=ast.Name(id=name), ops=[op], comparators=[other]
            ) if self.bound.get(name) == NONE and is_none(other):
                return isinstance(op, ast.Is | ast.Eq)
            case ast.BoolOp(op=op, values=values):
                decisive = isinstance(op, ast.Or)
                truths = [self._truth(value) for value in values]
                if truths[0] is decisive or set(truths) == {not decisive}:
                    return truths[0]
        return None

    def _simplified(self, test: ast.expr) -> ast.expr:
        """A test that is not decided, without the parts that are and do not decide it."""
        if not isinstance(test, ast.BoolOp):
            return test
        decisive = isinstance(test.op, ast.Or)
        left = [value for value in test.values if self._truth(value) is not (not decisive)]
        return left[0] if len(left) == 1 else ast.BoolOp(test.op, left)
