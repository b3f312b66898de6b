"""What an expression or an attribute may hold: which kind of thing, and of which classes."""

import ast
from collections.abc import Iterable, Iterator

from torchscript_fix.facts.kinds import (
    CONTAINERS,
    INDEXABLE,
    MODULE_METHODS,
    MODULE_WRAPPERS,
    NOTHING,
    UNKNOWN,
    Held,
    Kind,
)
from torchscript_fix.facts.nodes import FunctionNode, nodes_under
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import (
    AttributeFacts,
    ClassFacts,
    Definition,
    FunctionFacts,
    Project,
    self_attribute,
)
from torchscript_fix.source import Parsed

DEEPEST = 6
"""Names and calls that are followed one after another."""
GROWING = INDEXABLE | {Kind.LIST}
"""What can be appended to."""


@remembered
def held_by_definition(definition: Definition) -> Held:
    """What one definition of an attribute gives it."""
    if definition.how == "register_buffer":
        return Held(frozenset({Kind.BUFFER}))
    if definition.how == "register_parameter":
        return Held(frozenset({Kind.PARAMETER}))
    if definition.value is None:
        return UNKNOWN
    return held_by(definition.value, definition.function)


def held_by_attribute(attribute: AttributeFacts | None) -> Held:
    """What `self.NAME` may be once the object is built: the union of all its definitions."""
    result = NOTHING
    for definition in attribute.definitions if attribute is not None else ():
        result |= held_by_definition(definition)
    if attribute is not None and result.kinds & GROWING:
        result |= Held(frozenset(), elements=_grown(attribute))
    return result if result.kinds else UNKNOWN


def is_surely(attribute: AttributeFacts | None, kinds: Iterable[Kind]) -> bool:
    """Whether every definition of an attribute gives one of `kinds` (None left aside)."""
    found = held_by_attribute(attribute).kinds - {Kind.NONE}
    return bool(found) and found <= frozenset(kinds)


def module_classes(node: ast.expr, function: FunctionFacts) -> frozenset[str]:
    """Dotted classes of the module that an expression in `function` evaluates to: `self.conv`,
    `self.convs[i]`, a loop variable over `self.convs`, a local module."""
    return _module_classes(function, node)


@remembered
def _module_classes(function: FunctionFacts, node: ast.expr) -> frozenset[str]:
    match node:
        case ast.Subscript():
            return _held_in(node.value, function).elements
        case ast.Name():
            return _classes_of_local(function, node.id)
    return _held_in(node, function).classes


@remembered
def _classes_of_local(function: FunctionFacts, name: str) -> frozenset[str]:
    classes = _held_by_name(name, function, DEEPEST).classes
    for loop in _loops(function.file.parsed, function.node):
        classes |= _looped(name, loop.target, loop.iter, function)
    return classes


@remembered
def _loops(parsed: Parsed, function: FunctionNode) -> tuple[ast.For | ast.comprehension, ...]:
    nodes = nodes_under(parsed, function)
    return tuple(node for node in nodes if isinstance(node, ast.For | ast.comprehension))


def _held_in(node: ast.expr, function: FunctionFacts) -> Held:
    """Like held_by, for attributes as the method sees them, its subclasses' included."""
    name = self_attribute(node)
    return held_by(node, function) if name is None else _held_by_own(function, name)


@remembered
def _held_by_own(function: FunctionFacts, name: str) -> Held:
    return held_by_attribute(function.attribute(name))


def _looped(
    name: str, target: ast.expr, source: ast.expr, function: FunctionFacts
) -> frozenset[str]:
    """Classes of a loop variable over a list of modules, through enumerate, zip and reversed."""
    match target, source:
        case ast.Name(id=bound), _ if bound == name:
            return _held_in(source, function).elements
        case ast.Tuple(elts=[_, inner]), ast.Call(func=ast.Name(id="enumerate"), args=[inside, *_]):
            return _looped(name, inner, inside, function)
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=sources):
            pairs = zip(targets, sources, strict=False)
            return _union(_looped(name, t, s, function) for t, s in pairs)
    return frozenset()


def held_by(value: ast.expr, function: FunctionFacts, depth: int = DEEPEST) -> Held:
    """What `value`, standing in `function`, may evaluate to."""
    if depth <= 0:
        return UNKNOWN
    match value:
        case ast.Constant(value=None):
            return Held(frozenset({Kind.NONE}))
        case ast.IfExp():
            return held_by(value.body, function, depth - 1) | held_by(
                value.orelse, function, depth - 1
            )
        case ast.BoolOp():
            result = NOTHING
            for part in value.values:
                result |= held_by(part, function, depth - 1)
            return result
        case ast.Call():
            return _held_by_call(value, function, depth)
        case ast.List() | ast.ListComp():
            return Held(frozenset({Kind.LIST}), elements=_elements(value, function, depth))
        case ast.Attribute() if (name := self_attribute(value)) is not None:
            facts = function.owner.attribute(name) if function.owner else None
            if facts is None or any(d.value is value for d in facts.definitions):
                return UNKNOWN
            result = NOTHING
            for definition in facts.definitions:
                if definition.value is not None and definition.how == "assign":
                    result |= held_by(definition.value, definition.function, depth - 1)
                else:
                    result |= held_by_definition(definition)
            return result if result.kinds else UNKNOWN
        case ast.Name():
            return _held_by_name(value.id, function, depth)
        case (
            ast.Constant()
            | ast.Tuple()
            | ast.Dict()
            | ast.BinOp()
            | ast.Compare()
            | ast.JoinedStr()
        ):
            return Held(frozenset({Kind.VALUE}))
        case ast.UnaryOp() | ast.Set() | ast.DictComp() | ast.SetComp() | ast.Lambda():
            return Held(frozenset({Kind.VALUE}))
    return UNKNOWN


def held_by_class(dotted: str, project: Project) -> Held | None:
    """An instance of a class; None where the name is not known to be a Module's or Parameter's."""
    if dotted in CONTAINERS:
        return Held(frozenset({CONTAINERS[dotted]}), frozenset({dotted}))
    if dotted in {"torch.nn.Parameter", "torch.nn.Buffer"}:
        return Held(frozenset({Kind.PARAMETER if dotted.endswith("Parameter") else Kind.BUFFER}))
    cls = project.classes.get(dotted)
    if cls is not None:
        if cls.container is not None and cls.method("forward") is None:
            return Held(frozenset({cls.container}), frozenset({dotted}))
        kind = Kind.MODULE if cls.is_module else Kind.VALUE
        return Held(frozenset({kind}), frozenset({dotted}))
    name = dotted.rpartition(".")[2]
    if dotted == f"torch.nn.{name}" and name[:1].isupper():
        return Held(frozenset({Kind.MODULE}), frozenset({dotted}))
    return None


def _held_by_call(call: ast.Call, function: FunctionFacts, depth: int) -> Held:
    file, project = function.file, function.file.project
    dotted = file.dotted(call.func)
    instance = held_by_class(dotted, project)
    if instance is not None:
        if instance.kinds & INDEXABLE or Kind.MODULE_DICT in instance.kinds:
            inside = _element if Kind.SEQUENTIAL in instance.kinds else _elements
            elements = _union(inside(arg, function, depth) for arg in call.args)
            return Held(instance.kinds, instance.classes, instance.elements | elements)
        return instance
    last = dotted.rpartition(".")[2] or (
        call.func.attr if isinstance(call.func, ast.Attribute) else ""
    )
    if last in MODULE_WRAPPERS and call.args:
        return held_by(call.args[0], function, depth - 1)
    if isinstance(call.func, ast.Attribute) and last in MODULE_METHODS:
        return held_by(call.func.value, function, depth - 1)
    callee = project.functions.get(dotted)
    name = self_attribute(call.func)
    if callee is None and name and function.owner:
        callee = function.owner.method(name)
    if callee is None or callee is function:
        return UNKNOWN
    result = NOTHING
    for returned in callee.returns:
        result |= held_by(returned, callee, depth - 2) if returned else Held(frozenset({Kind.NONE}))
    return result if result.kinds else UNKNOWN


def _held_by_name(name: str, function: FunctionFacts, depth: int) -> Held:
    values = function.assignments.get(name)
    if not values:
        return UNKNOWN
    result = NOTHING
    for bound in values:
        result |= held_by(bound, function, depth - 1) if bound is not None else NOTHING
    if result.kinds & GROWING:
        result |= Held(frozenset(), elements=_appended(name, function, depth))
    return result if result.kinds else UNKNOWN


def _elements(value: ast.expr, function: FunctionFacts, depth: int) -> frozenset[str]:
    """Classes of the modules in an iterable of modules."""
    if depth <= 0:
        return frozenset()
    match value:
        case ast.List() | ast.Tuple():
            return _union(_element(e, function, depth - 1) for e in value.elts)
        case ast.ListComp() | ast.GeneratorExp():
            return _element(value.elt, function, depth - 1)
        case ast.BinOp():
            return _union(_elements(v, function, depth - 1) for v in (value.left, value.right))
    return held_by(value, function, depth - 1).elements


def _element(value: ast.expr, function: FunctionFacts, depth: int) -> frozenset[str]:
    """Classes of one element of a list display, or of all that `*value` puts there."""
    if isinstance(value, ast.Starred):
        return _elements(value.value, function, depth)
    return held_by(value, function, depth).classes


def _appended(name: str, function: FunctionFacts, depth: int) -> frozenset[str]:
    """Classes of what `name.append(…)`, `name.extend(…)`, `name += […]` put into a list."""
    return _union(
        _elements(value, function, depth - 1) if many else _element(value, function, depth - 1)
        for to, value, many in _growth(function)
        if isinstance(to, ast.Name) and to.id == name
    )


def _grown(attribute: AttributeFacts) -> frozenset[str]:
    """Classes of what is put into `self.NAME` after its definition, by subclasses as well."""
    owners = {d.function.owner for d in attribute.definitions if d.function.owner is not None}
    classes = {cls for owner in owners for cls in (owner, *owner.subclasses)}
    return _union(_grown_in(cls).get(attribute.name, frozenset()) for cls in classes)


@remembered
def _grown_in(cls: ClassFacts) -> dict[str, frozenset[str]]:
    """Classes of the modules that the methods of a class put into each list of `self`."""
    found: dict[str, frozenset[str]] = {}
    for method in cls.methods.values():
        for to, value, many in _growth(method):
            name = self_attribute(to)
            if name is not None:
                put = _elements(value, method, 4) if many else _element(value, method, 4)
                found[name] = found.get(name, frozenset()) | put
    return found


def _growth(function: FunctionFacts) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Each list that a function lets grow, what is put there, and whether that is a list, too."""
    for node in function.own_nodes:
        match node:
            case ast.Call(
                func=ast.Attribute(value=to, attr="append" | "insert" | "add_module"),
                args=[*_, value],
            ):
                yield to, value, False
            case ast.Call(func=ast.Attribute(value=to, attr="extend"), args=[value]):
                yield to, value, True
            case ast.AugAssign(target=to, op=ast.Add(), value=value):
                yield to, value, True


def _union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*parts)
