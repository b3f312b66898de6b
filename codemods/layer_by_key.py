"""Calls a layer that is chosen at run time, by key, index or name, by a method that knows what it
may be.

## What the compiler says

    ModuleDict indexing is only supported with string literals
    ModuleList/Sequential indexing is only supported with integer literals
    getattr's second argument must be a string literal

TorchScript has to know which layer is called. `self.layers[key]`, or a name that is put together
(`getattr(self, "conv%d" % i)(x)`, `self._modules[name](x)`), can be any.

## What is written instead

    x = self.layers[name](x)                    x = self._call_layers(name, x)

    def _call_layers(self, key: str, x):
        for name, layer in self.layers.items():
            if name == key:
                return layer(x)
        raise KeyError(key)

The compiler unrolls the loop. For a ModuleList it is over `enumerate(self.layers)`, where -1 is the
last one as before. A layer that is looked up by its name:

    x = getattr(self, "conv%d" % i)(x)         x = self._call_conv("conv%d" % i, x)

    def _call_conv(self, name: str, x):
        if hasattr(self, "conv1") and name == "conv1":
            return self.conv1(x)
        if hasattr(self, "conv2") and name == "conv2":
            return self.conv2(x)
        raise AttributeError(name)

The names are those of the layers that the class defines or that its models were seen to have, as
far as they match; where a model lacks one, the compiler leaves that branch out. Keys and values of
the state_dict are what they were. A name that is none of these raises, which is narrower.

## When it holds back

Where the layer is not called at that place but kept, returned or handed on, where the call takes
`*args`, where the attribute is not known to be a ModuleDict, ModuleList or Sequential, and where
nothing shows which names there are.
"""

import ast
import re
from collections.abc import Sequence

from torchscript_fix.editing.edit import Edit, InsertAtHead, RemoveStatement, ReplaceExpression
from torchscript_fix.facts.held import held_by_attribute, held_by_definition
from torchscript_fix.facts.kinds import MODULES, Kind
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import ClassFacts, FunctionFacts, self_attribute
from torchscript_fix.kit import ClassRule, ClassSite, Declined, Fix, Safety, Site, require
from torchscript_fix.kit.answer import declining
from torchscript_fix.kit.dispatch import Choice, Dispatch

LISTS = frozenset({Kind.MODULE_LIST, Kind.SEQUENTIAL})
DICTS = frozenset({Kind.MODULE_DICT})
MOST_NAMES = 40
UNUSED = "__jit_unused_properties__"
"""The properties that the compiler leaves alone (`torch/jit/_recursive.py`)."""


class LayerByKey(ClassRule):
    name = "layer-by-key"
    also_known_as = ("layer-by-name",)
    summary = "A layer that is chosen by a computed key or name is called by a method of its own."
    messages = (
        "ModuleDict indexing is only supported with string literals",
        "ModuleList/Sequential indexing is only supported with integer literals",
        "getattr's second argument must be a string literal",
        "has no attribute '_modules'",
        "Unknown type name 'Module'",
    )
    safety = Safety.NARROWING

    def fix(self, site: ClassSite) -> Fix | None:
        chosen = [Site(node, method) for method, node in site.nodes if _chooses(node, method)]
        if not chosen:
            return None
        first = min(chosen, key=lambda each: each.line)
        dispatch, edits = Dispatch(site.cls, first.function), list[Edit]()
        for each in chosen:
            with declining(each):
                edits += _answer(each, site.cls, dispatch)
        safe = all(_looked_up(each.node) is None for each in chosen)
        summary = f"layers that are chosen at run time are called by {dispatch.names}"
        edits += dispatch.edits()
        return Fix(summary, edits, Safety.SAFE if safe else Safety.NARROWING, first)


def _chooses(node: ast.AST, method: FunctionFacts) -> bool:
    """Whether a node is a layer that a computed key, index or name picks."""
    if _looked_up(node) is not None:
        unused = method.owner.class_level.get(UNUSED) if method.owner is not None else None
        return unused is None or f"'{method.name}'" not in ast.unparse(unused)
    match node:
        case ast.Subscript(slice=ast.Constant() | ast.Slice()):
            return False
        case ast.Subscript(slice=ast.UnaryOp(operand=ast.Constant())):
            return False
        case ast.Subscript(value=value, ctx=ast.Load()):
            return bool(_kinds(value, method) & (LISTS | DICTS))
    return False


def _answer(site: Site[ast.AST], cls: ClassFacts, dispatch: Dispatch) -> Sequence[Edit]:
    """Have the calls of a layer go by a method; the Edits beside those of the dispatch."""
    function, name = site.function, _looked_up(site.node)
    if name is None:
        call = site.called("the layer that is chosen is not called there and then")
        assert isinstance(site.node, ast.Subscript)
        key, choice = site.file.segment(site.node.slice), _by_key(site.node.value, function)
        dispatch.add(call, key, choice, function)
        return ()
    choice = _by_name(_layer_names(name, function, cls))
    match site.parent:
        case ast.Assign(targets=[ast.Name(id=local)]) as assign:
            return _calls_of_local(local, assign, (name, choice), function, dispatch)
        case ast.Return() if "property" in function.decorators:
            return _calls_of_property(name, choice, function, cls, dispatch)
    call = site.called("the layer that is looked up is not called there and then")
    dispatch.add(call, _compiled(name, function), choice, function)
    return ()


# --------------------------------------------------------------------------- by key or index


def _kinds(value: ast.expr, method: FunctionFacts) -> frozenset[Kind]:
    attribute = self_attribute(value)
    facts = method.attribute(attribute) if attribute is not None else None
    return held_by_attribute(facts).kinds - {Kind.NONE} if facts is not None else frozenset()


def _by_key(value: ast.expr, method: FunctionFacts) -> Choice:
    attribute, kinds = self_attribute(value) or "", _kinds(value, method)
    several = f"self.{attribute} may be more than a list or dictionary of layers"
    require(kinds <= LISTS or kinds <= DICTS, several)
    if kinds <= DICTS:
        place, items, key, error = "name", f"self.{attribute}.items()", "key: str", "KeyError(key)"
        test = "name == key"
    else:
        place, items, key = "place", f"enumerate(self.{attribute})", "index: int"
        test = f"place == index or place == index + len(self.{attribute})"
        error = "IndexError(str(index))"

    def body(passed: str) -> Sequence[str]:
        loop = f"for {place}, layer in {items}:"
        return [loop, f"    if {test}:", f"        return layer({passed})", f"raise {error}"]

    return Choice(f"_call_{attribute.strip('_')}", key, body, attribute)


# ------------------------------------------------------------------------------- by its name


def _looked_up(node: ast.AST) -> ast.expr | None:
    """The name in `getattr(self, name)`, `self._modules[name]`, `self.__getattr__(name)`, where it
    is not a literal."""
    match node:
        case (
            ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id="self"), name])
            | ast.Call(
                func=ast.Attribute(attr="__getattr__", value=ast.Name(id="self")), args=[name]
            )
            | ast.Subscript(
                value=ast.Attribute(attr="_modules", value=ast.Name(id="self")), slice=name
            )
        ) if not isinstance(name, ast.Constant):
            return name
    return None


def _by_name(names: Sequence[str]) -> Choice:
    words = {re.sub(r"[\W\d]+", "", name).strip("_") for name in names}
    shared = words.pop() if len(words) == 1 else ""

    def body(passed: str) -> Sequence[str]:
        lines = []
        for name in names:
            layer = f"self.{name}" if name.isidentifier() else f'getattr(self, "{name}")'
            lines.append(f'if hasattr(self, "{name}") and name == "{name}":')
            lines.append(f"    return {layer}({passed})")
        return [*lines, "raise AttributeError(name)"]

    return Choice(f"_call_{shared or 'layer'}", "name: str", body, tuple(names))


def _calls_of_property(
    name: ast.expr, choice: Choice, function: FunctionFacts, cls: ClassFacts, dispatch: Dispatch
) -> list[Edit]:
    """`self.norm(x)` of a property that looks `self.norm_name` up: the property is not compiled."""
    more = "the property does more than look up a layer whose name the model keeps"
    require(self_attribute(name) is not None and len(function.node.body) == 1, more)
    family = (*cls.mro, *cls.subclasses)
    own = f"{cls.qualname} has its own {UNUSED}"
    require(not any(UNUSED in other.class_level for other in family), own)
    for method in (each for each in cls.methods.values() if each.scripted):
        for node in method.nodes:
            if isinstance(node, ast.Attribute) and self_attribute(node) == function.name:
                call = Site(node, method).called(f"self.{function.name} is not only called")
                dispatch.add(call, function.file.segment(name), choice, method)
    return [InsertAtHead(cls.node, "body", f'{UNUSED} = ["{function.name}"]')]


def _calls_of_local(
    local: str,
    assign: ast.Assign,
    looked_up: tuple[ast.expr, Choice],
    function: FunctionFacts,
    dispatch: Dispatch,
) -> list[Edit]:
    """`conv = getattr(self, name)`, then `conv(x)`: a local keeps the name instead."""
    name, choice = looked_up
    require(len(function.assignments[local]) == 1, f"{local} is given other values as well")
    edits: list[Edit] = [RemoveStatement(assign)]
    if isinstance(name, ast.Name) and _is_bound_beside(name.id, assign, function):
        kept = name.id
    else:
        taken = {node.id for node in function.nodes if isinstance(node, ast.Name)}
        kept = free_name([f"{local}_name", f"name_of_{local}"], taken)
        code = _compiled(name, function)
        edits = [ReplaceExpression(assign.targets[0], kept), ReplaceExpression(assign.value, code)]
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id == local and isinstance(node.ctx, ast.Load):
            call = Site(node, function).called(f"{local} is not only called")
            dispatch.add(call, kept, choice, function)
    return edits


def _is_bound_beside(name: str, statement: ast.stmt, function: FunctionFacts) -> bool:
    """Whether a local is bound once, in the block in which the statement stands."""
    parents = function.file.parents
    bound = [
        parents[node]
        for node in function.nodes
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]
    beside = [n for n in bound if isinstance(n, ast.Assign) and parents[n] is parents[statement]]
    return len(bound) == len(beside) == 1


def _compiled(name: ast.expr, function: FunctionFacts) -> str:
    """The expression of a name as the compiler takes it: `"{}"` for `"{:d}"`."""
    code = function.file.segment(name)
    match name:
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format")):
            return code.replace("{:d}", "{}")
    return code


# --------------------------------------------------------------------------- which names


def _layer_names(name: ast.expr, function: FunctionFacts, cls: ClassFacts) -> Sequence[str]:
    """The names of layers that a lookup may come to. Raises Declined."""
    wanted, text = _possible(name, function), ast.unparse(name)
    by_case = f"a --case that runs {function.qualname}"
    if wanted is None:
        raise Declined(f"which names {text} may be is not known: no case showed them", by_case)
    matches = wanted.__contains__ if isinstance(wanted, frozenset) else wanted.fullmatch
    names = sorted(filter(matches, _layers(cls)), key=_natural)
    require(names, f"no layer is known of the name {text}: no case showed one", by_case)
    require(len(names) <= MOST_NAMES, f"{len(names)} layers have such a name")
    return names


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part or 0), word) for word, part in re.findall(r"(\D*)(\d*)", name)]


def _layers(cls: ClassFacts) -> frozenset[str]:
    """Names of the modules that instances of the class are known to have."""
    names = {
        name
        for other in (*cls.mro, *cls.subclasses)
        for name, definitions in other.own_definitions.items()
        if any(held_by_definition(definition).kinds & MODULES for definition in definitions)
    }
    seen = cls.file.project.observed.attributes.get((cls.file.path, cls.qualname), {})
    return frozenset(names | {name for name, attribute in seen.items() if attribute.modules})


def _possible(
    name: ast.expr, function: FunctionFacts, depth: int = 4
) -> frozenset[str] | re.Pattern[str] | None:
    """What an expression of a name may be: the names, or how they are put together."""
    pattern = _pattern(name)
    if pattern is not None:
        return re.compile(pattern)
    attribute = self_attribute(name)
    if attribute is not None:
        return _observed_names(attribute, function)
    if not isinstance(name, ast.Name) or depth <= 0:
        return None
    if any(parameter.arg == name.id for parameter in function.parameters):
        seen = function.file.project.observed.function(function.file.path, function.qualname)
        return _texts(seen.values.get(name.id, frozenset())) if seen is not None else None
    values = function.assignments.get(name.id, [])
    if len(values) != 1:
        return None
    if values[0] is not None:
        return _possible(values[0], function, depth - 1)
    for loop in function.nodes:
        match loop:
            case ast.For(target=ast.Name(id=target), iter=source) if target == name.id:
                attribute = self_attribute(source)
                return _observed_names(attribute, function) if attribute is not None else None
    return None


def _pattern(name: ast.expr) -> str | None:
    """A regular expression for what a text that is put together comes to; None where it is no
    such text, or nothing of it is literal."""
    parts: list[str | None]
    match name:
        case ast.JoinedStr(values=values):
            parts = [_literal(value) for value in values]
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text))):
            parts = _alternating(text, r"%[\d.]*[a-z]")
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            parts = _alternating(text, r"\{[^}]*\}")
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            parts = [_pattern(left) or _literal(left), _pattern(right) or _literal(right)]
        case _:
            return None
    if not any(part is not None for part in parts):
        return None
    return "".join(r"\w+" if part is None else part for part in parts)


def _literal(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
    return None


def _alternating(text: str, placeholder: str) -> list[str | None]:
    first, *others = re.split(placeholder, text)
    parts: list[str | None] = [re.escape(first)] if first else []
    for piece in others:
        parts += [None, re.escape(piece)] if piece else [None]
    return parts


def _observed_names(attribute: str, function: FunctionFacts) -> frozenset[str] | None:
    cls = function.owner
    assert cls is not None
    seen = cls.file.project.observed.attribute(cls.file.path, cls.qualname, attribute)
    return _texts(seen.values) if seen is not None else None


def _texts(values: frozenset[str]) -> frozenset[str] | None:
    """The texts in the `repr` of texts, and of lists and tuples of them."""
    found: set[str] = set()
    for value in values - {"nan", "inf", "-inf"}:
        literal = ast.literal_eval(value)
        texts = literal if isinstance(literal, list | tuple) else [literal]
        found.update(text for text in texts if isinstance(text, str))
    return frozenset(found) or None
