"""Which Module classes of a project are whole networks, and which are parts of others, or losses.

A network is what a script, a notebook or a document builds by its own name, or what no other Module
class makes or takes. Facts of the source: whether a case of the class runs plays no part.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.cases.callees import callees_of
from torchscript_fix.cases.entry import in_main, is_entry, is_named_as_entry
from torchscript_fix.cases.names import Names
from torchscript_fix.facts.static import (
    ClassFacts,
    FileFacts,
    FunctionFacts,
    Project,
    self_attribute,
)

LOSS = re.compile(r"(?i).*(loss|criterion|metric|matcher|optimi[sz]er|sampler|dataset|hook).*")
_CRITERION = re.compile(r"(?i)(.*_)?(loss|losses|criterion|criteria)(_?(fn|fun|func|function))?\d?")
_PREDICTED = re.compile(r"(?i)(.*_)?(y_?)?(preds?|prediction|predictions|outputs?|logits?)(_.*)?")
_TRUE = re.compile(r"(?i)(.*_)?(y_?)?(targets?|labels?|true|truth|gts?|ground_?truth)(_.*)?")
DEEPEST = 6
"""Functions that give what others give, one after another."""
_ASKING = frozenset({"super", "isinstance", "issubclass", "type", "hasattr"})

Defined = tuple[Path, str]
"""A file, and the qualified name of a class in it."""


@dataclass(frozen=True)
class Networks:
    """The classes that are whole networks."""

    whole: frozenset[Defined] = frozenset()
    known: frozenset[Defined] = frozenset()
    """All Module classes that the facts have: not those inside of functions."""
    called_by_modules: frozenset[str] = frozenset()
    """Dotted names of functions that a Module's methods call, however far."""
    builders: frozenset[str] = frozenset()
    """Dotted names of functions, and of methods that are no Module's, that give a Module."""
    builders_of_parts: frozenset[str] = frozenset()
    """Dotted names of functions and class methods that give nothing but parts and losses."""

    def has(self, defined: Defined | None, builder: str) -> bool:
        """Whether a class is a whole network; of one that is not known (a Sequential, a class
        inside of a function) its `builder` decides, a dotted name: "" where that is not known."""
        if defined in self.known:
            return defined in self.whole
        name = defined[1] if defined is not None else ""
        return bool(builder or name) and not (
            LOSS.fullmatch(name) or builder in self.called_by_modules
        )


NO_NETWORKS = Networks()


def whole_networks(project: Project, documents: Iterable[FileFacts]) -> Networks:
    """The networks of a project; `documents` are the code of READMEs, notebooks and docs."""
    names = Names(project)
    mentions = _Mentions(names)
    built, criteria = _built(names, project.files.values(), documents)
    modules = {dotted: cls for dotted, cls in project.classes.items() if cls.is_module}
    whole = set()
    for dotted, cls in modules.items():
        others = {each for each in mentions.owners.get(dotted, ()) if cls not in each.mro}
        is_built = any(not (others and is_self_test) for is_self_test in built.get(dotted, ()))
        if (is_built or not others) and not is_loss(cls, dotted in criteria):
            whole.add((cls.file.path, cls.qualname))
    builders = dict(mentions.builders())
    return Networks(
        frozenset(whole),
        frozenset((cls.file.path, cls.qualname) for cls in modules.values()),
        frozenset(mentions.helpers),
        frozenset(builders),
        frozenset(dotted for dotted, made in builders.items() if whole.isdisjoint(made)),
    )


def is_loss(cls: ClassFacts, is_criterion: bool = False) -> bool:
    """Whether a class is a loss, or something else that is no network: by its base, its name, what
    it is assigned to, or what its forward takes."""
    outside = {base.rpartition(".")[2] for base in cls.outside_bases}
    if LOSS.fullmatch(cls.qualname) or any(base.endswith("Loss") for base in outside):
        return True
    forward = cls.method("forward")
    names = [p.arg for p in forward.parameters][:2] if forward is not None else []
    takes_both = len(names) == 2 and _PREDICTED.fullmatch(names[0]) and _TRUE.fullmatch(names[1])
    return is_criterion or bool(takes_both)


def _takes_a_loss(cls: ClassFacts) -> bool:
    """Whether it is a way of training what it is given, as `WithLoss(model, criterion)` is."""
    constructor = cls.method("__init__")
    return constructor is not None and any(
        _CRITERION.fullmatch(parameter.arg) for parameter in constructor.parameters
    )


# ------------------------------------------------------------------------------- built by scripts


def _built(
    names: Names, files: Iterable[FileFacts], documents: Iterable[FileFacts]
) -> tuple[Mapping[str, list[bool]], frozenset[str]]:
    """Dotted name of a class to the calls of it in scripts and documents, for each whether it only
    stands beneath the class itself, as a self-test does; and the classes of criteria."""
    classes = names.project.classes
    found: dict[str, list[bool]] = defaultdict(list)
    criteria: dict[str, set[bool]] = defaultdict(set)
    for file in files:
        for call in _calls_of_script(file, names) if is_entry(file) else ():
            dotted = names.dotted(call.func, file)
            if dotted in classes:
                its_own = classes[dotted].file.path == file.path
                found[dotted].append(its_own and not is_named_as_entry(file))
        for dotted, name in _assigned(file, names):
            criteria[dotted].add(bool(_CRITERION.fullmatch(name)))
    for document in documents:
        for node in document.nodes:
            if isinstance(node, ast.Call):
                found[names.dotted(node.func, document)].append(False)
        for dotted, name in _assigned(document, names):
            criteria[dotted].add(bool(_CRITERION.fullmatch(name)))
    return found, frozenset(dotted for dotted, are in criteria.items() if are == {True})


def _calls_of_script(file: FileFacts, names: Names) -> Iterator[ast.Call]:
    """The calls of a script that are in no method of a Module. Of a file of models that only has a
    main block, what that does."""
    has_models = any(cls.is_module for cls in file.classes.values())
    main = in_main(file) if has_models and not is_named_as_entry(file) else None
    for node in file.nodes:
        if isinstance(node, ast.Call) and (main is None or id(node) in main):
            around = names.around(node, file)
            owner = around.owner if around is not None else None
            if owner is None or not owner.is_module:
                yield node


def _assigned(file: FileFacts, names: Names) -> Iterator[tuple[str, str]]:
    """Dotted name of what is called, and the name that its result is given: `criterion`."""
    for node in file.nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            value, target = node.value, node.targets[0]
            while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
                if not isinstance(value.func.value, ast.Call):
                    break
                value = value.func.value  # Criterion().cuda()
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if isinstance(value, ast.Call) and name:
                yield names.dotted(value.func, file), name


# ------------------------------------------------------------------------- made or taken by others


class _Mentions:
    """Which Module classes speak of which others: in their methods, in functions that these call,
    in what is given to their constructors."""

    def __init__(self, names: Names) -> None:
        self._names, self._project = names, names.project
        self.owners: dict[str, set[ClassFacts]] = defaultdict(set)
        """Dotted name of a class to the Modules that make or take one."""
        self.helpers: set[str] = set()
        """Dotted names of functions that Modules call, however far."""
        self._used: dict[FunctionFacts, list[str]] = {}
        self._gives: dict[FunctionFacts, frozenset[ClassFacts]] = {}
        for cls in self._project.classes.values():
            if cls.is_module:
                self._of_class(cls)
        for file in self._project.files.values():
            self._taken(file)

    def _of_class(self, cls: ClassFacts) -> None:
        todo = list(cls.methods.values())
        seen = set(todo)
        while todo:
            function = todo.pop()
            used = self._used.get(function)
            if used is None:
                used = self._used[function] = list(dict.fromkeys(self._mentioned(function)))
            for dotted in used:
                if dotted in self._project.classes:
                    self.owners[dotted].add(cls)
                helper = self._project.functions.get(dotted)
                if helper is not None and helper not in seen:
                    seen.add(helper)
                    self.helpers.add(dotted)
                    todo.append(helper)

    def _mentioned(self, function: FunctionFacts) -> Iterator[str]:
        """Classes and functions that a function uses, but those that it only asks about: also what
        a dictionary of the module holds, and what a parameter's annotation names."""
        file, asked = function.file, set[int]()
        tops = self._names.tops(file)
        for node in function.nodes:
            if isinstance(node, ast.Call) and file.dotted(node.func) in _ASKING:
                asked |= {id(each) for argument in node.args for each in ast.walk(argument)}
            elif isinstance(node, ast.Name | ast.Attribute) and id(node) not in asked:
                dotted = self._names.dotted(node, file)
                if dotted in self._project.classes or dotted in self._project.functions:
                    yield dotted
                elif isinstance(node, ast.Name) and node.id in tops:
                    for value in tops[node.id]:
                        yield from self._held(value, file)

    def _held(self, value: ast.expr, file: FileFacts) -> Iterator[str]:
        """What a list, a tuple or a dictionary holds by name."""
        items: list[ast.expr] = []
        if isinstance(value, ast.Dict):
            items = value.values
        elif isinstance(value, ast.List | ast.Tuple | ast.Set):
            items = value.elts
        for item in items:
            yield self._names.dotted(item, file)
            yield from self._held(item, file)

    # ------------------------------------------------------------------------------- arguments

    def _taken(self, file: FileFacts) -> None:
        """What is given to a Module's constructor, or to a builder, as `ResNet(Block)` is."""
        for node in file.nodes:
            if not isinstance(node, ast.Call) or not (node.args or node.keywords):
                continue
            dotted = self._names.dotted(node.func, file)
            taker, builder = self._project.classes.get(dotted), self._names.function(dotted)
            if taker is not None and _takes_a_loss(taker):
                continue
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                value = argument.value if isinstance(argument, ast.Starred) else argument
                if taker is not None and taker.is_module:
                    for given in self._given(value, file, node):
                        self.owners[given].add(taker)
                elif builder is not None and isinstance(value, ast.Name | ast.Attribute):
                    given = self._names.dotted(value, file)
                    if given in self._project.classes:
                        self.owners[given] |= self._made_by(builder)
        for function in file.functions.values():
            if function.owner is None:
                self._chosen(function)

    def _chosen(self, function: FunctionFacts) -> None:
        """The blocks that a builder chooses from a dictionary of the module."""
        made = self._made_by(function)
        tops = self._names.tops(function.file) if made else {}
        for node in function.nodes if tops else ():
            if isinstance(node, ast.Name) and node.id in tops:
                for value in tops[node.id]:
                    for dotted in self._held(value, function.file):
                        if dotted in self._project.classes:
                            self.owners[dotted] |= made

    def _given(self, value: ast.expr, file: FileFacts, call: ast.Call) -> set[str]:
        """The classes that an argument is, or is made of."""
        dotted = self._names.dotted(value, file)
        if dotted in self._project.classes:
            return {dotted}
        around = self._names.around(call, file)
        if not isinstance(value, ast.Name):
            return self._made(value, file, around)
        bound = self._names.bound(value.id, file, around)
        return {name for each in bound for name in self._made(each, file, around)}

    def _made(self, value: ast.expr, file: FileFacts, around: FunctionFacts | None) -> set[str]:
        """The classes that calls in an expression are of, and those that builders give."""
        found: set[str] = set()
        for node in ast.walk(value):
            if isinstance(node, ast.Call):
                for dotted, _ in callees_of(self._names, node.func, file, around):
                    builder = self._names.function(dotted)
                    if dotted in self._project.classes:
                        found.add(dotted)
                    elif builder is not None:
                        found |= {cls.dotted for cls in self._made_by(builder)}
        return found

    def builders(self) -> Iterator[tuple[str, set[Defined]]]:
        """Dotted names of functions and class methods, and of methods of classes that are no
        Modules, with the Modules that they give."""
        methods = {
            f"{cls.dotted}.{name}": method
            for cls in self._project.classes.values()
            for name, method in cls.methods.items()
            if not cls.is_module or method.decorators & {"staticmethod", "classmethod"}
        }
        for dotted, function in {**self._project.functions, **methods}.items():
            made = {(cls.file.path, cls.qualname) for cls in self._made_by(function)}
            if made:
                yield dotted, made

    def _made_by(self, function: FunctionFacts, depth: int = DEEPEST) -> frozenset[ClassFacts]:
        """The Modules that a function gives, also by way of others."""
        known = self._gives.get(function)
        if known is not None or not depth:
            return known or frozenset()
        found: set[ClassFacts] = set()
        for value in function.returns:
            bound = [value] if value is not None else []
            if isinstance(value, ast.Name):
                bound = self._names.bound(value.id, function.file, function)
            own = self_attribute(value) if value is not None else None
            attribute = function.attribute(own) if own is not None else None
            for definition in attribute.definitions if attribute is not None else ():
                bound += [definition.value] if definition.value is not None else []
            for each in bound:
                if isinstance(each, ast.Call):
                    for dotted, _ in callees_of(self._names, each.func, function.file, function):
                        cls = self._project.classes.get(dotted)
                        builder = self._names.function(dotted)
                        if cls is not None and cls.is_module:
                            found.add(cls)
                        elif builder is not None and builder is not function:
                            found |= self._made_by(builder, depth - 1)
        if depth == DEEPEST:
            self._gives[function] = frozenset(found)
        return frozenset(found)
