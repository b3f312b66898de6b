"""A comprehension with a condition, or with two loops, becomes a loop that appends.

## What the compiler says

    Comprehension ifs are not supported yet
    Only a single generator is currently supported

TorchScript has comprehensions over one thing, all of it. A generator is a list to it.

## What is written instead

                                             outs = []
    outs = [layer(x)                         for i, layer in enumerate(self.layers):
            for i, layer                →        if i in self.indices:
            in enumerate(self.layers)                outs.append(layer(x))
            if i in self.indices]

The list says what goes into it where that is no Tensor. Names of the comprehension that mean
something else in the function are given others.

## When it holds back

Where the comprehension is not evaluated first of what its statement evaluates, or not always;
where it holds another one; and a generator that something else than `sum`, `list` and their like
takes from: `any` stops at the first one that decides.
"""

import ast
from collections.abc import Mapping, Sequence

from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Declined, Fix, NodeRule, Safety, Site, require
from torchscript_fix.kit.spelling import Spelled, spelled
from torchscript_fix.kit.substitution import renamed, substituted
from torchscript_fix.kit.unrolling.comprehensions import RESULT_NAMES, as_loop, comes_first

Comprehension = ast.ListComp | ast.GeneratorExp
ALL_OF_IT = frozenset({"list", "tuple", "sum", "min", "max", "sorted", "set"})
"""Functions that take everything out of a generator, whatever comes."""


class ComprehensionAsLoop(NodeRule[Comprehension]):
    name = "comprehension-as-loop"
    summary = "[f(x) for x in xs if c] becomes a loop that appends."
    messages = (
        "Comprehension ifs are not supported yet",
        "Only a single generator is currently supported",
    )
    safety = Safety.SAFE
    kinds = Comprehension

    def fix(self, site: Site[Comprehension]) -> Fix | None:
        node, function, generators = site.node, site.function, site.node.generators
        if len(generators) == 1 and not generators[0].ifs:
            return None
        late = "other things in its statement are evaluated before it, or it is not always"
        require(comes_first(node, function), late)
        alone = not any(isinstance(each, Comprehension) for each in list(ast.walk(node))[1:])
        require(alone, "there is another comprehension in it")
        taker = _taker(site) if isinstance(node, ast.GeneratorExp) else None
        kind, annotation = type_of(node.elt, function), Spelled("")
        if kind is not None and kind != "Tensor":
            annotation = spelled(f"List[{kind}]", site.file, node.lineno)
        instead, header = _renamed(site), list[str]()
        for generator in generators:
            require(not generator.is_async, "it is asynchronous")
            target, source = _text(generator.target, site, instead), generator.iter
            header.append(f"for {target} in {_text(source, site, instead)}:")
            header += [f"if {_text(test, site, instead)}:" for test in generator.ifs]
        candidates: Sequence[str] = RESULT_NAMES
        match site.parent:
            case ast.Assign(targets=[ast.Name(id=target)]):
                candidates = f"{target}_list", f"new_{target}"
        name, edits = as_loop(
            function,
            node,
            header,
            _text(node.elt, site, instead),
            annotation=annotation.code and f": {annotation.code}",
            names=candidates,
            taker=taker,
        )
        return Fix(f"{name} is put together in a loop", [*annotation.imports, *edits])


def _taker(site: Site[Comprehension]) -> ast.Call:
    """The call that takes everything out of a generator."""
    match site.parent:
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]) as call if name in ALL_OF_IT:
            if name not in _stored(site.file):
                return call
    raise Declined("who takes how much out of the generator does not show")


def _text(node: ast.expr, site: Site[Comprehension], instead: Mapping[ast.AST, str]) -> str:
    text = substituted(site.file, node, instead)
    return f"({text})" if "\n" in text else text


def _renamed(site: Site[Comprehension]) -> dict[ast.AST, str]:
    """The names that the comprehension binds and that mean something else outside of it, each
    place with the name that it has in the loop."""
    function, inside = site.function, set(ast.walk(site.node))
    outside = {p.arg for p in ast.walk(function.node.args) if isinstance(p, ast.arg)}
    for node in function.nodes:
        if isinstance(node, ast.Name) and node not in inside:
            outside.add(node.id)
    new: dict[str, str] = {}
    for generator in site.node.generators:
        for name in ast.walk(generator.target):
            if isinstance(name, ast.Name) and name.id in outside:
                taken = {*taken_names(function), *new.values()}
                new.setdefault(name.id, free_name([f"each_{name.id}", f"this_{name.id}"], taken))
    first = set(ast.walk(site.node.generators[0].iter))  # evaluated outside of the comprehension
    places = renamed([site.node], new)
    return {node: text for node, text in places.items() if node not in first}


def _stored(file: FileFacts) -> set[str]:
    """The names that are given a value somewhere in the file."""
    stored = {n.id for n in file.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {each.name for each in file.tree.body if isinstance(each, ast.FunctionDef)}
