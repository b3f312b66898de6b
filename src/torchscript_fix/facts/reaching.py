"""Which bindings of a local name, or an attribute of `self`, reach which of its uses: the webs that
could have names of their own.

A web is what compilers call by that word: bindings and uses that must share a name, since some use
is reached by several of the bindings. Two webs of one name have nothing to do with each other.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from torchscript_fix.facts.calls import called_at
from torchscript_fix.facts.nodes import FunctionNode
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FunctionFacts, self_attribute

Place = ast.Name | ast.Attribute | ast.arg | ast.FunctionDef | ast.AsyncFunctionDef
"""Where the value is bound or used; the function itself stands for what an attribute had before."""
Reaching = frozenset[Place] | None
"""The bindings that may have given the name its value; None where nothing comes by."""

COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
USED_UP = frozenset({"any", "all", "dict", "list", "max", "min", "set", "sorted", "sum", "tuple"})
"""What goes through a generator before it returns."""
LOOKS_AROUND = frozenset({"dir", "eval", "exec", "locals", "vars"})
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
ELSEWHERE = SCOPES | ast.Global | ast.Nonlocal | ast.Delete | ast.Import | ast.ImportFrom
"""What gives a name a meaning, or takes it, in ways that are not followed."""


@dataclass(frozen=True, eq=False)
class Web:
    """Bindings and uses of one name that belong together, in the order of the source."""

    places: tuple[Place, ...]

    @property
    def bindings(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if _binds(place))

    @property
    def has_parameter(self) -> bool:
        return any(isinstance(place, ast.arg) for place in self.places)

    @property
    def comes_from_before(self) -> bool:
        """Whether the value of an attribute from before the call is among them."""
        return any(isinstance(place, FunctionNode) for place in self.places)

    @property
    def uses(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if not _binds(place))

    def __contains__(self, place: ast.AST) -> bool:
        return any(place is each for each in self.places)


@remembered
def webs(function: FunctionFacts, name: str) -> tuple[Web, ...]:
    """All webs of a local name; none where they cannot be told apart: what is inside `try`,
    captured by a lambda or a function, deleted, or looked at by `locals()`."""
    spec = function.node.args
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    return _followed(_Flow(function, name), [a for a in every if a is not None and a.arg == name])


@remembered
def attribute_webs(function: FunctionFacts, name: str) -> tuple[Web, ...]:
    """All webs of `self.NAME` in a method, what it had before the call among them; none where they
    cannot be told apart: another method that is called sets it, or gets hold of `self`."""
    for node in function.nodes:
        parent = function.file.parents[node]
        is_self = isinstance(node, ast.Name) and node.id == "self"
        if is_self and not isinstance(parent, ast.Attribute):
            return ()
    if any(
        _sets(called, name, 4) for call in function.calls for called in called_at(function, call)
    ):
        return ()
    return _followed(_AttributeFlow(function, name), [function.node])


def _sets(function: FunctionFacts, name: str, depth: int) -> bool:
    """Whether a function, or what it calls, gives an attribute of this name a value."""
    if depth == 0 or any(
        isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
        for node in function.nodes
    ):
        return True
    return any(
        _sets(called, name, depth - 1)
        for call in function.calls
        for called in called_at(function, call)
        if called is not function
    )


def _followed(flow: "_Flow", before: Sequence[Place]) -> tuple[Web, ...]:
    try:
        flow.follow(before)
    except _UntoldError:
        return ()
    return tuple(flow.webs())


def comprehension_places(target: ast.Name, function: FunctionFacts) -> tuple[ast.Name, ...]:
    """All places of the variable of a comprehension of which `target` is one; none where it is
    none, or something inside has a variable of the same name."""
    around: ast.AST = target
    for outer in function.file.ancestors(target):
        if isinstance(outer, ast.comprehension) and around is not outer.target:
            return ()
        if isinstance(outer, COMPREHENSIONS):
            return _places_in(outer, target.id)
        if isinstance(outer, ast.stmt | ast.Lambda):
            return ()
        around = outer
    return ()


def _places_in(comprehension: ast.AST, name: str) -> tuple[ast.Name, ...]:
    assert isinstance(comprehension, COMPREHENSIONS)
    outside = {id(node) for node in ast.walk(comprehension.generators[0].iter)}
    nodes = [node for node in ast.walk(comprehension) if id(node) not in outside]
    inner = [n for n in nodes if isinstance(n, COMPREHENSIONS) and n is not comprehension]
    if any(isinstance(node, ast.Lambda | ast.NamedExpr | ast.JoinedStr) for node in nodes):
        return ()
    if any(name in _variables(each) for each in inner):
        return ()
    return tuple(node for node in nodes if isinstance(node, ast.Name) and node.id == name)


def _variables(comprehension: ast.AST) -> set[str]:
    """The names that the loops of a comprehension bind."""
    assert isinstance(comprehension, COMPREHENSIONS)
    targets = [each.target for each in comprehension.generators]
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _binds(place: Place) -> bool:
    return not isinstance(place, ast.Name | ast.Attribute) or isinstance(place.ctx, ast.Store)


class _UntoldError(Exception):
    """Something that the ways through a function do not show."""


@dataclass
class _Loop:
    """What has left the turns of one loop so far."""

    broken: Reaching = None
    continued: Reaching = None


class _Flow:
    """The ways through a function, as one name sees them."""

    def __init__(self, function: FunctionFacts, name: str) -> None:
        self.function = function
        self.name = name
        self.joined: dict[Place, Place] = {}
        """Each place to another of its web, or to itself: a forest."""
        self.loops: list[_Loop] = []

    def follow(self, before: Sequence[Place]) -> None:
        for place in before:
            self._root(place)
        self._block(self.function.node.body, frozenset(before))

    def webs(self) -> Iterator[Web]:
        found: dict[Place, list[Place]] = {}
        for place in sorted(self.joined, key=lambda each: (each.lineno, each.col_offset)):
            found.setdefault(self._root(place), []).append(place)
        for places in found.values():
            yield Web(tuple(places))

    # ------------------------------------------------------------------------- statements

    def _block(self, block: Sequence[ast.stmt], state: Reaching) -> Reaching:
        for statement in block:
            state = self._statement(statement, state)
        return state

    def _statement(self, statement: ast.stmt, state: Reaching) -> Reaching:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                self._read(test, state)
                return _either(self._block(body, state), self._block(orelse, state))
            case ast.For() | ast.While():
                return self._loop(statement, state)
            case ast.With(items=items, body=body):
                for item in items:
                    state = self._with_item(item, state, body)
                return self._block(body, state)
            case ast.Return() | ast.Raise():
                self._read(statement, state)
                return None
            case ast.Break():
                self.loops[-1].broken = _either(self.loops[-1].broken, state)
                return None
            case ast.Continue():
                self.loops[-1].continued = _either(self.loops[-1].continued, state)
                return None
            case ast.Assign(targets=targets, value=value):
                self._read(value, state)
                return self._bind(targets, state)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._read(value, state)
                return self._bind([target], state)
            case ast.AugAssign(target=target, value=value) if own := self._own(target):
                self._read(value, state)
                self._use(own, state)
                return frozenset({own})
            case ast.Match() | ast.AsyncFor() | ast.AsyncWith():
                raise _UntoldError  # by which one may leave, or go round
            case _ if hasattr(statement, "handlers"):
                raise _UntoldError
            case ast.AnnAssign(target=target) if self._own(target):
                raise _UntoldError  # a declaration without a value
            case _ if isinstance(statement, ELSEWHERE) and self._is_in(statement):
                raise _UntoldError
        self._read(statement, state)
        return state

    def _loop(self, statement: ast.For | ast.While, state: Reaching) -> Reaching:
        if isinstance(statement, ast.For):
            self._read(statement.iter, state)
        loop = _Loop()
        self.loops.append(loop)
        while True:
            before = state
            if isinstance(statement, ast.For):
                inside = self._bind([statement.target], state)
            else:
                self._read(statement.test, state)
                inside = state
            after = self._block(statement.body, inside)
            state = _either(_either(state, after), loop.continued)
            if state == before:
                break
        self.loops.pop()
        return _either(self._block(statement.orelse, state), loop.broken)

    def _with_item(self, item: ast.withitem, state: Reaching, body: Sequence[ast.stmt]) -> Reaching:
        self._read(item.context_expr, state)
        called = item.context_expr
        known = self.function.file.dotted(called.func if isinstance(called, ast.Call) else called)
        if not known.startswith("torch.") and any(self._is_in(inner) for inner in body):
            raise _UntoldError  # it may keep an error to itself
        return self._bind([item.optional_vars], state) if item.optional_vars else state

    # ------------------------------------------------------------------------ expressions

    def _bind(self, targets: Iterable[ast.expr], state: Reaching) -> Reaching:
        for target in targets:
            self._read(target, state)
            for node in ast.walk(target):
                own = self._own(node)
                if own is not None and _binds(own):
                    self._root(own)
                    state = frozenset({own}) if state is not None else None
        return state

    def _read(self, node: ast.AST, state: Reaching) -> None:
        """All uses in an expression, or in a statement that has no blocks."""
        own = self._own(node)
        if own is not None:
            if not _binds(own):
                self._use(own, state)
            return
        match node:
            case ast.Name(id=other, ctx=ast.Load()) if other in LOOKS_AROUND:
                raise _UntoldError
            case ast.Lambda() | ast.NamedExpr() | ast.JoinedStr():
                if self._is_in(node):
                    raise _UntoldError
                self._read_children(node, state)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._read_comprehension(node, state)
            case _:
                self._read_children(node, state)

    def _read_children(self, node: ast.AST, state: Reaching) -> None:
        for child in ast.iter_child_nodes(node):
            self._read(child, state)

    def _read_comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        state: Reaching,
    ) -> None:
        if self.name in _variables(node):
            if any(isinstance(each, ast.NamedExpr) for each in ast.walk(node)):
                raise _UntoldError
            self._read(node.generators[0].iter, state)
            return
        if isinstance(node, ast.GeneratorExp) and self._is_in(node) and not self._is_used_up(node):
            raise _UntoldError
        self._read_children(node, state)

    def _is_used_up(self, node: ast.GeneratorExp) -> bool:
        match self.function.file.parents[node]:
            case ast.Call(func=ast.Name(id=called)):
                return called in USED_UP
        return False

    def _is_in(self, node: ast.AST) -> bool:
        """Whether the name stands anywhere in a node, as whatever."""
        return any(
            self._own(inner) is not None
            or (isinstance(inner, ast.arg) and inner.arg == self.name)
            or (isinstance(inner, SCOPES) and inner.name == self.name)
            or (isinstance(inner, ast.Global | ast.Nonlocal) and self.name in inner.names)
            or (isinstance(inner, ast.alias) and _imported_as(inner) == self.name)
            for inner in ast.walk(node)
        )

    def _own(self, node: ast.AST) -> ast.Name | ast.Attribute | None:
        """The node, where it is what is followed."""
        return node if isinstance(node, ast.Name) and node.id == self.name else None

    # ------------------------------------------------------------------------------- webs

    def _use(self, place: Place, state: Reaching) -> None:
        root = self._root(place)
        for binding in state or ():
            self.joined[self._root(binding)] = root

    def _root(self, place: Place) -> Place:
        above = self.joined.setdefault(place, place)
        while above is not self.joined[above]:
            above = self.joined[above]
        return above


class _AttributeFlow(_Flow):
    """The ways through a method, as one attribute of `self` sees them."""

    def _own(self, node: ast.AST) -> ast.Name | ast.Attribute | None:
        if isinstance(node, ast.Attribute) and self_attribute(node) == self.name:
            return node
        return None


def _imported_as(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _either(one: Reaching, other: Reaching) -> Reaching:
    if one is None or other is None:
        return other if one is None else one
    return one | other
