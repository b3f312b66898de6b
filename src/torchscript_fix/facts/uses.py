"""How an expression uses a thing that may be None: as a value, as a truth, or in a way None allows.

A thing is a local name (`x2`) or an attribute of the module (`self.conv`).
"""

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from torchscript_fix.facts.attribute import cached_property
from torchscript_fix.facts.calls import called_at
from torchscript_fix.facts.held import held_by_attribute
from torchscript_fix.facts.nodes import LEAVES, children, nodes_in
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.statements import may_leave, words_in
from torchscript_fix.facts.static import ClassFacts, FunctionFacts, self_attribute


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NONE_TAKERS = _words("""
    torch.is_tensor torch.is_storage torch.is_grad_enabled torch.set_grad_enabled torch.device
    torch.typename torch.jit.isinstance torch.jit.annotate torch.jit.unused
    torch.utils.checkpoint.checkpoint
    """)
"""Functions of torch whose first argument may be None."""

VALUE_FUNCTIONS = _words("""
    add sub mul div cat stack concat hstack vstack matmul mm bmm einsum where dot outer cross
    pow maximum minimum fmod remainder eq ne lt le gt ge atan2 baddbmm addmm addcmul lerp
    logical_and logical_or masked_fill masked_select gather index_select grid_sample
    cosine_similarity pairwise_distance mse_loss l1_loss smooth_l1_loss kl_div pad
    """)
"""Functions of torch and torch.nn.functional whose first two arguments may not be None."""

VALUE_KEYWORDS = _words("""
    input other tensors mat2 mask index target
    """)
"""What those two are called."""

VALUE_METHODS = _words("""
    add add_ sub sub_ mul mul_ div div_ matmul mm bmm dot pow eq ne lt le gt ge expand_as
    view_as reshape_as type_as view reshape expand permute masked_fill masked_fill_
    masked_select gather index_select copy_ repeat unsqueeze logical_and logical_or
    """)
"""Methods of a Tensor whose positional arguments may not be None."""

VALUE_BUILTINS = _words("""
    len int float abs range sum max min zip enumerate reversed list tuple sorted round any all
    iter next set dict divmod
    """)
"""Built-in functions that raise where they get None."""


class Role(Enum):
    """What becomes of the thing at one place."""

    FREE = "None is as good as anything"
    VALUE = "None raises"
    TRUTH = "only its truth counts"
    CHOICE = "its truth decides, and it may be the result (`x or 3`)"
    IS_NONE = "tested by `is None` or `is not None`"
    EQUALS_NONE = "compared with None by == or !="
    EQUALS = "compared by == or != with a string, or as a number with a number"
    PASSED = "given to a function under the path that neither declares None nor surely refuses it"


@dataclass(frozen=True)
class Use:
    """One place where the thing is read.

    `sure`: whenever the expression is evaluated, so is this. `covered`: the compiler knows by a
    test inside the expression that it is not None here. `choices`: the conditional expressions
    around it in whose branches it stands, outermost first.
    """

    node: ast.expr
    role: Role
    sure: bool
    covered: bool
    choices: tuple[ast.IfExp, ...]
    parent: ast.AST


@dataclass(frozen=True)
class Thing:
    """A name or an attribute of `self`, as one function sees it."""

    function: FunctionFacts
    name: str
    """`x2` or `self.conv`."""
    every_load: bool = False
    """Whether every read but a test raises: an attribute that was never defined."""
    undefined: bool = False
    """Whether even a test of it raises, as it may stay undefined: only `hasattr` is one."""
    truthy: bool = False
    """Whether it is true unless it is None."""
    number: bool = False
    """Whether it is a number unless it is None."""
    stand_ins: frozenset[str] = frozenset()
    """Attributes that are defined exactly where this one is not."""
    same: frozenset[str] = frozenset()
    """Attributes that are None exactly where this one is."""
    opposite: frozenset[str] = frozenset()
    """Attributes that are None exactly where this one is not."""
    depth: int = 3
    """How many calls of functions under the path its value may be followed through."""

    @cached_property
    def attribute(self) -> str | None:
        """`conv` of `self.conv`."""
        return self.name[5:] if self.name.startswith("self.") else None

    def is_at(self, node: ast.AST) -> bool:
        """Whether this node is the thing."""
        if isinstance(node, ast.Name):
            return self.attribute is None and node.id == self.name
        name = self_attribute(node) if isinstance(node, ast.Attribute) else None
        return name is not None and name == self.attribute

    @cached_property
    def words(self) -> frozenset[str]:
        """Its name and, where it is an attribute, the methods that may need it: a statement with
        none of these needs no closer look."""
        if self.attribute is None:
            return frozenset({self.name})
        owner = self.function.owner
        naming = _methods_naming(owner, self.attribute) if owner is not None else frozenset()
        return naming | {self.attribute}

    @cached_property
    def telling(self) -> frozenset[str]:
        """These, and the attributes that show whether it is None."""
        return self.words | self.same | self.opposite | self.stand_ins

    def may_be_in(self, statement: ast.stmt) -> bool:
        """Whether a statement, or one in its blocks, may need the thing."""
        return not self.words.isdisjoint(words_in(self.function.file.parsed, statement))

    def may_be_told_of_in(self, statement: ast.stmt) -> bool:
        """Whether a statement, or one in its blocks, may need the thing, or show whether it is
        None. What does neither changes nothing of what is known."""
        return not self.telling.isdisjoint(words_in(self.function.file.parsed, statement))

    def is_needed_by(self, call: ast.Call) -> bool:
        """Whether a call of the module's own method needs this attribute on every way through.

        The assert then belongs before the call: in a method, it would leave the compiler with a
        method that returns nothing.
        """
        name = self_attribute(call.func)
        if self.attribute is None or name is None or self.depth <= 0 or name == self.attribute:
            return False
        owner = self.function.owner
        method = owner.method(name) if owner is not None else None
        if method is None:
            return False
        return surely_raises(replace(self, function=method, depth=self.depth - 1), method.node.body)

    def known(self, test: ast.expr) -> tuple[bool, bool]:
        """Whether the thing is known not to be None where `test` is true, and where it is false.

        As in RefinementSet of torch/csrc/jit/frontend/ir_emitter.cpp, after what we rewrite
        (`x == None`, the truth of `x`) has been rewritten.
        """
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                true, false = self.known(operand)
                return false, true
            case ast.BoolOp(op=op, values=values):
                sides = [self.known(value) for value in values]
                some, every = (0, 1) if isinstance(op, ast.And) else (1, 0)
                found = {some: any(s[some] for s in sides), every: all(s[every] for s in sides)}
                return found[0], found[1]
            case ast.Compare(
                left=ast.Call() as asked, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]
            ) if is_none(right) and self._is_asked_for(asked):
                return isinstance(op, ast.IsNot), isinstance(op, ast.Is)
            case ast.Compare(
                left=ast.Attribute() as left,
                ops=[ast.Is() | ast.IsNot() as op],
                comparators=[right],
            ) if (
                is_none(right) and self_attribute(left) in self.same | self.opposite
            ):
                there = isinstance(op, ast.IsNot) is (self_attribute(left) in self.same)
                return there, not there
            case ast.Compare(left=left, ops=[op], comparators=[right]) if not self.undefined:
                return self._known_by_comparing(left, op, right)
            case ast.Call(func=ast.Name(id="isinstance"), args=[about, _]):
                return self.attribute is None and self.is_at(about), False
            case ast.Call(func=ast.Name(id="hasattr"), args=[owner, ast.Constant(value=name)]):
                owned = isinstance(owner, ast.Name) and owner.id == "self"
                return owned and name == self.attribute, owned and name in self.stand_ins
        return self.is_at(test) and not self.undefined, False

    def _is_asked_for(self, call: ast.Call) -> bool:
        """`getattr(self, "conv", None)`, which the compiler decides as it does `hasattr`."""
        match call:
            case ast.Call(
                func=ast.Name(id="getattr"),
                args=[ast.Name(id="self"), ast.Constant(value=name), default],
            ):
                return is_none(default) and name == self.attribute
        return False

    def _known_by_comparing(
        self, left: ast.expr, op: ast.cmpop, right: ast.expr
    ) -> tuple[bool, bool]:
        if self.is_at(right):
            left, right = right, left
        if not self.is_at(left):
            return False, False
        if is_none(right):
            same = isinstance(op, ast.Is | ast.Eq)
            return not same, same
        same_text = isinstance(right, ast.Constant) and isinstance(right.value, str)
        return same_text and isinstance(op, ast.Eq), same_text and isinstance(op, ast.NotEq)


def is_none(node: ast.expr | None) -> bool:
    """Whether this is the literal None."""
    return isinstance(node, ast.Constant) and node.value is None


def uses(thing: Thing, expressions: Iterable[ast.expr], role: Role = Role.FREE) -> list[Use]:
    """The uses of a thing in what one statement evaluates, in order; `role` is what becomes of the
    expressions themselves. Uses as FREE are left out."""
    walk = _Walk(thing)
    for expression in expressions:
        walk.visit(expression, role)
    return walk.found


class _Walk:
    """One pass over an expression, with what is known on the way down."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.found: list[Use] = []
        self.sure = True
        self.covered = False
        self.choices: tuple[ast.IfExp, ...] = ()
        self.parents: list[ast.AST] = []
        self._equal_to: tuple[type, ...] = (str, int, float) if thing.number else (str,)

    def visit(self, node: ast.AST, role: Role = Role.FREE) -> None:
        if self.thing.is_at(node):
            assert isinstance(node, ast.expr)
            if self.thing.undefined or (self.thing.every_load and role in {Role.FREE, Role.PASSED}):
                role = Role.VALUE
            self._use(node, role)
            return
        if node.__class__ in LEAVES:
            return
        self.parents.append(node)
        self._inside(node, role)
        self.parents.pop()

    def _use(self, node: ast.expr, role: Role) -> None:
        if role not in {Role.FREE, Role.IS_NONE}:
            parent = self.parents[-1] if self.parents else node
            self.found.append(Use(node, role, self.sure, self.covered, self.choices, parent))

    def _inside(self, node: ast.AST, role: Role) -> None:
        match node:
            case ast.Attribute(value=value) | ast.Starred(value=value):
                self.visit(value, Role.VALUE)
            case ast.Subscript(value=value, slice=index):
                self.visit(value, Role.VALUE)
                self.visit(index)
            case ast.BinOp(left=left, op=op, right=right):
                is_text = isinstance(left, ast.Constant | ast.JoinedStr) and isinstance(op, ast.Mod)
                self.visit(left, Role.VALUE)
                self.visit(right, Role.FREE if is_text else Role.VALUE)
            case ast.UnaryOp(op=op, operand=operand):
                self.visit(operand, Role.TRUTH if isinstance(op, ast.Not) else Role.VALUE)
            case ast.Compare():
                self._comparison(node)
            case ast.BoolOp():
                self._and_or(node, role)
            case ast.IfExp():
                self._conditional(node, role)
            case ast.Call():
                self._call(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                self._comprehension(node.generators, [node.elt])
            case ast.DictComp():
                self._comprehension(node.generators, [node.key, node.value])
            case ast.Lambda(body=body):
                self._apart(body, sure=False)
            case _:
                for child in children(node):
                    self.visit(child)

    def _apart(
        self, node: ast.expr, role: Role = Role.FREE, sure: bool = True, covered: bool = False
    ) -> None:
        """Visit what may not be evaluated, or only under a test."""
        before = self.sure, self.covered
        self.sure, self.covered = self.sure and sure, self.covered or covered
        self.visit(node, role)
        self.sure, self.covered = before

    def _comparison(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for index, side in enumerate(sides):
            touching = node.ops[max(0, index - 1) : index + 1]
            others = [s for s in sides[max(0, index - 1) : index + 2] if s is not side]
            self._apart(side, _compared(touching, others, index, self._equal_to), sure=index < 2)

    def _and_or(self, node: ast.BoolOp, role: Role) -> None:
        truth = role is Role.TRUTH
        known = False
        for index, value in enumerate(node.values):
            last = index == len(node.values) - 1
            part = Role.TRUTH if truth else role if last else Role.CHOICE
            # Of a module's attribute the compiler emits the right side even where the left
            # decides: only a local's refinement counts here.
            covered = known and self.thing.attribute is None
            self._apart(value, part, sure=index == 0, covered=covered)
            known |= self.thing.known(value)[0 if isinstance(node.op, ast.And) else 1]

    def _conditional(self, node: ast.IfExp, role: Role) -> None:
        self.visit(node.test, Role.TRUTH)
        true, false = self.thing.known(node.test)
        before = self.choices
        self.choices = (*before, node)
        self._apart(node.body, role, sure=False, covered=true)
        self._apart(node.orelse, role, sure=False, covered=false)
        self.choices = before

    def _comprehension(self, generators: list[ast.comprehension], elements: list[ast.expr]) -> None:
        self.visit(generators[0].iter, Role.VALUE)
        sure = len(generators) == 1 and surely_runs(generators[0].iter) and not generators[0].ifs
        for generator in generators:
            for test in generator.ifs:
                self._apart(test, Role.TRUTH, sure=False)
        for generator in generators[1:]:
            self._apart(generator.iter, Role.VALUE, sure=False)
        for element in elements:
            self._apart(element, sure=sure)

    def _call(self, call: ast.Call) -> None:
        if self.thing.is_needed_by(call):
            self._use(call, Role.VALUE)
        self.visit(call.func, Role.VALUE)
        for index, argument in enumerate(call.args):
            self._argument(call, argument, index)
        for keyword in call.keywords:
            self._argument(call, keyword.value, keyword.arg)

    def _argument(self, call: ast.Call, argument: ast.expr, place: int | str | None) -> None:
        """An argument, and the elements of a list that is one: `torch.cat([x, x2])`."""
        role = argument_role(self.thing, call, place) if self._is_given(argument) else Role.FREE
        if isinstance(argument, ast.List | ast.Tuple) and role is Role.VALUE:
            for element in argument.elts:
                self.visit(element, Role.VALUE)
        else:
            self.visit(argument, role)

    def _is_given(self, argument: ast.expr) -> bool:
        """Whether the thing may be what the argument comes to, or one of its elements."""
        if isinstance(argument, ast.List | ast.Tuple | ast.BoolOp | ast.IfExp):
            return any(self.thing.is_at(node) for node in nodes_in(argument))
        return self.thing.is_at(argument)


def _compared(
    ops: list[ast.cmpop],
    others: list[ast.expr],
    index: int,
    equal_to: tuple[type, ...],
) -> Role:
    """What a comparison does with one of its sides; `equal_to` are the types of constants that it
    can be equal to."""
    if any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in ops):
        return Role.VALUE
    if index > 0 and isinstance(ops[0], ast.In | ast.NotIn):
        return Role.VALUE
    if all(isinstance(op, ast.Is | ast.IsNot) for op in ops):
        return Role.IS_NONE
    if len(others) == 1 and all(isinstance(op, ast.Eq | ast.NotEq) for op in ops):
        if is_none(others[0]):
            return Role.EQUALS_NONE
        if isinstance(others[0], ast.Constant) and isinstance(others[0].value, equal_to):
            return Role.EQUALS
    return Role.FREE


def surely_runs(source: ast.expr) -> bool:
    """Whether a loop over `source` runs at least once: a literal list, a literal range."""
    match source:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return any(not isinstance(element, ast.Starred) for element in elements)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(stop))]):
            return stop > 0
        case ast.Call(func=ast.Name(id="enumerate"), args=[inside, *_]):
            return surely_runs(inside)
    return False


# ------------------------------------------------------------------------ arguments of calls


def argument_role(thing: Thing, call: ast.Call, place: int | str | None) -> Role:
    """What a call does with one argument, by position or name, should the thing be given there.

    Where it is not known that None raises, it counts as allowed.
    """
    function = thing.function
    callees = called_at(function, call)
    if callees:
        return _given_to(callees, place, thing.depth - 1)
    dotted = function.file.dotted(call.func)
    name = dotted.rpartition(".")[2]
    if dotted == name and name:
        return Role.VALUE if name in VALUE_BUILTINS and isinstance(place, int) else Role.FREE
    if dotted.startswith("torch."):
        return _given_to_torch(dotted, place)
    if isinstance(call.func, ast.Attribute) and call.func.attr in VALUE_METHODS:
        return Role.VALUE if isinstance(place, int) else Role.FREE
    # A layer: the first argument is its input. A method of the class would be a callee.
    attribute = self_attribute(call.func)
    if attribute is not None and place == 0 and _is_layer(function, attribute):
        return Role.VALUE
    return Role.FREE


def _given_to_torch(dotted: str, place: int | str | None) -> Role:
    name = dotted.rpartition(".")[2]
    if dotted in NONE_TAKERS or name[:1].isupper():
        return Role.FREE
    needed = place in {0, 1} or place in VALUE_KEYWORDS
    return Role.VALUE if place == 0 or (needed and name in VALUE_FUNCTIONS) else Role.FREE


def _is_layer(function: FunctionFacts, attribute: str) -> bool:
    classes = held_by_attribute(function.attribute(attribute)).classes
    return bool(classes) and all(name.startswith("torch.nn.") for name in classes)


def _given_to(callees: Collection[FunctionFacts], place: int | str | None, depth: int) -> Role:
    """What functions under the path do with one argument."""
    roles = {_taken_by(callee, place, depth) for callee in callees}
    return roles.pop() if len(roles) == 1 else Role.PASSED


def _taken_by(callee: FunctionFacts, place: int | str | None, depth: int) -> Role:
    parameter = parameter_at(callee, place)
    if parameter is None:
        return Role.FREE  # *args, **kwargs
    if is_none(callee.defaults.get(parameter.arg)) or declares_none(parameter.annotation):
        return Role.FREE
    if depth <= 0:
        return Role.PASSED
    thing = Thing(callee, parameter.arg, depth=depth)
    return Role.VALUE if surely_raises(thing, callee.node.body) else Role.PASSED


def parameter_at(callee: FunctionFacts, place: int | str | None) -> ast.arg | None:
    """The parameter that an argument reaches, by position or name; None for `*args`."""
    if isinstance(place, int):
        positional = callee.parameters[: len(callee.parameters) - len(callee.node.args.kwonlyargs)]
        return positional[place] if place < len(positional) else None
    return next((p for p in callee.parameters if p.arg == place), None)


def declares_none(annotation: ast.expr | None) -> bool:
    """Whether an annotation says that None is welcome."""
    if annotation is None:
        return False
    text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return text is None or (isinstance(text, str) and ("Optional" in text or "None" in text))


# ------------------------------------------------------------------------------- statements


def evaluated(statement: ast.stmt) -> list[tuple[ast.expr, Role]]:
    """The expressions that a statement itself evaluates first thing, with what becomes of each;
    what stands in its blocks is left out."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            unpacked = any(isinstance(t, ast.Tuple | ast.List) for t in targets)
            return [(value, Role.VALUE if unpacked else Role.FREE), *_targets(targets)]
        case ast.AugAssign(target=target, value=value):
            return [(target, Role.VALUE), (value, Role.VALUE)]
        case ast.AnnAssign(target=target, value=value):
            return [*([(value, Role.FREE)] if value else []), *_targets([target])]
        case ast.Return(value=value) | ast.Expr(value=value):
            return [(value, Role.FREE)] if value is not None else []
        case ast.Assert(test=test) | ast.If(test=test) | ast.While(test=test):
            return [(test, Role.TRUTH)]
        case ast.For(iter=source):
            return [(source, Role.VALUE)]
        case ast.With(items=items):
            return [(item.context_expr, Role.VALUE) for item in items]
        case ast.Raise(exc=raised) if raised is not None:
            return [(raised, Role.FREE)]
    return []


def _targets(targets: Iterable[ast.expr]) -> list[tuple[ast.expr, Role]]:
    """Targets other than plain names: `x2[0] = …` needs x2, and so does `x2.y = …`."""
    return [
        (node, Role.FREE)
        for target in targets
        for node in ([target] if not isinstance(target, ast.Tuple | ast.List) else target.elts)
        if isinstance(node, ast.Subscript | ast.Attribute)
    ]


def uses_of(thing: Thing, statement: ast.stmt) -> list[Use]:
    """The uses in what a statement itself evaluates; see `evaluated`."""
    if not thing.may_be_in(statement):
        return []
    return [
        use
        for expression, role in evaluated(statement)
        if not isinstance(expression, ast.Attribute)
        or expression.ctx.__class__ is ast.Load
        or not thing.is_at(expression)
        for use in uses(thing, [expression], role)
    ]


def needs_value(use: Use) -> bool:
    """Whether None raises at this use and the compiler does not know better."""
    return use.role is Role.VALUE and not use.covered


def rebinds(thing: Thing, statement: ast.stmt) -> bool:
    """Whether a statement, or one in its blocks, gives the thing another value."""
    return thing.may_be_in(statement) and any(
        thing.is_at(node) and not isinstance(getattr(node, "ctx", None), ast.Load)
        for node in nodes_in(statement)
    )


@remembered
def _methods_naming(cls: ClassFacts, attribute: str) -> frozenset[str]:
    """The names of the methods in which an attribute is named, and of those that name them."""
    words: dict[str, frozenset[str]] = {}
    for each in cls.mro:  # what is overridden, too: a base class calls what it knows
        for name, method in each.methods.items():
            words[name] = words.get(name, frozenset()) | words_in(method.file.parsed, method.node)
    found: frozenset[str] = frozenset()
    while True:
        named = found | {attribute}
        more = frozenset(name for name, within in words.items() if not within.isdisjoint(named))
        if more == found:
            return found
        found = more


def surely_raises(thing: Thing, block: list[ast.stmt]) -> bool:
    """Whether every way through a block uses the thing as a value, so that None raises."""
    for statement in block:
        if any(use.sure and needs_value(use) for use in uses_of(thing, statement)):
            return True
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                known = thing.known(test)
                if not any(known) and surely_raises(thing, body) and surely_raises(thing, orelse):
                    return True
            case ast.With(body=body):
                if surely_raises(thing, body):
                    return True
            case ast.For(iter=source, body=body):
                if surely_runs(source) and surely_raises(thing, body):
                    return True
        if may_leave(thing.function.file.parsed, statement) or rebinds(thing, statement):
            return False
    return False
