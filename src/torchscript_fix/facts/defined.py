"""Whether construction gives an attribute a value on every path, and where it would have to.

A walk over the statements of `__init__` and of the methods it calls, in their order.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.editing.edit import AppendElse, Edit, InsertAtHead, InsertBefore
from torchscript_fix.facts.static import (
    Branch,
    ClassFacts,
    Definition,
    FunctionFacts,
    is_super_call,
    self_attribute,
)
from torchscript_fix.facts.uses import surely_runs


@dataclass(frozen=True)
class Flow:
    """What a block does to the attribute: defines it on every path that runs through to the end,
    on any path at all; whether a `return` is reached without it; whether the end is reached."""

    always: bool = False
    ever: bool = False
    returns_without: bool = False
    ends: bool = True

    @property
    def partly(self) -> bool:
        """Whether some path defines it and another, that leaves construction, does not."""
        return (self.ever and self.ends and not self.always) or self.returns_without


@dataclass(frozen=True)
class Construction:
    """How one class constructs one attribute."""

    cls: ClassFacts
    name: str

    @property
    def flow(self) -> Flow:
        """What the `__init__` of the class does to it, bases' included where it calls them."""
        init = self.cls.method("__init__")
        return self.method(init) if init is not None else Flow()

    def method(self, function: FunctionFacts, depth: int = 4) -> Flow:
        """What calling a method does to it: a `return` counts as the end."""
        flow = self.block(function.node.body, function, depth)
        always = (flow.always or not flow.ends) and not flow.returns_without
        return Flow(always and flow.ever, flow.ever)

    def block(self, body: list[ast.stmt], function: FunctionFacts, depth: int = 4) -> Flow:
        """What a list of statements does to it, one after the other."""
        ever = without = False
        for statement in body:
            flow = self.statement(statement, function, depth)
            ever |= flow.ever
            without |= flow.returns_without
            if flow.always or not flow.ends:
                return Flow(flow.always, ever, without, flow.ends)
        return Flow(False, ever, without)

    def statement(self, statement: ast.stmt, function: FunctionFacts, depth: int) -> Flow:
        """What one statement does to it."""
        if self._defines(statement):
            return Flow(True, True)
        match statement:
            case ast.Return():
                return Flow(returns_without=True, ends=False)
            case ast.Raise() | ast.Assert(test=ast.Constant(value=False | 0)):
                return Flow(ends=False)
            case ast.If():
                branches = self.branches(statement, function, depth)
                ends = [flow for flow in branches if flow.ends]
                return Flow(
                    bool(ends) and all(flow.always for flow in ends),
                    any(flow.ever for flow in branches),
                    any(flow.returns_without for flow in branches),
                    bool(ends),
                )
            case ast.With(body=body):
                return self.block(body, function, depth)
            case ast.For() | ast.While():
                flow = self.block(statement.body, function, depth)
                sure = isinstance(statement, ast.For) and surely_runs(statement.iter)
                return Flow(flow.always and sure, flow.ever, flow.returns_without)
            case ast.Try():
                return self._try(statement, function, depth)
            case ast.Expr(value=value) | ast.Assign(value=value):
                return self._call(value, function, depth)
        return Flow()

    def branches(self, statement: ast.If, function: FunctionFacts, depth: int = 4) -> list[Flow]:
        """What the two branches of an `if` do to it."""
        return [
            self.block(statement.body, function, depth),
            self.block(statement.orelse, function, depth),
        ]

    def _try(self, statement: ast.Try, function: FunctionFacts, depth: int) -> Flow:
        last = self.block(statement.finalbody, function, depth)
        tried = self.block([*statement.body, *statement.orelse], function, depth)
        ways = [tried, *(self.block(h.body, function, depth) for h in statement.handlers)]
        ends = [flow for flow in ways if flow.ends]
        always = bool(ends) and all(flow.always for flow in ends)
        ever = any(flow.ever for flow in (*ways, last))
        without = any(flow.returns_without for flow in ways)
        return Flow(always or last.always, ever, without, bool(ends))

    def _call(self, value: ast.expr, function: FunctionFacts, depth: int) -> Flow:
        called = self.called(value, function)
        return self.method(called, depth - 1) if called is not None and depth > 0 else Flow()

    def called(self, value: ast.expr, function: FunctionFacts) -> FunctionFacts | None:
        """The method that `self.build()` or `super().__init__()` calls."""
        if not isinstance(value, ast.Call):
            return None
        if is_super_call(value.func) and function.owner is not None:
            assert isinstance(value.func, ast.Attribute)
            above = function.owner.mro[1:]
            attr = value.func.attr
            return next((c.methods[attr] for c in above if attr in c.methods), None)
        name = self_attribute(value.func)
        if name is not None and name != "forward":
            return self.cls.method(name)
        match value.func:
            case ast.Attribute(value=ast.Name(id=base), attr="__init__"):
                return next(
                    (c.methods["__init__"] for c in self.cls.mro[1:]
                     if c.node.name == base and "__init__" in c.methods),
                    None,
                )  # fmt: skip
        return None

    def _defines(self, statement: ast.stmt) -> bool:
        return any(
            definition.statement is statement
            for cls in self.cls.mro
            for definition in cls.own_definitions.get(self.name, ())
        )


# --------------------------------------------------------------- defining it everywhere


@dataclass(frozen=True)
class Gap:
    """What makes an attribute defined on every path: the edits, and the `if` in whose body alone
    it then holds a layer, where there is just one."""

    edits: tuple[Edit, ...]
    only_if: ast.If | None = None


def filled(construction: Construction, function: FunctionFacts) -> Gap | None:
    """The least edits of `function` after which calling it always defines the attribute, as None
    where it was left out; None where that cannot be done."""
    return _filled_block(construction, function, function.node.body)


def _filled_block(
    construction: Construction, function: FunctionFacts, body: list[ast.stmt]
) -> Gap | None:
    code = f"self.{construction.name} = None"
    flows = [construction.statement(statement, function, 4) for statement in body]
    open_ones = []
    for statement, flow in zip(body, flows, strict=True):
        if flow.always and not flow.returns_without:
            break
        if flow.ever or flow.returns_without:
            open_ones.append(statement)
    if not open_ones:
        return None
    first = open_ones[0]
    if len(open_ones) == 1:
        gap = _filled_statement(construction, function, first, code)
        if gap is not None:
            return gap
    calls_super = isinstance(first, ast.Expr) and construction.called(first.value, function)
    if _plainly_assigned(construction) and not calls_super:
        return Gap((InsertBefore(first, code),))
    return None


def _filled_statement(
    construction: Construction, function: FunctionFacts, statement: ast.stmt, code: str
) -> Gap | None:
    """Edits inside one statement, where a single one is enough."""
    match statement:
        case ast.With(body=body):
            return _filled_block(construction, function, body)
        case ast.Expr(value=value) | ast.Assign(value=value):
            called = construction.called(value, function)
            if called is None or called.file is not function.file:
                return None
            return filled(construction, called) if only_for_construction(called) else None
        case ast.If(orelse=orelse):
            inner, outer = construction.branches(statement, function)
            if inner.returns_without or outer.returns_without:
                return None
            if inner.partly or outer.partly:
                return _filled_partly(construction, function, statement, inner, outer)
            if not outer.always and outer.ends and not _is_chain(orelse):
                other = InsertAtHead(statement, "orelse", code)
                return Gap((other if orelse else AppendElse(statement, code),), statement)
            if not inner.always and inner.ends:
                return Gap((InsertAtHead(statement, "body", code),))
    return None


def _filled_partly(
    construction: Construction,
    function: FunctionFacts,
    statement: ast.If,
    inner: Flow,
    outer: Flow,
) -> Gap | None:
    """An `if` of which one branch is right and the other one defines it on some paths only."""
    inner_right = inner.always or not inner.ends
    outer_right = outer.always or not outer.ends
    if inner.partly and outer_right:
        gap = _filled_block(construction, function, statement.body)
    elif outer.partly and inner_right:
        gap = _filled_block(construction, function, statement.orelse)
    else:
        return None
    # One line before the outermost `if` reads better than one before an `elif`.
    if gap is None or any(isinstance(edit, InsertBefore) for edit in gap.edits):
        return None
    return Gap(gap.edits)


def _is_chain(orelse: list[ast.stmt]) -> bool:
    return len(orelse) == 1 and isinstance(orelse[0], ast.If)


def _plainly_assigned(construction: Construction) -> bool:
    """Whether every definition is a plain assignment: `register_buffer` refuses a name that is
    taken, be it by None."""
    return all(
        definition.how == "assign"
        for cls in (*construction.cls.mro, *construction.cls.subclasses)
        for definition in cls.own_definitions.get(construction.name, ())
    )


def only_for_construction(function: FunctionFacts) -> bool:
    """Whether a method is only ever called while an object is built."""
    if not function.in_construction:
        return False
    return function.name == "__init__" or not any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr == function.name
        and not (caller is not None and caller.in_construction)
        for caller, call in _method_calls(function)
    )


def _method_calls(
    function: FunctionFacts,
) -> Iterator[tuple[FunctionFacts | None, ast.Call]]:
    """Every call of a method of this name under the path, on whatever object."""
    for file in function.file.project.everywhere:
        if function.name not in file.text:
            continue
        inside = {call: other for other in file.functions.values() for call in other.calls}
        for node in file.nodes:
            if isinstance(node, ast.Call):
                yield inside.get(node), node


def stand_ins(definition: Definition) -> frozenset[str]:
    """Other attributes of `self` that construction gives a value exactly where it does not come to
    this definition: those of the other branch of the `if` around it."""
    match definition.branches:
        case (Branch(statement=ast.If() as around, block=block),):
            other = around.orelse if block == "body" else around.body
        case _:
            return frozenset()
    own = around.body if block == "body" else around.orelse
    if definition.statement not in own or definition.function.returns:
        return frozenset()
    return frozenset(
        name
        for statement in other
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if (name := self_attribute(target)) is not None
    )


@dataclass(frozen=True)
class Partners:
    """Attributes that tell of another one: `same` are None, `opposite` are not None, exactly where
    it is None or undefined."""

    same: frozenset[str] = frozenset()
    opposite: frozenset[str] = frozenset()


def partners(cls: ClassFacts, name: str) -> Partners:
    """The attributes that the two branches of one `if` define along with this one, as None in one
    branch and as something in the other."""
    place = _something_in(cls, name, may_lack_none=True)
    if place is None:
        return Partners()
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for other in cls.own_definitions:
        there = _something_in(cls, other) if other != name else None
        if there is not None and there.statement is place.statement:
            found[there.block == place.block].add(other)
    return Partners(frozenset(found[True]), frozenset(found[False]))


def _something_in(cls: ClassFacts, name: str, may_lack_none: bool = False) -> Branch | None:
    """The branch that gives an attribute something, where the other gives it None."""
    definitions = cls.own_definitions[name]
    branches = [d.branches[0] for d in definitions if len(d.branches) == 1]
    if len(branches) != len(definitions) or any(d.function.returns for d in definitions):
        return None
    if any(name in other.own_definitions for other in (*cls.mro[1:], *cls.subclasses)):
        return None
    given = [
        branch
        for definition, branch in zip(definitions, branches, strict=True)
        if not _is_none(definition)
    ]
    if len(given) != 1 or not isinstance(given[0].statement, ast.If):
        return None
    others = [branch for branch in branches if branch is not given[0]]
    lacks = not others and may_lack_none
    opposite = [
        b for b in others if b.statement is given[0].statement and b.block != given[0].block
    ]
    return given[0] if lacks or (len(others) == 1 and opposite) else None


def _is_none(definition: Definition) -> bool:
    return isinstance(definition.value, ast.Constant) and definition.value.value is None


def construction_definitions(cls: ClassFacts, name: str) -> list[Definition]:
    """The class's own definitions of an attribute that construction runs through."""
    return [d for d in cls.own_definitions.get(name, ()) if d.in_construction]
