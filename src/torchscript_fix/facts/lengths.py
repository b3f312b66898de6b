"""How long lists of modules, lists and ranges are, in symbols: which lengths are provably equal.

`nn.ModuleList(convs)`, where `convs` gained one layer in each turn of `for size in self.sizes`, is
as long as `self.sizes`. What cannot be shown is None, and never equal to anything.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from torchscript_fix.facts.kinds import CONTAINERS, MODULE_METHODS, Kind
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.remembered import remembered, remembered_of_text
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    Project,
    self_attribute,
)

MOST_STEPS = 12
"""How many names, attributes and calls are followed from one expression."""

MUTATORS = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "add_module", "register_module"}
)
KEEPS_LENGTH = frozenset({"list", "tuple", "reversed", "sorted", "enumerate", "copy.deepcopy"})
READS_ONLY = KEEPS_LENGTH | {"len", "range", "zip", "print", "sum", "max", "min", "str", "set"}


@dataclass(frozen=True)
class Size:
    """A whole number as a sum: a constant and symbols with factors.

    A symbol names something that has one value throughout: an argument of one call of `__init__`,
    how often a block of it ran. Two Sizes that are equal are equal for every input.
    """

    constant: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    @classmethod
    def symbol(cls, name: str) -> "Size":
        return cls(0, ((name, 1),))

    def __add__(self, other: "Size") -> "Size":
        total = Counter(dict(self.terms))
        for name, factor in other.terms:
            total[name] += factor
        terms = tuple(sorted((name, factor) for name, factor in total.items() if factor))
        return Size(self.constant + other.constant, terms)

    def __mul__(self, factor: int) -> "Size":
        if factor == 0:
            return Size()
        return Size(self.constant * factor, tuple((n, f * factor) for n, f in self.terms))

    def __sub__(self, other: "Size") -> "Size":
        return self + other * -1

    @property
    def is_constant(self) -> bool:
        return not self.terms

    @property
    def surely_not_negative(self) -> bool:
        """Whether it is 0 or more for every input: only counts, which are, are added up."""
        return self.constant >= 0 and all(
            factor > 0 and name.startswith(COUNT) for name, factor in self.terms
        )


COUNT = "count of "
"""How the names of symbols start that are never negative."""


def count(size: Size) -> Size:
    """How many elements a range of this size has: the size, and none where it is negative."""
    if size.surely_not_negative:
        return size
    if size.is_constant:
        return Size()
    return Size.symbol(f"{COUNT}{size}")


def times(one: Size, other: Size) -> Size:
    """The product; one symbol where neither is a constant."""
    if one.is_constant:
        return other * one.constant
    if other.is_constant:
        return one * other.constant
    first, second = sorted((str(one), str(other)))
    sign = COUNT if one.surely_not_negative and other.surely_not_negative else ""
    return Size.symbol(f"{sign}{first} times {second}")


@dataclass(frozen=True, eq=False)
class Frame:
    """One call of a function: whose `self`, and what its parameters stand for.

    Without `arguments` the parameters are symbols, the same ones for every expression of the same
    function: right for `__init__`, which runs once per object, and for the body that is rewritten.
    """

    function: FunctionFacts
    cls: ClassFacts | None
    arguments: Mapping[str, tuple[ast.expr, "Frame"]] | None = None
    steps: int = MOST_STEPS
    call: str = ""
    """Which call, where a function is followed from one."""
    asks: bool = False
    """Whether it is the call that is asked about: what `self` holds does not change in it."""
    names: Mapping[str, Size] = field(default_factory=dict)
    """Values of names that are known from elsewhere, as those of a loop's index at its ends."""

    def other(self, function: FunctionFacts) -> "Frame":
        """The frame of the method that a definition of an attribute stands in."""
        return Frame(function, self.cls, None, self.steps - 1)

    def name(self, what: str) -> str:
        return f"{what} in {self.function.file.module}:{self.function.qualname}{self.call}"


@dataclass(frozen=True)
class Lengths:
    """Answers for one function, as compiled for one class."""

    function: FunctionFacts
    cls: ClassFacts | None
    _frame: Frame = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_frame", Frame(self.function, self.cls, asks=True))

    def value(self, node: ast.expr, names: Mapping[str, Size] | None = None) -> Size | None:
        """The integer that an expression evaluates to, with the values of some names given."""
        return _value(node, replace(self._frame, names=names or {}))

    def length(self, node: ast.expr) -> Size | None:
        """`len(node)`, for whatever can be iterated over."""
        return _length(node, self._frame)


# --------------------------------------------------------------------------------- integers


def _value(node: ast.expr, frame: Frame) -> Size | None:
    if frame.steps <= 0:
        return None
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return Size(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            size = _value(operand, frame)
            return None if size is None else size * -1
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            one, other = _value(left, frame), _value(right, frame)
            if one is None or other is None:
                return None
            if isinstance(node.op, ast.Mult):
                return times(one, other)
            return one + other if isinstance(node.op, ast.Add) else one - other
        case ast.Call(func=ast.Name(id="len"), args=[inside]):
            return _length(inside, frame)
        case ast.Call(func=ast.Name(id="int"), args=[inside]):
            return _value(inside, frame)
        case ast.Name():
            return _value_of_name(node, frame)
        case ast.Attribute() if (name := self_attribute(node)) is not None:
            found = [
                _value(d.value, frame.other(d.function)) if d.value is not None else None
                for d in _stable_definitions(name, frame)
            ]
            return _the_one(found) or _itself(node, name, frame)
        case ast.Subscript():
            return _symbol_of(node, frame)
    return None


def _itself(node: ast.expr, name: str, frame: Frame, what: str = "") -> Size | None:
    """An attribute of which nothing is known but that the function leaves it alone, as a symbol."""
    if not frame.asks or f"self.{name}" in elements_left_by(frame.function.nodes):
        return None
    return Size.symbol(frame.name(f"{what}{ast.unparse(node)}"))


def _value_of_name(node: ast.Name, frame: Frame) -> Size | None:
    if node.id in frame.names:
        return frame.names[node.id]
    argument = _argument(node.id, frame)
    if argument is not None:
        return _value(*argument)
    if _is_untouched_parameter(node.id, frame.function):
        return Size.symbol(frame.name(node.id))
    bound = frame.function.assignments.get(node.id, [])
    is_parameter = any(parameter.arg == node.id for parameter in frame.function.parameters)
    if is_parameter or len(bound) != 1 or bound[0] is None:
        return None
    deeper = replace(frame, steps=frame.steps - 1)
    return _value(bound[0], deeper) if _runs_once(bound[0], frame.function) else None


def _symbol_of(node: ast.expr, frame: Frame) -> Size | None:
    """A part of an argument that nothing changes, like `widths[0]` in `__init__`, as a symbol."""
    roots = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    parts = (ast.Name, ast.Subscript, ast.Constant, ast.Load, ast.Attribute)
    if not all(isinstance(part, parts) for part in ast.walk(node)) or "self" in roots:
        return None
    if frame.arguments is not None:
        return None
    if all(_is_untouched_parameter(root, frame.function) for root in roots) and roots:
        return Size.symbol(frame.name(ast.unparse(node)))
    return None


def _argument(name: str, frame: Frame) -> tuple[ast.expr, Frame] | None:
    if frame.arguments is None or not _is_untouched_parameter(name, frame.function):
        return None
    return frame.arguments.get(name)


def _is_untouched_parameter(name: str, function: FunctionFacts) -> bool:
    """Whether a name is a parameter that is never rebound, nor changed in its length."""
    return (
        any(parameter.arg == name for parameter in function.parameters)
        and name not in function.assignments
        and name not in _changed_in(function)
    )


@remembered
def _changed_in(function: FunctionFacts) -> frozenset[str]:
    """Roots of what is changed in place: `xs` in `xs.append(y)`, `xs[0] = y`, `del xs[0]`."""
    changed = set()
    for node in function.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in MUTATORS:
                changed.add(_root(node.func.value))
        elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            changed.add(_root(node.value))
    return frozenset(changed)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


# --------------------------------------------------------------------------------- lengths


def _length(node: ast.expr, frame: Frame) -> Size | None:
    if frame.steps <= 0:
        return None
    match node:
        case ast.List() | ast.Tuple():
            return _sum(
                _length(e.value, frame) if isinstance(e, ast.Starred) else Size(1)
                for e in node.elts
            )
        case ast.Constant(value=str(text)):
            return Size(len(text))
        case ast.Dict(keys=keys) if all(isinstance(key, ast.Constant) for key in keys):
            return Size(len({key.value for key in keys if isinstance(key, ast.Constant)}))
        case ast.ListComp(generators=[only]) | ast.GeneratorExp(generators=[only]):
            return None if only.ifs else _length(only.iter, frame)
        case ast.BinOp(op=ast.Add()):
            return _sum((_length(node.left, frame), _length(node.right, frame)))
        case ast.BinOp(left=ast.List() as part, op=ast.Mult(), right=number) | ast.BinOp(
            left=number, op=ast.Mult(), right=ast.List() as part
        ):
            one, repeat = _length(part, frame), _value(number, frame)
            return times(one, count(repeat)) if one is not None and repeat is not None else None
        case ast.Subscript(slice=ast.Slice() as part):
            return _length_of_slice(node.value, part, frame)
        case ast.Subscript():
            whole = _symbol_of(node, frame)
            return None if whole is None else Size.symbol(f"{COUNT}{ast.unparse(node)} {whole}")
        case ast.Call():
            return _length_of_call(node, frame)
        case ast.Name():
            return _length_of_name(node, frame)
        case ast.Attribute() if (name := self_attribute(node)) is not None:
            known = _the_one(
                [
                    _defined_length(name, definition, frame)
                    for definition in _stable(name, frame)
                    if not isinstance(definition.statement, ast.AugAssign)  # growth of another
                ]
            )
            return known or _itself(node, name, frame, COUNT)
    return None


def _length_of_slice(whole: ast.expr, part: ast.Slice, frame: Frame) -> Size | None:
    """`xs[1:]` and `xs[:-1]` are one shorter than `xs`, where it has one; `xs[::-1]` is as long."""
    length = _length(whole, frame)
    if length is None:
        return None
    step = _literal(part.step) if part.step is not None else 1
    if part.lower is None and part.upper is None and step in {1, -1}:
        return length
    lower = _literal(part.lower) if part.lower is not None else 0
    upper = _literal(part.upper) if part.upper is not None else 0
    if step != 1 or lower is None or upper is None or lower < 0 or upper > 0:
        return None
    return count(length - Size(lower) + Size(upper))


def _literal(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None


def _length_of_call(call: ast.Call, frame: Frame) -> Size | None:
    dotted = frame.function.file.dotted(call.func)
    if dotted == "range":
        return _length_of_range(call, frame)
    if dotted == "zip" and call.args:
        return _the_one([_length(argument, frame) for argument in call.args])
    if dotted in KEEPS_LENGTH and call.args:
        return _length(call.args[0], frame)
    if dotted in {"list", "tuple", "dict", "collections.OrderedDict"} and not call.args:
        return Size() if not call.keywords else None
    kind = CONTAINERS.get(dotted)
    if kind is Kind.SEQUENTIAL:
        return _length_of_sequential(call, frame)
    if kind is not None:
        return _length(call.args[0], frame) if call.args else Size()
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in MODULE_METHODS:
            return _length(call.func.value, frame)
        if call.func.attr in {"items", "keys", "values"} and not call.args:
            return _length(call.func.value, frame)
    return _length_of_result(call, frame)


def _length_of_range(call: ast.Call, frame: Frame) -> Size | None:
    values = [_value(argument, frame) for argument in call.args]
    match values:
        case [Size() as stop]:
            return count(stop)
        case [Size() as start, Size() as stop]:
            return count(stop - start)
        case [Size() as start, Size() as stop, Size() as step] if (
            start.is_constant and stop.is_constant and step.is_constant and step.constant
        ):
            return Size(len(range(start.constant, stop.constant, step.constant)))
        case [Size() as start, Size() as stop, Size(constant=-1, terms=())]:
            return count(start - stop)
    return None


def _length_of_sequential(call: ast.Call, frame: Frame) -> Size | None:
    match call.args:
        case [ast.Call(func=func, args=[inside])] if (
            frame.function.file.dotted(func) == "collections.OrderedDict"
        ):
            return _length(inside, frame)
        case [ast.Name() | ast.Attribute()]:
            return None  # one module, or an OrderedDict of them
    return _length(ast.Tuple(elts=call.args, ctx=ast.Load()), frame)


def _length_of_result(call: ast.Call, frame: Frame) -> Size | None:
    """The length of what a function under the path returns, as in `clones(layer, 6)`."""
    file = frame.function.file
    callee = file.project.functions.get(file.dotted(call.func))
    name = self_attribute(call.func)
    if callee is None and name is not None and frame.cls is not None:
        callee = frame.cls.method(name)
    if callee is None or len(callee.returns) != 1 or callee.returns[0] is None:
        return None
    arguments = _arguments(call, callee, frame)
    if arguments is None:
        return None
    called = f" called at {call.lineno}:{call.col_offset} of {frame.name('')}"
    inside = Frame(callee, frame.cls, arguments, frame.steps - 2, called)
    return _length(callee.returns[0], inside)


def _arguments(
    call: ast.Call, callee: FunctionFacts, frame: Frame
) -> Mapping[str, tuple[ast.expr, Frame]] | None:
    names = [parameter.arg for parameter in callee.parameters]
    if any(isinstance(a, ast.Starred) for a in call.args) or len(call.args) > len(names):
        return None
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    given = {name: (value, frame) for name, value in zip(names, call.args, strict=False)}
    given |= {k.arg: (k.value, frame) for k in call.keywords if k.arg is not None}
    defaults = {n: (v, frame) for n, v in callee.defaults.items() if isinstance(v, ast.Constant)}
    return {**defaults, **given}


def _length_of_name(node: ast.Name, frame: Frame) -> Size | None:
    argument = _argument(node.id, frame)
    if argument is not None:
        return _length(*argument)
    return _length_of_local(node, frame) or _local_itself(node, frame)


def _local_itself(node: ast.Name, frame: Frame) -> Size | None:
    """A name that is bound in one place, as a loop's variable, and left alone, as a symbol."""
    if not frame.asks or len(frame.function.assignments.get(node.id, ())) != 1:
        return None
    if node.id in _changed_in(frame.function):
        return None
    return Size.symbol(frame.name(f"{COUNT}{node.id}"))


def _length_of_local(node: ast.Name, frame: Frame) -> Size | None:
    function = frame.function
    if _is_untouched_parameter(node.id, function):
        return Size.symbol(frame.name(f"{COUNT}{node.id}"))
    bound = function.assignments.get(node.id, [])
    first = next((value for value in bound if value is not None), None)
    if first is None or any(parameter.arg == node.id for parameter in function.parameters):
        return None
    grown = _growth(node, function)
    if grown is None or len(bound) != 1 + sum(isinstance(g, ast.AugAssign) for g in grown):
        return None
    start = statement_of(first, function)
    if not _runs_once(first, function) or any(not _behind(start, g, node) for g in grown):
        return None
    # Lists read from, as in `self.convs = nn.ModuleList(convs)`, have to be complete by then.
    deeper = replace(frame, steps=frame.steps - 1)
    return _sum((_length(first, deeper), *(_grown_by(g, deeper) for g in grown)))


def _behind(start: ast.stmt, growth: ast.stmt, use: ast.expr) -> bool:
    return start.lineno < growth.lineno and (growth.end_lineno or growth.lineno) < use.lineno


def _growth(node: ast.Name, function: FunctionFacts) -> list[ast.stmt] | None:
    """The statements that add to a local list; None where something else may be done with it."""
    found: list[ast.stmt] = []
    parents = function.file.parents
    for use in function.nodes:
        if not isinstance(use, ast.Name) or use.id != node.id:
            continue
        if _is_read_only(use, function):
            continue
        parent = parents[use]
        if isinstance(use.ctx, ast.Store) and not isinstance(parent, ast.AugAssign):
            continue  # `assignments` has it
        match parent:
            case ast.AugAssign(op=ast.Add()) if parent.target is use:
                found.append(parent)
                continue
            case ast.Attribute(attr="append" | "extend" | "insert"):
                call = parents[parent]
                statement = parents[call] if isinstance(call, ast.Call) else None
                if isinstance(statement, ast.Expr):
                    found.append(statement)
                    continue
        return None
    return found


def _is_read_only(use: ast.expr, function: FunctionFacts) -> bool:
    """Whether a use of a list surely leaves its length as it is."""
    if not isinstance(getattr(use, "ctx", None), ast.Load):
        return False
    parent = function.file.parents[use]
    match parent:
        case ast.For() | ast.comprehension():
            return parent.iter is use
        case ast.Starred() | ast.Return() | ast.Compare() | ast.BinOp():
            return True
        case ast.Subscript():
            return parent.value is use and not isinstance(parent.ctx, ast.Del)
        case ast.Call():
            dotted = function.file.dotted(parent.func)
            is_torch = dotted.startswith("torch.")
            return use in parent.args and (dotted in READS_ONLY or is_torch)
    return False


def _grown_by(statement: ast.stmt, frame: Frame) -> Size | None:
    often = _executions(statement, frame)
    added: Size | None = Size(1)
    match statement:
        case ast.AugAssign(value=value):
            added = _length(value, frame)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="extend"), args=[value])):
            added = _length(value, frame)
    return times(often, added) if often is not None and added is not None else None


def _executions(statement: ast.stmt, frame: Frame) -> Size | None:
    """How often a statement runs in one call: what runs side by side runs equally often."""
    function = frame.function
    parents = function.file.parents
    often = Size(1)
    node: ast.AST = statement
    while node is not function.node:
        above = parents[node]
        match above:
            case ast.For() if node in above.body and not _leaves_early(above):
                turns = _length(above.iter, frame)
                if turns is None:
                    return times(often, _block(above, "body", frame))
                often = times(often, turns)
            case ast.If():
                block = "body" if node in above.body else "orelse"
                return times(often, _block(above, block, frame))
            case ast.With():
                pass
            case _ if above is not function.node:
                return None
        node = above
    return often


def _block(owner: ast.stmt, block: str, frame: Frame) -> Size:
    return Size.symbol(frame.name(f"{COUNT}runs of the {block} at line {owner.lineno}"))


def _leaves_early(loop: ast.For) -> bool:
    leaving = (ast.Break, ast.Continue, ast.Return, ast.Raise, ast.Yield)
    return any(isinstance(node, leaving) for node in ast.walk(loop)) or bool(loop.orelse)


def _runs_once(node: ast.AST, function: FunctionFacts) -> bool:
    """Whether code stands in no loop, so that it gives one value in one call."""
    loops = (ast.For, ast.While, ast.comprehension, ast.ListComp, ast.Lambda, ast.FunctionDef)
    for above in function.file.ancestors(node):
        if above is function.node:
            return True
        if isinstance(above, loops):
            return False
    return False


def _sum(parts: Iterable[Size | None]) -> Size | None:
    total = Size()
    for part in parts:
        if part is None:
            return None
        total = total + part
    return total


def _the_one(sizes: list[Size | None]) -> Size | None:
    return sizes[0] if sizes and all(size == sizes[0] for size in sizes) else None


# ------------------------------------------------------------------------------- attributes


def _stable(name: str, frame: Frame) -> tuple[Definition, ...]:
    """The definitions of `self.NAME` where it never changes once the object is built; else none."""
    if frame.cls is None or frame.steps <= 0:
        return ()
    attribute = frame.cls.attribute(name)
    if attribute is None or name in _changed_from_outside(frame.function.file.project):
        return ()
    if not attribute.definitions and attribute.class_level is not None:
        return ()
    for definition in attribute.definitions:
        if definition.how != "assign" or definition.function not in frame.cls.construction:
            return ()
    return attribute.definitions


def _stable_definitions(name: str, frame: Frame) -> tuple[Definition, ...]:
    definitions = _stable(name, frame)
    once = all(
        _runs_once(d.statement, d.function) and not isinstance(d.statement, ast.AugAssign)
        for d in definitions
    )
    return definitions if once else ()


def _defined_length(name: str, definition: Definition, frame: Frame) -> Size | None:
    """The length that one definition gives, with what the same method appends to it later."""
    if definition.value is None or not _runs_once(definition.statement, definition.function):
        return None
    there = frame.other(definition.function)
    grown = _attribute_growth(frame.cls, name) if frame.cls is not None else ()
    if grown is None or any(function is not definition.function for function, _ in grown):
        return None
    return _sum(
        (_length(definition.value, there), *(_grown_by(statement, there) for _, statement in grown))
    )


@remembered
def _attribute_growth(
    cls: ClassFacts, name: str
) -> tuple[tuple[FunctionFacts, ast.stmt], ...] | None:
    """Where methods of the class add to `self.NAME`; None where one may do something else to it."""
    found: list[tuple[FunctionFacts, ast.stmt]] = []
    for above in cls.mro if cls is not None else ():
        for function in above.methods.values():
            for node in function.nodes:
                if not isinstance(node, ast.Attribute) or self_attribute(node) != name:
                    continue
                statement = _adds_to(node, function)
                if statement is None:
                    continue
                if isinstance(statement, ast.Delete) or function not in _construction(cls):
                    return None
                found.append((function, statement))
    return tuple(found)


def _construction(cls: ClassFacts | None) -> frozenset[FunctionFacts]:
    return cls.construction if cls is not None else frozenset()


def _adds_to(node: ast.Attribute, function: FunctionFacts) -> ast.stmt | None:
    """The statement that changes the length of an attribute; a Delete for what is not adding."""
    parents = function.file.parents
    parent = parents[node]
    if isinstance(parent, ast.AugAssign) and parent.target is node:
        return parent if isinstance(parent.op, ast.Add) else ast.Delete([])
    if isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Del):
        return ast.Delete([])
    if not isinstance(parent, ast.Attribute) or parent.attr not in MUTATORS:
        return None
    call = parents[parent]
    statement = parents[call] if isinstance(call, ast.Call) else None
    if isinstance(statement, ast.Expr) and parent.attr in {
        "append", "extend", "insert", "add_module", "register_module"
    }:  # fmt: skip
        return statement
    return ast.Delete([])


@remembered
def _changed_from_outside(project: Project) -> frozenset[str]:
    """Names of attributes that code changes on something other than `self`: `net.layers = …`."""
    return frozenset[str]().union(*(_changed_by(file) for file in project.everywhere))


@remembered_of_text
def _changed_by(file: FileFacts) -> frozenset[str]:
    found = set()
    for node in file.nodes:
        match node:
            case ast.Attribute(value=base, attr=name, ctx=ast.Store() | ast.Del()):
                if not (isinstance(base, ast.Name) and base.id == "self"):
                    found.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=base, attr=name), attr=m)):
                if m in MUTATORS and not (isinstance(base, ast.Name) and base.id == "self"):
                    found.add(name)
            case ast.Subscript(value=ast.Attribute(value=base, attr=name), ctx=ast.Del()):
                if not (isinstance(base, ast.Name) and base.id == "self"):
                    found.add(name)
    return frozenset(found)


def elements_left_by(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Texts of what `nodes` rebind or change the length of: `xs`, `self.convs`."""
    found = set()
    for node in nodes:
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                found.add(node.id)
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                found.add(ast.unparse(node))
            case ast.Subscript(ctx=ast.Del()):
                found.add(ast.unparse(node.value))
            case ast.Call(func=ast.Attribute(value=changed, attr=method)) if method in MUTATORS:
                found.add(ast.unparse(changed))
    return frozenset(found)
