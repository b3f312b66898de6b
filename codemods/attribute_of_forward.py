"""An attribute that `forward` sets first is there from the beginning, with its type.

## What the compiler says

    Tried to set nonexistent attribute: loss. Did you forget to initialize it in __init__()?

The attributes of a scripted module are those that the module has when it is compiled.

## What is written instead

    super().__init__()                          super().__init__()
                                                self.loss = torch.zeros(0)

An empty Tensor, a zero, an empty text; lists and dictionaries are empty and have their types
declared in the class. It is a plain attribute: the state_dict and the random numbers stay.

## When it holds back

Where the attribute had values of more than one type, or is a module, where something under the path
asks whether it is there, and where the class has no `__init__` of its own.
"""

import ast
import contextlib
from collections.abc import Iterator

from torchscript_fix.editing.edit import AddImport, Edit, InsertAtHead
from torchscript_fix.facts.presence import notices_by_itself, presence
from torchscript_fix.facts.static import ClassFacts, Definition, FileFacts, is_super_call
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import ClassRule, ClassSite, Declined, Fix, Place, Safety, Site, require
from torchscript_fix.kit.answer import declining
from torchscript_fix.kit.before import put_behind
from torchscript_fix.kit.spelling import Spelled, spelled

FIRST = {"Tensor": "torch.zeros(0)", "int": "0", "float": "0.0", "bool": "False", "str": '""'}
EMPTY = {"List": "[]", "Dict": "{}"}


class AttributeOfForward(ClassRule):
    name = "attribute-of-forward"
    summary = "An attribute that forward sets first is there from the beginning."
    messages = ("Tried to set nonexistent attribute",)
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[ClassSite]:
        for located in self.diagnosed(file):
            if located.function is not None and located.function.owner is not None:
                yield ClassSite(located.function.owner, located.function)

    def fix(self, site: ClassSite) -> Fix | None:
        cls, values, declared, edits = site.cls, dict[str, str](), "", list[Edit]()
        born = {n: found[0] for n, found in cls.own_definitions.items() if _is_born_later(cls, n)}
        if not born:
            return None
        places = [Site(definition.statement, definition.function) for definition in born.values()]
        for (name, definition), place in zip(born.items(), places, strict=True):
            with declining(place):
                values[f"self.{name}"], annotation = _beginning(cls, name, definition)
            edits += annotation.imports
            declared += f"{name}: {annotation.code}\n" if annotation.code else ""
        with declining(places[0]):
            lines = (f"{attribute} = {value}" for attribute, value in values.items())
            edits.append(_behind_super(cls, "\n".join(lines)))
        edits += [InsertAtHead(cls.node, "body", declared)] if declared else []
        at = Place(site.file, places[0].line, site.qualname)
        return Fix(f"{', '.join(values)}: there from the beginning", edits, at=at)


def _is_born_later(cls: ClassFacts, name: str) -> bool:
    """Whether nothing but compiled methods gives an attribute a value."""
    attribute = cls.attribute(name)
    return (
        attribute is not None
        and attribute.class_level is None
        and not any(definition.in_construction for definition in attribute.definitions)
        and any(d.function.scripted and d.how == "assign" for d in cls.own_definitions[name])
    )


def _beginning(cls: ClassFacts, name: str, definition: Definition) -> tuple[str, Spelled]:
    """The first value of an attribute and, where it takes one, its annotation. Raises Declined."""
    noticed = presence(cls.file.project).notices(name) or notices_by_itself(cls, name)
    require(not noticed, f"self.{name} would be there earlier, which is noticed: {noticed}")
    kind = _kind(cls, name, definition) or "several, or unknown"
    if kind in FIRST:
        needs_torch = kind == "Tensor" and cls.file.imports.get("torch") != "torch"
        return FIRST[kind], Spelled("", (AddImport("torch"),) if needs_torch else ())
    with contextlib.suppress(Declined, KeyError):
        return EMPTY[kind.partition("[")[0]], spelled(kind, cls.file, cls.node.lineno)
    raise Declined(f"self.{name} has no type that it could begin with: {kind}")


def _kind(cls: ClassFacts, name: str, definition: Definition) -> str | None:
    seen = cls.file.project.observed.attribute(cls.file.path, cls.qualname, name)
    if seen is not None and (seen.types or seen.modules):
        return next(iter(seen.types)) if len(seen.types) == 1 and not seen.modules else None
    value = definition.value
    return type_of(value, definition.function) if value is not None else None


def _behind_super(cls: ClassFacts, code: str) -> Edit:
    """The Edit that puts statements behind the call of the base's `__init__`. Raises Declined."""
    init = cls.methods.get("__init__")
    for statement in init.node.body if init is not None else ():
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="__init__") as func, args=args)):
                by_name = bool(args) and isinstance(args[0], ast.Name) and args[0].id == "self"
                if init is not None and (by_name or is_super_call(func)):
                    return put_behind(statement, code, init)
    raise Declined(f"{cls.qualname} has no __init__ that calls that of its base")
