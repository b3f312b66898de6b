"""Defines a layer on every path that only one branch of `__init__` defines.

## What the compiler says

    Module 'Fuse' has no attribute 'conv'

TorchScript compiles both branches of `if self.fuse:`, whatever `self.fuse` is. In the model where
the layer was never defined there is nothing that `self.conv` could be. With `self.conv = None` the
compiler knows: behind `assert self.conv is not None` it compiles nothing more of that branch.

## What is written instead

    if fuse:                               self.conv = nn.Conv2d(8, 8, 3) if fuse else None
        self.conv = nn.Conv2d(8, 8, 3)

    if self.fuse:                          if self.fuse:
        x = self.conv(x)                       assert self.conv is not None
                                               x = self.conv(x)

A layer that does not stand alone in its branch stays where it is and is None on the other path: in
an `else:`, or in one line before the `if`. The keys of the state_dict, their order and the random
numbers are those of before.

Where a None would be noticed, `__init__` stays as it is and `assert hasattr(self, "conv")` goes
before the use: where code under the path asks `hasattr`, registers a module or buffer of that name,
has a method of that name in a subclass, pickles whole models, or where the base class is not under
the path or the attribute may be a plain function.

With `--hoist always` the definition goes before the `if`. The model then has weights that it never
had: checkpoints from before need the `strict=False` that is put into `load_state_dict`.

## When it holds back

Where a use stands in an expression that is not always evaluated and that cannot become an `if`
(a comprehension, the right side of an `and`), and where the truth of the layer itself is tested.
Code under `if hasattr(self, "conv"):` compiles as it stands and is left alone, and so is everything
that scripting does not reach. Attributes that are no layers, Parameters or buffers are left alone:
a None would change their type.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import (
    Edit,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.attribute import cached_property
from torchscript_fix.facts.defined import (
    Construction,
    Flow,
    Gap,
    Partners,
    construction_definitions,
    filled,
    partners,
    stand_ins,
)
from torchscript_fix.facts.held import held_by_definition
from torchscript_fix.facts.kept import kept_as, never_changes
from torchscript_fix.facts.kinds import LAYERS, Kind
from torchscript_fix.facts.layers import held_by_layer
from torchscript_fix.facts.narrowing import About, Narrowing, narrow
from torchscript_fix.facts.presence import notices_by_itself, presence
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    Project,
    self_attribute,
)
from torchscript_fix.facts.uses import Thing, surely_raises
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

LONGEST_LINE = 100
"""A longer conditional expression reads worse than an `else:` with a None."""


class HoistConditionalLayer(Rule):
    name: ClassVar[str] = "hoist-conditional-layer"
    summary: ClassVar[str] = (
        "A layer that only one branch of __init__ defines is None on the other."
    )
    messages: ClassVar[tuple[str, ...]] = (
        "has no attribute",
        "cannot call a value of type 'NoneType'",
    )
    safety: ClassVar[Safety] = Safety.CHANGES_CHECKPOINTS

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        for layer in _layers_about(facts):
            if layer.cls.file is facts or any(reader.file is facts for reader in layer.readers):
                yield from self._one(layer, facts)
        if facts.project.preferences.hoist == "always" and any(
            layer.unconditional is not None
            for file in facts.project.files.values()
            for layer in _layers_of(file)
        ):
            yield from self._lenient_loading(facts)

    def _one(self, layer: "ConditionalLayer", facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One attribute: its definition and its uses, as far as they stand in this file."""
        here = layer.cls.file is facts
        function, line = layer.cls.qualname, layer.definitions[0].statement.lineno
        if layer.unconditional is not None:
            if here:
                summary = f"self.{layer.name} is defined in every model"
                safety = Safety.CHANGES_CHECKPOINTS
                yield Rewrite(
                    self.name, facts.path, line, function, summary, safety, layer.unconditional
                )
            return
        edits = list(layer.definition_edits if here else ())
        asserts = 0
        for reader in (r for r in layer.readers if r.file is facts):
            found = layer.narrowing(reader)
            for obstacle in found.obstacles[:1]:
                yield HeldBack(
                    self.name, facts.path, _line(obstacle.node), reader.qualname, obstacle.reason
                )
                return
            edits += found.edits
            asserts += found.asserts
            if not here:
                function, line = reader.qualname, reader.node.lineno
        if edits:
            summary = layer.summary(asserts)
            yield Rewrite(self.name, facts.path, line, function, summary, Safety.SAFE, tuple(edits))

    def _lenient_loading(self, facts: FileFacts) -> Iterator[Rewrite]:
        """`load_state_dict` calls that meet checkpoints without the new keys."""
        for node in facts.nodes:
            if isinstance(node, ast.Call) and _loads_a_model(node):
                text = facts.segment(node)
                code = f"{text[:-1].rstrip().rstrip(',')}, strict=False)"
                yield Rewrite(
                    self.name,
                    facts.path,
                    node.lineno,
                    "",
                    "a checkpoint may lack the layers that are now always defined",
                    Safety.CHANGES_CHECKPOINTS,
                    (ReplaceExpression(node, code),),
                )


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 1))


def _loads_a_model(call: ast.Call) -> bool:
    match call:
        case ast.Call(func=ast.Attribute(value=owner, attr="load_state_dict"), args=[_]):
            words = ("optim", "sched", "scaler", "super()")
            strict = any(keyword.arg in {"strict", None} for keyword in call.keywords)
            return not strict and not any(word in ast.unparse(owner) for word in words)
    return False


# ------------------------------------------------------------------------ what is found


@dataclass(frozen=True, eq=False)
class ConditionalLayer:
    """A layer, Parameter or buffer that some path through construction leaves undefined."""

    cls: ClassFacts
    name: str
    definitions: tuple[Definition, ...]
    readers: tuple[FunctionFacts, ...]
    """The functions that scripting compiles and that read it, in whatever file."""
    surely: bool
    """Whether every definition surely gives a layer: not None, not a plain function."""
    always: bool = False
    """Whether every path defines it already, as None on some: only its uses are looked at."""

    @property
    def project(self) -> Project:
        return self.cls.file.project

    @cached_property
    def noticed(self) -> str | None:
        """Why a None attribute would be noticed, in words; None where it would not."""
        if not self.surely:
            return "it may hold a plain function"
        outside = self.cls.outside_bases - {"torch.nn.Module", "object", "abc.ABC"}
        if outside:
            return f"{sorted(outside)[0]} may define it"
        if any(self.name in base.own_definitions for base in self.cls.mro[1:]):
            return "a base class defines it too"
        for other in self.cls.subclasses:
            if any(d.how != "assign" for d in other.own_definitions.get(self.name, ())):
                return f"{other.qualname} registers it"
            if not Construction(other, self.name).flow.ever:
                return f"{other.qualname} is built without it"
        return presence(self.project).notices(self.name) or notices_by_itself(self.cls, self.name)

    @cached_property
    def gap(self) -> Gap | None:
        """What defines it everywhere; None where `__init__` has to stay as it is."""
        init = self.cls.method("__init__")
        if self.always or self.noticed or init is None or init.file is not self.cls.file:
            return None
        return filled(Construction(self.cls, self.name), init)

    @property
    def definition_edits(self) -> tuple[Edit, ...]:
        if self.gap is None:
            return ()
        alone = _alone(self, self.gap.only_if)
        return self.gap.edits if alone is None else (alone,)

    @cached_property
    def unconditional(self) -> tuple[Edit, ...] | None:
        """The definition before its `if`, where that was asked for and can be done."""
        if self.always or self.project.preferences.hoist != "always" or len(self.definitions) != 1:
            return None
        init = self.cls.method("__init__")
        gap = filled(Construction(self.cls, self.name), init) if init is not None else None
        return _lifted(self.definitions[0], gap.only_if) if gap and gap.only_if else None

    def narrowing(self, reader: FunctionFacts) -> Narrowing:
        """The asserts that one function needs."""
        proof = f"self.{self.name} is not None"
        if self.about["undefined"]:
            proof = f'hasattr(self, "{self.name}")'
        return narrow(
            reader,
            f"self.{self.name}",
            proof=proof,
            same_as=self._same_as,
            known=self._seen_to_by_callers(reader),
            **self.about,
        )

    @cached_property
    def about(self) -> About:
        """What holds of its uses, once the definition is as it will be."""
        undefined = self.gap is None and not self.always
        kinds = frozenset[Kind]().union(*(held_by_layer(d).kinds for d in self.definitions))
        return About(
            # Where a definition may give None itself, a read of None is nothing that raised.
            every_load=not self.always and kinds <= LAYERS,
            undefined=undefined,
            truthy=not undefined and all(_is_true(d, self.project) for d in self.definitions),
            stand_ins=frozenset(),
            same=self._partners.same,
            opposite=self._partners.opposite,
        )

    @cached_property
    def _partners(self) -> Partners:
        return partners(self.cls, self.name)

    @cached_property
    def compiles_as_it_stands(self) -> bool:
        """Whether every use is under a `hasattr` that shows it to be there."""
        about = About(
            undefined=True,
            stand_ins=stand_ins(self.definitions[0]) if len(self.definitions) == 1 else frozenset(),
            same=self._partners.same,
            opposite=self._partners.opposite,
        )
        return not self.always and all(
            not found.edits and not found.obstacles
            for reader in self.readers
            for found in [narrow(reader, f"self.{self.name}", **about)]
        )

    @cached_property
    def _same_as(self) -> frozenset[str]:
        """Tests in other methods that are true exactly where the layer is there."""
        only_if = self.gap.only_if if self.gap else None
        never_none = self.about["every_load"] and never_changes(self.name, self.cls)
        if only_if is None or not never_none:
            return frozenset()
        kept = kept_as(only_if.test, self.definitions[0].function, self.cls)
        return frozenset({kept} if kept is not None else ())

    def _seen_to_by_callers(self, reader: FunctionFacts) -> bool:
        """Whether a method surely needs it and is only called where an assert then stands."""
        if reader.name == "forward" or "export" in reader.decorators:
            return False
        thing = Thing(reader, f"self.{self.name}", **self.about)
        return surely_raises(thing, reader.node.body) and _is_called(reader, self.cls)

    def summary(self, asserts: int) -> str:
        """One line for people."""
        if self.always:
            return f"self.{self.name} is known not to be None where it is used"
        if self.gap is not None:
            return f"self.{self.name} is None where no branch defines it"
        return f'assert hasattr(self, "{self.name}") before {asserts} of its uses'


def _is_called(method: FunctionFacts, cls: ClassFacts) -> bool:
    """Whether scripted methods of the class call another one on `self`."""
    return any(
        self_attribute(call.func) == method.name
        for caller in _scripted_methods(cls.file.project).get(cls, ())
        for call in caller.calls
    )


def _layers_about(file: FileFacts) -> Iterator[ConditionalLayer]:
    """Such attributes of the classes of a file, and of those of which an object may run a method
    that stands in it."""
    concrete = {cls for here in file.classes.values() for cls in (here, *here.subclasses)}
    concrete |= {cls for function in file.functions.values() for cls in function.scripted_for}
    about = {cls.file.path for each in concrete for cls in (each, *each.mro)}
    for path, other in file.project.files.items():
        if path in about:
            yield from _layers_of(other)


@remembered
def _layers_of(file: FileFacts) -> tuple[ConditionalLayer, ...]:
    """All such attributes of the classes of a file."""
    return tuple(
        layer
        for cls in file.classes_in_question
        if cls.is_module
        for name in cls.own_definitions
        if (layer := _conditional_layer(cls, name)) is not None
    )


def _conditional_layer(cls: ClassFacts, name: str) -> ConditionalLayer | None:
    definitions = tuple(construction_definitions(cls, name))
    if not definitions or name.startswith("__"):
        return None
    if cls.method(name) is not None or any(name in base.class_level for base in cls.mro):
        return None
    plain = any(_is_plain(definition) for definition in definitions)
    if plain and not any(_may_be_none(definition) for definition in definitions):
        return None
    readers = _readers(cls, name)
    if not readers:
        return None
    flow: Flow = Construction(cls, name).flow
    if plain or flow.always:
        return _none_on_some_path(cls, name, readers)
    surely = _holds_layer(definitions, name, readers) if flow.ever else None
    if surely is None:
        return None
    layer = ConditionalLayer(cls, name, definitions, readers, surely)
    return None if layer.compiles_as_it_stands or _comes_with_a_base(cls, name) else layer


def _comes_with_a_base(cls: ClassFacts, name: str) -> bool:
    """Whether a base class is about to define it everywhere, which may settle this class too."""
    bases = (base for base in cls.mro[1:] if name in base.own_definitions)
    return any(
        layer.gap is not None
        for base in bases
        if (layer := _conditional_layer(base, name)) is not None
    )


def _none_on_some_path(
    cls: ClassFacts, name: str, readers: tuple[FunctionFacts, ...]
) -> ConditionalLayer | None:
    """A layer that every path defines, as None on some: what this rule would have made of it."""
    family = (*cls.mro, *cls.subclasses)
    definitions = tuple(d for c in family for d in c.own_definitions.get(name, ()))
    kinds = frozenset[Kind]().union(*(held_by_layer(d).kinds for d in definitions))
    if Kind.NONE not in kinds or not kinds & LAYERS or not kinds <= LAYERS | {Kind.NONE}:
        return None
    return ConditionalLayer(cls, name, definitions, readers, surely=True, always=True)


def _may_be_none(definition: Definition) -> bool:
    return definition.how == "assign" and Kind.NONE in held_by_definition(definition).kinds


def _is_true(definition: Definition, project: Project) -> bool:
    """Whether what a definition gives is None or a module that `bool()` is true of."""
    held = held_by_layer(definition)
    if not held.kinds <= {Kind.MODULE, Kind.NONE} or (
        Kind.MODULE in held.kinds and not held.classes
    ):
        return False
    for dotted in held.classes:
        cls = project.classes.get(dotted)
        if cls is not None and (cls.method("__len__") or cls.method("__bool__")):
            return False
        if cls is not None and cls.outside_bases - {"torch.nn.Module", "object", "abc.ABC"}:
            return False
    return True


def _is_plain(definition: Definition) -> bool:
    """Whether a definition is surely run through, without looking closer."""
    function = definition.function
    return not definition.branches and function.name == "__init__" and not function.returns


def _readers(cls: ClassFacts, name: str) -> tuple[FunctionFacts, ...]:
    """The methods that read an attribute, and those that call one which does."""
    scripted = _scripted_methods(cls.file.project)
    methods = [f for other in (cls, *cls.subclasses) for f in scripted.get(other, ())]
    found = dict.fromkeys(f for f in methods if name in _attributes_read(f))
    todo = list(found)
    while todo:
        called = todo.pop().name
        callers = [f for f in methods if f not in found and called in _attributes_read(f)]
        found.update(dict.fromkeys(callers))
        todo += callers
    return tuple(found)


@remembered
def _scripted_methods(project: Project) -> dict[ClassFacts, list[FunctionFacts]]:
    """Class to the methods that scripting it compiles."""
    found: dict[ClassFacts, list[FunctionFacts]] = {}
    for function, classes in project.scripted.items():
        if function.owner is not None:
            for cls in classes:
                found.setdefault(cls, []).append(function)
    return found


@remembered
def _attributes_read(function: FunctionFacts) -> frozenset[str]:
    return frozenset(
        node.attr
        for node in function.nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and self_attribute(node)
    )


def _holds_layer(
    definitions: tuple[Definition, ...], name: str, readers: tuple[FunctionFacts, ...]
) -> bool | None:
    """Whether it surely holds a layer wherever it is defined; None where it may be anything."""
    kinds = frozenset[Kind]().union(*(held_by_layer(d).kinds for d in definitions))
    called = any(self_attribute(c.func) == name for reader in readers for c in reader.calls)
    if called:
        kinds -= {Kind.LIST, Kind.VALUE}  # these cannot be called: it holds them no longer
        if kinds & {Kind.UNKNOWN}:
            return False
    return True if kinds & LAYERS and kinds <= LAYERS | {Kind.NONE} else None


# ------------------------------------------------------------------------- the definition


def _alone(layer: ConditionalLayer, only_if: ast.If | None) -> Edit | None:
    """`self.conv = nn.Conv2d(…) if cond else None` for a layer that stands alone in its branch."""
    if only_if is None or only_if.orelse or len(only_if.body) != 1:
        return None
    (statement,) = only_if.body
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    if isinstance(statement.value, ast.IfExp | ast.Lambda | ast.NamedExpr | ast.Tuple):
        return None
    if isinstance(only_if.test, ast.IfExp | ast.Lambda | ast.NamedExpr):
        return None
    file = layer.cls.file
    text, test = file.segment(statement), file.segment(only_if.test)
    if "\n" in text or "\n" in test or "#" in file.segment(only_if).replace(text, ""):
        return None
    code = f"{text} if {test} else None"
    too_long = only_if.col_offset + len(code) > LONGEST_LINE
    return None if too_long else ReplaceStatement(only_if, code)


def _lifted(definition: Definition, only_if: ast.If) -> tuple[Edit, ...] | None:
    """The definition before its `if`, where it needs nothing that the branch makes."""
    statement, value = definition.statement, definition.value
    if statement not in only_if.body or value is None:
        return None
    before = only_if.body[: only_if.body.index(statement)]
    made = {
        node.id if isinstance(node, ast.Name) else node.attr
        for earlier in before
        for node in ast.walk(earlier)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    needed = {n.id if isinstance(n, ast.Name) else getattr(n, "attr", "") for n in ast.walk(value)}
    if made & needed:
        return None
    code = definition.function.file.segment(statement)
    margin = " " * statement.col_offset
    code = "\n".join(line.removeprefix(margin) for line in code.split("\n"))
    if len(only_if.body) == 1 and not only_if.orelse:
        return (ReplaceStatement(only_if, code),)
    return InsertBefore(only_if, code), RemoveStatement(statement)
