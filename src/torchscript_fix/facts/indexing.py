"""Where a function takes modules out of a ModuleList by something other than an integer literal."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.facts.held import held_by_attribute, is_surely
from torchscript_fix.facts.kinds import CONTAINERS, INDEXABLE, Held, Kind
from torchscript_fix.facts.static import FunctionFacts, self_attribute

Comprehension = ast.ListComp | ast.GeneratorExp | ast.SetComp
COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp)


@dataclass(frozen=True)
class Site:
    """`container[index]` with an index that is no literal."""

    node: ast.Subscript

    @property
    def container(self) -> ast.expr:
        return self.node.value

    @property
    def index(self) -> ast.expr:
        return self.node.slice

    @property
    def key(self) -> str:
        """The container as text: `self.convs`."""
        return ast.unparse(self.node.value)


def sites(function: FunctionFacts) -> Iterator[Site]:
    """All such places, in source order; those inside another's index or container too."""
    found = [
        node
        for node in function.nodes
        if isinstance(node, ast.Subscript)
        and integer_literal(node.slice) is None
        and not isinstance(node.slice, ast.Slice | ast.Tuple | ast.Constant)
        and container_kind(node.value, function) is not None
    ]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)):
        yield Site(node)


def integer_literal(node: ast.expr | None) -> int | None:
    """The number that a literal is, `-1` included."""
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None


def container_kind(node: ast.expr, function: FunctionFacts, depth: int = 4) -> Kind | None:
    """Which kind of list of modules or parameters an expression surely is; None where it is none,
    or not surely one."""
    if depth <= 0:
        return None
    match node:
        case ast.Attribute() if (name := self_attribute(node)) is not None:
            return _kind_of_attribute(name, function)
        case ast.Subscript(value=outside, slice=index) if not isinstance(index, ast.Slice):
            if container_kind(outside, function, depth - 1) is None:
                return None
            return _kind_of_elements(outside, function)
        case ast.Name(id=name):
            return _kind_of_name(name, function, depth)
    return None


def _kind_of_attribute(name: str, function: FunctionFacts) -> Kind | None:
    kinds: set[Kind] = set()
    classes = function.scripted_for or ((function.owner,) if function.owner else ())
    for cls in classes:
        attribute = cls.attribute(name)
        if attribute is None:
            continue
        if not is_surely(attribute, INDEXABLE):
            return None
        kinds |= held_by_attribute(attribute).kinds - {Kind.NONE}
    return kinds.pop() if len(kinds) == 1 else (Kind.MODULE_LIST if kinds else None)


def _kind_of_elements(outside: ast.expr, function: FunctionFacts) -> Kind | None:
    """The kind of list that each element of a list of lists is."""
    name = self_attribute(outside)
    if name is None:
        return None
    kinds: set[Kind | None] = set()
    for dotted in _held(name, function).elements:
        cls = function.file.project.classes.get(dotted)
        is_list = cls.container if cls is not None and not cls.method("forward") else None
        kinds.add(CONTAINERS.get(dotted) or is_list)
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind in INDEXABLE else None


def _held(name: str, function: FunctionFacts) -> Held:
    return held_by_attribute(function.attribute(name))


def _kind_of_name(name: str, function: FunctionFacts, depth: int) -> Kind | None:
    """A local that is bound once: `layers = self.layers`, or the variable of a loop over lists."""
    if any(parameter.arg == name for parameter in function.parameters):
        return None
    bound = function.assignments.get(name, [])
    if len(bound) == 1 and bound[0] is not None:
        return container_kind(bound[0], function, depth - 1)
    if len(bound) != 1:
        return None
    for loop in function.nodes:
        if isinstance(loop, ast.For | ast.comprehension):
            source = looped_over(name, loop.target, loop.iter)
            if source is not None and container_kind(source, function, depth - 1) is not None:
                return _kind_of_elements(source, function)
    return None


def unfit_class(site: Site, function: FunctionFacts) -> str | None:
    """A class of the list's modules whose `forward` does not take what the module at a site is
    called with; behind a guard it would be compiled with that all the same."""
    call = function.file.parents[site.node]
    name = self_attribute(site.container)
    if not isinstance(call, ast.Call) or call.func is not site.node or name is None:
        return None
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    for dotted in sorted(_held(name, function).elements):
        cls = function.file.project.classes.get(dotted)
        forward = cls.method("forward") if cls is not None else None
        if cls is None or forward is None or forward.node.args.vararg is not None:
            continue
        most = len(forward.parameters)
        if not most - len(forward.defaults) <= len(call.args) <= most:
            return cls.qualname
    return None


def looped_over(name: str, target: ast.expr, source: ast.expr) -> ast.expr | None:
    """What a loop variable is an element of, through `enumerate` and `zip`."""
    match target, source:
        case ast.Tuple(elts=[_, inner]), ast.Call(func=ast.Name(id="enumerate"), args=[inside, *_]):
            return looped_over(name, inner, inside)
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=sources):
            for one, other in zip(targets, sources, strict=False):
                found = looped_over(name, one, other)
                if found is not None:
                    return found
        case ast.Name(id=bound), _ if bound == name:
            return source
    return None


def offset_from(index: ast.expr, name: str) -> int | None:
    """`c` where an index is `name + c`, with a literal `c`."""
    match index:
        case ast.Name(id=same) if same == name:
            return 0
        case ast.BinOp(left=ast.Name(id=same), op=ast.Add(), right=ast.Constant(value=int(c))):
            return c if same == name else None
        case ast.BinOp(left=ast.Constant(value=int(c)), op=ast.Add(), right=ast.Name(id=same)):
            return c if same == name else None
        case ast.BinOp(left=ast.Name(id=same), op=ast.Sub(), right=ast.Constant(value=int(c))):
            return -c if same == name else None
    return None


def names_in(node: ast.AST) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


PURE = (
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Subscript,
    ast.operator,
    ast.unaryop,
    ast.expr_context,
)
PURE_CALLS = frozenset({"len", "min", "max", "int", "size", "dim"})


def is_pure(node: ast.AST) -> bool:
    """Whether evaluating an expression twice, or elsewhere, does and gives the same."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        inside = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
        return name in PURE_CALLS and not node.keywords and all(is_pure(part) for part in inside)
    return isinstance(node, PURE) and all(is_pure(part) for part in ast.iter_child_nodes(node))
